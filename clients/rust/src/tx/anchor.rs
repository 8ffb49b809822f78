//! What transactions are signed for: the runtime that takes them, and the block that their life begins with.

use std::time::{Duration, Instant};

use crate::{
	blocks::Block,
	client::{At, Client},
	error::{Error, Result},
};

/// How many blocks a transaction's life has, the one it is anchored to among them. The runtime counts it in powers of
/// two.
pub(super) const LIFE: u32 = 64;
/// How many blocks the anchor is behind the best one. A fork that is longer makes the transaction invalid, and each of
/// them is taken from its life. Nothing is asked of finality: it can lag behind for longer than any life.
const DEPTH: u32 = 16;
/// How long transactions have the same anchor: a few blocks, so that there is always much more than that left of
/// their life.
const FRESH: Duration = Duration::from_secs(15);

/// What transactions are signed for.
pub(super) struct Anchor {
	/// The chain at its best block, whose runtime takes the transactions.
	pub at: At,
	/// The block that their life begins with.
	pub block: Block,
	pub(super) found: Instant,
}

impl Anchor {
	/// The anchor of transactions that are signed now.
	pub async fn find(client: &Client) -> Result<Self> {
		let best = client.best_block().await?;
		let number = best.number.saturating_sub(DEPTH);
		let (at, block) = futures::try_join!(client.at_best(best), client.block_at(number))?;
		let block = block.ok_or_else(|| Error::UnknownBlock(number.to_string()))?;
		Ok(Self { at, block, found: Instant::now() })
	}

	/// Whether it can be signed for any longer.
	pub fn is_fresh(&self) -> bool {
		self.found.elapsed() < FRESH
	}

	/// The last block that a transaction with this anchor can be in.
	pub const fn until(&self) -> u32 {
		self.block.number.saturating_add(LIFE - 1)
	}
}
