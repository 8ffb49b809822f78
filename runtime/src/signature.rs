//! Signatures of transactions.

use codec::{Decode, DecodeWithMemTracking, Encode};
use deepnode_primitives::ethereum;
use scale_info::TypeInfo;
use sp_runtime::{
	traits::{IdentifyAccount, Lazy, Verify},
	AccountId32, MultiSignature,
};

/// A signature of any kind that an account may use: sr25519, ed25519, ECDSA or an Ethereum key.
///
/// It is Substrate's [`MultiSignature`], on the wire and in the metadata. Only what [`MultiSignature::Eth`] means differs:
/// Substrate derives that account from the compressed key's hash, which is no wallet's address, and expects a hash to be signed that
/// wallets refuse to sign. Here the account is the address's and the signature that of a wallet
/// (see [`deepnode_primitives::ethereum`]).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking)]
pub struct Signature(pub MultiSignature);

impl TypeInfo for Signature {
	type Identity = MultiSignature;

	fn type_info() -> scale_info::Type {
		MultiSignature::type_info()
	}
}

impl Verify for Signature {
	type Signer = Signer;

	fn verify<L: Lazy<[u8]>>(&self, mut message: L, account: &AccountId32) -> bool {
		match &self.0 {
			MultiSignature::Eth(signature) => {
				let hash = ethereum::personal_hash(message.get());
				sp_io::crypto::secp256k1_ecdsa_recover(signature.as_ref(), hash.as_fixed_bytes())
					.is_ok_and(|public_key| ethereum::account(ethereum::address(&public_key)) == *account)
			},
			signature => signature.verify(message, account),
		}
	}
}

/// Who has signed, known by account: a signature is checked against that alone.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Signer(AccountId32);

impl IdentifyAccount for Signer {
	type AccountId = AccountId32;

	fn into_account(self) -> AccountId32 {
		self.0
	}
}

#[cfg(test)]
mod tests {
	use sp_core::{ecdsa::KeccakPair, ByteArray as _, Pair as _, H160};

	use super::*;

	/// The first development account of Hardhat and Anvil.
	const KEY: &str = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
	const ADDRESS: &str = "f39fd6e51aad88f6f4ce6ab8827279cfffb92266";

	fn account_of(address: &str) -> AccountId32 {
		ethereum::account(address.parse::<H160>().unwrap())
	}

	/// What `personal_sign` gives for a message: `v` counts from 27.
	fn personal_sign(message: &[u8]) -> [u8; 65] {
		let pair = KeccakPair::from_string(KEY, None).unwrap();
		let mut signature: [u8; 65] = pair.sign_prehashed(&ethereum::personal_hash(message).0).into();
		signature[64] += 27;
		signature
	}

	fn eth(bytes: [u8; 65]) -> Signature {
		Signature(MultiSignature::Eth(bytes.into()))
	}

	#[test]
	fn a_wallet_signs_for_the_account_of_its_address() {
		let signature = personal_sign(b"payload");
		assert!(eth(signature).verify(&b"payload"[..], &account_of(ADDRESS)));
		let mut counted_from_zero = signature;
		counted_from_zero[64] -= 27;
		assert!(eth(counted_from_zero).verify(&b"payload"[..], &account_of(ADDRESS)));
	}

	#[test]
	fn another_message_account_or_signature_is_refused() {
		let signature = personal_sign(b"payload");
		let owner = account_of(ADDRESS);
		assert!(!eth(signature).verify(&b"another"[..], &owner));
		assert!(!eth(signature).verify(&b"payload"[..], &account_of("70997970c51812dc3a010c7d01b50e0d17dc79c8")));
		for byte in 0..65 {
			let mut changed = signature;
			changed[byte] ^= 1;
			assert!(!eth(changed).verify(&b"payload"[..], &owner), "byte {byte}");
		}
		for nonsense in [[0; 65], [0xff; 65]] {
			assert!(!eth(nonsense).verify(&b"payload"[..], &owner));
		}
	}

	#[test]
	fn what_wallets_do_not_sign_is_refused() {
		let pair = KeccakPair::from_string(KEY, None).unwrap();
		let bare = pair.sign(b"payload");
		assert!(!Signature(MultiSignature::Eth(bare)).verify(&b"payload"[..], &account_of(ADDRESS)));
	}

	#[test]
	fn the_other_kinds_are_substrates() {
		let ed25519 = sp_core::ed25519::Pair::from_seed(&[7; 32]);
		let sr25519 = sp_core::sr25519::Pair::from_seed(&[7; 32]);
		let ecdsa = sp_core::ecdsa::Pair::from_seed(&[7; 32]);
		let signed: [(MultiSignature, AccountId32); 3] = [
			(ed25519.sign(b"payload").into(), ed25519.public().into()),
			(sr25519.sign(b"payload").into(), sr25519.public().into()),
			(ecdsa.sign(b"payload").into(), sp_io::hashing::blake2_256(ecdsa.public().as_slice()).into()),
		];
		for (signature, account) in signed {
			assert!(Signature(signature.clone()).verify(&b"payload"[..], &account), "{signature:?}");
			assert!(!Signature(signature).verify(&b"another"[..], &account));
		}
	}

	#[test]
	fn the_metadata_and_the_wire_show_substrates_signature() {
		assert_eq!(Signature::type_info(), MultiSignature::type_info());
		let signature = MultiSignature::Eth(personal_sign(b"payload").into());
		assert_eq!(Signature(signature.clone()).encode(), signature.encode());
	}
}
