//! What has become of the tasks that ask for an item: those that are known, and those of a command that was
//! interrupted before it heard their numbers.

use anyhow::Result;
use deepnode_client::{seals, AccountId, Client, Expected, TaskInfo, TaskStatus, H256};
use deepnode_primitives::{ModelId, TaskId};

use crate::secrets::{Item, Secrets};

/// How far the asking of a model is.
#[derive(Debug, PartialEq, Eq)]
pub enum Progress {
	/// Its task is on the chain, and has an answer or waits for one.
	Asked(TaskId),
	/// Its task was sent and is not on the chain, but can come into a block up to this one.
	OnItsWay(u32),
	/// It is to be asked, for the first time or again.
	ToAsk,
}

/// Finds the tasks of the item with this salt on the chain, by their seals, and notes their numbers.
pub async fn find(
	client: &Client,
	secrets: &mut Secrets,
	evaluator: &AccountId,
	salt: [u8; 32],
	at: H256,
) -> Result<Vec<TaskInfo>> {
	let tasks = client.tasks(Some(at)).await?;
	secrets.change(|kept| match kept.items.iter_mut().find(|item| item.salt == salt) {
		Some(item) => note(item, evaluator, &tasks),
		None => Ok(Vec::new()),
	})?
}

/// Notes which of these tasks ask for an item, and returns them.
fn note(item: &mut Item, evaluator: &AccountId, tasks: &[TaskInfo]) -> Result<Vec<TaskInfo>> {
	let expected = Expected::from(&item.expected);
	let mut found = Vec::new();
	for asked in &mut item.tasks {
		let seal = seals::task(evaluator, &expected, &asked.salt)?;
		match tasks.iter().find(|task| task.seal == seal && task.model == asked.model) {
			Some(task) => {
				asked.task = Some(task.id);
				found.push(task.clone());
			},
			// A fork has given its number to another.
			None if tasks.iter().any(|task| Some(task.id) == asked.task) => asked.task = None,
			None => {},
		}
	}
	Ok(found)
}

/// How far the asking of a model for an item is in block `now`, whose models were drawn in block `drawn_at`. `found` are
/// the item's tasks on the chain.
pub fn progress(item: &Item, model: ModelId, found: &[TaskInfo], drawn_at: u32, now: u32) -> Progress {
	let is_answered = |task: &TaskInfo| matches!(task.status, TaskStatus::Settled { .. });
	let of_use = |task: &&TaskInfo| {
		task.model == model && task.submitted_at >= drawn_at && (is_answered(task) || !task.status.is_final())
	};
	let answered = found.iter().filter(of_use).find(|task| is_answered(task));
	if let Some(task) = answered.or_else(|| found.iter().find(of_use)) {
		return Progress::Asked(task.id);
	}
	let is_found = |task: Option<TaskId>| found.iter().any(|found| Some(found.id) == task);
	let missing = item.tasks.iter().filter(|asked| asked.model == model && !is_found(asked.task));
	match missing.map(|asked| asked.until).max() {
		Some(until) if until >= now => Progress::OnItsWay(until),
		_ => Progress::ToAsk,
	}
}

#[cfg(test)]
mod tests {
	use deepnode_client::RefundReason;

	use super::*;
	use crate::{
		secrets::{Answer, Asked},
		standing,
	};

	const SETTLED: TaskStatus = TaskStatus::Settled { at: 20, digest: [1; 32] };
	const REFUNDED: TaskStatus = TaskStatus::Refunded { at: 20, reason: RefundReason::Expired };

	fn evaluator() -> AccountId {
		AccountId::new([1; 32])
	}

	/// An item that model 4 was asked for, in tasks with these salts that can come into a block up to 60.
	fn item(salts: &[u8]) -> Item {
		let asked = |salt: &u8| Asked { model: 4, salt: [*salt; 32], task: None, until: 60 };
		let expected = Answer::Digest([9; 32]);
		Item { domain: 0, expected, salt: [5; 32], tasks: salts.iter().map(asked).collect(), until: 0 }
	}

	/// A task on the chain with this number, whose seal is of this salt.
	fn task(id: TaskId, salt: u8, status: TaskStatus) -> TaskInfo {
		let seal = seals::task(&evaluator(), &Expected::Digest([9; 32]), &[salt; 32]).unwrap();
		TaskInfo { id, model: 4, seal, submitted_at: 12, ..standing::tests::task(status, 0) }
	}

	/// How far the asking is, and the numbers that were noted.
	fn told(mut item: Item, tasks: &[TaskInfo], now: u32) -> (Progress, Vec<Option<TaskId>>) {
		let found = note(&mut item, &evaluator(), tasks).unwrap();
		(progress(&item, 4, &found, 10, now), item.tasks.iter().map(|asked| asked.task).collect())
	}

	#[test]
	fn a_task_whose_number_an_interrupted_command_never_heard_is_found_by_its_seal() {
		let others = task(6, 0, TaskStatus::Submitted);
		let tasks = [others.clone(), task(7, 1, TaskStatus::Submitted)];
		assert_eq!(told(item(&[1]), &tasks, 15), (Progress::Asked(7), vec![Some(7)]));
		assert_eq!(told(item(&[1]), &[others], 15), (Progress::OnItsWay(60), vec![None]));
	}

	#[test]
	fn a_model_is_not_asked_twice_before_its_task_can_come_no_more() {
		assert_eq!(told(item(&[1]), &[], 60).0, Progress::OnItsWay(60));
		assert_eq!(told(item(&[1]), &[], 61).0, Progress::ToAsk);
		assert_eq!(told(item(&[]), &[], 1).0, Progress::ToAsk);
		// It came after all, although it was given up.
		assert_eq!(told(item(&[1, 2]), &[task(7, 1, SETTLED)], 99), (Progress::Asked(7), vec![Some(7), None]));
	}

	#[test]
	fn a_model_is_asked_again_whose_task_has_ended_without_an_answer() {
		assert_eq!(told(item(&[1]), &[task(7, 1, REFUNDED)], 15), (Progress::ToAsk, vec![Some(7)]));
		let both = [task(7, 1, REFUNDED), task(8, 2, TaskStatus::Assigned)];
		assert_eq!(told(item(&[1, 2]), &both, 15), (Progress::Asked(8), vec![Some(7), Some(8)]));
		let early = TaskInfo { submitted_at: 9, ..task(7, 1, SETTLED) };
		assert_eq!(told(item(&[1]), &[early], 15).0, Progress::ToAsk, "it is older than the draw");
		let both = [task(7, 1, TaskStatus::Assigned), task(8, 2, SETTLED)];
		assert_eq!(told(item(&[1, 2]), &both, 15).0, Progress::Asked(8), "the one with an answer is of more use");
	}

	#[test]
	fn a_number_that_a_fork_has_given_to_another_task_is_forgotten() {
		let mut known = item(&[1]);
		known.tasks[0].task = Some(6);
		let others = task(6, 0, SETTLED);
		assert_eq!(told(known.clone(), std::slice::from_ref(&others), 15), (Progress::OnItsWay(60), vec![None]));
		let tasks = [others, task(7, 1, SETTLED)];
		assert_eq!(told(known.clone(), &tasks, 15), (Progress::Asked(7), vec![Some(7)]));
		assert_eq!(told(known, &[], 99).1, [Some(6)], "the chain no longer keeps it");
	}
}
