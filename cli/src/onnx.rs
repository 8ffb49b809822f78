//! What an ONNX file says about itself: only the fields that a registry entry needs.

use anyhow::{bail, ensure, Context, Result};
use deepnode_primitives::tensor::{
	Dim, ElementType, TensorSpec, TensorSpecs, MAX_RANK, MAX_TENSORS, MAX_TENSOR_NAME_LEN,
};
use prost::Message;

/// A model's interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
	/// The version of the standard operator set.
	pub opset: u16,
	/// The inputs, in the graph's order.
	pub inputs: TensorSpecs,
	/// The outputs, in the graph's order.
	pub outputs: TensorSpecs,
	/// The names of files beside the model that hold some of its weights.
	pub external: Vec<String>,
}

/// Reads a model's interface from an ONNX file's bytes.
pub fn interface(bytes: &[u8]) -> Result<Interface> {
	let model = ModelProto::decode(bytes).context("this is no ONNX file")?;
	let graph = model.graph.context("this is no ONNX file: it has no graph")?;
	let opset = model
		.opset_import
		.iter()
		.find(|opset| opset.domain.is_empty() || opset.domain == "ai.onnx")
		.context("the ONNX file does not say which operator set it uses")?
		.version;
	let opset = u16::try_from(opset).ok().with_context(|| format!("there is no operator set {opset}"))?;
	// Up to IR version 3 weights are listed among the inputs.
	let weights: Vec<_> = graph.initializer.iter().map(|weight| weight.name.as_str()).collect();
	let inputs = graph.input.iter().filter(|input| !weights.contains(&input.name.as_str()));
	let mut external: Vec<_> = graph
		.initializer
		.iter()
		.flat_map(|weight| &weight.external_data)
		.filter(|entry| entry.key == "location")
		.map(|entry| entry.value.clone())
		.collect();
	external.sort();
	external.dedup();
	Ok(Interface { opset, inputs: specs("input", inputs)?, outputs: specs("output", graph.output.iter())?, external })
}

fn specs<'a>(kind: &str, tensors: impl Iterator<Item = &'a ValueInfoProto>) -> Result<TensorSpecs> {
	let specs = tensors
		.map(|tensor| spec(tensor).with_context(|| format!("{kind} {:?} cannot be registered", tensor.name)))
		.collect::<Result<Vec<_>>>()?;
	ensure!(!specs.is_empty(), "the model has no {kind}s");
	let count = specs.len();
	TensorSpecs::try_from(specs)
		.ok()
		.with_context(|| format!("the model has {count} {kind}s, and the registry takes at most {MAX_TENSORS}"))
}

fn spec(tensor: &ValueInfoProto) -> Result<TensorSpec> {
	let Some(TensorType { elem_type, shape }) = tensor.r#type.as_ref().and_then(|kind| kind.tensor_type.as_ref())
	else {
		bail!("it is no tensor (export the model without sequences and maps, for scikit-learn with `zipmap: False`)")
	};
	let element = match elem_type {
		1 => ElementType::F32,
		2 => ElementType::U8,
		3 => ElementType::I8,
		6 => ElementType::I32,
		7 => ElementType::I64,
		9 => ElementType::Bool,
		11 => ElementType::F64,
		other => bail!(
			"its element type is {}; the registry takes float32, float64, int8, uint8, int32, int64 and bool",
			element_name(*other)
		),
	};
	let dims = &shape.as_ref().context("it declares no shape: run ONNX's shape inference on the model first")?.dim;
	let shape = dims.iter().enumerate().map(|(at, dim)| dimension(at, dim)).collect::<Result<Vec<_>>>()?;
	let rank = shape.len();
	Ok(TensorSpec {
		name: tensor
			.name
			.clone()
			.into_bytes()
			.try_into()
			.ok()
			.with_context(|| format!("its name is longer than {MAX_TENSOR_NAME_LEN} bytes"))?,
		element,
		shape: shape
			.try_into()
			.ok()
			.with_context(|| format!("it has {rank} dimensions, and the registry takes at most {MAX_RANK}"))?,
	})
}

fn dimension(at: usize, dim: &Dimension) -> Result<Dim> {
	match dim.dim_value {
		Some(length) if length > 0 => {
			let length = u32::try_from(length).ok().with_context(|| format!("dimension {at} is {length} long"))?;
			Ok(Dim::Fixed(length))
		},
		_ if at == 0 => Ok(Dim::Batch),
		_ => bail!(
			"dimension {at} ({}) is free, and only the first one, the batch, may be: fix it in the model, \
			 for example with onnxruntime.tools.make_dynamic_shape_fixed",
			dim.dim_param.as_deref().unwrap_or("unnamed")
		),
	}
}

fn element_name(element: i32) -> String {
	match element {
		4 => "uint16".into(),
		5 => "int16".into(),
		8 => "string".into(),
		10 => "float16".into(),
		12 => "uint32".into(),
		13 => "uint64".into(),
		14 | 15 => "complex".into(),
		16 => "bfloat16".into(),
		other => format!("ONNX's number {other}"),
	}
}

#[derive(Clone, PartialEq, Message)]
struct ModelProto {
	#[prost(message, optional, tag = "7")]
	graph: Option<GraphProto>,
	#[prost(message, repeated, tag = "8")]
	opset_import: Vec<OperatorSetIdProto>,
}

#[derive(Clone, PartialEq, Message)]
struct OperatorSetIdProto {
	#[prost(string, tag = "1")]
	domain: String,
	#[prost(int64, tag = "2")]
	version: i64,
}

#[derive(Clone, PartialEq, Message)]
struct GraphProto {
	#[prost(message, repeated, tag = "5")]
	initializer: Vec<TensorProto>,
	#[prost(message, repeated, tag = "11")]
	input: Vec<ValueInfoProto>,
	#[prost(message, repeated, tag = "12")]
	output: Vec<ValueInfoProto>,
}

#[derive(Clone, PartialEq, Message)]
struct TensorProto {
	#[prost(string, tag = "8")]
	name: String,
	#[prost(message, repeated, tag = "13")]
	external_data: Vec<StringStringEntryProto>,
}

#[derive(Clone, PartialEq, Message)]
struct StringStringEntryProto {
	#[prost(string, tag = "1")]
	key: String,
	#[prost(string, tag = "2")]
	value: String,
}

#[derive(Clone, PartialEq, Message)]
struct ValueInfoProto {
	#[prost(string, tag = "1")]
	name: String,
	#[prost(message, optional, tag = "2")]
	r#type: Option<TypeProto>,
}

#[derive(Clone, PartialEq, Message)]
struct TypeProto {
	#[prost(message, optional, tag = "1")]
	tensor_type: Option<TensorType>,
}

#[derive(Clone, PartialEq, Message)]
struct TensorType {
	#[prost(int32, tag = "1")]
	elem_type: i32,
	#[prost(message, optional, tag = "2")]
	shape: Option<TensorShapeProto>,
}

#[derive(Clone, PartialEq, Message)]
struct TensorShapeProto {
	#[prost(message, repeated, tag = "1")]
	dim: Vec<Dimension>,
}

#[derive(Clone, PartialEq, Message)]
struct Dimension {
	#[prost(int64, optional, tag = "1")]
	dim_value: Option<i64>,
	#[prost(string, optional, tag = "2")]
	dim_param: Option<String>,
}

#[cfg(test)]
mod tests {
	use super::*;

	fn tensor(name: &str, elem_type: i32, dims: &[Option<i64>]) -> ValueInfoProto {
		let dim = dims
			.iter()
			.map(|dim| Dimension { dim_value: *dim, dim_param: dim.is_none().then(|| "N".into()) })
			.collect();
		let shape = Some(TensorShapeProto { dim });
		let kind = TypeProto { tensor_type: Some(TensorType { elem_type, shape }) };
		ValueInfoProto { name: name.into(), r#type: Some(kind) }
	}

	fn model(inputs: Vec<ValueInfoProto>, outputs: Vec<ValueInfoProto>) -> Vec<u8> {
		let weight = TensorProto { name: "weight".into(), external_data: vec![] };
		let graph = GraphProto { initializer: vec![weight], input: inputs, output: outputs };
		let opset = OperatorSetIdProto { domain: String::new(), version: 17 };
		ModelProto { graph: Some(graph), opset_import: vec![opset] }.encode_to_vec()
	}

	fn error(inputs: Vec<ValueInfoProto>) -> String {
		format!("{:#}", interface(&model(inputs, vec![tensor("y", 1, &[None])])).unwrap_err())
	}

	#[test]
	fn the_interface_of_a_model_is_read() {
		let bytes = model(
			vec![tensor("pixels", 1, &[None, Some(64)]), tensor("weight", 1, &[Some(64), Some(10)])],
			vec![tensor("logits", 11, &[None, Some(10)])],
		);
		let found = interface(&bytes).unwrap();
		assert_eq!(found.opset, 17);
		assert_eq!(found.inputs.len(), 1, "a weight is no input");
		assert_eq!(found.inputs[0].shape.to_vec(), [Dim::Batch, Dim::Fixed(64)]);
		assert_eq!(found.outputs[0].element, ElementType::F64);
	}

	#[test]
	fn the_digit_classifiers_can_be_registered() {
		for name in ["digits-linear", "digits-mlp"] {
			let path = format!("{}/../tests/models/digits/{name}.onnx", env!("CARGO_MANIFEST_DIR"));
			let found = interface(&std::fs::read(path).unwrap()).unwrap();
			assert_eq!(found.inputs[0].name.to_vec(), b"pixels");
			assert_eq!(found.inputs[0].shape.to_vec(), [Dim::Batch, Dim::Fixed(64)]);
			assert_eq!(found.outputs[0].name.to_vec(), b"logits");
			assert_eq!(found.outputs[0].shape.to_vec(), [Dim::Batch, Dim::Fixed(10)]);
		}
	}

	#[test]
	fn what_the_registry_cannot_take_is_said() {
		assert!(error(vec![tensor("x", 10, &[Some(1)])]).contains("float16"));
		assert!(error(vec![tensor("x", 1, &[Some(1), None])]).contains("dimension 1 (N) is free"));
		assert!(error(vec![ValueInfoProto { name: "x".into(), r#type: None }]).contains("zipmap"));
		assert!(error(vec![]).contains("no inputs"));
		assert!(interface(b"\x89PNG").unwrap_err().to_string().contains("no ONNX file"));
	}
}
