//! What can be typed.

mod bridge;
mod data_sets;
mod evaluators;
#[cfg(feature = "fhe")]
mod private;

pub use bridge::{BaseEnd, Bridge, Payout, Receipt, Settlement, Withdraw};
pub use data_sets::{DataFiles, DataSets, RegisterDataSet};
pub use evaluators::{Ask, Evaluators, Keeping, Weight};
#[cfg(feature = "fhe")]
pub use private::{AskPrivately, Convert, Parameters, Private};

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use deepnode_client::{AccountId, H256};
use deepnode_primitives::{ethereum, DataSetId, ModelId, TaskId};

use crate::{
	amount::{Amount, Part},
	input::Rows,
};

/// Use the DeepNode chain: register models, run workers, submit tasks and read their verified answers.
#[derive(Debug, Parser)]
#[command(name = "deepnode", version, propagate_version = true, max_term_width = 110)]
#[command(after_help = "Amounts are written 0.01DN, 0.01, or 123u in the smallest unit.\n\
	Exit status: 0 done; 1 failed; 2 wrong usage; 3 no node answers; 4 the chain refused; 5 a task was refunded;\n\
	6 a task's answer was overturned.")]
pub struct Cli {
	#[command(flatten)]
	pub global: Global,
	#[command(subcommand)]
	pub command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
pub struct Global {
	/// The node to talk to.
	#[arg(long, global = true, value_name = "URL", env = "DEEPNODE_NODE", default_value = "ws://127.0.0.1:9944")]
	pub node: String,
	/// The key to sign with: a file that only you can read, or a development account such as //Alice. A wallet's private
	/// key stands in the file as ethereum:0x...
	#[arg(long, global = true, value_name = "FILE", env = "DEEPNODE_KEY", hide_env_values = true)]
	pub key: Option<String>,
	/// The environment variable that holds the secret to sign with.
	#[arg(long, global = true, value_name = "VAR", conflicts_with = "key")]
	pub suri_env: Option<String>,
	/// Print JSON; amounts are strings of their smallest units.
	#[arg(long, global = true)]
	pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum Command {
	/// Models: register, list, show, change, retire.
	#[command(subcommand, visible_alias = "model")]
	Models(Models),
	/// Data sets: register, list, show, publish, change, retire.
	#[command(subcommand, visible_alias = "data-set")]
	DataSets(DataSets),
	/// Evaluators: stake, sealed weights, known-answer tasks, ratings, scores.
	#[command(subcommand, visible_alias = "evaluator")]
	Evaluators(Evaluators),
	/// Workers: stake, and which models they serve.
	#[command(subcommand)]
	Worker(Worker),
	/// Tasks: submit, watch, read the answer, denounce.
	#[command(subcommand, visible_alias = "tasks")]
	Task(Task),
	/// Private inference: keys, encrypted questions, and answers that only you can read.
	#[cfg(feature = "fhe")]
	#[command(subcommand)]
	Private(Private),
	/// Accounts: make a key, look at a balance, send DN.
	#[command(subcommand)]
	Account(Account),
	/// The bridge to Base: send DN there, be paid there, prove a verified answer there.
	#[command(subcommand)]
	Bridge(Bridge),
	/// Show where all fees went, and the accounts that collect the network's parts.
	Balances,
	/// The chain and the node.
	#[command(subcommand)]
	Chain(Chain),
	/// Print a script that completes this command in a shell.
	Completions {
		/// The shell.
		shell: clap_complete::Shell,
	},
}

#[derive(Debug, Subcommand)]
pub enum Models {
	/// Register a model. Its inputs, outputs and operator set are read from the file itself.
	Register(Box<Register>),
	/// List the models.
	List {
		/// Only those of this domain.
		#[arg(long)]
		domain: Option<String>,
		/// Also those that take no new tasks.
		#[arg(long)]
		all: bool,
	},
	/// Show everything about a model.
	Show {
		/// The model's number.
		model: ModelId,
	},
	/// Change what an item costs.
	SetPrice {
		/// The model's number.
		model: ModelId,
		/// The price of one item.
		price: Amount,
	},
	/// Change where to fetch one of a model's files.
	SetUris {
		/// The model's number.
		model: ModelId,
		/// Where the file is; any number up to four.
		#[arg(required = true)]
		uris: Vec<String>,
		/// Which file, counted from 0; the first is the graph.
		#[arg(long, default_value_t = 0)]
		file: u8,
	},
	/// Take no more tasks for a model; its bond comes back when its last task is closed.
	Retire {
		/// The model's number.
		model: ModelId,
	},
}

#[derive(Debug, Args)]
pub struct Register {
	/// The ONNX file. Weights that it keeps in files beside it are registered with it.
	pub file: PathBuf,
	/// Have the model asked with encrypted inputs: the circuit that `deepnode private convert` made of it.
	#[cfg(feature = "fhe")]
	#[arg(long, value_name = "FILE", conflicts_with = "comparison")]
	pub circuit: Option<PathBuf>,
	/// The model's name; the file's where it is not given.
	#[arg(long)]
	pub name: Option<String>,
	/// What the model is for, such as vision/digits; models of one domain compete.
	#[arg(long)]
	pub domain: String,
	/// What one item costs.
	#[arg(long)]
	pub price: Amount,
	/// The licence, as an SPDX expression such as Apache-2.0.
	#[arg(long)]
	pub licence: String,
	/// A file that describes the model, bound to it by its hash.
	#[arg(long, value_name = "FILE")]
	pub card: Option<PathBuf>,
	/// Where workers fetch the model; may be repeated. The file's own place where it is not given.
	#[arg(long, value_name = "URI")]
	pub uri: Vec<String>,
	/// Where workers find all files by their names, such as https://example.org/models/digits/.
	#[arg(long, value_name = "URI", conflicts_with = "uri")]
	pub uri_base: Option<String>,
	/// When two answers agree. Tolerance where it is not given, exact where all outputs are integers.
	#[arg(long)]
	pub comparison: Option<ComparisonKind>,
	/// How many bits after the binary point two outputs are compared to.
	#[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u8).range(0..=24))]
	pub k: u8,
	/// The typical magnitude of an output, with up to six decimals.
	#[arg(long, default_value = "1", value_parser = millionths)]
	pub scale: u32,
	/// How many steps of 2^-k two outputs may differ.
	#[arg(long, default_value_t = 2)]
	pub tau: u32,
	/// The model that this one descends from.
	#[arg(long, value_name = "MODEL", requires = "royalty")]
	pub parent: Option<ModelId>,
	/// The part of what this model earns that goes to its parent, such as 5%.
	#[arg(long, value_name = "PART", requires = "parent")]
	pub royalty: Option<Part>,
	/// A data set that the model was made from, and owes its royalty; may be given up to four times.
	#[arg(long = "data-set", value_name = "DATA SET")]
	pub data_sets: Vec<DataSetId>,
	/// The class of runtimes that workers must use; any where it is not given.
	#[arg(long, value_name = "NUMBER")]
	pub runtime_class: Option<u16>,
}

/// When two answers agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ComparisonKind {
	/// They are the same, bit for bit. For integers.
	Exact,
	/// No element differs by more than tau steps.
	Tolerance,
	/// The same class wins in every row.
	Argmax,
}

#[derive(Debug, Subcommand)]
pub enum Worker {
	/// Put up a stake and become a worker.
	Join {
		/// The stake; it is on hold while you are a worker.
		#[arg(long)]
		stake: Amount,
		/// How many tasks to serve at once.
		#[arg(long)]
		capacity: u16,
		/// Who runs the worker, where several belong to one: they never serve one task together.
		#[arg(long, value_name = "ACCOUNT", value_parser = account)]
		owner: Option<AccountId>,
		/// Say that the worker's program does not answer encrypted inputs: it was built without the feature `fhe`,
		/// or runs with --no-fhe. The chain then keeps the worker from private models.
		#[arg(long)]
		no_private: bool,
	},
	/// Add to the stake.
	AddStake {
		/// How much.
		amount: Amount,
	},
	/// Serve models.
	Serve {
		/// The models' numbers.
		#[arg(required = true)]
		models: Vec<ModelId>,
	},
	/// Serve models no more.
	Stop {
		/// The models' numbers.
		#[arg(required = true)]
		models: Vec<ModelId>,
	},
	/// Take no more tasks; the stake can be withdrawn later.
	Leave,
	/// Take the stake back after leaving.
	Withdraw,
	/// Show a worker, how much of its stake is free, its fidelity and its tasks.
	Status {
		/// The worker; your own account where it is not given.
		#[arg(value_parser = account)]
		account: Option<AccountId>,
	},
	/// List the workers.
	List,
}

#[derive(Debug, Subcommand)]
pub enum Task {
	/// Ask a model.
	Submit(Box<Submit>),
	/// Follow tasks until they have ended.
	Watch {
		/// The tasks' numbers.
		#[arg(required = true)]
		tasks: Vec<TaskId>,
	},
	/// Show a task's verified answer, who gave it, where the fee went and how its audit stands.
	Result {
		/// The task's number.
		task: TaskId,
		/// Also write the answer's values to this .npy file.
		#[arg(long, value_name = "FILE")]
		npy: Option<PathBuf>,
		/// Fetch an answer that is too long for the chain from the hosts where its workers keep it.
		#[arg(long)]
		fetch: bool,
	},
	/// Report that the answer on which your worker and others settled a task is false, with a bond. Outsiders
	/// run it again; where they find so too you are not slashed, and share in what the others lose.
	Denounce {
		/// The task's number.
		task: TaskId,
		/// What proves it: a file, whose SHA-256 goes on the chain, or that hash, 0x and 64 hexadecimal digits.
		#[arg(long, value_name = "FILE|HASH")]
		evidence: Evidence,
	},
}

/// What proves that workers agreed on a false answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
	/// A file.
	File(PathBuf),
	/// A hash.
	Hash(H256),
}

impl std::str::FromStr for Evidence {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		let Some(digits) = text.strip_prefix("0x") else { return Ok(Self::File(text.into())) };
		let mut hash = H256::zero();
		hex::decode_to_slice(digits, hash.as_bytes_mut())
			.map_err(|_| format!("{text:?} is no hash: write 0x and 64 hexadecimal digits, or name a file"))?;
		Ok(Self::Hash(hash))
	}
}

#[derive(Debug, Args)]
pub struct Submit {
	/// The model's number.
	#[arg(long)]
	pub model: ModelId,
	/// Inputs: .npy, PNG or JSON files, JSON such as [[1,2],[3,4]], or - for JSON on the standard input.
	/// Those of a model with several inputs are written NAME=FILE. Several become one batch.
	#[arg(required = true, value_name = "INPUT")]
	pub inputs: Vec<String>,
	/// Take only these rows of the inputs, such as 0..10 or 3.
	#[arg(long)]
	pub rows: Option<Rows>,
	/// Submit each row as a task of its own.
	#[arg(long, conflicts_with = "batch")]
	pub each: bool,
	/// Submit tasks of so many rows.
	#[arg(long, value_name = "ROWS", value_parser = clap::value_parser!(u32).range(1..))]
	pub batch: Option<u32>,
	/// What a white pixel becomes: 1, or for integers 255, where it is not given. Above 1 pixels are whole.
	#[arg(long, value_name = "N")]
	pub pixel_max: Option<u32>,
	/// Take black for the highest value of a pixel instead of white.
	#[arg(long)]
	pub invert: bool,
	/// The most that each task may cost, its fee and what is for its audit; just that where it is not given.
	#[arg(long, value_name = "AMOUNT")]
	pub max_fee: Option<Amount>,
	/// How many blocks from now the answer may take. Where workers disagree the chain gives them longer.
	#[arg(long, value_name = "BLOCKS")]
	pub deadline: Option<u32>,
	/// How surely the answer is checked.
	#[arg(long, default_value = "pair")]
	pub assurance: AssuranceKind,
	/// Where workers fetch an input that is too large for the chain. It is written there where it is a
	/// file:// URI; otherwise put the file of --save-input there first.
	#[arg(long, value_name = "URI")]
	pub input_uri: Option<String>,
	/// Write the input's bytes to this file, to be put where --input-uri says.
	#[arg(long, value_name = "FILE")]
	pub save_input: Option<PathBuf>,
	/// Wait until the tasks have ended and show the answers.
	#[arg(long)]
	pub watch: bool,
}

/// How surely an answer is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AssuranceKind {
	/// By one worker, audited more often.
	Single,
	/// By two workers.
	Pair,
	/// By three workers at once.
	Panel,
}

#[derive(Debug, Subcommand)]
pub enum Account {
	/// Make a key and write its phrase to a file that only you can read.
	New {
		/// The file; it must not exist yet.
		file: PathBuf,
	},
	/// Show the account of your key.
	Show,
	/// Show an account's DN.
	Balance {
		/// The account; your own where it is not given.
		#[arg(value_parser = account)]
		account: Option<AccountId>,
	},
	/// Send DN.
	Transfer {
		/// Who gets it.
		#[arg(value_parser = account)]
		to: AccountId,
		/// How much.
		amount: Amount,
		/// Wait until nothing can undo it.
		#[arg(long)]
		finalized: bool,
	},
}

#[derive(Debug, Subcommand)]
pub enum Chain {
	/// Show the node, the chain's head and what is on the chain.
	Status,
}

/// An account: SS58, 0x and 64 hexadecimal digits, an address on Base, or a development account such as //Bob.
fn account(text: &str) -> Result<AccountId, String> {
	if text.starts_with("//") {
		return deepnode_client::keys::parse(text).map(|key| key.account()).map_err(|error| error.to_string());
	}
	if text.starts_with("0x") && text.len() == 42 {
		return bridge::address(text).map(|address| ethereum::account(address.into_array().into()));
	}
	text.parse().map_err(|_| {
		"no account: write it in SS58, as 0x and 64 hexadecimal digits, as an address on Base, or as a development \
		 account such as //Bob"
			.into()
	})
}

fn millionths(text: &str) -> Result<u32, String> {
	crate::amount::decimal(text, 6)
		.and_then(|millionths| u32::try_from(millionths).ok())
		.filter(|millionths| *millionths > 0)
		.ok_or_else(|| "write a number from 0.000001 to 4294 with up to six decimals".into())
}

#[cfg(test)]
mod tests {
	use clap::CommandFactory as _;

	use super::*;

	fn parse(line: &str) -> Result<Cli, clap::Error> {
		Cli::try_parse_from(std::iter::once("deepnode").chain(line.split_whitespace()))
	}

	#[test]
	fn the_commands_are_consistent() {
		Cli::command().debug_assert();
	}

	#[test]
	fn the_documented_commands_are_understood() {
		for line in [
			"models register a.onnx --domain digits --price 0.01DN --licence Apache-2.0 --comparison argmax --tau 4",
			"models register a.onnx --domain d --price 1u --licence MIT --parent 3 --royalty 5% --uri s3://b/a.onnx",
			"models register a.onnx --domain d --price 1u --licence MIT --data-set 3 --data-set 4",
			"models list --json",
			"--node ws://host:1 models show 3",
			"worker join --stake 1000DN --capacity 4 --owner //Bob --key //Alice",
			"worker join --stake 1000DN --capacity 4 --no-private",
			"worker serve 1 2 3",
			"worker status",
			"task submit --model 0 a.png b.png --pixel-max 16 --watch",
			"task submit --model 0 a.npy --rows 0..10 --each --max-fee 0.5",
			"task submit --model 0 [[1,2]] --deadline 50",
			"task watch 1 2",
			"task result 1 --npy out.npy --fetch",
			"task denounce 1 --evidence letters.txt",
			"task denounce 1 --evidence 0x1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f",
			"data-sets register a.npy b.npy --domain d --licence MIT --items 450 --royalty 5% --sealed",
			"data-sets publish 3 a.npy b.npy --uri-base https://example.org/",
			"data-set set-price 3 0.01DN",
			"evaluators join --domain vision/digits --stake 1000DN",
			"evaluators status //Bob --domain 0",
			"evaluators commit 1=50% 2=0.25 --domain vision/digits --secrets here",
			"evaluators reveal --domain vision/digits",
			"evaluators ask a.png --class 3 --domain vision/digits --from asker.key --data-set 0",
			"evaluators ask a.npy --values [[1,2]] --domain d --k 8",
			"evaluators unseal --domain vision/digits",
			"evaluators rate 7 80%",
			#[cfg(feature = "fhe")]
			"private convert a.onnx --calibration rows.npy --rows 0..300 --out a.circuit --weight-bits 7",
			#[cfg(feature = "fhe")]
			"models register a.onnx --circuit a.circuit --domain d --price 1u --licence MIT",
			#[cfg(feature = "fhe")]
			"private keygen mine.key --parameters linear",
			#[cfg(feature = "fhe")]
			"private submit --model 3 --client-key mine.key a.npy --rows 0..10 --each --evaluation-key-uri https://e.org/k",
			#[cfg(feature = "fhe")]
			"private result 1 --client-key mine.key --fetch",
			"account transfer //Bob 1.5DN",
			"account balance 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
			"account balance 0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266",
			"bridge withdraw 10DN --to 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266 --fee 0.1DN --wait",
			"bridge raise-fee 3 0.2DN",
			"bridge status",
			"bridge status 3 --base-rpc http://127.0.0.1:8545 --deployment base.json",
			"bridge settlement 4 --account //Bob",
			"bridge receipt 7 --under 90",
			"bridge receipt 7 --check --base-rpc http://127.0.0.1:8545 --deployment base.json",
			"bridge payout set 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
			"bridge payout clear",
			"bridge payout show //Bob",
			"balances",
			"chain status",
			"completions bash",
		] {
			parse(line).unwrap_or_else(|error| panic!("{line}: {error}"));
		}
	}

	#[test]
	fn wrong_values_are_refused_with_a_hint() {
		for (line, hint) in [
			("account transfer //Bob 1.5eth", "write it like 0.01DN"),
			("account transfer bob 1", "development account such as //Bob"),
			("account transfer 0xF39Fd6e51aad88F6F4ce6aB8827279cffFb92266 1", "checksum"),
			("bridge payout set 0xF39Fd6e51aad88F6F4ce6aB8827279cffFb92266", "checksum"),
			("models register a.onnx --domain d --price 1 --licence MIT --parent 3", "--royalty"),
			("models register a.onnx --domain d --price 1 --licence MIT --k 25", "25"),
			("task submit --model 0", "INPUT"),
			("task denounce 1", "--evidence"),
			("task denounce 1 --evidence 0x1f", "64 hexadecimal digits"),
			("task submit --model 0 x --rows 3..1", "0..10"),
			("evaluators commit 1 --domain d", "MODEL=WEIGHT"),
			("evaluators commit 1=150% --domain d", "50%"),
			("evaluators ask a.png --domain d", "--class"),
			("evaluators ask a.png --domain d --class 3 --digest 0x00", "--digest"),
			("evaluators rate 7 80", "80"),
			("data-sets register a --domain d --licence MIT", "--items"),
			("bridge withdraw 10DN", "--to"),
			("bridge withdraw 10DN --to 0x1234", "0x1234"),
			("bridge settlement 4 --account //Bob --address 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", "--address"),
		] {
			let error = parse(line).unwrap_err().to_string();
			assert!(error.contains(hint), "{line}: {error}");
		}
	}
}
