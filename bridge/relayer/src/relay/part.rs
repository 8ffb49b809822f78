//! A part of a round that may fail or take long without holding up what comes before it in the next.

use std::time::{Duration, Instant};

use tokio::time::error::Elapsed;

use super::Round;
use crate::{metrics::Metrics, program};

/// For how long a part may go on in one round. What it was at is gone on with in the next.
pub(super) const LIMIT: Duration = Duration::from_secs(30);

/// A part of a round. Where it fails it has pauses of its own.
#[derive(Debug)]
pub(super) struct Part {
	name: &'static str,
	pauses: deepnode_service::Backoff,
	/// Not before this.
	again: Option<Instant>,
}

impl Part {
	/// One that has not failed yet.
	pub(super) const fn new(name: &'static str) -> Self {
		Self { name, pauses: program::PAUSES, again: None }
	}

	/// Whether it is to be done in this round.
	pub(super) fn is_due(&self, now: Instant) -> bool {
		self.again.is_none_or(|again| again <= now)
	}

	/// Notes what came of it.
	pub(super) fn ended(&mut self, done: Result<Round, Elapsed>, now: Instant, metrics: &Metrics) {
		self.again = None;
		match done {
			Ok(Ok(())) => self.pauses.succeeded(),
			Ok(Err(error)) => {
				let retry_in = self.pauses.failed();
				self.again = Some(now + retry_in);
				metrics.failure(error.what());
				tracing::warn!(%error, ?retry_in, part = self.name, "broken off");
			},
			Err(_) => {
				metrics.failure(self.name);
				tracing::warn!(limit = ?LIMIT, part = self.name, "it takes too long; going on with it in the next round");
			},
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{chain::ChainError, relay::RoundError};

	#[test]
	fn a_part_that_fails_waits_and_one_that_takes_long_goes_on() {
		let (mut part, metrics, now) = (Part::new("messages"), Metrics::new().unwrap(), Instant::now());
		assert!(part.is_due(now));
		part.ended(Ok(Err(RoundError::Chain(ChainError::NoGateway))), now, &metrics);
		assert!(!part.is_due(now) && part.is_due(now + Duration::from_secs(1)));
		part.ended(Ok(Ok(())), now, &metrics);
		assert!(part.is_due(now));
	}

	#[tokio::test]
	async fn a_part_that_takes_too_long_is_counted_and_goes_on_in_the_next_round() {
		let (mut part, metrics) = (Part::new("messages"), Metrics::new().unwrap());
		let elapsed = tokio::time::timeout(Duration::ZERO, std::future::pending::<Round>()).await;
		part.ended(elapsed, Instant::now(), &metrics);
		assert!(part.is_due(Instant::now()));
		let text = deepnode_service::render(&metrics.registry).unwrap();
		assert!(text.contains("deepnode_relayer_failures_total{what=\"messages\"} 1"), "{text}");
	}
}
