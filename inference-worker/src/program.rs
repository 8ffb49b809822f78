//! The whole program, behind its command line.

use std::process::ExitCode;

use deepnode_service::log;
use serde_json::{json, Value};

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
