//! What only the superuser of a development chain can do: make calls as root, and change what the chain has stored,
//! where a scenario cannot wait for it to change by itself.

use anyhow::{bail, ensure, Context as _, Result};
use codec::Encode;
use deepnode_client::keys;
use subxt::{
	config::{DefaultExtrinsicParamsBuilder, SubstrateConfig},
	dynamic::{storage, tx, Value},
	tx::{DynamicPayload, TransactionStatus},
	OnlineClient,
};
use subxt_signer::sr25519::dev;

use crate::node::Node;

/// How often a call is made that forks keep out of the chain.
const ATTEMPTS: u32 = 3;

/// Stores a value in place of a pallet's item.
pub async fn store(node: &Node, pallet: &str, item: &str, value: &impl Encode) -> Result<()> {
	let chain = OnlineClient::<SubstrateConfig>::from_insecure_url(node.url()).await?;
	let key = chain.at_current_block().await?.storage().entry(storage::<(), Value>(pallet, item))?.key_prefix();
	let pair = Value::unnamed_composite([Value::from_bytes(key), Value::from_bytes(value.encode())]);
	let set = Value::named_variant("set_storage", [("items", Value::unnamed_composite([pair]))]);
	call(node, "System", set).await
}

/// Makes a call of a pallet, and returns when nothing can undo it. A fork may take its nonce: then it is made again.
pub async fn call(node: &Node, pallet: &str, call: Value) -> Result<()> {
	let call = tx("Sudo", "sudo", (Value::unnamed_variant(pallet, [call]),));
	for _ in 0..ATTEMPTS {
		if is_finalized(node, &call).await? {
			return Ok(());
		}
	}
	bail!("the superuser's call was in no block that was finalized, {ATTEMPTS} times")
}

/// Sends a call of the superuser; whether it is in a finalized block.
async fn is_finalized(node: &Node, call: &DynamicPayload<(Value,)>) -> Result<bool> {
	let chain = OnlineClient::<SubstrateConfig>::from_insecure_url(node.url()).await?;
	let at = chain.at_current_block().await?;
	let nonce = node.client().await?.next_nonce(&keys::parse("//Alice")?.account()).await?;
	let params = DefaultExtrinsicParamsBuilder::new().nonce(nonce).build();
	let mut progress = at.tx().sign_and_submit_then_watch(call, &dev::alice(), params).await?;
	while let Some(status) = progress.next().await {
		if let TransactionStatus::InFinalizedBlock(place) = status? {
			let events = place.wait_for_success().await.context("the superuser is refused")?;
			// The call itself may have failed within the superuser's, which says so in an event.
			let failed = events.iter().filter_map(Result::ok).find(|event| {
				event.pallet_name() == "Sudo"
					&& event.event_name() == "Sudid"
					&& event.field_bytes().first() != Some(&0)
			});
			ensure!(failed.is_none(), "the superuser's call has failed: {failed:?}");
			return Ok(true);
		}
	}
	Ok(false)
}
