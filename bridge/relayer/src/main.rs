//! DeepNode's relayer.

use std::process::ExitCode;

use clap::Parser as _;
use deepnode_relayer::{cli::Cli, program};

fn main() -> ExitCode {
	program::main(Cli::parse().command)
}
