//! Pauses between attempts at what failed.

use std::time::Duration;

/// Pauses that double from `first` to `longest`, each shortened by chance so that many relayers that lost one
/// endpoint do not come back to it together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
	first: Duration,
	longest: Duration,
	failures: u32,
}

impl Backoff {
	/// Before anything has failed.
	pub const fn new(first: Duration, longest: Duration) -> Self {
		Self { first, longest, failures: 0 }
	}

	/// Something has failed: the pause before the next attempt. `chance` is any number; it takes off up to half.
	pub fn failed(&mut self, chance: u32) -> Duration {
		let factor = 2u32.saturating_pow(self.failures.min(31));
		self.failures = self.failures.saturating_add(1);
		let whole = self.first.saturating_mul(factor).min(self.longest);
		whole / 2 + (whole / 2).mul_f64(f64::from(chance) / f64::from(u32::MAX))
	}

	/// It works again.
	pub fn succeeded(&mut self) {
		self.failures = 0;
	}

	/// How often it failed in a row.
	pub const fn failures(&self) -> u32 {
		self.failures
	}
}

#[cfg(test)]
mod tests {
	use proptest::prelude::*;

	use super::*;

	const FIRST: Duration = Duration::from_millis(500);
	const LONGEST: Duration = Duration::from_secs(60);

	#[test]
	fn pauses_double_up_to_the_longest_and_begin_anew_after_a_success() {
		let mut backoff = Backoff::new(FIRST, LONGEST);
		let pauses: Vec<_> = (0..9).map(|_| backoff.failed(u32::MAX).as_millis()).collect();
		assert_eq!(pauses, [500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
		backoff.succeeded();
		assert_eq!(backoff.failed(u32::MAX), FIRST);
		assert_eq!(backoff.failures(), 1);
	}

	proptest! {
		#[test]
		fn chance_takes_off_half_at_most(failures in 0u32..200, chance: u32) {
			let (mut whole, mut shortened) = (Backoff::new(FIRST, LONGEST), Backoff::new(FIRST, LONGEST));
			for _ in 0..failures {
				whole.failed(0);
				shortened.failed(0);
			}
			let (whole, shortened) = (whole.failed(u32::MAX), shortened.failed(chance));
			prop_assert!(shortened <= whole && shortened >= whole / 2 && whole <= LONGEST);
		}
	}
}
