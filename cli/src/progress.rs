//! How far long work is, on the standard error of a terminal.

use std::collections::BTreeMap;

use deepnode_client::{RefundReason, TaskInfo, TaskStatus};
use deepnode_primitives::TaskId;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{answer, output::Output};

/// Up to so many tasks have a bar each; more share one.
const BARS: usize = 12;

/// A bar that counts up to `length`; invisible where there is no terminal.
pub fn counter(output: &Output, length: usize, what: &str) -> ProgressBar {
	let target = if output.draws_progress() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
	let style = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} {elapsed}").unwrap_or_else(|_| style());
	ProgressBar::with_draw_target(Some(length as u64), target).with_style(style).with_message(what.to_owned())
}

/// The progress of tasks.
pub struct TaskBars {
	bars: MultiProgress,
	shown: Shown,
}

enum Shown {
	Each(BTreeMap<TaskId, ProgressBar>),
	Together(ProgressBar),
}

impl TaskBars {
	/// Bars for these tasks; invisible where there is no terminal.
	pub fn new(output: &Output, tasks: &[TaskId]) -> Self {
		let target = if output.draws_progress() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
		let bars = MultiProgress::with_draw_target(target);
		let shown = if tasks.len() <= BARS {
			let bar = |task: &TaskId| {
				let bar = ProgressBar::new(STEPS).with_style(style()).with_prefix(format!("task {task}"));
				(*task, bars.add(bar))
			};
			Shown::Each(tasks.iter().map(bar).collect())
		} else {
			Shown::Together(bars.add(ProgressBar::new(tasks.len() as u64).with_style(style())))
		};
		Self { bars, shown }
	}

	/// Shows where the tasks stand. `rounds` are how many workers have committed and revealed.
	pub fn update<'a>(&self, tasks: impl Iterator<Item = &'a TaskInfo>, rounds: &BTreeMap<TaskId, (u32, u32)>) {
		match &self.shown {
			Shown::Each(bars) => {
				for task in tasks {
					let Some(bar) = bars.get(&task.id) else { continue };
					let (position, message) = describe(task, rounds.get(&task.id).copied());
					bar.set_message(message);
					bar.set_position(position);
					if task.status.is_final() {
						bar.abandon();
					}
				}
			},
			Shown::Together(bar) => {
				let mut by_status = BTreeMap::<_, usize>::new();
				for task in tasks {
					*by_status.entry((step(&task.status), task.status.name())).or_default() += 1;
				}
				let ended =
					by_status.iter().filter(|((step, _), _)| *step == STEPS).map(|(_, count)| count).sum::<usize>();
				let parts: Vec<_> = by_status.iter().map(|((_, name), count)| format!("{count} {name}")).collect();
				bar.set_position(ended as u64);
				bar.set_message(parts.join(", "));
			},
		}
	}

	/// Leaves the bars as they are and the cursor below them.
	pub fn finish(self) {
		match self.shown {
			Shown::Each(bars) => bars.values().filter(|bar| !bar.is_finished()).for_each(ProgressBar::abandon),
			Shown::Together(bar) => bar.abandon(),
		}
		drop(self.bars);
	}
}

/// Submitted, assigned, committed, ended.
const STEPS: u64 = 4;

const fn step(status: &TaskStatus) -> u64 {
	match status {
		TaskStatus::Submitted => 1,
		TaskStatus::Assigned => 2,
		TaskStatus::Committed => 3,
		TaskStatus::Settled { .. } | TaskStatus::Refunded { .. } => STEPS,
	}
}

fn describe(task: &TaskInfo, round: Option<(u32, u32)>) -> (u64, String) {
	let workers = task.workers.len();
	let message = match (&task.status, round) {
		(TaskStatus::Submitted, _) => "submitted, waits for its workers to be drawn".into(),
		(TaskStatus::Assigned, Some((committed, _))) => format!("assigned, {committed} of {workers} workers committed"),
		(TaskStatus::Assigned, None) => format!("assigned to {workers} workers"),
		(TaskStatus::Committed, Some((_, revealed))) => format!("committed, {revealed} of {workers} workers revealed"),
		(TaskStatus::Committed, None) => "committed".into(),
		(TaskStatus::Settled { at, .. }, _) => format!("settled in block {at}"),
		(TaskStatus::Refunded { at, reason }, _) => format!("refunded in block {at}: {}", refund(reason)),
	};
	(step(&task.status), message)
}

/// Why a task was refunded, for people.
pub fn refund(reason: &RefundReason) -> String {
	match reason {
		RefundReason::Expired => "no answer could be had before its deadline".into(),
		RefundReason::Disagreed => "the workers' answers do not agree".into(),
		RefundReason::Failed(code) => format!("the workers agree that it has no answer: {}", answer::explain(*code)),
	}
}

fn style() -> ProgressStyle {
	ProgressStyle::with_template("{prefix} {bar:16} {msg}")
		.unwrap_or_else(|_| ProgressStyle::default_bar())
		.progress_chars("=> ")
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn every_reason_of_a_refund_is_explained() {
		use deepnode_primitives::task::ErrorCode;
		assert!(refund(&RefundReason::Expired).contains("deadline"));
		assert!(refund(&RefundReason::Disagreed).contains("do not agree"));
		assert!(refund(&RefundReason::Failed(ErrorCode::ModelInvalid)).ends_with("asks for what is not allowed"));
	}
}
