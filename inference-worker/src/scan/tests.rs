use proptest::prelude::*;

use super::{proto::*, *};

fn node(op: &str) -> NodeProto {
	NodeProto {
		op_type: op.into(),
		name: "n".into(),
		input: vec!["x".into()],
		output: vec!["y".into()],
		..Default::default()
	}
}

fn value(name: &str, dims: &[Option<i64>]) -> ValueInfoProto {
	let dim = dims.iter().map(|dim| Dimension { dim_value: *dim }).collect();
	let tensor = TensorType { elem_type: 1, shape: Some(TensorShapeProto { dim }) };
	ValueInfoProto { name: name.into(), r#type: Some(TypeProto { tensor_type: Some(tensor) }) }
}

fn graph(nodes: Vec<NodeProto>) -> GraphProto {
	GraphProto {
		node: nodes,
		input: vec![value("x", &[None, Some(4)])],
		output: vec![value("y", &[None, Some(4)])],
		..Default::default()
	}
}

fn model(graph: GraphProto) -> ModelProto {
	ModelProto {
		ir_version: 9,
		graph: Some(graph),
		opset_import: vec![OperatorSetIdProto { domain: String::new(), version: 17 }],
		..Default::default()
	}
}

fn check(model: &ModelProto) -> Result<Report, Refusal> {
	scan(model.encode_to_vec().into())
}

fn refusal(model: &ModelProto) -> Refusal {
	check(model).expect_err("refused")
}

fn external(name: &str) -> TensorProto {
	let entry = |key: &str, value: &str| StringStringEntryProto { key: key.into(), value: value.into() };
	TensorProto {
		name: name.into(),
		dims: vec![1],
		data_type: 1,
		data_location: 1,
		external_data: vec![entry("location", "../../etc/passwd")],
		..Default::default()
	}
}

fn attribute(name: &str) -> AttributeProto {
	AttributeProto { name: name.into(), ..Default::default() }
}

fn with_attribute(op: &str, attribute: AttributeProto) -> ModelProto {
	let mut node = node(op);
	node.attribute.push(attribute);
	model(graph(vec![node]))
}

#[test]
fn a_plain_model_is_reported() {
	let mut wanted = graph(vec![node("Relu"), node("Relu"), node("Gemm")]);
	wanted.initializer.push(TensorProto { name: "w".into(), dims: vec![4, 4], data_type: 1, ..Default::default() });
	wanted.input.push(value("w", &[Some(4), Some(4)]));
	let report = check(&model(wanted)).expect("runs");
	assert_eq!(report.opset, 17);
	assert_eq!(report.operators.get("Relu"), Some(&2));
	assert_eq!(report.interface.inputs.len(), 1, "an initialiser is no input");
	let (inputs, outputs) = report.interface.to_specs().expect("can be declared");
	assert_eq!(report.interface.check(&inputs, &outputs), Ok(()));
}

#[test]
fn external_data_is_refused_wherever_it_hides() {
	let mut hidden = Vec::new();
	let mut initializer = graph(vec![]);
	initializer.initializer.push(external("w"));
	hidden.push(model(initializer));
	let mut sparse = graph(vec![]);
	sparse.sparse_initializer.push(SparseTensorProto { values: Some(external("v")), ..Default::default() });
	hidden.push(model(sparse));
	let mut indices = graph(vec![]);
	indices.sparse_initializer.push(SparseTensorProto { indices: Some(external("v")), ..Default::default() });
	hidden.push(model(indices));
	hidden.push(with_attribute("Constant", AttributeProto { t: Some(external("v")), ..attribute("value") }));
	hidden.push(with_attribute("Constant", AttributeProto { tensors: vec![external("v")], ..attribute("value") }));
	let sparse = SparseTensorProto { values: Some(external("v")), ..Default::default() };
	hidden.push(with_attribute(
		"Constant",
		AttributeProto { sparse_tensor: Some(sparse.clone()), ..attribute("sparse_value") },
	));
	hidden.push(with_attribute("Constant", AttributeProto { sparse_tensors: vec![sparse], ..attribute("values") }));
	let mut below = graph(vec![]);
	below.initializer.push(external("w"));
	hidden.push(with_attribute("Relu", AttributeProto { g: Some(below.clone()), ..attribute("body") }));
	hidden.push(with_attribute("Relu", AttributeProto { graphs: vec![below], ..attribute("bodies") }));
	let mut constant = node("Constant");
	constant.attribute.push(AttributeProto { t: Some(external("v")), ..attribute("value") });
	let mut in_function = model(graph(vec![]));
	in_function.functions.push(FunctionProto {
		name: "F".into(),
		domain: "own".into(),
		node: vec![constant],
		..Default::default()
	});
	hidden.push(in_function);
	let mut in_default = model(graph(vec![]));
	in_default.functions.push(FunctionProto {
		name: "F".into(),
		domain: "own".into(),
		attribute_proto: vec![AttributeProto { t: Some(external("v")), ..attribute("value") }],
		..Default::default()
	});
	hidden.push(in_default);
	for (at, model) in hidden.iter().enumerate() {
		match refusal(model) {
			Refusal::ExternalData { location, .. } => assert_eq!(location, "../../etc/passwd", "case {at}"),
			other => panic!("case {at}: {other}"),
		}
	}
	// Entries without the flag are refused too: engines differ in which of the two they believe.
	let mut unflagged = external("w");
	unflagged.data_location = 0;
	let mut sly = graph(vec![]);
	sly.initializer.push(unflagged);
	assert!(matches!(refusal(&model(sly)), Refusal::ExternalData { .. }));
}

#[test]
fn operators_beyond_the_standard_are_refused() {
	let mut foreign = node("Gelu");
	foreign.domain = "com.microsoft".into();
	let refused = refusal(&model(graph(vec![node("Relu"), foreign])));
	assert_eq!(
		refused.to_string(),
		"node 1 \"n\" (Gelu) of the graph is of the domain \"com.microsoft\"; only ai.onnx and ai.onnx.ml are run"
	);
	let mut import = model(graph(vec![]));
	import.opset_import.push(OperatorSetIdProto { domain: "com.acme".into(), version: 1 });
	assert!(matches!(refusal(&import), Refusal::Domain { .. }));
}

#[test]
fn control_flow_is_refused() {
	for op in CONTROL_FLOW {
		assert!(matches!(refusal(&model(graph(vec![node(op)]))), Refusal::ControlFlow { .. }), "{op}");
	}
}

#[test]
fn randomness_is_refused() {
	for op in RANDOM {
		assert!(matches!(refusal(&model(graph(vec![node(op)]))), Refusal::Random { .. }), "{op}");
	}
	// The standard domain has two names.
	let mut long_name = node("Bernoulli");
	long_name.domain = "ai.onnx".into();
	assert!(matches!(refusal(&model(graph(vec![long_name]))), Refusal::Random { .. }));
}

#[test]
fn training_is_refused() {
	let mut info = model(graph(vec![]));
	info.training_info.push(Empty {});
	assert!(matches!(refusal(&info), Refusal::Training { .. }));
	let mut gradient = node("Gradient");
	gradient.domain = "ai.onnx.preview.training".into();
	assert!(matches!(refusal(&model(graph(vec![gradient]))), Refusal::Training { .. }));
	let norm = with_attribute("BatchNormalization", AttributeProto { i: 1, ..attribute("training_mode") });
	assert!(matches!(refusal(&norm), Refusal::Training { .. }));
}

#[test]
fn dropout_runs_only_where_it_is_known_to_be_off() {
	let dropout = |mode: Option<TensorProto>| {
		let mut node = node("Dropout");
		node.input = vec!["x".into(), String::new(), "mode".into()];
		let mut graph = graph(vec![node]);
		graph.initializer.extend(mode);
		model(graph)
	};
	let flag = |value: u8| TensorProto {
		name: "mode".into(),
		data_type: 9,
		raw_data: vec![value].into(),
		..Default::default()
	};
	assert!(check(&dropout(Some(flag(0)))).is_ok());
	assert!(matches!(refusal(&dropout(Some(flag(1)))), Refusal::Training { .. }));
	assert!(matches!(refusal(&dropout(None)), Refusal::Training { .. }), "a mode that is an input is not known");
	assert!(check(&model(graph(vec![node("Dropout")]))).is_ok());
}

#[test]
fn sizes_beyond_reason_are_refused() {
	for dims in [vec![1 << 40], vec![1 << 20, 1 << 20], vec![-1], vec![0, 1 << 40], vec![1; 17], vec![i64::MAX, 2]] {
		let mut initializer = graph(vec![]);
		initializer.initializer.push(TensorProto { name: "w".into(), dims: dims.clone(), ..Default::default() });
		assert!(matches!(refusal(&model(initializer)), Refusal::Oversized { .. }), "{dims:?}");
		let mut sparse = graph(vec![]);
		sparse.sparse_initializer.push(SparseTensorProto { dims: dims.clone(), ..Default::default() });
		assert!(matches!(refusal(&model(sparse)), Refusal::Oversized { .. }), "{dims:?}");
		let mut declared = graph(vec![]);
		declared.value_info.push(value("v", &dims.iter().copied().map(Some).collect::<Vec<_>>()));
		assert!(matches!(refusal(&model(declared)), Refusal::Oversized { .. }), "{dims:?}");
	}
}

#[test]
fn deep_nesting_is_refused() {
	let mut inner = graph(vec![]);
	for _ in 0..=MAX_DEPTH {
		let mut outer = node("Relu");
		outer.attribute.push(AttributeProto { g: Some(inner), ..attribute("body") });
		inner = graph(vec![outer]);
	}
	assert!(matches!(refusal(&model(inner)), Refusal::TooDeep { .. }));
	// Deeper than the protobuf parser goes.
	let mut inner = graph(vec![]);
	for _ in 0..60 {
		let mut outer = node("Relu");
		outer.attribute.push(AttributeProto { g: Some(inner), ..attribute("body") });
		inner = graph(vec![outer]);
	}
	assert!(matches!(refusal(&model(inner)), Refusal::Malformed(_)));
}

fn function(name: &str, calls: &[&str]) -> FunctionProto {
	let node = calls.iter().map(|call| NodeProto { domain: "own".into(), ..node(call) }).collect();
	FunctionProto { name: name.into(), domain: "own".into(), node, ..Default::default() }
}

#[test]
fn functions_may_be_used_but_not_to_hide_a_bomb() {
	let with = |functions: Vec<FunctionProto>, call: &str| {
		let mut model = model(graph(vec![NodeProto { domain: "own".into(), ..node(call) }]));
		model.opset_import.push(OperatorSetIdProto { domain: "own".into(), version: 1 });
		model.functions = functions;
		model
	};
	assert!(check(&with(vec![function("F", &[])], "F")).is_ok());
	assert!(matches!(refusal(&with(vec![function("F", &[])], "G")), Refusal::Domain { .. }));
	let circle = with(vec![function("F", &["G"]), function("G", &["F"])], "F");
	assert!(matches!(refusal(&circle), Refusal::Recursion { .. }));
	let names: Vec<String> = (0..40).map(|at| format!("F{at}")).collect();
	let mut bomb: Vec<_> = names.windows(2).map(|pair| function(&pair[0], &[&pair[1], &pair[1]])).collect();
	bomb.push(function("F39", &[]));
	assert!(matches!(refusal(&with(bomb, "F0")), Refusal::TooManyNodes));
	let mut redefined = function("Relu", &[]);
	redefined.domain = String::new();
	assert!(matches!(refusal(&with(vec![redefined], "F")), Refusal::Redefinition { .. }));
	let random = FunctionProto { node: vec![node("RandomNormal")], ..function("F", &[]) };
	assert!(matches!(refusal(&with(vec![random], "F")), Refusal::Random { .. }));
}

#[test]
fn too_many_nodes_are_refused() {
	assert!(matches!(refusal(&model(graph(vec![NodeProto::default(); 100_001]))), Refusal::TooManyNodes));
}

#[test]
fn what_is_no_model_is_refused() {
	assert!(matches!(scan(Bytes::from_static(b"not a protobuf")), Err(Refusal::Malformed(_))));
	assert_eq!(scan(Bytes::new()), Err(Refusal::NoGraph));
}

#[test]
fn an_interface_is_compared_with_what_the_registry_declares() {
	let interface = check(&model(graph(vec![node("Relu")]))).expect("runs").interface;
	let (inputs, outputs) = interface.to_specs().expect("can be declared");
	assert!(matches!(interface.check(&[], &outputs), Err(InterfaceMismatch::Count { side: "input", .. })));
	let mut renamed = inputs.clone();
	renamed[0].name = b"z".to_vec().try_into().expect("short");
	let error = interface.check(&renamed, &outputs).expect_err("differs").to_string();
	assert_eq!(error, "input 0: the graph has \"x\": F32[N,4] where the entry declares \"z\": F32[N,4]");
	let mut widened = outputs.clone();
	widened[0].shape = vec![deepnode_primitives::tensor::Dim::Batch, deepnode_primitives::tensor::Dim::Fixed(5)]
		.try_into()
		.expect("few");
	assert!(matches!(interface.check(&inputs, &widened), Err(InterfaceMismatch::Port { side: "output", at: 0, .. })));
}

proptest! {
	#[test]
	fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2048)) {
		let _ = scan(bytes.into());
	}

	#[test]
	fn a_damaged_model_never_panics(
		at in any::<prop::sample::Index>(),
		with in any::<u8>(),
		cut in any::<prop::sample::Index>(),
	) {
		let mut wanted = graph(vec![node("Relu"), node("Dropout"), node("Constant")]);
		wanted.initializer.push(TensorProto { name: "w".into(), dims: vec![4, 4], ..Default::default() });
		let mut wanted = model(wanted);
		wanted.functions.push(function("F", &["G"]));
		let mut bytes = wanted.encode_to_vec();
		let at = at.index(bytes.len());
		bytes[at] = with;
		let _ = scan(bytes.clone().into());
		bytes.truncate(cut.index(bytes.len()));
		let _ = scan(bytes.into());
	}
}
