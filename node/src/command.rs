//! What each subcommand does.

use crate::{
	chain_spec::{ChainSpec, Known},
	cli::{Cli, Subcommand},
	service::{self, FullBackend, FullClient, Partial},
};
use deepnode_runtime::opaque::Block;
use sc_cli::{Result, SubstrateCli};
use sc_service::{ChainType, Configuration, PruningMode};
use std::{path::PathBuf, sync::Arc};

impl SubstrateCli for Cli {
	fn impl_name() -> String {
		"DeepNode".into()
	}

	fn impl_version() -> String {
		env!("CARGO_PKG_VERSION").into()
	}

	fn description() -> String {
		env!("CARGO_PKG_DESCRIPTION").into()
	}

	fn author() -> String {
		"the DeepNode developers".into()
	}

	fn support_url() -> String {
		"the documentation in docs/ of this program's source".into()
	}

	fn copyright_start_year() -> i32 {
		2026
	}

	fn load_spec(&self, id: &str) -> std::result::Result<Box<dyn sc_service::ChainSpec>, String> {
		if let Some(known) = Known::named(id) {
			return Ok(Box::new(known.raw()?));
		}
		let spec = ChainSpec::from_json_file(PathBuf::from(id)).map_err(|error| {
			format!(
				"cannot read a chain specification from `{id}`: {error}. --chain takes \
				 `dev`, `local` or the path of a file, such as export-chain-spec writes"
			)
		})?;
		Ok(Box::new(spec))
	}
}

/// Keeps the states of all blocks of a development chain, which also enables the `archive_v1` RPC
/// methods, unless told otherwise.
fn keep_development_states(config: &mut Configuration) {
	if config.chain_spec.chain_type() == ChainType::Development {
		config.state_pruning.get_or_insert(PruningMode::ArchiveCanonical);
	}
}

/// Makes a subcommand that imports blocks keep their MMR leaves, as a running node does.
fn index_offchain(config: &mut Configuration) {
	config.offchain_worker.indexing_enabled = true;
}

/// Lets a validator with a well-known key (`--alice` and the like) or in a temporary folder make its
/// network key itself. Any other validator is to have one that stays, so that its peers find it again.
fn make_node_key_if_for_test(cli: &mut Cli) {
	if cli.run.tmp || cli.run.get_keyring().is_some() {
		cli.run.network_params.node_key_params.unsafe_force_node_key_generation = true;
	}
}

/// Parses the command line and does what it says.
pub fn run() -> Result<()> {
	let mut cli = Cli::from_args();
	make_node_key_if_for_test(&mut cli);
	match &cli.subcommand {
		None => cli.create_runner(&cli.run)?.run_node_until_exit(|mut config| async move {
			keep_development_states(&mut config);
			service::new_full(config).map_err(sc_cli::Error::Service)
		}),
		Some(Subcommand::Key(cmd)) => cmd.run(&cli),
		Some(Subcommand::BuildSpec(cmd)) => {
			cli.create_runner(cmd)?.sync_run(|config| cmd.run(config.chain_spec, config.network))
		},
		Some(Subcommand::ExportChainSpec(cmd)) => match Known::named(&cmd.chain) {
			Some(known) if !cmd.raw => cmd.run(Box::new(known.readable()?)),
			_ => cmd.run(cli.load_spec(&cmd.chain)?),
		},
		Some(Subcommand::CheckBlock(cmd)) => cli.create_runner(cmd)?.async_run(|mut config| {
			index_offchain(&mut config);
			let Partial { client, task_manager, import_queue, .. } = service::new_partial(&config)?;
			Ok((cmd.run(client, import_queue), task_manager))
		}),
		Some(Subcommand::ExportBlocks(cmd)) => cli.create_runner(cmd)?.async_run(|config| {
			let Partial { client, task_manager, .. } = service::new_partial(&config)?;
			Ok((cmd.run(client, config.database), task_manager))
		}),
		Some(Subcommand::ExportState(cmd)) => cli.create_runner(cmd)?.async_run(|config| {
			let Partial { client, task_manager, .. } = service::new_partial(&config)?;
			Ok((cmd.run(client, config.chain_spec), task_manager))
		}),
		Some(Subcommand::ImportBlocks(cmd)) => cli.create_runner(cmd)?.async_run(|mut config| {
			index_offchain(&mut config);
			keep_development_states(&mut config);
			let Partial { client, task_manager, import_queue, .. } = service::new_partial(&config)?;
			Ok((cmd.run(client, import_queue), task_manager))
		}),
		Some(Subcommand::PurgeChain(cmd)) => cli.create_runner(cmd)?.sync_run(|config| cmd.run(config.database)),
		Some(Subcommand::Revert(cmd)) => cli.create_runner(cmd)?.async_run(|config| {
			let Partial { client, task_manager, backend, .. } = service::new_partial(&config)?;
			let revert_consensus = Box::new(|client: Arc<FullClient>, backend: Arc<FullBackend>, blocks| {
				sc_consensus_babe::revert(client.clone(), backend, blocks)?;
				sc_consensus_grandpa::revert(client, blocks)?;
				Ok(())
			});
			Ok((cmd.run(client, backend, Some(revert_consensus)), task_manager))
		}),
		Some(Subcommand::ChainInfo(cmd)) => cli.create_runner(cmd)?.sync_run(|config| cmd.run::<Block>(&config)),
	}
}
