//! Accounts of Ethereum keys, and how their wallets sign for them.
//!
//! Such an account is named by the key's address, which is all that one knows of somebody on Base, and its wallet signs
//! a transaction's payload as it signs any message: by `personal_sign` of
//! [ERC-191](https://eips.ethereum.org/EIPS/eip-191). Wallets sign nothing else that is not a transaction of their own chain, and
//! what they sign so can be none.

use alloc::{format, vec::Vec};

use sp_core::{H160, H256};
use sp_runtime::{
	traits::{Hash, Keccak256},
	AccountId32,
};

/// What the account of an address ends in.
const FILLING: u8 = 0xee;

/// The address of a secp256k1 key, given as its point's two coordinates: the last 20 bytes of their Keccak-256.
pub fn address(public_key: &[u8; 64]) -> H160 {
	H160::from(Keccak256::hash(public_key))
}

/// The account of an address: its 20 bytes, then twelve times `0xee`, as `pallet-revive` maps them.
pub fn account(address: H160) -> AccountId32 {
	let mut account = [FILLING; 32];
	for (to, from) in account.iter_mut().zip(address.as_bytes()) {
		*to = *from;
	}
	account.into()
}

/// The hash that a wallet signs for a message: Keccak-256 of ERC-191's version `0x45`, that is of
/// `"\x19Ethereum Signed Message:\n" ‖ the message's length in decimal digits ‖ the message`.
pub fn personal_hash(message: &[u8]) -> H256 {
	let mut signed = Vec::from(format!("\x19Ethereum Signed Message:\n{}", message.len()));
	signed.extend_from_slice(message);
	Keccak256::hash(&signed)
}

#[cfg(test)]
mod tests {
	use alloy::signers::{local::PrivateKeySigner, SignerSync as _};
	use proptest::prelude::*;

	use super::*;

	fn coordinates(wallet: &PrivateKeySigner) -> [u8; 64] {
		let point = wallet.credential().verifying_key().to_encoded_point(false);
		point.as_bytes()[1..].try_into().unwrap()
	}

	#[test]
	fn an_account_begins_with_its_address() {
		let account: [u8; 32] = account(H160::repeat_byte(7)).into();
		assert_eq!(account, [[7; 20].as_slice(), &[0xee; 12]].concat()[..]);
	}

	proptest! {
		#[test]
		fn addresses_and_messages_are_those_of_wallets(
			secret in prop::array::uniform32(1..0xff_u8),
			message in prop::collection::vec(any::<u8>(), 0..300),
		) {
			let wallet = PrivateKeySigner::from_slice(&secret).unwrap();
			prop_assert_eq!(address(&coordinates(&wallet)).0, wallet.address().into_array());

			let signature = wallet.sign_message_sync(&message).unwrap();
			let recovered = signature.recover_address_from_prehash(&personal_hash(&message).0.into()).unwrap();
			prop_assert_eq!(recovered, wallet.address());
		}
	}
}
