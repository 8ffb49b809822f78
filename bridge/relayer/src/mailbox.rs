//! The messages that the chain has told and Base has not taken.
//!
//! It is kept in memory, and a new process reads it anew. What is in it was told in blocks that the validators have
//! signed, so that it does not change; which of it a round asks Base about rests on the rounds before, and what becomes
//! of a message only on Base's answer in the same round.

use std::{
	cmp::Reverse,
	collections::{btree_map::Entry, BTreeMap, BTreeSet},
	time::Duration,
};

use alloy::eips::BlockId;
use deepnode_primitives::{
	bridge::{Message, Payload, Roots},
	Balance,
};
use futures::StreamExt as _;
use sp_core::H256;
use tokio::task::JoinHandle;

use crate::{
	base::{Base, BaseError, MessageStatus},
	chain::{self, Chain},
	pick::{self, Most, Pick},
	plan::Told,
};

/// How many blocks' messages are read in one round.
const BLOCKS: usize = 2048;
/// How many of them are asked for at once.
const AT_ONCE: usize = 16;
/// How long a round waits for the list of the blocks that have told something; it is made all the same.
const LISTING: Duration = Duration::from_secs(2);
/// Of how many messages that wait a round asks what has become of them.
const WAITING: Most = Most { best: 128, others: 256 };
/// Of how many that have been delivered it asks whether that can still change.
const DELIVERED: usize = 128;

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

/// What a round has found out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
	/// Those that Base has not taken, of the ones that matter most: the first most.
	pub best: Vec<Letter>,
	/// Those of the others whose turn it is.
	pub others: Vec<Letter>,
	/// Epochs whose settlement has arrived for good.
	pub settled: Vec<u64>,
}

/// A message that is worth its delivery.
#[derive(Debug)]
struct Open {
	/// As it was told with the highest fee.
	letter: Letter,
	/// Whether Base had taken it when it was last asked.
	delivered: bool,
}

/// The messages that the chain has told and Base has not taken.
#[derive(Debug)]
pub struct Mailbox {
	/// What a message of an account has to pay.
	least_fee: Balance,
	/// The latest block that was to be read.
	seen: Option<u32>,
	/// Whether the blocks are known that told something before the first of them.
	listed: bool,
	listing: Option<JoinHandle<chain::Result<Vec<u32>>>>,
	/// The blocks that are not read yet.
	unread: BTreeSet<u32>,
	open: BTreeMap<u64, Open>,
	/// The roots of the blocks that told them, read as long as the node still has those blocks' states.
	roots: BTreeMap<u32, Roots>,
	/// The last of the others that was asked about: the latest messages have the first turn.
	waiting_last: Option<Reverse<u64>>,
	/// The last of the delivered ones that was asked about.
	delivered_last: Option<Reverse<u64>>,
}

impl Mailbox {
	/// For messages that pay `least_fee`, and for those of the chain itself.
	pub const fn new(least_fee: Balance) -> Self {
		Self {
			least_fee,
			seen: None,
			listed: false,
			listing: None,
			unread: BTreeSet::new(),
			open: BTreeMap::new(),
			roots: BTreeMap::new(),
			waiting_last: None,
			delivered_last: None,
		}
	}

	/// Reads what was told up to a block, whose hash is given: the latest blocks first, and of a long past a part.
	pub async fn read(&mut self, chain: &Chain, block: u32, hash: H256) -> chain::Result<()> {
		if let Some(seen) = self.seen {
			self.unread.extend(seen.saturating_add(1)..=block);
		}
		self.seen = self.seen.max(Some(block));
		let listed = self.list(chain, hash).await;

		let blocks: Vec<u32> = self.unread.iter().rev().copied().take(BLOCKS).collect();
		let least_fee = self.least_fee;
		let reads =
			blocks.into_iter().map(|block| async move { (block, letters(chain, block, hash, least_fee).await) });
		let mut reads = futures::stream::iter(reads).buffer_unordered(AT_ONCE);
		let mut failed = listed.err();
		while let Some((block, read)) = reads.next().await {
			match read {
				Ok((letters, roots)) => {
					letters.into_iter().for_each(|letter| self.add(letter));
					self.roots.extend(roots.map(|roots| (block, roots)));
					self.unread.remove(&block);
				},
				Err(error) => failed = Some(error),
			}
		}
		failed.map_or(Ok(()), Err)
	}

	/// Finds the blocks that told something before the first that was to be read. Where there are very many that takes
	/// longer than a round.
	async fn list(&mut self, chain: &Chain, hash: H256) -> chain::Result<()> {
		if self.listed {
			return Ok(());
		}
		let listing = self.listing.get_or_insert_with(|| {
			let chain = chain.clone();
			tokio::spawn(async move { chain.telling_blocks(hash).await })
		});
		let Ok(ended) = tokio::time::timeout(LISTING, listing).await else { return Ok(()) };
		self.listing = None;
		match ended {
			Ok(blocks) => {
				self.unread.extend(blocks?);
				self.listed = true;
			},
			Err(error) => tracing::error!(%error, "the list of what was told is not made; making it again"),
		}
		Ok(())
	}

	/// Adds a message, unless the same was told with a higher fee.
	fn add(&mut self, letter: Letter) {
		match self.open.entry(letter.message.nonce) {
			Entry::Vacant(place) => {
				place.insert(Open { letter, delivered: false });
			},
			Entry::Occupied(mut known) if letter.told().is_better(&known.get().letter.told()) => {
				known.get_mut().letter = letter;
			},
			Entry::Occupied(_) => {},
		}
	}

	/// The roots of a block that told messages.
	pub async fn roots(&self, chain: &Chain, block: u32) -> chain::Result<Roots> {
		match self.roots.get(&block) {
			Some(roots) => Ok(*roots),
			None => chain.roots(chain.hash(block).await?).await,
		}
	}

	/// Asks Base what has become of the messages that matter most and of some of the others.
	///
	/// One that Base has taken in its latest block is left out, and forgotten only once it is taken in the block
	/// `settled` too: until then a reorganisation of Base may bring it back.
	pub async fn ask(&mut self, base: &Base, settled: BlockId) -> Result<Asked, BaseError> {
		let with = |delivered| self.open.iter().filter(move |(_, open)| open.delivered == delivered);
		let waiting = with(false).map(|(nonce, open)| (Reverse(*nonce), open.letter.told().rank()));
		let Pick { best, others } = Pick::of(waiting, self.waiting_last, WAITING);
		let delivered = with(true).map(|(nonce, _)| Reverse(*nonce));
		let delivered = pick::next(delivered, self.delivered_last, DELIVERED);

		let asked = best.iter().chain(&others).chain(&delivered).map(|Reverse(nonce)| *nonce);
		let latest = base.statuses(asked, BlockId::latest()).await?;
		let taken = latest.iter().filter(|(_, status)| **status != MessageStatus::Unknown);
		let taken = match base.statuses(taken.map(|(nonce, _)| *nonce), settled).await {
			// It may have dropped that block's state. What is delivered is kept, then, and holds up nothing.
			Err(error) if error.is_of_one() => {
				tracing::warn!(%error, "it is not known which deliveries are final; --finality may ask for an older block than the endpoint keeps");
				BTreeMap::new()
			},
			taken => taken?,
		};

		self.waiting_last = others.last().copied();
		self.delivered_last = delivered.last().copied();
		let mut asked = Asked::default();
		for (nonce, status) in &latest {
			if taken.get(nonce).is_some_and(|status| *status != MessageStatus::Unknown) {
				let over = self.open.remove(nonce);
				asked.settled.extend(over.and_then(|open| settled_epoch(&open.letter.message, *status)));
			} else if let Some(open) = self.open.get_mut(nonce) {
				open.delivered = *status != MessageStatus::Unknown;
			}
		}
		let telling: BTreeSet<u32> = self.open.values().map(|open| open.letter.block).collect();
		self.roots.retain(|block, _| telling.contains(block));

		let still = |Reverse(nonce): &Reverse<u64>| {
			let open = self.open.get(nonce).filter(|open| !open.delivered);
			open.map(|open| open.letter.clone())
		};
		asked.best = best.iter().filter_map(still).collect();
		asked.others = others.iter().chain(&delivered).filter_map(still).collect();
		Ok(asked)
	}

	/// How many messages wait, as far as is known.
	pub fn waiting(&self) -> usize {
		self.open.values().filter(|open| !open.delivered).count()
	}

	/// Whether a message is known and not forgotten.
	pub fn knows(&self, nonce: u64) -> bool {
		self.open.contains_key(&nonce)
	}

	/// The chain does not keep a message any more: nobody can prove it.
	pub fn forget(&mut self, nonce: u64) {
		self.open.remove(&nonce);
	}
}

/// The epoch of a settlement that can be claimed now.
fn settled_epoch(message: &Message, status: MessageStatus) -> Option<u64> {
	match message.payload {
		Payload::Settlement { epoch, .. } if status == MessageStatus::Done => Some(epoch),
		_ => None,
	}
}

/// Those of a block's messages that are worth their delivery.
fn worth(told: Vec<Message>, block: u32, least_fee: Balance) -> Vec<Letter> {
	let letters = told.into_iter().map(|message| Letter { message, block });
	letters.filter(|letter| letter.told().is_worth(least_fee)).collect()
}

/// The messages of a block that are worth their delivery, and its roots if there are any and the node still has them.
async fn letters(
	chain: &Chain,
	block: u32,
	hash: H256,
	least_fee: Balance,
) -> chain::Result<(Vec<Letter>, Option<Roots>)> {
	let letters = worth(chain.told(block, hash).await?, block, least_fee);
	if letters.is_empty() {
		return Ok((letters, None));
	}
	match chain.roots(chain.hash(block).await?).await {
		Ok(roots) => Ok((letters, Some(roots))),
		Err(error) if error.is_of_pruned_state() => {
			tracing::debug!(block, %error, "the block's roots cannot be read any more");
			Ok((letters, None))
		},
		Err(error) => Err(error),
	}
}

#[cfg(test)]
mod tests;
