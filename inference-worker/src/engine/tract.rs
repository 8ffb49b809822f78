//! tract, the embedded engine.

use ::tract::prelude::*;
use deepnode_primitives::tensor::{ElementType, TensorView};

use super::{Engine, EngineError, Session, Tensor as Output};
use crate::scan::Interface;

/// How many input shapes of one model are kept compiled.
const MAX_PLANS: usize = 4;

/// tract.
pub struct Tract;

/// A model, compiled for the shapes that it has met.
struct Loaded {
	model: Vec<u8>,
	plans: Vec<(Vec<Vec<u32>>, Runnable)>,
}

impl Engine for Tract {
	fn describe(&self) -> String {
		format!("tract {}", ::tract::version())
	}

	fn load(&self, model: &[u8], interface: &Interface) -> Result<Box<dyn Session>, EngineError> {
		let mut loaded = Loaded { model: model.to_vec(), plans: Vec::new() };
		// Models whose shapes are all known are compiled at once, and so are batches of one.
		let dims = interface
			.inputs
			.iter()
			.map(|port| {
				let shape = port.shape.as_ref()?;
				Some(shape.iter().map(|dim| dim.unwrap_or(1)).collect::<Vec<u32>>())
			})
			.collect::<Option<Vec<_>>>();
		let elements = interface.inputs.iter().map(|port| port.element()).collect::<Option<Vec<_>>>();
		if let (Some(dims), Some(elements)) = (dims, elements) {
			let guessed = interface.inputs.iter().any(|port| port.shape.iter().flatten().any(Option::is_none));
			match loaded.plan(&dims, &elements) {
				Err(error) if !guessed => return Err(error),
				_ => {},
			}
		}
		Ok(Box::new(loaded))
	}
}

impl Loaded {
	/// The model compiled for these input shapes.
	fn plan(&mut self, dims: &[Vec<u32>], elements: &[ElementType]) -> Result<Runnable, EngineError> {
		if let Some(at) = self.plans.iter().position(|(shapes, _)| shapes == dims) {
			let known = self.plans.remove(at);
			let runnable = known.1.clone();
			self.plans.push(known);
			return Ok(runnable);
		}
		let runnable = compile(&self.model, dims, elements).map_err(words)?;
		if self.plans.len() >= MAX_PLANS {
			self.plans.remove(0);
		}
		self.plans.push((dims.to_vec(), runnable.clone()));
		Ok(runnable)
	}
}

/// Fixes the inputs' shapes, so that everything else follows from them and not from what the file says.
fn compile(model: &[u8], dims: &[Vec<u32>], elements: &[ElementType]) -> anyhow::Result<Runnable> {
	let mut model = onnx()?.load_buffer_with_options(model, OnnxOptions::new().ignore_value_info(true))?;
	anyhow::ensure!(
		model.input_count()? == dims.len(),
		"the graph has {} inputs where {} are given",
		model.input_count()?,
		dims.len()
	);
	for (at, (dims, element)) in dims.iter().zip(elements).enumerate() {
		let mut spec: Vec<String> = dims.iter().map(u32::to_string).collect();
		spec.push(name(*element).into());
		model.set_input_fact(at, spec.join(",").as_str())?;
	}
	model.analyse()?;
	model.into_model()?.into_runnable()
}

impl Session for Loaded {
	fn run(&mut self, inputs: &[TensorView<'_>]) -> Result<Vec<Output>, EngineError> {
		let dims: Vec<_> = inputs.iter().map(|input| input.dims.clone()).collect();
		let elements: Vec<_> = inputs.iter().map(|input| input.element).collect();
		let runnable = self.plan(&dims, &elements)?;
		let tensors = inputs
			.iter()
			.map(|input| {
				let shape: Vec<usize> = input.dims.iter().map(|dim| *dim as usize).collect();
				Tensor::from_bytes(datum(input.element), &shape, input.data)
			})
			.collect::<anyhow::Result<Vec<_>>>()
			.map_err(words)?;
		let outputs = runnable.run(tensors).map_err(words)?;
		outputs.iter().map(output).collect()
	}
}

fn output(tensor: &Tensor) -> Result<Output, EngineError> {
	let (datum, shape, bytes) = tensor.as_bytes().map_err(words)?;
	let element = match datum {
		DatumType::F32 => ElementType::F32,
		DatumType::F64 => ElementType::F64,
		DatumType::I8 => ElementType::I8,
		DatumType::U8 => ElementType::U8,
		DatumType::I32 => ElementType::I32,
		DatumType::I64 => ElementType::I64,
		DatumType::Bool => ElementType::Bool,
		other => return Err(EngineError::Output(format!("element type {other:?} is none that an entry can declare"))),
	};
	let dims = shape
		.iter()
		.map(|dim| u32::try_from(*dim).map_err(|_| EngineError::Output(format!("dimension {dim} is beyond 32 bits"))))
		.collect::<Result<_, _>>()?;
	Ok(Output::new(element, dims, bytes.to_vec()))
}

fn words(error: anyhow::Error) -> EngineError {
	EngineError::from_words(format!("{error:#}"))
}

const fn datum(element: ElementType) -> DatumType {
	match element {
		ElementType::F32 => DatumType::F32,
		ElementType::F64 => DatumType::F64,
		ElementType::I8 => DatumType::I8,
		ElementType::U8 => DatumType::U8,
		ElementType::I32 => DatumType::I32,
		ElementType::I64 => DatumType::I64,
		ElementType::Bool => DatumType::Bool,
	}
}

const fn name(element: ElementType) -> &'static str {
	match element {
		ElementType::F32 => "f32",
		ElementType::F64 => "f64",
		ElementType::I8 => "i8",
		ElementType::U8 => "u8",
		ElementType::I32 => "i32",
		ElementType::I64 => "i64",
		ElementType::Bool => "bool",
	}
}
