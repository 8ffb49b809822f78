//! Blocks as they come.

use std::{collections::VecDeque, time::Duration};

use futures::{stream::BoxStream, StreamExt as _};
use subxt::client::Blocks;

use crate::{
	chain_config::ChainConfig,
	client::{number, Client},
	error::Result,
	H256,
};

/// The pause before another attempt to subscribe.
const PAUSE: Duration = Duration::from_millis(500);

/// A block's place and name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Block {
	/// Its number; the first block's is 0.
	pub number: u32,
	/// Its hash.
	pub hash: H256,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
	Best,
	Finalized,
}

impl Client {
	/// The best block now, and each block that becomes the best. Where the connection breaks, the
	/// stream goes on with the then best block when it is back; an error is the stream's last item.
	pub fn best_blocks(&self) -> BoxStream<'static, Result<Block>> {
		self.blocks(Kind::Best)
	}

	/// The latest finalized block now, and each block after it as it is finalized, without a gap also
	/// where the connection breaks. An error is the stream's last item.
	pub fn finalized_blocks(&self) -> BoxStream<'static, Result<Block>> {
		self.blocks(Kind::Finalized)
	}

	fn blocks(&self, kind: Kind) -> BoxStream<'static, Result<Block>> {
		let follower = Follower { client: self.clone(), kind, source: None, last: None, ready: VecDeque::new() };
		futures::stream::unfold(Some(follower), |follower| async {
			let mut follower = follower?;
			match follower.next().await {
				Ok(block) => Some((Ok(block), Some(follower))),
				Err(error) => Some((Err(error), None)),
			}
		})
		.boxed()
	}
}

/// Follows the head of the chain across broken connections.
struct Follower {
	client: Client,
	kind: Kind,
	source: Option<Blocks<ChainConfig>>,
	last: Option<Block>,
	ready: VecDeque<Block>,
}

impl Follower {
	async fn next(&mut self) -> Result<Block> {
		loop {
			if let Some(block) = self.ready.pop_front() {
				self.last = Some(block);
				return Ok(block);
			}
			if let Err(error) = self.advance().await {
				if !error.is_retryable() {
					return Err(error);
				}
				tracing::warn!(%error, "following the chain is interrupted; subscribing again");
				self.source = None;
				tokio::time::sleep(PAUSE).await;
			}
		}
	}

	/// Waits for the source's next block and makes it, and what is missing before it, ready.
	async fn advance(&mut self) -> Result<()> {
		let Some(source) = &mut self.source else {
			let source = match self.kind {
				Kind::Best => self.client.api().stream_best_blocks().await?,
				Kind::Finalized => self.client.api().stream_blocks().await?,
			};
			self.source = Some(source);
			let head = match self.kind {
				Kind::Best => self.client.best_block().await?,
				Kind::Finalized => self.client.finalized_block().await?,
			};
			return self.offer(head).await;
		};
		match source.next().await {
			Some(block) => {
				let block = block?;
				self.offer(Block { number: number(block.number()), hash: block.hash() }).await
			},
			None => {
				self.source = None;
				tokio::time::sleep(PAUSE).await;
				Ok(())
			},
		}
	}

	/// A new subscription begins with blocks that are known already; they are left out.
	async fn offer(&mut self, block: Block) -> Result<()> {
		let first_missing = match self.last {
			None => block.number,
			Some(last) if last == block || last.number > block.number => return Ok(()),
			Some(last) if self.kind == Kind::Finalized => last.number.saturating_add(1),
			Some(_) => block.number,
		};
		for number in first_missing..block.number {
			self.ready.extend(self.client.block_at(number).await?);
		}
		self.ready.push_back(block);
		Ok(())
	}
}
