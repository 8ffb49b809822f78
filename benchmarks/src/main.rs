//! Measures what the runtime's calls and hooks weigh: `benchmark pallet` of Substrate's command line, on the runtime's WASM blob
//! that `--runtime` names.

use clap::Parser;
use frame_benchmarking_cli::PalletCmd;
use sp_runtime::traits::BlakeTwo256;

/// Measures what a pallet's calls and hooks weigh.
#[derive(Parser)]
#[command(version)]
struct Cli {
	#[command(flatten)]
	pallet: PalletCmd,
}

fn main() -> sc_cli::Result<()> {
	Cli::parse().pallet.run_with_spec::<BlakeTwo256, ()>(None)
}
