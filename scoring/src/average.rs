//! Moving averages, exponential with a half-life.

use deepnode_primitives::Balance;

use crate::{math::exp2, Unit};

/// What an average keeps of itself over `steps`: `2^(-steps / half_life)`, off by less than
/// 5.01 * 10^-10; 0 where `half_life` is 0, so that such an average is its last sample.
pub fn keep(half_life: u32, steps: u32) -> Unit {
	(u128::from(steps) << 40).checked_div(half_life.into()).map_or(Unit::zero(), exp2)
}

/// `old * keep + sample * (1 - keep)`: the distance from `old` to the sample shrinks to `keep` times
/// itself, rounded down.
///
/// It lies between the two, is the sample where they are equal, and unless `keep` is 1 reaches a sample
/// that stays the same after finitely many steps.
pub fn moving(old: Unit, sample: Unit, keep: Unit) -> Unit {
	let (old, sample) = (old.deconstruct(), sample.deconstruct());
	let rest = keep.mul_floor(u64::from(old.abs_diff(sample))) as u32;
	Unit::from_parts(if old > sample { sample.saturating_add(rest) } else { sample.saturating_sub(rest) })
}

/// [`moving`], of amounts.
pub fn moving_balance(old: Balance, sample: Balance, keep: Unit) -> Balance {
	let rest = keep.mul_floor(old.abs_diff(sample));
	if old > sample {
		sample.saturating_add(rest)
	} else {
		sample.saturating_sub(rest)
	}
}
