//! Transactions: signing, nonces, and what becomes of them.

use std::time::Duration;

use futures::{Stream, StreamExt as _};
use subxt::{
	client::OnlineClientAtBlockImpl,
	config::{DefaultExtrinsicParamsBuilder, SubstrateConfig},
	error::{BackendError, ExtrinsicError, RpcError, TransactionEventsError},
	tx::{Payload, TransactionInBlock, TransactionProgress, TransactionStatus},
};

use crate::{
	blocks::Block,
	client::{At, Client},
	error::{Error, Result},
	events::Event,
	keys::Keypair,
	types::SubmitTask,
	AccountId, H256,
};

/// How many blocks a transaction stays valid for after the latest finalized one.
const MORTALITY: u64 = 64;
/// How often a nonce is asked for where the node gives one that is taken, and the pauses between. A chain without
/// forks never does; after a fork the node needs a block or two to put transactions of one branch into the other.
const NONCE_ATTEMPTS: u32 = 8;
const NONCE_PAUSE: Duration = Duration::from_secs(1);
/// How many transactions of one account may be on their way at once.
const IN_FLIGHT: usize = 256;

type Progress = TransactionProgress<SubstrateConfig, OnlineClientAtBlockImpl<SubstrateConfig>>;
type Place = TransactionInBlock<SubstrateConfig, OnlineClientAtBlockImpl<SubstrateConfig>>;
type Status = TransactionStatus<SubstrateConfig, OnlineClientAtBlockImpl<SubstrateConfig>>;

/// A transaction that is in a block and succeeded there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TxInBlock {
	/// The block.
	pub block: Block,
	/// The transaction's hash.
	pub extrinsic_hash: H256,
	/// What it caused, in order.
	pub events: Vec<Event>,
}

/// A transaction in the node's pool.
struct Pending {
	client: Client,
	progress: Progress,
	extrinsic_hash: H256,
	first: Option<Status>,
}

impl Client {
	/// The nonce of an account's next transaction, after those in the node's pool.
	pub async fn next_nonce(&self, account: &AccountId) -> Result<u64> {
		let account = crate::convert::to_account(account);
		Ok(self.methods().system_account_next_index(&account).await?)
	}

	/// Waits until a transaction's block is finalized. `None` where another block was finalized in its
	/// place: the transaction may come again in a later one.
	pub async fn finalized(&self, transaction: &TxInBlock) -> Result<Option<Block>> {
		let mut blocks = self.finalized_blocks();
		while let Some(block) = blocks.next().await {
			if block?.number >= transaction.block.number {
				let block = self.block_at(transaction.block.number).await?;
				return Ok(block.filter(|block| *block == transaction.block));
			}
		}
		Ok(None)
	}

	/// Submits many tasks without waiting for one before the next, and returns what became of each, in
	/// their order.
	pub async fn submit_many(&self, signer: &Keypair, tasks: Vec<SubmitTask>) -> Vec<Result<TxInBlock>> {
		let mut done: Vec<_> = self.submit_stream(signer, tasks).collect().await;
		done.sort_unstable_by_key(|(at, _)| *at);
		done.into_iter().map(|(_, result)| result).collect()
	}

	/// Like [`Self::submit_many`], but yields each task's place and result as it is included.
	pub fn submit_stream<'a>(
		&'a self,
		signer: &'a Keypair,
		tasks: Vec<SubmitTask>,
	) -> impl Stream<Item = (usize, Result<TxInBlock>)> + Send + 'a {
		let sender = Sender { client: self, signer, guard: None, nonce: None, at: None };
		let calls = tasks.into_iter().enumerate();
		let entered = futures::stream::unfold((sender, calls), |(mut sender, mut calls)| async move {
			let (at, task) = calls.next()?;
			let pending = sender.enter(&crate::calls::submit(task)).await;
			Some(((at, pending), (sender, calls)))
		});
		entered
			.map(|(at, pending)| async move {
				match pending {
					Ok(pending) => (at, pending.included().await),
					Err(error) => (at, Err(error)),
				}
			})
			.buffer_unordered(IN_FLIGHT)
	}

	/// Signs a call, sends it, and waits until it is in a best block.
	pub(crate) async fn send<C>(&self, signer: &Keypair, nonce: Option<u64>, call: &C) -> Result<TxInBlock>
	where
		C: Payload + Sync,
	{
		let mut sender = Sender { client: self, signer, guard: None, nonce, at: None };
		let pending = sender.enter(call).await?;
		drop(sender);
		pending.included().await
	}
}

/// Sends transactions of one account, one nonce after the other. Where it chooses the first nonce
/// itself nobody else of this client chooses one before it is dropped.
struct Sender<'a> {
	client: &'a Client,
	signer: &'a Keypair,
	guard: Option<tokio::sync::MutexGuard<'a, ()>>,
	nonce: Option<u64>,
	at: Option<At>,
}

impl Sender<'_> {
	/// Signs a call and brings it into the node's pool. A nonce that the pool refused is used again.
	async fn enter<C: Payload + Sync>(&mut self, call: &C) -> Result<Pending> {
		if let Some(nonce) = self.nonce {
			return self.enter_with(nonce, call).await;
		}
		if self.guard.is_none() {
			self.guard = Some(self.client.lock_nonces().await);
		}
		let mut attempts = 1;
		loop {
			let nonce = self.client.next_nonce(&self.signer.account()).await?;
			match self.enter_with(nonce, call).await {
				Err(error) if error.is_nonce_taken() && attempts < NONCE_ATTEMPTS => attempts += 1,
				entered => return entered,
			}
			tokio::time::sleep(NONCE_PAUSE).await;
		}
	}

	/// Signs a call with this nonce and brings it into the node's pool.
	async fn enter_with<C: Payload + Sync>(&mut self, nonce: u64, call: &C) -> Result<Pending> {
		let at = match &self.at {
			Some(at) => at,
			None => self.at.insert(self.client.api().at_current_block().await?),
		};
		let params = DefaultExtrinsicParamsBuilder::new()
			.nonce(nonce)
			.mortal_from_unchecked(MORTALITY, at.block_number(), at.block_hash())
			.build();
		let transaction = at.tx().create_signable_offline(call, params)?.sign(self.signer.signer())?;
		let extrinsic_hash = transaction.hash();
		let mut progress = transaction.submit_and_watch().await.map_err(|error| match refusal(error) {
			// It may have arrived before the connection broke.
			error @ Error::Disconnected => Error::Lost { extrinsic_hash, reason: error.to_string() },
			error => error,
		})?;
		let first = next_status(&mut progress, extrinsic_hash).await?;
		self.nonce = Some(nonce.saturating_add(1));
		Ok(Pending { client: self.client.clone(), progress, extrinsic_hash, first: Some(first) })
	}
}

impl Pending {
	/// Waits until the transaction is in a best block, and reads what it did there.
	async fn included(mut self) -> Result<TxInBlock> {
		loop {
			let status = match self.first.take() {
				Some(status) => status,
				None => next_status(&mut self.progress, self.extrinsic_hash).await?,
			};
			let (TransactionStatus::InBestBlock(place) | TransactionStatus::InFinalizedBlock(place)) = &status else {
				continue;
			};
			match outcome(&self.client, self.extrinsic_hash, place).await {
				// The block has been replaced before it could be read: the transaction will be in another.
				Err(Error::UnknownBlock(_)) if matches!(status, TransactionStatus::InBestBlock(_)) => {},
				outcome => return outcome,
			}
		}
	}
}

/// What a transaction did in its block.
async fn outcome(client: &Client, extrinsic_hash: H256, place: &Place) -> Result<TxInBlock> {
	let events = place.wait_for_success().await.map_err(|error| match error {
		TransactionEventsError::ExtrinsicFailed(error) => Error::Dispatch(error.into()),
		TransactionEventsError::BlockNotFound { block_hash }
		| TransactionEventsError::CannotFindTransactionInBlock { block_hash, .. } => {
			Error::UnknownBlock(block_hash.to_string())
		},
		error => error.into(),
	})?;
	let events = events.iter().map(|event| Ok(Event::read(&event?))).collect::<Result<_>>()?;
	let at = client.at(Some(place.block_hash())).await?;
	let block = Block { number: crate::client::number(at.block_number()), hash: place.block_hash() };
	Ok(TxInBlock { block, extrinsic_hash, events })
}

/// The next thing that the node says about a transaction, where it is not its end.
async fn next_status(progress: &mut Progress, extrinsic_hash: H256) -> Result<Status> {
	let lost = |reason: String| Error::Lost { extrinsic_hash, reason };
	match progress.next().await {
		Some(Ok(
			TransactionStatus::Error { message }
			| TransactionStatus::Invalid { message }
			| TransactionStatus::Dropped { message },
		)) => Err(Error::Refused { reason: message }),
		Some(Ok(status)) => Ok(status),
		Some(Err(error)) => Err(lost(Error::from(error).to_string())),
		None => Err(lost("the node ended the subscription".into())),
	}
}

/// What the node says about a transaction that it does not take.
fn refusal(error: ExtrinsicError) -> Error {
	match error {
		ExtrinsicError::ErrorSubmittingTransaction(BackendError::Rpc(RpcError::ClientError(
			subxt::rpcs::Error::User(error),
		))) => {
			let detail = error.data.map(|data| format!(": {}", data.get().trim_matches('"'))).unwrap_or_default();
			Error::Refused { reason: format!("{}{detail}", error.message) }
		},
		error => error.into(),
	}
}
