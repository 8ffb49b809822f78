//! What the commands do.

mod account;
mod bridge;
mod chain;
mod data_sets;
mod evaluators;
mod models;
#[cfg(feature = "fhe")]
mod private;
mod task;
mod worker;

use anyhow::Result;
use clap::CommandFactory as _;
use deepnode_client::TxInBlock;
use serde::Serialize;

use crate::{
	cli::{Cli, Command},
	context::Context,
};

/// Runs what was typed.
pub async fn run(cli: Cli) -> Result<()> {
	let context = Context::new(cli.global);
	match cli.command {
		Command::Models(command) => models::run(&context, command).await,
		Command::DataSets(command) => data_sets::run(&context, command).await,
		Command::Evaluators(command) => evaluators::run(&context, command).await,
		Command::Worker(command) => worker::run(&context, command).await,
		Command::Task(command) => task::run(&context, command).await,
		#[cfg(feature = "fhe")]
		Command::Private(command) => private::run(&context, command).await,
		Command::Account(command) => account::run(&context, command).await,
		Command::Bridge(command) => bridge::run(&context, command).await,
		Command::Balances => chain::balances(&context).await,
		Command::Chain(command) => chain::run(&context, command).await,
		Command::Completions { shell } => {
			let mut script = Vec::new();
			clap_complete::generate(shell, &mut Cli::command(), "deepnode", &mut script);
			crate::output::print(&String::from_utf8_lossy(&script))
		},
	}
}

/// Where a transaction is.
#[derive(Serialize)]
struct Receipt {
	block: u32,
	block_hash: String,
	extrinsic_hash: String,
}

impl From<&TxInBlock> for Receipt {
	fn from(transaction: &TxInBlock) -> Self {
		Self {
			block: transaction.block.number,
			block_hash: format!("{:?}", transaction.block.hash),
			extrinsic_hash: format!("{:?}", transaction.extrinsic_hash),
		}
	}
}

impl Context {
	/// Says that a transaction is done, and in which block.
	fn done(&self, transaction: &TxInBlock, what: impl AsRef<str>) -> Result<()> {
		let receipt = Receipt::from(transaction);
		self.output.show(&receipt, |receipt| format!("{} (block {})", what.as_ref(), receipt.block))
	}
}
