//! Accounts.

use anyhow::{Context as _, Result};
use deepnode_client::Keypair;
use serde::Serialize;

use crate::{
	amount::Amount,
	cli::Account,
	context::Context,
	output::{fields, hex},
};

#[derive(Serialize)]
struct Shown {
	account: String,
	public_key: String,
}

#[derive(Serialize)]
struct Balance {
	account: String,
	nonce: u32,
	free: Amount,
	held: Vec<Held>,
	frozen: Amount,
	total: Amount,
}

#[derive(Serialize)]
struct Held {
	reason: String,
	amount: Amount,
}

/// Runs a command about accounts.
pub async fn run(context: &Context, command: Account) -> Result<()> {
	match command {
		Account::New { file } => {
			let key = Keypair::generate(&file).map_err(deepnode_client::Error::from)?;
			show(context, &key, |account| {
				format!(
					"{account}\nIts phrase is in {}: whoever has it has the account, so keep a copy safe.",
					file.display()
				)
			})
		},
		Account::Show => show(context, &context.key()?, |account| account.to_owned()),
		Account::Balance { account } => {
			let account = context.account_or_own(account)?;
			let info = context.client().await?.account(&account, None).await?;
			let balance = Balance {
				account: account.to_string(),
				nonce: info.nonce,
				free: Amount(info.free),
				held: info.held.into_iter().map(|(reason, amount)| Held { reason, amount: Amount(amount) }).collect(),
				frozen: Amount(info.frozen),
				total: Amount(info.total),
			};
			context.output.show(&balance, |balance| {
				let held = balance.held.iter().map(|held| format!("{} ({})", held.amount, held.reason));
				let held = held.collect::<Vec<_>>().join("\n");
				fields(&[
					("account", balance.account.clone()),
					("free", balance.free.to_string()),
					("on hold", if held.is_empty() { "nothing".into() } else { held }),
					("total", balance.total.to_string()),
				])
			})
		},
		Account::Transfer { to, amount, finalized } => {
			let key = context.key()?;
			let client = context.client().await?;
			let transaction = client
				.transfer(&key, None, &to, amount.0)
				.await
				.with_context(|| format!("cannot send {amount} to {to}"))?;
			if finalized {
				client
					.finalized(&transaction)
					.await?
					.context("another block was finalized in place of the transfer's")?;
			}
			context.done(&transaction, format!("sent {amount} to {to}"))
		},
	}
}

fn show(context: &Context, key: &Keypair, text: impl Fn(&str) -> String) -> Result<()> {
	let account = key.account();
	let shown = Shown { public_key: hex(AsRef::<[u8]>::as_ref(&account)), account: account.to_string() };
	context.output.show(&shown, |shown| text(&shown.account))
}
