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
use crate::{context::Context, output::count, progress::TaskBars, Refunded};

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
		reports.push(Report::new(client, task, &mut models).await?);
	}
	context.output.show(&reports, |reports| match &reports[..] {
		[report] => report::text(report),
		reports => report::summary(reports),
	})?;
	let refunded: Vec<_> =
		reports.iter().filter(|report| report.status == "refunded").map(|report| report.task.to_string()).collect();
	match refunded.len() {
		0 => Ok(()),
		tasks => Err(Refunded(format!("{} refunded: {}", count(tasks, "task"), refunded.join(", "))).into()),
	}
}

/// What to say of a task that is not there.
async fn gone(client: &Client, task: TaskId) -> Result<String> {
	let next = client.next_task(None).await?;
	if task >= next {
		return Ok(format!("there is no task {task}: {} so far", count(next as usize, "task")));
	}
	let window = client.limits(None).await?.audit_window;
	Ok(format!("task {task} is no longer kept: the chain forgets a task {window} blocks after its end"))
}

/// Shows what has become of one task.
pub async fn result(context: &Context, id: TaskId, npy: Option<PathBuf>) -> Result<()> {
	let client = context.client().await?;
	let Some(task) = client.task(id, None).await? else { bail!(gone(&client, id).await?) };
	let status = task.status;
	let report = Report::new(&client, task, &mut BTreeMap::new()).await?;
	if let Some(path) = npy {
		let answer = report.answer.as_ref().with_context(|| {
			format!("task {id} is {} and has no answer to write to {}", status.name(), path.display())
		})?;
		report::write_npy(&path, answer)?;
	}
	context.output.show(&report, report::text)?;
	match status {
		TaskStatus::Settled { .. } => Ok(()),
		TaskStatus::Refunded { .. } => Err(Refunded(format!("task {id} was refunded")).into()),
		_ => bail!("task {id} has no answer yet: follow it with `deepnode task watch {id}`"),
	}
}
