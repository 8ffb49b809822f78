//! Following tasks to their end, and what has become of them.

use std::{
	collections::{BTreeMap, BTreeSet},
	path::PathBuf,
};

use anyhow::{bail, Context as _, Result};
use deepnode_client::{AccountId, Client, TaskInfo, TaskStatus};
use deepnode_primitives::TaskId;
use futures::StreamExt as _;

use super::report::{self, Report};
use crate::{context::Context, output::count, progress::TaskBars, Unanswered};

/// How many questions about tasks are on their way at once.
const AT_ONCE: usize = 32;

/// For so many blocks a task may be missing that was just submitted: the best block can be on a fork without it.
const PATIENCE: u32 = 20;

/// Follows tasks until all have ended, then shows what became of them. `requester` is who has just submitted them.
pub async fn run(context: &Context, client: &Client, ids: &[TaskId], requester: Option<&AccountId>) -> Result<()> {
	let reports = follow(context, client, ids, requester).await;
	let reports = match requester {
		None => reports?,
		Some(_) => reports.with_context(|| submitted(ids))?,
	};
	context.output.show(&reports, |reports| match &reports[..] {
		[report] => report::text(report),
		reports => report::summary(reports),
	})?;
	unanswered(reports.iter().map(|report| (report.task, report.status))).map_or(Ok(()), |error| Err(error.into()))
}

/// What to say of tasks that were submitted and then could not be followed.
fn submitted(ids: &[TaskId]) -> String {
	let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
	let (tasks, them) = if ids.len() == 1 { ("task", "it") } else { ("tasks", "them") };
	let ids = ids.join(" ");
	format!("submitted as {tasks} {ids}: do not submit {them} again before you have looked, with `deepnode task watch {ids}`")
}

/// Follows tasks until all have ended, and says what became of them.
async fn follow(
	context: &Context,
	client: &Client,
	ids: &[TaskId],
	requester: Option<&AccountId>,
) -> Result<Vec<Report>> {
	let mut missing = Missing::new(requester);
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
				Ok((id, Some(task), round)) if missing.is_it(&task) => {
					tasks.insert(id, task);
					rounds.extend(round.map(|round| (id, round)));
				},
				// The block that it was in is being replaced; it will be in another.
				Ok((id, ..)) if tasks.contains_key(&id) || missing.is_borne(id) => {},
				Ok((id, ..)) if requester.is_some() => bail!(replaced(id)),
				Ok((id, ..)) => bail!(gone(client, id).await?),
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
	Ok(reports)
}

/// What to say of a task that was submitted and has not been on the best chain for too long.
fn replaced(id: TaskId) -> String {
	format!(
		"for {PATIENCE} blocks the best chain has had no such task {id}: a fork has replaced the block that it was in, \
		 and it comes again, with another number, or not at all"
	)
}

/// For how long tasks have been missing.
struct Missing<'a> {
	requester: Option<&'a AccountId>,
	blocks: BTreeMap<TaskId, u32>,
}

impl<'a> Missing<'a> {
	fn new(requester: Option<&'a AccountId>) -> Self {
		Self { requester, blocks: BTreeMap::new() }
	}

	/// Whether a task of a number that is looked for is the one that was submitted: a fork may have given the number to
	/// another's.
	fn is_it(&self, task: &TaskInfo) -> bool {
		self.requester.is_none_or(|requester| *requester == task.requester)
	}

	/// Whether to look for a task in the next block that is missing in this one.
	fn is_borne(&mut self, id: TaskId) -> bool {
		let blocks = self.blocks.entry(id).or_default();
		*blocks += 1;
		self.requester.is_some() && *blocks <= PATIENCE
	}
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
	fn a_task_that_was_just_submitted_may_be_missing_on_a_fork_for_some_blocks() {
		let requester = AccountId::new([9; 32]);
		let mut just_submitted = Missing::new(Some(&requester));
		assert_eq!((0..30).take_while(|_| just_submitted.is_borne(7)).count(), 20);
		assert!(just_submitted.is_borne(8), "each has its own patience");
		assert!(!Missing::new(None).is_borne(7), "a number that was typed may be wrong");
	}

	#[test]
	fn a_task_of_somebody_else_is_not_the_one_that_was_submitted() {
		let task = crate::standing::tests::task(TaskStatus::Submitted, 0);
		let (mine, other) = (task.requester.clone(), AccountId::new([8; 32]));
		assert!(Missing::new(Some(&mine)).is_it(&task) && !Missing::new(Some(&other)).is_it(&task));
		assert!(Missing::new(None).is_it(&task));
	}

	#[test]
	fn tasks_that_cannot_be_followed_are_not_to_be_submitted_again() {
		assert!(submitted(&[7]).starts_with("submitted as task 7: do not submit it again"), "{}", submitted(&[7]));
		let two = submitted(&[7, 9]);
		assert!(two.contains("tasks 7 9: do not submit them") && two.ends_with("`deepnode task watch 7 9`"), "{two}");
	}

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
