//! Tasks, followed through the blocks that change them.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context as _, Result};
use deepnode_client::{AccountId, Block, Client, Event, Offence, RefundReason};
use deepnode_primitives::{content::Digest, fees::Split, Balance, TaskId};
use futures::{stream::BoxStream, StreamExt as _};

use crate::node::within;

/// The chain's blocks, each once and in order. Meant for chains without forks.
pub struct Blocks {
	client: Client,
	source: BoxStream<'static, deepnode_client::Result<Block>>,
	next: u32,
	head: Option<Block>,
}

impl Blocks {
	/// The blocks after the best one now.
	pub async fn after_now(client: &Client) -> Result<Self> {
		let next = client.best_block().await?.number + 1;
		Ok(Self { client: client.clone(), source: client.best_blocks(), next, head: None })
	}

	/// The next block, once there is one.
	pub async fn next(&mut self) -> Result<Block> {
		loop {
			match self.head {
				Some(head) if head.number == self.next => {
					self.next += 1;
					return Ok(head);
				},
				Some(head) if head.number > self.next => {
					let skipped =
						self.client.block_at(self.next).await?.context("a block is missing below the best")?;
					self.next += 1;
					return Ok(skipped);
				},
				_ => self.head = Some(self.source.next().await.context("the blocks have ended")??),
			}
		}
	}

	/// Waits for the first event that `find` finds something in, and returns what, and in which block.
	pub async fn event<T>(
		&mut self,
		limit: Duration,
		what: &str,
		find: impl Fn(&Event) -> Option<T>,
	) -> Result<(Block, T)> {
		let wait = async {
			loop {
				let block = self.next().await?;
				let events = self.client.events(block.hash).await?;
				if let Some(found) = events.iter().find_map(&find) {
					return Ok((block, found));
				}
			}
		};
		within(limit, what, wait).await
	}
}

/// What has happened to a task.
#[derive(Clone, Debug, Default)]
pub struct History {
	/// In which block it was submitted.
	pub submitted_at: u32,
	/// What went into escrow for it, to be divided by the fee table.
	pub fee: Balance,
	/// What went into escrow besides, for the audit fund.
	pub audit_fee: Balance,
	/// Where it stands: the last step that it has taken.
	pub step: Step,
	/// How often its answers had no majority.
	pub disputes: u32,
	/// In which block it ended.
	pub ended_at: Option<u32>,
	/// How it ended.
	pub end: Option<End>,
	/// Who was given the seat of whom before.
	pub replaced: Vec<(AccountId, AccountId)>,
	/// Who lost how much over it until it ended, and why.
	pub slashed: Vec<Slash>,
	/// What has become of its audit since.
	pub audit: Audited,
	/// All that has happened to it, in order, each with its block's number.
	pub events: Vec<(u32, Event)>,
}

/// Who lost how much, and why.
pub type Slash = (AccountId, Balance, Offence);

/// The steps of a task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
	/// Its price is in escrow.
	#[default]
	Submitted,
	/// Its workers are drawn.
	Assigned,
	/// They have committed.
	Committed,
	/// Their answers have no majority, and more workers are asked.
	Disputed,
	/// It is settled or refunded.
	Ended,
}

/// The end of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // The variants' fields say what their names say.
pub enum End {
	/// A majority of its workers agreed and was paid.
	Settled { digest: Digest, winners: Vec<AccountId>, losers: Vec<AccountId>, split: Split },
	/// The requester has this much of its fee back, and of what was for the audit fund.
	Refunded { amount: Balance, reason: RefundReason },
}

/// What has become of the audit of a task.
#[derive(Clone, Debug, Default)]
pub struct Audited {
	/// Whether chance has chosen the task, or a worker denounced it.
	pub opened: bool,
	/// Who was drawn.
	pub auditors: Vec<AccountId>,
	/// Who lost how much over it, and why.
	pub slashed: Vec<Slash>,
	/// How it ended, once it has.
	pub end: Option<AuditEnd>,
}

/// The end of an audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditEnd {
	/// The settled answer stands: the auditors agree with it.
	Confirmed,
	/// It stands: the auditors do not agree with each other.
	Undecided,
	/// It stands: there were too few auditors, or nothing to pay them.
	Lapsed,
	/// It was false.
	Overturned,
}

impl History {
	/// What went into escrow for it, besides its deposit.
	pub const fn price(&self) -> Balance {
		self.fee + self.audit_fee
	}

	/// The blocks from its submission to its end.
	pub fn latency(&self) -> Option<u32> {
		Some(self.ended_at?.saturating_sub(self.submitted_at))
	}

	/// Where its fee went; `None` unless it is settled.
	pub fn split(&self) -> Option<&Split> {
		match &self.end {
			Some(End::Settled { split, .. }) => Some(split),
			_ => None,
		}
	}

	/// What a worker was paid out of what others lost.
	pub fn compensated(&self, worker: &AccountId) -> Balance {
		let compensated = |event: &Event| match event {
			Event::WorkerCompensated { worker: who, amount, .. } if who == worker => Some(*amount),
			_ => None,
		};
		self.events.iter().filter_map(|(_, event)| compensated(event)).sum()
	}

	/// Whether it had ended before a block, and no audit of it goes on.
	fn is_over(&self, block: u32) -> bool {
		let audited = !self.audit.opened || self.audit.end.is_some();
		self.ended_at.is_some_and(|at| at < block) && audited
	}

	/// Takes note of an event of a block.
	pub fn note(&mut self, block: u32, event: Event) {
		if self.is_of_audit(&event) {
			self.note_audit(&event);
		} else {
			self.note_task(block, &event);
		}
		self.events.push((block, event));
	}

	/// Whether an event is of the task's audit: one that happens to an auditor or to the audit itself, before the
	/// task's end or after it.
	fn is_of_audit(&self, event: &Event) -> bool {
		match event {
			Event::WorkerReplaced { absent: who, .. } | Event::WorkerSlashed { worker: who, .. } => {
				self.end.is_some() || self.audit.auditors.contains(who)
			},
			Event::AuditOpened { .. }
			| Event::TaskDenounced { .. }
			| Event::AuditAssigned { .. }
			| Event::AuditConfirmed { .. }
			| Event::AuditUndecided { .. }
			| Event::AuditLapsed { .. }
			| Event::TaskOverturned { .. } => true,
			_ => self.end.is_some(),
		}
	}

	fn note_task(&mut self, block: u32, event: &Event) {
		match event.clone() {
			Event::TaskSubmitted { fee, audit, .. } => {
				self.submitted_at = block;
				(self.fee, self.audit_fee) = (fee, audit);
			},
			Event::TaskAssigned { .. } => self.step = Step::Assigned,
			Event::TaskRequeued { .. } => self.step = Step::Submitted,
			Event::AnswersCommitted { .. } => self.step = Step::Committed,
			Event::TaskDisputed { .. } => {
				self.step = Step::Disputed;
				self.disputes += 1;
			},
			Event::WorkerReplaced { absent, replacement, .. } => self.replaced.push((absent, replacement)),
			Event::WorkerSlashed { worker, amount, offence, .. } => self.slashed.push((worker, amount, offence)),
			Event::TaskSettled { digest, winners, losers, split, .. } => {
				self.close(block, End::Settled { digest, winners, losers, split });
			},
			Event::TaskRefunded { amount, reason, .. } => self.close(block, End::Refunded { amount, reason }),
			_ => {},
		}
	}

	fn note_audit(&mut self, event: &Event) {
		match event.clone() {
			Event::AuditOpened { .. } | Event::TaskDenounced { .. } => self.audit.opened = true,
			Event::AuditAssigned { auditors, .. } => self.audit.auditors.extend(auditors),
			Event::WorkerReplaced { replacement, .. } => self.audit.auditors.push(replacement),
			Event::WorkerSlashed { worker, amount, offence, .. } => self.audit.slashed.push((worker, amount, offence)),
			Event::AuditConfirmed { .. } => self.audit.end = Some(AuditEnd::Confirmed),
			Event::AuditUndecided { .. } => self.audit.end = Some(AuditEnd::Undecided),
			Event::AuditLapsed { .. } => self.audit.end = Some(AuditEnd::Lapsed),
			Event::TaskOverturned { .. } => self.audit.end = Some(AuditEnd::Overturned),
			_ => {},
		}
	}

	fn close(&mut self, block: u32, end: End) {
		self.step = Step::Ended;
		self.ended_at = Some(block);
		self.end = Some(end);
	}
}

/// All tasks of the chain from some block on.
pub struct Tasks {
	blocks: Blocks,
	histories: BTreeMap<TaskId, History>,
}

impl Tasks {
	/// Follows the tasks that are submitted from now on.
	pub async fn after_now(client: &Client) -> Result<Self> {
		Ok(Self { blocks: Blocks::after_now(client).await?, histories: BTreeMap::new() })
	}

	/// Reads the next block.
	pub async fn advance(&mut self) -> Result<Block> {
		let block = self.blocks.next().await?;
		for event in self.blocks.client.events(block.hash).await? {
			let Some(task) = event.task() else { continue };
			let is_new = matches!(event, Event::TaskSubmitted { .. });
			if is_new || self.histories.contains_key(&task) {
				self.histories.entry(task).or_default().note(block.number, event);
			}
		}
		Ok(block)
	}

	/// Reads blocks until `count` tasks have ended, and returns the last block read.
	pub async fn until_ended(&mut self, count: usize, limit: Duration) -> Result<Block> {
		within(limit, &format!("the end of {count} tasks"), async {
			loop {
				let block = self.advance().await?;
				if self.count(Step::Ended) >= count {
					return Ok(block);
				}
			}
		})
		.await
	}

	/// Reads blocks until every task has ended and chance has decided about its audit, and each audit is over.
	pub async fn until_audited(&mut self, limit: Duration) -> Result<Block> {
		within(limit, "the end of all audits", async {
			loop {
				let block = self.advance().await?;
				if self.histories.values().all(|history| history.is_over(block.number)) {
					return Ok(block);
				}
			}
		})
		.await
	}

	/// What has happened to each task.
	pub fn histories(&self) -> &BTreeMap<TaskId, History> {
		&self.histories
	}

	/// How many tasks stand at a step.
	pub fn count(&self, step: Step) -> usize {
		self.histories.values().filter(|history| history.step == step).count()
	}
}

/// The value that `percent` of the values do not exceed, and as many as it takes.
pub fn percentile(values: impl IntoIterator<Item = u32>, percent: usize) -> Option<u32> {
	let mut values: Vec<_> = values.into_iter().collect();
	values.sort_unstable();
	let rank = (values.len() * percent).div_ceil(100).max(1);
	values.get(rank - 1).copied()
}

#[cfg(test)]
mod tests {
	use deepnode_primitives::fees::FeeTable;

	use super::*;

	#[test]
	fn what_happens_to_an_auditor_or_after_the_end_is_the_audits() {
		let (task, worker) = (3, AccountId::new([1; 32]));
		let slashed = |offence| Event::WorkerSlashed { worker: worker.clone(), task, amount: 5, offence };
		let (winners, losers) = (vec![], vec![worker.clone()]);
		let split = FeeTable::default().split(100, 2);
		let (absent, auditor) = (AccountId::new([2; 32]), AccountId::new([3; 32]));
		let missed = Event::WorkerSlashed { worker: absent.clone(), task, amount: 1, offence: Offence::MissedCommit };
		let mut history = History::default();
		for (block, event) in [
			(1, Event::AuditOpened { task }),
			(1, Event::AuditAssigned { task, auditors: vec![absent.clone()] }),
			(1, missed),
			(1, Event::WorkerReplaced { task, absent: absent.clone(), replacement: auditor.clone() }),
			(2, Event::TaskDisputed { task }),
			(5, slashed(Offence::WrongAnswer)),
			(5, Event::TaskSettled { task, digest: [0; 32], winners, losers, split }),
			(9, Event::AnswersCommitted { task }),
			(10, slashed(Offence::FalseAgreement)),
			(10, Event::TaskOverturned { task, digest: None, auditors: vec![], losers: vec![] }),
		] {
			history.note(block, event);
		}
		assert_eq!((history.step, history.ended_at, history.disputes), (Step::Ended, Some(5), 1));
		assert_eq!(history.slashed, [(worker.clone(), 5, Offence::WrongAnswer)]);
		let missed = (absent.clone(), 1, Offence::MissedCommit);
		assert_eq!(history.audit.slashed, [missed, (worker, 5, Offence::FalseAgreement)]);
		assert_eq!((history.audit.auditors, history.replaced), (vec![absent, auditor], vec![]));
		assert_eq!((history.audit.opened, history.audit.end), (true, Some(AuditEnd::Overturned)));
		assert_eq!(history.events.len(), 10);
	}

	#[test]
	fn a_percentile_is_one_of_the_values() {
		assert_eq!(percentile([], 50), None);
		assert_eq!(percentile([3], 95), Some(3));
		assert_eq!(percentile([4, 1, 3, 2], 50), Some(2));
		assert_eq!(percentile(1..=100, 95), Some(95));
	}
}
