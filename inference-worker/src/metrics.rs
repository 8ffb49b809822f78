//! What the worker counts. Served on `/metrics`.

use deepnode_primitives::task::ErrorCode;
use prometheus::{Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry};

/// The worker's counters.
#[derive(Clone)]
pub struct Metrics {
	/// Where all of them are registered.
	pub registry: Registry,
	/// Tasks whose answer this worker revealed.
	pub revealed: IntCounter,
	/// Long answers of whose chunks those that were asked for are open, and this worker sent them.
	pub opened: IntCounter,
	/// Tasks to whose answer this worker committed.
	pub committed: IntCounter,
	/// Answers that are error codes, by code.
	pub error_answers: IntCounterVec,
	/// Attempts that failed for a reason of this machine or of the connection, by what was attempted.
	pub failures: IntCounterVec,
	/// Seconds of a run, by whether its child was warm.
	pub run_seconds: HistogramVec,
	/// Seconds from seeing an assignment to the commitment in a block.
	pub commit_seconds: Histogram,
	/// Content found in the cache.
	pub cache_hits: IntCounter,
	/// Content fetched.
	pub cache_misses: IntCounter,
	/// The best block.
	pub best_block: IntGauge,
	/// Tasks that wait for their turn to run.
	pub queue: IntGauge,
	/// Tasks that are being served.
	pub open_tasks: IntGauge,
}

impl Metrics {
	/// All at zero.
	pub fn new() -> prometheus::Result<Self> {
		let registry = Registry::new_custom(Some("deepnode_worker".into()), None)?;
		let fine = vec![0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0];
		let metrics = Self {
			revealed: IntCounter::new("tasks_revealed_total", "Tasks whose answer this worker revealed")?,
			opened: IntCounter::new(
				"answers_opened_total",
				"Long answers of which this worker sent the chunks asked for",
			)?,
			committed: IntCounter::new("tasks_committed_total", "Tasks to whose answer this worker committed")?,
			error_answers: IntCounterVec::new(
				Opts::new("error_answers_total", "Answers that are error codes, by code"),
				&["code"],
			)?,
			failures: IntCounterVec::new(
				Opts::new("failures_total", "Attempts that failed for a reason of this machine or its connection"),
				&["what"],
			)?,
			run_seconds: HistogramVec::new(
				HistogramOpts::new("run_seconds", "Seconds of a run, loading included").buckets(fine.clone()),
				&["child"],
			)?,
			commit_seconds: Histogram::with_opts(
				HistogramOpts::new("commit_seconds", "Seconds from seeing an assignment to its commitment in a block")
					.buckets(vec![0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 9.0, 12.0, 20.0, 30.0, 60.0]),
			)?,
			cache_hits: IntCounter::new("cache_hits_total", "Content found in the cache")?,
			cache_misses: IntCounter::new("cache_misses_total", "Content that had to be fetched")?,
			best_block: IntGauge::new("best_block", "The best block's number")?,
			queue: IntGauge::new("queue_length", "Tasks that wait for their turn to run")?,
			open_tasks: IntGauge::new("open_tasks", "Tasks that are being served")?,
			registry,
		};
		let registry = &metrics.registry;
		registry.register(Box::new(metrics.revealed.clone()))?;
		registry.register(Box::new(metrics.opened.clone()))?;
		registry.register(Box::new(metrics.committed.clone()))?;
		registry.register(Box::new(metrics.error_answers.clone()))?;
		registry.register(Box::new(metrics.failures.clone()))?;
		registry.register(Box::new(metrics.run_seconds.clone()))?;
		registry.register(Box::new(metrics.commit_seconds.clone()))?;
		registry.register(Box::new(metrics.cache_hits.clone()))?;
		registry.register(Box::new(metrics.cache_misses.clone()))?;
		registry.register(Box::new(metrics.best_block.clone()))?;
		registry.register(Box::new(metrics.queue.clone()))?;
		registry.register(Box::new(metrics.open_tasks.clone()))?;
		Ok(metrics)
	}

	/// Counts an answer that is an error code.
	pub fn error_answer(&self, code: ErrorCode) {
		self.error_answers.with_label_values(&[&format!("{code:?}")]).inc();
	}

	/// Counts a failed attempt.
	pub fn failure(&self, what: &str) {
		self.failures.with_label_values(&[what]).inc();
	}
}
