//! DeepNode's inference worker.

use std::{io::IsTerminal, process::ExitCode};

use clap::Parser;
use deepnode_worker::{
	cli::{Cli, Command},
	infer, sandbox, worker,
};
use serde_json::{json, Value};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
	let cli = Cli::parse();
	// A child has no other thread, since seccomp forbids it to start one.
	if let Command::SandboxedRun { parent } = cli.command {
		return sandbox::child::main(parent);
	}
	log(matches!(&cli.command, Command::Run(run) if run.log_json));
	let runtime = match tokio::runtime::Runtime::new() {
		Ok(runtime) => runtime,
		Err(error) => return fail(&error.into()),
	};
	match cli.command {
		Command::Run(run) => match runtime.block_on(worker::run(*run)) {
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

fn log(as_json: bool) {
	let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
	let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
	if as_json {
		builder.json().init();
	} else {
		builder.with_ansi(std::io::stderr().is_terminal()).init();
	}
}
