//! What the worker asks of the chain. Everything else in the crate sees only [`Chain`]; this is the
//! one file that knows `deepnode-client`.

use std::future::Future;

use deepnode_primitives::{
	comparison::Comparison,
	content::{ContentRef, Digest, Payload},
	tensor::TensorSpecs,
	ModelId, TaskId,
};
use futures::{Stream, StreamExt};

pub use deepnode_client::{keys, AccountId, Block, Keypair, WorkerInfo, H256};

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

/// Where a task stands, as far as its worker cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
	/// Not drawn yet.
	Submitted,
	/// The commit window is open.
	Assigned,
	/// The reveal window is open.
	Committed,
	/// Over.
	Closed,
}

/// A task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
	/// What is asked.
	pub model: ModelId,
	/// Where it stands.
	pub stage: Stage,
}

/// What this worker has done for a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
	/// What it committed to.
	pub commitment: Option<H256>,
	/// Whether it has revealed.
	pub revealed: bool,
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
	fn worker(&self, at: H256) -> impl Future<Output = Result<Option<WorkerInfo>>> + Send;
	/// The tasks that the worker has to serve.
	fn assignments(&self, at: H256) -> impl Future<Output = Result<Vec<TaskId>>> + Send;
	/// A task.
	fn task(&self, task: TaskId, at: H256) -> impl Future<Output = Result<Option<Task>>> + Send;
	/// A task's input.
	fn input(&self, task: TaskId, at: H256) -> impl Future<Output = Result<Option<Payload>>> + Send;
	/// A model.
	fn model(&self, model: ModelId, at: H256) -> impl Future<Output = Result<Option<Model>>> + Send;
	/// The worker's seat.
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

	async fn worker(&self, at: H256) -> Result<Option<WorkerInfo>> {
		Ok(self.client.worker(&self.account, Some(at)).await?)
	}

	async fn assignments(&self, at: H256) -> Result<Vec<TaskId>> {
		Ok(self.client.assignments(&self.account, Some(at)).await?)
	}

	async fn task(&self, task: TaskId, at: H256) -> Result<Option<Task>> {
		use deepnode_client::TaskStatus;
		let task = self.client.task(task, Some(at)).await?;
		Ok(task.map(|task| Task {
			model: task.model,
			stage: match task.status {
				TaskStatus::Submitted => Stage::Submitted,
				TaskStatus::Assigned => Stage::Assigned,
				TaskStatus::Committed => Stage::Committed,
				TaskStatus::Settled { .. } | TaskStatus::Refunded { .. } => Stage::Closed,
			},
		}))
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
		}))
	}

	async fn seat(&self, task: TaskId, at: H256) -> Result<Option<Seat>> {
		let seat = self.client.seat(task, &self.account, Some(at)).await?;
		Ok(seat.map(|seat| Seat { commitment: seat.commitment, revealed: seat.revealed.is_some() }))
	}

	async fn commit(&self, task: TaskId, commitment: H256) -> Result<Block> {
		Ok(self.client.commit(&self.key, None, task, commitment).await?.block)
	}

	async fn reveal(&self, task: TaskId, salt: [u8; 32], digest: Digest, output: Payload) -> Result<Block> {
		Ok(self.client.reveal(&self.key, None, task, salt, digest, output).await?.block)
	}
}
