//! What an epoch's settlement pays on Base, and to whom.

use anyhow::Result;
use deepnode_primitives::bridge::Claim;
use deepnode_relayer::{
	base::{Address, Base, BlockId, SolCall as _},
	chain::{Chain, ChainError, Claims},
};
use serde::Serialize;

use super::chain;
use crate::{
	amount::Amount,
	cli::Settlement,
	context::Context,
	output::{count, fields, hex, table},
};

#[derive(Serialize)]
struct Shown {
	epoch: u64,
	/// The message that tells it.
	nonce: u64,
	root: String,
	total: Amount,
	refused: bool,
	/// What has become of the message on Base.
	#[serde(skip_serializing_if = "Option::is_none")]
	on_base: Option<&'static str>,
	claims: Vec<ShownClaim>,
	/// What the address that was asked for claims its own with.
	#[serde(skip_serializing_if = "Option::is_none")]
	mine: Option<Mine>,
}

#[derive(Serialize)]
struct ShownClaim {
	index: u32,
	address: String,
	amount: Amount,
	#[serde(skip_serializing_if = "Option::is_none")]
	paid: Option<bool>,
}

/// What a claim is made with.
#[derive(Serialize)]
struct Mine {
	index: u32,
	address: String,
	amount: Amount,
	count: u32,
	items: Vec<String>,
	/// The contract to call, where it is known.
	#[serde(skip_serializing_if = "Option::is_none")]
	contract: Option<Address>,
	call_data: String,
}

/// Shows an epoch's claims.
pub async fn run(context: &Context, arguments: Settlement) -> Result<()> {
	let Settlement { epoch, address, account, base } = arguments;
	let client = context.client().await?;
	let chain = chain(client.clone());
	let base = base.connect(&chain).await?;
	let domain = chain.domain().await?;
	let found = chain.settlement(epoch, &domain).await.map_err(|error| match error {
		ChainError::NoSettlement(_) => anyhow::anyhow!(
			"the chain has no settlement of epoch {epoch}: the epoch has not ended, nobody earned anything in it that \
			 is paid out on Base, or it is forgotten; `deepnode bridge status` says which epoch runs"
		),
		error => error.into(),
	})?;
	let Claims { settlement, claims, .. } = &found;
	let mine = match (address, account) {
		(Some(address), _) => Some(address),
		(None, Some(account)) => payout_address(&chain, &account).await?,
		// Without a key the claims are shown all the same.
		(None, None) => match context.key() {
			Ok(key) => payout_address(&chain, &key.account()).await?,
			Err(_) => None,
		},
	};
	let mine = mine.and_then(|mine| claims.iter().find(|claim| claim.account.0 == mine.0 .0));
	let mine = mine.map(|claim| proved(claim, &found, base.as_ref())).transpose()?;
	let on_base = match &base {
		Some(base) => Some(base.status_of(settlement.nonce, BlockId::latest()).await?.name()),
		None => None,
	};
	let mut shown_claims = Vec::with_capacity(claims.len());
	for claim in claims {
		let paid = match &base {
			Some(base) => Some(base.is_claimed(epoch, claim.index).await?),
			None => None,
		};
		let (index, address, amount) = (claim.index, hex(claim.account), Amount(claim.amount));
		shown_claims.push(ShownClaim { index, address, amount, paid });
	}
	let shown = Shown {
		epoch,
		nonce: settlement.nonce,
		root: hex(settlement.root),
		total: Amount(settlement.total),
		refused: settlement.refused,
		on_base,
		claims: shown_claims,
		mine,
	};
	context.output.show(&shown, text)
}

/// Where an account is paid out.
async fn payout_address(chain: &Chain, account: &deepnode_client::AccountId) -> Result<Option<Address>> {
	let payout = chain.client.payout(account, None).await?;
	Ok(payout.map(|payout| Address::from(payout.address.0)))
}

fn proved(claim: &Claim, settlement: &Claims, base: Option<&Base>) -> Result<Mine> {
	let call = settlement.call(claim)?;
	Ok(Mine {
		index: claim.index,
		address: hex(claim.account),
		amount: Amount(claim.amount),
		count: call.count,
		items: call.items.iter().map(hex).collect(),
		contract: base.map(|base| base.contracts.settlement),
		call_data: hex(call.abi_encode()),
	})
}

fn text(settlement: &Shown) -> String {
	let told = match (settlement.refused, settlement.on_base) {
		(true, _) => "refused by Base: `reclaim` on the chain gives each its own back".into(),
		(false, Some(status)) => format!("message {}, on Base: {status}", settlement.nonce),
		(false, None) => format!("message {}", settlement.nonce),
	};
	let head = fields(&[
		("epoch", settlement.epoch.to_string()),
		("pays", format!("{} in {}", settlement.total, count(settlement.claims.len(), "claim"))),
		("told", told),
		("root", settlement.root.clone()),
	]);
	let row = |claim: &ShownClaim| {
		let paid = claim.paid.map_or("", |paid| if paid { "paid" } else { "open" });
		vec![claim.index.to_string(), claim.address.clone(), claim.amount.to_string(), paid.into()]
	};
	let claims = table(&[">CLAIM", "ADDRESS", ">AMOUNT", "ON BASE"], settlement.claims.iter().map(row));
	let mine = settlement.mine.as_ref().map(|mine| {
		let contract = mine.contract.map_or_else(|| "the settlement contract".into(), |contract| contract.to_string());
		format!("\n\n{} claims {} by calling {contract} with\n{}", mine.address, mine.amount, mine.call_data)
	});
	format!("{head}\n\n{claims}{}", mine.unwrap_or_default())
}
