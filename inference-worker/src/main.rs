//! DeepNode's inference worker.

use std::process::ExitCode;

use clap::Parser;
use deepnode_worker::{cli::Cli, program};

fn main() -> ExitCode {
	program::main(Cli::parse().command, |runner| runner)
}
