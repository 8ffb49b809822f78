//! Following tasks to their end, and what has become of them.

use std::{
	collections::{BTreeMap, BTreeSet},
	path::PathBuf,
};

use anyhow::{bail, Context as _, Result};
use deepnode_client::{Client, TaskInfo, TaskStatus};
use deepnode_primitives::TaskId;
use futures::StreamExt as _;

use super::report::{self, Report};
use crate::{context::Context, output::count, progress::TaskBars, Unanswered};

/// How many questions about tasks are on their way at once.
const AT_ONCE: usize = 32;

/// Follows tasks until all have ended, then shows what became of them.
pub async fn run(context: &Context, client: &Client, ids: &[TaskId]) -> Result<()> {
	let bars = TaskBars::new(&context.output, ids);
	let mut tasks = BTreeMap::<TaskId, TaskInfo>::new();
	let distinct = ids.iter().collect::<BTreeSet<_>>().len();
	let mut blocks = client.best_blocks();
	while let Some(block) = blocks.next().await {
		let at = Some(block?.hash);
		let open = ids.iter().filter(|id| tasks.get(*id).is_none_or(|task| !task.status.is_final()));
		let found = futures::stream::iter(open.copied())
			.map(|id| async move {
				let task = client.task(id, at).await?;
				let is_round = task
					.as_ref()
					.is_some_and(|task| matches!(task.status, TaskStatus::Assigned | TaskStatus::Committed));
				let round = if is_round { client.round_progress(id, at).await? } else { None };
				Ok::<_, deepnode_client::Error>((id, task, round))
			})
			.buffer_unordered(AT_ONCE)
			.collect::<Vec<_>>()
			.await;
		let mut rounds = BTreeMap::new();
		for found in found {
			match found {
				Ok((id, Some(task), round)) => {
					tasks.insert(id, task);
					rounds.extend(round.map(|round| (id, round)));
				},
				Ok((id, None, _)) if !tasks.contains_key(&id) => bail!(gone(client, id).await?),
				// The block that it was in is being replaced; it will be in another.
				Ok((_, None, _)) => {},
				// The next block brings the next answer.
				Err(error) if error.is_retryable() || matches!(error, deepnode_client::Error::UnknownBlock(_)) => {},
				Err(error) => return Err(error.into()),
			}
		}
		bars.update(tasks.values(), &rounds);
		if tasks.values().filter(|task| task.status.is_final()).count() == tasks.len() && tasks.len() == distinct {
			break;
		}
	}
	bars.finish();
	let mut models = BTreeMap::new();
	let mut reports = Vec::new();
	for task in ids.iter().filter_map(|id| tasks.remove(id)) {
		reports.push(Report::new(client, task, &mut models, false).await?);
	}
	context.output.show(&reports, |reports| match &reports[..] {
		[report] => report::text(report),
		reports => report::summary(reports),
	})?;
	unanswered(reports.iter().map(|report| (report.task, report.status))).map_or(Ok(()), |error| Err(error.into()))
}

/// What to say where some of these tasks, of these statuses, have no true answer.
fn unanswered(tasks: impl Iterator<Item = (TaskId, &'static str)> + Clone) -> Option<Unanswered> {
	let of = |status| {
		let tasks: Vec<_> = tasks.clone().filter(|(_, other)| *other == status).map(|(id, _)| id.to_string()).collect();
		let text = format!("{} {status}: {}", count(tasks.len(), "task"), tasks.join(", "));
		(!tasks.is_empty()).then_some(text)
	};
	match (of("overturned"), of("refunded")) {
		(Some(overturned), refunded) => {
			let parts: Vec<_> = std::iter::once(overturned).chain(refunded).collect();
			Some(Unanswered::Overturned(parts.join("; ")))
		},
		(None, Some(refunded)) => Some(Unanswered::Refunded(refunded)),
		(None, None) => None,
	}
}

/// A task that was found, or else what to say of one that is not there.
pub async fn known(client: &Client, id: TaskId, found: Option<TaskInfo>) -> Result<TaskInfo> {
	match found {
		Some(task) => Ok(task),
		None => bail!(gone(client, id).await?),
	}
}

/// What to say of a task that is not there.
async fn gone(client: &Client, task: TaskId) -> Result<String> {
	let next = client.next_task(None).await?;
	if task >= next {
		return Ok(format!("there is no task {task}: {} so far", count(next as usize, "task")));
	}
	let window = client.limits(None).await?.audit_window;
	Ok(format!("task {task} is no longer kept: the chain forgets a task {window} blocks after its end, or when its audit is over"))
}

/// Shows what has become of one task.
pub async fn result(context: &Context, id: TaskId, npy: Option<PathBuf>, fetch: bool) -> Result<()> {
	let client = context.client().await?;
	let task = known(&client, id, client.task(id, None).await?).await?;
	let status = task.status;
	let report = Report::new(&client, task, &mut BTreeMap::new(), fetch).await?;
	if let Some(path) = npy {
		let answer = report.answer.as_ref().with_context(|| {
			let why = report.answer_error();
			format!("task {id} is {} and has no answer to write to {}{why}", status.name(), path.display())
		})?;
		report::write_npy(&path, answer)?;
	}
	context.output.show(&report, report::text)?;
	match status {
		TaskStatus::Settled { .. } => Ok(()),
		TaskStatus::Refunded { .. } => Err(Unanswered::Refunded(format!("task {id} was refunded")).into()),
		TaskStatus::Overturned { .. } => {
			Err(Unanswered::Overturned(format!("task {id} was overturned: the answer it had is false")).into())
		},
		TaskStatus::Submitted | TaskStatus::Assigned | TaskStatus::Committed | TaskStatus::Disputed => {
			bail!("task {id} has no answer yet: follow it with `deepnode task watch {id}`")
		},
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_false_answer_weighs_more_than_a_missing_one() {
		let of = |statuses: &[&'static str]| unanswered((0..).zip(statuses.iter().copied()));
		assert!(of(&["settled", "settled"]).is_none());
		let Some(Unanswered::Refunded(text)) = of(&["settled", "refunded", "refunded"]) else { panic!("refunded") };
		assert_eq!(text, "2 tasks refunded: 1, 2");
		let Some(Unanswered::Overturned(text)) = of(&["refunded", "overturned"]) else { panic!("overturned") };
		assert_eq!(text, "1 task overturned: 1; 1 task refunded: 0");
	}
}
