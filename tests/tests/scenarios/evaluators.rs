//! Data sets and evaluators on the command line, from registration to a judgement.
//!
//! An epoch of scores lasts a day, so the superuser turns it once. Weights are revealed in its last two
//! hours, which no scenario waits for.

use std::{fs, os::unix::fs::PermissionsExt as _, time::Duration};

use anyhow::{Context as _, Result};
use deepnode_client::keys;
use deepnode_primitives::{Balance, DN};
use deepnode_tests::{
	command_line::{amount, assert_failed, assert_said, CommandLine},
	follow::Tasks,
	market::{Engine, Market, REQUESTER},
	stage::{repository, Stage},
	superuser,
};
use serde_json::{json, Value};

const MINUTE: Duration = Duration::from_secs(60);
const EVALUATOR: &str = "//Ferdie";
const CONTRIBUTOR: &str = "//Eve";
const DOMAIN: &str = "vision/digits";
/// What all evaluations of the epoch may be paid. Half of it is for the domain, and all that for its only
/// evaluator.
const BUDGET: Balance = 100 * DN;
/// The exit status where the chain refuses.
const REFUSED: i32 = 4;

#[tokio::test]
async fn an_evaluator_judges_a_model_by_an_item_of_a_data_set_that_is_paid_for_it() -> Result<()> {
	let stage = Stage::new("evaluators")?;
	let market = Market::open(&stage, &Engine::pair()).await?;
	let command_line = &market.command_line;
	let data_set = data_sets(command_line).await?;

	// A model comes on its domain's list with its first settled task, which its requester rates once.
	let mut tasks = Tasks::after_now(&market.client).await?;
	let asked = market.ask(0..1).await?[0].to_string();
	tasks.until_ended(1, MINUTE).await?;
	let scores = command_line.run(None, &["evaluators", "scores", "--domain", DOMAIN]).await?;
	assert_eq!((&scores[0]["model"], &scores[0]["accuracy"]), (&market.model.into(), &"50%".into()), "{scores:#}");
	let rate = ["evaluators", "rate", &asked, "80%"];
	let output = command_line.output(Some(EVALUATOR), &rate).await?;
	assert!(!output.status.success());
	assert_said(&output, &["who has asked and paid"]);
	command_line.run(Some(REQUESTER), &rate).await?;
	assert_failed(&command_line.output(Some(REQUESTER), &rate).await?, REFUSED, &["AlreadyMarked"]);

	join(&market).await?;
	let secrets = stage.file("secrets");
	let secrets = secrets.to_str().context("not UTF-8")?;
	weights(&market, secrets).await?;
	known_answer(&stage, &market, &mut tasks, &data_set, secrets).await?;

	// Who leaves waits for its stake.
	command_line.run(Some(EVALUATOR), &["evaluators", "leave", "--domain", DOMAIN]).await?;
	let status = command_line.run(Some(EVALUATOR), &["evaluators", "status", "--domain", DOMAIN]).await?;
	assert_eq!(amount(&status["leaving"], "stake")?, 1_500 * DN);
	let output = command_line.output(Some(EVALUATOR), &["evaluators", "withdraw", "--domain", DOMAIN]).await?;
	assert!(!output.status.success());
	assert_said(&output, &["can be withdrawn from block"]);
	stage.passed();
	Ok(())
}

/// Registers data sets, opens a sealed one, retires another, and returns the number of the one that is left.
async fn data_sets(command_line: &CommandLine) -> Result<String> {
	let models = repository("tests/models/digits").canonicalize()?;
	let file = |name: &str| models.join(name).to_str().map(str::to_owned).context("not UTF-8");
	let (images, labels) = (file("heldout.npy")?, file("heldout_labels.npy")?);
	let terms = ["--domain", DOMAIN, "--licence", "CC-BY-4.0", "--items", "450", "--royalty", "5%"];
	let sealed = [&["data-sets", "register", &images, &labels, "--name", "held out", "--sealed"][..], &terms].concat();
	let sealed = command_line.run(Some(CONTRIBUTOR), &sealed).await?;
	let number = sealed["data_set"].to_string();
	let shown = command_line.run(None, &["data-sets", "show", &number]).await?;
	assert_eq!((&shown["sealed"], &shown["files"], &shown["items"]), (&true.into(), &json!([]), &450.into()));
	assert_eq!(shown["digest"], sealed["digest"]);

	// Only the same files in the same order are those that were sealed.
	let publish = |one: &str, other: &str| {
		["data-sets", "publish", &number, one, other, "--uri-base", "https://example.org"].map(str::to_owned)
	};
	let turned = publish(&labels, &images);
	let output = command_line.output(Some(CONTRIBUTOR), &turned.each_ref().map(String::as_str)).await?;
	assert!(!output.status.success());
	assert_said(&output, &["in the same order"]);
	let published = publish(&images, &labels);
	command_line.run(Some(CONTRIBUTOR), &published.each_ref().map(String::as_str)).await?;
	command_line.run(Some(CONTRIBUTOR), &["data-sets", "set-price", &number, "0.5DN"]).await?;
	let moved = ["data-sets", "set-uris", &number, "https://h/labels", "--file", "1"];
	command_line.run(Some(CONTRIBUTOR), &moved).await?;
	let shown = command_line.run(None, &["data-sets", "show", &number]).await?;
	assert_eq!(amount(&shown, "evaluation_price")?, DN / 2);
	let uris: Vec<_> = [0, 1].map(|file| shown["files"][file]["uris"][0].clone()).into();
	assert_eq!(uris, ["https://example.org/heldout.npy", "https://h/labels"]);
	let output = command_line.output(Some(REQUESTER), &["data-sets", "set-price", &number, "1DN"]).await?;
	assert_failed(&output, REFUSED, &["NotOwner", "the owner's key"]);

	let open = [&["data-sets", "register", &images][..], &terms].concat();
	let open = command_line.run(Some(CONTRIBUTOR), &open).await?["data_set"].to_string();
	command_line.run(Some(CONTRIBUTOR), &["data-sets", "retire", &open]).await?;
	let listed = command_line.run(None, &["data-sets", "list", "--all"]).await?;
	assert_eq!(listed.as_array().map(Vec::len), Some(1), "what no model declares is removed at once: {listed:#}");
	Ok(number)
}

/// Becomes an evaluator, and judges from the next epoch on.
async fn join(market: &Market) -> Result<()> {
	let command_line = &market.command_line;
	let join = |stake| ["evaluators", "join", "--domain", DOMAIN, "--stake", stake];
	let output = command_line.output(Some(EVALUATOR), &join("999DN")).await?;
	assert!(!output.status.success());
	assert_said(&output, &["needs at least 1000 DN"]);
	command_line.run(Some(EVALUATOR), &join("1000DN")).await?;
	command_line.run(Some(EVALUATOR), &join("500DN")).await?;
	let status = command_line.run(None, &["evaluators", "status", EVALUATOR, "--domain", DOMAIN]).await?;
	assert_eq!((amount(&status, "stake")?, &status["judges"]), (1_500 * DN, &false.into()));
	let early = ["evaluators", "commit", "0=50%", "--domain", DOMAIN];
	let output = command_line.output(Some(EVALUATOR), &early).await?;
	assert!(!output.status.success());
	assert_said(&output, &["joined in epoch 0", "wait until block 28800"]);

	let (index, started_at) = (1u32, market.client.best_block().await?.number);
	superuser::store(&market.node, "Powr", "CurrentEpoch", &(index, started_at, BUDGET)).await?;
	let status = command_line.run(None, &["evaluators", "status", EVALUATOR, "--domain", DOMAIN]).await?;
	assert_eq!((&status["epoch"], &status["judges"]), (&1.into(), &true.into()), "{status:#}");
	assert_eq!(amount(&status, "budget")?, BUDGET / 2);
	Ok(())
}

/// Commits weights, which can be revealed when the time comes: what seals them is kept.
async fn weights(market: &Market, secrets: &str) -> Result<()> {
	let command_line = &market.command_line;
	let weight = format!("{}=50%", market.model);
	let commit = ["evaluators", "commit", &weight, "--domain", DOMAIN, "--secrets", secrets];
	let unknown = ["evaluators", "commit", "99=50%", "--domain", DOMAIN, "--secrets", secrets];
	let output = command_line.output(Some(EVALUATOR), &unknown).await?;
	assert!(!output.status.success());
	assert_said(&output, &["model 99 is not on the list"]);
	let committed = command_line.run(Some(EVALUATOR), &commit).await?;
	assert_eq!((&committed["epoch"], &committed["models"]), (&1.into(), &1.into()));
	let path = committed["kept_in"].as_str().context("it is kept nowhere")?;
	let kept: Value = serde_json::from_slice(&fs::read(path)?)?;
	assert_eq!(kept["ballots"][0]["pages"][0]["weights"], json!([[market.model, 500_000_000]]));
	assert_eq!(fs::metadata(path)?.permissions().mode() & 0o777, 0o600);

	let status = command_line.run(None, &["evaluators", "status", EVALUATOR, "--domain", DOMAIN]).await?;
	assert_eq!((&status["committed"], &status["revealed"]), (&true.into(), &false.into()));
	let output = command_line.output(Some(EVALUATOR), &commit).await?;
	assert_said(&output, &["already"]);
	let reveal = ["evaluators", "reveal", "--domain", DOMAIN, "--secrets", secrets];
	let output = command_line.output(Some(EVALUATOR), &reveal).await?;
	assert!(!output.status.success());
	assert_said(&output, &["weights are revealed from block"]);
	Ok(())
}

/// Asks the model for an item whose answer is known, and says so when it has answered.
async fn known_answer(stage: &Stage, market: &Market, tasks: &mut Tasks, data_set: &str, secrets: &str) -> Result<()> {
	let command_line = &market.command_line;
	let picture = repository("tests/models/digits/heldout/000-label-3.png").canonicalize()?;
	let picture = picture.to_str().context("not UTF-8")?;
	let item = |class| {
		let domain = ["--domain", DOMAIN, "--secrets", secrets, "--from", REQUESTER, "--data-set", data_set];
		[&["evaluators", "ask", picture, "--pixel-max", "16", "--class", class][..], &domain].concat()
	};
	let unseal = ["evaluators", "unseal", "--domain", DOMAIN, "--secrets", secrets];
	let output = command_line.output(Some(EVALUATOR), &unseal).await?;
	assert_said(&output, &["no open evaluation"]);

	let asked = command_line.run(Some(EVALUATOR), &item("3")).await?;
	let task = asked["tasks"][0]["task"].as_u64().with_context(|| format!("no task in {asked:#}"))?;
	assert_eq!(asked["tasks"], json!([{ "task": task, "model": market.model }]));
	// Given again, it asks nobody twice; and there is no second item before the first is judged.
	let again = command_line.run(Some(EVALUATOR), &item("3")).await?;
	assert_eq!(again, asked);
	let output = command_line.output(Some(EVALUATOR), &item("4")).await?;
	assert!(!output.status.success());
	assert_said(&output, &["another item is open"]);
	// Whoever has other secrets has lost them.
	let elsewhere = stage.file("elsewhere");
	let elsewhere = elsewhere.to_str().context("not UTF-8")?;
	let lost = ["evaluators", "unseal", "--domain", DOMAIN, "--secrets", elsewhere];
	assert_said(&command_line.output(Some(EVALUATOR), &lost).await?, &["--secrets"]);

	tasks.until_ended(2, MINUTE).await?;
	let price = tasks.histories()[&task].fee;
	let owner = keys::parse(CONTRIBUTOR)?.account();
	let before = market.client.account(&owner, None).await?.total;
	let report = command_line.run(Some(EVALUATOR), &unseal).await?;
	let judged = &report["unsealed"][0];
	assert_eq!((&judged["task"], &judged["accuracy"]), (&task.into(), &"100%".into()), "{report:#}");
	assert_eq!(amount(judged, "reimbursed")?, price, "the evaluator has the fee back");
	assert_eq!(market.client.account(&owner, None).await?.total - before, DN / 2, "the data set is paid");
	let shown = command_line.run(None, &["data-sets", "show", data_set]).await?;
	assert_eq!(shown["uses"], 1);

	// Every drawn model is judged, so that the evaluation is over and nothing of it is kept.
	let status = command_line.run(None, &["evaluators", "status", EVALUATOR, "--domain", DOMAIN]).await?;
	assert!(status.get("evaluation").is_none(), "{status:#}");
	let rate = ["evaluators", "rate", &task.to_string(), "100%"];
	let output = command_line.output(Some(REQUESTER), &rate).await?;
	assert_failed(&output, REFUSED, &["AlreadyMarked"]);
	Ok(())
}
