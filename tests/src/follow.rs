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
	/// What went into escrow for it.
	pub fee: Balance,
	/// Where it stands: the last step that it has taken.
	pub step: Step,
	/// In which block it ended.
	pub ended_at: Option<u32>,
	/// How it ended.
	pub end: Option<End>,
	/// Who was given the seat of whom.
	pub replaced: Vec<(AccountId, AccountId)>,
	/// Who lost how much over it, and why.
	pub slashed: Vec<(AccountId, Balance, Offence)>,
}

/// The steps of a task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
	/// Its fee is in escrow.
	#[default]
	Submitted,
	/// Its workers are drawn.
	Assigned,
	/// They have committed.
	Committed,
	/// It is settled or refunded.
	Ended,
}

/// The end of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // The variants' fields say what their names say.
pub enum End {
	/// Its workers agreed and were paid.
	Settled { digest: Digest, winners: Vec<AccountId>, split: Split },
	/// The requester has this much of its fee back.
	Refunded { amount: Balance, reason: RefundReason },
}

impl History {
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

	fn note(&mut self, block: Block, event: Event) {
		match event {
			Event::TaskSubmitted { fee, .. } => {
				self.submitted_at = block.number;
				self.fee = fee;
			},
			Event::TaskAssigned { .. } => self.step = Step::Assigned,
			Event::TaskRequeued { .. } => self.step = Step::Submitted,
			Event::AnswersCommitted { .. } => self.step = Step::Committed,
			Event::WorkerReplaced { absent, replacement, .. } => self.replaced.push((absent, replacement)),
			Event::WorkerSlashed { worker, amount, offence, .. } => self.slashed.push((worker, amount, offence)),
			Event::TaskSettled { digest, winners, split, .. } => {
				self.close(block, End::Settled { digest, winners, split })
			},
			Event::TaskRefunded { amount, reason, .. } => self.close(block, End::Refunded { amount, reason }),
			_ => {},
		}
	}

	fn close(&mut self, block: Block, end: End) {
		self.step = Step::Ended;
		self.ended_at = Some(block.number);
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
				self.histories.entry(task).or_default().note(block, event);
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
	use super::percentile;

	#[test]
	fn a_percentile_is_one_of_the_values() {
		assert_eq!(percentile([], 50), None);
		assert_eq!(percentile([3], 95), Some(3));
		assert_eq!(percentile([4, 1, 3, 2], 50), Some(2));
		assert_eq!(percentile(1..=100, 95), Some(95));
	}
}
