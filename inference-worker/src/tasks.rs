//! What the worker does for each of its tasks: read the state, run, keep, commit, reveal.
//!
//! Nothing is remembered from events. Each step looks at the chain's state and at the store and does
//! the one thing that is next, so it does not matter where an earlier step, or an earlier process, ended.

use std::{
	sync::Arc,
	time::{Duration, Instant},
};

use deepnode_primitives::{
	canonical::Answer,
	commitment::commitment,
	content::{ContentRef, Payload, MAX_INLINE_LEN},
	TaskId,
};
use futures::future::BoxFuture;
use tokio::{
	sync::{watch, Semaphore},
	time::timeout,
};

use crate::{
	cache::Cache,
	chain::{self, Block, Chain, ChainError, Stage},
	metrics::Metrics,
	runner::{Answerer, Question},
	sandbox::SandboxError,
	store::{Record, Store, StoreError},
};

/// How long a transaction may take into a block before the state is looked at again.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why a step of a task did not succeed. The next block brings the next attempt.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
	/// The chain.
	#[error(transparent)]
	Chain(#[from] ChainError),
	/// The disk. Without a kept salt there is no commitment.
	#[error(transparent)]
	Store(#[from] StoreError),
	/// The sandbox.
	#[error(transparent)]
	Sandbox(#[from] SandboxError),
	/// The chain names a model or an input that it does not have.
	#[error("the chain does not have the {0} of this task")]
	Missing(&'static str),
	/// There is a commitment that this store knows nothing of.
	#[error(
		"the chain has a commitment {0:?} that is not in this store, so it cannot be revealed; \
		 was --data-dir changed, or does another worker use the same key?"
	)]
	Foreign(chain::H256),
	/// A transaction was not seen in a block.
	#[error("the {0} was not in a block within {PATIENCE:?}")]
	Slow(&'static str),
	/// There is no randomness.
	#[error("no salt: {0}")]
	Salt(#[from] chain::keys::KeyError),
}

impl StepError {
	const fn what(&self) -> &'static str {
		match self {
			Self::Chain(_) | Self::Missing(_) => "chain",
			Self::Store(_) => "store",
			Self::Sandbox(_) => "sandbox",
			Self::Foreign(_) => "foreign_commitment",
			Self::Slow(_) => "slow_transaction",
			Self::Salt(_) => "randomness",
		}
	}
}

/// What is next for a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
	/// This goes to the chain.
	Send(Box<Transaction>),
	/// Look again at the next block.
	Wait,
	/// There is nothing left to do.
	Done,
}

/// What a worker sends for a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transaction {
	/// Seals the kept answer.
	Commit(Record),
	/// Opens it.
	Reveal(Record, Payload),
}

impl Transaction {
	const fn name(&self) -> &'static str {
		match self {
			Self::Commit(_) => "commitment",
			Self::Reveal(..) => "reveal",
		}
	}
}

/// Everything that a task's steps need.
pub struct Attendant<C, A> {
	/// The chain.
	pub chain: Arc<C>,
	/// What answers.
	pub answerer: Arc<A>,
	/// What must not be forgotten.
	pub store: Store,
	/// Answers that are too long for the chain.
	pub outputs: Cache,
	/// Where others fetch those answers.
	pub public_url: Option<String>,
	/// The counters.
	pub metrics: Metrics,
	/// As many permits as runs may be at once.
	pub turns: Semaphore,
}

impl<C: Chain, A: Answerer> Attendant<C, A> {
	/// Serves one task until nothing is left to do for it.
	///
	/// While a transaction is on its way each new block's state is looked at all the same: what it shows
	/// is often known before the node has told what became of the transaction.
	pub async fn attend(&self, task: TaskId, mut head: watch::Receiver<Block>) {
		let seen = Instant::now();
		let mut complaint = String::new();
		let mut at = *head.borrow_and_update();
		let mut sent: Option<(&'static str, BoxFuture<'_, Result<Block, StepError>>)> = None;
		loop {
			let next = self.next(task, at.hash).await;
			let pending = sent.as_ref().map(|(name, _)| *name);
			match next {
				Ok(Next::Done) => {
					self.landed(task, pending, at, seen);
					return;
				},
				Ok(Next::Send(transaction)) if pending != Some(transaction.name()) => {
					self.landed(task, pending, at, seen);
					let name = transaction.name();
					sent = Some((name, Box::pin(self.send(task, *transaction))));
				},
				Ok(Next::Send(_) | Next::Wait) => {},
				Err(error) => self.complain(task, &error, &mut complaint),
			}
			let told = async {
				match &mut sent {
					Some((_, transaction)) => transaction.await,
					None => std::future::pending().await,
				}
			};
			tokio::select! {
				outcome = told => {
					let name = sent.take().map(|(name, _)| name);
					match outcome {
						Ok(block) => {
							self.landed(task, name, block, seen);
							at = block;
							continue;
						},
						Err(error) => self.complain(task, &error, &mut complaint),
					}
					if head.changed().await.is_err() {
						return;
					}
				},
				changed = head.changed() => {
					if changed.is_err() {
						return;
					}
				},
			}
			at = *head.borrow_and_update();
		}
	}

	/// Counts a transaction that is in a block.
	fn landed(&self, task: TaskId, name: Option<&'static str>, block: Block, seen: Instant) {
		let seconds = seen.elapsed().as_secs_f64();
		match name {
			Some("commitment") => {
				self.metrics.committed.inc();
				self.metrics.commit_seconds.observe(seconds);
			},
			Some(_) => self.metrics.revealed.inc(),
			None => return,
		}
		tracing::info!(task, block = block.number, seconds, "{} in a block", name.unwrap_or_default());
	}

	/// The same trouble at every block is said once.
	fn complain(&self, task: TaskId, error: &StepError, last: &mut String) {
		if let StepError::Chain(error) = error {
			if error.is_overtaken() {
				return tracing::debug!(task, %error, "the state has moved on");
			}
		}
		self.metrics.failure(error.what());
		let words = error.to_string();
		if words != *last {
			tracing::error!(task, error = words, "no progress with this task; trying again at the next block");
			*last = words;
		}
	}

	/// What is next for a task in the state of block `at`. What a commitment needs is computed and kept
	/// on the way.
	pub async fn next(&self, id: TaskId, at: chain::H256) -> Result<Next, StepError> {
		let (task, seat) = futures::try_join!(self.chain.task(id, at), self.chain.seat(id, at))?;
		let (Some(task), Some(seat)) = (task, seat) else { return Ok(Next::Done) };
		match (task.stage, seat.commitment) {
			(Stage::Closed, _) => Ok(Next::Done),
			_ if seat.revealed => Ok(Next::Done),
			(Stage::Assigned, None) => {
				Ok(Next::Send(Box::new(Transaction::Commit(self.commitment(id, &task, at).await?))))
			},
			(Stage::Committed, Some(commitment)) => {
				let record = self.kept(id, commitment).await?;
				let output = self.publish(&record).await;
				Ok(Next::Send(Box::new(Transaction::Reveal(record, output))))
			},
			(_, Some(commitment)) => {
				self.kept(id, commitment).await?;
				Ok(Next::Wait)
			},
			(_, None) => Ok(Next::Wait),
		}
	}

	/// Sends a transaction and waits until it is in a block.
	pub async fn send(&self, id: TaskId, transaction: Transaction) -> Result<Block, StepError> {
		let name = transaction.name();
		let sent = async {
			match transaction {
				Transaction::Commit(record) => self.chain.commit(id, record.commitment).await,
				Transaction::Reveal(record, output) => self.chain.reveal(id, record.salt, record.digest, output).await,
			}
		};
		Ok(timeout(PATIENCE, sent).await.map_err(|_| StepError::Slow(name))??)
	}

	/// The record to commit to: the one that is kept for this question, or a new one.
	async fn commitment(&self, id: TaskId, task: &chain::Task, at: chain::H256) -> Result<Record, StepError> {
		let (model, input) = futures::try_join!(self.chain.model(task.model, at), self.chain.input(id, at))?;
		let model = model.ok_or(StepError::Missing("model"))?;
		let input = input.ok_or(StepError::Missing("input"))?;
		let question = Question { id: task.model, model, input };
		let name = question.digest();
		if let Some(record) = self.store.get(id).await?.filter(|record| record.question == name) {
			return Ok(record);
		}
		let answer = self.answer(id, &question).await?;
		self.seal(id, name, &answer).await
	}

	async fn answer(&self, id: TaskId, question: &Question) -> Result<Answer, StepError> {
		self.metrics.queue.inc();
		let turn = self.turns.acquire().await;
		self.metrics.queue.dec();
		let begun = Instant::now();
		let canonical = self.answerer.answer(question).await?;
		drop(turn);
		match (&canonical.answer, &canonical.reason) {
			(Answer::Error(code), reason) => {
				self.metrics.error_answer(*code);
				tracing::warn!(task = id, model = question.id, ?code, reason, "the answer is an error");
			},
			_ => tracing::info!(task = id, model = question.id, seconds = begun.elapsed().as_secs_f64(), "answered"),
		}
		Ok(canonical.answer)
	}

	/// Draws a salt and keeps it with the answer. Only what this returns is ever committed to.
	async fn seal(&self, id: TaskId, question: [u8; 32], answer: &Answer) -> Result<Record, StepError> {
		let salt = chain::keys::random::<32>()?;
		let digest = answer.digest();
		let commitment = commitment(&self.chain.genesis(), id, self.chain.account(), &salt, &digest);
		let record = Record { question, salt, digest, answer: answer.to_bytes(), commitment };
		Ok(self.store.keep(id, record).await?)
	}

	/// The record behind a commitment of this worker.
	async fn kept(&self, id: TaskId, commitment: chain::H256) -> Result<Record, StepError> {
		let record = self.store.get(id).await?.filter(|record| record.commitment == commitment);
		record.ok_or(StepError::Foreign(commitment))
	}

	/// The answer as the chain takes it: itself where it is short, else a reference to this worker.
	async fn publish(&self, record: &Record) -> Payload {
		let bytes = match record.answer.clone().try_into() {
			Ok(inline) => return Payload::Inline(inline),
			Err(_) => record.answer.clone(),
		};
		let uri = self
			.public_url
			.as_ref()
			.map(|url| format!("{}/outputs/{}", url.trim_end_matches('/'), hex::encode(record.digest)).into_bytes());
		if uri.is_none() {
			tracing::warn!(
				"an answer of {} bytes is longer than the {MAX_INLINE_LEN} that the chain carries, and nobody can \
				 fetch it from here; name this worker's address with --public-url",
				record.answer.len()
			);
		}
		if let Err(error) = self.outputs.put(record.digest, bytes.into()).await {
			tracing::error!(%error, "a long answer cannot be kept for others to fetch; check the space below --data-dir");
		}
		let uris: Vec<_> = uri.into_iter().filter_map(|uri| uri.try_into().ok()).collect();
		Payload::Reference(ContentRef {
			hash: record.digest,
			length: record.answer.len() as u64,
			uris: uris.try_into().unwrap_or_default(),
		})
	}
}

#[cfg(test)]
pub(crate) mod tests;
