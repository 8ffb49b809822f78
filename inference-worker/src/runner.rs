//! From a question to its answer: fetch, scan, run in the sandbox, make canonical. The same way for a
//! task of the chain and for a file on the command line.

use std::{future::Future, sync::Arc, time::Duration};

use codec::Encode;
use deepnode_primitives::{
	content::{sha256, ContentRef, Digest, Payload},
	private,
	task::ErrorCode,
	ModelId,
};
use prost::bytes::Bytes;
use tokio::{
	sync::{Semaphore, SemaphorePermit},
	time::Instant,
};

use crate::{
	cache::{DiskError, Held},
	canonical::{canonical, Canonical},
	chain::Model,
	engine::Tensor,
	fetch::{Budget, FetchError, Fetcher},
	input,
	metrics::Metrics,
	sandbox::{
		protocol::{identity, Load},
		Lease, RunError, Sandbox, SandboxError,
	},
};

/// What a task asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
	/// The model's number.
	pub id: ModelId,
	/// The model.
	pub model: Model,
	/// The input.
	pub input: Payload,
	/// How many items it must hold: so many are paid for.
	pub items: u32,
}

impl Question {
	/// Names the question: what must be the same for the answer to be the same.
	pub fn digest(&self) -> Digest {
		let Model { graph, inputs, outputs, comparison, .. } = &self.model;
		let graph = graph.as_ref().map(|graph| graph.hash);
		sha256(&(self.id, graph, inputs, outputs, comparison, self.input.digest(), self.items).encode())
	}
}

/// Why there is no answer: this machine's trouble. Another attempt may succeed.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
	/// The sandbox.
	#[error(transparent)]
	Sandbox(#[from] SandboxError),
	/// The disk.
	#[error(transparent)]
	Disk(#[from] DiskError),
	/// The model is asked with encrypted inputs, and this worker does not answer those.
	#[error("this worker does not answer encrypted inputs: take the model off with `deepnode worker stop`, or run a worker built with the feature `fhe` and without --no-fhe")]
	NoFhe,
}

/// What answers questions.
pub trait Answerer: Send + Sync + 'static {
	/// The answer. What is not here by `fetch_by` is answered as unavailable; an error is no answer to
	/// give.
	fn answer(&self, question: &Question, fetch_by: Instant)
		-> impl Future<Output = Result<Canonical, Trouble>> + Send;
	/// Gets a model ready before the first task asks for it.
	fn prepare(&self, model: &Model) -> impl Future<Output = ()> + Send;
}

/// How long a served model is sought before the first task asks for it, and how long it may take.
const PREPARE: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(600));
/// How long a model is sought that a warm sandbox was to make unnecessary, whatever time is left.
const LAST_CHANCE: Duration = Duration::from_secs(2);

/// Answers with the sandbox.
pub struct Runner {
	sandbox: Arc<Sandbox>,
	/// For models that are asked with encrypted inputs, with limits of its own.
	private: Option<Arc<Sandbox>>,
	fetcher: Fetcher,
	metrics: Metrics,
	/// As many permits as models may run at once. Fetching needs none: content that does not come must
	/// not hold up tasks that have theirs.
	turns: Semaphore,
	/// One encrypted input at a time is read for the key that it names, since it is in memory meanwhile.
	naming: Semaphore,
}

/// What a task's input or model comes to: content here, or the answer that it is not to be had.
type Gathered<T> = Result<T, Canonical>;

/// A requester's evaluation key.
struct Key {
	digest: Digest,
	bytes: Bytes,
}

/// Content, or the error code that says that it is unavailable.
fn gathered(outcome: Result<Held, FetchError>, code: ErrorCode) -> Result<Gathered<Held>, Trouble> {
	match outcome {
		Ok(held) => Ok(Ok(held)),
		Err(FetchError::Disk(error)) => Err(error.into()),
		Err(error) => Ok(Err(Canonical::error(code, error.to_string()))),
	}
}

/// How a run ends that gives no outputs.
enum Ended {
	Answered(Canonical),
	Trouble(Trouble),
}

impl From<RunError> for Ended {
	fn from(error: RunError) -> Self {
		match error {
			RunError::Answer { code, detail } => Self::Answered(Canonical::error(code, detail)),
			RunError::Local(error) => Self::Trouble(error.into()),
		}
	}
}

impl From<Trouble> for Ended {
	fn from(trouble: Trouble) -> Self {
		Self::Trouble(trouble)
	}
}

impl From<DiskError> for Ended {
	fn from(error: DiskError) -> Self {
		Self::Trouble(error.into())
	}
}

impl Runner {
	/// A runner of up to `concurrency` models at once.
	pub fn new(sandbox: Arc<Sandbox>, fetcher: Fetcher, metrics: Metrics, concurrency: u32) -> Self {
		Self {
			sandbox,
			private: None,
			fetcher,
			metrics,
			turns: Semaphore::new(concurrency as usize),
			naming: Semaphore::new(1),
		}
	}

	/// Has it answer encrypted inputs, too, in this sandbox.
	#[must_use]
	pub fn with_private(mut self, sandbox: Option<Arc<Sandbox>>) -> Self {
		self.private = sandbox;
		self
	}

	/// Where a model runs.
	fn sandbox(&self, model: &Model) -> Result<&Arc<Sandbox>, Trouble> {
		match model.fhe {
			None => Ok(&self.sandbox),
			Some(_) => self.private.as_ref().ok_or(Trouble::NoFhe),
		}
	}

	/// The evaluation key that an input refers to; `None` where the model needs none. Only the input's
	/// headers and that reference are read here: the key is content like any other until a child has it.
	async fn key(
		&self,
		question: &Question,
		source: &Source<'_>,
		budget: Budget,
	) -> Result<Gathered<Option<Held>>, Trouble> {
		let Question { model, items, .. } = question;
		let Some(parameters) = model.fhe.filter(|parameters| *parameters == private::BOOTSTRAP) else {
			return Ok(Ok(None));
		};
		let reference = {
			// The semaphore is never closed.
			let _one = self.naming.acquire().await.ok();
			named_key(model, parameters, *items, &source.read().await?)
		};
		match reference {
			Ok(reference) => {
				let held = gathered(self.fetcher.get(&reference, budget).await, ErrorCode::InputUnavailable)?;
				Ok(held.map(Some))
			},
			Err(reason) => Ok(Err(Canonical::error(ErrorCode::InputInvalid, reason))),
		}
	}

	/// The graph's file, by then.
	async fn graph(&self, model: &Model, budget: Budget) -> Result<Gathered<Held>, Trouble> {
		let code = ErrorCode::ModelUnavailable;
		match &model.graph {
			Some(graph) => gathered(self.fetcher.get(graph, budget).await, code),
			None => Ok(Err(Canonical::error(code, "the entry names no file"))),
		}
	}

	/// Waits until a model may run.
	async fn turn(&self) -> Option<SemaphorePermit<'_>> {
		self.metrics.queue.inc();
		// The semaphore is never closed.
		let turn = self.turns.acquire().await.ok();
		self.metrics.queue.dec();
		turn
	}

	/// Runs in a child that has the model, or in a fresh one.
	async fn run(
		&self,
		model: &Model,
		graph: Option<Gathered<Held>>,
		bundle: &Bytes,
		key: Option<&Key>,
		fetch_by: Instant,
	) -> Result<Vec<Tensor>, Ended> {
		let begun = Instant::now();
		let identity = loaded_as(model);
		let wanted = key.map(|key| &key.digest);
		let sandbox = self.sandbox(model)?;
		if let Some(lease) = identity.as_ref().and_then(|identity| sandbox.warm(identity, wanted)) {
			match run_with(lease, key, bundle).await {
				Ok(outputs) => {
					self.observe("warm", begun);
					return Ok(outputs);
				},
				// What earlier runs left in the child must not decide an answer: ask a fresh one.
				Err(error) => tracing::debug!(%error, "a warm sandbox failed; a fresh one decides"),
			}
		}
		let graph = match graph {
			Some(graph) => graph,
			None => self.graph(model, Budget::until(fetch_by.max(Instant::now() + LAST_CHANCE))).await?,
		};
		let bytes = graph.map_err(Ended::Answered)?.read().await?;
		let lease = self.load(model, bytes).await?;
		let outputs = run_with(lease, key, bundle).await?;
		self.observe("cold", begun);
		Ok(outputs)
	}

	async fn load(&self, model: &Model, bytes: Bytes) -> Result<Lease, Ended> {
		let declared = Some((model.inputs.clone(), model.outputs.clone()));
		let identity = identity(&sha256(&bytes), &declared);
		Ok(self.sandbox(model)?.load(identity, Load { model: bytes.to_vec(), declared }).await?.0)
	}

	fn observe(&self, child: &str, begun: Instant) {
		self.metrics.run_seconds.with_label_values(&[child]).observe(begun.elapsed().as_secs_f64());
	}
}

/// Where a task's input is: here on disk, or on the chain.
enum Source<'a> {
	Held(Held),
	Inline(&'a [u8]),
}

impl Source<'_> {
	/// Its bytes, for as long as somebody has use for them.
	async fn read(&self) -> Result<Bytes, DiskError> {
		match self {
			Self::Held(held) => held.read().await,
			Self::Inline(bytes) => Ok(Bytes::copy_from_slice(bytes)),
		}
	}
}

/// The reference to the evaluation key in an encrypted input. The error says why the input is invalid.
fn named_key(model: &Model, parameters: u32, items: u32, bundle: &[u8]) -> Result<ContentRef, String> {
	let tensors = input::tensors(&model.inputs, items, bundle)?;
	let reference = tensors.get(1).and_then(|tensor| private::read_key_reference(tensor.data));
	let reference = reference.ok_or("its second tensor refers to no evaluation key")?;
	input::check_key_length(parameters, &reference)?;
	Ok(reference)
}

/// Runs a model that has this key.
async fn run_with(mut lease: Lease, key: Option<&Key>, bundle: &Bytes) -> Result<Vec<Tensor>, RunError> {
	if let Some(key) = key {
		lease.give_key(key.digest, &key.bytes).await?;
	}
	lease.run(bundle.to_vec()).await
}

/// What names a model in the sandbox.
fn loaded_as(model: &Model) -> Option<Digest> {
	let graph = model.graph.as_ref()?;
	Some(identity(&graph.hash, &Some((model.inputs.clone(), model.outputs.clone()))))
}

impl Answerer for Runner {
	/// The input and the model are fetched side by side. Errors are found in this order, so that two
	/// workers find the same one: the input's, the model's, the run's, the outputs'.
	async fn answer(&self, question: &Question, fetch_by: Instant) -> Result<Canonical, Trouble> {
		let Question { model, input, items, .. } = question;
		let sandbox = self.sandbox(model)?;
		let invalid = |reason: String| Ok(Canonical::error(ErrorCode::InputInvalid, reason));
		// What cannot be the input is not fetched: neither disk nor memory is spent on more than is declared.
		if let Err(reason) = input::check_length(&model.inputs, *items, input) {
			return invalid(reason);
		}
		let budget = Budget::until(fetch_by);
		let fetch_input = async {
			match input {
				Payload::Inline(bytes) => Ok(Ok(Source::Inline(bytes))),
				Payload::Reference(content) => {
					let held = gathered(self.fetcher.get(content, budget).await, ErrorCode::InputUnavailable)?;
					Ok::<_, Trouble>(held.map(Source::Held))
				},
			}
		};
		let fetch_graph = async {
			match loaded_as(model) {
				Some(identity) if sandbox.is_warm(&identity) => None,
				_ => Some(self.graph(model, budget).await),
			}
		};
		let (source, graph) = futures::join!(fetch_input, fetch_graph);
		let source = match source? {
			Ok(source) => source,
			Err(answer) => return Ok(answer),
		};
		let key = match self.key(question, &source, budget).await? {
			Ok(key) => key,
			Err(answer) => return Ok(answer),
		};
		// From here on inputs and keys are in memory: those of as many tasks as may run at once.
		let _turn = self.turn().await;
		let bundle = source.read().await?;
		if let Err(reason) = input::tensors(&model.inputs, *items, &bundle) {
			return invalid(reason);
		}
		let key = match key {
			Some(held) => Some(Key { digest: held.hash(), bytes: held.read().await? }),
			None => None,
		};
		match self.run(model, graph.transpose()?, &bundle, key.as_ref(), fetch_by).await {
			Ok(outputs) => Ok(canonical(&model.outputs, &model.comparison, *items, &outputs)),
			Err(Ended::Answered(answer)) => Ok(answer),
			Err(Ended::Trouble(trouble)) => Err(trouble),
		}
	}

	async fn prepare(&self, model: &Model) {
		let sandbox = match self.sandbox(model) {
			Ok(sandbox) => sandbox,
			Err(error) => return tracing::error!(%error, "a served model cannot be answered for"),
		};
		if loaded_as(model).is_none_or(|identity| sandbox.is_warm(&identity)) {
			return;
		}
		let now = Instant::now();
		let budget = Budget { retry: now + PREPARE.0, end: now + PREPARE.1 };
		let bytes = match self.graph(model, budget).await {
			Ok(Ok(held)) => held.read().await.map_err(Trouble::from),
			Ok(Err(Canonical { reason, .. })) => return tracing::warn!(reason, "a served model cannot be fetched"),
			Err(trouble) => Err(trouble),
		};
		let bytes = match bytes {
			Ok(bytes) => bytes,
			Err(error) => return tracing::warn!(%error, "a served model cannot be kept"),
		};
		match self.load(model, bytes).await {
			Ok(lease) => lease.keep(),
			Err(Ended::Answered(Canonical { reason, .. })) => tracing::warn!(reason, "a served model cannot be loaded"),
			Err(Ended::Trouble(error)) => tracing::warn!(%error, "a served model cannot be loaded"),
		}
	}
}
