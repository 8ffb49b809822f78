//! Reads an ONNX file and refuses what no worker should run, before any engine sees it.
//!
//! Refused, wherever it hides (subgraphs, functions, sparse tensors, attributes): data outside the
//! file, operators outside the standard domains, control flow, randomness, training, and sizes that
//! no task can need. Each refusal says which node and why.

mod interface;
pub mod proto;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use codec::{Decode, Encode};
use prost::{bytes::Bytes, Message};

pub use interface::{Interface, InterfaceMismatch, Port};
use proto::{
	AttributeProto, FunctionProto, GraphProto, ModelProto, NodeProto, SparseTensorProto, TensorProto, ValueInfoProto,
};

/// Domains whose operators the ONNX standard defines.
const STANDARD_DOMAINS: [&str; 3] = ["", "ai.onnx", "ai.onnx.ml"];
/// Operators that run a subgraph as often as they please.
const CONTROL_FLOW: [&str; 4] = ["If", "Loop", "Scan", "SequenceMap"];
/// Operators whose result two workers would not agree on.
const RANDOM: [&str; 6] =
	["RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial", "Bernoulli"];

/// The most nodes, functions expanded.
const MAX_NODES: u64 = 100_000;
/// The deepest nesting of subgraphs.
const MAX_DEPTH: usize = 4;
/// The most elements of one declared tensor.
const MAX_ELEMENTS: i64 = 1 << 28;
/// The most dimensions of one declared tensor.
const MAX_RANK: usize = 16;

/// Why a model is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
	/// Not a protobuf, or nested too deeply for its parser.
	#[error("the file is no ONNX model: {0}")]
	Malformed(String),
	/// There is no graph.
	#[error("the file holds no graph")]
	NoGraph,
	/// Bytes outside the file.
	#[error("{place} keeps its data outside the file ({location}); store the weights inside the model")]
	ExternalData {
		/// Which tensor.
		place: String,
		/// Where its data would be.
		location: String,
	},
	/// An operator that the standard does not define.
	#[error("{place} is of the domain {domain:?}; only ai.onnx and ai.onnx.ml are run")]
	Domain {
		/// Which node or import.
		place: String,
		/// The domain.
		domain: String,
	},
	/// Control flow.
	#[error("{place} is control flow, whose running time nobody can bound; unroll it")]
	ControlFlow {
		/// Which node.
		place: String,
	},
	/// Randomness.
	#[error(
		"{place} is random, so that no two workers would agree; draw the numbers before and pass them as an input"
	)]
	Random {
		/// Which node.
		place: String,
	},
	/// Training.
	#[error("{place} is for training; export the model for inference")]
	Training {
		/// What is for training.
		place: String,
	},
	/// A dimension or tensor beyond all bounds.
	#[error("{place} has the shape {dims:?}, beyond {MAX_ELEMENTS} elements or {MAX_RANK} dimensions")]
	Oversized {
		/// Which tensor.
		place: String,
		/// Its shape.
		dims: Vec<i64>,
	},
	/// Too many nodes.
	#[error("the model has more than {MAX_NODES} nodes, its functions expanded")]
	TooManyNodes,
	/// Subgraphs in subgraphs in subgraphs.
	#[error("{place} lies below more than {MAX_DEPTH} subgraphs")]
	TooDeep {
		/// Which graph.
		place: String,
	},
	/// A function that calls itself.
	#[error("{place} calls itself")]
	Recursion {
		/// Which function.
		place: String,
	},
	/// A function that stands in for a standard operator.
	#[error("{place} redefines an operator of a standard domain")]
	Redefinition {
		/// Which function.
		place: String,
	},
}

/// What the scan found in a model that may run.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Report {
	/// The version of the file format.
	pub ir_version: i64,
	/// The version of the standard operators.
	pub opset: i64,
	/// How often each operator is used.
	pub operators: BTreeMap<String, u32>,
	/// The graph's inputs and outputs.
	pub interface: Interface,
}

/// Reads a model file.
///
/// # Complexity
/// O(bytes).
pub fn scan(model: Bytes) -> Result<Report, Refusal> {
	let model = ModelProto::decode(model).map_err(|error| Refusal::Malformed(error.to_string()))?;
	let graph = model.graph.as_ref().ok_or(Refusal::NoGraph)?;
	if !model.training_info.is_empty() {
		return Err(Refusal::Training { place: "the model's training information".into() });
	}
	let mut scan = Scan::new(&model.functions)?;
	for import in &model.opset_import {
		scan.domain(&import.domain, || "the model's operator set".into())?;
	}
	scan.functions(&model.functions)?;
	scan.graph(graph, "the graph", 0)?;
	scan.count(&model.functions, graph)?;
	let opset = model
		.opset_import
		.iter()
		.find(|import| matches!(import.domain.as_str(), "" | "ai.onnx"))
		.map_or(1, |import| import.version);
	Ok(Report { ir_version: model.ir_version, opset, operators: scan.operators, interface: Interface::of(graph) })
}

type FunctionId = (String, String);

/// The walk through a model.
struct Scan {
	functions: BTreeSet<FunctionId>,
	operators: BTreeMap<String, u32>,
}

impl Scan {
	fn new(functions: &[FunctionProto]) -> Result<Self, Refusal> {
		let mut known = BTreeSet::new();
		for function in functions {
			let place = format!("function {:?}", function.name);
			if STANDARD_DOMAINS.contains(&function.domain.as_str()) {
				return Err(Refusal::Redefinition { place });
			}
			if !known.insert((function.domain.clone(), function.name.clone())) {
				return Err(Refusal::Redefinition { place });
			}
		}
		Ok(Self { functions: known, operators: BTreeMap::new() })
	}

	/// A domain is standard, or one that the model's own functions define.
	fn domain(&self, domain: &str, place: impl Fn() -> String) -> Result<(), Refusal> {
		if domain.contains("training") {
			return Err(Refusal::Training { place: format!("{} of the domain {domain:?}", place()) });
		}
		let known = STANDARD_DOMAINS.contains(&domain) || self.functions.iter().any(|(of, _)| of == domain);
		known.then_some(()).ok_or_else(|| Refusal::Domain { place: place(), domain: domain.into() })
	}

	fn functions(&mut self, functions: &[FunctionProto]) -> Result<(), Refusal> {
		for function in functions {
			let place = format!("function {:?}", function.name);
			for import in &function.opset_import {
				self.domain(&import.domain, || format!("{place}'s operator set"))?;
			}
			for attribute in &function.attribute_proto {
				self.attribute(attribute, &place, 0)?;
			}
			values(&function.value_info, &place)?;
			self.nodes(&function.node, &[], &place, 0)?;
		}
		Ok(())
	}

	fn graph(&mut self, graph: &GraphProto, place: &str, depth: usize) -> Result<(), Refusal> {
		if depth > MAX_DEPTH {
			return Err(Refusal::TooDeep { place: place.into() });
		}
		for initializer in &graph.initializer {
			tensor(initializer, &format!("initialiser {:?} of {place}", initializer.name))?;
		}
		for sparse in &graph.sparse_initializer {
			sparse_tensor(sparse, &format!("a sparse initialiser of {place}"))?;
		}
		for list in [&graph.input, &graph.output, &graph.value_info] {
			values(list, place)?;
		}
		self.nodes(&graph.node, &graph.initializer, place, depth)
	}

	fn nodes(
		&mut self,
		nodes: &[NodeProto],
		initializers: &[TensorProto],
		inside: &str,
		depth: usize,
	) -> Result<(), Refusal> {
		for (at, node) in nodes.iter().enumerate() {
			let place = || format!("node {at} {:?} ({}) of {inside}", node.name, node.op_type);
			let standard = STANDARD_DOMAINS.contains(&node.domain.as_str());
			let op = node.op_type.as_str();
			if !standard && !self.functions.contains(&(node.domain.clone(), node.op_type.clone())) {
				self.domain(&node.domain, place)?;
				return Err(Refusal::Domain { place: place(), domain: node.domain.clone() });
			}
			if standard && CONTROL_FLOW.contains(&op) {
				return Err(Refusal::ControlFlow { place: place() });
			}
			if standard && RANDOM.contains(&op) {
				return Err(Refusal::Random { place: place() });
			}
			if standard && trains(node, initializers, nodes) {
				return Err(Refusal::Training { place: place() });
			}
			for attribute in &node.attribute {
				self.attribute(attribute, &place(), depth)?;
			}
			let count = self.operators.entry(node.op_type.clone()).or_default();
			*count = count.saturating_add(1);
		}
		Ok(())
	}

	fn attribute(&mut self, attribute: &AttributeProto, inside: &str, depth: usize) -> Result<(), Refusal> {
		let place = format!("attribute {:?} of {inside}", attribute.name);
		for constant in attribute.t.iter().chain(&attribute.tensors) {
			tensor(constant, &place)?;
		}
		for sparse in attribute.sparse_tensor.iter().chain(&attribute.sparse_tensors) {
			sparse_tensor(sparse, &place)?;
		}
		for graph in attribute.g.iter().chain(&attribute.graphs) {
			self.graph(graph, &place, depth + 1)?;
		}
		Ok(())
	}

	/// Counts nodes as they will be when every function call is expanded: a few functions that call each
	/// other twice would else stand for a graph beyond all memory.
	fn count(&self, functions: &[FunctionProto], graph: &GraphProto) -> Result<(), Refusal> {
		let by_id: HashMap<(&str, &str), &FunctionProto> =
			functions.iter().map(|function| ((&*function.domain, &*function.name), function)).collect();
		let mut known = HashMap::new();
		let total = expanded(&graph.node, &by_id, &mut known, &mut Vec::new())?;
		(total <= MAX_NODES).then_some(()).ok_or(Refusal::TooManyNodes)
	}
}

fn expanded<'a>(
	nodes: &'a [NodeProto],
	functions: &HashMap<(&'a str, &'a str), &'a FunctionProto>,
	known: &mut HashMap<(&'a str, &'a str), u64>,
	calls: &mut Vec<(&'a str, &'a str)>,
) -> Result<u64, Refusal> {
	let mut total = 0u64;
	for node in nodes {
		total = total.saturating_add(1);
		let graphs = node.attribute.iter().flat_map(|attribute| attribute.g.iter().chain(&attribute.graphs));
		for graph in graphs {
			total = total.saturating_add(expanded(&graph.node, functions, known, calls)?);
		}
		let id = (node.domain.as_str(), node.op_type.as_str());
		let Some(function) = functions.get(&id) else { continue };
		if calls.contains(&id) {
			return Err(Refusal::Recursion { place: format!("function {:?}", function.name) });
		}
		let size = match known.get(&id) {
			Some(size) => *size,
			None => {
				// The protobuf is bounded in depth but a chain of calls is not.
				if calls.len() >= 64 {
					return Err(Refusal::TooDeep { place: format!("function {:?}", function.name) });
				}
				calls.push(id);
				let size = expanded(&function.node, functions, known, calls)?;
				calls.pop();
				known.insert(id, size);
				size
			},
		};
		total = total.saturating_add(size);
	}
	Ok(total)
}

/// Whether an operator is set to behave as in training.
fn trains(node: &NodeProto, initializers: &[TensorProto], nodes: &[NodeProto]) -> bool {
	let attribute = |name: &str| node.attribute.iter().find(|attribute| attribute.name == name);
	match node.op_type.as_str() {
		"BatchNormalization" => attribute("training_mode").is_some_and(|mode| mode.i != 0),
		"Dropout" => {
			let Some(mode) = node.input.get(2).filter(|name| !name.is_empty()) else {
				return attribute("is_test").is_some_and(|is_test| is_test.i == 0);
			};
			// The mode is an input: it must be one that is known to be false.
			let initial = initializers.iter().find(|tensor| tensor.name == *mode);
			let constant = nodes
				.iter()
				.find(|node| node.op_type == "Constant" && node.output.first() == Some(mode))
				.and_then(|node| node.attribute.iter().find(|attribute| attribute.name == "value")?.t.as_ref());
			!initial
				.or(constant)
				.is_some_and(|tensor| tensor.raw_data.iter().all(|byte| *byte == 0) && !tensor.raw_data.is_empty())
		},
		_ => false,
	}
}

fn values(values: &[ValueInfoProto], inside: &str) -> Result<(), Refusal> {
	for value in values {
		let shape =
			value.r#type.as_ref().and_then(|of| of.tensor_type.as_ref()).and_then(|tensor| tensor.shape.as_ref());
		if let Some(shape) = shape {
			let dims: Vec<i64> = shape.dim.iter().map(|dim| dim.dim_value.unwrap_or(1)).collect();
			size(&dims, &format!("value {:?} of {inside}", value.name))?;
		}
	}
	Ok(())
}

fn tensor(tensor: &TensorProto, place: &str) -> Result<(), Refusal> {
	if tensor.data_location != 0 || !tensor.external_data.is_empty() {
		let location = tensor
			.external_data
			.iter()
			.find(|entry| entry.key == "location")
			.map_or_else(|| "an unnamed place".into(), |entry| entry.value.clone());
		return Err(Refusal::ExternalData { place: place.into(), location });
	}
	size(&tensor.dims, place)
}

fn sparse_tensor(sparse: &SparseTensorProto, place: &str) -> Result<(), Refusal> {
	for part in sparse.values.iter().chain(&sparse.indices) {
		tensor(part, place)?;
	}
	size(&sparse.dims, place)
}

fn size(dims: &[i64], place: &str) -> Result<(), Refusal> {
	let elements = dims.iter().try_fold(1i64, |product, dim| {
		// A zero must not hide the size of the other dimensions.
		(*dim >= 0).then(|| product.checked_mul((*dim).max(1))).flatten().filter(|product| *product <= MAX_ELEMENTS)
	});
	if elements.is_some() && dims.len() <= MAX_RANK {
		Ok(())
	} else {
		Err(Refusal::Oversized { place: place.into(), dims: dims.iter().copied().take(MAX_RANK).collect() })
	}
}
