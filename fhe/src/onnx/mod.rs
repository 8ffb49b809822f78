//! Models as ONNX files hold them: dense layers, or trees.

mod dense;
mod proto;
#[cfg(test)]
mod tests;
mod trees;

pub use dense::{Activation, Dense, Layer};
pub use trees::{Branch, Forest, Leaf, TreeNode};

use std::collections::HashMap;

use prost::Message;
use proto::{AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto};

use crate::circuit::Decision;

/// A model that can be asked privately.
#[derive(Clone, Debug, PartialEq)]
pub enum Model {
	/// Linear layers with activations between them.
	Dense(Dense),
	/// Decision trees.
	Forest(Forest),
}

/// Why a model cannot be converted.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
	/// No ONNX file.
	#[error("this is no ONNX file: {0}")]
	Unreadable(String),
	/// An operator that no circuit has.
	#[error(
		"operator {op} cannot be asked privately: a model is Gemm or MatMul and Add, with Relu or Sign between layers, or one ONNX-ML tree ensemble ({why})"
	)]
	Operator {
		/// The operator.
		op: String,
		/// What is wrong with it here.
		why: &'static str,
	},
	/// A constant that is missing or has another shape.
	#[error("constant {name:?}: {why}")]
	Constant {
		/// Its name.
		name: String,
		/// What is wrong.
		why: &'static str,
	},
	/// Trees that make no sense.
	#[error("tree {tree}: {why}")]
	Tree {
		/// Which tree.
		tree: i64,
		/// What is wrong.
		why: &'static str,
	},
}

/// Reads a model.
pub fn read(bytes: &[u8]) -> Result<Model, ModelError> {
	let model = ModelProto::decode(bytes).map_err(|error| ModelError::Unreadable(error.to_string()))?;
	let graph = model.graph.ok_or_else(|| ModelError::Unreadable("it has no graph".into()))?;
	Graph::new(&graph)?.model()
}

struct Graph<'a> {
	nodes: &'a [NodeProto],
	constants: HashMap<&'a str, &'a TensorProto>,
	input: &'a str,
	features: Option<usize>,
}

impl<'a> Graph<'a> {
	fn new(graph: &'a GraphProto) -> Result<Self, ModelError> {
		let constants: HashMap<_, _> = graph.initializer.iter().map(|of| (of.name.as_str(), of)).collect();
		let mut inputs = graph.input.iter().filter(|input| !constants.contains_key(input.name.as_str()));
		let (Some(input), None) = (inputs.next(), inputs.next()) else {
			return Err(ModelError::Unreadable("it has not exactly one input".into()));
		};
		let shape = input.r#type.as_ref().and_then(|of| of.tensor_type.as_ref()).and_then(|of| of.shape.as_ref());
		let features = shape.and_then(|shape| shape.dim.last()).and_then(|dim| dim.dim_value);
		Ok(Self {
			nodes: &graph.node,
			constants,
			input: &input.name,
			features: features.and_then(|features| usize::try_from(features).ok()).filter(|features| *features > 0),
		})
	}

	fn model(&self) -> Result<Model, ModelError> {
		match self.nodes.iter().find(|node| node.op_type.starts_with("TreeEnsemble")) {
			Some(node) => trees::read(self, node).map(Model::Forest),
			None => dense::read(self).map(Model::Dense),
		}
	}

	/// A constant's numbers and dimensions.
	fn constant(&self, name: &str) -> Result<(Vec<f64>, Vec<usize>), ModelError> {
		let fault = |why| ModelError::Constant { name: name.into(), why };
		let tensor = self.constants.get(name).ok_or(fault("it is not in the file"))?;
		if tensor.data_location != 0 {
			return Err(fault("its data are in another file"));
		}
		let dims = tensor.dims.iter().map(|dim| usize::try_from(*dim)).collect::<Result<Vec<_>, _>>();
		let dims = dims.map_err(|_| fault("it has a negative dimension"))?;
		let numbers: Vec<f64> = match (tensor.data_type, tensor.raw_data.is_empty()) {
			(1, true) => tensor.float_data.iter().copied().map(f64::from).collect(),
			(1, false) => {
				tensor.raw_data.as_chunks::<4>().0.iter().map(|raw| f32::from_le_bytes(*raw).into()).collect()
			},
			(11, true) => tensor.double_data.clone(),
			(11, false) => tensor.raw_data.as_chunks::<8>().0.iter().map(|raw| f64::from_le_bytes(*raw)).collect(),
			_ => return Err(fault("it is neither float32 nor float64")),
		};
		let count = dims.iter().try_fold(1usize, |count, dim| count.checked_mul(*dim));
		if count != Some(numbers.len()) {
			return Err(fault("it has not as many numbers as its dimensions say"));
		}
		if !numbers.iter().all(|number| number.is_finite()) {
			return Err(fault("it has a number that is not finite"));
		}
		Ok((numbers, dims))
	}
}

fn attribute<'a>(node: &'a NodeProto, name: &str) -> Option<&'a AttributeProto> {
	node.attribute.iter().find(|attribute| attribute.name == name)
}

/// What the last operator makes of scores, where that is the client's part.
fn ending(op: &str) -> Option<Decision> {
	Some(match op {
		"Softmax" | "LogSoftmax" | "ArgMax" => Decision::ArgMax,
		"Sigmoid" => Decision::Sigmoid,
		_ => return None,
	})
}
