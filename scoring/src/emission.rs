//! What an epoch pays out of the pot, and to whom at most.
//!
//! # Washing
//!
//! Whoever pays for tasks of its own model to its own workers gets the creator's and the workers' rows of the
//! fee table back. The validators', treasury's, community's and burned rows, by default 20% of the fee,
//! stay gone. The emission must not make up for them, so nobody is paid more than `cap` of the fees
//! that its work moved, [`capped`]. Creators and workers each have that cap, so for a fee `f` a coalition
//! that owns a whole domain gets at most `2 * cap * f` out of the emission, and
//! [`EmissionParams::is_sound`] demands that this is less than what stays gone. The cap is linear in the
//! fees, so it is indifferent to how they are split over tasks, models or accounts.
//!
//! This holds as long as a task's fee is counted once on each side: the fees attributed to the winners of one
//! task must together be at most its fee.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use deepnode_primitives::{
	fees::{FeeTable, MILLION},
	Balance,
};
use scale_info::TypeInfo;
use sp_arithmetic::{helpers_128bit::multiply_by_rational_with_rounding, Rounding};

use crate::{math::PARTS, Unit};

/// How an epoch's emission is divided. The parts add up to 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct EmissionTable {
	/// For creators, by score.
	pub creators: Unit,
	/// For workers, by verified work and fidelity.
	pub workers: Unit,
	/// For evaluators, by stake and agreement.
	pub evaluators: Unit,
}

impl Default for EmissionTable {
	fn default() -> Self {
		Self { creators: Unit::from_percent(41), workers: Unit::from_percent(41), evaluators: Unit::from_percent(18) }
	}
}

impl EmissionTable {
	/// Whether the parts add up to 1.
	pub fn is_valid(&self) -> bool {
		[self.creators, self.workers, self.evaluators]
			.iter()
			.fold(0u64, |sum, part| sum.saturating_add(part.deconstruct().into()))
			== u64::from(PARTS)
	}
}

/// How much is paid out in an epoch, how it is divided, and the cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct EmissionParams {
	/// The part of the pot that an epoch pays out at most.
	pub rate: Unit,
	/// How it is divided.
	pub table: EmissionTable,
	/// What a creator or a worker is paid at most, as a part of the fees that its work moved.
	pub cap: Unit,
}

impl Default for EmissionParams {
	/// A pot that is drawn in full halves in four years of daily epochs.
	fn default() -> Self {
		Self { rate: Unit::from_parts(474_321), table: EmissionTable::default(), cap: Unit::from_percent(9) }
	}
}

impl EmissionParams {
	/// Whether the emission's parts add up, and washing loses under this fee table: a creator's and a worker's
	/// caps together are less than the rows that do not come back.
	pub fn is_sound(&self, fees: &FeeTable) -> bool {
		const PARTS_PER_MILLIONTH: u64 = (PARTS / MILLION) as u64;
		let gone = [fees.validators, fees.treasury, fees.community, fees.burned]
			.iter()
			.fold(0u64, |sum, row| sum.saturating_add((*row).into()))
			.saturating_mul(PARTS_PER_MILLIONTH);
		let back = u64::from(self.cap.deconstruct()).saturating_mul(2);
		self.table.is_valid() && fees.is_valid() && back < gone
	}
}

/// What an epoch pays out at most, rounded down.
pub fn epoch(pot: Balance, rate: Unit) -> Balance {
	rate.mul_floor(pot)
}

/// `floor(total * part / whole)` without overflow; 0 where `whole` is 0, and `total` where `part` is more
/// than `whole`. The shares of parts that add up to `whole` add up to `total` or, by the rounding, to
/// less than one unit a share below.
pub fn share(total: Balance, part: u128, whole: u128) -> Balance {
	multiply_by_rational_with_rounding(total, part.min(whole), whole, Rounding::Down).unwrap_or(0)
}

/// A share of the emission, cut to `cap` of the fees that the participant's work moved. What is cut off
/// stays in the pot.
pub fn capped(share: Balance, fees: Balance, cap: Unit) -> Balance {
	share.min(cap.mul_floor(fees))
}
