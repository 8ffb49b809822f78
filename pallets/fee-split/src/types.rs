//! What the pallet stores and shows.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use deepnode_primitives::{fees::Split, Balance};
use frame_support::PalletId;
use scale_info::TypeInfo;
use sp_runtime::traits::AccountIdConversion;

/// The network's accounts.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Pots<AccountId> {
	/// Collects for validators and their nominators.
	pub validators: AccountId,
	/// The treasury.
	pub treasury: AccountId,
	/// Collects for community rewards.
	pub community: AccountId,
}

impl<AccountId: Encode + Decode + PartialEq> Pots<AccountId> {
	/// The accounts that `id` owns.
	pub fn of(id: &PalletId) -> Self {
		Self {
			validators: id.into_sub_account_truncating(b"validators"),
			treasury: id.into_sub_account_truncating(b"treasury"),
			community: id.into_sub_account_truncating(b"community"),
		}
	}

	/// Whether the three are three: short account ids are cut off before they differ.
	pub(crate) fn are_distinct(&self) -> bool {
		self.validators != self.treasury && self.treasury != self.community && self.community != self.validators
	}
}

impl<AccountId> Pots<AccountId> {
	/// Each of them.
	pub(crate) fn each(&self) -> [&AccountId; 3] {
		[&self.validators, &self.treasury, &self.community]
	}
}

/// What has been delivered to whom.
#[derive(
	Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Delivered {
	/// To creators, their lineages and the owners of their data sets.
	pub creators: Balance,
	/// To workers.
	pub workers: Balance,
	/// To the validators' pot.
	pub validators: Balance,
	/// To the treasury, with what nobody else could receive.
	pub treasury: Balance,
	/// To the community's pot.
	pub community: Balance,
	/// Out of existence.
	pub burned: Balance,
}

impl Delivered {
	/// Everything together.
	pub fn total(&self) -> Balance {
		self.rows().into_iter().fold(0, Balance::saturating_add)
	}

	/// Both together.
	pub(crate) fn plus(self, other: Self) -> Self {
		Self {
			creators: self.creators.saturating_add(other.creators),
			workers: self.workers.saturating_add(other.workers),
			validators: self.validators.saturating_add(other.validators),
			treasury: self.treasury.saturating_add(other.treasury),
			community: self.community.saturating_add(other.community),
			burned: self.burned.saturating_add(other.burned),
		}
	}

	fn rows(&self) -> [Balance; 6] {
		[self.creators, self.workers, self.validators, self.treasury, self.community, self.burned]
	}
}

/// As if every part were delivered.
impl From<Split> for Delivered {
	fn from(split: Split) -> Self {
		Self {
			creators: split.creator,
			workers: split.workers,
			validators: split.validators,
			treasury: split.treasury,
			community: split.community,
			burned: split.burned,
		}
	}
}

/// What has been delivered of all fees, by what they were paid for.
#[derive(
	Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct FeeTotals {
	/// Of settled tasks' fees.
	pub tasks: Delivered,
	/// Of transaction fees.
	pub transactions: Delivered,
}
