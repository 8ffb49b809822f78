//! A worker's fidelity F: how far its word has proved good.
//!
//! A verdict for it moves F towards 1 by `gain` of what is missing, one against it multiplies F by
//! `1 - against`, an absence by `1 - absent`, which is less. Trust is slow to win and quick to lose: of a
//! worker that is wrong in a part `e` of its tasks, F settles around
//! `gain * (1 - e) / (gain * (1 - e) + against * e)`, which by default is 91% for one wrong answer in a
//! hundred, 66% for five and 47% for ten.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use deepnode_primitives::Balance;
use scale_info::TypeInfo;
use sp_arithmetic::{helpers_128bit::multiply_by_rational_with_rounding, PerThing, Rounding};

use crate::Unit;

/// A new worker's fidelity.
pub const START: Unit = Unit::from_percent(50);

/// Into how many bands fidelity is divided where it weighs a stake.
pub const BANDS: u32 = 16;

/// What a task says of a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Mark {
	/// It answered with the majority.
	For,
	/// It answered otherwise, or its answer was overturned.
	Against,
	/// It did not answer in time.
	Absent,
}

/// How much each [`Mark`] moves a worker's fidelity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct FidelityParams {
	/// The part of what is missing to 1 that a verdict for the worker adds.
	pub gain: Unit,
	/// The part that a verdict against it takes away.
	pub against: Unit,
	/// The part that an absence takes away; more than `against`.
	pub absent: Unit,
}

impl Default for FidelityParams {
	fn default() -> Self {
		Self { gain: Unit::from_percent(5), against: Unit::from_percent(50), absent: Unit::from_percent(75) }
	}
}

impl FidelityParams {
	/// Whether every mark counts, and an absence costs more than a wrong answer, so that nobody withholds
	/// one.
	pub fn is_valid(&self) -> bool {
		!self.gain.is_zero() && !self.against.is_zero() && self.absent > self.against
	}
}

/// A worker's fidelity after a mark.
pub fn after(fidelity: Unit, mark: Mark, params: &FidelityParams) -> Unit {
	let left =
		|of: Unit, taken: Unit| Unit::from_parts(taken.left_from_one().mul_floor(u64::from(of.deconstruct())) as u32);
	match mark {
		Mark::For => left(fidelity.left_from_one(), params.gain).left_from_one(),
		Mark::Against => left(fidelity, params.against),
		Mark::Absent => left(fidelity, params.absent),
	}
}

/// The band of a fidelity, `ceil(F * BANDS)` but at least 1: in `1..=BANDS`.
pub fn band(fidelity: Unit) -> u32 {
	(fidelity.mul_ceil(u64::from(BANDS)) as u32).clamp(1, BANDS)
}

/// What a stake weighs in a draw, `stake * band / BANDS` rounded down. It changes only where the stake or
/// the band does, so that most verdicts touch no pool's tree.
pub fn weigh(stake: Balance, fidelity: Unit) -> Balance {
	// The band is at most BANDS, so the weight is at most the stake.
	multiply_by_rational_with_rounding(stake, band(fidelity).into(), BANDS.into(), Rounding::Down).unwrap_or(stake)
}
