//! How far long work is, on the standard error of a terminal.

use std::{collections::BTreeMap, time::Duration};

use deepnode_client::{TaskInfo, TaskStatus};
use deepnode_primitives::TaskId;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{output::Output, standing};

/// Up to so many tasks have a bar each; more share one.
const BARS: usize = 12;

/// A bar that counts up to `length`; invisible where there is no terminal.
pub fn counter(output: &Output, length: usize, what: &str) -> ProgressBar {
	let target = if output.draws_progress() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
	let style =
		ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} {elapsed}").unwrap_or_else(|_| style_of_tasks());
	ProgressBar::with_draw_target(Some(length as u64), target).with_style(style).with_message(what.to_owned())
}

/// A bar that counts bytes up to `length`; invisible where there is no terminal.
pub fn bytes(output: &Output, length: u64, what: &str) -> ProgressBar {
	let target = if output.draws_progress() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
	let style = ProgressStyle::with_template("{msg} {bar:30} {bytes}/{total_bytes} {elapsed}");
	let bar =
		ProgressBar::with_draw_target(Some(length), target).with_style(style.unwrap_or_else(|_| style_of_tasks()));
	bar.with_message(what.to_owned())
}

/// Says what is waited for, and for how long already; invisible where there is no terminal.
pub fn waiting(output: &Output, what: &str) -> ProgressBar {
	let target = if output.draws_progress() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
	let style = ProgressStyle::with_template("{msg} {spinner} {elapsed}").unwrap_or_else(|_| style_of_tasks());
	let bar = ProgressBar::with_draw_target(None, target).with_style(style).with_message(what.to_owned());
	bar.enable_steady_tick(Duration::from_millis(200));
	bar
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
				let bar = ProgressBar::new(STEPS).with_style(style_of_tasks()).with_prefix(format!("task {task}"));
				(*task, bars.add(bar))
			};
			Shown::Each(tasks.iter().map(bar).collect())
		} else {
			Shown::Together(bars.add(ProgressBar::new(tasks.len() as u64).with_style(style_of_tasks())))
		};
		Self { bars, shown }
	}

	/// Shows where the tasks stand. `rounds` are how many workers have committed and revealed.
	pub fn update<'a>(&self, tasks: impl Iterator<Item = &'a TaskInfo>, rounds: &BTreeMap<TaskId, (u32, u32)>) {
		match &self.shown {
			Shown::Each(bars) => {
				for task in tasks {
					let Some(bar) = bars.get(&task.id) else { continue };
					bar.set_message(standing::describe(task, rounds.get(&task.id).copied()));
					bar.set_position(step(&task.status));
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

/// Submitted, assigned, committed, ended. Where the answers have no majority a task goes back to have more
/// workers assigned.
const STEPS: u64 = 4;

const fn step(status: &TaskStatus) -> u64 {
	match status {
		TaskStatus::Submitted => 1,
		TaskStatus::Assigned | TaskStatus::Disputed => 2,
		TaskStatus::Committed => 3,
		TaskStatus::Settled { .. } | TaskStatus::Refunded { .. } | TaskStatus::Overturned { .. } => STEPS,
	}
}

fn style_of_tasks() -> ProgressStyle {
	ProgressStyle::with_template("{prefix} {bar:16} {msg}")
		.unwrap_or_else(|_| ProgressStyle::default_bar())
		.progress_chars("=> ")
}
