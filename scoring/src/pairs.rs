//! Who works with whom: the same two should not meet time and again.

use sp_arithmetic::{PerThing, Rounding};

use crate::Unit;

/// The chance that a candidate is accepted as a drawn worker's partner, where it is `meetings` of the
/// drawn one's last `memory` partners: `1 - meetings / (memory + 1)`, rounded up.
///
/// It is 1 for a stranger and never 0, so that a small pool still finds partners; more meetings than the
/// memory holds count as so many.
pub fn acceptance(meetings: u32, memory: u32) -> Unit {
	let whole = u64::from(memory).saturating_add(1);
	let strangers = whole.saturating_sub(meetings.min(memory).into());
	// Strangers are in 1..=whole: the fraction is in (0, 1].
	Unit::from_rational_with_rounding(strangers, whole, Rounding::Up).unwrap_or(Unit::one())
}
