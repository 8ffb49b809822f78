//! The DeepNode chain: its sessions, what its validators have signed, and proofs under that.

mod bridge;

use std::collections::BTreeMap;

use deepnode_client::Client;
use futures::{StreamExt as _, TryStreamExt as _};
use sp_core::H256;

use crate::{
	commitment::{CommitmentError, Log, Signed, Validators},
	proof::{Anchor, ProofError, ProvedLeaf},
};

pub use bridge::{Claims, Kept};

/// How many headers are asked for at once.
const AT_ONCE: usize = 32;
/// How far back a session's first block is looked for.
const LONGEST_SESSION: u32 = 50_000;

/// Why something is not known of the chain.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
	/// The node does not answer, or not what was asked.
	#[error(transparent)]
	Node(#[from] deepnode_client::Error),
	/// A commitment cannot be used.
	#[error(transparent)]
	Commitment(#[from] CommitmentError),
	/// A proof cannot be used.
	#[error(transparent)]
	Proof(#[from] ProofError),
	/// The node does not have a commitment that there must be.
	#[error("the node has no BEEFY justification of block {0}: let it run from the chain's beginning, or name another with --node")]
	NoJustification(u32),
	/// The node does not have a block's header.
	#[error("the node does not have block {0} yet")]
	NoBlock(u32),
	/// A header does not say the root of the mountain range.
	#[error("the header of block {0} has no MMR root: is BEEFY part of this chain?")]
	NoRoot(u32),
	/// The chain does not know the gateway yet.
	#[error("the chain does not know the gateway on Base yet: its administrators name it by `baseBridge.setGateway`")]
	NoGateway,
	/// The chain sends to another gateway.
	#[error("the chain sends to {expected}, and the deployment's gateway is {found}: name this chain's deployment with --deployment")]
	OtherGateway {
		/// Where the chain sends to.
		expected: String,
		/// Where the deployment's gateway is.
		found: String,
	},
	/// The chain does not have a settlement.
	#[error("the chain has no settlement of epoch {0}, or no longer")]
	NoSettlement(u64),
	/// The session that the light client is to be handed over to is not in the chain's headers.
	#[error("no header after block {after} begins the session of validator set {set}: the light client on Base was given sets and a block that do not fit, and needs a checkpoint of its governance")]
	NoSession {
		/// The set.
		set: u64,
		/// The light client's latest block.
		after: u32,
	},
	/// Nobody knows the validators of a set.
	#[error("the node does not know the validators of set {set} at block {block}: name a node that is on Base's chain of sets with --node")]
	NoValidators {
		/// The set.
		set: u64,
		/// The block.
		block: u32,
	},
}

impl ChainError {
	/// Whether the node has pruned the state that was asked for.
	pub const fn is_of_pruned_state(&self) -> bool {
		matches!(self, Self::Node(deepnode_client::Error::UnknownBlock(_)))
	}

	/// Whether it concerns what was asked for alone, and not whatever else is asked.
	pub const fn is_of_one(&self) -> bool {
		match self {
			Self::Node(_) => self.is_of_pruned_state(),
			Self::NoGateway | Self::OtherGateway { .. } => false,
			Self::Commitment(_)
			| Self::Proof(_)
			| Self::NoJustification(_)
			| Self::NoBlock(_)
			| Self::NoRoot(_)
			| Self::NoSettlement(_)
			| Self::NoSession { .. }
			| Self::NoValidators { .. } => true,
		}
	}
}

/// A result whose error is [`ChainError`].
pub type Result<T, E = ChainError> = std::result::Result<T, E>;

/// The chain through one node.
#[derive(Clone, Debug)]
pub struct Chain {
	/// The client that talks to it.
	pub client: Client,
}

impl Chain {
	/// The sessions that begin in these blocks: their first blocks, by the number of their validator set.
	pub async fn sessions(&self, blocks: std::ops::RangeInclusive<u32>) -> Result<BTreeMap<u64, u32>> {
		let begin = futures::stream::iter(blocks).map(|block| async move {
			let validators = self.logs(block).await?.into_iter().find_map(|log| match log {
				Log::Validators(validators) => Some(validators.id),
				_ => None,
			});
			Ok::<_, ChainError>(validators.map(|set| (set, block)))
		});
		begin.buffered(AT_ONCE).try_filter_map(futures::future::ok).try_collect().await
	}

	/// The validators of a set that has signed a block.
	pub async fn validators(&self, set: u64, block: u32) -> Result<Validators> {
		// The state says it at once, and is gone where the node has pruned it; the headers are never gone.
		let hash = self.hash(block).await?;
		if let Ok(bytes) = self.client.beefy_validators(hash).await {
			if let Some(validators) = Validators::decode(&bytes)?.filter(|validators| validators.id == set) {
				return Ok(validators);
			}
		}
		let back = (block.saturating_sub(LONGEST_SESSION).max(1)..=block).rev();
		let mut logs = futures::stream::iter(back).map(|block| self.logs(block)).buffered(AT_ONCE);
		while let Some(logs) = logs.try_next().await? {
			for log in logs {
				match log {
					Log::Validators(validators) if validators.id == set => return Ok(validators),
					Log::Validators(validators) if validators.id < set => {
						return Err(ChainError::NoValidators { set, block });
					},
					_ => {},
				}
			}
		}
		Err(ChainError::NoValidators { set, block })
	}

	/// The root of the mountain range in a block, as its header says.
	pub async fn mmr_root(&self, block: u32) -> Result<H256> {
		let root = self.logs(block).await?.into_iter().find_map(|log| match log {
			Log::Root(root) => Some(H256(root.0)),
			_ => None,
		});
		root.ok_or(ChainError::NoRoot(block))
	}

	/// The commitment of a block that has one.
	pub async fn signed(&self, block: u32) -> Result<Signed> {
		let hash = self.hash(block).await?;
		let justification = self.client.beefy_justification(hash).await?;
		Ok(Signed::decode(&justification.ok_or(ChainError::NoJustification(block))?)?)
	}

	/// The latest block that the validators have signed, as far as the node has seen since its start.
	pub async fn latest_signed(&self) -> Result<Option<Signed>> {
		let Some(head) = self.client.beefy_head().await? else { return Ok(None) };
		let justification = self.client.beefy_justification(head.hash).await?;
		let justification = justification.ok_or(ChainError::NoJustification(head.number))?;
		Ok(Some(Signed::decode(&justification)?))
	}

	/// Proves the leaf that has a block's roots, verified.
	pub async fn prove(&self, block: u32, anchor: Anchor) -> Result<ProvedLeaf> {
		// The block that appends a leaf is the one after the block whose roots it has.
		let answer = self.client.mmr_proof(&[block.saturating_add(1)], anchor.block).await?;
		Ok(ProvedLeaf::new(block, anchor, &answer)?)
	}

	/// The hash of the block of this number on the best chain.
	pub async fn hash(&self, block: u32) -> Result<H256> {
		Ok(self.client.block_at(block).await?.ok_or(ChainError::NoBlock(block))?.hash)
	}

	async fn logs(&self, block: u32) -> Result<Vec<Log>> {
		let logs = self.client.beefy_logs(block).await?.ok_or(ChainError::NoBlock(block))?;
		Ok(logs.iter().map(|log| Log::decode(log)).collect::<Result<_, _>>()?)
	}
}
