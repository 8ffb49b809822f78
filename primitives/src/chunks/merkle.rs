//! The Merkle tree hash of RFC 6962 over SHA-256.

use alloc::vec::Vec;

use sha2::{Digest as _, Sha256};

use crate::content::Digest;

pub(super) fn leaf_hash(bytes: &[u8]) -> Digest {
	Sha256::new().chain_update([0]).chain_update(bytes).finalize().into()
}

pub(super) fn node_hash(left: &Digest, right: &Digest) -> Digest {
	Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// A tree's two sides: the left one is the largest full tree that is smaller than the whole. `None`
/// where it is a single leaf.
fn halves(leaves: &[Digest]) -> Option<(&[Digest], &[Digest])> {
	let left = leaves.len().checked_next_power_of_two()?.checked_div(2)?;
	leaves.split_at_checked(left).filter(|(left, _)| !left.is_empty())
}

pub(super) fn root(leaves: &[Digest]) -> Digest {
	match halves(leaves) {
		Some((left, right)) => node_hash(&root(left), &root(right)),
		None => leaves.first().copied().unwrap_or_default(),
	}
}

/// The hashes beside a leaf's way to the root, the lowest first.
pub(super) fn path(leaves: &[Digest], leaf: usize) -> Vec<Digest> {
	let Some((left, right)) = halves(leaves) else { return Vec::new() };
	let (mut below, beside) = match leaf.checked_sub(left.len()) {
		None => (path(left, leaf), root(right)),
		Some(leaf) => (path(right, leaf), root(left)),
	};
	below.push(beside);
	below
}

/// The root that a proof leads to from a leaf of a tree with so many leaves (RFC 9162, 2.1.3.2); `None`
/// where it is too long or too short, or there is no such leaf.
pub(super) fn climb(hash: Digest, leaf: u64, leaves: u64, proof: &[Digest]) -> Option<Digest> {
	let (mut at, mut last) = (leaf, leaves.checked_sub(1)?);
	if at > last {
		return None;
	}
	let mut hash = hash;
	for beside in proof {
		if last == 0 {
			return None;
		}
		if at & 1 == 1 || at == last {
			hash = node_hash(beside, &hash);
			// A subtree without a sibling is passed on to the level where it has one.
			let levels = at.trailing_zeros();
			(at, last) = (at.checked_shr(levels)?, last.checked_shr(levels)?);
		} else {
			hash = node_hash(&hash, beside);
		}
		(at, last) = (at >> 1, last >> 1);
	}
	(last == 0).then_some(hash)
}
