//! The command line, as a user types it, also where things go wrong.

use std::{process::Output, time::Duration};

use anyhow::{Context as _, Result};
use deepnode_client::RefundReason;
use deepnode_primitives::task::ErrorCode;
use deepnode_tests::{
	command_line::CommandLine,
	digits::Digits,
	follow::{End, Tasks},
	market::{register, Engine, Market, CREATOR, REQUESTER},
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

	// What the chain would not take is said before it costs anything.
	let balance = market.client.account(&market.requester.account(), None).await?.total;
	let wrong = ["task", "submit", "--model", &model, "[[1, 2, 3]]"];
	let output = command_line.output(Some(REQUESTER), &wrong).await?;
	assert!(!output.status.success());
	assert_said(&output, &["64"]);
	let cheap = ["task", "submit", "--model", &model, &picture, "--pixel-max", "16", "--max-fee", "1u"];
	let output = command_line.output(Some(REQUESTER), &cheap).await?;
	assert!(!output.status.success());
	assert_said(&output, &["0.01"]);
	assert_eq!(market.client.account(&market.requester.account(), None).await?.total, balance);
	let output = command_line.output(Some(REQUESTER), &["models", "retire", &model]).await?;
	assert_failed(&output, REFUSED, &["NotOwner"]);

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
	assert!(*amount > 0 && *amount < history.fee, "{amount} of {} came back", history.fee);
	assert_eq!(history.slashed, [], "who says that there is no answer is not slashed for it");

	// What nobody can ask about any more is retired.
	command_line.run(Some(CREATOR), &["models", "retire", &broken.to_string()]).await?;
	let output = command_line.output(Some(REQUESTER), &submit).await?;
	assert!(!output.status.success(), "a retired model takes no tasks");
	stage.passed();
	Ok(())
}

fn assert_failed(output: &Output, status: i32, said: &[&str]) {
	let errors = String::from_utf8_lossy(&output.stderr);
	assert_eq!(output.status.code(), Some(status), "{errors}");
	assert_said(output, said);
}

fn assert_said(output: &Output, said: &[&str]) {
	let errors = String::from_utf8_lossy(&output.stderr);
	for words in said {
		assert!(errors.contains(words), "nothing about {words} in: {errors}");
	}
}

/// The value of the first field of this name, wherever it is.
fn find<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
	match value {
		Value::Object(fields) => fields.get(name).or_else(|| fields.values().find_map(|value| find(value, name))),
		Value::Array(values) => values.iter().find_map(|value| find(value, name)),
		_ => None,
	}
}
