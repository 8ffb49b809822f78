//! Runs somebody else's model in a process of its own that can compute and nothing else.
//!
//! The parent keeps children warm: a child that has loaded a model is used again for the next run of
//! that model. A child is killed when it has computed for too long, and whatever it does, its parent lives on.

pub mod child;
pub mod confine;
mod os;
mod process;
pub mod protocol;

use std::{
	io,
	path::PathBuf,
	sync::{mpsc, Arc, Mutex, MutexGuard, OnceLock, PoisonError},
	time::Duration,
};

use deepnode_primitives::{content::Digest, task::ErrorCode};
use tokio::{process::Child as Process, sync::oneshot};

use crate::{
	engine::{Kind, Tensor},
	scan::Report,
};
use process::Child;
use protocol::{Load, Reply, Request, Start};

/// How children are started and what they may use.
#[derive(Clone, Debug)]
pub struct Config {
	/// The program whose `sandboxed-run` command is a child: this binary itself.
	pub program: PathBuf,
	/// Which engine runs the models.
	pub engine: Kind,
	/// The engine's library.
	pub library: Option<PathBuf>,
	/// Bytes of address space of a child.
	pub memory: u64,
	/// Whether a kernel without Landlock is an error.
	pub require_landlock: bool,
	/// How much processor time one load, and one run, may take. That much and no answer is the model's doing.
	pub timeout: Duration,
	/// How many children that have a model loaded are kept.
	pub max_idle: usize,
	/// The longest outputs, in bytes.
	pub longest_reply: usize,
}

/// The binary that is running now, even if its file has been replaced since.
pub const THIS_BINARY: &str = "/proc/self/exe";

impl Config {
	/// The defaults for an engine.
	pub fn new(engine: Kind, library: Option<PathBuf>) -> Self {
		Self {
			program: THIS_BINARY.into(),
			engine,
			library,
			memory: 2 << 30,
			require_landlock: false,
			timeout: Duration::from_secs(20),
			max_idle: 4,
			longest_reply: 64 << 20,
		}
	}

	/// How long one load, and one run, is waited for. A machine that gives a child less than half of a
	/// processor is too busy to say what the model takes.
	const fn patience(&self) -> Duration {
		self.timeout.saturating_mul(2)
	}

	/// Processor time of a child's whole life: it has one thread, so it never needs more than this
	/// before [`Child::is_spent`] retires it.
	fn cpu_seconds(&self) -> u64 {
		self.timeout.as_secs().saturating_add(1).saturating_mul(16).max(600)
	}
}

/// Why a model cannot be run on this machine now. Never a task's answer.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
	/// A child cannot be started.
	#[error("cannot start {program}: {source}; check the limits on processes and memory")]
	Spawn {
		/// The program.
		program: String,
		/// Why.
		source: io::Error,
	},
	/// The child says that it cannot work here.
	#[error("the sandbox does not start: {0}")]
	Unusable(String),
	/// The child ended before it was ready.
	#[error("the sandbox ended before it was ready ({0})")]
	Died(String),
	/// Somebody else than the model ended the child.
	#[error("this machine ended the sandbox ({0}): has it too little memory for --concurrency runs of --memory each, or did somebody stop the process?")]
	Killed(String),
	/// The child had too little of the processor.
	#[error(
		"the sandbox got {computed:.1} s of processor time in {waited:.1} s, and a run may take {allowed:.1} s of it: \
		 this machine is too busy; lower --concurrency, or stop what else runs here"
	)]
	Starved {
		/// The seconds of processor time that it had.
		computed: f64,
		/// The seconds that passed.
		waited: f64,
		/// The seconds of processor time that it may have.
		allowed: f64,
	},
}

/// Why a run gives no outputs.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
	/// The task is answered with this code.
	#[error("{code:?}: {detail}")]
	Answer {
		/// The code.
		code: ErrorCode,
		/// Why, for the log.
		detail: String,
	},
	/// This machine's trouble; another attempt may succeed.
	#[error(transparent)]
	Local(#[from] SandboxError),
}

fn answer(code: ErrorCode, detail: impl Into<String>) -> RunError {
	RunError::Answer { code, detail: detail.into() }
}

type Spawned = oneshot::Sender<io::Result<Process>>;

/// The children, and how to start more.
pub struct Sandbox {
	config: Config,
	/// Asks the thread that starts children. It lives as long as the sandbox: the kernel kills a child
	/// when the *thread* that started it ends.
	spawner: mpsc::Sender<Spawned>,
	/// Children with a model, the one used last at the end.
	idle: Mutex<Vec<Child>>,
	/// A child without a model, so that the next model need not wait for the engine.
	spare: Mutex<Option<Child>>,
	description: OnceLock<Description>,
}

/// What the first child said about itself.
#[derive(Clone, Debug)]
pub struct Description {
	/// The engine's name and version.
	pub engine: String,
	/// Whether Landlock guards the files: 0 not, 1 partly, 2 fully.
	pub landlock: u8,
}

impl Sandbox {
	/// Starts the first child, which shows that the engine and the sandbox work here.
	pub async fn start(config: Config) -> Result<Arc<Self>, SandboxError> {
		let (spawner, requests) = mpsc::channel::<Spawned>();
		let runtime = tokio::runtime::Handle::current();
		let mut command = process::command(&config.program);
		std::thread::Builder::new()
			.name("sandbox-spawner".into())
			.spawn(move || {
				let _runtime = runtime.enter();
				for request in requests {
					// Nobody waiting any more only means that the child is dropped, and so killed.
					let _ = request.send(command.spawn());
				}
			})
			.map_err(|source| SandboxError::Spawn { program: "a thread".into(), source })?;
		let sandbox = Arc::new(Self {
			config,
			spawner,
			idle: Mutex::default(),
			spare: Mutex::default(),
			description: OnceLock::new(),
		});
		let first = sandbox.spawn().await?;
		*lock(&sandbox.spare) = Some(first);
		Ok(sandbox)
	}

	/// What the first child said about itself.
	pub fn description(&self) -> Description {
		self.description.get().cloned().unwrap_or(Description { engine: self.config.engine.name().into(), landlock: 0 })
	}

	/// Takes a child that has the model loaded, if one is idle: rather one that has this evaluation key, too.
	pub fn warm(self: &Arc<Self>, identity: &Digest, key: Option<&Digest>) -> Option<Lease> {
		let mut idle = lock(&self.idle);
		let has = |child: &Child| child.model.as_ref() == Some(identity);
		let keyed = |child: &Child| has(child) && child.key.as_ref() == key;
		while let Some(at) = idle.iter().rposition(keyed).or_else(|| idle.iter().rposition(has)) {
			let mut child = idle.remove(at);
			if child.lives() {
				return Some(Lease { child, sandbox: self.clone(), warm: true });
			}
		}
		None
	}

	/// Whether an idle child has the model loaded.
	pub fn is_warm(&self, identity: &Digest) -> bool {
		lock(&self.idle).iter().any(|child| child.model.as_ref() == Some(identity))
	}

	/// Loads a model into a fresh child.
	pub async fn load(self: &Arc<Self>, identity: Digest, load: Load) -> Result<(Lease, Report), RunError> {
		let spare = lock(&self.spare).take().and_then(|mut child| child.lives().then_some(child));
		let mut child = match spare {
			Some(child) => child,
			None => self.spawn().await?,
		};
		self.clone().replenish();
		match child.ask(&Request::Load(load), &self.config).await? {
			Reply::Loaded(report) => {
				child.model = Some(identity);
				Ok((Lease { child, sandbox: self.clone(), warm: false }, *report))
			},
			Reply::Failed { code, detail } => Err(answer(code, detail)),
			_ => Err(out_of_turn()),
		}
	}

	/// Starts the next spare in the background.
	fn replenish(self: Arc<Self>) {
		tokio::spawn(async move {
			match self.spawn().await {
				Ok(child) => *lock(&self.spare) = Some(child),
				Err(error) => tracing::warn!(%error, "no spare sandbox"),
			}
		});
	}

	async fn spawn(&self) -> Result<Child, SandboxError> {
		let failed = |source| SandboxError::Spawn { program: self.config.program.display().to_string(), source };
		let gone = || failed(io::Error::other("the spawner thread is gone"));
		let (reply, spawned) = oneshot::channel();
		self.spawner.send(reply).map_err(|_| gone())?;
		let process = spawned.await.map_err(|_| gone())?.map_err(failed)?;
		let mut child = Child::new(process).map_err(failed)?;
		let start = Request::Start(Start {
			engine: self.config.engine,
			library: self.config.library.as_ref().map(|path| path.display().to_string()),
			memory: self.config.memory,
			cpu_seconds: self.config.cpu_seconds(),
			require_landlock: self.config.require_landlock,
		});
		match child.ask(&start, &self.config).await {
			Ok(Reply::Ready { engine, landlock }) => {
				let _ = self.description.set(Description { engine, landlock });
				Ok(child)
			},
			Ok(Reply::Unusable(why)) => Err(SandboxError::Unusable(why)),
			Ok(_) => Err(SandboxError::Died("it spoke out of turn".into())),
			Err(RunError::Answer { detail, .. }) => Err(SandboxError::Died(detail)),
			Err(RunError::Local(error)) => Err(error),
		}
	}

	fn give_back(&self, child: Child) {
		if child.is_spent(&self.config) {
			return;
		}
		let mut idle = lock(&self.idle);
		idle.push(child);
		while idle.len() > self.config.max_idle {
			idle.remove(0);
		}
	}
}

/// A child with a model, for one run.
pub struct Lease {
	child: Child,
	sandbox: Arc<Sandbox>,
	warm: bool,
}

impl Lease {
	/// Whether the child had run or loaded something before this lease.
	pub fn is_warm(&self) -> bool {
		self.warm
	}

	/// Has the model take an evaluation key, unless it has it.
	pub async fn give_key(&mut self, digest: Digest, key: &[u8]) -> Result<(), RunError> {
		if self.child.key == Some(digest) {
			return Ok(());
		}
		self.child.key = None;
		match self.child.ask(&Request::Key { key: key.to_vec() }, &self.sandbox.config).await? {
			Reply::Keyed => {
				self.child.key = Some(digest);
				Ok(())
			},
			Reply::Failed { code, detail } => Err(answer(code, detail)),
			_ => Err(out_of_turn()),
		}
	}

	/// Runs the model. A child that answers goes back to the pool; one that is late or dies does not.
	pub async fn run(mut self, bundle: Vec<u8>) -> Result<Vec<Tensor>, RunError> {
		let reply = self.child.ask(&Request::Run { bundle }, &self.sandbox.config).await?;
		match reply {
			Reply::Outputs(outputs) => {
				self.keep();
				Ok(outputs)
			},
			Reply::Failed { code, detail } => {
				// A child whose memory may be exhausted, or whose engine panicked, is not used again.
				if code == ErrorCode::InputInvalid {
					self.keep();
				}
				Err(answer(code, detail))
			},
			_ => Err(out_of_turn()),
		}
	}

	/// Puts the child into the pool, loaded as it is.
	pub fn keep(self) {
		self.sandbox.give_back(self.child);
	}
}

fn out_of_turn() -> RunError {
	answer(ErrorCode::ModelInvalid, "the sandbox spoke out of turn")
}

/// No holder of these locks panics with a value half changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
	mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
