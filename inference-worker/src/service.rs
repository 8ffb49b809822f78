//! Follows the chain and keeps one attendant at each of the worker's tasks.

use std::{
	collections::{BTreeMap, BTreeSet, HashMap},
	sync::Arc,
	time::Duration,
};

use deepnode_primitives::{ModelId, TaskId};
use deepnode_service::stopped;
use futures::StreamExt;
use tokio::{
	sync::watch,
	task::JoinSet,
	time::{sleep, sleep_until, Instant},
};

use crate::{
	chain::{Block, Chain, ChainError},
	health::Health,
	private::Comparison,
	runner::Answerer,
	tasks::Attendant,
};

/// How many blocks after its end a task's record is kept. Until then a fork may bring the task back.
const FORGET_AFTER: u32 = 300;
/// Every so many blocks the worker's own entry and the store are looked at.
const CHECK_EVERY: u32 = 10;

/// Follows the chain until `stop` says so; then lets the tasks that are open go on for `grace`.
pub async fn serve<C: Chain, A: Answerer>(
	attendant: Arc<Attendant<C, A>>,
	health: Health,
	mut stop: watch::Receiver<bool>,
	grace: Duration,
) {
	let (heads, mut head) = watch::channel(None);
	let follower = tokio::spawn(follow(attendant.chain.clone(), heads, health.clone()));
	let mut service = Service {
		comparison: Comparison::new(attendant.private),
		attendant,
		health,
		jobs: JoinSet::new(),
		open: HashMap::new(),
		blocks: None,
		gone: BTreeMap::new(),
		prepared: BTreeSet::new(),
		checked: None,
		was_registered: None,
	};
	service.run(&mut head, &mut stop).await;
	service.health.stopping();
	service.finish(head, grace).await;
	follower.abort();
}

/// Passes each new best block on, for ever.
async fn follow<C: Chain>(chain: Arc<C>, heads: watch::Sender<Option<Block>>, health: Health) {
	loop {
		let mut blocks = chain.blocks();
		while let Some(block) = blocks.next().await {
			match block {
				Ok(block) => {
					health.block(block.number);
					heads.send_replace(Some(block));
				},
				Err(error) => tracing::error!(%error, "following the chain failed; trying again"),
			}
		}
		health.disconnected();
		sleep(Duration::from_secs(2)).await;
	}
}

struct Service<C, A> {
	attendant: Arc<Attendant<C, A>>,
	health: Health,
	jobs: JoinSet<TaskId>,
	/// The tasks that have an attendant.
	open: HashMap<TaskId, tokio::task::AbortHandle>,
	/// The best block, for the attendants.
	blocks: Option<watch::Sender<Block>>,
	/// Since which block a kept task is no assignment any more.
	gone: BTreeMap<TaskId, u32>,
	prepared: BTreeSet<ModelId>,
	checked: Option<u32>,
	was_registered: Option<bool>,
	/// What the chain says of encrypted inputs, with what the program can do.
	comparison: Comparison,
}

impl<C: Chain, A: Answerer> Service<C, A> {
	async fn run(&mut self, head: &mut watch::Receiver<Option<Block>>, stop: &mut watch::Receiver<bool>) {
		loop {
			tokio::select! {
				() = stopped(stop) => return,
				Some(done) = self.jobs.join_next() => self.ended(done),
				changed = head.changed() => {
					if changed.is_err() {
						return;
					}
					let Some(block) = *head.borrow_and_update() else { continue };
					match &self.blocks {
						Some(blocks) => { blocks.send_replace(block); },
						None => self.blocks = Some(watch::Sender::new(block)),
					}
					if let Err(error) = self.look(block).await {
						self.attendant.metrics.failure("chain");
						tracing::warn!(%error, block = block.number, "cannot read the state; trying again at the next block");
					}
				},
			}
		}
	}

	fn ended(&mut self, done: Result<TaskId, tokio::task::JoinError>) {
		match done {
			Ok(task) => {
				self.open.remove(&task);
			},
			Err(error) => {
				tracing::error!(%error, "an attendant broke down; another takes over at the next block");
				self.open.retain(|_, job| !job.is_finished());
			},
		}
		self.attendant.metrics.open_tasks.set(self.open.len() as i64);
	}

	/// Gives an attendant to every assignment, and to every task that waits for chunks of a kept answer.
	async fn look(&mut self, block: Block) -> Result<(), ChainError> {
		self.attendant.metrics.best_block.set(block.number.into());
		let assignments = self.attendant.chain.assignments(block.hash).await?;
		assignments.iter().for_each(|task| self.attend(*task));
		for task in self.awaiting_chunks(block).await? {
			self.attend(task);
		}
		self.attendant.metrics.open_tasks.set(self.open.len() as i64);
		let due = self.checked.is_none_or(|checked| block.number.saturating_sub(checked) >= CHECK_EVERY);
		// A worker that cannot have tasks yet sees at once when it can.
		if due || self.prepared.is_empty() {
			self.check_registration(block).await?;
		}
		if due {
			self.checked = Some(block.number);
			self.forget(block, &assignments).await?;
		}
		Ok(())
	}

	fn attend(&mut self, task: TaskId) {
		let Some(blocks) = &self.blocks else { return };
		let jobs = &mut self.jobs;
		self.open.entry(task).or_insert_with(|| {
			let (attendant, head) = (self.attendant.clone(), blocks.subscribe());
			jobs.spawn(async move {
				attendant.attend(task, head).await;
				task
			})
		});
	}

	/// The tasks without an attendant that wait for chunks of a kept answer. Who has revealed is done with a
	/// task, and has no more to serve it; but in a dispute, and in its audit, its answer is compared again.
	async fn awaiting_chunks(&self, block: Block) -> Result<Vec<TaskId>, ChainError> {
		let kept = self.attendant.store.long_answers().await.unwrap_or_else(|error| {
			tracing::error!(%error, "the store cannot be read");
			Vec::new()
		});
		let unattended: Vec<_> = kept.into_iter().filter(|task| !self.open.contains_key(task)).collect();
		match &unattended[..] {
			[] => Ok(Vec::new()),
			tasks => self.attendant.chain.awaiting_chunks(tasks, block.hash).await,
		}
	}

	async fn check_registration(&mut self, block: Block) -> Result<(), ChainError> {
		let account = self.attendant.chain.account();
		let Some(worker) = self.attendant.chain.worker(block.hash).await? else {
			self.health.registered(false);
			self.comparison.look(None);
			if self.was_registered != Some(false) {
				tracing::warn!(
					%account,
					"this account is no registered worker, so no task will come; join with \
					 `deepnode worker join --stake <DN> --capacity <TASKS>{}` and \
					 `deepnode worker serve <MODEL>`, both signed with this worker's key",
					self.attendant.private.join_option()
				);
			}
			self.was_registered = Some(false);
			return Ok(());
		};
		self.health.registered(!worker.leaving);
		if self.was_registered != Some(true) {
			tracing::info!(%account, capacity = worker.capacity, models = ?worker.models, "registered as a worker");
			if worker.models.is_empty() {
				tracing::warn!("this worker serves no model yet; join a pool with `deepnode worker serve <MODEL>`");
			}
			if worker.leaving {
				tracing::warn!("this worker is leaving; no more tasks will come");
			}
		}
		self.was_registered = Some(true);
		// One that leaves is drawn no more.
		match self.comparison.look((!worker.leaving).then_some(worker.private)) {
			Some(mismatch) if mismatch.is_harmful() => tracing::error!(%account, "{mismatch}"),
			Some(mismatch) => tracing::info!(%account, "{mismatch}"),
			None => {},
		}
		for id in worker.models {
			if !self.prepared.contains(&id) {
				if let Some(model) = self.attendant.chain.model(id, block.hash).await? {
					let answerer = self.attendant.answerer.clone();
					tokio::spawn(async move { answerer.prepare(&model).await });
				}
				self.prepared.insert(id);
			}
		}
		Ok(())
	}

	/// Forgets what ended long ago.
	async fn forget(&mut self, block: Block, assignments: &[TaskId]) -> Result<(), ChainError> {
		let store = &self.attendant.store;
		let kept = match store.tasks().await {
			Ok(kept) => kept,
			Err(error) => {
				tracing::error!(%error, "the store cannot be read");
				return Ok(());
			},
		};
		self.gone.retain(|task, _| kept.contains(task) && !assignments.contains(task));
		for task in kept.into_iter().filter(|task| !assignments.contains(task)) {
			let since = *self.gone.entry(task).or_insert(block.number);
			if block.number.saturating_sub(since) < FORGET_AFTER {
				continue;
			}
			// As long as the task is kept its answers may be asked for.
			if self.attendant.chain.seat(task, block.hash).await?.is_some() {
				continue;
			}
			match store.forget(task).await {
				Ok(()) => tracing::debug!(task, "forgotten"),
				Err(error) => tracing::warn!(%error, task, "cannot forget a task that is over"),
			}
		}
		Ok(())
	}

	/// Lets the open tasks go on for a while: what is committed must be revealed.
	async fn finish(mut self, mut head: watch::Receiver<Option<Block>>, grace: Duration) {
		if self.jobs.is_empty() {
			return;
		}
		tracing::info!(open = self.jobs.len(), ?grace, "finishing the open tasks");
		let end = Instant::now() + grace;
		loop {
			tokio::select! {
				done = self.jobs.join_next() => match done {
					Some(done) => self.ended(done),
					None => return,
				},
				Ok(()) = head.changed() => {
					if let (Some(blocks), Some(block)) = (&self.blocks, *head.borrow_and_update()) {
						blocks.send_replace(block);
					}
				},
				() = sleep_until(end) => break,
			}
		}
		tracing::warn!(open = self.jobs.len(), "tasks are still open; they go on when the worker starts again");
	}
}

#[cfg(test)]
mod tests;
