//! What evaluators make of a model together, and how far each agrees.
//!
//! The consensus is the stake-weighted mean of the weights after each was clipped to a band around their
//! stake-weighted median, from above and from below. Clipped only from above, a rival with next to
//! no stake could vote 0 without limit to what that does; here a voter with the part `s` of the stake
//! moves the mean by at most `s * band * median` from where it would be with the median's vote, up or down.
//! The median itself stays among the honest weights while most of the stake is honest.
//!
//! # Weight copying
//!
//! A vote equal to the median has agreement 1, and none has more, so whoever knew the median could
//! earn as much as the best evaluator without judging anything. It cannot be known in time: weights are
//! committed to under a hash that contains the evaluator, so that a copied commitment opens for
//! nobody else, and no weight is revealed before all commitments are in. What is left to copy is the last
//! epoch's consensus. Its agreement is `1 - |last - now| / max(last, now)`: it falls short by as much as the
//! model has moved, where an evaluator that has seen the move does not.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use deepnode_primitives::Balance;
use scale_info::TypeInfo;

use crate::{math::PARTS, Unit};

/// One evaluator's weight for one model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Vote {
	/// The evaluator's stake. A vote without stake counts for nothing.
	pub stake: Balance,
	/// The weight that it gives the model.
	pub weight: Unit,
}

/// The stake-weighted lower median: the smallest of the weights such that votes of at most that weight
/// hold half of the stake or more. It sorts the votes by weight.
///
/// `None` where there is no stake, or more than `u128` in all.
///
/// # Complexity
/// O(n log n).
pub fn median(votes: &mut [Vote]) -> Option<Unit> {
	let half = total(votes)?.div_ceil(2);
	votes.sort_unstable_by_key(|vote| vote.weight);
	let mut below: Balance = 0;
	votes
		.iter()
		.find(|vote| {
			below = below.saturating_add(vote.stake);
			half > 0 && below >= half
		})
		.map(|vote| vote.weight)
}

/// A weight, clipped to `median * (1 - band)` from below and to `median * (1 + band)`, or 1 where that is
/// more, from above.
pub fn clip(weight: Unit, median: Unit, band: Unit) -> Unit {
	let median = median.deconstruct();
	let radius = band.mul_floor(u64::from(median)) as u32;
	weight.clamp(
		Unit::from_parts(median.saturating_sub(radius)),
		Unit::from_parts(median.saturating_add(radius).min(PARTS)),
	)
}

/// The stake-weighted mean of the clipped weights, rounded down. It sorts the votes by weight.
///
/// `None` where there is no stake, or more than 2^98 units in all, which is three thousand times all DN.
///
/// # Complexity
/// O(n log n).
pub fn consensus(votes: &mut [Vote], band: Unit) -> Option<Unit> {
	let total = total(votes)?;
	// Every weight is at most PARTS, so no partial sum is greater than this.
	total.checked_mul(PARTS.into())?;
	let median = median(votes)?;
	let sum = votes.iter().fold(0u128, |sum, vote| {
		let weight = clip(vote.weight, median, band).deconstruct();
		sum.saturating_add(vote.stake.saturating_mul(weight.into()))
	});
	Some(Unit::from_parts(sum.checked_div(total)? as u32))
}

/// How far a weight agrees with the median: `1 - |w - m| / max(w, m)`, rounded down; 1 where both are 0.
pub fn agreement(weight: Unit, median: Unit) -> Unit {
	let (less, more) = (weight.min(median), weight.max(median));
	if more.is_zero() {
		return Unit::one();
	}
	Unit::from_rational(less.deconstruct(), more.deconstruct())
}

fn total(votes: &[Vote]) -> Option<Balance> {
	votes.iter().try_fold(0u128, |sum, vote| sum.checked_add(vote.stake))
}
