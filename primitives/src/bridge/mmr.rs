//! Proofs in the Merkle mountain range, in the order in which the contracts read them.
//!
//! A node's proof (`mmr_generateProof`, the crate `polkadot-ckb-merkle-mountain-range`) of one leaf has the peaks to
//! the left of the leaf's own from left to right, then the leaf's path upwards, then what is to the right, bagged
//! into one item. The contracts read the path first, then what is to the right, then the peaks to the left from
//! right to left: each item is hashed in as it comes. Bagging puts the right before the left:
//! `keccak256(right ‖ left)`.

use alloc::vec::Vec;
use core::fmt;

use codec::{Decode, Encode};
use scale_info::TypeInfo;
use sp_core::H256;

use super::node;

/// Where a leaf is in a mountain range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
	/// Its position below its peak.
	offset: u64,
	/// How high its peak is: how many items its path has.
	height: u32,
	/// How many peaks there are to the left of that.
	left: u32,
	/// Whether there are any to the right.
	right: bool,
}

impl Place {
	/// `None` where there is no such leaf.
	fn of(index: u64, count: u64) -> Option<Self> {
		if index >= count {
			return None;
		}
		let mut offset = index;
		let mut left = 0u32;
		for height in (0..u64::BITS).rev() {
			let size = 1u64.checked_shl(height)?;
			if count & size == 0 {
				continue;
			}
			if offset < size {
				return Some(Self { offset, height, left, right: count & size.saturating_sub(1) != 0 });
			}
			offset = offset.saturating_sub(size);
			left = left.saturating_add(1);
		}
		None
	}

	fn items(&self) -> usize {
		self.height.saturating_add(self.left).saturating_add(self.right.into()) as usize
	}
}

/// Why a node's proof is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
	/// There is no leaf of this index.
	NoLeaf {
		/// The index.
		index: u64,
		/// How many leaves there are.
		count: u64,
	},
	/// The proof has too few or too many items.
	Items {
		/// How many a proof of this leaf has.
		expected: usize,
		/// How many there are.
		found: usize,
	},
}

impl fmt::Display for Error {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::NoLeaf { index, count } => {
				write!(
					f,
					"a mountain range of {count} leaves has none with the index {index}; ask for a later block's root"
				)
			},
			Self::Items { expected, found } => {
				write!(f, "the proof has {found} items where the leaf's place needs {expected}; ask the node again")
			},
		}
	}
}

impl core::error::Error for Error {}

/// That a leaf is below the root of a mountain range.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Proof {
	/// The leaf's index.
	pub index: u64,
	/// How many leaves the range has: the number of the block that the root is committed for.
	pub count: u64,
	/// What the contracts are given.
	pub items: Vec<H256>,
}

impl Proof {
	/// From a node's proof of one leaf: its `leaf_indices`, `leaf_count` and `items`.
	pub fn from_node(index: u64, count: u64, items: &[H256]) -> Result<Self, Error> {
		let place = Place::of(index, count).ok_or(Error::NoLeaf { index, count })?;
		let (expected, found) = (place.items(), items.len());
		let parts = (expected == found).then(|| items.split_at_checked(place.left as usize)).flatten();
		let (left, path_and_right) = parts.ok_or(Error::Items { expected, found })?;
		let items = path_and_right.iter().chain(left.iter().rev()).copied().collect();
		Ok(Self { index, count, items })
	}

	/// The root that `leaf`, the hash of a leaf, has by this proof; `None` where it has not the items that the
	/// leaf's place needs.
	pub fn root(&self, leaf: &H256) -> Option<H256> {
		let place = Place::of(self.index, self.count).filter(|place| place.items() == self.items.len())?;
		let (path, rest) = self.items.split_at_checked(place.height as usize)?;
		let mut hash = *leaf;
		for (level, item) in (0u32..).zip(path) {
			let is_right = place.offset.checked_shr(level)? & 1 == 1;
			hash = if is_right { node(item, &hash) } else { node(&hash, item) };
		}
		let (right, left) = rest.split_at_checked(place.right.into())?;
		hash = right.iter().fold(hash, |hash, item| node(item, &hash));
		Some(left.iter().fold(hash, |hash, item| node(&hash, item)))
	}

	/// Whether the leaf of this hash is below `root`. Nothing is below a root of zero.
	pub fn verify(&self, leaf: &H256, root: &H256) -> bool {
		!root.is_zero() && self.root(leaf).as_ref() == Some(root)
	}
}
