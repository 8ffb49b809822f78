//! What four validators sign arrives on Base: commitments of a changing validator set, withdrawals, what was earned, and
//! receipts of verified inferences; whatever becomes of the relayers, and after the chain was stopped.

use std::{process::Stdio, time::Duration};

use alloy::primitives::{Address, Bytes};
use anyhow::{ensure, Context as _, Result};
use deepnode_primitives::{Balance, TaskId, DN};
use deepnode_relayer::{base::BlockId, chain::Chain, plan::LightClient};
use deepnode_tests::{
	base::{address_of, Base, ACCOUNTS, NOBODY},
	bridge::{end_epoch, set_gateway, signed_above, Relayer},
	command_line::{amount, assert_failed, CommandLine},
	follow::Tasks,
	market::{Engine, Market},
	node::{within, Node},
	stage::{program, Stage},
	superuser,
};
use serde_json::Value;
use subxt::dynamic::Value as Dynamic;

const MINUTE: Duration = Duration::from_secs(60);
/// Who sends DN to Base.
const SENDER: &str = "//Ferdie";
/// What each delivery pays.
const FEE: &str = "0.5DN";
/// How many validators there are from the third session on.
const FEWER: u32 = 3;

#[tokio::test]
async fn what_four_validators_sign_arrives_on_base_whatever_becomes_of_the_relayers() -> Result<()> {
	let stage = Stage::new("bridge")?;
	let mut nodes = Node::four_validators(&stage).await?;
	let node = nodes.remove(0);
	// An election takes effect two sessions later: it is called at once.
	superuser::call(
		&node,
		"Staking",
		Dynamic::named_variant("set_validator_count", [("new", Dynamic::u128(FEWER.into()))]),
	)
	.await?;
	superuser::call(&node, "Staking", Dynamic::unnamed_variant("force_new_era", [])).await?;

	let chain = Chain { client: node.client().await? };
	let signed = signed_above(&chain, 0).await?;
	let base = Base::start(&stage, &chain, &signed).await?;
	set_gateway(&chain.client, &base).await?;
	let began = light_client(&base).await?;
	assert_eq!(began.current.len, 4, "{began:?}");

	let mut first = Relayer::start(&stage, "relayer-1", &node, &base, ACCOUNTS[0], &["--courtesy", "0"]).await?;
	let mut market = Market::on(&stage, node, &Engine::pair()).await?;
	let bridge = Bridge { command_line: market.command_line.clone(), base: &base };

	withdrawals_arrive(&bridge, &mut first).await?;
	let second =
		Relayer::start(&stage, "relayer-2", &nodes[0], &base, ACCOUNTS[1], &["--push", "--courtesy", "4"]).await?;
	let first = Relayer::start(&stage, "relayer-3", &nodes[1], &base, ACCOUNTS[2], &["--courtesy", "4"]).await?;
	two_relayers_waste_next_to_nothing(&bridge, [&first, &second]).await?;

	drop(second);
	let task = earnings_are_claimed(&bridge, &market, &stage).await?;
	a_receipt_is_verified_and_no_other(&bridge, task).await?;

	// The whole chain stops, and goes on.
	let mut validators: Vec<_> = std::iter::once(&mut market.node).chain(&mut nodes).collect();
	Node::restart_validators(&stage, &mut validators).await?;
	bridge.withdraw_and_wait("3DN").await?;

	let followed = within(6 * MINUTE, "the light client follows to a set of fewer validators", async {
		loop {
			let client = light_client(&base).await?;
			if client.current.id >= began.current.id + 2 && client.current.len == FEWER {
				return Ok(client);
			}
			tokio::time::sleep(Duration::from_secs(1)).await;
		}
	});
	let followed = followed.await?;
	assert!(followed.latest > began.latest);
	bridge.withdraw_and_wait("4DN").await?;
	bridge.adds_up().await?;
	stage.passed();
	Ok(())
}

/// The command line, and the Base that it asks.
struct Bridge<'a> {
	command_line: CommandLine,
	base: &'a Base,
}

impl Bridge<'_> {
	/// Runs `deepnode bridge ...` with the local Base.
	async fn run(&self, key: Option<&str>, arguments: &[&str]) -> Result<Value> {
		self.command_line.run(key, &self.arguments(arguments)?).await
	}

	fn arguments<'b>(&'b self, arguments: &[&'b str]) -> Result<Vec<&'b str>> {
		let deployment = self.base.deployment().to_str().context("the path is not UTF-8")?;
		let ends = ["--base-rpc", self.base.url(), "--deployment", deployment];
		Ok([&["bridge"], arguments, &ends].concat())
	}

	/// Sends DN to nobody's address on Base, and returns the message's number.
	async fn withdraw(&self, amount: &str) -> Result<u64> {
		let to = NOBODY.to_string();
		let withdraw = ["bridge", "withdraw", amount, "--to", &to, "--fee", FEE];
		let printed = self.command_line.run(Some(SENDER), &withdraw).await?;
		printed["nonce"].as_u64().with_context(|| format!("no nonce in {printed:#}"))
	}

	/// Sends DN to nobody's address, and waits until they are there.
	async fn withdraw_and_wait(&self, amount: &str) -> Result<()> {
		let before = self.base.balance(NOBODY).await?;
		let nonce = self.withdraw(amount).await?;
		self.arrives(nonce).await?;
		let expected = amount.strip_suffix("DN").unwrap_or(amount).parse::<Balance>()? * DN;
		assert_eq!(self.base.balance(NOBODY).await? - before, expected);
		Ok(())
	}

	async fn arrives(&self, nonce: u64) -> Result<()> {
		let ask = self.base.ask().await?;
		within(3 * MINUTE, &format!("message {nonce} arrives"), async {
			loop {
				match ask.status_of(nonce, BlockId::latest()).await?.name() {
					"done" => return Ok(()),
					"not delivered" => tokio::time::sleep(Duration::from_millis(500)).await,
					status => anyhow::bail!("message {nonce} is {status}"),
				}
			}
		})
		.await
	}

	/// The relayer's own look at both chains finds no fault.
	async fn adds_up(&self) -> Result<()> {
		let mut command = tokio::process::Command::new(program("deepnode-relayer")?);
		command.args(["status", "--node", self.command_line.url(), "--base-rpc", self.base.url()]);
		command.arg("--deployment").arg(self.base.deployment()).stdin(Stdio::null()).kill_on_drop(true);
		let output = command.output().await?;
		let said = String::from_utf8_lossy(&output.stderr);
		ensure!(output.status.success(), "DN do not add up: {said}");
		let seen: Value = serde_json::from_slice(&output.stdout)?;
		assert_eq!(seen["faults"], serde_json::json!([]), "{seen:#}");
		Ok(())
	}
}

async fn light_client(base: &Base) -> Result<LightClient> {
	Ok(base.ask().await?.light_client(BlockId::latest()).await?)
}

/// Withdrawals arrive, the second although its relayer is killed on the way, and each once.
async fn withdrawals_arrive(bridge: &Bridge<'_>, relayer: &mut Relayer) -> Result<()> {
	let to = NOBODY.to_string();
	let relayers = bridge.base.balance(address_of(ACCOUNTS[0])?).await?;
	let printed = bridge.run(Some(SENDER), &["withdraw", "5DN", "--to", &to, "--fee", FEE, "--wait"]).await?;
	assert_eq!(printed["message"]["on_base"], "done", "{printed:#}");
	assert_eq!(bridge.base.balance(NOBODY).await?, 5 * DN);
	let earned = bridge.base.balance(address_of(ACCOUNTS[0])?).await? - relayers;
	assert!(earned >= DN / 2, "the delivery pays its fee, and {earned} came");

	let nonce = bridge.withdraw("7DN").await?;
	let is_sending = |line: &str| line.contains("sending") && line.contains(&format!("Message({nonce})"));
	relayer.process.log_line(3 * MINUTE, |line| is_sending(line).then_some(())).await?;
	relayer.restart().await?;
	bridge.arrives(nonce).await?;
	assert_eq!(bridge.base.balance(NOBODY).await?, 12 * DN);

	// What the chain does not take is said with a remedy.
	let dust = ["bridge", "withdraw", "1u", "--to", &to];
	assert_failed(&bridge.command_line.output(Some(SENDER), &dust).await?, 4, &["TooLittle"]);
	relayer.process.kill();
	Ok(())
}

/// Many withdrawals at once, carried by two relayers that do not know each other.
async fn two_relayers_waste_next_to_nothing(bridge: &Bridge<'_>, relayers: [&Relayer; 2]) -> Result<()> {
	const COUNT: usize = 6;
	let before = bridge.base.balance(NOBODY).await?;
	let mut nonces = Vec::new();
	for _ in 0..COUNT {
		nonces.push(bridge.withdraw("1DN").await?);
	}
	for nonce in nonces {
		bridge.arrives(nonce).await?;
	}
	assert_eq!(bridge.base.balance(NOBODY).await? - before, COUNT as Balance * DN);

	// Both have to have seen the end of what they sent.
	within(MINUTE, "no transaction is on its way", async {
		for relayer in relayers {
			while relayer.metric("deepnode_relayer_pending_transactions").await? > 0.0 {
				tokio::time::sleep(Duration::from_secs(1)).await;
			}
		}
		Ok(())
	})
	.await?;
	let mut counts = [0.0; 2];
	for relayer in relayers {
		for (count, outcome) in counts.iter_mut().zip(["done", "wasted"]) {
			for purpose in ["commitment", "message"] {
				let labels = format!("{{outcome=\"{outcome}\",purpose=\"{purpose}\"}}");
				*count += relayer.metric(&format!("deepnode_relayer_concluded_total{labels}")).await?;
			}
		}
		assert_eq!(relayer.readiness().await?["ready"], true);
	}
	let [done, wasted] = counts;
	assert!(done >= COUNT as f64, "{done} transactions for {COUNT} messages");
	assert!(wasted <= 2.0, "{wasted} of {} transactions were in vain", done + wasted);
	Ok(())
}

/// Two workers settle tasks, are paid out on Base, and one claims what it earned by itself. Returns a settled task.
async fn earnings_are_claimed(bridge: &Bridge<'_>, market: &Market, stage: &Stage) -> Result<TaskId> {
	let address = address_of(ACCOUNTS[3])?;
	bridge.command_line.run(Some("//Bob"), &["bridge", "payout", "set", &address.to_string()]).await?;
	let mut tasks = Tasks::after_now(&market.client).await?;
	let asked = market.ask(0..3).await?;
	// Less than a tenth of a DN is not paid out.
	market.ask_batch(stage, 200).await?;
	tasks.until_ended(asked.len() + 1, 2 * MINUTE).await?;
	let shown = bridge.command_line.run(None, &["bridge", "payout", "show", "//Bob"]).await?;
	let earned = amount(&shown, "earned")?;
	assert!(earned > 0, "{shown:#}");
	let epoch = shown["epoch"].as_u64().context("no epoch")?.to_string();

	end_epoch(&market.client).await?;
	let settlement = within(MINUTE, "the epoch is settled", async {
		loop {
			match bridge.run(None, &["settlement", &epoch, "--account", "//Bob"]).await {
				Ok(settlement) => return Ok(settlement),
				Err(_) => tokio::time::sleep(Duration::from_secs(1)).await,
			}
		}
	});
	let settlement = settlement.await?;
	assert_eq!(amount(&settlement, "total")?, earned, "{settlement:#}");
	bridge.arrives(settlement["nonce"].as_u64().context("no nonce")?).await?;

	let mine = &settlement["mine"];
	let contract: Address = mine["contract"].as_str().context("no contract")?.parse()?;
	let call: Bytes = mine["call_data"].as_str().context("no call data")?.parse()?;
	let before = bridge.base.balance(address).await?;
	bridge.base.send(ACCOUNTS[3], contract, call.clone()).await?;
	assert_eq!(bridge.base.balance(address).await? - before, earned);
	assert!(bridge.base.call(contract, call).await.is_err(), "a claim is paid once");
	Ok(asked[0])
}

/// A receipt of a settled task is verified by one call, and with any byte of it changed it is not.
async fn a_receipt_is_verified_and_no_other(bridge: &Bridge<'_>, task: TaskId) -> Result<()> {
	let task = task.to_string();
	let receipt = bridge.run(None, &["receipt", &task, "--check"]).await?;
	assert_eq!(receipt["verified"], true, "{receipt:#}");
	assert_eq!(receipt["verdict"], "settled");
	assert_eq!(receipt["workers"].as_array().map(Vec::len), Some(2), "{receipt:#}");
	let contract: Address = receipt["contract"].as_str().context("no contract")?.parse()?;
	let call: Bytes = receipt["call_data"].as_str().context("no call data")?.parse()?;
	let is_true = |answer: &Bytes| answer.last() == Some(&1);
	assert!(is_true(&bridge.base.call(contract, call.clone()).await?));

	let mut believed = Vec::new();
	for place in 4..call.len() {
		let mut changed = call.to_vec();
		changed[place] ^= 1;
		if bridge.base.call(contract, changed.into()).await.is_ok_and(|answer| is_true(&answer)) {
			believed.push(place);
		}
	}
	assert_eq!(believed, [0usize; 0], "of {} bytes these can be changed", call.len());
	Ok(())
}
