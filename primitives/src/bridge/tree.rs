//! The binary Merkle tree of one block's leaves, and its root bound to their count.
//!
//! The tree is that of `binary-merkle-tree`. A proof is checked here against the shape that its count gives: exactly
//! as many items as that needs, no more. (That crate's own check takes a short proof of a leaf that moved up for
//! several positions, so it is not relied on.)

use alloc::vec::Vec;

use codec::{Decode, Encode};
use scale_info::TypeInfo;
use sp_core::H256;

use super::{abi::Words, node, TREE_TAG};

/// The level above `level`.
fn parents(level: &[H256]) -> Vec<H256> {
	level
		.chunks(2)
		.filter_map(|pair| match pair {
			[left, right] => Some(node(left, right)),
			[alone] => Some(*alone),
			_ => None,
		})
		.collect()
}

/// The root of the tree over these leaves, which are hashes already; zero where there are none.
pub fn merkle_root(leaves: &[H256]) -> H256 {
	let mut level = leaves.to_vec();
	while level.len() > 1 {
		level = parents(&level);
	}
	level.first().copied().unwrap_or_default()
}

/// The tree's root, bound to the count of its leaves.
fn commit(count: u32, root: &H256) -> H256 {
	Words::tagged(TREE_TAG).uint(count).word(root.as_fixed_bytes()).hash()
}

/// The committed root of these leaves; zero where there are none. There are fewer than `2^32`.
pub fn committed_root(leaves: &[H256]) -> H256 {
	match leaves.len() as u32 {
		0 => H256::zero(),
		count => commit(count, &merkle_root(leaves)),
	}
}

/// That a leaf is below a committed root.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Inclusion {
	/// The leaf's position.
	pub index: u32,
	/// How many leaves there are.
	pub count: u32,
	/// The neighbours from the leaf upwards; none of a level at which the node has no neighbour.
	pub items: Vec<H256>,
}

impl Inclusion {
	/// The proof of the leaf at `index`; `None` where there is no such leaf.
	pub fn prove(leaves: &[H256], index: u32) -> Option<Self> {
		let count = leaves.len() as u32;
		if index >= count {
			return None;
		}
		let (mut level, mut at, mut items) = (leaves.to_vec(), index as usize, Vec::new());
		while level.len() > 1 {
			items.extend(level.get(at ^ 1));
			level = parents(&level);
			at >>= 1;
		}
		Some(Self { index, count, items })
	}

	/// The committed root that `leaf` has by this proof; `None` where the proof has not the shape that its count
	/// gives.
	pub fn root(&self, leaf: &H256) -> Option<H256> {
		if self.index >= self.count {
			return None;
		}
		let (mut hash, mut at, mut width) = (*leaf, self.index, self.count);
		let mut items = self.items.iter();
		while width > 1 {
			if at ^ 1 < width {
				let item = items.next()?;
				hash = if at & 1 == 0 { node(&hash, item) } else { node(item, &hash) };
			}
			at >>= 1;
			width = width.div_ceil(2);
		}
		items.next().is_none().then(|| commit(self.count, &hash))
	}

	/// Whether `leaf` is below `root`. Nothing is below a root of zero.
	pub fn verify(&self, leaf: &H256, root: &H256) -> bool {
		!root.is_zero() && self.root(leaf).as_ref() == Some(root)
	}
}
