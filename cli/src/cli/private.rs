//! What can be typed about private inference.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use deepnode_primitives::TaskId;

use super::Submit;
use crate::input::Rows;

#[derive(Debug, Subcommand)]
pub enum Private {
	/// Make an integer circuit of a model, to be registered with `deepnode models register --circuit`.
	Convert(Box<Convert>),
	/// Make a client key, in a file that only you can read, and the evaluation key for workers beside it.
	Keygen {
		/// The client key's file; it must not exist yet. The evaluation key's name is this and `.evaluation`.
		file: PathBuf,
		/// What the keys are for.
		#[arg(long, value_enum, default_value_t = Parameters::Bootstrap)]
		parameters: Parameters,
	},
	/// Ask a model with an input that is encrypted here. Nobody but you can read it, or the answer.
	Submit(Box<AskPrivately>),
	/// Decrypt a task's verified answer.
	Result {
		/// The task's number.
		task: TaskId,
		/// The client key with which the input was encrypted.
		#[arg(long, value_name = "FILE")]
		client_key: PathBuf,
		/// The model's circuit, where it is on this machine.
		#[arg(long, value_name = "FILE")]
		circuit: Option<PathBuf>,
		/// Fetch the encrypted answer from the hosts where its workers keep it.
		#[arg(long)]
		fetch: bool,
	},
}

/// The parameter sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Parameters {
	/// Linear models. There is no evaluation key.
	Linear,
	/// Perceptrons and trees. The evaluation key has 60 MB.
	Bootstrap,
}

#[derive(Debug, Args)]
pub struct Convert {
	/// The ONNX file.
	pub file: PathBuf,
	/// Where to write the circuit; it must not exist yet.
	#[arg(long, value_name = "FILE")]
	pub out: PathBuf,
	/// Rows that are typical of the model's inputs, such as a .npy file. They set the inputs' ranges. Trees need none.
	#[arg(long, value_name = "INPUT")]
	pub calibration: Vec<String>,
	/// Take only these of them, such as 0..300.
	#[arg(long)]
	pub rows: Option<Rows>,
	/// How many steps each input has; the conversion's choice where it is not given.
	#[arg(long, value_name = "STEPS")]
	pub input_levels: Option<u32>,
	/// How many bits a linear model's weights have; as many as are exact where it is not given.
	#[arg(long, value_name = "BITS")]
	pub weight_bits: Option<u8>,
}

#[derive(Debug, Args)]
pub struct AskPrivately {
	/// The client key to encrypt with.
	#[arg(long, value_name = "FILE")]
	pub client_key: PathBuf,
	/// The evaluation key; the client key's file with `.evaluation` where it is not given.
	#[arg(long, value_name = "FILE")]
	pub evaluation_key: Option<PathBuf>,
	/// Where workers fetch the evaluation key; may be repeated. Its file's own place where it is not given.
	#[arg(long, value_name = "URI")]
	pub evaluation_key_uri: Vec<String>,
	/// The model's circuit, where it is on this machine.
	#[arg(long, value_name = "FILE")]
	pub circuit: Option<PathBuf>,
	/// Fetch the model's circuit from the hosts that its entry names.
	#[arg(long)]
	pub fetch: bool,
	/// What to ask.
	#[command(flatten)]
	pub submit: Submit,
}
