//! Linear layers with activations between them.

use super::{attribute, ending, Graph, ModelError, NodeProto};
use crate::circuit::Decision;

/// What a hidden layer does with its sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
	/// Negative ones become zero.
	Relu,
	/// Only the sign is left.
	Sign,
}

/// One layer: `weights` times the row, plus `bias`.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
	/// One row for each neuron.
	pub weights: Vec<Vec<f64>>,
	/// One number for each neuron.
	pub bias: Vec<f64>,
}

/// A linear model or a perceptron.
#[derive(Clone, Debug, PartialEq)]
pub struct Dense {
	/// The layers, of which there is at least one.
	pub layers: Vec<Layer>,
	/// What is between them: one fewer.
	pub activations: Vec<Activation>,
	/// What the last layer's scores decide.
	pub decision: Decision,
}

impl Activation {
	/// Its value.
	pub fn apply(self, sum: f64) -> f64 {
		match self {
			Self::Relu => sum.max(0.0),
			Self::Sign if sum > 0.0 => 1.0,
			Self::Sign if sum < 0.0 => -1.0,
			Self::Sign => 0.0,
		}
	}
}

impl Layer {
	/// The sums for a row.
	pub fn apply(&self, row: &[f64]) -> Vec<f64> {
		let dot = |weights: &[f64]| weights.iter().zip(row).map(|(weight, value)| weight * value).sum::<f64>();
		self.weights.iter().zip(&self.bias).map(|(weights, bias)| dot(weights) + bias).collect()
	}

	fn inputs(&self) -> usize {
		self.weights.first().map_or(0, Vec::len)
	}
}

impl Dense {
	/// Numbers in a row.
	pub fn features(&self) -> usize {
		self.layers.first().map_or(0, Layer::inputs)
	}

	/// The scores of a row, in floating point.
	pub fn scores(&self, row: &[f32]) -> Vec<f64> {
		let mut values: Vec<f64> = row.iter().copied().map(f64::from).collect();
		for (at, layer) in self.layers.iter().enumerate() {
			values = layer.apply(&values);
			if let Some(activation) = self.activations.get(at) {
				values.iter_mut().for_each(|value| *value = activation.apply(*value));
			}
		}
		values
	}
}

fn refuse(node: &NodeProto, why: &'static str) -> ModelError {
	ModelError::Operator { op: node.op_type.clone(), why }
}

/// Follows the row from the graph's input through its operators.
pub(super) fn read(graph: &Graph<'_>) -> Result<Dense, ModelError> {
	let mut dense = Dense { layers: Vec::new(), activations: Vec::new(), decision: Decision::ArgMax };
	let mut current = graph.input;
	let mut ended = false;
	let mut bias_open = false;
	for node in graph.nodes {
		let standard = node.domain.is_empty() || node.domain == "ai.onnx";
		if !standard {
			return Err(refuse(node, "it is of another domain"));
		}
		if !node.input.iter().any(|input| input == current) {
			return Err(refuse(node, "it does not take the value before it"));
		}
		if ended {
			return Err(refuse(node, "it follows the operator that ends the model"));
		}
		let op = node.op_type.as_str();
		if let Some(decision) = ending(op) {
			dense.decision = decision;
			ended = true;
		} else {
			match op {
				"Gemm" => {
					push(&mut dense, gemm(graph, node)?, node)?;
					bias_open = node.input.len() < 3;
				},
				"MatMul" => {
					push(&mut dense, matmul(graph, node)?, node)?;
					bias_open = true;
				},
				"Add" if bias_open => {
					add(graph, node, current, dense.layers.last_mut())?;
					bias_open = false;
				},
				"Add" => return Err(refuse(node, "it does not follow a MatMul")),
				"Relu" | "Sign" if dense.activations.len() + 1 == dense.layers.len() => {
					dense.activations.push(if op == "Relu" { Activation::Relu } else { Activation::Sign });
					bias_open = false;
				},
				"Relu" | "Sign" => return Err(refuse(node, "it does not follow a layer")),
				"Identity" | "Flatten" => {},
				_ => return Err(refuse(node, "there is no circuit for it")),
			}
		}
		current = node.output.first().map_or("", String::as_str);
	}
	if dense.layers.is_empty() || dense.activations.len() + 1 != dense.layers.len() {
		return Err(ModelError::Unreadable("it does not end in a linear layer".into()));
	}
	if dense.layers.last().is_some_and(|layer| layer.bias.len() == 1) && dense.decision == Decision::ArgMax {
		dense.decision = Decision::Scores;
	}
	if dense.decision == Decision::Sigmoid && dense.layers.last().is_some_and(|layer| layer.bias.len() != 1) {
		dense.decision = Decision::Scores;
	}
	Ok(dense)
}

fn push(dense: &mut Dense, layer: Layer, node: &NodeProto) -> Result<(), ModelError> {
	if layer.inputs() == 0 || layer.weights.is_empty() {
		return Err(refuse(node, "its weights are empty"));
	}
	let before = dense.layers.last().map(|layer| layer.weights.len());
	if before.is_some_and(|before| before != layer.inputs()) {
		return Err(refuse(node, "it takes another number of values than the layer before gives"));
	}
	if dense.activations.len() != dense.layers.len() {
		return Err(refuse(node, "there is no activation between it and the layer before"));
	}
	dense.layers.push(layer);
	Ok(())
}

fn gemm(graph: &Graph<'_>, node: &NodeProto) -> Result<Layer, ModelError> {
	let number = |name, default| attribute(node, name).map_or(default, |of| f64::from(of.f));
	let flag = |name| attribute(node, name).is_some_and(|of| of.i != 0);
	if flag("transA") {
		return Err(refuse(node, "transA is set"));
	}
	let name = node.input.get(1).map_or("", String::as_str);
	let alpha = number("alpha", 1.0);
	let mut weights = matrix(graph, name, flag("transB"))?;
	weights.iter_mut().flatten().for_each(|weight| *weight *= alpha);
	let mut layer = Layer { bias: vec![0.0; weights.len()], weights };
	if let Some(name) = node.input.get(2).filter(|name| !name.is_empty()) {
		let beta = number("beta", 1.0);
		let bias = graph.constant(name)?.0.into_iter().map(|bias| bias * beta).collect();
		add_bias(&mut layer, bias, name)?;
	}
	Ok(layer)
}

fn matmul(graph: &Graph<'_>, node: &NodeProto) -> Result<Layer, ModelError> {
	let weights = matrix(graph, node.input.get(1).map_or("", String::as_str), false)?;
	Ok(Layer { bias: vec![0.0; weights.len()], weights })
}

fn add(graph: &Graph<'_>, node: &NodeProto, current: &str, layer: Option<&mut Layer>) -> Result<(), ModelError> {
	let name = node.input.iter().find(|input| *input != current).map_or("", String::as_str);
	let bias = graph.constant(name)?.0;
	layer.map_or(Ok(()), |layer| add_bias(layer, bias, name))
}

fn add_bias(layer: &mut Layer, bias: Vec<f64>, name: &str) -> Result<(), ModelError> {
	let bias = if bias.len() == 1 { vec![bias.first().copied().unwrap_or(0.0); layer.bias.len()] } else { bias };
	if bias.len() != layer.bias.len() {
		return Err(ModelError::Constant { name: name.into(), why: "it has not one number for each neuron" });
	}
	layer.bias.iter_mut().zip(bias).for_each(|(sum, bias)| *sum += bias);
	Ok(())
}

/// A matrix as one row for each neuron; `by_neuron` where the file has it so.
fn matrix(graph: &Graph<'_>, name: &str, by_neuron: bool) -> Result<Vec<Vec<f64>>, ModelError> {
	let (numbers, dims) = graph.constant(name)?;
	let (&[rows, columns], true) = (dims.as_slice(), !numbers.is_empty()) else {
		return Err(ModelError::Constant { name: name.into(), why: "it is no matrix" });
	};
	let rows_of: Vec<_> = numbers.chunks_exact(columns).map(<[f64]>::to_vec).collect();
	if by_neuron {
		return Ok(rows_of);
	}
	let column = |at: usize| (0..rows).filter_map(|row| rows_of.get(row)?.get(at).copied()).collect();
	Ok((0..columns).map(column).collect())
}
