//! The subcommand `benchmark`, of nodes built with `--features runtime-benchmarks`.

use crate::service::{self, Partial};
use deepnode_runtime::opaque::Block;
use frame_benchmarking_cli::{BenchmarkCmd, SUBSTRATE_REFERENCE_HARDWARE};
use sc_cli::Result;
use sc_service::Configuration;
use sp_runtime::traits::HashingFor;

/// Runs a benchmark.
pub fn run(cmd: &BenchmarkCmd, config: Configuration) -> Result<()> {
	match cmd {
		BenchmarkCmd::Pallet(cmd) => cmd.run_with_spec::<HashingFor<Block>, ()>(Some(config.chain_spec)),
		BenchmarkCmd::Overhead(cmd) => cmd.run_with_default_builder_and_spec::<Block, ()>(Some(config.chain_spec)),
		BenchmarkCmd::Block(cmd) => {
			let Partial { client, .. } = service::new_partial(&config)?;
			cmd.run(client)
		},
		BenchmarkCmd::Storage(cmd) => {
			let Partial { client, backend, .. } = service::new_partial(&config)?;
			let (db, storage) = (backend.expose_db(), backend.expose_storage());
			let trie_cache = backend.expose_shared_trie_cache();
			cmd.run(config, client, db, storage, trie_cache)
		},
		BenchmarkCmd::Machine(cmd) => cmd.run(&config, SUBSTRATE_REFERENCE_HARDWARE.clone()),
		BenchmarkCmd::Extrinsic(_) => Err("this node has no extrinsics to benchmark one by one: \
			use `benchmark overhead` for what every extrinsic costs, or `benchmark pallet` for \
			what each call costs"
			.into()),
	}
}
