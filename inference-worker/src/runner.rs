//! From a question to its answer: fetch, scan, run in the sandbox, make canonical. The same way for a
//! task of the chain and for a file on the command line.

use std::{future::Future, sync::Arc, time::Instant};

use codec::Encode;
use deepnode_primitives::{
	content::{sha256, Digest, Payload},
	task::ErrorCode,
	tensor::read_bundle,
	ModelId,
};
use prost::bytes::Bytes;

use crate::{
	canonical::{canonical, Canonical},
	chain::Model,
	engine::Tensor,
	fetch::Fetcher,
	metrics::Metrics,
	sandbox::{
		protocol::{identity, Load},
		RunError, Sandbox, SandboxError,
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
}

impl Question {
	/// Names the question: what must be the same for the answer to be the same.
	pub fn digest(&self) -> Digest {
		let Model { graph, inputs, outputs, comparison } = &self.model;
		let graph = graph.as_ref().map(|graph| graph.hash);
		sha256(&(self.id, graph, inputs, outputs, comparison, self.input.digest()).encode())
	}
}

/// What answers questions.
pub trait Answerer: Send + Sync + 'static {
	/// The answer; an error is this machine's trouble, and no answer to give.
	fn answer(&self, question: &Question) -> impl Future<Output = Result<Canonical, SandboxError>> + Send;
	/// Gets a model ready before the first task asks for it.
	fn prepare(&self, model: &Model) -> impl Future<Output = ()> + Send;
}

/// Answers with the sandbox.
pub struct Runner {
	sandbox: Arc<Sandbox>,
	fetcher: Fetcher,
	metrics: Metrics,
}

impl Runner {
	/// A runner.
	pub fn new(sandbox: Arc<Sandbox>, fetcher: Fetcher, metrics: Metrics) -> Self {
		Self { sandbox, fetcher, metrics }
	}

	async fn input(&self, input: &Payload) -> Result<Bytes, Canonical> {
		match input {
			Payload::Inline(bytes) => Ok(Bytes::copy_from_slice(bytes)),
			Payload::Reference(content) => self
				.fetcher
				.get(content)
				.await
				.map_err(|error| Canonical::error(ErrorCode::InputUnavailable, error.to_string())),
		}
	}

	/// Runs in a child that has the model, or in a fresh one.
	async fn run(&self, model: &Model, bundle: &Bytes) -> Result<Vec<Tensor>, RunError> {
		let begun = Instant::now();
		let unavailable = |detail: String| RunError::Answer { code: ErrorCode::ModelUnavailable, detail };
		let Some(graph) = &model.graph else { return Err(unavailable("the entry names no file".into())) };
		let declared = Some((model.inputs.clone(), model.outputs.clone()));
		let identity = identity(&graph.hash, &declared);
		if let Some(lease) = self.sandbox.warm(&identity) {
			match lease.run(bundle.to_vec()).await {
				Ok(outputs) => {
					self.observe("warm", begun);
					return Ok(outputs);
				},
				// What earlier runs left in the child must not decide an answer: ask a fresh one.
				Err(error) => tracing::debug!(%error, "a warm sandbox failed; a fresh one decides"),
			}
		}
		let bytes = self.fetcher.get(graph).await.map_err(|error| unavailable(error.to_string()))?;
		let (lease, _) = self.sandbox.load(identity, Load { model: bytes.to_vec(), declared }).await?;
		let outputs = lease.run(bundle.to_vec()).await?;
		self.observe("cold", begun);
		Ok(outputs)
	}

	fn observe(&self, child: &str, begun: Instant) {
		self.metrics.run_seconds.with_label_values(&[child]).observe(begun.elapsed().as_secs_f64());
	}
}

impl Answerer for Runner {
	/// Errors are found in this order, so that two workers find the same one: the input's, the model's,
	/// the run's, the outputs'.
	async fn answer(&self, question: &Question) -> Result<Canonical, SandboxError> {
		let Question { model, input, .. } = question;
		let bundle = match self.input(input).await {
			Ok(bundle) => bundle,
			Err(error) => return Ok(error),
		};
		let items = match read_bundle(&model.inputs, &bundle) {
			Ok((_, items)) => items,
			Err(error) => return Ok(Canonical::error(ErrorCode::InputInvalid, format!("{error:?}"))),
		};
		match self.run(model, &bundle).await {
			Ok(outputs) => Ok(canonical(&model.outputs, &model.comparison, items, &outputs)),
			Err(RunError::Answer { code, detail }) => Ok(Canonical::error(code, detail)),
			Err(RunError::Local(error)) => Err(error),
		}
	}

	async fn prepare(&self, model: &Model) {
		let Some(graph) = &model.graph else { return };
		let declared = Some((model.inputs.clone(), model.outputs.clone()));
		let identity = identity(&graph.hash, &declared);
		if self.sandbox.is_warm(&identity) {
			return;
		}
		let bytes = match self.fetcher.get(graph).await {
			Ok(bytes) => bytes,
			Err(error) => return tracing::warn!(%error, "a served model cannot be fetched"),
		};
		match self.sandbox.load(identity, Load { model: bytes.to_vec(), declared }).await {
			Ok((lease, _)) => lease.keep(),
			Err(error) => tracing::warn!(%error, "a served model cannot be loaded"),
		}
	}
}
