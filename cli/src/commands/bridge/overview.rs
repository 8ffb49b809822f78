//! The bridge as a whole.

use anyhow::Result;
use deepnode_relayer::base::{Address, BlockId};
use serde::Serialize;

use super::chain;
use crate::{
	amount::Amount,
	cli::BaseEnd,
	context::Context,
	output::{count, fields, hex},
};

#[derive(Serialize)]
struct Overview {
	/// Where the chain sends to; nothing until that is set.
	gateway: Option<Gateway>,
	messages: u64,
	queued: u64,
	epoch: u64,
	epoch_ends: u32,
	/// What the chain counts as locked on Base.
	backed: Amount,
	issuance: Amount,
	#[serde(skip_serializing_if = "Option::is_none")]
	base: Option<OnBase>,
}

#[derive(Serialize)]
struct Gateway {
	chain_id: u64,
	address: String,
}

#[derive(Serialize)]
struct OnBase {
	beefy_client: Address,
	/// The chain's latest block that Base knows of.
	anchored_block: u32,
	validator_set: u64,
	validators: u32,
	vault: Amount,
	queued: Amount,
}

/// Shows the bridge.
pub async fn run(context: &Context, base: &BaseEnd) -> Result<()> {
	let client = context.client().await?;
	let chain = chain(client.clone());
	let base = base.connect(&chain).await?;
	let at = Some(client.best_block().await?.hash);
	let (domain, messages, queued, (epoch, epoch_ends), backing) = futures::try_join!(
		client.bridge_domain(at),
		client.next_bridge_message(at),
		client.queued_messages(at),
		client.settlement_epoch(at),
		client.backing(at)
	)?;
	let base = match base {
		None => None,
		Some(base) => {
			let latest = BlockId::latest();
			let (client, vault, queued) =
				futures::try_join!(base.light_client(latest), base.vault(latest), base.queued(latest))?;
			Some(OnBase {
				beefy_client: base.contracts.beefy_client,
				anchored_block: client.latest,
				validator_set: client.current.id,
				validators: client.current.len,
				vault: Amount(vault),
				queued: Amount(queued),
			})
		},
	};
	let overview = Overview {
		gateway: domain.map(|domain| Gateway { chain_id: domain.base, address: hex(domain.gateway) }),
		messages,
		queued,
		epoch,
		epoch_ends,
		backed: Amount(backing.backed),
		issuance: Amount(backing.issuance),
		base,
	};
	context.output.show(&overview, text)
}

fn text(overview: &Overview) -> String {
	let gateway = overview.gateway.as_ref().map(|gateway| format!("{} on chain {}", gateway.address, gateway.chain_id));
	let messages = count(overview.messages as usize, "message");
	let mut rows = vec![
		("gateway", gateway.unwrap_or_else(|| "not known to the chain yet".into())),
		("messages", format!("{messages} so far, of which {} wait to be told", overview.queued)),
		("epoch", format!("{}, which ends in block {}", overview.epoch, overview.epoch_ends)),
		("locked on Base", format!("{} for {} in issue", overview.backed, overview.issuance)),
	];
	if let Some(base) = &overview.base {
		rows.extend([
			("anchored", format!("block {}, by {}", base.anchored_block, base.beefy_client)),
			("validators", format!("{} in set {}", base.validators, base.validator_set)),
			("vault", format!("{}, of which {} wait for the rate limit", base.vault, base.queued)),
		]);
	}
	fields(&rows)
}
