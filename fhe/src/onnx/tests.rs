//! Models made by hand: what is read, and what is refused.

use super::{proto::*, *};
use crate::{
	circuit::{Circuit, Real},
	convert::{convert, Options},
};

fn node(op: &str, inputs: &[&str], output: &str, attributes: Vec<AttributeProto>) -> NodeProto {
	NodeProto {
		input: inputs.iter().map(|input| (*input).to_owned()).collect(),
		output: vec![output.into()],
		op_type: op.into(),
		attribute: attributes,
		domain: if op.starts_with("TreeEnsemble") { "ai.onnx.ml".into() } else { String::new() },
	}
}

fn floats(name: &str, dims: &[i64], data: &[f32]) -> TensorProto {
	TensorProto {
		dims: dims.to_vec(),
		data_type: 1,
		float_data: data.to_vec(),
		name: name.into(),
		..Default::default()
	}
}

fn model(node: Vec<NodeProto>, initializer: Vec<TensorProto>) -> Vec<u8> {
	let input = ValueInfoProto { name: "x".into(), r#type: None };
	ModelProto { graph: Some(GraphProto { node, initializer, input: vec![input] }) }.encode_to_vec()
}

fn dense(bytes: &[u8]) -> Dense {
	match read(bytes).unwrap() {
		Model::Dense(dense) => dense,
		Model::Forest(_) => panic!("layers"),
	}
}

fn int(name: &str, i: i64) -> AttributeProto {
	AttributeProto { name: name.into(), i, ..Default::default() }
}

fn float(name: &str, f: f32) -> AttributeProto {
	AttributeProto { name: name.into(), f, ..Default::default() }
}

#[test]
fn gemm_in_all_its_forms_and_matmul_with_add_are_one_layer() {
	let by_input = floats("w", &[2, 3], &[1., 2., 3., 4., 5., 6.]);
	let by_neuron = floats("w", &[3, 2], &[1., 4., 2., 5., 3., 6.]);
	let bias = floats("b", &[3], &[10., 20., 30.]);
	let expected = vec![15.0, 27.0, 39.0]; // [1, 1] times the weights, plus the bias.
	let forms = [
		model(vec![node("Gemm", &["x", "w", "b"], "y", vec![])], vec![by_input.clone(), bias.clone()]),
		model(vec![node("Gemm", &["x", "w", "b"], "y", vec![int("transB", 1)])], vec![by_neuron, bias.clone()]),
		model(
			vec![node("MatMul", &["x", "w"], "m", vec![]), node("Add", &["b", "m"], "y", vec![])],
			vec![by_input.clone(), bias.clone()],
		),
		model(
			vec![node("Gemm", &["x", "w", "b"], "y", vec![float("alpha", 0.5), float("beta", 2.0)])],
			vec![floats("w", &[2, 3], &[2., 4., 6., 8., 10., 12.]), floats("b", &[3], &[5., 10., 15.])],
		),
		model(
			vec![node("Gemm", &["x", "w"], "g", vec![]), node("Add", &["g", "b"], "y", vec![])],
			vec![by_input, bias],
		),
	];
	for bytes in forms {
		assert_eq!(dense(&bytes).scores(&[1.0, 1.0]), expected);
	}
}

#[test]
fn what_ends_a_model_is_the_clients() {
	let layers = |op: &str, width: i64| {
		let weights = floats("w", &[2, width], &vec![1.0; 2 * width as usize]);
		model(vec![node("MatMul", &["x", "w"], "m", vec![]), node(op, &["m"], "y", vec![])], vec![weights])
	};
	assert_eq!(dense(&layers("Softmax", 3)).decision, Decision::ArgMax);
	assert_eq!(dense(&layers("ArgMax", 3)).decision, Decision::ArgMax);
	assert_eq!(dense(&layers("Sigmoid", 1)).decision, Decision::Sigmoid);
	assert_eq!(dense(&layers("Sigmoid", 3)).decision, Decision::Scores, "a probability for each of three");
	assert_eq!(dense(&layers("Identity", 1)).decision, Decision::Scores);
}

#[test]
fn operators_and_orders_without_a_circuit_are_refused() {
	let weights = || vec![floats("w", &[2, 2], &[1.0; 4]), floats("b", &[2], &[0.0; 2])];
	let refused = |nodes: Vec<NodeProto>| read(&model(nodes, weights())).unwrap_err().to_string();
	let matmul = || node("MatMul", &["x", "w"], "m", vec![]);
	assert!(refused(vec![matmul(), node("Tanh", &["m"], "y", vec![])]).contains("operator Tanh"));
	assert!(refused(vec![node("Relu", &["x"], "y", vec![])]).contains("does not follow a layer"));
	assert!(refused(vec![matmul(), node("MatMul", &["m", "w"], "y", vec![])]).contains("no activation"));
	assert!(refused(vec![matmul(), node("Relu", &["m"], "y", vec![])]).contains("does not end in a linear layer"));
	assert!(refused(vec![matmul(), node("Relu", &["z"], "y", vec![])]).contains("the value before it"));
	assert!(refused(vec![node("Gemm", &["x", "w"], "y", vec![int("transA", 1)])]).contains("transA"));
	assert!(refused(vec![node("MatMul", &["x", "none"], "y", vec![])]).contains("not in the file"));
	assert!(refused(vec![node("MatMul", &["x", "b"], "y", vec![])]).contains("no matrix"));
	let short = model(vec![matmul()], vec![floats("w", &[2, 2], &[1.0; 3])]);
	assert!(read(&short).unwrap_err().to_string().contains("as many numbers"));
	let infinite = model(vec![matmul()], vec![floats("w", &[1, 1], &[f32::INFINITY])]);
	assert!(read(&infinite).unwrap_err().to_string().contains("not finite"));
}

/// Rows of two features on a grid.
fn grid() -> Vec<Vec<f32>> {
	(0..8).flat_map(|a| (0..8).map(move |b| vec![a as f32 / 2.0, b as f32 / 2.0])).collect()
}

fn agreement(circuit: &Circuit, model: &Model, rows: &[Vec<f32>]) -> usize {
	let class = |row: &Vec<f32>| {
		let outputs = circuit.evaluate_clear(&circuit.quantise(row).unwrap());
		circuit.plan().reading.read(&outputs).class.unwrap()
	};
	let expected = |row: &Vec<f32>| {
		let scores = model.scores(row);
		(0..scores.len()).rev().max_by(|one, other| scores[*one].total_cmp(&scores[*other])).unwrap()
	};
	rows.iter().filter(|row| class(row) == expected(row)).count()
}

#[test]
fn a_perceptron_of_two_hidden_layers_has_two_waves_of_lookups() {
	// Is a < b, or far from it: a hidden layer of differences, and one that weighs them.
	let first = floats("w1", &[2, 3], &[1., -1., 0.5, -1., 1., 0.5]);
	let second = floats("w2", &[3, 3], &[1., 0., 0.5, 0., 1., 0.5, 0.1, 0.1, 0.]);
	let third = floats("w3", &[3, 2], &[1., 0., 0., 1., 0.2, 0.1]);
	let nodes = vec![
		node("MatMul", &["x", "w1"], "a", vec![]),
		node("Relu", &["a"], "b", vec![]),
		node("MatMul", &["b", "w2"], "c", vec![]),
		node("Relu", &["c"], "d", vec![]),
		node("MatMul", &["d", "w3"], "y", vec![]),
	];
	let bytes = model(nodes, vec![first, second, third]);
	let options = Options { calibration: grid(), ..Default::default() };
	let conversion = convert(&bytes, &options).unwrap();
	assert_eq!((conversion.report.bootstraps, conversion.report.depth), (6, 2));
	let agree = agreement(&conversion.circuit, &read(&bytes).unwrap(), &grid());
	assert!(agree >= 56, "{agree} of 64");
}

#[test]
fn a_layer_of_signs_is_looked_up_without_padding() {
	let first = floats("w1", &[2, 2], &[1., 1., -1., 1.]);
	let bias = floats("b1", &[2], &[0.2, -3.7]);
	let second = floats("w2", &[2, 2], &[1., -1., 0.5, -0.25]);
	let nodes = vec![
		node("Gemm", &["x", "w1", "b1"], "a", vec![]),
		node("Sign", &["a"], "b", vec![]),
		node("MatMul", &["b", "w2"], "y", vec![]),
	];
	let bytes = model(nodes, vec![first, bias, second]);
	let options = Options { calibration: grid(), ..Default::default() };
	let conversion = convert(&bytes, &options).unwrap();
	assert_eq!(conversion.report.bootstraps, 2);
	let agree = agreement(&conversion.circuit, &read(&bytes).unwrap(), &grid());
	assert!(agree >= 58, "{agree} of 64");
}

/// One tree: `x0 MODE 1.0`, and below its "yes" `x1 <= 2.0`.
struct Tree {
	mode: &'static str,
	post: &'static str,
	yes: Vec<i64>,
}

impl Tree {
	fn bytes(&self) -> Vec<u8> {
		let ints =
			|name: &str, ints: &[i64]| AttributeProto { name: name.into(), ints: ints.to_vec(), ..Default::default() };
		let modes = [self.mode, "BRANCH_LEQ", "LEAF", "LEAF", "LEAF"];
		let strings = modes.iter().map(|mode| mode.as_bytes().to_vec()).collect();
		let numbers = |name: &str, floats: &[f32]| AttributeProto {
			name: name.into(),
			floats: floats.to_vec(),
			..Default::default()
		};
		let attributes = vec![
			ints("nodes_treeids", &[0; 5]),
			ints("nodes_nodeids", &[0, 1, 2, 3, 4]),
			ints("nodes_featureids", &[0, 1, 0, 0, 0]),
			numbers("nodes_values", &[1.0, 2.0, 0.0, 0.0, 0.0]),
			ints("nodes_truenodeids", &self.yes),
			ints("nodes_falsenodeids", &[4, 3, 0, 0, 0]),
			AttributeProto { name: "nodes_modes".into(), strings, ..Default::default() },
			ints("class_treeids", &[0; 3]),
			ints("class_nodeids", &[2, 3, 4]),
			ints("class_ids", &[0; 3]),
			numbers("class_weights", &[0.75, -0.5, -1.0]),
			ints("classlabels_int64s", &[0, 1]),
			AttributeProto { name: "post_transform".into(), s: self.post.into(), ..Default::default() },
			numbers("base_values", &[0.25]),
		];
		model(vec![node("TreeEnsembleClassifier", &["x"], "label", attributes)], vec![])
	}
}

const YES: [i64; 5] = [1, 2, 0, 0, 0];

#[test]
fn comparisons_of_every_direction_are_decided_on_both_sides_and_on_the_threshold() {
	let yes = |mode: &str, x: f32| match mode {
		"BRANCH_LEQ" => x <= 1.0,
		"BRANCH_LT" => x < 1.0,
		"BRANCH_GT" => x > 1.0,
		_ => x >= 1.0,
	};
	for mode in ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GT", "BRANCH_GTE"] {
		let bytes = Tree { mode, post: "LOGISTIC", yes: YES.to_vec() }.bytes();
		let circuit = convert(&bytes, &Options::default()).unwrap().circuit;
		assert_eq!((circuit.bootstraps(), circuit.waves().len()), (2, 2));
		assert_eq!(circuit.plan().reading.decision, Decision::Sigmoid);
		for x0 in [0.5, 1.0f32.next_down(), 1.0, 1.0f32.next_up(), 1.5] {
			for x1 in [1.0, 2.0, 3.0] {
				let leaf = match (yes(mode, x0), x1 <= 2.0) {
					(true, true) => 0.75,
					(true, false) => -0.5,
					(false, _) => -1.0,
				};
				let outputs = circuit.evaluate_clear(&circuit.quantise(&[x0, x1]).unwrap());
				let score = circuit.plan().reading.read(&outputs).scores[0];
				assert!((score - leaf - 0.25).abs() < 0.02, "{mode} {x0} {x1}: {score}");
			}
		}
	}
}

#[test]
fn one_score_of_two_classes_decides_by_its_sign_or_its_half() {
	let decision = |bytes: &[u8]| match read(bytes).unwrap() {
		Model::Forest(forest) => forest.decision,
		Model::Dense(_) => panic!("a tree"),
	};
	let tree = Tree { mode: "BRANCH_LEQ", post: "NONE", yes: YES.to_vec() };
	assert_eq!(decision(&tree.bytes()), Decision::Above(Real::new(0.0)), "a weight is negative");
	let probit = Tree { post: "PROBIT", ..tree };
	assert!(read(&probit.bytes()).unwrap_err().to_string().contains("post_transform"));
}

#[test]
fn trees_that_are_none_are_refused() {
	let refused =
		|mode, yes: [i64; 5]| read(&Tree { mode, post: "NONE", yes: yes.to_vec() }.bytes()).unwrap_err().to_string();
	assert!(refused("BRANCH_EQ", YES).contains("equality"));
	assert!(refused("BRANCH_LEQ", [1, 0, 0, 0, 0]).contains("twice to one"), "a circle");
	assert!(refused("BRANCH_LEQ", [1, 9, 0, 0, 0]).contains("not there"));
	assert!(refused("LEAF", YES).contains("nothing leads to"));
	let short = Tree { mode: "BRANCH_LEQ", post: "NONE", yes: vec![1, 2] };
	assert!(read(&short.bytes()).unwrap_err().to_string().contains("incomplete"));
}
