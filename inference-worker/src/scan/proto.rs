//! The part of ONNX's protobuf that the scan looks at. Fields that are not named here (weights above
//! all) are skipped by the parser without being stored.

#![allow(missing_docs)] // Names and numbers are those of onnx.proto.

use prost::Message;

/// A model file.
#[derive(Clone, PartialEq, Message)]
pub struct ModelProto {
	#[prost(int64, tag = "1")]
	pub ir_version: i64,
	#[prost(message, optional, tag = "7")]
	pub graph: Option<GraphProto>,
	#[prost(message, repeated, tag = "8")]
	pub opset_import: Vec<OperatorSetIdProto>,
	#[prost(message, repeated, tag = "20")]
	pub training_info: Vec<Empty>,
	#[prost(message, repeated, tag = "25")]
	pub functions: Vec<FunctionProto>,
}

/// A message of which only the presence matters.
#[derive(Clone, PartialEq, Message)]
pub struct Empty {}

/// A version of an operator set.
#[derive(Clone, PartialEq, Message)]
pub struct OperatorSetIdProto {
	#[prost(string, tag = "1")]
	pub domain: String,
	#[prost(int64, tag = "2")]
	pub version: i64,
}

/// A graph or subgraph.
#[derive(Clone, PartialEq, Message)]
pub struct GraphProto {
	#[prost(message, repeated, tag = "1")]
	pub node: Vec<NodeProto>,
	#[prost(string, tag = "2")]
	pub name: String,
	#[prost(message, repeated, tag = "5")]
	pub initializer: Vec<TensorProto>,
	#[prost(message, repeated, tag = "11")]
	pub input: Vec<ValueInfoProto>,
	#[prost(message, repeated, tag = "12")]
	pub output: Vec<ValueInfoProto>,
	#[prost(message, repeated, tag = "13")]
	pub value_info: Vec<ValueInfoProto>,
	#[prost(message, repeated, tag = "15")]
	pub sparse_initializer: Vec<SparseTensorProto>,
}

/// An operator's use.
#[derive(Clone, PartialEq, Message)]
pub struct NodeProto {
	#[prost(string, repeated, tag = "1")]
	pub input: Vec<String>,
	#[prost(string, repeated, tag = "2")]
	pub output: Vec<String>,
	#[prost(string, tag = "3")]
	pub name: String,
	#[prost(string, tag = "4")]
	pub op_type: String,
	#[prost(message, repeated, tag = "5")]
	pub attribute: Vec<AttributeProto>,
	#[prost(string, tag = "7")]
	pub domain: String,
}

/// A node's attribute.
#[derive(Clone, PartialEq, Message)]
pub struct AttributeProto {
	#[prost(string, tag = "1")]
	pub name: String,
	#[prost(int64, tag = "3")]
	pub i: i64,
	#[prost(message, optional, tag = "5")]
	pub t: Option<TensorProto>,
	#[prost(message, optional, tag = "6")]
	pub g: Option<GraphProto>,
	#[prost(message, repeated, tag = "10")]
	pub tensors: Vec<TensorProto>,
	#[prost(message, repeated, tag = "11")]
	pub graphs: Vec<GraphProto>,
	#[prost(message, optional, tag = "22")]
	pub sparse_tensor: Option<SparseTensorProto>,
	#[prost(message, repeated, tag = "23")]
	pub sparse_tensors: Vec<SparseTensorProto>,
}

/// A tensor of constants. Its data are skipped but for what a flag needs.
#[derive(Clone, PartialEq, Message)]
pub struct TensorProto {
	#[prost(int64, repeated, tag = "1")]
	pub dims: Vec<i64>,
	#[prost(int32, tag = "2")]
	pub data_type: i32,
	#[prost(string, tag = "8")]
	pub name: String,
	#[prost(bytes = "bytes", tag = "9")]
	pub raw_data: prost::bytes::Bytes,
	#[prost(message, repeated, tag = "13")]
	pub external_data: Vec<StringStringEntryProto>,
	#[prost(int32, tag = "14")]
	pub data_location: i32,
}

/// A key and a value.
#[derive(Clone, PartialEq, Message)]
pub struct StringStringEntryProto {
	#[prost(string, tag = "1")]
	pub key: String,
	#[prost(string, tag = "2")]
	pub value: String,
}

/// A sparse tensor.
#[derive(Clone, PartialEq, Message)]
pub struct SparseTensorProto {
	#[prost(message, optional, tag = "1")]
	pub values: Option<TensorProto>,
	#[prost(message, optional, tag = "2")]
	pub indices: Option<TensorProto>,
	#[prost(int64, repeated, tag = "3")]
	pub dims: Vec<i64>,
}

/// A function that the model brings.
#[derive(Clone, PartialEq, Message)]
pub struct FunctionProto {
	#[prost(string, tag = "1")]
	pub name: String,
	#[prost(message, repeated, tag = "7")]
	pub node: Vec<NodeProto>,
	#[prost(message, repeated, tag = "9")]
	pub opset_import: Vec<OperatorSetIdProto>,
	#[prost(string, tag = "10")]
	pub domain: String,
	#[prost(message, repeated, tag = "11")]
	pub attribute_proto: Vec<AttributeProto>,
	#[prost(message, repeated, tag = "12")]
	pub value_info: Vec<ValueInfoProto>,
}

/// A value's name and type.
#[derive(Clone, PartialEq, Message)]
pub struct ValueInfoProto {
	#[prost(string, tag = "1")]
	pub name: String,
	#[prost(message, optional, tag = "2")]
	pub r#type: Option<TypeProto>,
}

/// A value's type; only tensors are looked at.
#[derive(Clone, PartialEq, Message)]
pub struct TypeProto {
	#[prost(message, optional, tag = "1")]
	pub tensor_type: Option<TensorType>,
}

/// A tensor's type.
#[derive(Clone, PartialEq, Message)]
pub struct TensorType {
	#[prost(int32, tag = "1")]
	pub elem_type: i32,
	#[prost(message, optional, tag = "2")]
	pub shape: Option<TensorShapeProto>,
}

/// A tensor's shape.
#[derive(Clone, PartialEq, Message)]
pub struct TensorShapeProto {
	#[prost(message, repeated, tag = "1")]
	pub dim: Vec<Dimension>,
}

/// One dimension: a number, or free.
#[derive(Clone, PartialEq, Message)]
pub struct Dimension {
	#[prost(int64, optional, tag = "1")]
	pub dim_value: Option<i64>,
}
