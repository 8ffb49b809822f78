//! The bridge to Base.

mod following;
mod overview;
mod payout;
mod receipt;
mod settlement;
mod withdraw;

use anyhow::{Context as _, Result};
use deepnode_client::Client;
use deepnode_relayer::{
	base::{Base, Deployment},
	chain::Chain,
};

use crate::{
	cli::{BaseEnd, Bridge},
	context::Context,
};

/// Runs a command about the bridge.
pub async fn run(context: &Context, command: Bridge) -> Result<()> {
	match command {
		Bridge::Withdraw(arguments) => withdraw::run(context, arguments).await,
		Bridge::RaiseFee { nonce, fee } => withdraw::raise(context, nonce, fee).await,
		Bridge::Status { nonce: Some(nonce), base } => withdraw::status(context, nonce, &base).await,
		Bridge::Status { nonce: None, base } => overview::run(context, &base).await,
		Bridge::Settlement(arguments) => settlement::run(context, arguments).await,
		Bridge::Receipt(arguments) => receipt::run(context, arguments).await,
		Bridge::Payout(command) => payout::run(context, command).await,
	}
}

impl BaseEnd {
	/// Connects to Base, if an endpoint is named, and checks that its gateway is the one that the chain sends to.
	async fn connect(&self, chain: &Chain) -> Result<Option<Base>> {
		let Some(url) = &self.base_rpc else { return Ok(None) };
		let file = self.deployment.as_ref().context("where are the contracts? name their file with --deployment")?;
		let base = Base::connect(url, Deployment::read(file)?).await?;
		chain.expect_gateway(&base.contracts).await?;
		Ok(Some(base))
	}
}

/// The chain, as the relayer sees it.
fn chain(client: Client) -> Chain {
	Chain { client }
}
