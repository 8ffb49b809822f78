//! What the node's program does besides running a node, as an operator does it.

use std::{
	path::Path,
	process::{Command, Output},
	time::Duration,
};

use anyhow::{ensure, Context as _, Result};
use deepnode_tests::{
	node::Node,
	stage::{program, Stage},
};
use serde_json::Value;

const MINUTE: Duration = Duration::from_secs(60);
/// A block that is final once the next few are there.
const LOW: u32 = 2;
/// How many blocks the chain gets.
const HEIGHT: u32 = 5;

#[tokio::test]
async fn an_operator_checks_copies_takes_back_and_deletes_a_chain() -> Result<()> {
	let stage = Stage::new("node_subcommands")?;
	let base = stage.file("node-data");
	let mut node = Node::dev(&stage).await?;
	let imported = format!("Imported #{HEIGHT} ");
	node.process.log_line(MINUTE, |line| line.contains(&imported).then_some(())).await?;
	drop(node);
	let info = chain_info(&base)?;
	let (best, finalised) = (number(&info, "best_number")?, number(&info, "finalized_number")?);
	ensure!(best >= HEIGHT && finalised <= best, "{info}");

	succeed(run(&["check-block", &LOW.to_string()], &base)?)?;

	// Its blocks, exported and imported elsewhere, make the same chain.
	let blocks = stage.file("blocks");
	let path = blocks.to_str().context("not UTF-8")?;
	succeed(run(&["export-blocks", path, "--to", &LOW.to_string()], &base)?)?;
	let copy = stage.file("copy");
	succeed(run(&["import-blocks", path], &copy)?)?;
	let copied = chain_info(&copy)?;
	assert_eq!(number(&copied, "best_number")?, LOW);
	assert_eq!(copied["genesis_hash"], info["genesis_hash"]);

	// No final block can be taken back.
	succeed(run(&["revert", &(best + 1).to_string()], &base)?)?;
	assert_eq!(number(&chain_info(&base)?, "best_number")?, finalised);

	// A state exported is a specification of a chain that begins with it.
	let state = succeed(run(&["export-state", &LOW.to_string()], &base)?)?;
	let state: Value = serde_json::from_slice(&state.stdout)?;
	assert!(state["genesis"]["raw"]["top"].as_object().is_some_and(|top| top.contains_key("0x3a636f6465")));

	succeed(run(&["purge-chain", "-y"], &base)?)?;
	assert_eq!(number(&chain_info(&base)?, "best_number")?, 0, "a chain that is gone begins anew");
	Ok(())
}

#[test]
fn specifications_are_written_to_be_read_and_to_be_run() -> Result<()> {
	let export = |arguments: &[&str]| -> Result<Value> {
		let output = Command::new(program("deepnode-node")?).arg("export-chain-spec").args(arguments).output()?;
		Ok(serde_json::from_slice(&succeed(output)?.stdout)?)
	};
	let readable = export(&["--chain", "local"])?;
	let patch = &readable["genesis"]["runtimeGenesis"]["patch"];
	assert_eq!(patch["staking"]["validatorCount"], 4);
	let raw = export(&["--chain", "local", "--raw"])?;
	assert!(raw["genesis"]["raw"]["top"].is_object());
	assert_eq!(raw["properties"]["tokenSymbol"], "DN");
	Ok(())
}

#[test]
fn keys_are_made_and_inspected() -> Result<()> {
	let key = |arguments: &[&str]| -> Result<Value> {
		let mut command = Command::new(program("deepnode-node")?);
		command.arg("key").args(arguments).args(["--output-type", "json"]);
		Ok(serde_json::from_slice(&succeed(command.output()?)?.stdout)?)
	};
	let made = key(&["generate"])?;
	let phrase = made["secretPhrase"].as_str().context("no phrase")?;
	assert_eq!(key(&["inspect", phrase])?["ss58Address"], made["ss58Address"]);
	Ok(())
}

/// Runs a subcommand on the development chain in this folder.
fn run(arguments: &[&str], base: &Path) -> Result<Output> {
	let mut command = Command::new(program("deepnode-node")?);
	command.args(arguments).args(["--chain", "dev"]).arg("--base-path").arg(base);
	Ok(command.output()?)
}

fn succeed(output: Output) -> Result<Output> {
	ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
	Ok(output)
}

fn chain_info(base: &Path) -> Result<Value> {
	Ok(serde_json::from_slice(&succeed(run(&["chain-info"], base)?)?.stdout)?)
}

fn number(info: &Value, name: &str) -> Result<u32> {
	let number = info[name].as_u64().with_context(|| format!("no {name} in {info}"))?;
	Ok(number.try_into()?)
}
