//! What the relayer counts. Served on `/metrics`.

use prometheus::{Counter, Gauge, GaugeVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry};

use crate::base::{pending::Purpose, Outcome};

/// The relayer's counters.
#[derive(Clone, Debug)]
pub struct Metrics {
	/// Where all of them are registered.
	pub registry: Registry,
	/// The latest block that BEEFY has signed.
	pub signed_block: IntGauge,
	/// The latest block that the light client on Base has.
	pub anchored_block: IntGauge,
	/// The validator set that the light client on Base follows.
	pub anchored_set: IntGauge,
	/// The latest block on Base.
	pub base_block: IntGauge,
	/// Messages that are worth their delivery and have not been delivered.
	pub waiting_messages: IntGauge,
	/// Transactions on their way.
	pub pending: IntGauge,
	/// What the account has for gas, in ether.
	pub funds: Gauge,
	/// Stuck transactions that were sent again with a better offer.
	pub replaced: IntCounter,
	/// Gas used.
	pub gas: IntCounter,
	/// What gas was paid with, in ether.
	pub spent: Counter,
	sent: IntCounterVec,
	concluded: IntCounterVec,
	failures: IntCounterVec,
	amounts: GaugeVec,
	alerts: GaugeVec,
}

impl Metrics {
	/// All at zero.
	pub fn new() -> prometheus::Result<Self> {
		let labelled = |name: &str, help: &str, label: &[&str]| IntCounterVec::new(Opts::new(name, help), label);
		let gauges = |name: &str, help: &str, label: &str| GaugeVec::new(Opts::new(name, help), &[label]);
		let metrics = Self {
			registry: Registry::new_custom(Some("deepnode_relayer".into()), None)?,
			signed_block: IntGauge::new("signed_block", "The latest block that BEEFY has signed")?,
			anchored_block: IntGauge::new("anchored_block", "The latest block that the light client on Base has")?,
			anchored_set: IntGauge::new("anchored_set", "The validator set that the light client on Base follows")?,
			base_block: IntGauge::new("base_block", "The latest block on Base")?,
			waiting_messages: IntGauge::new("waiting_messages", "Messages that wait for their delivery")?,
			pending: IntGauge::new("pending_transactions", "Transactions on their way")?,
			funds: Gauge::new("funds_ether", "What the account has for gas")?,
			replaced: IntCounter::new("replaced_total", "Stuck transactions that were sent again with a better offer")?,
			gas: IntCounter::new("gas_total", "Gas used")?,
			spent: Counter::new("spent_ether_total", "What gas was paid with")?,
			sent: labelled("sent_total", "Transactions sent, by purpose", &["purpose"])?,
			concluded: labelled("concluded_total", "Transactions that are over, by outcome", &["purpose", "outcome"])?,
			failures: labelled("failures_total", "Attempts that failed, by what was attempted", &["what"])?,
			amounts: gauges("amount_dn", "DN in the vault, in issue on the chain, and in flight", "what")?,
			alerts: gauges("alert", "1 while something is wrong", "what")?,
		};
		let registry = &metrics.registry;
		for gauge in [
			&metrics.signed_block,
			&metrics.anchored_block,
			&metrics.anchored_set,
			&metrics.base_block,
			&metrics.waiting_messages,
			&metrics.pending,
		] {
			registry.register(Box::new(gauge.clone()))?;
		}
		for counters in [&metrics.sent, &metrics.concluded, &metrics.failures] {
			registry.register(Box::new(counters.clone()))?;
		}
		for gauges in [&metrics.amounts, &metrics.alerts] {
			registry.register(Box::new(gauges.clone()))?;
		}
		registry.register(Box::new(metrics.funds.clone()))?;
		registry.register(Box::new(metrics.replaced.clone()))?;
		registry.register(Box::new(metrics.gas.clone()))?;
		registry.register(Box::new(metrics.spent.clone()))?;
		Ok(metrics)
	}

	/// Counts a transaction that was sent.
	pub fn sent(&self, purpose: Purpose) {
		self.sent.with_label_values(&[purpose.name()]).inc();
	}

	/// Counts a transaction that is over, and what it cost.
	pub fn concluded(&self, purpose: Purpose, outcome: &Outcome) {
		let result = if outcome.succeeded { "done" } else { "wasted" };
		self.concluded.with_label_values(&[purpose.name(), result]).inc();
		self.gas.inc_by(outcome.gas);
		self.spent.inc_by(outcome.gas as f64 * outcome.price as f64 / 1e18);
	}

	/// Counts a failed attempt.
	pub fn failure(&self, what: &str) {
		self.failures.with_label_values(&[what]).inc();
	}

	/// Says how many DN there are of a kind, as whole and parts.
	pub fn amount(&self, what: &str, units: u128) {
		self.amounts.with_label_values(&[what]).set(units as f64 / 1e18);
	}

	/// Says whether something is wrong.
	pub fn alert(&self, what: &str, raised: bool) {
		self.alerts.with_label_values(&[what]).set(if raised { 1.0 } else { 0.0 });
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn what_a_transaction_cost_is_counted_whether_it_was_of_use_or_not() {
		let metrics = Metrics::new().unwrap();
		let outcome = Outcome { block: 1, succeeded: false, gas: 1000, price: 1_000_000_000 };
		metrics.sent(Purpose::Message(3));
		metrics.concluded(Purpose::Message(3), &outcome);
		metrics.alert("vault", true);
		let text = deepnode_service::render(&metrics.registry).unwrap();
		for line in [
			"deepnode_relayer_sent_total{purpose=\"message\"} 1",
			"deepnode_relayer_concluded_total{outcome=\"wasted\",purpose=\"message\"} 1",
			"deepnode_relayer_gas_total 1000",
			"deepnode_relayer_spent_ether_total 0.000001",
			"deepnode_relayer_alert{what=\"vault\"} 1",
		] {
			assert!(text.lines().any(|found| found == line), "{line} is not in:\n{text}");
		}
	}
}
