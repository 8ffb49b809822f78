//! The whole program, behind its command line.

use std::{io::IsTerminal, process::ExitCode};

use serde_json::{json, Value};
use tracing_subscriber::EnvFilter;

use crate::{
	cli::Command,
	infer,
	runner::{Answerer, Runner},
	sandbox, worker,
};

/// Does what the command line says. `wrap` makes what answers tasks of the worker's own [`Runner`].
///
/// This is called from `main` before anything else: the command of a sandbox's child, which is this same
/// program, must find a process with one thread.
pub fn main<A: Answerer>(command: Command, wrap: impl FnOnce(Runner) -> A) -> ExitCode {
	// seccomp forbids a child to start a thread.
	if let Command::SandboxedRun { parent } = command {
		return sandbox::child::main(parent);
	}
	log(matches!(&command, Command::Run(run) if run.log_json));
	let runtime = match tokio::runtime::Runtime::new() {
		Ok(runtime) => runtime,
		Err(error) => return fail(&error.into()),
	};
	match command {
		Command::Run(run) => match runtime.block_on(worker::run(*run, wrap)) {
			Ok(()) => ExitCode::SUCCESS,
			Err(error) => fail(&error),
		},
		Command::Infer(args) => print(runtime.block_on(infer::infer(&args))),
		Command::Scan { file } => print(infer::scan(&file)),
		Command::SandboxedRun { .. } => ExitCode::FAILURE,
	}
}

fn print(result: anyhow::Result<Value>) -> ExitCode {
	match result {
		Ok(value) => {
			println!("{value:#}");
			ExitCode::SUCCESS
		},
		Err(error) => {
			println!("{:#}", json!({ "refused": format!("{error:#}") }));
			fail(&error)
		},
	}
}

fn fail(error: &anyhow::Error) -> ExitCode {
	eprintln!("error: {error:#}");
	ExitCode::FAILURE
}

/// Logs to the standard error. What cannot be written there, such as to a file on a full disk, is lost:
/// complaining about it in the same place would end the process.
pub fn log(as_json: bool) {
	let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
	let builder =
		tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).log_internal_errors(false);
	if as_json {
		builder.json().init();
	} else {
		builder.with_ansi(std::io::stderr().is_terminal()).init();
	}
}
