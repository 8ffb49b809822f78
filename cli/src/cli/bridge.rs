//! What can be typed about the bridge to Base.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use deepnode_client::AccountId;
use deepnode_primitives::TaskId;
use deepnode_relayer::base::Address;
use url::Url;

use super::account;
use crate::amount::Amount;

#[derive(Debug, Subcommand)]
pub enum Bridge {
	/// Send DN to an address on Base.
	Withdraw(Withdraw),
	/// Raise what the delivery of a message pays.
	RaiseFee {
		/// The message's number, as `bridge withdraw` said.
		nonce: u64,
		/// What it is to pay.
		fee: Amount,
	},
	/// Show the bridge, or what has become of a message on the chain and, with --base-rpc, on Base.
	Status {
		/// The message's number.
		nonce: Option<u64>,
		#[command(flatten)]
		base: BaseEnd,
	},
	/// Show an epoch's claims on Base, and what an address claims its own with.
	Settlement(Settlement),
	/// Show a settled task's receipt, and what a contract on Base is given to verify it.
	Receipt(Receipt),
	/// Where what you earn is paid out on Base.
	#[command(subcommand)]
	Payout(Payout),
}

/// Where Base is asked.
#[derive(Clone, Debug, Default, Args)]
pub struct BaseEnd {
	/// An HTTP endpoint of Base.
	#[arg(long, value_name = "URL", env = "DEEPNODE_BASE_RPC", hide_env_values = true)]
	pub base_rpc: Option<Url>,
	/// The file with the contracts' addresses, which their deployment script writes.
	#[arg(long, value_name = "FILE", env = "DEEPNODE_BASE_DEPLOYMENT")]
	pub deployment: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Withdraw {
	/// How much arrives there.
	pub amount: Amount,
	/// Who gets it on Base.
	#[arg(long, value_name = "ADDRESS", value_parser = address)]
	pub to: Address,
	/// What whoever delivers it is paid besides. Where it is too little nobody does, and you can raise it.
	#[arg(long, value_name = "AMOUNT", default_value = "0")]
	pub fee: Amount,
	/// Wait until it is told to Base or, with --base-rpc, until it has arrived there.
	#[arg(long)]
	pub wait: bool,
	#[command(flatten)]
	pub base: BaseEnd,
}

#[derive(Debug, Args)]
pub struct Settlement {
	/// The epoch.
	pub epoch: u64,
	/// Show what this address claims its own with; the payout address of your account where neither is given.
	#[arg(long, value_name = "ADDRESS", conflicts_with = "account", value_parser = address)]
	pub address: Option<Address>,
	/// Show what the payout address of this account claims its own with.
	#[arg(long, value_parser = account)]
	pub account: Option<AccountId>,
	#[command(flatten)]
	pub base: BaseEnd,
}

#[derive(Debug, Args)]
pub struct Receipt {
	/// The task's number.
	pub task: TaskId,
	/// The block that issued the receipt: that of the task's settlement, as long as the chain keeps the task.
	#[arg(long, value_name = "BLOCK")]
	pub block: Option<u32>,
	/// Prove it under the commitment of this block instead of Base's latest.
	#[arg(long, value_name = "BLOCK")]
	pub under: Option<u32>,
	/// Have the contract on Base check it, with one call that costs nothing.
	#[arg(long)]
	pub check: bool,
	#[command(flatten)]
	pub base: BaseEnd,
}

#[derive(Debug, Subcommand)]
pub enum Payout {
	/// Have what you earn from now on paid out to an address on Base, once an epoch.
	Set {
		/// The address.
		#[arg(value_parser = address)]
		address: Address,
	},
	/// Be paid on the chain again.
	Clear,
	/// Show where an account is paid out, and what it has earned in this epoch.
	Show {
		/// The account; your own where it is not given.
		#[arg(value_parser = account)]
		account: Option<AccountId>,
	},
}

/// An address on Base. Where it is in both cases, as wallets show it, they must be those of its EIP-55 checksum.
pub fn address(text: &str) -> Result<Address, String> {
	let address: Address = text.parse().map_err(|_| "no address: write 0x and 40 hexadecimal digits".to_owned())?;
	let digits = text.strip_prefix("0x").unwrap_or(text);
	let is_of_one_case = digits.to_lowercase() == digits || digits.to_uppercase() == digits;
	if is_of_one_case || address.to_checksum(None).ends_with(digits) {
		return Ok(address);
	}
	Err("mistyped: the case of its letters is not that of the address's checksum".into())
}
