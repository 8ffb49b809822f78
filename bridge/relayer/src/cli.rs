//! The command line.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use alloy::primitives::utils::{parse_ether, parse_units};
use clap::{Args, Parser, Subcommand};
use deepnode_primitives::Balance;
use url::Url;

use crate::base::{fees::Policy, sender::Rules, Finality};

/// DeepNode's relayer: carries proofs from the chain to Base. Anyone may run one, and any number of them.
#[derive(Debug, Parser)]
#[command(name = "deepnode-relayer", version, about, arg_required_else_help = true)]
pub struct Cli {
	/// What to do.
	#[command(subcommand)]
	pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
	/// Carry commitments, messages and, if asked, payments to Base.
	Run(Box<Run>),
	/// Send nothing; raise an alert when DN do not add up or validators have signed two things about one block.
	Watch(Watch),
	/// Say once, as JSON, where both chains are and whether DN add up. Fails where they do not.
	Status(Ends),
}

/// The two ends.
#[derive(Debug, Args)]
pub struct Ends {
	/// The DeepNode node's WebSocket address. `watch` takes several, and compares what they say.
	#[arg(long, env = "DEEPNODE_NODE", value_delimiter = ',', default_value = "ws://127.0.0.1:9944")]
	pub node: Vec<String>,
	/// An HTTP endpoint of Base.
	#[arg(long, value_name = "URL", env = "DEEPNODE_BASE_RPC", hide_env_values = true)]
	pub base_rpc: Url,
	/// The file with the contracts' addresses, which their deployment script writes.
	#[arg(long, value_name = "FILE", env = "DEEPNODE_BASE_DEPLOYMENT")]
	pub deployment: PathBuf,
}

/// What every long run takes.
#[derive(Debug, Args)]
pub struct Service {
	/// Where health and metrics are served.
	#[arg(long, default_value = "127.0.0.1:9965")]
	pub http: SocketAddr,
	/// Seconds between two looks at both chains; a new commitment is looked at at once.
	#[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u64).range(1..=3600))]
	pub poll: u64,
	/// Log JSON lines.
	#[arg(long)]
	pub log_json: bool,
}

impl Service {
	/// The pause between two looks.
	pub const fn pause(&self) -> Duration {
		Duration::from_secs(self.poll)
	}
}

/// Carrying.
#[derive(Debug, Args)]
pub struct Run {
	/// The two ends.
	#[command(flatten)]
	pub ends: Ends,
	/// What every long run takes.
	#[command(flatten)]
	pub service: Service,
	/// The key that pays for gas: an Ethereum keystore file, or `env:NAME` for an environment variable.
	#[arg(long, env = "DEEPNODE_BASE_KEY", hide_env_values = true)]
	pub key: String,
	/// The file with the keystore's password; only you can read it.
	#[arg(long, value_name = "FILE", env = "DEEPNODE_BASE_PASSWORD_FILE")]
	pub password_file: Option<PathBuf>,
	/// Where transactions on their way are kept.
	#[arg(long, env = "DEEPNODE_RELAYER_DATA_DIR")]
	pub data_dir: PathBuf,
	/// Deliver an account's message only if it pays so many DN; with 0 also what pays nothing, at this relayer's expense.
	#[arg(long, value_name = "DN", default_value = "0", value_parser = dn)]
	pub min_fee: Balance,
	/// Also pay out what accounts earned, at this relayer's expense.
	#[arg(long)]
	pub push: bool,
	/// How many claims are paid in one transaction.
	#[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200))]
	pub push_batch: u32,
	/// Submit a commitment also where nothing is to be proved, when Base has heard nothing for so many blocks.
	#[arg(long, value_name = "BLOCKS", default_value_t = 1200, value_parser = clap::value_parser!(u32).range(1..))]
	pub heartbeat: u32,
	/// Wait up to so many seconds, by chance, for another relayer to send the same first.
	#[arg(long, value_name = "SECONDS", default_value_t = 12, value_parser = clap::value_parser!(u64).range(..=600))]
	pub courtesy: u64,
	/// How many transactions may wait for a block at once.
	#[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=64))]
	pub in_flight: u32,
	/// When a transaction is over: after so many blocks, or once its block is `safe` or `finalized`.
	#[arg(long, value_name = "BLOCKS|safe|finalized", default_value = "safe")]
	pub finality: Finality,
	/// Offer never more than so many gwei for a unit of gas.
	#[arg(long, value_name = "GWEI", default_value = "5", value_parser = gwei)]
	pub max_gas_price: u128,
	/// Tip so many gwei at least.
	#[arg(long, value_name = "GWEI", default_value = "0.001", value_parser = gwei)]
	pub min_tip: u128,
	/// Tip never more than so many gwei, but where a stuck transaction needs it.
	#[arg(long, value_name = "GWEI", default_value = "0.5", value_parser = gwei)]
	pub max_tip: u128,
	/// By how many percent a stuck transaction's offer is raised; nodes ask for 10 at least.
	#[arg(long, value_name = "PERCENT", default_value_t = 15, value_parser = clap::value_parser!(u32).range(10..=100))]
	pub raise: u32,
	/// After how many seconds a transaction is stuck.
	#[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(5..=3600))]
	pub stuck_after: u64,
	/// How much more gas than estimated a transaction may use, in percent.
	#[arg(long, value_name = "PERCENT", default_value_t = 20, value_parser = clap::value_parser!(u64).range(..=200))]
	pub spare_gas: u64,
	/// Seconds that a round which has begun gets after SIGTERM or SIGINT; a second signal ends at once.
	#[arg(long, value_name = "SECONDS", default_value_t = 20)]
	pub grace: u64,
}

impl Run {
	/// The rules for transactions.
	pub const fn rules(&self) -> Rules {
		Rules {
			fees: Policy { cap: self.max_gas_price, least_tip: self.min_tip, most_tip: self.max_tip, bump: self.raise },
			finality: self.finality,
			patience: self.stuck_after,
			spare_gas: self.spare_gas,
		}
	}
}

/// Watching.
#[derive(Debug, Args)]
pub struct Watch {
	/// The two ends.
	#[command(flatten)]
	pub ends: Ends,
	/// What every long run takes.
	#[command(flatten)]
	pub service: Service,
}

fn dn(text: &str) -> Result<Balance, String> {
	let units = parse_ether(text.strip_suffix("DN").unwrap_or(text).trim());
	let units = units.ok().and_then(|units| units.try_into().ok());
	units.ok_or_else(|| format!("{text:?} is no amount of DN: write it like 0.01 or 0.01DN"))
}

fn gwei(text: &str) -> Result<u128, String> {
	let wei = parse_units(text, "gwei").ok().map(|wei| wei.get_absolute());
	let wei = wei.and_then(|wei| wei.try_into().ok());
	wei.ok_or_else(|| format!("{text:?} is no price: write it in gwei, like 0.05 or 2"))
}

#[cfg(test)]
mod tests {
	use clap::CommandFactory as _;

	use super::*;

	const ENDS: [&str; 4] = ["--base-rpc", "http://127.0.0.1:8545", "--deployment", "addresses.json"];

	fn parse(words: &[&str]) -> Result<Cli, clap::Error> {
		Cli::try_parse_from(["deepnode-relayer"].iter().chain(words))
	}

	#[test]
	fn the_commands_are_consistent() {
		Cli::command().debug_assert();
	}

	#[test]
	fn the_rules_are_read() {
		let words = ["--key", "env:K", "--data-dir", "d", "--max-gas-price", "0.25", "--min-fee", "1.5DN"];
		let cli = parse(&[&["run"], &ENDS[..], &words[..]].concat()).unwrap();
		let Command::Run(run) = cli.command else { panic!("{cli:?}") };
		assert_eq!(run.min_fee, 1_500_000_000_000_000_000);
		let fees = Policy { cap: 250_000_000, least_tip: 1_000_000, most_tip: 500_000_000, bump: 15 };
		assert_eq!(run.rules(), Rules { fees, finality: Finality::Safe, patience: 60, spare_gas: 20 });
	}

	#[test]
	fn several_nodes_can_be_watched() {
		let cli = parse(&[&["watch", "--node", "ws://a:1,ws://b:2"], &ENDS[..]].concat()).unwrap();
		let Command::Watch(watch) = cli.command else { panic!("{cli:?}") };
		assert_eq!(watch.ends.node, ["ws://a:1", "ws://b:2"]);
	}

	#[test]
	fn wrong_values_are_refused_with_a_hint() {
		let run = [&["run", "--key", "k", "--data-dir", "d"], &ENDS[..]].concat();
		for (words, hint) in [
			(["--min-fee", "much"], "0.01DN"),
			(["--max-gas-price", "dear"], "gwei"),
			(["--finality", "soon"], "finalized"),
			(["--raise", "5"], "10"),
		] {
			let error = parse(&[&run[..], &words[..]].concat()).unwrap_err().to_string();
			assert!(error.contains(hint), "{words:?}: {error}");
		}
	}
}
