//! Models made by hand, and a sandbox of the built worker to run them in.
#![allow(dead_code, missing_docs)]

pub mod chain;

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use deepnode_primitives::{
	content::sha256,
	tensor::{push_tensor, Dim, ElementType, TensorSpec, TensorSpecs},
};
use deepnode_worker::{
	engine::{Kind, Tensor},
	sandbox::{
		protocol::{identity, Load},
		Config, RunError, Sandbox,
	},
};

/// A protobuf field of bytes.
pub fn field(tag: u32, bytes: impl AsRef<[u8]>) -> Vec<u8> {
	let bytes = bytes.as_ref();
	[varint(u64::from(tag << 3 | 2)), varint(bytes.len() as u64), bytes.to_vec()].concat()
}

/// A protobuf field of a number.
pub fn number(tag: u32, value: u64) -> Vec<u8> {
	[varint(u64::from(tag << 3)), varint(value)].concat()
}

fn varint(mut value: u64) -> Vec<u8> {
	let mut bytes = Vec::new();
	while value >= 0x80 {
		bytes.push(value as u8 | 0x80);
		value >>= 7;
	}
	bytes.push(value as u8);
	bytes
}

pub fn node(op: &str, inputs: &[&str], outputs: &[&str], attributes: &[Vec<u8>]) -> Vec<u8> {
	let inputs = inputs.iter().flat_map(|name| field(1, name));
	let outputs = outputs.iter().flat_map(|name| field(2, name));
	let attributes = attributes.iter().flat_map(|attribute| field(5, attribute));
	let mut bytes: Vec<u8> = inputs.chain(outputs).collect();
	bytes.extend(field(3, outputs_name(op)));
	bytes.extend(field(4, op));
	bytes.extend(attributes);
	bytes
}

fn outputs_name(op: &str) -> String {
	use std::sync::atomic::{AtomicU32, Ordering};
	static COUNT: AtomicU32 = AtomicU32::new(0);
	format!("{op}-{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

/// An initialiser of 64-bit integers.
pub fn integers(name: &str, values: &[i64]) -> Vec<u8> {
	let data: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
	[number(1, values.len() as u64), number(2, 7), field(8, name), field(9, data)].concat()
}

/// An initialiser of one float.
pub fn float(name: &str, value: f32) -> Vec<u8> {
	[number(2, 1), field(8, name), field(9, value.to_le_bytes())].concat()
}

/// A float tensor's declaration; `None` is a free dimension.
pub fn value(name: &str, dims: &[Option<u64>]) -> Vec<u8> {
	let dims: Vec<u8> = dims
		.iter()
		.enumerate()
		.flat_map(|(at, dim)| field(1, dim.map_or_else(|| field(2, format!("D{at}")), |dim| number(1, dim))))
		.collect();
	let tensor = [number(1, 1), field(2, dims)].concat();
	[field(1, name), field(2, field(1, tensor))].concat()
}

pub fn model(nodes: &[Vec<u8>], initializers: &[Vec<u8>], inputs: &[Vec<u8>], outputs: &[Vec<u8>]) -> Vec<u8> {
	let mut graph: Vec<u8> = nodes.iter().flat_map(|node| field(1, node)).collect();
	graph.extend(field(2, "graph"));
	graph.extend(initializers.iter().flat_map(|initializer| field(5, initializer)));
	graph.extend(inputs.iter().flat_map(|input| field(11, input)));
	graph.extend(outputs.iter().flat_map(|output| field(12, output)));
	[number(1, 8), field(7, graph), field(8, number(2, 17))].concat()
}

/// `y = op(x)` on rows of four floats.
pub fn unary(op: &str) -> Vec<u8> {
	model(&[node(op, &["x"], &["y"], &[])], &[], &[value("x", &[None, Some(4)])], &[value("y", &[None, Some(4)])])
}

/// A model of a few bytes that asks for 64 GiB.
pub fn memory_bomb() -> Vec<u8> {
	model(
		&[
			node("ConstantOfShape", &["shape"], &["big"], &[]),
			node("ReduceSum", &["big"], &["sum"], &[number_attribute("keepdims", 0)]),
			node("Add", &["x", "sum"], &["y"], &[]),
		],
		&[integers("shape", &[1 << 17, 1 << 17])],
		&[value("x", &[None, Some(4)])],
		&[value("y", &[None, Some(4)])],
	)
}

/// Large products, each of the one before: hours of work from a few bytes.
pub fn endless() -> Vec<u8> {
	let mut nodes = vec![
		node("ReduceSum", &["x"], &["s"], &[number_attribute("keepdims", 0)]),
		node("Expand", &["s", "shape"], &["m0"], &[]),
	];
	let names: Vec<String> = (0..=400).map(|at| format!("m{at}")).collect();
	nodes.extend(names.windows(2).map(|pair| node("MatMul", &[&pair[0], &pair[0]], &[&pair[1]], &[])));
	nodes.push(node("ReduceSum", &["m400"], &["t"], &[number_attribute("keepdims", 0)]));
	nodes.push(node("Add", &["x", "t"], &["y"], &[]));
	model(&nodes, &[integers("shape", &[3000, 3000])], &[value("x", &[None, Some(4)])], &[value("y", &[None, Some(4)])])
}

pub fn number_attribute(name: &str, value: u64) -> Vec<u8> {
	[field(1, name), number(3, value), number(20, 2)].concat()
}

pub fn spec(name: &str, dims: &[Dim]) -> TensorSpec {
	TensorSpec {
		name: name.as_bytes().to_vec().try_into().expect("short"),
		element: ElementType::F32,
		shape: dims.to_vec().try_into().expect("few"),
	}
}

pub fn specs(spec: TensorSpec) -> TensorSpecs {
	vec![spec].try_into().expect("one")
}

/// Rows of four floats, declared as input `x` and output `y`.
pub fn fours() -> Option<(TensorSpecs, TensorSpecs)> {
	let dims = [Dim::Batch, Dim::Fixed(4)];
	Some((specs(spec("x", &dims)), specs(spec("y", &dims))))
}

pub fn bundle(rows: u32, values: &[f32]) -> Vec<u8> {
	let mut bundle = Vec::new();
	let data: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
	push_tensor(&mut bundle, ElementType::F32, &[rows, values.len() as u32 / rows], &data);
	bundle
}

pub fn floats(tensor: &Tensor) -> Vec<f32> {
	tensor.data.chunks_exact(4).map(|chunk| f32::from_le_bytes(chunk.try_into().expect("four"))).collect()
}

/// The engines that can be tested here: ONNX Runtime where its library is named.
pub fn engines() -> Vec<Config> {
	let mut engines = vec![Config::new(Kind::Tract, None)];
	match std::env::var_os("DEEPNODE_ORT_LIBRARY") {
		Some(library) => engines.push(Config::new(Kind::Ort, Some(library.into()))),
		None => eprintln!("DEEPNODE_ORT_LIBRARY is not set: ONNX Runtime is not tested"),
	}
	for engine in &mut engines {
		engine.program = PathBuf::from(env!("CARGO_BIN_EXE_deepnode-worker"));
		engine.timeout = Duration::from_secs(20);
	}
	engines
}

/// Loads and runs once in a fresh sandbox.
pub async fn run(
	sandbox: &Arc<Sandbox>,
	model: Vec<u8>,
	declared: Option<(TensorSpecs, TensorSpecs)>,
	bundle: Vec<u8>,
) -> Result<Vec<Tensor>, RunError> {
	let identity = identity(&sha256(&model), &declared);
	let (lease, _) = sandbox.load(identity, Load { model, declared }).await?;
	lease.run(bundle).await
}

/// The processes that are children of sandboxes of this worker.
pub fn children_of(parent: u32) -> Vec<String> {
	let wanted = format!("sandboxed-run\0{parent}\0");
	let mut found = Vec::new();
	for entry in fs::read_dir("/proc").expect("/proc").flatten() {
		let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
		if String::from_utf8_lossy(&line).contains(&wanted) {
			found.push(entry.file_name().to_string_lossy().into_owned());
		}
	}
	found
}
