//! Trees: one lookup for each comparison, and sums for the rest.
//!
//! A comparison's result is not merely "at most the threshold" but "the row comes here, and is at most the threshold":
//!
//! ```text
//! left(node) = step(rank(threshold) - rank(value) - K(node) * (1 - here(node)))
//! right(node) = here(node) - left(node)
//! ```
//!
//! where ranks are among the feature's thresholds (so that nothing is lost, see [`Quantiser::Ranks`]) and `K` is just large
//! enough to make the index negative where the row does not come. So the children's `here` are wires or differences of
//! wires, and what the tree says is a sum of them: one bootstrap a comparison and none to put them together.

use std::collections::BTreeMap;

use super::ConvertError;
use crate::{
	circuit::{Circuit, CircuitError, Input, Node, Plan, Quantiser, Reading, Real, Sum, Table, Term, VERSION},
	onnx::{Forest, TreeNode},
	params::BOOTSTRAP,
};

/// The most bits of modulus that are tried for the leaves' weights.
const MODULUS_BITS: u8 = 16;
/// A table's bits, at most.
const TABLE_BITS: u8 = 6;

pub(super) fn convert(forest: &Forest) -> Result<Circuit, ConvertError> {
	let mut thresholds: BTreeMap<usize, Vec<f32>> = BTreeMap::new();
	for tree in &forest.trees {
		tree.branches(&mut |branch| thresholds.entry(branch.feature).or_default().push(branch.threshold));
	}
	let quantisers: BTreeMap<usize, Quantiser> =
		thresholds.into_iter().map(|(feature, thresholds)| (feature, Quantiser::ranks(thresholds))).collect();
	let most = quantisers.iter().max_by_key(|(_, of)| of.largest()).ok_or(ConvertError::Constant)?;
	// A table of 2^bits entries holds indices down to -(largest rank + 1).
	let limit = (1usize << (TABLE_BITS - 1)) - 1;
	if most.1.largest() as usize > limit {
		return Err(ConvertError::Thresholds { feature: *most.0, found: most.1.largest() as usize, limit });
	}
	let bits = (most.1.largest() + 1).next_power_of_two().ilog2() as u8 + 1;

	let reach = reach(forest);
	if reach == 0.0 {
		return Err(ConvertError::Constant);
	}
	// The finest weights whose noise is small enough.
	let mut refusal = ConvertError::Constant;
	for modulus_bits in (bits + 1..=MODULUS_BITS).rev() {
		let room = 2f64.powi(i32::from(modulus_bits) - 1) - 1.0 - forest.trees.len() as f64;
		if room <= 0.0 {
			break;
		}
		match Builder::new(&quantisers, bits, modulus_bits, room / reach).circuit(forest) {
			Ok(circuit) => return Ok(circuit),
			Err(error @ CircuitError::Failure { .. }) => refusal = error.into(),
			Err(error) => return Err(error.into()),
		}
	}
	Err(refusal)
}

/// The largest magnitude of a score without its base.
fn reach(forest: &Forest) -> f64 {
	let outputs = forest.base.len();
	let sums = |pick: fn(f64, f64) -> f64| {
		let mut sums = vec![0.0; outputs];
		for tree in &forest.trees {
			let mut best: Option<Vec<f64>> = None;
			leaves(tree, &mut |leaf| {
				best = Some(match best.take() {
					None => leaf.clone(),
					Some(best) => best.iter().zip(leaf).map(|(one, other)| pick(*one, *other)).collect(),
				});
			});
			sums.iter_mut().zip(best.into_iter().flatten()).for_each(|(sum, weight)| *sum += weight);
		}
		sums
	};
	sums(f64::max).into_iter().chain(sums(f64::min)).fold(0.0, |reach, sum| reach.max(sum.abs()))
}

fn leaves<'a>(node: &'a TreeNode, f: &mut impl FnMut(&'a Vec<f64>)) {
	match node {
		TreeNode::Leaf(leaf) => f(leaf),
		TreeNode::Branch(branch) => {
			leaves(&branch.left, f);
			leaves(&branch.right, f);
		},
	}
}

/// A sum that is still being made.
#[derive(Clone, Default)]
struct Expression {
	terms: BTreeMap<u32, i64>,
	constant: i64,
}

impl Expression {
	fn add(&mut self, other: &Self, times: i64) {
		for (wire, coefficient) in &other.terms {
			*self.terms.entry(*wire).or_default() += coefficient * times;
		}
		self.constant += other.constant * times;
	}

	fn wire(wire: u32) -> Self {
		Self { terms: BTreeMap::from([(wire, 1)]), constant: 0 }
	}

	fn into_sum(self, times: i64) -> Sum {
		let terms = self.terms.into_iter().filter(|(_, coefficient)| *coefficient != 0);
		// Coefficients are weights of at most 16 bits, times a step of at most 2^16.
		let terms = terms.map(|(wire, coefficient)| Term { wire, coefficient: (coefficient * times) as i32 });
		Sum { terms: terms.collect(), constant: self.constant * times }
	}
}

struct Builder<'a> {
	quantisers: &'a BTreeMap<usize, Quantiser>,
	bits: u8,
	modulus_bits: u8,
	scale: f64,
	nodes: Vec<Node>,
}

impl<'a> Builder<'a> {
	fn new(quantisers: &'a BTreeMap<usize, Quantiser>, bits: u8, modulus_bits: u8, scale: f64) -> Self {
		Self { quantisers, bits, modulus_bits, scale, nodes: Vec::new() }
	}

	fn circuit(mut self, forest: &Forest) -> Result<Circuit, CircuitError> {
		let mut outputs = vec![Expression::default(); forest.base.len()];
		for tree in &forest.trees {
			self.tree(tree, Expression { constant: 1, ..Default::default() }, &mut outputs);
		}
		let input = |(feature, of): (&usize, &Quantiser)| Input { feature: *feature as u32, quantiser: of.clone() };
		Circuit::new(Plan {
			version: VERSION,
			parameters: BOOTSTRAP.id,
			modulus_bits: self.modulus_bits,
			features: forest.features as u32,
			inputs: self.quantisers.iter().map(input).collect(),
			tables: vec![Table::step(self.bits)],
			nodes: self.nodes,
			outputs: outputs.into_iter().map(|output| output.into_sum(1)).collect(),
			reading: Reading {
				scale: Real::new(1.0 / self.scale),
				offsets: forest.base.iter().copied().map(Real::new).collect(),
				decision: forest.decision,
			},
		})
	}

	/// Adds what a tree says where the row comes to it.
	fn tree(&mut self, node: &TreeNode, here: Expression, outputs: &mut [Expression]) {
		match node {
			TreeNode::Leaf(leaf) => {
				for (output, weight) in outputs.iter_mut().zip(leaf) {
					output.add(&here, (weight * self.scale).round_ties_even() as i64);
				}
			},
			TreeNode::Branch(branch) => {
				let position = self.quantisers.keys().position(|feature| *feature == branch.feature).unwrap_or(0);
				let rank = self.quantisers.get(&branch.feature).map_or(0, |of| i64::from(of.apply(branch.threshold)));
				// The row's rank is at least 0: without it the index is at most `rank`, and less `rank + 1` negative.
				let mut index = Expression::wire(position as u32);
				index.terms.values_mut().for_each(|coefficient| *coefficient = -1);
				index.add(&here, rank + 1);
				index.constant -= 1;
				let step = 1i64 << (self.modulus_bits - self.bits);
				let left = Expression::wire((self.quantisers.len() + self.nodes.len()) as u32);
				self.nodes.push(Node { input: index.into_sum(step), table: 0 });
				let mut right = here;
				right.add(&left, -1);
				self.tree(&branch.left, left, outputs);
				self.tree(&branch.right, right, outputs);
			},
		}
	}
}
