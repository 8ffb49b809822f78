//! Whether the relayer lives and does its work. Served on `/health/live` and `/health/ready`.

use std::{
	collections::BTreeMap,
	sync::{Arc, Mutex, MutexGuard, PoisonError},
	time::{Duration, Instant},
};

use deepnode_service::Readiness;

/// A chain that has not answered for so long is as good as none.
const STALE: Duration = Duration::from_secs(60);

/// One of the two chains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
	/// The DeepNode chain.
	Chain,
	/// Base.
	Base,
}

impl Side {
	/// Its name in logs and metrics.
	pub const fn name(self) -> &'static str {
		match self {
			Self::Chain => "chain",
			Self::Base => "base",
		}
	}
}

/// What is known of the relayer's state. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Health(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
	answered: BTreeMap<Side, Instant>,
	alerts: BTreeMap<&'static str, String>,
	stopping: bool,
}

impl Health {
	fn state(&self) -> MutexGuard<'_, State> {
		self.0.lock().unwrap_or_else(PoisonError::into_inner)
	}

	/// A chain has answered.
	pub fn answered(&self, side: Side) {
		self.state().answered.insert(side, Instant::now());
	}

	/// Something is wrong.
	pub fn raise(&self, alert: &'static str, text: String) {
		self.state().alerts.insert(alert, text);
	}

	/// It is not wrong any more.
	pub fn clear(&self, alert: &'static str) {
		self.state().alerts.remove(alert);
	}

	/// What is wrong.
	pub fn alerts(&self) -> Vec<String> {
		self.state().alerts.values().cloned().collect()
	}

	/// Nothing new is begun.
	pub fn stopping(&self) {
		self.state().stopping = true;
	}

	/// Whether the relayer does its work.
	pub fn readiness(&self) -> Readiness {
		let state = self.state();
		let mut reasons = Vec::new();
		for (side, name) in [(Side::Chain, "the DeepNode node"), (Side::Base, "Base")] {
			match state.answered.get(&side) {
				None => reasons.push(format!("{name} has not answered yet")),
				Some(at) if at.elapsed() > STALE => {
					reasons.push(format!("{name} has not answered for {} s", at.elapsed().as_secs()));
				},
				Some(_) => {},
			}
		}
		reasons.extend(state.alerts.values().cloned());
		if state.stopping {
			reasons.push("the relayer is stopping".into());
		}
		Readiness::new((), reasons)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_relayer_is_ready_with_both_chains_and_without_an_alert_until_it_stops() {
		let health = Health::default();
		assert_eq!(health.readiness().reasons().len(), 2);
		health.answered(Side::Chain);
		health.answered(Side::Base);
		assert!(health.readiness().is_ready());
		health.raise("vault", "the vault lacks 5 DN".into());
		assert_eq!(health.readiness().reasons(), ["the vault lacks 5 DN"]);
		health.clear("vault");
		health.stopping();
		assert_eq!(health.readiness().reasons(), ["the relayer is stopping"]);
	}
}
