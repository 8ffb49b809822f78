//! The command line `deepnode`, as a user runs it.

use std::process::{Output, Stdio};

use anyhow::{bail, Context as _, Result};
use deepnode_primitives::Balance;
use serde_json::Value;
use tokio::process::Command;

use crate::stage::program;

/// The command line, talking to one node.
#[derive(Clone, Debug)]
pub struct CommandLine {
	url: String,
}

impl CommandLine {
	/// For the node at a URL.
	pub fn new(url: &str) -> Self {
		Self { url: url.into() }
	}

	/// The node's URL.
	pub fn url(&self) -> &str {
		&self.url
	}

	/// Runs a command, signed with a key where one is given, and returns what it prints as JSON.
	pub async fn run(&self, key: Option<&str>, arguments: &[&str]) -> Result<Value> {
		let output = self.output(key, arguments).await?;
		if !output.status.success() {
			let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
			bail!("`deepnode {}` has failed ({}): {said}", arguments.join(" "), output.status);
		}
		serde_json::from_slice(&output.stdout)
			.with_context(|| format!("`deepnode {}` has printed no JSON", arguments.join(" ")))
	}

	/// Runs a command and returns what came of it, whatever it was.
	pub async fn output(&self, key: Option<&str>, arguments: &[&str]) -> Result<Output> {
		let mut command = Command::new(program("deepnode")?);
		command.env("DEEPNODE_NODE", &self.url).env_remove("DEEPNODE_KEY");
		if let Some(key) = key {
			command.env("DEEPNODE_KEY", key);
		}
		command.arg("--json").args(arguments).stdin(Stdio::null()).kill_on_drop(true);
		Ok(command.output().await?)
	}
}

/// An amount of the smallest units.
pub fn amount(shown: &Value, name: &str) -> Result<Balance> {
	let text = shown[name].as_str().with_context(|| format!("no {name} in {shown:#}"))?;
	Ok(text.parse()?)
}

/// A command has failed with this exit status, and said these words.
pub fn assert_failed(output: &Output, status: i32, said: &[&str]) {
	let errors = String::from_utf8_lossy(&output.stderr);
	assert_eq!(output.status.code(), Some(status), "{errors}");
	assert_said(output, said);
}

/// A command has said these words about what went wrong.
pub fn assert_said(output: &Output, said: &[&str]) {
	let errors = String::from_utf8_lossy(&output.stderr);
	for words in said {
		assert!(errors.contains(words), "nothing about {words} in: {errors}");
	}
}
