//! What can be typed about evaluators.

use std::{path::PathBuf, str::FromStr};

use clap::{Args, Subcommand};
use deepnode_client::AccountId;
use deepnode_primitives::{DataSetId, ModelId, TaskId};

use super::{account, millionths, AssuranceKind};
use crate::{
	amount::{Amount, Share},
	input::Rows,
};

#[derive(Debug, Subcommand)]
pub enum Evaluators {
	/// List the domains, and say where the epoch stands.
	Domains,
	/// List the models that are scored, and their scores.
	Scores {
		/// Only those of this domain, by name or number.
		#[arg(long)]
		domain: Option<String>,
	},
	/// List the evaluators of a domain.
	List {
		/// The domain, by name or number.
		#[arg(long)]
		domain: String,
	},
	/// Put up a stake and become an evaluator of a domain, or add to the stake. It judges from the next epoch on.
	Join {
		/// The domain, by name or number.
		#[arg(long)]
		domain: String,
		/// The stake; it is on hold while you are an evaluator.
		#[arg(long)]
		stake: Amount,
	},
	/// Leave a domain; the stake can be withdrawn later. Weights that are committed are still to be revealed.
	Leave {
		/// The domain, by name or number.
		#[arg(long)]
		domain: String,
	},
	/// Take the stake back after leaving.
	Withdraw {
		/// The domain, by name or number.
		#[arg(long)]
		domain: String,
	},
	/// Show an evaluator's stake, weights, budget and open evaluation, and where the epoch stands.
	Status {
		/// The evaluator; your own account where it is not given.
		#[arg(value_parser = account)]
		account: Option<AccountId>,
		/// The domain, by name or number.
		#[arg(long)]
		domain: String,
	},
	/// Put a model that is used on its domain's full list, in the place of one that is used less.
	Enlist {
		/// The model's number.
		model: ModelId,
		/// The model that leaves the list for it.
		#[arg(long, value_name = "MODEL")]
		instead: Option<ModelId>,
	},
	/// Commit weights for the running epoch. What seals them is kept until they are revealed.
	Commit {
		/// The domain, by name or number.
		#[arg(long)]
		domain: String,
		/// Models and how relevant they are, such as 3=50% or 3=0.5; all others have the weight 0.
		#[arg(value_name = "MODEL=WEIGHT", required_unless_present = "file")]
		weights: Vec<Weight>,
		/// A file with more of them, with spaces or line ends between.
		#[arg(long)]
		file: Option<PathBuf>,
		#[command(flatten)]
		keeping: Keeping,
	},
	/// Reveal the weights that were committed in the running epoch. Who does not loses stake.
	Reveal {
		/// The domain, by name or number.
		#[arg(long)]
		domain: String,
		#[command(flatten)]
		keeping: Keeping,
	},
	/// Open an evaluation of an item, wait until its models are drawn, and ask them in tasks that look like any
	/// other. Given again, it goes on where it was interrupted.
	Ask(Box<Ask>),
	/// Unseal the tasks of the open evaluation that are settled: their answers are scored.
	Unseal {
		/// The domain, by name or number.
		#[arg(long)]
		domain: String,
		#[command(flatten)]
		keeping: Keeping,
	},
	/// Rate a settled task that you have asked and paid for.
	Rate {
		/// The task's number.
		task: TaskId,
		/// How good it was, such as 80% or 0.8.
		rating: Share,
	},
}

/// Where secrets are kept.
#[derive(Clone, Debug, Args)]
pub struct Keeping {
	/// The folder with what is sealed and to be shown later; only you can read what is in it. ~/.deepnode where
	/// it is not given.
	#[arg(long, value_name = "FOLDER", env = "DEEPNODE_SECRETS")]
	pub secrets: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Ask {
	/// The domain, by name or number.
	#[arg(long)]
	pub domain: String,
	/// The item: .npy, PNG or JSON files, or JSON itself, as `task submit` takes them.
	#[arg(required = true, value_name = "INPUT")]
	pub inputs: Vec<String>,
	/// Take only these rows of the inputs, such as 0..10 or 3.
	#[arg(long)]
	pub rows: Option<Rows>,
	/// What a white pixel becomes, as for `task submit`.
	#[arg(long, value_name = "N")]
	pub pixel_max: Option<u32>,
	/// Take black for the highest value of a pixel instead of white.
	#[arg(long)]
	pub invert: bool,
	#[command(flatten)]
	pub expected: Expectation,
	/// How many bits after the binary point --values have, as the models declare it.
	#[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u8).range(0..=24))]
	pub k: u8,
	/// The typical magnitude of one of the --values, as the models declare it.
	#[arg(long, default_value = "1", value_parser = millionths)]
	pub scale: u32,
	/// Whose account asks and pays: a key file, env:VAR, or a development account. Who uses the evaluator's own,
	/// which is taken where it is not given, tells workers what the tasks are.
	#[arg(long, value_name = "FILE")]
	pub from: Option<String>,
	/// The data set that the item is from; its owner is paid for the use.
	#[arg(long, value_name = "DATA SET")]
	pub data_set: Option<DataSetId>,
	/// The most that each task may cost, its fee and what is for its audit; just that where it is not given.
	#[arg(long, value_name = "AMOUNT")]
	pub max_fee: Option<Amount>,
	/// How surely the answers are checked.
	#[arg(long, default_value = "pair")]
	pub assurance: AssuranceKind,
	#[command(flatten)]
	pub keeping: Keeping,
}

/// What the models are expected to answer.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Expectation {
	/// The class that wins; once for each item.
	#[arg(long)]
	pub class: Vec<u32>,
	/// The values: a .npy or JSON file, or JSON.
	#[arg(long, value_name = "TENSOR")]
	pub values: Option<String>,
	/// The digest of the whole answer, 0x and 64 hexadecimal digits: it is right or wrong.
	#[arg(long, value_parser = digest)]
	pub digest: Option<[u8; 32]>,
}

/// A model and its weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weight {
	pub model: ModelId,
	pub weight: Share,
}

impl FromStr for Weight {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		let (model, weight) =
			text.split_once('=').ok_or_else(|| format!("{text:?} is no MODEL=WEIGHT, such as 3=50%"))?;
		let model = model.parse().map_err(|_| format!("{model:?} is no model's number"))?;
		Ok(Self { model, weight: weight.parse()? })
	}
}

fn digest(text: &str) -> Result<[u8; 32], String> {
	let mut digest = [0; 32];
	let digits = text.strip_prefix("0x").unwrap_or_default();
	hex::decode_to_slice(digits, &mut digest)
		.map_err(|_| format!("{text:?} is no digest: write 0x and 64 hexadecimal digits"))?;
	Ok(digest)
}
