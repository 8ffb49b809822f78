//! The connection to a node, and what happens when it breaks.

use std::{
	sync::{
		atomic::{AtomicBool, Ordering},
		Arc,
	},
	time::Duration,
};

use subxt::rpcs::client::{
	reconnecting_rpc_client::{self as reconnecting, RpcError},
	RpcClient,
};

use crate::error::{Error, Result};

/// The first pause before another attempt to connect.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How long one request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// How to connect to a node.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
	/// How long to try to reconnect before requests fail; for ever where it is `None`.
	pub give_up_after: Option<Duration>,
}

/// Opens a connection that opens itself again after it broke. The first attempt is the only one, so
/// that a wrong URL is reported at once.
pub(crate) async fn open(url: &str, options: Options) -> Result<RpcClient> {
	let established = Arc::new(AtomicBool::new(false));
	let pauses = Pauses {
		established: established.clone(),
		next: FIRST_PAUSE,
		waited: Duration::ZERO,
		give_up_after: options.give_up_after,
	};
	let client = reconnecting::RpcClient::builder()
		.retry_policy(pauses)
		.request_timeout(REQUEST_TIMEOUT)
		.build(url)
		.await
		.map_err(|error| Error::Unreachable { url: url.into(), reason: reason(&error) })?;
	established.store(true, Ordering::Relaxed);
	Ok(RpcClient::new(client))
}

/// The innermost cause, which is the one that says something.
fn reason(error: &RpcError) -> String {
	let mut cause: &dyn std::error::Error = error;
	while let Some(inner) = cause.source() {
		cause = inner;
	}
	cause.to_string()
}

/// The pauses between attempts: none before the first connection, doubling after it.
#[derive(Clone, Debug)]
struct Pauses {
	established: Arc<AtomicBool>,
	next: Duration,
	waited: Duration,
	give_up_after: Option<Duration>,
}

impl Iterator for Pauses {
	type Item = Duration;

	fn next(&mut self) -> Option<Duration> {
		let given_up = self.give_up_after.is_some_and(|limit| self.waited >= limit);
		if given_up || !self.established.load(Ordering::Relaxed) {
			return None;
		}
		let pause = self.next;
		self.next = (pause * 2).min(LONGEST_PAUSE);
		self.waited += pause;
		tracing::debug!(?pause, "the node does not answer; trying again after a pause");
		Some(pause)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn pauses_double_up_to_the_longest_and_end_at_the_limit() {
		let established = Arc::new(AtomicBool::new(false));
		let give_up_after = Some(Duration::from_secs(30));
		let mut pauses =
			Pauses { established: established.clone(), next: FIRST_PAUSE, waited: Duration::ZERO, give_up_after };
		assert_eq!(pauses.next(), None, "the first attempt is not repeated");
		established.store(true, Ordering::Relaxed);
		let pauses: Vec<_> = pauses.map(|pause| pause.as_millis()).collect();
		assert_eq!(pauses, [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
	}

	#[tokio::test]
	async fn a_url_where_nobody_answers_is_reported_at_once() {
		let error = open("ws://127.0.0.1:1", Options::default()).await.unwrap_err();
		assert!(matches!(&error, Error::Unreachable { url, .. } if url == "ws://127.0.0.1:1"), "{error}");
	}
}
