//! Whether the worker lives and can take tasks. Served on `/health/live` and `/health/ready`.

use std::{
	sync::{Arc, Mutex, MutexGuard, PoisonError},
	time::{Duration, Instant},
};

use deepnode_service::Readiness;
use serde::Serialize;

/// A chain that gives no block for so long is as good as none.
const STALE: Duration = Duration::from_secs(60);

/// What is known of the worker's state. Clones share it.
#[derive(Clone, Default)]
pub struct Health(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
	best: Option<(u32, Instant)>,
	registered: Option<bool>,
	stopping: bool,
}

/// What else there is to know of the worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Details {
	/// The best block.
	pub best_block: Option<u32>,
}

impl Health {
	fn state(&self) -> MutexGuard<'_, State> {
		self.0.lock().unwrap_or_else(PoisonError::into_inner)
	}

	/// A new best block.
	pub fn block(&self, number: u32) {
		self.state().best = Some((number, Instant::now()));
	}

	/// The node is gone.
	pub fn disconnected(&self) {
		self.state().best = None;
	}

	/// Whether the account is a worker that takes tasks.
	pub fn registered(&self, registered: bool) {
		self.state().registered = Some(registered);
	}

	/// No more tasks are taken.
	pub fn stopping(&self) {
		self.state().stopping = true;
	}

	/// Whether the worker can take tasks.
	pub fn readiness(&self) -> Readiness<Details> {
		let state = self.state();
		let mut reasons = Vec::new();
		match state.best {
			None => reasons.push("the node is not connected"),
			Some((_, at)) if at.elapsed() > STALE => reasons.push("the node gives no new blocks"),
			Some(_) => {},
		}
		match state.registered {
			None => reasons.push("the worker's entry has not been read yet"),
			Some(false) => reasons.push("the account is no registered worker, or is leaving"),
			Some(true) => {},
		}
		if state.stopping {
			reasons.push("the worker is stopping");
		}
		let details = Details { best_block: state.best.map(|(number, _)| number) };
		Readiness::new(details, reasons.into_iter().map(Into::into).collect())
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_worker_is_ready_with_a_node_and_a_stake_until_it_stops() {
		let health = Health::default();
		assert_eq!(health.readiness().reasons().len(), 2);
		health.block(7);
		health.registered(true);
		assert_eq!(health.readiness(), Readiness::new(Details { best_block: Some(7) }, vec![]));
		health.stopping();
		assert_eq!(health.readiness().reasons(), ["the worker is stopping"]);
		health.disconnected();
		assert_eq!(health.readiness().details().best_block, None);
	}
}
