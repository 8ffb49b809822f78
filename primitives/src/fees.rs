//! The fee table: where every unit of a settled task's fee goes.

use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::Balance;

/// One whole, in parts per million.
pub const MILLION: u32 = 1_000_000;

/// The shares of a fee in parts per million. They add up to [`MILLION`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct FeeTable {
	/// The model's creator and, from its share, the royalties of parents and data sets.
	pub creator: u32,
	/// The workers of the winning cluster, in equal parts.
	pub workers: u32,
	/// Validators and their nominators.
	pub validators: u32,
	/// The treasury; the remainder of every division is added to it.
	pub treasury: u32,
	/// Community rewards.
	pub community: u32,
	/// Taken out of existence.
	pub burned: u32,
}

impl Default for FeeTable {
	fn default() -> Self {
		Self {
			creator: 300_000,
			workers: 500_000,
			validators: 80_000,
			treasury: 60_000,
			community: 50_000,
			burned: 10_000,
		}
	}
}

/// A fee, divided. All parts together are the fee, to the last unit.
#[derive(
	Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Split {
	/// For the creator, its lineage and its data sets together.
	pub creator: Balance,
	/// For all winning workers together: a multiple of `per_worker`.
	pub workers: Balance,
	/// For each winning worker.
	pub per_worker: Balance,
	/// For the validators.
	pub validators: Balance,
	/// For the treasury, with the remainders.
	pub treasury: Balance,
	/// For community rewards.
	pub community: Balance,
	/// To be burned.
	pub burned: Balance,
}

impl Split {
	/// Everything together; `None` beyond `u128`.
	pub fn total(&self) -> Option<Balance> {
		self.creator
			.checked_add(self.workers)?
			.checked_add(self.validators)?
			.checked_add(self.treasury)?
			.checked_add(self.community)?
			.checked_add(self.burned)
	}
}

impl FeeTable {
	/// Whether the shares add up to the whole.
	pub fn is_valid(&self) -> bool {
		[self.creator, self.workers, self.validators, self.treasury, self.community, self.burned]
			.iter()
			.try_fold(0u32, |sum, share| sum.checked_add(*share))
			== Some(MILLION)
	}

	/// Divides `fee` among the table's rows and `winners` workers. Every row but the treasury's is
	/// rounded down; what is left over is the treasury's, and so is the workers' row where there is
	/// no winner.
	pub fn split(&self, fee: Balance, winners: u32) -> Split {
		let creator = part(fee, self.creator);
		let per_worker = part(fee, self.workers).checked_div(winners.into()).unwrap_or(0);
		let workers = per_worker.saturating_mul(winners.into());
		let validators = part(fee, self.validators);
		let community = part(fee, self.community);
		let burned = part(fee, self.burned);
		let treasury =
			[creator, workers, validators, community, burned].iter().fold(fee, |rest, part| rest.saturating_sub(*part));
		Split { creator, workers, per_worker, validators, treasury, community, burned }
	}

	/// The table for fees without a model or a worker, such as transaction fees: the rows that remain
	/// keep their proportions, and the treasury takes the rounding.
	pub fn network(&self) -> Self {
		let rows = [self.validators, self.treasury, self.community, self.burned];
		let whole: u64 = rows.iter().map(|row| u64::from(*row)).fold(0, u64::saturating_add);
		let scaled = |row: u32| u64::from(row).saturating_mul(MILLION.into()).checked_div(whole).unwrap_or(0) as u32;
		let (validators, community, burned) = (scaled(self.validators), scaled(self.community), scaled(self.burned));
		let treasury = MILLION.saturating_sub(validators).saturating_sub(community).saturating_sub(burned);
		Self { creator: 0, workers: 0, validators, treasury, community, burned }
	}
}

/// `amount * parts / MILLION`, rounded down, without overflow for any amount where `parts` is at most
/// [`MILLION`].
pub const fn part(amount: Balance, parts: u32) -> Balance {
	const WHOLE: Balance = MILLION as Balance;
	let parts = parts as Balance;
	(amount / WHOLE).saturating_mul(parts).saturating_add((amount % WHOLE).saturating_mul(parts) / WHOLE)
}

/// The creator's share, divided. All parts together are the share, to the last unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineageParts {
	/// The model's own part first, the oldest ancestor's last.
	pub owners: Vec<Balance>,
	/// The data sets' parts, in their order.
	pub data_sets: Vec<Balance>,
}

/// Divides the creator's share along a lineage and among the data sets that the model declares.
///
/// `royalties` are what each entry owes its parent, in parts per million of what itself receives, the
/// child first: there is one more owner than royalties. `data_sets` are what the model owes its data
/// sets, in parts per million of `share`: what an ancestor receives owes its own parent, and none of
/// its data sets. Each debt is rounded down, so that roundings are the debtor's gain. Debts of more than
/// everything, which the registry does not let anybody make, are paid as far as the share goes, the
/// parent's first.
pub fn lineage(share: Balance, royalties: &[u32], data_sets: impl IntoIterator<Item = u32>) -> LineageParts {
	let mut own = share;
	let mut owe = |royalty: u32| {
		let owed = part(share, royalty.min(MILLION)).min(own);
		own = own.saturating_sub(owed);
		owed
	};
	let parent = royalties.first().map(|royalty| owe(*royalty));
	let data_sets = data_sets.into_iter().map(owe).collect();

	let mut owners = Vec::with_capacity(royalties.len().saturating_add(1));
	owners.push(own);
	if let Some(mut received) = parent {
		for royalty in royalties.iter().skip(1) {
			let owed = part(received, (*royalty).min(MILLION));
			owners.push(received.saturating_sub(owed));
			received = owed;
		}
		owners.push(received);
	}
	LineageParts { owners, data_sets }
}
