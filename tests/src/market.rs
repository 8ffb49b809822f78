//! A chain with a model and workers that serve it: what most scenarios begin with.

use std::{
	env, fs,
	net::{SocketAddr, TcpListener},
	ops::Range,
	path::PathBuf,
	time::Duration,
};

use anyhow::{Context as _, Result};
use deepnode_client::{keys, AccountId, Client, Event, Keypair, Quote, SubmitTask};
use deepnode_primitives::{
	content::{sha256, ContentRef, Payload},
	task::Assurance,
	Balance, ModelId, TaskId, DN,
};
use futures::future::try_join_all;

use crate::{command_line::CommandLine, digits::Digits, node::Node, process::Process, stage::Stage};

/// Who owns the model.
pub const CREATOR: &str = "//Dave";
/// Who asks.
pub const REQUESTER: &str = "//Alice";
/// Who may work, in this order.
const WORKERS: [&str; 6] = ["//Bob", "//Charlie", "//Eve", "//Ferdie", "//Eve//stash", "//Ferdie//stash"];

/// What an image costs.
pub const PRICE: &str = "0.01DN";
/// What every worker has at stake at first.
pub const STAKE: Balance = 1_000 * DN;
const CAPACITY: &str = "256";
/// How surely the answers are checked.
pub const ASSURANCE: Assurance = Assurance::Pair;
/// How many blocks a task may take.
const DEADLINE: u32 = 100;
/// How long a worker may take to be ready.
const READY: Duration = Duration::from_secs(60);

/// What runs a worker's models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Engine {
	/// tract, built in.
	Tract,
	/// ONNX Runtime, from this library.
	Ort(PathBuf),
	/// tract, of whose outputs the worker says something else.
	Liar(Lie),
}

/// What a liar says instead of the truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
	/// What every such liar says.
	Constant,
	/// Something else each time.
	Perturb,
	/// The truth, but for an error in every element that is just tolerated.
	Nudge,
}

impl Lie {
	/// As `lying_worker` takes it.
	const fn name(self) -> &'static str {
		match self {
			Self::Constant => "constant",
			Self::Perturb => "perturb",
			Self::Nudge => "nudge",
		}
	}
}

impl Engine {
	/// tract, and ONNX Runtime where `DEEPNODE_ORT_LIBRARY` names its library: two workers that run
	/// one model with different programs. Otherwise tract twice.
	pub fn pair() -> [Self; 2] {
		let library = env::var_os("DEEPNODE_ORT_LIBRARY").filter(|library| !library.is_empty());
		[Self::Tract, library.map_or(Self::Tract, |library| Self::Ort(library.into()))]
	}

	/// Its name.
	pub const fn name(&self) -> &'static str {
		match self {
			Self::Tract | Self::Liar(_) => "tract",
			Self::Ort(_) => "ort",
		}
	}
}

/// A worker's process, and its account on the chain.
#[derive(Debug)]
pub struct Worker {
	/// Its process; killed and started again as a scenario likes.
	pub process: Process,
	/// What runs its models.
	pub engine: Engine,
	key: &'static str,
	account: AccountId,
	url: String,
	/// Where others fetch its long answers.
	http: SocketAddr,
	stage: Stage,
}

impl Worker {
	/// Starts the worker of a development account. It finds work once the account has joined.
	async fn start(stage: &Stage, url: &str, key: &'static str, engine: &Engine) -> Result<Self> {
		let account = keys::parse(key)?.account();
		// A port that is free now, since the worker must be told before it starts.
		let http = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
		let process = launch(stage, url, http, key, engine).await?;
		Ok(Self { process, engine: engine.clone(), key, account, url: url.into(), http, stage: stage.clone() })
	}

	/// Starts it again, with what it has on disk.
	pub async fn restart(&mut self) -> Result<()> {
		self.process.kill();
		self.process = launch(&self.stage, &self.url, self.http, self.key, &self.engine).await?;
		Ok(())
	}

	/// The key of its account.
	pub const fn key(&self) -> &'static str {
		self.key
	}

	/// Its account.
	pub fn account(&self) -> &AccountId {
		&self.account
	}
}

async fn launch(stage: &Stage, url: &str, http: SocketAddr, key: &'static str, engine: &Engine) -> Result<Process> {
	let name = format!("worker-{}", key.trim_start_matches('/').replace("//", "-").to_lowercase());
	let models = Digits::model();
	let models = models.parent().context("the model is in no folder")?.canonicalize()?;
	let program = match engine {
		Engine::Tract | Engine::Ort(_) => "deepnode-worker",
		Engine::Liar(_) => "lying_worker",
	};
	let mut process = Process::start(stage, &name, program, |command| {
		if let Engine::Liar(lie) = engine {
			command.args(["--lie", lie.name()]);
		}
		command.arg("run").env("DEEPNODE_NODE", url).env("DEEPNODE_KEY", key);
		command.arg("--data-dir").arg(stage.file(format!("{name}-data")));
		command.args(["--http", &http.to_string(), "--public-url", &format!("http://{http}")]);
		command.args(["--engine", engine.name()]);
		command.arg("--file-root").arg(models).arg("--file-root").arg(stage.path());
		match engine {
			Engine::Tract | Engine::Liar(_) => command.env_remove("DEEPNODE_ORT_LIBRARY"),
			Engine::Ort(library) => command.env("DEEPNODE_ORT_LIBRARY", library),
		};
	})?;
	process.log_line(READY, |line| line.contains(" connected ").then_some(())).await?;
	Ok(process)
}

/// A development chain with the digit classifier on it, and workers that serve it.
#[derive(Debug)]
pub struct Market {
	/// The workers, Bob first.
	pub workers: Vec<Worker>,
	/// The chain's only node.
	pub node: Node,
	/// A client of the chain.
	pub client: Client,
	/// The command line, talking to the node.
	pub command_line: CommandLine,
	/// The classifier's number.
	pub model: ModelId,
	/// What an image costs, in the smallest unit.
	pub price: Balance,
	/// What a task about an image puts on hold: what the fee table divides, and what the audit fund gets.
	pub quote: Quote,
	/// Who asks.
	pub requester: Keypair,
	/// Who owns the classifier.
	pub creator: AccountId,
	/// The images.
	pub digits: Digits,
}

impl Market {
	/// Starts a node, registers the classifier, and starts one worker for each engine, six at most.
	pub async fn open(stage: &Stage, engines: &[Engine]) -> Result<Self> {
		Self::on(stage, Node::dev(stage).await?, engines).await
	}

	/// Like [`Self::open`], through a node that runs already.
	pub async fn on(stage: &Stage, node: Node, engines: &[Engine]) -> Result<Self> {
		let client = node.client().await?;
		let command_line = CommandLine::new(node.url());
		let register = async {
			let file = Digits::model().canonicalize()?;
			let file = file.to_str().context("the repository's path is not UTF-8")?;
			register(&command_line, file, "digits", &[]).await
		};
		let workers = engines.iter().zip(WORKERS).map(|(engine, key)| {
			let command_line = &command_line;
			let node = &node;
			async move {
				let worker = Worker::start(stage, node.url(), key, engine).await?;
				let stake = format!("{STAKE}u");
				let join = ["worker", "join", "--stake", &stake, "--capacity", CAPACITY];
				command_line.run(Some(key), &join).await?;
				anyhow::Ok((key, worker))
			}
		});
		let (model, workers) = futures::try_join!(register, try_join_all(workers))?;
		let serve = workers.iter().map(|(key, _)| serve(&command_line, key, model));
		try_join_all(serve).await?;
		let price = client.model(model, None).await?.context("the model is not on the chain")?.spec.price;
		let quote = client.quote(model, 1, ASSURANCE, None).await?.context("the model has no price")?;
		Ok(Self {
			workers: workers.into_iter().map(|(_, worker)| worker).collect(),
			node,
			client,
			command_line,
			model,
			price,
			quote,
			requester: keys::parse(REQUESTER)?,
			creator: keys::parse(CREATOR)?.account(),
			digits: Digits::load()?,
		})
	}

	/// Has every worker serve one more model.
	pub async fn serve(&self, model: ModelId) -> Result<()> {
		try_join_all(self.workers.iter().map(|worker| serve(&self.command_line, worker.key, model))).await?;
		Ok(())
	}

	/// Asks the classifier about images, one task for each, and returns the tasks' numbers in the same
	/// order, once they are in a block.
	pub async fn ask(&self, images: Range<usize>) -> Result<Vec<TaskId>> {
		let deadline = self.client.best_block().await?.number + DEADLINE;
		let tasks = images.map(|image| self.task(self.model, self.digits.input(image)?, deadline));
		let tasks = tasks.collect::<Result<_>>()?;
		let sent = self.client.submit_many(&self.requester, tasks).await;
		sent.into_iter().map(|sent| task_number(&sent?.events)).collect()
	}

	/// Like [`Self::ask`], with so many tasks for each block and no more.
	pub async fn ask_steadily(&self, images: Range<usize>, per_block: usize) -> Result<Vec<TaskId>> {
		let mut asked = Vec::new();
		for first in images.clone().step_by(per_block) {
			asked.extend(self.ask(first..images.end.min(first + per_block)).await?);
		}
		Ok(asked)
	}

	/// Asks a model about one item, to be answered up to a block, and returns the task's number.
	pub async fn ask_until(&self, model: ModelId, input: Payload, deadline: u32) -> Result<TaskId> {
		let task = self.task(model, input, deadline)?;
		task_number(&self.client.submit(&self.requester, None, task).await?.events)
	}

	/// Asks the classifier about many images in one task, whose input is a file on the stage, and returns the
	/// task's number.
	pub async fn ask_batch(&self, stage: &Stage, images: usize) -> Result<TaskId> {
		let bundle = self.digits.bundle(0..images)?;
		let path = stage.file(format!("batch-of-{images}"));
		fs::write(&path, &bundle)?;
		let uri = format!("file://{}", path.display()).into_bytes();
		let uris = vec![uri.try_into().ok().context("the path is too long")?];
		let uris = uris.try_into().ok().context("one is not too many")?;
		let content = ContentRef { hash: sha256(&bundle), length: bundle.len() as u64, uris };
		let items = u32::try_from(images)?;
		let quote = self.client.quote(self.model, items, ASSURANCE, None).await?.context("the model has no price")?;
		let deadline = self.client.best_block().await?.number + DEADLINE;
		let task = self.task(self.model, Payload::Reference(content), deadline)?;
		let task = SubmitTask { items, max_fee: quote.total(), ..task };
		task_number(&self.client.submit(&self.requester, None, task).await?.events)
	}

	fn task(&self, model: ModelId, input: Payload, deadline: u32) -> Result<SubmitTask> {
		let (max_fee, seal) = (self.quote.total(), keys::random()?);
		Ok(SubmitTask { model, input, items: 1, assurance: ASSURANCE, deadline, max_fee, seal })
	}

	/// The worker of an account.
	pub fn worker(&mut self, account: &AccountId) -> Result<&mut Worker> {
		let worker = self.workers.iter_mut().find(|worker| worker.account() == account);
		worker.with_context(|| format!("nobody here works for {account}"))
	}

	/// The accounts of everybody who takes part.
	pub fn accounts(&self) -> Vec<AccountId> {
		let workers = self.workers.iter().map(|worker| worker.account().clone());
		workers.chain([self.creator.clone(), self.requester.account()]).collect()
	}
}

/// Registers a model that is a file, by the command line, and returns its number.
pub async fn register(command_line: &CommandLine, file: &str, name: &str, more: &[&str]) -> Result<ModelId> {
	let mut arguments = vec!["models", "register", file, "--name", name, "--domain", "vision/digits"];
	arguments.extend(["--price", PRICE, "--licence", "CC-BY-4.0", "--comparison", "argmax"]);
	arguments.extend(more);
	let printed = command_line.run(Some(CREATOR), &arguments).await?;
	let number = printed.get("model").and_then(serde_json::Value::as_u64);
	let number = number.with_context(|| format!("no model's number in {printed}"))?;
	Ok(number.try_into()?)
}

async fn serve(command_line: &CommandLine, key: &str, model: ModelId) -> Result<()> {
	command_line.run(Some(key), &["worker", "serve", &model.to_string()]).await?;
	Ok(())
}

fn task_number(events: &[Event]) -> Result<TaskId> {
	let number = events.iter().find_map(|event| match event {
		Event::TaskSubmitted { task, .. } => Some(*task),
		_ => None,
	});
	number.context("a submitted task has no number")
}
