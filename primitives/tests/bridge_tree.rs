//! The tree of a block's leaves, against the crate whose tree it is.

use alloy::{
	primitives::{keccak256, B256, U256},
	sol_types::SolValue,
};
use binary_merkle_tree::{merkle_proof_raw, merkle_root_raw};
use deepnode_primitives::bridge::{
	tree::{committed_root, merkle_root, Inclusion},
	TREE_TAG,
};
use proptest::{collection::vec, prelude::*};
use sp_core::{Hasher, KeccakHasher, H256};

fn leaves(count: u32) -> Vec<H256> {
	(0..count).map(|at| KeccakHasher::hash(&at.to_be_bytes())).collect()
}

fn hashes(most: usize) -> impl Strategy<Value = Vec<H256>> {
	vec(any::<[u8; 32]>().prop_map(H256), 1..=most)
}

#[test]
fn nothing_has_the_root_zero() {
	assert_eq!(committed_root(&[]), H256::zero());
	assert_eq!(Inclusion::prove(&[], 0), None);
}

#[test]
fn the_count_is_in_the_root() {
	let [leaf] = leaves(1)[..] else { unreachable!() };
	let words = (keccak256(TREE_TAG), U256::from(1), B256::from(leaf.0));
	assert_eq!(committed_root(&[leaf]), H256(keccak256(words.abi_encode()).0));
	// Three leaves, of which the last moves up, and two of which the second is that last's.
	let three = leaves(3);
	let two = [merkle_root(&three[..2]), three[2]];
	assert_eq!(merkle_root(&three), merkle_root(&two));
	assert_ne!(committed_root(&three), committed_root(&two));
}

#[test]
fn every_leaf_of_every_small_tree_is_proven() {
	for count in 1..=130 {
		let leaves = leaves(count);
		let root = committed_root(&leaves);
		assert_eq!(merkle_root(&leaves), merkle_root_raw::<KeccakHasher, _>(leaves.iter().copied()));
		for index in 0..count {
			let proof = Inclusion::prove(&leaves, index).unwrap();
			let theirs = merkle_proof_raw::<KeccakHasher, _>(leaves.iter().copied(), index);
			assert_eq!(proof.items, theirs.proof);
			assert!(proof.verify(&leaves[index as usize], &root), "{index} of {count}");
		}
		assert_eq!(Inclusion::prove(&leaves, count), None);
	}
}

/// With one proof for several positions a leaf could be counted several times.
#[test]
fn a_promoted_leaf_has_one_position_only() {
	let leaves = leaves(5);
	let root = committed_root(&leaves);
	let proof = Inclusion::prove(&leaves, 4).unwrap();
	assert_eq!(proof.items.len(), 1);
	for index in (0..4).chain([5, 6, 7, u32::MAX]) {
		assert!(!Inclusion { index, ..proof.clone() }.verify(&leaves[4], &root), "{index}");
	}
	for count in (0..200).filter(|count| *count != 5) {
		assert!(!Inclusion { count, ..proof.clone() }.verify(&leaves[4], &root), "{count}");
	}
}

#[test]
fn the_largest_tree_takes_no_more_than_its_items() {
	let proof = Inclusion { index: u32::MAX - 1, count: u32::MAX, items: leaves(32) };
	// 2^32 - 1 leaves: the last has no neighbour at the lowest level, and one at each of the others.
	assert_eq!(proof.root(&H256::zero()), None);
	let proof = Inclusion { items: leaves(31), ..proof };
	assert!(proof.root(&H256::zero()).is_some());
}

#[test]
fn nothing_is_below_a_root_of_zero() {
	let proof = Inclusion { index: 0, count: 0, items: vec![] };
	assert!(!proof.verify(&H256::zero(), &H256::zero()));
	let proof = Inclusion { index: 0, count: 1, items: vec![] };
	assert!(!proof.verify(&H256::zero(), &H256::zero()));
}

proptest! {
	#[test]
	fn a_changed_proof_is_refused(
		leaves in hashes(70),
		at in any::<prop::sample::Index>(),
		other in any::<[u8; 32]>().prop_map(H256),
		item in any::<prop::sample::Index>(),
		index in any::<u32>(),
		count in any::<u32>(),
	) {
		let root = committed_root(&leaves);
		let at = at.index(leaves.len());
		let leaf = leaves[at];
		let proof = Inclusion::prove(&leaves, at as u32).unwrap();
		prop_assert!(proof.verify(&leaf, &root));
		prop_assert!(!proof.verify(&other, &root));
		prop_assert!(!proof.verify(&leaf, &other));
		let (moved, resized) = (Inclusion { index, ..proof.clone() }, Inclusion { count, ..proof.clone() });
		prop_assert!(moved == proof || !moved.verify(&leaf, &root));
		prop_assert!(resized == proof || !resized.verify(&leaf, &root));
		let mut longer = proof.clone();
		longer.items.insert(item.index(proof.items.len() + 1), other);
		prop_assert!(!longer.verify(&leaf, &root));
		if !proof.items.is_empty() {
			let item = item.index(proof.items.len());
			let (mut changed, mut shorter) = (proof.clone(), proof.clone());
			changed.items[item] = other;
			prop_assert!(!changed.verify(&leaf, &root));
			shorter.items.remove(item);
			prop_assert!(!shorter.verify(&leaf, &root));
		}
	}
}
