//! Where an account is paid out on Base.

use anyhow::Result;
use deepnode_client::AccountId;
use serde::Serialize;

use crate::{
	amount::Amount,
	cli::Payout,
	context::Context,
	output::{fields, hex},
};

#[derive(Serialize)]
struct Shown {
	account: String,
	/// Nothing where it is paid on the chain.
	address: Option<String>,
	/// In this epoch, so far.
	earned: Amount,
	deposit: Amount,
	epoch: u64,
	epoch_ends: u32,
}

/// Runs a command about payouts.
pub async fn run(context: &Context, command: Payout) -> Result<()> {
	let set = |address: Option<deepnode_relayer::base::Address>| async move {
		let (client, key) = (context.client().await?, context.key()?);
		let address = address.map(|address| address.0 .0.into());
		anyhow::Ok(client.set_payout_address(&key, None, address).await?)
	};
	match command {
		Payout::Set { address } => {
			let transaction = set(Some(address)).await?;
			context.done(
				&transaction,
				format!("what you earn from now on is paid out to {address} on Base, once an epoch"),
			)
		},
		Payout::Clear => {
			let transaction = set(None).await?;
			context.done(
				&transaction,
				"you are paid on the chain again, and have what you earned in this epoch and the deposit back",
			)
		},
		Payout::Show { account } => show(context, context.account_or_own(account)?).await,
	}
}

async fn show(context: &Context, account: AccountId) -> Result<()> {
	let client = context.client().await?;
	let at = Some(client.best_block().await?.hash);
	let (payout, (epoch, epoch_ends)) = futures::try_join!(client.payout(&account, at), client.settlement_epoch(at))?;
	let shown = Shown {
		account: account.to_string(),
		address: payout.as_ref().map(|payout| hex(payout.address)),
		earned: Amount(payout.as_ref().map(|payout| payout.earned).unwrap_or_default()),
		deposit: Amount(payout.as_ref().map(|payout| payout.deposit).unwrap_or_default()),
		epoch,
		epoch_ends,
	};
	context.output.show(&shown, |shown| match &shown.address {
		None => format!("{} is paid on the chain; `deepnode bridge payout set ADDRESS` changes that", shown.account),
		Some(address) => fields(&[
			("account", shown.account.clone()),
			("paid out to", format!("{address} on Base")),
			("earned", format!("{} in epoch {}, which ends in block {}", shown.earned, shown.epoch, shown.epoch_ends)),
			("deposit", shown.deposit.to_string()),
		]),
	})
}
