//! What runs a model. The rest of the worker knows only the traits here.

#[cfg(feature = "fhe")]
pub mod fhe;
pub mod ort;
pub mod tract;

use std::path::Path;

use codec::{Decode, Encode};
use deepnode_primitives::{
	task::ErrorCode,
	tensor::{ElementType, TensorView},
};
use prost::bytes::Bytes;

use crate::scan::{self, Interface, Report};

/// Which engine runs the models.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode, clap::ValueEnum)]
pub enum Kind {
	/// tract, built into this binary.
	Tract,
	/// ONNX Runtime, loaded from a shared library.
	Ort,
	/// Circuits on encrypted inputs, built into this binary.
	#[cfg(feature = "fhe")]
	Fhe,
}

impl Kind {
	/// Its name, as the command line spells it.
	pub const fn name(self) -> &'static str {
		match self {
			Self::Tract => "tract",
			Self::Ort => "ort",
			#[cfg(feature = "fhe")]
			Self::Fhe => "fhe",
		}
	}
}

/// A tensor that an engine put out, as it is.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Tensor {
	/// Its element type's number in a bundle (see [`ElementType`]).
	pub element: u8,
	/// Its dimensions, outermost first.
	pub dims: Vec<u32>,
	/// Its elements, little endian, row-major.
	pub data: Vec<u8>,
}

impl Tensor {
	/// A tensor of `element`s.
	pub fn new(element: ElementType, dims: Vec<u32>, data: Vec<u8>) -> Self {
		Self { element: element as u8, dims, data }
	}
}

/// Why an engine gives no outputs.
#[derive(Clone, Debug, thiserror::Error)]
pub enum EngineError {
	/// The engine cannot be started on this machine: the operator's matter, never a task's answer.
	#[error("the engine does not start: {0}")]
	Unusable(String),
	/// The model cannot be loaded or fails while it runs.
	#[error("the model is invalid: {0}")]
	Model(String),
	/// An input is not what the model takes.
	#[error("an input is invalid: {0}")]
	Input(String),
	/// An output is of a kind that the registry cannot declare.
	#[error("an output is invalid: {0}")]
	Output(String),
	/// There is not enough memory.
	#[error("out of memory: {0}")]
	Memory(String),
}

impl EngineError {
	/// The code that a task is answered with.
	pub fn code(&self) -> Option<ErrorCode> {
		Some(match self {
			Self::Unusable(_) => return None,
			Self::Model(_) => ErrorCode::ModelInvalid,
			Self::Input(_) => ErrorCode::InputInvalid,
			Self::Output(_) => ErrorCode::OutputInvalid,
			Self::Memory(_) => ErrorCode::ResourcesExceeded,
		})
	}

	/// An engine's own words, which tell whether memory was what lacked.
	pub fn from_words(words: String) -> Self {
		let lower = words.to_lowercase();
		if [
			"bad_alloc",
			"failed to allocate",
			"bad allocation",
			"out of memory",
			"capacity overflow",
			"memory allocation",
		]
		.iter()
		.any(|sign| lower.contains(sign))
		{
			Self::Memory(words)
		} else {
			Self::Model(words)
		}
	}
}

/// An engine, ready to load models.
pub trait Engine {
	/// Its name and version.
	fn describe(&self) -> String;
	/// Looks at a model before it is loaded; the error is a refusal.
	fn scan(&self, model: &Bytes) -> Result<Report, String> {
		scan::scan(model.clone()).map_err(|refusal| refusal.to_string())
	}
	/// Loads a model from its bytes. `interface` is what the scan found.
	fn load(&self, model: &[u8], interface: &Interface) -> Result<Box<dyn Session>, EngineError>;
}

/// A loaded model.
pub trait Session {
	/// Runs the model on its inputs, in the graph's order, and returns its outputs in the graph's order.
	fn run(&mut self, inputs: &[TensorView<'_>]) -> Result<Vec<Tensor>, EngineError>;
	/// Takes the evaluation key of the requester whose inputs come next.
	fn take_key(&mut self, _key: &[u8]) -> Result<(), EngineError> {
		Err(EngineError::Input("the model takes no evaluation key".into()))
	}
}

/// Starts an engine. This opens files (the library of `ort`), so it happens before the sandbox closes.
pub fn open(kind: Kind, library: Option<&Path>) -> Result<Box<dyn Engine>, EngineError> {
	match (kind, library) {
		(Kind::Tract, _) => Ok(Box::new(tract::Tract)),
		#[cfg(feature = "fhe")]
		(Kind::Fhe, _) => Ok(Box::new(fhe::Fhe::open()?)),
		(Kind::Ort, Some(library)) => Ok(Box::new(ort::Ort::open(library)?)),
		(Kind::Ort, None) => Err(EngineError::Unusable(
			"no ONNX Runtime library is named; give its versioned file with --ort-library or DEEPNODE_ORT_LIBRARY"
				.into(),
		)),
	}
}
