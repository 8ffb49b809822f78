//! What BEEFY and the Merkle mountain range say of the chain: what proofs for other chains are made of.

use std::{collections::HashMap, time::Duration};

use futures::{stream::BoxStream, StreamExt as _};
use sp_core::Bytes;
use subxt::{
	config::substrate::DigestItem,
	rpcs::client::{rpc_params, RpcSubscription},
};

use crate::{
	blocks::Block,
	client::{number, Client},
	error::{Error, Result},
	H256,
};

/// What BEEFY's digests and justifications are marked with.
const ENGINE: [u8; 4] = *b"BEEF";
/// The pause before another attempt to subscribe.
const PAUSE: Duration = Duration::from_millis(500);
/// The node's answer as long as it has seen no BEEFY justification since its start.
const NOT_READY: &str = "not ready";

/// A proof of leaves of the Merkle mountain range as a node makes it, not yet checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MmrProof {
	/// The leaves: the SCALE encoding of a list of their encodings.
	pub leaves: Vec<u8>,
	/// The SCALE encoding of an `sp_mmr_primitives::LeafProof`.
	pub proof: Vec<u8>,
}

impl Client {
	/// The encoded BEEFY justifications as the node gets them. Where the connection breaks the stream goes on
	/// when it is back, without those that came meanwhile: they are in their blocks.
	pub fn beefy_justifications(&self) -> BoxStream<'static, Vec<u8>> {
		let source: Option<RpcSubscription<Bytes>> = None;
		futures::stream::unfold((self.clone(), source), |(client, mut source)| async move {
			loop {
				let next = match &mut source {
					Some(source) => source.next().await,
					None => match client.subscribe_justifications().await {
						Ok(subscription) => {
							source = Some(subscription);
							continue;
						},
						Err(error) => Some(Err(error)),
					},
				};
				match next {
					Some(Ok(bytes)) => return Some((bytes.0, (client, source))),
					Some(Err(error)) => {
						tracing::debug!(%error, "following BEEFY is interrupted; subscribing again");
					},
					None => {},
				}
				source = None;
				tokio::time::sleep(PAUSE).await;
			}
		})
		.boxed()
	}

	async fn subscribe_justifications(&self) -> Result<RpcSubscription<Bytes>, subxt::rpcs::Error> {
		let (subscribe, unsubscribe) = ("beefy_subscribeJustifications", "beefy_unsubscribeJustifications");
		self.rpc().subscribe(subscribe, rpc_params![], unsubscribe).await
	}

	/// The latest block that BEEFY has signed; `None` as long as the node has seen no signature since its start.
	pub async fn beefy_head(&self) -> Result<Option<Block>> {
		let hash: H256 = match self.rpc().request("beefy_getFinalizedHead", rpc_params![]).await {
			Ok(hash) => hash,
			Err(subxt::rpcs::Error::User(error)) if error.message.contains(NOT_READY) => return Ok(None),
			Err(error) => return Err(error.into()),
		};
		let header = self.methods().chain_get_header(Some(hash)).await?;
		let header = header.ok_or_else(|| Error::UnknownBlock(format!("{hash:?}")))?;
		Ok(Some(Block { hash, number: number(header.number) }))
	}

	/// The encoded BEEFY justification of a block; `None` where it has none.
	pub async fn beefy_justification(&self, block: H256) -> Result<Option<Vec<u8>>> {
		let details = self.methods().chain_get_block(Some(block)).await?;
		let details = details.ok_or_else(|| Error::UnknownBlock(format!("{block:?}")))?;
		let mut justifications = details.justifications.into_iter().flatten();
		Ok(justifications.find(|(engine, _)| *engine == ENGINE).map(|(_, justification)| justification))
	}

	/// What BEEFY's pallet has written into the header of the block of this number on the best chain, each an
	/// encoded `sp_consensus_beefy::ConsensusLog`; `None` where there is no such block yet.
	pub async fn beefy_logs(&self, number: u32) -> Result<Option<Vec<Vec<u8>>>> {
		let Some(block) = self.block_at(number).await? else { return Ok(None) };
		let Some(header) = self.methods().chain_get_header(Some(block.hash)).await? else { return Ok(None) };
		let logs = header.digest.logs.into_iter().filter_map(|log| match log {
			DigestItem::Consensus(ENGINE, bytes) => Some(bytes),
			_ => None,
		});
		Ok(Some(logs.collect()))
	}

	/// The BEEFY validators of a block, an encoded `Option<sp_consensus_beefy::ValidatorSet>`. The node must still
	/// have the block's state.
	pub async fn beefy_validators(&self, block: H256) -> Result<Vec<u8>> {
		Ok(self.methods().state_call("BeefyApi_validator_set", None, Some(block)).await?)
	}

	/// A proof of the leaves that blocks appended, in the mountain range as it was in the block `under`, the
	/// latest of them at most. Not checked: a node has been known to give wrong ones after a reorganisation.
	pub async fn mmr_proof(&self, blocks: &[u32], under: u32) -> Result<MmrProof> {
		let parameters = rpc_params![blocks, Some(under), Option::<H256>::None];
		let mut answer: HashMap<String, Bytes> = self.rpc().request("mmr_generateProof", parameters).await?;
		let mut take = |field: &str| {
			let bytes = answer.remove(field).map(|bytes| bytes.0);
			bytes.ok_or_else(|| Error::Incompatible(format!("mmr_generateProof gives no {field}")))
		};
		Ok(MmrProof { leaves: take("leaves")?, proof: take("proof")? })
	}
}
