//! Sends transactions, and sees each of them to its end.
//!
//! A transaction is on disk before it is sent, so that a relayer that is killed at any moment knows what is on its
//! way. One that waits too long is replaced by the same with a better offer, or, where it is of no use any more, by one that does
//! nothing.

use std::time::{SystemTime, UNIX_EPOCH};

use alloy::{
	eips::{eip2718::Encodable2718 as _, BlockNumberOrTag},
	network::{EthereumWallet, NetworkTransactionBuilder as _, TransactionBuilder as _},
	primitives::{Address, Bytes, TxHash, U256},
	rpc::types::TransactionRequest,
	signers::local::PrivateKeySigner,
};
use futures::{StreamExt as _, TryStreamExt as _};

use super::{
	fees::{Fees, Policy, TooDear},
	pending::{decide, next_nonce, refusal, Decision, Pending, Purpose, Refusal, Seen},
	questions::AT_ONCE,
	Base, BaseError, Finality, Outcome,
};
use crate::{
	metrics::Metrics,
	store::{Store, StoreError},
};

/// The gas of a transaction that does nothing.
const NOTHING: u64 = 21_000;

/// Why a transaction is not sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
	/// Base does not answer, or a contract refuses it.
	#[error(transparent)]
	Base(#[from] BaseError),
	/// Gas is too dear.
	#[error(transparent)]
	TooDear(#[from] TooDear),
	/// It cannot be kept.
	#[error(transparent)]
	Store(#[from] StoreError),
	/// The account cannot pay for it.
	#[error("the account {account} has {funds} wei, and the transaction may cost {needed}: send it ether on Base")]
	Funds {
		/// The account.
		account: Address,
		/// What it has.
		funds: U256,
		/// What the transaction may cost.
		needed: U256,
	},
	/// The key does not sign.
	#[error("the key does not sign: {0}")]
	Signing(String),
}

/// The operator's rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
	/// What is offered for gas.
	pub fees: Policy,
	/// When a transaction is over.
	pub finality: Finality,
	/// After how many seconds it is stuck.
	pub patience: u64,
	/// How much more gas than estimated it may use, in percent.
	pub spare_gas: u64,
}

/// A transaction that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concluded {
	/// What it was for.
	pub purpose: Purpose,
	/// What came of it.
	pub outcome: Outcome,
}

/// Sends the transactions of one account.
#[derive(Clone, Debug)]
pub struct Sender {
	base: Base,
	account: Address,
	wallet: EthereumWallet,
	rules: Rules,
	metrics: Metrics,
}

impl Sender {
	/// Sends the transactions of a key's account.
	pub fn new(base: Base, key: PrivateKeySigner, rules: Rules, metrics: Metrics) -> Self {
		let account = key.address();
		Self { base, account, wallet: EthereumWallet::new(key), rules, metrics }
	}

	/// The account.
	pub const fn account(&self) -> Address {
		self.account
	}

	/// How many transactions wait for a block.
	pub fn waiting(store: &Store) -> usize {
		store.progress().pending.iter().filter(|pending| !pending.mined).count()
	}

	/// Takes up the transactions that the node has and the store has not, such as after the loss of a disk: each
	/// is waited for, and at last replaced by nothing.
	pub async fn recover(&self, store: &mut Store) -> Result<(), SendError> {
		let (mined, pooled) = self.base.nonces(self.account).await?;
		let known: Vec<u64> = store.progress().pending.iter().map(|pending| pending.nonce).collect();
		let unknown: Vec<u64> = (mined..pooled).filter(|nonce| !known.contains(nonce)).collect();
		if unknown.is_empty() {
			return Ok(());
		}
		tracing::warn!(?unknown, "the node has transactions of this account that this relayer does not know");
		let sent = now();
		let forgotten = |nonce| Pending {
			nonce,
			purpose: Purpose::Nothing,
			to: self.account,
			data: Bytes::new(),
			gas: NOTHING,
			fees: Fees::default(),
			hashes: Vec::new(),
			raw: Bytes::new(),
			sent,
			mined: false,
		};
		store.change(|progress| {
			progress.pending.extend(unknown.into_iter().map(forgotten));
			progress.pending.sort_by_key(|pending| pending.nonce);
		})?;
		Ok(())
	}

	/// Sends a call, if the contract would take it now.
	pub async fn send(
		&self,
		store: &mut Store,
		purpose: Purpose,
		to: Address,
		data: Bytes,
	) -> Result<TxHash, SendError> {
		let gas = self.estimate(to, &data, purpose).await?;
		let fees = self.rules.fees.first(self.base.market().await?)?;
		self.check_funds(gas, fees).await?;
		let (mined, _) = self.base.nonces(self.account).await?;
		let nonce = next_nonce(mined, &store.progress().pending);
		let unsigned = Pending {
			nonce,
			purpose,
			to,
			data,
			gas,
			fees,
			hashes: Vec::new(),
			raw: Bytes::new(),
			sent: now(),
			mined: false,
		};
		let pending = self.sign(unsigned).await?;
		let hash = pending.hashes.last().copied().unwrap_or_default();
		store.change(|progress| progress.pending.push(pending.clone()))?;
		tracing::info!(?purpose, nonce, %hash, gas, max_fee = fees.most, tip = fees.tip, "sending");
		self.broadcast(store, &pending).await?;
		self.metrics.sent(purpose);
		Ok(hash)
	}

	/// Looks after the transactions on their way, and returns those that are over.
	pub async fn attend(&self, store: &mut Store) -> Result<Vec<Concluded>, SendError> {
		let mut concluded = Vec::new();
		if store.progress().pending.is_empty() {
			return Ok(concluded);
		}
		let settled = self.settled().await?;
		let (mined, _) = self.base.nonces(self.account).await?;
		// There are many where they take long to be final.
		let pending = store.progress().pending.clone();
		let seen = futures::stream::iter(&pending).map(|pending| self.seen(pending, mined)).buffered(AT_ONCE);
		let seen: Vec<Seen> = seen.try_collect().await?;
		for (pending, seen) in pending.into_iter().zip(seen) {
			let is_mined = matches!(seen, Seen::Mined(_));
			if is_mined != pending.mined {
				change(store, pending.nonce, |pending| pending.mined = is_mined)?;
			}
			match decide(&pending, seen, settled, now(), self.rules.patience) {
				Decision::Wait => {},
				Decision::Conclude(outcome) => {
					forget(store, pending.nonce)?;
					self.metrics.concluded(pending.purpose, &outcome);
					let Outcome { block, succeeded, gas, .. } = outcome;
					let (purpose, nonce) = (pending.purpose, pending.nonce);
					if succeeded {
						tracing::info!(?purpose, nonce, block, gas, "done");
					} else {
						tracing::warn!(
							?purpose,
							nonce,
							block,
							gas,
							"it came to nothing: another was first, or the state changed"
						);
					}
					concluded.push(Concluded { purpose, outcome });
				},
				Decision::Forget => {
					tracing::warn!(purpose = ?pending.purpose, nonce = pending.nonce, "another transaction has its number");
					forget(store, pending.nonce)?;
				},
				Decision::SendAgain => self.broadcast(store, &pending).await?,
				Decision::Replace => match self.replace(store, pending).await {
					Err(SendError::TooDear(dear)) => tracing::warn!("a stuck transaction waits on: {dear}"),
					replaced => replaced?,
				},
			}
		}
		Ok(concluded)
	}

	/// The latest block that counts as unchangeable.
	async fn settled(&self) -> Result<u64, SendError> {
		let (tag, behind) = match self.rules.finality {
			Finality::Blocks(blocks) => (BlockNumberOrTag::Latest, blocks),
			Finality::Safe => (BlockNumberOrTag::Safe, 0),
			Finality::Finalized => (BlockNumberOrTag::Finalized, 0),
		};
		let block = self.base.block(tag).await?;
		Ok(block.map(|block| block.number.saturating_sub(behind)).unwrap_or_default())
	}

	/// What the node says of a transaction, whichever of its offers was taken.
	async fn seen(&self, pending: &Pending, mined: u64) -> Result<Seen, SendError> {
		for hash in pending.hashes.iter().rev() {
			if let Some(outcome) = self.base.outcome(*hash).await? {
				return Ok(Seen::Mined(outcome));
			}
		}
		if pending.nonce < mined {
			return Ok(Seen::Superseded);
		}
		match pending.hashes.last() {
			// One that an earlier process has forgotten: it was there when this one began.
			None => Ok(Seen::Waiting),
			Some(hash) if self.base.knows(*hash).await? => Ok(Seen::Waiting),
			Some(_) => Ok(Seen::Missing),
		}
	}

	/// Sends a stuck transaction with a better offer, or nothing in its place where it is of no use any more.
	async fn replace(&self, store: &mut Store, stuck: Pending) -> Result<(), SendError> {
		let fees = self.rules.fees.replacement(stuck.fees, self.base.market().await?)?;
		let mut next = Pending { fees, sent: now(), ..stuck };
		if next.purpose != Purpose::Nothing {
			match self.estimate(next.to, &next.data, next.purpose).await {
				Ok(gas) => next.gas = gas,
				Err(SendError::Base(error)) if error.is_revert() => {
					tracing::info!(purpose = ?next.purpose, nonce = next.nonce, %error, "a stuck transaction is of no use any more");
					next = Pending {
						purpose: Purpose::Nothing,
						to: self.account,
						data: Bytes::new(),
						gas: NOTHING,
						..next
					};
				},
				Err(error) => return Err(error),
			}
		}
		let next = self.sign(next).await?;
		tracing::warn!(purpose = ?next.purpose, nonce = next.nonce, max_fee = fees.most, tip = fees.tip, "replacing a stuck transaction");
		change(store, next.nonce, |pending| *pending = next.clone())?;
		self.metrics.replaced.inc();
		self.broadcast(store, &next).await
	}

	async fn estimate(&self, to: Address, data: &Bytes, purpose: Purpose) -> Result<u64, SendError> {
		let request = TransactionRequest::default().with_from(self.account).with_to(to).with_input(data.clone());
		let gas = self.base.estimate(request, purpose.name()).await?;
		Ok(gas.saturating_add(gas.saturating_mul(self.rules.spare_gas) / 100))
	}

	async fn check_funds(&self, gas: u64, fees: Fees) -> Result<(), SendError> {
		let needed = U256::from(fees.most).saturating_mul(U256::from(gas));
		let funds = self.base.funds(self.account).await?;
		self.metrics.funds.set(f64::from(funds) / 1e18);
		if funds < needed {
			return Err(SendError::Funds { account: self.account, funds, needed });
		}
		Ok(())
	}

	async fn sign(&self, mut pending: Pending) -> Result<Pending, SendError> {
		let request = TransactionRequest::default()
			.with_chain_id(self.base.contracts.chain_id)
			.with_nonce(pending.nonce)
			.with_to(pending.to)
			.with_input(pending.data.clone())
			.with_gas_limit(pending.gas)
			.with_max_fee_per_gas(pending.fees.most)
			.with_max_priority_fee_per_gas(pending.fees.tip);
		let signed = request.build(&self.wallet).await.map_err(|error| SendError::Signing(error.to_string()))?;
		pending.raw = signed.encoded_2718().into();
		pending.hashes.push(*signed.tx_hash());
		Ok(pending)
	}

	/// Hands a transaction to the node. Where the node is not reached the transaction stays, to be sent again.
	async fn broadcast(&self, store: &mut Store, pending: &Pending) -> Result<(), SendError> {
		let Err(error) = self.base.send_raw(&pending.raw).await else { return Ok(()) };
		let BaseError::Refused { reason, .. } = &error else { return Err(error.into()) };
		match refusal(reason) {
			Refusal::Known => return Ok(()),
			// It is seen at the next look what has the number.
			Refusal::NonceUsed => {},
			// What waits there is not known here: it is waited for, and outbid at last.
			Refusal::Underpriced => {
				tracing::warn!(nonce = pending.nonce, reason, "a transaction of this number offers more")
			},
			// It never gets there as it is, and no other may have to wait for it.
			Refusal::Funds | Refusal::Other => forget(store, pending.nonce)?,
		}
		Err(error.into())
	}
}

fn change(store: &mut Store, nonce: u64, change: impl FnOnce(&mut Pending)) -> Result<(), StoreError> {
	store.change(|progress| {
		if let Some(pending) = progress.pending.iter_mut().find(|pending| pending.nonce == nonce) {
			change(pending);
		}
	})
}

fn forget(store: &mut Store, nonce: u64) -> Result<(), StoreError> {
	store.change(|progress| progress.pending.retain(|pending| pending.nonce != nonce))
}

/// Seconds since 1970.
fn now() -> u64 {
	SystemTime::now().duration_since(UNIX_EPOCH).map(|since| since.as_secs()).unwrap_or_default()
}
