//! The command line.

use sc_cli::RunCmd;

/// The command line of the node: a subcommand, or the options of a running node.
#[derive(Debug, clap::Parser)]
// Merkle mountain range leaves exist only where offchain indexing is on, and BEEFY's users ask any
// node for proofs over them.
#[command(mut_arg("indexing_enabled", |arg| arg.default_value("true")))]
pub struct Cli {
	/// What to do instead of running a node.
	#[command(subcommand)]
	pub subcommand: Option<Subcommand>,

	/// How to run the node.
	#[clap(flatten)]
	pub run: RunCmd,
}

/// What the node's program does besides running a node.
#[derive(Debug, clap::Subcommand)]
pub enum Subcommand {
	/// Make, inspect and store keys.
	#[command(subcommand)]
	Key(sc_cli::KeySubcommand),

	/// Print a chain specification, with the node's own key as a bootnode. `export-chain-spec`
	/// writes one without.
	BuildSpec(sc_cli::BuildSpecCmd),

	/// Write a chain specification to a file.
	ExportChainSpec(sc_cli::ExportChainSpecCmd),

	/// Execute a block again and compare.
	CheckBlock(sc_cli::CheckBlockCmd),

	/// Write blocks to a file.
	ExportBlocks(sc_cli::ExportBlocksCmd),

	/// Write the state at a block into a new chain specification.
	ExportState(sc_cli::ExportStateCmd),

	/// Read blocks from a file.
	ImportBlocks(sc_cli::ImportBlocksCmd),

	/// Delete the whole chain from this machine.
	PurgeChain(sc_cli::PurgeChainCmd),

	/// Take back the newest blocks that are not final.
	Revert(sc_cli::RevertCmd),

	/// Print the best and the finalised block of the chain on this machine.
	ChainInfo(sc_cli::ChainInfoCmd),
}
