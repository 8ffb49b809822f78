//! Pauses between attempts at what failed.

use std::{
	future::Future,
	hash::{BuildHasher as _, RandomState},
	time::Duration,
};

use tokio::{sync::watch, time::sleep};

use crate::stop::stopped;

/// Pauses that double from `first` to `longest`, each shortened by chance, by half at the most, so that many programs
/// that lost one endpoint do not come back to it together.
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

	/// Something has failed: the pause before the next attempt.
	pub fn failed(&mut self) -> Duration {
		self.failed_by(RandomState::new().hash_one(()) as u32)
	}

	/// `chance` is any number; it takes off up to half.
	fn failed_by(&mut self, chance: u32) -> Duration {
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

/// Attempts until an attempt succeeds; `None` where the signal to stop comes before that, be it in an attempt or in the
/// pause after one. `failed` is told each failure with the pause that follows, and ends the attempts where it returns
/// an error.
pub async fn keep_trying<T, E, F, A: Future<Output = Result<T, E>>>(
	mut pauses: Backoff,
	stop: &mut watch::Receiver<bool>,
	mut attempt: impl FnMut() -> A,
	mut failed: impl FnMut(E, Duration) -> Result<(), F>,
) -> Result<Option<T>, F> {
	loop {
		let error = tokio::select! {
			done = attempt() => match done {
				Ok(done) => return Ok(Some(done)),
				Err(error) => error,
			},
			() = stopped(stop) => return Ok(None),
		};
		let pause = pauses.failed();
		failed(error, pause)?;
		tokio::select! {
			() = sleep(pause) => {},
			() = stopped(stop) => return Ok(None),
		}
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
		let pauses: Vec<_> = (0..9).map(|_| backoff.failed_by(u32::MAX).as_millis()).collect();
		assert_eq!(pauses, [500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
		backoff.succeeded();
		assert_eq!(backoff.failed_by(u32::MAX), FIRST);
		assert_eq!(backoff.failures(), 1);
	}

	proptest! {
		#[test]
		fn chance_takes_off_half_at_most(failures in 0u32..200, chance: u32) {
			let (mut whole, mut shortened) = (Backoff::new(FIRST, LONGEST), Backoff::new(FIRST, LONGEST));
			for _ in 0..failures {
				whole.failed_by(0);
				shortened.failed_by(0);
			}
			let (whole, shortened) = (whole.failed_by(u32::MAX), shortened.failed_by(chance));
			prop_assert!(shortened <= whole && shortened >= whole / 2 && whole <= LONGEST);
		}
	}

	/// Pauses too short to be noticed.
	const SHORT: Backoff = Backoff::new(Duration::from_millis(1), Duration::from_millis(2));
	/// Pauses that no test lives through.
	const LONG: Backoff = Backoff::new(LONGEST, LONGEST);

	#[tokio::test]
	async fn attempts_go_on_until_one_succeeds_and_each_failure_is_told() {
		let (_signal, mut stop) = watch::channel(false);
		let (mut attempts, mut told) = (0, Vec::new());
		let attempt = || {
			attempts += 1;
			std::future::ready(if attempts < 4 { Err(attempts) } else { Ok("done") })
		};
		let failed = |error, pause| {
			assert!(pause <= Duration::from_millis(2), "{pause:?}");
			told.push(error);
			Ok::<_, ()>(())
		};
		assert_eq!(keep_trying(SHORT, &mut stop, attempt, failed).await, Ok(Some("done")));
		assert_eq!(told, [1, 2, 3]);
	}

	#[tokio::test]
	async fn a_failure_that_is_final_ends_the_attempts() {
		let (_signal, mut stop) = watch::channel(false);
		let mut attempts = 0;
		let attempt = || {
			attempts += 1;
			std::future::ready(Err::<(), _>(attempts))
		};
		let failed = |error, _| if error < 2 { Ok(()) } else { Err(error) };
		assert_eq!(keep_trying(SHORT, &mut stop, attempt, failed).await, Err(2));
		assert_eq!(attempts, 2);
	}

	#[tokio::test]
	async fn the_signal_ends_an_attempt_that_does_not_end() {
		let (signal, mut stop) = watch::channel(false);
		let attempt = || {
			signal.send_replace(true);
			std::future::pending::<Result<(), ()>>()
		};
		assert_eq!(keep_trying(SHORT, &mut stop, attempt, |error, _| Err(error)).await, Ok(None));
	}

	#[tokio::test]
	async fn the_signal_ends_a_pause() {
		let (signal, mut stop) = watch::channel(false);
		let attempt = || std::future::ready(Err::<(), _>(()));
		let failed = |(), _| {
			signal.send_replace(true);
			Ok::<_, ()>(())
		};
		assert_eq!(keep_trying(LONG, &mut stop, attempt, failed).await, Ok(None));
	}
}
