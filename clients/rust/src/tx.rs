//! Transactions: signing, nonces, and what becomes of them.

mod anchor;
mod place;
#[cfg(test)]
mod tests;

use std::time::Duration;

use futures::{Stream, StreamExt as _};
use subxt::{
	client::OnlineClientAtBlockImpl,
	config::DefaultExtrinsicParamsBuilder,
	error::{BackendError, ExtrinsicError, RpcError},
	tx::{Payload, TransactionProgress, TransactionStatus},
};

use self::{
	anchor::{Anchor, LIFE},
	place::outcome,
};
use crate::{
	blocks::Block,
	chain_config::ChainConfig,
	client::Client,
	error::{Error, Result},
	events::Event,
	keys::Keypair,
	types::SubmitTask,
	AccountId, H256,
};

/// How often a transaction is signed anew where the node refuses its nonce as taken or its anchor as unknown, and the
/// pauses between. A chain without forks never does; after a fork the node needs a block or two to put transactions of
/// one branch into the other.
const ATTEMPTS: u32 = 8;
const PAUSE: Duration = Duration::from_secs(1);
/// How many transactions of one account may be on their way at once.
const IN_FLIGHT: usize = 256;

type Progress = TransactionProgress<ChainConfig, OnlineClientAtBlockImpl<ChainConfig>>;
type Status = TransactionStatus<ChainConfig, OnlineClientAtBlockImpl<ChainConfig>>;

/// A transaction that is in a block and succeeded there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TxInBlock {
	/// The block.
	pub block: Block,
	/// The transaction's hash.
	pub extrinsic_hash: H256,
	/// What it caused, in order.
	pub events: Vec<Event>,
	/// The last block that it can be in, should another be finalized in place of this one.
	pub until: u32,
}

/// A transaction in the node's pool.
struct Pending {
	client: Client,
	progress: Progress,
	extrinsic_hash: H256,
	until: u32,
	first: Option<Status>,
}

impl Client {
	/// For how many blocks a transaction can come into one, at most.
	pub const TRANSACTION_LIFE: u32 = LIFE;

	/// The nonce of an account's next transaction, after those in the node's pool.
	pub async fn next_nonce(&self, account: &AccountId) -> Result<u64> {
		let account = crate::convert::to_account(account);
		Ok(self.methods().system_account_next_index(&account).await?)
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
		let sender = Sender { client: self, signer, guard: None, nonce: None, anchor: None };
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
		let mut sender = Sender { client: self, signer, guard: None, nonce, anchor: None };
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
	anchor: Option<Anchor>,
}

impl Sender<'_> {
	/// Signs a call and brings it into the node's pool. A nonce that the pool refused is used again.
	async fn enter<C: Payload + Sync>(&mut self, call: &C) -> Result<Pending> {
		let is_counting = self.nonce.is_some();
		if !is_counting && self.guard.is_none() {
			self.guard = Some(self.client.lock_nonces().await);
		}
		let mut attempts = 1;
		loop {
			let nonce = match self.nonce {
				Some(nonce) => nonce,
				None => self.client.next_nonce(&self.signer.account()).await?,
			};
			match self.enter_with(nonce, call).await {
				// What the pool refused at once went nowhere, so that it cannot come into a block twice.
				Err(error) if error.is_anchor_unknown() && attempts < ATTEMPTS => self.anchor = None,
				Err(error) if error.is_nonce_taken() && !is_counting && attempts < ATTEMPTS => {},
				Err(error @ Error::Lost { .. }) => {
					// Whether its nonce is taken is for the node to say.
					self.nonce = None;
					return Err(error);
				},
				entered => return entered,
			}
			attempts += 1;
			tokio::time::sleep(PAUSE).await;
		}
	}

	/// Signs a call with this nonce and brings it into the node's pool.
	async fn enter_with<C: Payload + Sync>(&mut self, nonce: u64, call: &C) -> Result<Pending> {
		let anchor = match self.anchor.take().filter(Anchor::is_fresh) {
			Some(anchor) => self.anchor.insert(anchor),
			None => self.anchor.insert(Anchor::find(self.client).await?),
		};
		let until = anchor.until();
		let params = DefaultExtrinsicParamsBuilder::new()
			.nonce(nonce)
			.mortal_from_unchecked(LIFE.into(), anchor.block.number.into(), anchor.block.hash)
			.build();
		let transaction = anchor.at.tx().create_signable_offline(call, params)?.sign(self.signer)?;
		let extrinsic_hash = transaction.hash();
		let mut progress = transaction.submit_and_watch().await.map_err(|error| match refusal(error) {
			error @ Error::Refused { .. } => error,
			// It may have arrived before the connection broke.
			error => Error::Lost { extrinsic_hash, until, reason: error.to_string() },
		})?;
		let first = next_status(&mut progress, extrinsic_hash, until).await?;
		self.nonce = Some(nonce.saturating_add(1));
		Ok(Pending { client: self.client.clone(), progress, extrinsic_hash, until, first: Some(first) })
	}
}

impl Pending {
	/// Waits until the transaction is in a best block, and reads what it did there.
	async fn included(mut self) -> Result<TxInBlock> {
		let Self { extrinsic_hash, until, .. } = self;
		loop {
			let status = match self.first.take() {
				Some(status) => status,
				None => next_status(&mut self.progress, extrinsic_hash, until).await.map_err(|error| match error {
					// It has been in the pool, and so may be in those of other nodes.
					Error::Refused { reason } => Error::Lost { extrinsic_hash, until, reason },
					error => error,
				})?,
			};
			let (TransactionStatus::InBestBlock(place) | TransactionStatus::InFinalizedBlock(place)) = &status else {
				continue;
			};
			match outcome(&self.client, extrinsic_hash, until, place).await {
				// The block has been replaced before it could be read: the transaction will be in another.
				Err(Error::UnknownBlock(_)) if matches!(status, TransactionStatus::InBestBlock(_)) => {},
				outcome @ (Ok(_) | Err(Error::Dispatch(_))) => return outcome,
				Err(error) => {
					let reason = format!(
						"it is in block {:?}, and what it did there cannot be read: {error}",
						place.block_hash()
					);
					return Err(Error::Lost { extrinsic_hash, until, reason });
				},
			}
		}
	}
}

/// The next thing that the node says about a transaction, where it is not its end.
async fn next_status(progress: &mut Progress, extrinsic_hash: H256, until: u32) -> Result<Status> {
	let lost = |reason: String| Error::Lost { extrinsic_hash, until, reason };
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
