//! The messages that the chain has told and Base has not taken.

use std::collections::{BTreeMap, BTreeSet};

use alloy::eips::BlockId;
use deepnode_primitives::bridge::{Message, Payload, Roots};
use sp_core::H256;

use crate::{
	base::{Base, BaseError, MessageStatus},
	chain::{self, Chain},
	plan::Told,
};

/// A message in the block that told it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
	/// The message, with the fee that it was told with there.
	pub message: Message,
	/// The block.
	pub block: u32,
}

impl Letter {
	/// As the plan sees it.
	pub fn told(&self) -> Told {
		let Message { nonce, fee, sender, .. } = self.message;
		Told { nonce, fee, of_chain: sender.is_zero(), block: self.block }
	}
}

/// The messages that the chain has told and Base has not taken, kept in memory: a new process reads them anew.
#[derive(Debug, Default)]
pub struct Mailbox {
	/// The latest block whose messages are known.
	read: Option<u32>,
	open: BTreeMap<u64, Vec<Letter>>,
	/// The roots of the blocks that told them, read as long as the node still has those blocks' states.
	roots: BTreeMap<u32, Roots>,
	/// Epochs whose settlement has arrived and whose claims may not all be paid.
	unpaid: BTreeSet<u64>,
}

impl Mailbox {
	/// Reads what was told up to a block, whose hash is given.
	pub async fn read(&mut self, chain: &Chain, block: u32, hash: H256) -> chain::Result<()> {
		let blocks = match self.read {
			Some(read) => (read.saturating_add(1)..=block).collect(),
			None => chain.telling_blocks(hash).await?,
		};
		// All or nothing: a read that is broken off is made again.
		let (mut letters, mut roots) = (Vec::new(), Vec::new());
		for block in blocks {
			let told = chain.told(block, hash).await?;
			if told.is_empty() {
				continue;
			}
			match chain.roots(chain.hash(block).await?).await {
				Ok(read) => roots.push((block, read)),
				Err(error) if error.is_of_pruned_state() => {
					tracing::debug!(block, %error, "the block's roots cannot be read any more");
				},
				Err(error) => return Err(error),
			}
			letters.extend(told.into_iter().map(|message| Letter { message, block }));
		}
		for letter in letters {
			self.open.entry(letter.message.nonce).or_default().push(letter);
		}
		self.roots.extend(roots);
		self.read = Some(block);
		Ok(())
	}

	/// The roots of a block that told messages.
	pub async fn roots(&self, chain: &Chain, block: u32) -> chain::Result<Roots> {
		match self.roots.get(&block) {
			Some(roots) => Ok(*roots),
			None => chain.roots(chain.hash(block).await?).await,
		}
	}

	/// Leaves out what Base has taken, and returns what it has not.
	///
	/// What is taken in the latest block is left out of what is returned, and forgotten only once it is taken in
	/// the block `settled` too: until then a reorganisation of Base may bring it back.
	pub async fn undelivered(&mut self, base: &Base, settled: BlockId) -> Result<Vec<Letter>, BaseError> {
		let mut undelivered = Vec::new();
		let mut over = Vec::new();
		for (nonce, letters) in &self.open {
			match base.status_of(*nonce, BlockId::latest()).await? {
				MessageStatus::Unknown => undelivered.extend(letters.iter().cloned()),
				status => {
					if base.status_of(*nonce, settled).await? != MessageStatus::Unknown {
						over.push((*nonce, status));
					}
				},
			}
		}
		for (nonce, status) in over {
			let letters = self.open.remove(&nonce).unwrap_or_default();
			if let (MessageStatus::Done, Some(Letter { message, .. })) = (status, letters.first()) {
				if let Payload::Settlement { epoch, .. } = message.payload {
					self.unpaid.insert(epoch);
				}
			}
		}
		let telling: BTreeSet<u32> = self.open.values().flatten().map(|letter| letter.block).collect();
		self.roots.retain(|block, _| telling.contains(block));
		Ok(undelivered)
	}

	/// The epochs whose claims may not all be paid.
	pub fn unpaid(&self) -> Vec<u64> {
		self.unpaid.iter().copied().collect()
	}

	/// All claims of an epoch are paid.
	pub fn paid(&mut self, epoch: u64) {
		self.unpaid.remove(&epoch);
	}
}
