//! What the worker does for each of its tasks: read the state, run, keep, commit, reveal.
//!
//! Nothing is remembered from events. Each step looks at the chain's state and at the store and does
//! the one thing that is next, so it does not matter where an earlier step, or an earlier process, ended.

use std::{sync::Arc, time::Duration};

use deepnode_primitives::{
	canonical::Answer,
	chunks::{Chunks, Opening},
	commitment::commitment,
	content::{ContentRef, Payload, MAX_INLINE_LEN},
	TaskId,
};
use futures::future::BoxFuture;
use tokio::{
	sync::watch,
	time::{timeout, Instant},
};

use crate::{
	cache::{Cache, DiskError},
	chain::{self, Asked, Block, Chain, ChainError, Seat, BLOCK_TIME},
	metrics::Metrics,
	private::Ability,
	runner::{Answerer, Question, Trouble},
	store::{Record, Store, StoreError},
};

/// How long a transaction may take into a block before the state is looked at again.
const PATIENCE: Duration = Duration::from_secs(30);
/// Which part of what is left of the commit window goes to fetching the input and the model: one in
/// this many. The rest is for the run, and for the commitment's way into a block.
const FETCH_PART: u32 = 2;
/// What fetching gets in any case: the chain may be late to close a window.
const LEAST_FETCH: Duration = Duration::from_secs(2);

/// How long each who revealed the same answer leaves those before it to open its chunks.
const TURN: Duration = BLOCK_TIME.saturating_mul(2);
/// Everybody who is still there has had its turn after so many.
const LAST_TURN: u32 = 3;

/// Until when a task's input and model are fetched from now on, if it was first seen at `seen`.
fn fetch_by(now: Instant, seen: Instant, window: Duration) -> Instant {
	let left = (seen + window).saturating_duration_since(now);
	now + (left / FETCH_PART).max(LEAST_FETCH)
}

/// Why a step of a task did not succeed. The next block brings the next attempt.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
	/// The chain.
	#[error(transparent)]
	Chain(#[from] ChainError),
	/// The disk. Without a kept salt there is no commitment.
	#[error(transparent)]
	Store(#[from] StoreError),
	/// The sandbox, or the disk for what is fetched.
	#[error(transparent)]
	Answer(#[from] Trouble),
	/// The disk, for an answer that others are to fetch.
	#[error(transparent)]
	Disk(#[from] DiskError),
	/// The answer is longer than the chain takes, and nobody could fetch it here.
	#[error(
		"an answer of {0} bytes is longer than the {MAX_INLINE_LEN} that the chain carries, and nobody can fetch it \
		 from here, so it is not committed to; name this worker's address with --public-url"
	)]
	Unpublishable(usize),
	/// The chain names a model or an input that it does not have.
	#[error("the chain does not have the {0} of this task")]
	Missing(&'static str),
	/// There is a commitment that this store knows nothing of.
	#[error(
		"the chain has a commitment {0:?} that is not in this store, so it cannot be revealed; \
		 was --data-dir changed, or does another worker use the same key?"
	)]
	Foreign(chain::H256),
	/// The chunks of an answer cannot be opened.
	#[error("the answer to this task is not one whose chunks can be opened: is its file in --data-dir damaged?")]
	Unopenable,
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
			Self::Answer(Trouble::Sandbox(_)) => "sandbox",
			Self::Answer(Trouble::Disk(_)) | Self::Disk(_) => "disk",
			Self::Answer(Trouble::NoFhe) => "fhe",
			Self::Unpublishable(_) => "public_url",
			Self::Foreign(_) => "foreign_commitment",
			Self::Unopenable => "opening",
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
	/// Opens the chunks of it that this seed chooses.
	OpenChunks(Record, chain::H256),
}

impl Transaction {
	const fn name(&self) -> &'static str {
		match self {
			Self::Commit(_) => "commitment",
			Self::Reveal(..) => "reveal",
			Self::OpenChunks(..) => "opening",
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
	/// What this program can do with encrypted inputs.
	pub private: Ability,
	/// The counters.
	pub metrics: Metrics,
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
			let next = self.next(task, at.hash, seen).await;
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
			Some("opening") => self.metrics.opened.inc(),
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

	/// What is next for a task, first seen at `seen`, in the state of block `at`. What a commitment needs
	/// is computed and kept on the way.
	///
	/// The worker's seat says it all: whatever became of the task meanwhile, a seat that waits for a
	/// commitment gets it, one that may be opened is opened, and so are the chunks of a long answer.
	pub async fn next(&self, id: TaskId, at: chain::H256, seen: Instant) -> Result<Next, StepError> {
		match self.chain.seat(id, at).await? {
			None | Some(Seat::Done) => Ok(Next::Done),
			Some(Seat::MayCommit) => {
				let record = self.commitment(id, at, seen).await?;
				Ok(Next::Send(Box::new(Transaction::Commit(record))))
			},
			Some(Seat::Committed(commitment)) => {
				self.kept(id, commitment).await?;
				Ok(Next::Wait)
			},
			Some(Seat::MayReveal(commitment)) => {
				let record = self.kept(id, commitment).await?;
				self.warn_of_another_question(id, at, &record).await;
				let output = self.publish(&record).await;
				Ok(Next::Send(Box::new(Transaction::Reveal(record, output))))
			},
			Some(Seat::MayOpen { turn, .. }) if seen.elapsed() < TURN.saturating_mul(turn.min(LAST_TURN)) => {
				Ok(Next::Wait)
			},
			Some(Seat::MayOpen { commitment, seed, .. }) => {
				let record = self.kept(id, commitment).await?;
				Ok(Next::Send(Box::new(Transaction::OpenChunks(record, seed))))
			},
		}
	}

	/// Sends a transaction and waits until it is in a block.
	pub async fn send(&self, id: TaskId, transaction: Transaction) -> Result<Block, StepError> {
		let name = transaction.name();
		let sent = async {
			let block = match transaction {
				Transaction::Commit(record) => self.chain.commit(id, record.commitment).await,
				Transaction::Reveal(record, output) => self.chain.reveal(id, record.salt, record.digest, output).await,
				Transaction::OpenChunks(Record { digest, answer, .. }, seed) => {
					let opening = open(answer, seed).await.ok_or(StepError::Unopenable)?;
					self.chain.open_chunks(id, digest, opening).await
				},
			}?;
			Ok(block)
		};
		timeout(PATIENCE, sent).await.map_err(|_| StepError::Slow(name))?
	}

	/// What a task asks.
	async fn question(&self, id: TaskId, at: chain::H256) -> Result<Question, StepError> {
		let Asked { model: asked, items } = self.chain.asked(id, at).await?.ok_or(StepError::Missing("task"))?;
		let (model, input) = futures::try_join!(self.chain.model(asked, at), self.chain.input(id, at))?;
		let model = model.ok_or(StepError::Missing("model"))?;
		let input = input.ok_or(StepError::Missing("input"))?;
		Ok(Question { id: asked, model, input, items })
	}

	/// The record to commit to: the one that is kept for this question, or a new one.
	async fn commitment(&self, id: TaskId, at: chain::H256, seen: Instant) -> Result<Record, StepError> {
		let question = self.question(id, at).await?;
		let name = question.digest();
		if let Some(record) = self.store.answered(id, name).await? {
			return Ok(record);
		}
		let window = self.chain.commit_window(at).await?;
		let answer = self.answer(id, &question, fetch_by(Instant::now(), seen, window)).await?;
		self.seal(id, name, &answer).await
	}

	async fn answer(&self, id: TaskId, question: &Question, fetch_by: Instant) -> Result<Answer, StepError> {
		let begun = Instant::now();
		let canonical = self.answerer.answer(question, fetch_by).await?;
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
		let (answer, digest) = (answer.to_bytes(), answer.digest());
		// A commitment that cannot be opened costs more than none.
		if answer.len() > MAX_INLINE_LEN as usize {
			if self.public_url.is_none() {
				return Err(StepError::Unpublishable(answer.len()));
			}
			self.outputs.put(digest, answer.clone().into()).await?;
		}
		let commitment = commitment(&self.chain.genesis(), id, self.chain.account(), &salt, &digest);
		Ok(self.store.keep(id, Record { question, salt, digest, answer, commitment }).await?)
	}

	/// The record behind a commitment of this worker.
	async fn kept(&self, id: TaskId, commitment: chain::H256) -> Result<Record, StepError> {
		self.store.sealed(id, commitment).await?.ok_or(StepError::Foreign(commitment))
	}

	/// A commitment that was made on another fork, to another task of the same number, may be included on this
	/// one. It is opened all the same: to be outvoted costs less than to withhold.
	async fn warn_of_another_question(&self, id: TaskId, at: chain::H256, record: &Record) {
		if self.question(id, at).await.is_ok_and(|question| question.digest() != record.question) {
			tracing::warn!(
				task = id,
				commitment = ?record.commitment,
				"the commitment on chain answers another fork's task of this number; it is revealed: to withhold costs more"
			);
		}
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
		// It was there before the commitment, and may have made place for others since.
		if self.outputs.answer(record.digest).await.is_none() {
			if let Err(error) = self.outputs.put(record.digest, bytes.into()).await {
				tracing::error!(%error, "a long answer cannot be kept for others to fetch");
			}
		}
		let uris: Vec<_> = uri.into_iter().filter_map(|uri| uri.try_into().ok()).collect();
		Payload::Reference(ContentRef {
			hash: record.digest,
			length: record.answer.len() as u64,
			uris: uris.try_into().unwrap_or_default(),
		})
	}
}

/// The chunks of an answer that a seed chooses. An answer may be long, so it is cut off the threads that
/// serve the chain.
async fn open(answer: Vec<u8>, seed: chain::H256) -> Option<Opening> {
	let cut = move || Chunks::cut(&answer).ok()?.open(&seed.0);
	tokio::task::spawn_blocking(cut).await.ok().flatten()
}

#[cfg(test)]
pub(crate) mod tests;
