//! Accounts.

use anyhow::{bail, Context as _, Result};
use deepnode_client::{Error, Keypair, TxInBlock};
use deepnode_relayer::base::Address;
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
	/// The account's 32 bytes.
	id: String,
	/// The same account's address on Base, of an Ethereum key.
	#[serde(skip_serializing_if = "Option::is_none")]
	address: Option<String>,
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
			let what = format!("{amount} to {to}");
			let transaction = match finalized {
				true => settled(client.finalized(&transaction).await, &transaction, &what)?,
				false => transaction,
			};
			context.done(&transaction, format!("sent {what}"))
		},
	}
}

/// The transfer of this where it is final, by what is said of one that has been in a block; where it is not, whether to
/// send it again.
fn settled(said: deepnode_client::Result<Option<TxInBlock>>, transaction: &TxInBlock, what: &str) -> Result<TxInBlock> {
	let TxInBlock { block, until, .. } = transaction;
	match said {
		Ok(Some(transaction)) => Ok(transaction),
		Ok(None) => bail!(
			"{what} were not sent: another block was finalized in place of block {}, which the transfer was in, and \
			 it is in none up to {until}, after which it comes into no other; send it again",
			block.number
		),
		Err(error @ Error::Dispatch(_)) => Err(error).with_context(|| {
			format!(
				"{what} were not sent: another block was finalized in place of block {}, and the transfer failed in it",
				block.number
			)
		}),
		Err(error) => Err(error).with_context(|| {
			format!(
				"{what} were sent in block {}, but whether that is final is not known; the transfer can come into a \
				 block up to {until}: do not send it again before you have looked, with `deepnode account balance`",
				block.number
			)
		}),
	}
}

fn show(context: &Context, key: &Keypair, text: impl Fn(&str) -> String) -> Result<()> {
	let account = key.account();
	let address = key.address().map(|address| Address::from(address.0).to_checksum(None));
	let shown = Shown { id: hex(AsRef::<[u8]>::as_ref(&account)), account: account.to_string(), address };
	context.output.show(&shown, |shown| match &shown.address {
		Some(address) => text(&format!("{}, the account of {address}", shown.account)),
		None => text(&shown.account),
	})
}

#[cfg(test)]
mod tests {
	use deepnode_client::{Block, Dispatch, H256};

	use super::*;

	fn in_block(number: u32) -> TxInBlock {
		let block = Block { number, hash: H256::repeat_byte(number as u8) };
		TxInBlock { block, extrinsic_hash: H256::zero(), events: vec![], until: 68 }
	}

	fn failed(said: deepnode_client::Result<Option<TxInBlock>>) -> String {
		format!("{:#}", settled(said, &in_block(20), "1 DN to Bob").unwrap_err())
	}

	#[test]
	fn a_transfer_is_final_in_whichever_block_it_was_finalized() {
		assert_eq!(settled(Ok(Some(in_block(22))), &in_block(20), "1 DN to Bob").unwrap(), in_block(22));
	}

	#[test]
	fn only_a_transfer_that_never_comes_is_to_be_sent_again() {
		let gone = failed(Ok(None));
		assert!(gone.contains("1 DN to Bob were not sent") && gone.contains("none up to 68"), "{gone}");
		assert!(gone.ends_with("send it again"), "{gone}");
		let dispatch = Dispatch { pallet: "Token".into(), name: "NotExpendable".into(), docs: String::new() };
		let elsewhere = failed(Err(dispatch.into()));
		assert!(elsewhere.contains("were not sent") && elsewhere.contains("NotExpendable"), "{elsewhere}");
		let unknown = failed(Err(Error::GaveUp));
		assert!(unknown.contains("were sent in block 20") && unknown.contains("do not send it again"), "{unknown}");
		assert!(!unknown.contains("were not sent"), "{unknown}");
	}
}
