//! The command line.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{engine::Kind, sandbox};

/// DeepNode's inference worker.
#[derive(Debug, Parser)]
#[command(name = "deepnode-worker", version, about, arg_required_else_help = true)]
pub struct Cli {
	/// What to do.
	#[command(subcommand)]
	pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
	/// Serve the tasks of a registered worker's account.
	Run(Box<Run>),
	/// Run a model on a local input, exactly as for a task, and print the answer as JSON.
	Infer(Infer),
	/// Say whether a model file may run, and with which inputs and outputs, as JSON.
	Scan {
		/// The ONNX file.
		file: PathBuf,
	},
	/// A sandbox's child. The worker starts it by itself.
	#[command(hide = true)]
	SandboxedRun {
		/// The process that starts it.
		parent: u32,
	},
}

/// How models are run.
#[derive(Debug, Args)]
pub struct Engine {
	/// Which engine runs the models.
	#[arg(long, value_enum, default_value_t = Kind::Tract)]
	pub engine: Kind,
	/// ONNX Runtime's versioned library (libonnxruntime.so.1.x.y), for `--engine ort`.
	#[arg(long, env = "DEEPNODE_ORT_LIBRARY")]
	pub ort_library: Option<PathBuf>,
	/// Whether a kernel without Landlock is an error. seccomp is always required, and refuses to open
	/// files also where Landlock is missing.
	#[arg(long, value_enum, default_value_t = Strictness::BestEffort)]
	pub sandbox: Strictness,
	/// Address space of a sandbox, in MiB.
	#[arg(long, default_value_t = 2048)]
	pub memory: u64,
	/// Seconds of processor time that loading a model, and each run, may take. One that had less than that in
	/// twice the time is this machine's trouble and no answer.
	#[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=3600))]
	pub timeout: u64,
	/// How many models are kept loaded.
	#[arg(long, default_value_t = 4)]
	pub warm: usize,
}

/// How encrypted inputs are answered.
#[cfg(feature = "fhe")]
#[derive(Debug, Args)]
pub struct Private {
	/// Do not answer encrypted inputs.
	#[arg(long)]
	pub no_fhe: bool,
	/// Address space of a sandbox for encrypted inputs, in MiB.
	#[arg(long, default_value_t = 1024)]
	pub fhe_memory: u64,
	/// Seconds of processor time that each run on encrypted inputs may take.
	#[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u64).range(1..=3600))]
	pub fhe_timeout: u64,
}

/// How much the kernel must offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Strictness {
	/// Landlock must work.
	Require,
	/// Use what there is, and say what is missing.
	BestEffort,
}

impl Engine {
	/// As the sandbox takes it.
	pub fn config(&self) -> sandbox::Config {
		sandbox::Config {
			memory: self.memory.saturating_mul(1 << 20),
			require_landlock: self.sandbox == Strictness::Require,
			timeout: std::time::Duration::from_secs(self.timeout),
			max_idle: self.warm,
			..sandbox::Config::new(self.engine, self.ort_library.clone())
		}
	}
}

#[cfg(feature = "fhe")]
impl Run {
	/// As the sandbox for encrypted inputs takes it; `None` where they are not answered.
	pub fn private_config(&self) -> Option<sandbox::Config> {
		(!self.private.no_fhe).then(|| sandbox::Config {
			engine: Kind::Fhe,
			library: None,
			memory: self.private.fhe_memory.saturating_mul(1 << 20),
			timeout: std::time::Duration::from_secs(self.private.fhe_timeout),
			..self.engine.config()
		})
	}
}

#[cfg(not(feature = "fhe"))]
impl Run {
	/// This build answers no encrypted inputs.
	pub const fn private_config(&self) -> Option<sandbox::Config> {
		None
	}
}

/// Serving tasks.
#[derive(Debug, Args)]
pub struct Run {
	/// The node's WebSocket address.
	#[arg(long, env = "DEEPNODE_NODE", default_value = "ws://127.0.0.1:9944")]
	pub node: String,
	/// The worker's key: a file with a secret phrase or 0x seed that only you can read, `env:NAME` for
	/// an environment variable, or `//Alice` and the like on development chains.
	#[arg(long, env = "DEEPNODE_KEY", hide_env_values = true)]
	pub key: String,
	/// Where salts, answers and cached content are kept.
	#[arg(long, env = "DEEPNODE_DATA_DIR")]
	pub data_dir: PathBuf,
	/// How models are run.
	#[command(flatten)]
	pub engine: Engine,
	/// How encrypted inputs are answered.
	#[cfg(feature = "fhe")]
	#[command(flatten)]
	pub private: Private,
	/// How many models run at once.
	#[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=1024))]
	pub concurrency: u32,
	/// Where health, metrics and long answers are served.
	#[arg(long, default_value = "127.0.0.1:9955")]
	pub http: SocketAddr,
	/// This worker's HTTP address as others see it, for answers that are too long for the chain.
	#[arg(long)]
	pub public_url: Option<String>,
	/// A directory below which `file://` URIs of models and inputs are read. May be given again.
	#[arg(long)]
	pub file_root: Vec<PathBuf>,
	/// Fetch also from this machine and private networks; for development.
	#[arg(long)]
	pub allow_private_hosts: bool,
	/// The longest model or input, in MiB.
	#[arg(long, default_value_t = 1024)]
	pub max_content: u64,
	/// Disk space for cached models and inputs, in MiB, and as much again for those being fetched.
	#[arg(long, default_value_t = 8192)]
	pub cache: u64,
	/// Seconds that open tasks get after SIGTERM or SIGINT; a second signal ends the worker at once.
	#[arg(long, default_value_t = 60)]
	pub grace: u64,
	/// Log JSON lines.
	#[arg(long)]
	pub log_json: bool,
}

/// Running one model locally.
#[derive(Debug, Args)]
pub struct Infer {
	/// The ONNX file.
	#[arg(long)]
	pub model: PathBuf,
	/// The input: a bundle of tensors; `-` is the standard input.
	#[arg(long)]
	pub input: PathBuf,
	/// The requester's evaluation key, for a circuit that looks tables up.
	#[cfg(feature = "fhe")]
	#[arg(long)]
	pub evaluation_key: Option<PathBuf>,
	/// How models are run.
	#[command(flatten)]
	pub engine: Engine,
	/// Bits after the binary point of a quantised float.
	#[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u8).range(0..=24))]
	pub bits: u8,
	/// The outputs' typical magnitude, in millionths.
	#[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1..))]
	pub scale_millionths: u32,
	/// The model's outputs are integers that are compared exactly.
	#[arg(long)]
	pub exact: bool,
}
