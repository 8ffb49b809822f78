//! A task's canonical answer, in the words of its model.

use anyhow::{Context as _, Result};
use deepnode_client::ModelSpec;
use deepnode_primitives::{
	canonical::{Answer, Output},
	comparison::{Comparison, Quantisation},
	task::ErrorCode,
	tensor::TensorSpec,
};
use serde::Serialize;

use crate::tensor;

/// An answer for people and programs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Decoded {
	/// The outputs, in the model's order; none where the workers agreed on an error.
	pub outputs: Vec<DecodedOutput>,
	/// The winning class of each row, where that is what the model's answers are compared by.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub classes: Option<Vec<usize>>,
	/// Why there are no outputs.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub error: Option<&'static str>,
}

/// One output.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DecodedOutput {
	/// Its name.
	pub name: String,
	/// Its dimensions, outermost first.
	pub shape: Vec<u32>,
	/// Its elements, row-major.
	pub values: Values,
	/// How many decimals say something.
	#[serde(skip)]
	pub decimals: usize,
}

/// Elements of an output.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Values {
	/// Floats, as finely as workers compare them.
	Float(Vec<f64>),
	/// Integers.
	Integer(Vec<i32>),
}

impl Decoded {
	/// Reads canonical bytes as an answer of the model.
	pub fn read(bytes: &[u8], model: &ModelSpec) -> Result<Self> {
		let answer = Answer::from_bytes(bytes).ok().context("the answer on chain is no canonical answer")?;
		let outputs = match answer {
			Answer::Error(code) => return Ok(Self { outputs: vec![], classes: None, error: Some(explain(code)) }),
			Answer::Outputs(outputs) => outputs,
		};
		let classes = match model.comparison {
			Comparison::ArgMax { .. } => outputs.first().map(winners),
			Comparison::Exact | Comparison::Tolerance { .. } => None,
		};
		let quantisation = model.comparison.quantisation();
		let decode = |(at, output)| DecodedOutput::new(output, model.outputs.get(at), at, quantisation);
		Ok(Self { outputs: outputs.into_iter().enumerate().map(decode).collect(), classes, error: None })
	}
}

impl DecodedOutput {
	fn new(output: Output, spec: Option<&TensorSpec>, at: usize, quantisation: Option<Quantisation>) -> Self {
		let is_float = spec.is_some_and(|spec| spec.element.is_float());
		let name = spec.map_or_else(|| format!("output {at}"), tensor::name);
		let (values, decimals) = match quantisation.filter(|_| is_float) {
			Some(Quantisation { k, scale_millionths }) => {
				let step = f64::from(scale_millionths) / 1e6 / f64::from(1u32 << k);
				let values = output.data.iter().map(|element| f64::from(*element) * step).collect();
				(Values::Float(values), (-step.log10()).ceil().max(0.0) as usize)
			},
			None => (Values::Integer(output.data), 0),
		};
		Self { name, shape: output.dims, values, decimals }
	}

	/// The length of a row along the last dimension.
	pub fn row_length(&self) -> usize {
		self.shape.last().copied().unwrap_or(1).max(1) as usize
	}

	/// The elements as text.
	pub fn texts(&self) -> Vec<String> {
		match &self.values {
			Values::Float(values) => values.iter().map(|value| format!("{value:.*}", self.decimals)).collect(),
			Values::Integer(values) => values.iter().map(i32::to_string).collect(),
		}
	}
}

/// The first class of the highest score in each row, as the chain sees it.
fn winners(output: &Output) -> Vec<usize> {
	let classes = output.dims.last().copied().unwrap_or(1).max(1) as usize;
	let winner =
		|row: &[i32]| row.iter().enumerate().fold(0, |best, (at, score)| if *score > row[best] { at } else { best });
	output.data.chunks(classes).map(winner).collect()
}

/// What an error code means.
pub const fn explain(code: ErrorCode) -> &'static str {
	match code {
		ErrorCode::InputUnavailable => "no URI gave the input that its hash names",
		ErrorCode::InputInvalid => "the input does not fit the model's tensor specifications",
		ErrorCode::ModelUnavailable => "no URI gave the model that its hash names",
		ErrorCode::ModelInvalid => "the model cannot be loaded, or asks for what is not allowed",
		ErrorCode::NotFinite => "an output holds a NaN or an infinity",
		ErrorCode::Overflow => "an output, quantised, is beyond 32 bits",
		ErrorCode::OutputInvalid => "the outputs are not those that the model declares",
		ErrorCode::ResourcesExceeded => "the run used more time or memory than a task may",
	}
}

#[cfg(test)]
mod tests {
	use deepnode_primitives::tensor::{Dim, ElementType};

	use super::*;
	use crate::tensor::tests::spec;

	fn model(comparison: Comparison, element: ElementType) -> ModelSpec {
		let tensors: deepnode_primitives::tensor::TensorSpecs =
			vec![spec(element, &[Dim::Batch, Dim::Fixed(3)])].try_into().unwrap();
		ModelSpec {
			name: "m".into(),
			domain: "d".into(),
			files: vec![],
			opset: 17,
			inputs: tensors.clone(),
			outputs: tensors,
			licence: "MIT".into(),
			price: 1,
			comparison,
			runtime_class: None,
			fhe: None,
			parent: None,
			data_sets: vec![],
		}
	}

	fn bytes() -> Vec<u8> {
		let output = Output { dims: vec![2, 3], data: vec![0, 4096, 4096, -2048, -4096, -1] };
		Answer::Outputs(vec![output]).to_bytes()
	}

	#[test]
	fn floats_are_dequantised_and_classes_are_the_chains() {
		let comparison = Comparison::ArgMax { quantisation: Quantisation::default(), tau: 2 };
		let decoded = Decoded::read(&bytes(), &model(comparison, ElementType::F32)).unwrap();
		assert_eq!(decoded.classes, Some(vec![1, 2]), "the first of equal scores wins");
		assert_eq!(decoded.outputs[0].values, Values::Float(vec![0.0, 1.0, 1.0, -0.5, -1.0, -1.0 / 4096.0]));
		assert_eq!(decoded.outputs[0].texts()[5], "-0.0002");
	}

	#[test]
	fn a_scale_moves_the_values() {
		let quantisation = Quantisation { k: 12, scale_millionths: 100_000_000 };
		let model = model(Comparison::Tolerance { quantisation, tau: 2 }, ElementType::F64);
		let decoded = Decoded::read(&bytes(), &model).unwrap();
		assert_eq!(decoded.classes, None);
		assert_eq!(decoded.outputs[0].texts()[1], "100.00");
	}

	#[test]
	fn integers_are_not_scaled() {
		let decoded = Decoded::read(&bytes(), &model(Comparison::Exact, ElementType::I32)).unwrap();
		assert_eq!(decoded.outputs[0].values, Values::Integer(vec![0, 4096, 4096, -2048, -4096, -1]));
	}

	#[test]
	fn an_error_is_explained() {
		let bytes = Answer::Error(ErrorCode::InputInvalid).to_bytes();
		let decoded = Decoded::read(&bytes, &model(Comparison::Exact, ElementType::I32)).unwrap();
		assert_eq!(decoded.error, Some("the input does not fit the model's tensor specifications"));
	}

	#[test]
	fn other_bytes_are_refused() {
		assert!(Decoded::read(&[9, 9], &model(Comparison::Exact, ElementType::I32)).is_err());
	}
}
