//! Decision trees and ensembles of them: ONNX-ML's TreeEnsembleClassifier and TreeEnsembleRegressor.

use std::collections::HashMap;

use super::{attribute, Graph, ModelError, NodeProto};
use crate::circuit::{Decision, Real};

const MAX_DEPTH: usize = 64;

/// A comparison: `left` where the feature is at most the threshold.
#[derive(Clone, Debug, PartialEq)]
pub struct Branch {
	/// Which number of the row.
	pub feature: usize,
	/// What it is compared with.
	pub threshold: f32,
	/// Where it is at most the threshold.
	pub left: Box<TreeNode>,
	/// Where it is above.
	pub right: Box<TreeNode>,
}

/// What a tree says: a weight for each output.
pub type Leaf = Vec<f64>;

/// A node of a tree.
#[derive(Clone, Debug, PartialEq)]
pub enum TreeNode {
	/// A comparison.
	Branch(Branch),
	/// An end.
	Leaf(Leaf),
}

/// An ensemble.
#[derive(Clone, Debug, PartialEq)]
pub struct Forest {
	/// Numbers in a row.
	pub features: usize,
	/// The trees, whose weights add up.
	pub trees: Vec<TreeNode>,
	/// What is added to each output.
	pub base: Vec<f64>,
	/// What the scores decide.
	pub decision: Decision,
}

impl TreeNode {
	/// The leaf of a row.
	pub fn leaf(&self, row: &[f32]) -> &Leaf {
		match self {
			Self::Leaf(leaf) => leaf,
			Self::Branch(branch) => {
				let value = row.get(branch.feature).copied().unwrap_or(f32::NAN);
				if value <= branch.threshold {
					branch.left.leaf(row)
				} else {
					branch.right.leaf(row)
				}
			},
		}
	}

	/// Calls `f` for each comparison.
	pub fn branches<'a>(&'a self, f: &mut impl FnMut(&'a Branch)) {
		if let Self::Branch(branch) = self {
			f(branch);
			branch.left.branches(f);
			branch.right.branches(f);
		}
	}
}

impl Forest {
	/// The scores of a row, in floating point.
	pub fn scores(&self, row: &[f32]) -> Vec<f64> {
		let mut scores = self.base.clone();
		for tree in &self.trees {
			scores.iter_mut().zip(tree.leaf(row)).for_each(|(score, weight)| *score += weight);
		}
		scores
	}
}

fn refuse(node: &NodeProto, why: &'static str) -> ModelError {
	ModelError::Operator { op: node.op_type.clone(), why }
}

pub(super) fn read(graph: &Graph<'_>, node: &NodeProto) -> Result<Forest, ModelError> {
	if node.input.first().map(String::as_str) != Some(graph.input) {
		return Err(refuse(node, "it does not take the model's input"));
	}
	let allowed = ["Identity", "Cast", "Normalizer", "ZipMap"];
	if let Some(other) = graph.nodes.iter().find(|other| *other != node && !allowed.contains(&other.op_type.as_str())) {
		return Err(refuse(other, "it is beside a tree ensemble"));
	}
	let classifier = node.op_type == "TreeEnsembleClassifier";
	if !classifier && node.op_type != "TreeEnsembleRegressor" {
		return Err(refuse(node, "only TreeEnsembleClassifier and TreeEnsembleRegressor are read"));
	}
	let text = |name| attribute(node, name).map(|of| String::from_utf8_lossy(&of.s).into_owned());
	let post = text("post_transform").unwrap_or_else(|| "NONE".into());
	let average = match text("aggregate_function").as_deref() {
		None | Some("SUM") => false,
		Some("AVERAGE") => true,
		Some(_) => return Err(refuse(node, "its trees are neither added nor averaged")),
	};
	let weights = Weights::read(node, if classifier { "class" } else { "target" })?;
	let labels = attribute(node, "classlabels_int64s").map_or(0, |of| of.ints.len())
		+ attribute(node, "classlabels_strings").map_or(0, |of| of.strings.len());
	// A classifier of two classes may have the weights of one: they are the positive class's score.
	let outputs = match (classifier, weights.outputs) {
		(true, 1) if labels == 2 => 1,
		(true, outputs) => labels.max(outputs),
		(false, outputs) => outputs.max(attribute(node, "n_targets").map_or(1, |of| of.i.clamp(1, 1024) as usize)),
	};
	let positive = weights.positive;
	let decision = match (classifier, outputs, post.as_str()) {
		(true, 1, "LOGISTIC") => Decision::Sigmoid,
		(true, 1, "NONE") => Decision::Above(Real::new(if positive { 0.5 } else { 0.0 })),
		(true, _, "NONE" | "SOFTMAX" | "LOGISTIC") if outputs > 1 => Decision::ArgMax,
		(false, _, "NONE") => Decision::Scores,
		_ => return Err(refuse(node, "its post_transform is none of NONE, LOGISTIC, SOFTMAX")),
	};
	let table = Table::read(node)?;
	let features = graph.features.unwrap_or(0).max(table.features);
	let mut trees = table.trees(&weights, outputs)?;
	if average {
		let count = trees.len() as f64;
		trees.iter_mut().for_each(|tree| scale(tree, 1.0 / count));
	}
	let mut base: Vec<f64> =
		attribute(node, "base_values").map_or_else(Vec::new, |of| of.floats.iter().copied().map(f64::from).collect());
	if base.len() > outputs || !base.iter().all(|base| base.is_finite()) {
		return Err(refuse(node, "its base_values are more than its outputs, or not finite"));
	}
	base.resize(outputs, 0.0);
	Ok(Forest { features, trees, base, decision })
}

fn scale(node: &mut TreeNode, by: f64) {
	match node {
		TreeNode::Leaf(leaf) => leaf.iter_mut().for_each(|weight| *weight *= by),
		TreeNode::Branch(branch) => {
			scale(&mut branch.left, by);
			scale(&mut branch.right, by);
		},
	}
}

fn ints<'a>(node: &'a NodeProto, name: &str) -> &'a [i64] {
	attribute(node, name).map_or(&[], |of| &of.ints)
}

fn floats<'a>(node: &'a NodeProto, name: &str) -> &'a [f32] {
	attribute(node, name).map_or(&[], |of| &of.floats)
}

/// The leaves' weights by tree and node.
struct Weights {
	of: HashMap<(i64, i64), Vec<(usize, f64)>>,
	outputs: usize,
	positive: bool,
}

impl Weights {
	fn read(node: &NodeProto, prefix: &str) -> Result<Self, ModelError> {
		let column = |name: &str| ints(node, &format!("{prefix}_{name}"));
		let (trees, nodes, ids) = (column("treeids"), column("nodeids"), column("ids"));
		let weights = floats(node, &format!("{prefix}_weights"));
		if [trees.len(), nodes.len(), ids.len()] != [weights.len(); 3] || weights.is_empty() {
			return Err(refuse(node, "its leaves' weights are incomplete"));
		}
		let mut read = Self { of: HashMap::new(), outputs: 0, positive: true };
		for (((tree, at), id), weight) in trees.iter().zip(nodes).zip(ids).zip(weights) {
			let id = usize::try_from(*id).ok().filter(|id| *id < 1024);
			let id = id.ok_or_else(|| refuse(node, "it has a class or target below 0 or above 1023"))?;
			if !weight.is_finite() {
				return Err(refuse(node, "it has a weight that is not finite"));
			}
			read.outputs = read.outputs.max(id + 1);
			read.positive &= *weight >= 0.0;
			read.of.entry((*tree, *at)).or_default().push((id, f64::from(*weight)));
		}
		Ok(read)
	}
}

/// One row of the ensemble's table.
struct Row {
	mode: Mode,
	feature: usize,
	threshold: f32,
	yes: i64,
	no: i64,
}

enum Mode {
	Leaf,
	/// At most; below, where `strict`. With `otherwise` the branches are exchanged.
	Compare {
		strict: bool,
		otherwise: bool,
	},
}

struct Table {
	rows: HashMap<(i64, i64), Row>,
	/// Each tree's id and first node, in the table's order.
	roots: Vec<(i64, i64)>,
	features: usize,
}

impl Table {
	fn read(node: &NodeProto) -> Result<Self, ModelError> {
		let (trees, nodes) = (ints(node, "nodes_treeids"), ints(node, "nodes_nodeids"));
		let (features, values) = (ints(node, "nodes_featureids"), floats(node, "nodes_values"));
		let (yes, no) = (ints(node, "nodes_truenodeids"), ints(node, "nodes_falsenodeids"));
		let modes = attribute(node, "nodes_modes").map_or(&[][..], |of| &of.strings);
		let count = trees.len();
		if [nodes.len(), features.len(), values.len(), yes.len(), no.len(), modes.len()] != [count; 6] || count == 0 {
			return Err(refuse(node, "its table of nodes is incomplete"));
		}
		let mut table = Self { rows: HashMap::new(), roots: Vec::new(), features: 0 };
		let columns = trees.iter().zip(nodes).zip(features).zip(values).zip(yes).zip(no).zip(modes);
		for ((((((tree, at), feature), value), yes), no), mode) in columns {
			let fault = |why| ModelError::Tree { tree: *tree, why };
			let mode = match mode.as_slice() {
				b"LEAF" => Mode::Leaf,
				b"BRANCH_LEQ" => Mode::Compare { strict: false, otherwise: false },
				b"BRANCH_LT" => Mode::Compare { strict: true, otherwise: false },
				b"BRANCH_GT" => Mode::Compare { strict: false, otherwise: true },
				b"BRANCH_GTE" => Mode::Compare { strict: true, otherwise: true },
				_ => return Err(fault("it has a comparison for equality")),
			};
			let feature = usize::try_from(*feature).ok().filter(|feature| *feature < 1 << 16);
			let feature = feature.ok_or(fault("it has a feature below 0 or above 65535"))?;
			if !matches!(mode, Mode::Leaf) {
				table.features = table.features.max(feature + 1);
				if !value.is_finite() {
					return Err(fault("it has a threshold that is not finite"));
				}
			}
			if !table.roots.iter().any(|(known, _)| known == tree) {
				table.roots.push((*tree, *at));
			}
			let row = Row { mode, feature, threshold: *value, yes: *yes, no: *no };
			if table.rows.insert((*tree, *at), row).is_some() {
				return Err(fault("it has two nodes with one id"));
			}
		}
		Ok(table)
	}

	fn trees(mut self, weights: &Weights, outputs: usize) -> Result<Vec<TreeNode>, ModelError> {
		let roots = std::mem::take(&mut self.roots);
		let trees =
			roots.iter().map(|(tree, root)| self.tree(*tree, *root, weights, outputs, 0)).collect::<Result<_, _>>()?;
		match self.rows.keys().next() {
			Some((tree, _)) => Err(ModelError::Tree { tree: *tree, why: "it has a node that nothing leads to" }),
			None => Ok(trees),
		}
	}

	/// Takes a node with everything below it out of the table: whatever is reached twice is missed.
	fn tree(
		&mut self,
		tree: i64,
		at: i64,
		weights: &Weights,
		outputs: usize,
		depth: usize,
	) -> Result<TreeNode, ModelError> {
		let fault = |why| ModelError::Tree { tree, why };
		if depth > MAX_DEPTH {
			return Err(fault("it is more than 64 comparisons deep"));
		}
		let row =
			self.rows.remove(&(tree, at)).ok_or(fault("it leads to a node that is not there, or twice to one"))?;
		let Mode::Compare { strict, otherwise } = row.mode else {
			let mut leaf = vec![0.0; outputs];
			for (id, weight) in weights.of.get(&(tree, at)).into_iter().flatten() {
				if let Some(sum) = leaf.get_mut(*id) {
					*sum += weight;
				}
			}
			return Ok(TreeNode::Leaf(leaf));
		};
		let yes = Box::new(self.tree(tree, row.yes, weights, outputs, depth + 1)?);
		let no = Box::new(self.tree(tree, row.no, weights, outputs, depth + 1)?);
		let (left, right) = if otherwise { (no, yes) } else { (yes, no) };
		// Below a number is at most the number before it.
		let threshold = if strict { row.threshold.next_down() } else { row.threshold };
		Ok(TreeNode::Branch(Branch { feature: row.feature, threshold, left, right }))
	}
}
