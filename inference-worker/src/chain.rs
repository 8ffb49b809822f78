//! What the worker asks of the chain. Everything else in the crate sees only [`Chain`]; this is the
//! one file that knows `deepnode-client`.

use std::{future::Future, time::Duration};

use deepnode_client::DueOpening;
use deepnode_primitives::{
	chunks::Opening,
	comparison::Comparison,
	content::{ContentRef, Digest, Payload},
	tensor::TensorSpecs,
	ModelId, TaskId,
};
use futures::{Stream, StreamExt};

pub use deepnode_client::{keys, AccountId, Block, Keypair, H256};

/// The time from one block to the next that the runtime aims at.
pub const BLOCK_TIME: Duration = Duration::from_secs(3);

/// Why the chain does not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
	/// The chain or the node refused, or cannot be reached.
	#[error(transparent)]
	Client(#[from] deepnode_client::Error),
	/// Only in tests.
	#[cfg(test)]
	#[error("{0}")]
	Fake(String),
}

impl ChainError {
	/// Whether the call failed because the state already is, or is no more, as the call would have it.
	/// The next look at the state decides what to do.
	pub fn is_overtaken(&self) -> bool {
		match self {
			Self::Client(deepnode_client::Error::Dispatch(error)) => error.pallet == "Attestation",
			#[cfg(test)]
			Self::Fake(error) => error == "overtaken",
			_ => false,
		}
	}
}

type Result<T> = std::result::Result<T, ChainError>;

/// A worker's seat in a task, in the state that decides what the worker does next.
///
/// It is read off the seat and the wave that it belongs to, never off where the task stands: a task in
/// dispute has seats that have long revealed and seats that are still to commit, and the seats of a
/// settled task's auditors are no different.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seat {
	/// It waits for the worker's commitment.
	MayCommit,
	/// It holds this commitment, and somebody of its wave has not committed yet.
	Committed(H256),
	/// It holds this commitment, and waits for what is sealed in it.
	MayReveal(H256),
	/// It has revealed what this commitment seals, an answer that is too long for the chain, and whoever
	/// has that is to open the chunks that the seed chooses.
	MayOpen {
		/// The commitment.
		commitment: H256,
		/// What chooses the chunks.
		seed: H256,
		/// How many others who revealed the same answer come first.
		turn: u32,
	},
	/// Nothing is left to do for it.
	Done,
}

impl Seat {
	/// The state of a seat with this commitment, by whether it has revealed and whether everybody of
	/// its wave has committed.
	pub const fn new(commitment: Option<H256>, revealed: bool, wave_committed: bool) -> Self {
		match commitment {
			_ if revealed => Self::Done,
			None => Self::MayCommit,
			Some(commitment) if wave_committed => Self::MayReveal(commitment),
			Some(commitment) => Self::Committed(commitment),
		}
	}
}

/// The worker's entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
	/// How many tasks it serves at once.
	pub capacity: u16,
	/// Whether it has said that it answers encrypted inputs.
	pub private: bool,
	/// The models that it serves.
	pub models: Vec<ModelId>,
	/// Whether it has said that it leaves, so that it is given no more tasks.
	pub leaving: bool,
}

/// What a task asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
	/// The model.
	pub model: ModelId,
	/// How many items it is paid for. The chain has compared that with an input that it carries itself, and
	/// cannot with one by reference.
	pub items: u32,
}

/// A model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
	/// Its graph's file.
	pub graph: Option<ContentRef>,
	/// Its declared inputs.
	pub inputs: TensorSpecs,
	/// Its declared outputs.
	pub outputs: TensorSpecs,
	/// When two answers agree.
	pub comparison: Comparison,
	/// The parameters under which it answers encrypted inputs; `None` where inputs are plain.
	pub fhe: Option<u32>,
}

/// The chain, as one worker sees it. Every question is about one block.
pub trait Chain: Send + Sync + 'static {
	/// The first block's hash.
	fn genesis(&self) -> H256;
	/// The worker's account.
	fn account(&self) -> &AccountId;
	/// Best blocks, for ever; an error ends the stream.
	fn blocks(&self) -> impl Stream<Item = Result<Block>> + Send + Unpin;
	/// The worker's entry.
	fn worker(&self, at: H256) -> impl Future<Output = Result<Option<Registration>>> + Send;
	/// The tasks that the worker has to serve.
	fn assignments(&self, at: H256) -> impl Future<Output = Result<Vec<TaskId>>> + Send;
	/// How long a worker has for its commitment, from its draw.
	fn commit_window(&self, at: H256) -> impl Future<Output = Result<Duration>> + Send;
	/// What a task asks for.
	fn asked(&self, task: TaskId, at: H256) -> impl Future<Output = Result<Option<Asked>>> + Send;
	/// A task's input.
	fn input(&self, task: TaskId, at: H256) -> impl Future<Output = Result<Option<Payload>>> + Send;
	/// A model.
	fn model(&self, model: ModelId, at: H256) -> impl Future<Output = Result<Option<Model>>> + Send;
	/// Which of these tasks wait for chunks of an answer that the worker has revealed, whether or not it
	/// still has to serve them.
	fn awaiting_chunks(&self, tasks: &[TaskId], at: H256) -> impl Future<Output = Result<Vec<TaskId>>> + Send;
	/// The worker's seat; `None` where the task has none for it, or none any more.
	fn seat(&self, task: TaskId, at: H256) -> impl Future<Output = Result<Option<Seat>>> + Send;
	/// Seals an answer; returns when that is in a best block.
	fn commit(&self, task: TaskId, commitment: H256) -> impl Future<Output = Result<Block>> + Send;
	/// Opens a sealed answer; returns when that is in a best block.
	fn reveal(
		&self,
		task: TaskId,
		salt: [u8; 32],
		digest: Digest,
		output: Payload,
	) -> impl Future<Output = Result<Block>> + Send;
	/// Opens chunks of a long answer; returns when that is in a best block.
	fn open_chunks(&self, task: TaskId, digest: Digest, opening: Opening)
		-> impl Future<Output = Result<Block>> + Send;
}

/// The chain behind a node.
pub struct Node {
	client: deepnode_client::Client,
	key: Keypair,
	account: AccountId,
}

impl Node {
	/// Connects. The connection opens itself again when it breaks.
	pub async fn connect(url: &str, key: Keypair) -> Result<Self> {
		let client = deepnode_client::Client::connect(url).await?;
		let account = key.account();
		Ok(Self { client, key, account })
	}
}

/// Transactions carry no nonce from here: the client takes the node's next one, its pool included,
/// and holds a lock until the pool has the transaction. So many can be on their way at once, and one
/// that the pool refuses leaves no gap in which later ones would be stuck.
impl Chain for Node {
	fn genesis(&self) -> H256 {
		self.client.genesis_hash()
	}

	fn account(&self) -> &AccountId {
		&self.account
	}

	fn blocks(&self) -> impl Stream<Item = Result<Block>> + Send + Unpin {
		self.client.best_blocks().map(|block| Ok(block?))
	}

	async fn worker(&self, at: H256) -> Result<Option<Registration>> {
		let worker = self.client.worker(&self.account, Some(at)).await?;
		Ok(worker.map(|worker| Registration {
			capacity: worker.capacity,
			private: worker.private,
			models: worker.models,
			leaving: worker.leaving.is_some(),
		}))
	}

	async fn assignments(&self, at: H256) -> Result<Vec<TaskId>> {
		Ok(self.client.assignments(&self.account, Some(at)).await?)
	}

	async fn awaiting_chunks(&self, tasks: &[TaskId], at: H256) -> Result<Vec<TaskId>> {
		Ok(self.client.awaiting_chunks(tasks, &self.account, Some(at)).await?)
	}

	async fn commit_window(&self, at: H256) -> Result<Duration> {
		Ok(BLOCK_TIME.saturating_mul(self.client.limits(Some(at)).await?.commit_window))
	}

	async fn asked(&self, task: TaskId, at: H256) -> Result<Option<Asked>> {
		let task = self.client.task(task, Some(at)).await?;
		Ok(task.map(|task| Asked { model: task.model, items: task.items }))
	}

	async fn input(&self, task: TaskId, at: H256) -> Result<Option<Payload>> {
		Ok(self.client.task_input(task, Some(at)).await?)
	}

	async fn model(&self, model: ModelId, at: H256) -> Result<Option<Model>> {
		let model = self.client.model(model, Some(at)).await?;
		Ok(model.map(|model| Model {
			graph: model.spec.files.into_iter().next().map(|file| file.content),
			inputs: model.spec.inputs,
			outputs: model.spec.outputs,
			comparison: model.spec.comparison,
			fhe: model.spec.fhe,
		}))
	}

	async fn seat(&self, task: TaskId, at: H256) -> Result<Option<Seat>> {
		let seat = self.client.seat(task, &self.account, Some(at)).await?;
		Ok(seat.map(|seat| match (seat.commitment, seat.opening) {
			(Some(commitment), Some(DueOpening { seed, turn })) => Seat::MayOpen { commitment, seed, turn },
			(commitment, _) => Seat::new(commitment, seat.revealed.is_some(), seat.may_reveal),
		}))
	}

	async fn commit(&self, task: TaskId, commitment: H256) -> Result<Block> {
		Ok(self.client.commit(&self.key, None, task, commitment).await?.block)
	}

	async fn reveal(&self, task: TaskId, salt: [u8; 32], digest: Digest, output: Payload) -> Result<Block> {
		Ok(self.client.reveal(&self.key, None, task, salt, digest, output).await?.block)
	}

	async fn open_chunks(&self, task: TaskId, digest: Digest, opening: Opening) -> Result<Block> {
		Ok(self.client.open_chunks(&self.key, None, task, digest, opening).await?.block)
	}
}
