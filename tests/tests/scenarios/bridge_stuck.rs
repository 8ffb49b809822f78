//! Base takes no transactions for a while: what waits is replaced by better offers, also by a relayer that was killed or has lost its
//! disk, and everything arrives in the end, once.

use std::time::Duration;

use anyhow::{Context as _, Result};
use deepnode_primitives::DN;
use deepnode_relayer::{base::BlockId, chain::Chain};
use deepnode_tests::{
	base::{Base, ACCOUNTS, NOBODY},
	bridge::{set_gateway, signed_above, Relayer},
	command_line::CommandLine,
	node::{within, Node},
	stage::Stage,
};

const MINUTE: Duration = Duration::from_secs(60);
const REPLACED: &str = "deepnode_relayer_replaced_total";

#[tokio::test]
async fn what_is_stuck_on_base_is_replaced_and_arrives_once() -> Result<()> {
	let stage = Stage::new("bridge_stuck")?;
	let node = Node::dev(&stage).await?;
	let chain = Chain { client: node.client().await? };
	let signed = signed_above(&chain, 0).await?;
	let base = Base::start(&stage, &chain, &signed).await?;
	set_gateway(&chain.client, &base).await?;
	let patience = ["--courtesy", "0", "--stuck-after", "5", "--heartbeat", "4", "--max-gas-price", "500"];
	let mut relayer = Relayer::start(&stage, "relayer", &node, &base, ACCOUNTS[0], &patience).await?;
	let command_line = CommandLine::new(node.url());

	// A commitment waits, and is replaced; a relayer that is killed goes on with it.
	base.mine(false).await?;
	let first = withdraw(&command_line).await?;
	relayer.counts(REPLACED, 2.0).await?;
	relayer.restart().await?;
	relayer.counts(REPLACED, 1.0).await?;
	base.mine(true).await?;
	arrives(&base, first).await?;

	// One that has lost its disk finds what the node has of its account, and waits for it.
	base.mine(false).await?;
	let second = withdraw(&command_line).await?;
	let replaced = relayer.metric(REPLACED).await?;
	relayer.counts(REPLACED, replaced + 1.0).await?;
	relayer.restart_without_its_disk().await?;
	let found = |line: &str| line.contains("that this relayer does not know").then_some(());
	relayer.process.log_line(MINUTE, found).await?;
	base.mine(true).await?;
	arrives(&base, second).await?;
	assert_eq!(base.balance(NOBODY).await?, 2 * DN);
	stage.passed();
	Ok(())
}

async fn withdraw(command_line: &CommandLine) -> Result<u64> {
	let withdraw = ["bridge", "withdraw", "1DN", "--to", &NOBODY.to_string(), "--fee", "0.1DN"];
	let printed = command_line.run(Some("//Ferdie"), &withdraw).await?;
	printed["nonce"].as_u64().with_context(|| format!("no nonce in {printed:#}"))
}

async fn arrives(base: &Base, nonce: u64) -> Result<()> {
	let ask = base.ask().await?;
	within(3 * MINUTE, &format!("message {nonce} arrives"), async {
		while ask.status_of(nonce, BlockId::latest()).await?.name() != "done" {
			tokio::time::sleep(Duration::from_millis(500)).await;
		}
		Ok(())
	})
	.await
}
