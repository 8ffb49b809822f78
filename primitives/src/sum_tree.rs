//! Weighted draws without replacement in O(log n) storage reads.
//!
//! Node `(level, index)` holds the weight of the leaves `index << level .. (index + 1) << level`;
//! level 0 is the leaves. A tree of `n` leaves has its root at level `depth(n)`, index 0, and grows
//! without moving anything. The weights of a tree must add up to less than `2^128`.

use alloc::vec::Vec;

/// Where the nodes are kept. A node that was never set is 0.
pub trait Nodes {
	/// The weight below a node.
	fn get(&self, level: u8, index: u32) -> u128;
	/// Changes the weight below a node; 0 may remove it.
	fn set(&mut self, level: u8, index: u32, weight: u128);
}

/// The root's level in a tree of `leaves` leaves: the smallest `d` with `2^d >= leaves`.
pub const fn depth(leaves: u32) -> u8 {
	u32::BITS.saturating_sub(leaves.saturating_sub(1).leading_zeros()) as u8
}

/// The weight of the whole tree.
pub fn total(nodes: &impl Nodes, leaves: u32) -> u128 {
	if leaves == 0 {
		return 0;
	}
	nodes.get(depth(leaves), 0)
}

/// Appends a leaf to a tree that has `leaves` and returns its index, which is `leaves`.
///
/// # Complexity
/// O(log n) reads and writes.
pub fn push(nodes: &mut impl Nodes, leaves: u32, weight: u128) -> u32 {
	let grown = leaves.saturating_add(1);
	if leaves > 0 && depth(grown) > depth(leaves) {
		let root = nodes.get(depth(leaves), 0);
		nodes.set(depth(grown), 0, root);
	}
	set(nodes, grown, leaves, weight);
	leaves
}

/// Sets a leaf's weight in a tree that has `leaves`; a leaf that the tree does not have is left alone.
///
/// # Complexity
/// O(log n) reads and writes.
pub fn set(nodes: &mut impl Nodes, leaves: u32, leaf: u32, weight: u128) {
	if leaf >= leaves {
		return;
	}
	let old = nodes.get(0, leaf);
	for level in 0..=depth(leaves) {
		let index = leaf.checked_shr(level.into()).unwrap_or(0);
		let sum = nodes.get(level, index).saturating_sub(old).saturating_add(weight);
		nodes.set(level, index, sum);
	}
}

/// Removes the last leaf of a tree that has `leaves`.
///
/// # Complexity
/// O(log n) reads and writes.
pub fn pop(nodes: &mut impl Nodes, leaves: u32) {
	let Some(last) = leaves.checked_sub(1) else { return };
	set(nodes, leaves, last, 0);
	for level in depth(last).saturating_add(1)..=depth(leaves) {
		nodes.set(level, 0, 0);
	}
}

/// Draws a leaf with chance proportional to its weight, among those not in `excluded`.
///
/// `random` is uniform over `u128`; reducing it to the weight that is left is biased by less than
/// `weight / 2^128`. Returns `None` where no weight is left.
///
/// # Complexity
/// O(e log n) time and O(e + log n) reads, with e leaves excluded.
pub fn draw(nodes: &impl Nodes, leaves: u32, random: u128, excluded: &[u32]) -> Option<u32> {
	if leaves == 0 {
		return None;
	}
	let mut level = depth(leaves);
	let mut index = 0u32;
	let mut weights: Vec<(u32, u128)> = Vec::with_capacity(excluded.len());
	for leaf in excluded.iter().copied().filter(|leaf| *leaf < leaves) {
		if weights.iter().all(|(known, _)| *known != leaf) {
			weights.push((leaf, nodes.get(0, leaf)));
		}
	}
	let left_below = |level: u8, index: u32| {
		weights
			.iter()
			.filter(|(leaf, _)| leaf.checked_shr(level.into()).unwrap_or(0) == index)
			.fold(nodes.get(level, index), |sum, (_, weight)| sum.saturating_sub(*weight))
	};
	let mut point = random.checked_rem(left_below(level, index))?;
	while let Some(below) = level.checked_sub(1) {
		let left = index.saturating_mul(2);
		let weight = left_below(below, left);
		(level, index) = (below, left);
		if let Some(rest) = point.checked_sub(weight) {
			point = rest;
			index = left.saturating_add(1);
		}
	}
	Some(index)
}
