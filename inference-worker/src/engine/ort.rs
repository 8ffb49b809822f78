//! ONNX Runtime, loaded from a shared library that the operator names.

use std::path::Path;

use ::ort::{
	environment::Environment,
	session::{
		builder::{GraphOptimizationLevel, SessionBuilder},
		Session as OrtSession, SessionInputValue,
	},
	value::{DynValue, Tensor as OrtTensor, TensorElementType, ValueType},
};
use deepnode_primitives::tensor::{ElementType, TensorView};

use super::{Engine, EngineError, Session, Tensor};
use crate::scan::Interface;

/// ONNX Runtime.
pub struct Ort {
	environment: Environment,
}

impl Ort {
	/// Loads the library.
	pub fn open(library: &Path) -> Result<Self, EngineError> {
		let unusable = |error: String| {
			EngineError::Unusable(format!(
				"ONNX Runtime at {}: {error}; name the versioned file (libonnxruntime.so.1.x.y, 1.17 or later) absolutely",
				library.display()
			))
		};
		let environment = ::ort::init_from(library)
			.map_err(|error| unusable(error.to_string()))?
			.with_name("deepnode")
			.with_telemetry(false)
			.build()
			.map_err(|error| unusable(error.to_string()))?;
		Ok(Self { environment })
	}

	/// Settings under which one machine gives one result: one thread, in sequence, one optimisation level.
	fn builder(&self) -> ::ort::Result<SessionBuilder> {
		Ok(OrtSession::builder(&self.environment)?
			.with_intra_threads(1)?
			.with_inter_threads(1)?
			.with_parallel_execution(false)?
			.with_optimization_level(GraphOptimizationLevel::Level1)?
			.with_deterministic_compute(true)?
			.with_intra_op_spinning(false)?
			.with_inter_op_spinning(false)?)
	}
}

struct Loaded {
	session: OrtSession,
	inputs: Vec<String>,
	outputs: Vec<String>,
}

impl Engine for Ort {
	fn describe(&self) -> String {
		format!("ONNX Runtime ({})", ::ort::info())
	}

	fn load(&self, model: &[u8], interface: &Interface) -> Result<Box<dyn Session>, EngineError> {
		let session = self.builder().and_then(|mut builder| builder.commit_from_memory(model)).map_err(words)?;
		let names = |ports: &[crate::scan::Port]| ports.iter().map(|port| port.name.clone()).collect();
		Ok(Box::new(Loaded { session, inputs: names(&interface.inputs), outputs: names(&interface.outputs) }))
	}
}

impl Session for Loaded {
	fn run(&mut self, inputs: &[TensorView<'_>]) -> Result<Vec<Tensor>, EngineError> {
		let inputs = self
			.inputs
			.iter()
			.zip(inputs)
			.map(|(name, view)| Ok((name.clone(), value(view)?)))
			.collect::<::ort::Result<Vec<(String, SessionInputValue<'_>)>>>()
			.map_err(words)?;
		let outputs = self.session.run(inputs).map_err(words)?;
		self.outputs
			.iter()
			.map(|name| {
				let value = outputs
					.get(name)
					.ok_or_else(|| EngineError::Output(format!("the run gave no output named {name:?}")))?;
				tensor(name, value)
			})
			.collect()
	}
}

fn value(view: &TensorView<'_>) -> ::ort::Result<SessionInputValue<'static>> {
	let dims: Vec<i64> = view.dims.iter().map(|dim| i64::from(*dim)).collect();
	Ok(match view.element {
		ElementType::F32 => OrtTensor::from_array((dims, numbers(view.data, f32::from_le_bytes)))?.into(),
		ElementType::F64 => OrtTensor::from_array((dims, numbers(view.data, f64::from_le_bytes)))?.into(),
		ElementType::I8 => OrtTensor::from_array((dims, numbers(view.data, i8::from_le_bytes)))?.into(),
		ElementType::U8 => OrtTensor::from_array((dims, view.data.to_vec()))?.into(),
		ElementType::I32 => OrtTensor::from_array((dims, numbers(view.data, i32::from_le_bytes)))?.into(),
		ElementType::I64 => OrtTensor::from_array((dims, numbers(view.data, i64::from_le_bytes)))?.into(),
		ElementType::Bool => {
			let bools: Vec<bool> = view.data.iter().map(|byte| *byte != 0).collect();
			OrtTensor::from_array((dims, bools))?.into()
		},
	})
}

fn numbers<const N: usize, T>(data: &[u8], read: fn([u8; N]) -> T) -> Vec<T> {
	data.chunks_exact(N).filter_map(|chunk| chunk.try_into().ok().map(read)).collect()
}

fn tensor(name: &str, value: &DynValue) -> Result<Tensor, EngineError> {
	let ValueType::Tensor { ty, .. } = value.dtype() else {
		return Err(EngineError::Output(format!("output {name:?} is no tensor but {:?}", value.dtype())));
	};
	macro_rules! extract {
		($type:ty, $element:expr) => {{
			let (shape, data) = value.try_extract_tensor::<$type>().map_err(words)?;
			let bytes = data.iter().flat_map(|element| element.to_le_bytes()).collect();
			($element, shape.to_vec(), bytes)
		}};
	}
	let (element, shape, bytes): (_, Vec<i64>, Vec<u8>) = match ty {
		TensorElementType::Float32 => extract!(f32, ElementType::F32),
		TensorElementType::Float64 => extract!(f64, ElementType::F64),
		TensorElementType::Int8 => extract!(i8, ElementType::I8),
		TensorElementType::Uint8 => extract!(u8, ElementType::U8),
		TensorElementType::Int32 => extract!(i32, ElementType::I32),
		TensorElementType::Int64 => extract!(i64, ElementType::I64),
		TensorElementType::Bool => {
			let (shape, data) = value.try_extract_tensor::<bool>().map_err(words)?;
			(ElementType::Bool, shape.to_vec(), data.iter().map(|element| u8::from(*element)).collect())
		},
		other => {
			return Err(EngineError::Output(format!(
				"output {name:?} has element type {other:?}, which no entry can declare"
			)))
		},
	};
	let dims = shape
		.iter()
		.map(|dim| u32::try_from(*dim).map_err(|_| EngineError::Output(format!("output {name:?} has dimension {dim}"))))
		.collect::<Result<_, _>>()?;
	Ok(Tensor::new(element, dims, bytes))
}

fn words<R>(error: ::ort::Error<R>) -> EngineError {
	EngineError::from_words(error.to_string())
}
