//! The calls that change the chain. Each waits until it is in a best block; see
//! [`Client::finalized`] for more certainty.
//!
//! `nonce` is the number of the account's transaction. Where it is `None` the next free one is
//! taken; a program that sends many at once counts them itself.

use deepnode_primitives::{
	chunks::Opening,
	content::{Digest, Payload, Uris},
	Balance, ModelId, TaskId,
};
use subxt::{tx::StaticPayload, utils::Static};

use crate::{
	client::Client,
	convert::{self, to_account},
	error::Result,
	keys::Keypair,
	runtime,
	tx::TxInBlock,
	types::{ModelSpec, SubmitTask},
	AccountId, H256,
};

impl Client {
	/// Registers a model; its number is in [`crate::Event::ModelRegistered`].
	pub async fn register_model(&self, signer: &Keypair, nonce: Option<u64>, spec: &ModelSpec) -> Result<TxInBlock> {
		let call = runtime::tx().model_registry().register(convert::to_spec(spec)?);
		self.send(signer, nonce, &call).await
	}

	/// Sets the price of a model's item.
	pub async fn set_price(
		&self,
		signer: &Keypair,
		nonce: Option<u64>,
		model: ModelId,
		price: Balance,
	) -> Result<TxInBlock> {
		self.send(signer, nonce, &runtime::tx().model_registry().set_price(model, price)).await
	}

	/// Sets where to fetch one of a model's files.
	pub async fn set_uris(
		&self,
		signer: &Keypair,
		nonce: Option<u64>,
		model: ModelId,
		file: u8,
		uris: Uris,
	) -> Result<TxInBlock> {
		let call = runtime::tx().model_registry().set_uris(model, file, convert::to_uris(uris));
		self.send(signer, nonce, &call).await
	}

	/// Retires a model: it takes no new tasks, and its bond comes back when the last is closed.
	pub async fn retire(&self, signer: &Keypair, nonce: Option<u64>, model: ModelId) -> Result<TxInBlock> {
		self.send(signer, nonce, &runtime::tx().model_registry().retire(model)).await
	}

	/// Becomes a worker with a stake on hold that serves `capacity` tasks at once, run by `owner`: by
	/// the account itself where it is `None`. `private` says whether it answers encrypted inputs, without
	/// which it cannot serve models that are asked with them.
	pub async fn join(
		&self,
		signer: &Keypair,
		nonce: Option<u64>,
		stake: Balance,
		capacity: u16,
		owner: Option<&AccountId>,
		private: bool,
	) -> Result<TxInBlock> {
		let call = runtime::tx().task_assignment().join(stake, capacity, owner.map(to_account), private);
		self.send(signer, nonce, &call).await
	}

	/// Adds to a worker's stake.
	pub async fn add_stake(&self, signer: &Keypair, nonce: Option<u64>, amount: Balance) -> Result<TxInBlock> {
		self.send(signer, nonce, &runtime::tx().task_assignment().add_stake(amount)).await
	}

	/// Takes no more tasks.
	pub async fn leave(&self, signer: &Keypair, nonce: Option<u64>) -> Result<TxInBlock> {
		self.send(signer, nonce, &runtime::tx().task_assignment().leave()).await
	}

	/// Takes back the stake of a worker that has left.
	pub async fn withdraw(&self, signer: &Keypair, nonce: Option<u64>) -> Result<TxInBlock> {
		self.send(signer, nonce, &runtime::tx().task_assignment().withdraw()).await
	}

	/// Joins a model's pool.
	pub async fn serve(&self, signer: &Keypair, nonce: Option<u64>, model: ModelId) -> Result<TxInBlock> {
		self.send(signer, nonce, &runtime::tx().task_assignment().serve(model)).await
	}

	/// Leaves a model's pool.
	pub async fn stop_serving(&self, signer: &Keypair, nonce: Option<u64>, model: ModelId) -> Result<TxInBlock> {
		self.send(signer, nonce, &runtime::tx().task_assignment().stop_serving(model)).await
	}

	/// Submits a task; its number is in [`crate::Event::TaskSubmitted`].
	pub async fn submit(&self, signer: &Keypair, nonce: Option<u64>, task: SubmitTask) -> Result<TxInBlock> {
		self.send(signer, nonce, &submit(task)).await
	}

	/// Says that this worker and others of a settled task answered falsely, with a bond; `evidence` is a
	/// hash of what proves it.
	pub async fn denounce(
		&self,
		signer: &Keypair,
		nonce: Option<u64>,
		task: TaskId,
		evidence: H256,
	) -> Result<TxInBlock> {
		self.send(signer, nonce, &runtime::tx().task_assignment().denounce(task, evidence)).await
	}

	/// Seals an answer.
	pub async fn commit(
		&self,
		signer: &Keypair,
		nonce: Option<u64>,
		task: TaskId,
		commitment: H256,
	) -> Result<TxInBlock> {
		self.send(signer, nonce, &runtime::tx().attestation().commit(task, commitment)).await
	}

	/// Opens a sealed answer.
	pub async fn reveal(
		&self,
		signer: &Keypair,
		nonce: Option<u64>,
		task: TaskId,
		salt: [u8; 32],
		digest: Digest,
		output: Payload,
	) -> Result<TxInBlock> {
		let call = runtime::tx().attestation().reveal(task, salt, digest, Static(output));
		self.send(signer, nonce, &call).await
	}

	/// Opens the chunks of a long answer that a challenge's seed chooses.
	pub async fn open_chunks(
		&self,
		signer: &Keypair,
		nonce: Option<u64>,
		task: TaskId,
		digest: Digest,
		opening: Opening,
	) -> Result<TxInBlock> {
		let call = runtime::tx().attestation().open_chunks(task, digest, Static(opening));
		self.send(signer, nonce, &call).await
	}

	/// Sends DN to another account, and keeps this one alive.
	pub async fn transfer(
		&self,
		signer: &Keypair,
		nonce: Option<u64>,
		to: &AccountId,
		amount: Balance,
	) -> Result<TxInBlock> {
		let call = runtime::tx().balances().transfer_keep_alive(to_account(to).into(), amount);
		self.send(signer, nonce, &call).await
	}
}

/// The call that submits a task.
pub(crate) fn submit(task: SubmitTask) -> StaticPayload<runtime::task_assignment::calls::Submit> {
	runtime::tx().task_assignment().submit(
		task.model,
		Static(task.input),
		task.items,
		Static(task.assurance),
		task.deadline,
		task.max_fee,
		task.seal,
	)
}
