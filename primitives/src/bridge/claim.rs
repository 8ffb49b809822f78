//! What an account can claim on Base.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::{H160, H256};

use super::{abi::Words, Domain, CLAIM_TAG};
use crate::Balance;

/// What an address on Base is paid out of an epoch's settlement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Claim {
	/// The epoch.
	pub epoch: u64,
	/// Its number among the epoch's claims.
	pub index: u32,
	/// Who is paid.
	pub account: H160,
	/// How much.
	pub amount: Balance,
}

impl Claim {
	/// Its leaf in the epoch's tree.
	pub fn leaf(&self, domain: &Domain) -> H256 {
		Words::tagged(CLAIM_TAG)
			.word(domain.chain.as_fixed_bytes())
			.uint(domain.base)
			.address(&domain.gateway)
			.uint(self.epoch)
			.uint(self.index)
			.address(&self.account)
			.uint(self.amount)
			.hash()
	}
}
