//! Base: its contracts, questions to them, and the transactions that change them.

pub mod abi;
pub mod deployment;
mod error;
pub mod fees;
mod finality;
pub mod key;
#[cfg(test)]
pub(crate) mod mock;
pub mod pending;
mod questions;
pub mod sender;

use std::{future::IntoFuture as _, time::Duration};

use alloy::{
	consensus::BlockHeader as _,
	eips::BlockNumberOrTag,
	network::TransactionBuilder as _,
	primitives::{Bytes, TxHash, U256},
	providers::{Provider as _, ProviderBuilder, RootProvider},
	rpc::types::{Filter, TransactionRequest},
	sol_types::SolEvent as _,
	transports::{http::reqwest, RpcError, TransportError},
};
use deepnode_primitives::{bridge::AuthoritySet, Balance};
use sp_core::H256;
use url::Url;

use crate::plan::LightClient;

pub use alloy::{
	eips::BlockId,
	primitives::{Address, B256},
	sol_types::SolCall,
};
pub use deployment::Deployment;
pub use error::{BaseError, Result};
pub use finality::Finality;

/// How long one request may take.
const REQUEST: Duration = Duration::from_secs(20);
/// How long a connection may take to open.
const CONNECT: Duration = Duration::from_secs(5);
/// Over how many of the latest blocks the usual tip is taken.
const TIP_BLOCKS: u64 = 10;
/// Which part of the gas in a block tips less, in percent.
const TIP_PERCENTILE: f64 = 30.0;

/// The contracts on Base through one endpoint. Clones share its connections.
#[derive(Clone, Debug)]
pub struct Base {
	provider: RootProvider,
	endpoint: String,
	/// Where the contracts are.
	pub contracts: Deployment,
}

/// What a block on Base says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BaseBlock {
	/// Its number.
	pub number: u64,
	/// Its time, in seconds.
	pub time: u64,
}

/// What has become of a transaction that is in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
	/// The block.
	pub block: u64,
	/// Whether it did what it was for.
	pub succeeded: bool,
	/// How much gas it used.
	pub gas: u64,
	/// What a unit of gas was paid with, in wei.
	pub price: u128,
}

/// What the light client took in some blocks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
	/// The blocks of the commitments and their roots, in the order in which it took them.
	pub commitments: Vec<(u32, H256)>,
	/// Whether it began there, so that there is nothing before.
	pub begins: bool,
}

/// What has become of a message on Base.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MessageStatus {
	/// It has not been delivered.
	Unknown,
	/// It has taken effect.
	Done,
	/// It waits for the rate limit.
	Queued,
	/// Its effect failed, and can be tried again.
	Failed,
	/// Its effect cannot ever happen.
	Refused,
}

impl MessageStatus {
	/// Its name for people and programs.
	pub const fn name(self) -> &'static str {
		match self {
			Self::Unknown => "not delivered",
			Self::Done => "done",
			Self::Queued => "queued",
			Self::Failed => "failed",
			Self::Refused => "refused",
		}
	}

	const fn from_number(number: u8) -> Option<Self> {
		Some(match number {
			0 => Self::Unknown,
			1 => Self::Done,
			2 => Self::Queued,
			3 => Self::Failed,
			4 => Self::Refused,
			_ => return None,
		})
	}
}

impl Base {
	/// Connects to an endpoint of the chain that the contracts are on.
	pub async fn connect(url: &Url, contracts: Deployment) -> Result<Self> {
		let endpoint = shown(url);
		let unreachable = |reason: String| BaseError::Unreachable { endpoint: endpoint.clone(), what: "", reason };
		let client = reqwest::Client::builder().timeout(REQUEST).connect_timeout(CONNECT).build();
		let client = client.map_err(|error| unreachable(error.to_string()))?;
		let provider = ProviderBuilder::new().disable_recommended_fillers().connect_reqwest(client, url.clone());
		let base = Self { provider, endpoint, contracts };
		let found = base.provider.get_chain_id().await.map_err(|error| base.failed("eth_chainId", error))?;
		let expected = base.contracts.chain_id;
		if found != expected {
			return Err(BaseError::OtherChain { endpoint: base.endpoint, found, expected });
		}
		Ok(base)
	}

	/// The endpoint, without what may be a secret in its path.
	pub fn endpoint(&self) -> &str {
		&self.endpoint
	}

	/// The block of a tag or number; `None` where there is none yet.
	pub async fn block(&self, at: BlockNumberOrTag) -> Result<Option<BaseBlock>> {
		let block = self.provider.get_block_by_number(at).await;
		let block = block.map_err(|error| self.failed("eth_getBlockByNumber", error))?;
		Ok(block.map(|block| BaseBlock { number: block.header.number(), time: block.header.timestamp() }))
	}

	/// What the light client knows in a block.
	pub async fn light_client(&self, at: BlockId) -> Result<LightClient> {
		let contract = self.contracts.beefy_client;
		let latest = self.ask(contract, abi::IBeefyClient::latestBlockCall {}, "latestBlock", at);
		let current = self.ask(contract, abi::IBeefyClient::currentSetCall {}, "currentSet", at);
		let next = self.ask(contract, abi::IBeefyClient::nextSetCall {}, "nextSet", at);
		let (latest, current, next) = futures::try_join!(latest, current, next)?;
		let set = |id, len, root: B256| AuthoritySet { id, len, root: H256(root.0) };
		Ok(LightClient {
			latest,
			current: set(current.id, current.len, current.root),
			next: set(next.id, next.len, next.root),
		})
	}

	/// The root that the light client has for a block; `None` where it is not among the last.
	pub async fn root_at(&self, block: u32, at: BlockId) -> Result<Option<H256>> {
		let call = abi::IBeefyClient::rootAtCall { blockNumber: block };
		let root = self.ask(self.contracts.beefy_client, call, "rootAt", at).await?;
		Ok(Some(H256(root.0)).filter(|root| !root.is_zero()))
	}

	/// Whether the light client knows the addresses of a set already.
	pub async fn is_list_stored(&self, set: &AuthoritySet) -> Result<bool> {
		let call = abi::IBeefyClient::isListStoredCall { setRoot: set.root.0.into() };
		self.ask(self.contracts.beefy_client, call, "isListStored", BlockId::latest()).await
	}

	/// What has become of a message.
	pub async fn status_of(&self, nonce: u64, at: BlockId) -> Result<MessageStatus> {
		let (contract, what) = (self.contracts.gateway, "statusOf");
		let status = self.ask(contract, abi::IGateway::statusOfCall { nonce }, what, at).await?;
		MessageStatus::from_number(status).ok_or(BaseError::NoContract { contract, what })
	}

	/// Whether a claim has been paid.
	pub async fn is_claimed(&self, epoch: u64, index: u32) -> Result<bool> {
		let call = abi::ISettlement::isClaimedCall { epoch, index };
		self.ask(self.contracts.settlement, call, "isClaimed", BlockId::latest()).await
	}

	/// What of a settlement has been claimed, in DN's smallest unit.
	pub async fn claimed(&self, epoch: u64, at: BlockId) -> Result<Balance> {
		let call = abi::ISettlement::paidCall { epoch };
		Ok(self.ask(self.contracts.settlement, call, "paid", at).await?.saturating_to())
	}

	/// What an account has, in DN's smallest unit.
	pub async fn balance_of(&self, account: Address, at: BlockId) -> Result<Balance> {
		let balance = self.ask(self.contracts.token, abi::IToken::balanceOfCall { account }, "balanceOf", at).await?;
		Ok(balance.saturating_to())
	}

	/// What the vault holds.
	pub async fn vault(&self, at: BlockId) -> Result<Balance> {
		self.balance_of(self.contracts.gateway, at).await
	}

	/// What of it waits for the rate limit.
	pub async fn queued(&self, at: BlockId) -> Result<Balance> {
		Ok(self.ask(self.contracts.gateway, abi::IGateway::queueCall {}, "queue", at).await?.total)
	}

	/// Whether something waits for the rate limit and the first of it can be paid, as far as it ever can at once.
	pub async fn payable_queue(&self) -> Result<bool> {
		let (gateway, at) = (self.contracts.gateway, BlockId::latest());
		let queue = self.ask(gateway, abi::IGateway::queueCall {}, "queue", at).await?;
		if queue.head == queue.tail {
			return Ok(false);
		}
		let first = self.ask(gateway, abi::IGateway::queuedCall { place: queue.head }, "queued", at).await?;
		let limit = self.ask(gateway, abi::IGateway::limitCall {}, "limit", at).await?;
		let available = self.ask(gateway, abi::IGateway::availableCall {}, "available", at).await?;
		Ok(available.to::<u128>() >= first.amount.min(limit.capacity.to()))
	}

	/// What the light client took in these blocks.
	pub async fn history(&self, from: u64, to: u64) -> Result<History> {
		use abi::IBeefyClient::{CommitmentAccepted, Initialized};
		let filter = Filter::new()
			.address(self.contracts.beefy_client)
			.event_signature(vec![CommitmentAccepted::SIGNATURE_HASH, Initialized::SIGNATURE_HASH])
			.from_block(from)
			.to_block(to);
		let logs = self.provider.get_logs(&filter).await.map_err(|error| self.failed("eth_getLogs", error))?;
		let mut history = History::default();
		for log in logs {
			if let Ok(taken) = log.log_decode::<CommitmentAccepted>() {
				history.commitments.push((taken.inner.blockNumber, H256(taken.inner.mmrRoot.0)));
			}
			// An upgrade may bring another version, and is no beginning.
			history.begins |= log.log_decode::<Initialized>().is_ok_and(|begun| begun.inner.version == 1);
		}
		Ok(history)
	}

	/// What an account has to pay gas with, in wei.
	pub async fn funds(&self, account: Address) -> Result<U256> {
		let balance = self.provider.get_balance(account).await;
		balance.map_err(|error| self.failed("eth_getBalance", error))
	}

	/// Has the receipt verifier check a receipt: true, or an error that says why not.
	pub async fn verify_receipt(&self, receipt: abi::Receipt, proof: abi::InclusionProof) -> Result<bool> {
		let call = abi::IReceiptVerifier::verifyReceiptCall { receipt, proof };
		self.ask(self.contracts.receipt_verifier, call, "verifyReceipt", BlockId::latest()).await
	}

	/// Asks a contract.
	async fn ask<C: SolCall>(&self, contract: Address, call: C, what: &'static str, at: BlockId) -> Result<C::Return> {
		let request = TransactionRequest::default().with_to(contract).with_call(&call);
		let answer = self.provider.call(request).block(at).await;
		let answer = answer.map_err(|error| self.called(contract, what, error))?;
		C::abi_decode_returns(&answer).map_err(|_| BaseError::NoContract { contract, what })
	}

	/// How much gas a call would use; an error where the contract refuses it.
	pub(crate) async fn estimate(&self, request: TransactionRequest, what: &'static str) -> Result<u64> {
		let contract = request.to.and_then(|to| to.to().copied()).unwrap_or_default();
		let estimate = self.provider.estimate_gas(request).await;
		estimate.map_err(|error| self.called(contract, what, error))
	}

	/// What gas costs now.
	pub(crate) async fn market(&self) -> Result<fees::Market> {
		let history = self.provider.get_fee_history(TIP_BLOCKS, BlockNumberOrTag::Latest, &[TIP_PERCENTILE]).await;
		let history = history.map_err(|error| self.failed("eth_feeHistory", error))?;
		let mut tips: Vec<u128> = history.reward.iter().flatten().flatten().copied().collect();
		tips.sort_unstable();
		let base = history.base_fee_per_gas.last().copied().unwrap_or_default();
		Ok(fees::Market { base, tip: tips.get(tips.len() / 2).copied().unwrap_or_default() })
	}

	/// How many transactions of an account are in blocks, and how many with those that the node knows besides.
	pub(crate) async fn nonces(&self, account: Address) -> Result<(u64, u64)> {
		let mined = self.provider.get_transaction_count(account).latest();
		let pooled = self.provider.get_transaction_count(account).pending();
		let both = futures::try_join!(mined.into_future(), pooled.into_future());
		both.map_err(|error| self.failed("eth_getTransactionCount", error))
	}

	/// What has become of a transaction that is in a block; `None` where it is in none.
	pub(crate) async fn outcome(&self, hash: TxHash) -> Result<Option<Outcome>> {
		let receipt = self.provider.get_transaction_receipt(hash).await;
		let receipt = receipt.map_err(|error| self.failed("eth_getTransactionReceipt", error))?;
		Ok(receipt.and_then(|receipt| {
			Some(Outcome {
				block: receipt.block_number?,
				succeeded: receipt.status(),
				gas: receipt.gas_used,
				price: receipt.effective_gas_price,
			})
		}))
	}

	/// Whether the node knows a transaction.
	pub(crate) async fn knows(&self, hash: TxHash) -> Result<bool> {
		let transaction = self.provider.get_transaction_by_hash(hash).await;
		Ok(transaction.map_err(|error| self.failed("eth_getTransactionByHash", error))?.is_some())
	}

	/// Sends a signed transaction.
	pub(crate) async fn send_raw(&self, raw: &Bytes) -> Result<()> {
		let sent = self.provider.send_raw_transaction(raw).await;
		sent.map(drop).map_err(|error| self.failed("eth_sendRawTransaction", error))
	}

	/// An error of a request that calls a contract.
	fn called(&self, contract: Address, what: &'static str, error: TransportError) -> BaseError {
		let refused = error.as_error_resp().and_then(|response| match response.as_revert_data() {
			Some(data) if !data.is_empty() => Some(abi::reason(&data)),
			_ if response.message.contains("revert") => Some(response.message.to_string()),
			_ => None,
		});
		match refused {
			Some(reason) => BaseError::Reverted { contract, what, reason },
			None => self.failed(what, error),
		}
	}

	fn failed(&self, what: &'static str, error: TransportError) -> BaseError {
		let endpoint = self.endpoint.clone();
		match error {
			RpcError::ErrorResp(response) => {
				BaseError::Refused { endpoint, what, reason: format!("{} (code {})", response.message, response.code) }
			},
			// The outer messages name the whole URL.
			error => BaseError::Unreachable { endpoint, what, reason: innermost(&error) },
		}
	}
}

fn innermost(error: &dyn std::error::Error) -> String {
	let mut cause = error;
	while let Some(inner) = cause.source() {
		cause = inner;
	}
	cause.to_string()
}

/// An endpoint as it is shown: providers put keys into the path and the query.
fn shown(url: &Url) -> String {
	let origin = url.origin().ascii_serialization();
	if url.path().len() > 1 || url.query().is_some() {
		format!("{origin}/...")
	} else {
		origin
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn an_endpoints_key_is_not_shown() {
		let shown = |url: &str| shown(&url.parse().unwrap());
		assert_eq!(shown("https://base.example.org/v2/secret?key=secret"), "https://base.example.org/...");
		assert_eq!(shown("http://user:secret@127.0.0.1:8545"), "http://127.0.0.1:8545");
	}

	#[test]
	fn every_status_that_the_gateway_gives_has_a_name() {
		let names: Vec<_> = (0..6).map(|number| MessageStatus::from_number(number).map(MessageStatus::name)).collect();
		let expected = ["not delivered", "done", "queued", "failed", "refused"].map(Some);
		assert_eq!(names, [&expected[..], &[None]].concat());
	}

	#[tokio::test]
	async fn an_endpoint_where_nobody_answers_is_named_without_its_key() {
		let url = "http://127.0.0.1:1/v2/secret".parse().unwrap();
		let error = Base::connect(&url, Deployment::default()).await.unwrap_err().to_string();
		assert!(error.contains("http://127.0.0.1:1/... does not answer eth_chainId"), "{error}");
		assert!(error.contains("--base-rpc") && !error.contains("secret"), "{error}");
	}
}
