#![doc = include_str!("../README.md")]

mod amount;
mod answer;
mod cli;
mod commands;
mod context;
mod input;
mod onnx;
mod output;
mod progress;
mod secrets;
mod standing;
mod tensor;

use std::process::ExitCode;

use clap::Parser as _;
use deepnode_client::Error;

/// A task that was watched or asked for has no answer. Its report has been printed.
#[derive(Debug, thiserror::Error)]
enum Unanswered {
	/// The requester has its money back.
	#[error("{0}")]
	Refunded(String),
	/// It had an answer, and auditors have found that to be false.
	#[error("{0}")]
	Overturned(String),
}

fn main() -> ExitCode {
	let cli = cli::Cli::parse();
	let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
		Ok(runtime) => runtime,
		Err(error) => {
			eprintln!("error: cannot start: {error}");
			return ExitCode::FAILURE;
		},
	};
	match runtime.block_on(commands::run(cli)) {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("error: {}", explain(&error));
			ExitCode::from(exit_code(&error))
		},
	}
}

fn client_error(error: &anyhow::Error) -> Option<&Error> {
	error.chain().find_map(|cause| cause.downcast_ref())
}

/// The error with its causes, and what to do where no node answers.
fn explain(error: &anyhow::Error) -> String {
	let text = format!("{error:#}");
	match client_error(error) {
		Some(Error::Unreachable { .. }) => {
			format!("{text}; start one with `deepnode-node --dev` or name another with --node")
		},
		Some(Error::Disconnected | Error::GaveUp) => format!("{text}; look whether the node still runs"),
		_ => text,
	}
}

fn exit_code(error: &anyhow::Error) -> u8 {
	match client_error(error) {
		Some(Error::Unreachable { .. } | Error::Disconnected | Error::GaveUp) => 3,
		Some(Error::Dispatch(_) | Error::Refused { .. }) => 4,
		_ => match error.downcast_ref() {
			Some(Unanswered::Refunded(_)) => 5,
			Some(Unanswered::Overturned(_)) => 6,
			None => 1,
		},
	}
}

#[cfg(test)]
mod tests {
	use anyhow::Context as _;

	use super::*;

	#[test]
	fn a_node_that_is_down_is_told_with_a_remedy() {
		let error = Error::Unreachable { url: "ws://localhost:1".into(), reason: "Connection refused".into() };
		let error = Err::<(), _>(error).context("cannot list the models").unwrap_err();
		let expected = "cannot list the models: cannot reach the node at ws://localhost:1: Connection refused; \
			start one with `deepnode-node --dev` or name another with --node";
		assert_eq!(explain(&error), expected);
		assert_eq!(exit_code(&error), 3);
	}

	#[test]
	fn exit_codes_tell_failures_apart() {
		assert_eq!(exit_code(&Error::Refused { reason: String::new() }.into()), 4);
		assert_eq!(exit_code(&Unanswered::Refunded(String::new()).into()), 5);
		assert_eq!(exit_code(&Unanswered::Overturned(String::new()).into()), 6);
		assert_eq!(exit_code(&anyhow::anyhow!("anything else")), 1);
	}
}
