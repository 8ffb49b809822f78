//! Weighted draws, against the naive way to do them.

use std::{cell::Cell, collections::HashMap};

use deepnode_primitives::sum_tree::{depth, draw, pop, push, set, total, Nodes};
use proptest::{collection::vec, prelude::*};

/// A store that counts what it is asked.
#[derive(Clone, Debug, Default)]
struct Store {
	nodes: HashMap<(u8, u32), u128>,
	reads: Cell<u32>,
	writes: u32,
}

impl Nodes for Store {
	fn get(&self, level: u8, index: u32) -> u128 {
		self.reads.set(self.reads.get() + 1);
		self.nodes.get(&(level, index)).copied().unwrap_or(0)
	}

	fn set(&mut self, level: u8, index: u32, weight: u128) {
		self.writes += 1;
		if weight == 0 {
			self.nodes.remove(&(level, index));
		} else {
			self.nodes.insert((level, index), weight);
		}
	}
}

impl Store {
	fn of(weights: &[u128]) -> Self {
		let mut store = Self::default();
		for (at, weight) in weights.iter().enumerate() {
			assert_eq!(push(&mut store, at as u32, *weight), at as u32);
		}
		store
	}

	/// Every node is the sum of its leaves, and there is no node beside them.
	fn check(&self, weights: &[u128]) {
		let leaves = weights.len() as u32;
		let mut expected = HashMap::new();
		for level in 0..=depth(leaves) {
			for (at, weight) in weights.iter().enumerate() {
				*expected.entry((level, at as u32 >> level)).or_insert(0) += *weight;
			}
		}
		expected.retain(|_, weight| *weight > 0);
		assert_eq!(self.nodes, expected);
		assert_eq!(total(self, leaves), weights.iter().sum::<u128>());
	}
}

/// The leaf that `point` falls on among those not excluded.
fn naive(weights: &[u128], mut point: u128, excluded: &[u32]) -> Option<u32> {
	let free = |at: usize| !excluded.contains(&(at as u32));
	let left: u128 = weights.iter().enumerate().filter(|(at, _)| free(*at)).map(|(_, weight)| weight).sum();
	point = point.checked_rem(left)?;
	for (at, weight) in weights.iter().enumerate().filter(|(at, _)| free(*at)) {
		match point.checked_sub(*weight) {
			Some(rest) => point = rest,
			None => return Some(at as u32),
		}
	}
	None
}

#[derive(Clone, Debug)]
enum Op {
	Push(u128),
	Set(prop::sample::Index, u128),
	Pop,
	Draw(u128, Vec<u32>),
}

fn weight() -> impl Strategy<Value = u128> {
	prop_oneof![Just(0u128), 1u128..20, 0u128..1 << 100]
}

fn op() -> impl Strategy<Value = Op> {
	prop_oneof![
		4 => weight().prop_map(Op::Push),
		3 => (any::<prop::sample::Index>(), weight()).prop_map(|(at, weight)| Op::Set(at, weight)),
		3 => Just(Op::Pop),
		4 => (any::<u128>(), vec(0u32..24, 0..6)).prop_map(|(random, excluded)| Op::Draw(random, excluded)),
	]
}

proptest! {
	#[test]
	fn it_does_what_a_list_does(ops in vec(op(), 0..80)) {
		let (mut store, mut model) = (Store::default(), Vec::new());
		for op in ops {
			let leaves = model.len() as u32;
			match op {
				Op::Push(weight) => {
					prop_assert_eq!(push(&mut store, leaves, weight), leaves);
					model.push(weight);
				},
				Op::Set(at, weight) if leaves > 0 => {
					let at = at.index(model.len());
					set(&mut store, leaves, at as u32, weight);
					model[at] = weight;
				},
				Op::Set(..) => {},
				Op::Pop => {
					pop(&mut store, leaves);
					model.pop();
				},
				Op::Draw(random, excluded) => {
					prop_assert_eq!(draw(&store, leaves, random, &excluded), naive(&model, random, &excluded));
				},
			}
			store.check(&model);
		}
	}

	/// Over all points of a small tree, with up to two leaves drawn before, each leaf comes up exactly
	/// as often as it weighs.
	#[test]
	fn chances_are_exactly_the_weights(weights in vec(0u128..9, 1..12), first in any::<u128>(), second in any::<u128>()) {
		let store = Store::of(&weights);
		let leaves = weights.len() as u32;
		let mut excluded = Vec::new();
		for random in [first, second, 0] {
			let left: u128 = (0..leaves).filter(|leaf| !excluded.contains(leaf)).map(|leaf| weights[leaf as usize]).sum();
			let mut hits = vec![0u128; weights.len()];
			for point in 0..left {
				hits[draw(&store, leaves, point, &excluded).unwrap() as usize] += 1;
			}
			for leaf in 0..leaves {
				let expected = if excluded.contains(&leaf) { 0 } else { weights[leaf as usize] };
				prop_assert_eq!(hits[leaf as usize], expected);
			}
			match draw(&store, leaves, random, &excluded) {
				Some(leaf) => excluded.push(leaf),
				None => prop_assert_eq!(left, 0),
			}
		}
	}

	#[test]
	fn it_reads_and_writes_in_the_logarithm(leaves in 1u32..3000, random in any::<u128>(), excluded in vec(0u32..3000, 0..5)) {
		let mut store = Store::of(&vec![1; leaves as usize]);
		let height = u32::from(depth(leaves)) + 1;

		store.reads.set(0);
		let _ = draw(&store, leaves, random, &excluded);
		prop_assert!(store.reads.get() <= excluded.len() as u32 + height);

		(store.reads, store.writes) = (Cell::new(0), 0);
		set(&mut store, leaves, leaves - 1, 7);
		prop_assert!(store.reads.get() <= height + 1 && store.writes <= height);

		(store.reads, store.writes) = (Cell::new(0), 0);
		push(&mut store, leaves, 1);
		prop_assert!(store.reads.get() <= height + 3 && store.writes <= height + 2);

		(store.reads, store.writes) = (Cell::new(0), 0);
		pop(&mut store, leaves + 1);
		prop_assert!(store.reads.get() <= height + 3 && store.writes <= height + 2);
	}
}

#[test]
fn the_root_is_where_the_leaves_fit() {
	for (leaves, expected) in [(0, 0), (1, 0), (2, 1), (3, 2), (4, 2), (5, 3), (1 << 31, 31), (u32::MAX, 32)] {
		assert_eq!(depth(leaves), expected);
	}
}

#[test]
fn an_empty_tree_draws_nobody() {
	let mut store = Store::default();
	assert_eq!(draw(&store, 0, 5, &[]), None);
	assert_eq!(total(&store, 0), 0);
	pop(&mut store, 0);
	assert!(store.nodes.is_empty());
	let store = Store::of(&[0, 0, 0]);
	assert_eq!(draw(&store, 3, 5, &[]), None);
	let store = Store::of(&[4, 4]);
	assert_eq!(draw(&store, 2, 5, &[0, 1]), None);
}

/// One leaf named twice took its weight away twice, and another could never be drawn.
#[test]
fn a_leaf_excluded_twice_counts_once() {
	let store = Store::of(&[5, 1]);
	assert_eq!(draw(&store, 2, 0, &[0, 0]), Some(1));
}

#[test]
fn leaves_that_are_not_there_are_left_alone() {
	let mut store = Store::of(&[5, 1]);
	set(&mut store, 2, 2, 9);
	store.check(&[5, 1]);
	assert_eq!(draw(&store, 2, 0, &[2, 77]), Some(0));
}

/// The last leaf of the largest tree: 32 levels above it, and no shift by 32 bits.
#[test]
fn the_largest_tree_works() {
	let mut store = Store::default();
	set(&mut store, u32::MAX, u32::MAX - 1, 3);
	set(&mut store, u32::MAX, 0, 2);
	assert_eq!(total(&store, u32::MAX), 5);
	assert_eq!(draw(&store, u32::MAX, 1, &[]), Some(0));
	assert_eq!(draw(&store, u32::MAX, 2, &[]), Some(u32::MAX - 1));
	assert_eq!(draw(&store, u32::MAX, 0, &[0]), Some(u32::MAX - 1));
	// One more leaf does not fit, and changes nothing.
	pop(&mut store, u32::MAX);
	assert_eq!(draw(&store, u32::MAX - 1, 0, &[]), Some(0));
}
