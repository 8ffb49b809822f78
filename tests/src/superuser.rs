//! What only the superuser of a development chain can do: change what the chain has stored, where a
//! scenario cannot wait for it to change by itself.

use anyhow::{bail, Context as _, Result};
use codec::Encode;
use deepnode_client::keys;
use subxt::{
	config::{DefaultExtrinsicParamsBuilder, SubstrateConfig},
	dynamic::{storage, tx, Value},
	tx::TransactionStatus,
	OnlineClient,
};
use subxt_signer::sr25519::dev;

use crate::node::Node;

/// Stores a value in place of a pallet's item.
pub async fn store(node: &Node, pallet: &str, item: &str, value: &impl Encode) -> Result<()> {
	let chain = OnlineClient::<SubstrateConfig>::from_insecure_url(node.url()).await?;
	let at = chain.at_current_block().await?;
	let key = at.storage().entry(storage::<(), Value>(pallet, item))?.key_prefix();
	let pair = Value::unnamed_composite([Value::from_bytes(key), Value::from_bytes(value.encode())]);
	let set = Value::named_variant("set_storage", [("items", Value::unnamed_composite([pair]))]);
	let call = tx("Sudo", "sudo", (Value::unnamed_variant("System", [set]),));

	let nonce = node.client().await?.next_nonce(&keys::parse("//Alice")?.account()).await?;
	let params = DefaultExtrinsicParamsBuilder::new().nonce(nonce).build();
	let mut progress = at.tx().sign_and_submit_then_watch(&call, &dev::alice(), params).await?;
	while let Some(status) = progress.next().await {
		if let TransactionStatus::InBestBlock(place) | TransactionStatus::InFinalizedBlock(place) = status? {
			place.wait_for_success().await.context("the superuser is refused")?;
			return Ok(());
		}
	}
	bail!("nobody knows what became of the superuser's call")
}
