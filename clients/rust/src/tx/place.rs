//! Where transactions are, and what they did there.

use futures::StreamExt as _;
use subxt::{
	client::OnlineClientAtBlockImpl,
	config::{substrate::BlakeTwo256, Hasher as _},
	error::TransactionEventsError,
	tx::TransactionInBlock,
};

use super::{anchor::LIFE, TxInBlock};
use crate::{
	blocks::Block,
	chain_config::ChainConfig,
	client::Client,
	error::{Dispatch, Error, Result},
	events::Event,
	H256,
};

pub(super) type Place = TransactionInBlock<ChainConfig, OnlineClientAtBlockImpl<ChainConfig>>;

impl TxInBlock {
	/// The first block that it can be in.
	const fn first(&self) -> u32 {
		self.until.saturating_sub(LIFE - 2)
	}
}

impl Client {
	/// Waits until a transaction is finalized, and returns where. Where another block was finalized in place of its
	/// own it is looked for in every block that it can be in. `None` says for certain that it is in none of them and
	/// comes into no other; [`Error::Dispatch`] that it is finalized in another block, and failed there.
	pub async fn finalized(&self, transaction: &TxInBlock) -> Result<Option<TxInBlock>> {
		let mut blocks = self.finalized_blocks();
		// The next block to look for it in, where its own was replaced.
		let mut next = None;
		while let Some(block) = blocks.next().await {
			let head = block?.number;
			if next.is_none() && head < transaction.block.number {
				continue;
			}
			match self.look(transaction, head, &mut next).await {
				Ok(Some(found)) => return Ok(Some(found)),
				Ok(None) if head >= transaction.until => return Ok(None),
				Ok(None) => {},
				// The next block brings the next attempt.
				Err(error) if error.is_retryable() => {},
				Err(error) => return Err(error),
			}
		}
		Err(Error::Disconnected)
	}

	/// Looks for a transaction in the finalized blocks up to `head`, from `next` on.
	async fn look(&self, transaction: &TxInBlock, head: u32, next: &mut Option<u32>) -> Result<Option<TxInBlock>> {
		if next.is_none() {
			if self.block_at(transaction.block.number).await? == Some(transaction.block) {
				return Ok(Some(transaction.clone()));
			}
			*next = Some(transaction.first());
		}
		while let Some(number) = next.filter(|number| *number <= head.min(transaction.until)) {
			let block = self.block_at(number).await?.ok_or_else(|| Error::UnknownBlock(number.to_string()))?;
			if let Some(found) = self.find_in(transaction, block).await? {
				return Ok(Some(found));
			}
			*next = Some(number.saturating_add(1));
		}
		Ok(None)
	}

	/// A transaction in this block; `None` where it is not in it.
	async fn find_in(&self, transaction: &TxInBlock, block: Block) -> Result<Option<TxInBlock>> {
		let details = self.methods().chain_get_block(Some(block.hash)).await?;
		let details = details.ok_or_else(|| Error::UnknownBlock(format!("{:?}", block.hash)))?;
		let is_it = |bytes: &[u8]| BlakeTwo256.hash(bytes) == transaction.extrinsic_hash;
		let Some(index) = details.block.extrinsics.iter().position(|extrinsic| is_it(&extrinsic.0)) else {
			return Ok(None);
		};
		let index = u32::try_from(index).unwrap_or(u32::MAX);
		let at = self.at(Some(block.hash)).await?;
		let mut events = Vec::new();
		for event in at.events().fetch().await?.iter() {
			let event = event?;
			if event.phase() != subxt::events::Phase::ApplyExtrinsic(index) {
				continue;
			}
			if (event.pallet_name(), event.event_name()) == ("System", "ExtrinsicFailed") {
				let error = subxt::error::DispatchError::decode_from(event.field_bytes(), at.metadata())?;
				return Err(Dispatch::from(error).into());
			}
			events.push(Event::read(&event));
		}
		Ok(Some(TxInBlock { block, events, ..transaction.clone() }))
	}
}

/// What a transaction that can be in a block until `until` did in this one.
pub(super) async fn outcome(client: &Client, extrinsic_hash: H256, until: u32, place: &Place) -> Result<TxInBlock> {
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
	Ok(TxInBlock { block, extrinsic_hash, events, until })
}
