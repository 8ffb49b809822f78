//! The command line, as a user types it, also where things go wrong.

use std::{fs, io::Write as _, os::unix::fs::OpenOptionsExt as _, time::Duration};

use anyhow::{Context as _, Result};
use deepnode_client::RefundReason;
use deepnode_primitives::{task::ErrorCode, TaskId, DN};
use deepnode_tests::{
	command_line::{amount, assert_failed, assert_said, CommandLine},
	digits::Digits,
	follow::{Blocks, End, Tasks},
	market::{register, Engine, Market, CREATOR, REQUESTER, STAKE},
	stage::Stage,
};
use serde_json::Value;

const MINUTE: Duration = Duration::from_secs(60);
/// The exit status where no node answers.
const NO_NODE: i32 = 3;
/// The exit status where the chain refuses.
const REFUSED: i32 = 4;
/// The exit status where a task was refunded.
const REFUNDED: i32 = 5;
/// The first development account of Hardhat and Anvil.
const WALLET: &str = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
const WALLET_KEY: &str = "ethereum:0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

#[tokio::test]
async fn where_no_node_answers_the_command_says_where_it_looked_and_what_to_do() -> Result<()> {
	let command_line = CommandLine::new("ws://127.0.0.1:1");
	let output = command_line.output(None, &["chain", "status"]).await?;
	assert_failed(&output, NO_NODE, &["ws://127.0.0.1:1", "--node"]);
	Ok(())
}

#[tokio::test]
async fn tasks_are_asked_answered_refused_and_refunded_on_the_command_line() -> Result<()> {
	let stage = Stage::new("command_line")?;
	let mut market = Market::open(&stage, &Engine::pair()).await?;
	let command_line = market.command_line.clone();
	let models = Digits::model().canonicalize()?;
	let models = models.parent().context("the model is in no folder")?.to_str().context("not UTF-8")?.to_owned();
	let model = market.model.to_string();

	// A picture of a three is a three.
	let picture = format!("{models}/heldout/000-label-3.png");
	let submit = ["task", "submit", "--model", &model, &picture, "--pixel-max", "16", "--watch"];
	let printed = command_line.run(Some(REQUESTER), &submit).await?;
	let classes = find(&printed, "classes").with_context(|| format!("no classes in {printed:#}"))?;
	assert_eq!(*classes, serde_json::json!([3]), "{printed:#}");
	for (name, expected) in [("fee", market.quote.fee), ("audit_fee", market.quote.audit)] {
		assert_eq!(find(&printed, name), Some(&expected.to_string().into()), "{printed:#}");
	}
	assert_eq!(find(&printed, "losers"), Some(&serde_json::json!([])), "{printed:#}");

	// Each worker answers for it with a part of its stake, and has proved a little better than it began.
	let worker = command_line.run(None, &["worker", "status", "//Bob"]).await?;
	assert_eq!(amount(&worker, "liable")?, market.quote.bound);
	assert_eq!(amount(&worker, "free")?, STAKE - market.quote.bound);
	assert_eq!(worker["fidelity"], "52.5%");

	// What the chain would not take is said before it costs anything.
	let balance = market.client.account(&market.requester.account(), None).await?.total;
	let wrong = ["task", "submit", "--model", &model, "[[1, 2, 3]]"];
	let output = command_line.output(Some(REQUESTER), &wrong).await?;
	assert!(!output.status.success());
	assert_said(&output, &["64"]);
	let cheap = ["task", "submit", "--model", &model, &picture, "--pixel-max", "16", "--max-fee", "1u"];
	let output = command_line.output(Some(REQUESTER), &cheap).await?;
	assert!(!output.status.success());
	assert_said(&output, &["0.01 DN for 1 item", "for audits"]);
	assert_eq!(market.client.account(&market.requester.account(), None).await?.total, balance);
	let output = command_line.output(Some(REQUESTER), &["models", "retire", &model]).await?;
	assert_failed(&output, REFUSED, &["NotOwner"]);
	let file = format!("{models}/digits-mlp.onnx");
	let terms = ["--domain", "vision/digits", "--price", "1u", "--licence", "MIT", "--data-set", "99"];
	let undeclared = [&["models", "register", &file][..], &terms].concat();
	let output = command_line.output(Some(CREATOR), &undeclared).await?;
	assert_failed(&output, REFUSED, &["UnknownDataSet"]);

	accomplices_are_denounced(&market, &file).await?;
	a_wallet_of_base_has_an_account(&stage, &command_line, &submit).await?;

	// A model whose place holds another file: both workers say so, and the money comes back but for
	// the part that pays them. (They have the classifier's file already, and would not fetch it again.)
	let elsewhere = format!("file://{models}/digits-mlp.onnx");
	let file = format!("{models}/digits-linear.onnx");
	let broken = register(&command_line, &file, "misplaced", &["--uri", &elsewhere]).await?;
	market.serve(broken).await?;
	// A worker tries for a while to get what it serves. The task would have to wait for that.
	for worker in &mut market.workers {
		let gives_up = |line: &str| line.contains("a served model cannot be fetched").then_some(());
		worker.process.log_line(MINUTE, gives_up).await?;
	}
	let mut tasks = Tasks::after_now(&market.client).await?;
	let submit = ["task", "submit", "--model", &broken.to_string(), &picture, "--pixel-max", "16", "--watch"];
	let output = command_line.output(Some(REQUESTER), &submit).await?;
	assert_failed(&output, REFUNDED, &["refunded"]);
	let printed = String::from_utf8_lossy(&output.stdout);
	assert!(printed.contains("no URI gave the model that its hash names"), "{printed}");
	tasks.until_ended(1, MINUTE).await?;
	let history = tasks.histories().values().next().context("the task is known")?;
	let Some(End::Refunded { amount, reason }) = &history.end else { panic!("the task ended with {:?}", history.end) };
	assert_eq!(*reason, RefundReason::Failed(ErrorCode::ModelUnavailable));
	let price = history.price();
	assert!(*amount > history.audit_fee && *amount < price, "{amount} of {price} came back");
	assert_eq!(history.slashed, [], "who says that there is no answer is not slashed for it");

	// What nobody can ask about any more is retired.
	command_line.run(Some(CREATOR), &["models", "retire", &broken.to_string()]).await?;
	let output = command_line.output(Some(REQUESTER), &submit).await?;
	assert!(!output.status.success(), "a retired model takes no tasks");
	stage.passed();
	Ok(())
}

/// A worker denounces the other, as early as nobody knows of an audit, and once.
async fn accomplices_are_denounced(market: &Market, evidence: &str) -> Result<()> {
	let command_line = &market.command_line;
	let mut tasks = Tasks::after_now(&market.client).await?;
	let mut blocks = Blocks::after_now(&market.client).await?;
	let asked = market.ask(0..4).await?;
	tasks.until_ended(asked.len(), MINUTE).await?;
	let mut spared = None;
	for task in asked {
		while audit_phase(command_line, task).await? == "lottery" {
			blocks.next().await?;
		}
		if audit_phase(command_line, task).await? == "spared" {
			spared = Some(task.to_string());
		}
	}
	// But for bad luck of 1 in 160,000.
	let spared = spared.context("chance has chosen all four tasks for an audit")?;
	let denounce = ["task", "denounce", &spared, "--evidence", evidence];

	let output = command_line.output(Some(REQUESTER), &denounce).await?;
	assert!(!output.status.success());
	assert_said(&output, &["sign with the worker's key"]);

	let printed = command_line.run(Some("//Bob"), &denounce).await?;
	let bond = amount(&printed, "bond")?;
	assert!(bond > 0);
	let held = market.client.account(market.workers[0].account(), None).await?.held;
	assert!(held.iter().any(|(why, amount)| why.contains("denouncements") && *amount == bond), "{held:?}");
	// There is no outsider who could run it again.
	assert_eq!(audit_phase(command_line, spared.parse()?).await?, "waiting");

	let output = command_line.output(Some("//Charlie"), &denounce).await?;
	assert!(!output.status.success());
	assert_said(&output, &["too late"]);
	Ok(())
}

/// Who has no more than an address on Base is sent DN, and signs with its wallet's key.
async fn a_wallet_of_base_has_an_account(stage: &Stage, command_line: &CommandLine, submit: &[&str]) -> Result<()> {
	let file = stage.file("wallet");
	let wallet = Some(file.to_str().context("not UTF-8")?);
	let mut options = fs::OpenOptions::new();
	options.write(true).create_new(true).mode(0o600).open(&file)?.write_all(WALLET_KEY.as_bytes())?;

	let shown = command_line.run(wallet, &["account", "show"]).await?;
	assert_eq!(shown["address"], WALLET);
	command_line.run(Some(REQUESTER), &["account", "transfer", WALLET, "10DN"]).await?;
	command_line.run(wallet, &["account", "transfer", "//Bob", "1DN"]).await?;
	let left = amount(&command_line.run(None, &["account", "balance", WALLET]).await?, "free")?;
	assert!((8 * DN..9 * DN).contains(&left), "{left}");

	// What is longer than 256 bytes is hashed before it is signed.
	let printed = command_line.run(wallet, submit).await?;
	assert_eq!(find(&printed, "classes"), Some(&serde_json::json!([3])), "{printed:#}");
	Ok(())
}

/// Where a settled task's audit stands, as `task result` says.
async fn audit_phase(command_line: &CommandLine, task: TaskId) -> Result<String> {
	let shown = command_line.run(None, &["task", "result", &task.to_string()]).await?;
	let phase = shown["audit"]["phase"].as_str().with_context(|| format!("no audit in {shown:#}"))?;
	Ok(phase.to_owned())
}

/// The value of the first field of this name, wherever it is.
fn find<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
	match value {
		Value::Object(fields) => fields.get(name).or_else(|| fields.values().find_map(|value| find(value, name))),
		Value::Array(values) => values.iter().find_map(|value| find(value, name)),
		_ => None,
	}
}
