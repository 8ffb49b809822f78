//! Proofs in the mountain range, against the crate that the chain and its nodes use.

use deepnode_primitives::bridge::mmr::{Error, Proof};
use mmr::{leaf_index_to_mmr_size, leaf_index_to_pos, util::MemStore, Merge, MMR};
use proptest::prelude::*;
use sp_core::{Hasher, KeccakHasher, H256};

/// Hashes as `pallet-mmr` does.
struct Keccak;

impl Merge for Keccak {
	type Item = H256;

	fn merge(left: &H256, right: &H256) -> mmr::Result<H256> {
		Ok(KeccakHasher::hash(&[left.0, right.0].concat()))
	}
}

fn leaf(index: u64) -> H256 {
	KeccakHasher::hash(&index.to_be_bytes())
}

/// A mountain range's nodes, which all smaller ones are part of.
fn store(count: u64) -> MemStore<H256> {
	let store = MemStore::default();
	let mut range = MMR::<_, Keccak, _>::new(0, &store);
	for index in 0..count {
		range.push(leaf(index)).unwrap();
	}
	range.commit().unwrap();
	store
}

/// The root over the first `count` leaves, and the node's proof of one of them.
fn prove(store: &MemStore<H256>, index: u64, count: u64) -> (H256, Vec<H256>) {
	let range = MMR::<_, Keccak, _>::new(leaf_index_to_mmr_size(count - 1), store);
	let proof = range.gen_proof(vec![leaf_index_to_pos(index)]).unwrap();
	(range.get_root().unwrap(), proof.proof_items().to_vec())
}

fn check(store: &MemStore<H256>, index: u64, count: u64) {
	let (root, items) = prove(store, index, count);
	let proof = Proof::from_node(index, count, &items).unwrap();
	assert!(proof.verify(&leaf(index), &root), "leaf {index} of {count}");
	assert!(!proof.verify(&leaf(index + 1), &root));
	for items in [&items[..items.len().saturating_sub(1)], &[&items[..], &[root]].concat()] {
		if items.len() != proof.items.len() {
			let expected = Error::Items { expected: proof.items.len(), found: items.len() };
			assert_eq!(Proof::from_node(index, count, items), Err(expected));
			assert_eq!(Proof { items: items.to_vec(), ..proof.clone() }.root(&leaf(index)), None);
		}
	}
}

#[test]
fn every_leaf_of_every_small_range_is_proven() {
	let store = store(140);
	for count in 1..=140 {
		(0..count).for_each(|index| check(&store, index, count));
	}
}

#[test]
fn leaves_of_large_ranges_are_proven() {
	let store = store(5000);
	for count in [511, 512, 513, 1023, 1024, 1025, 2047, 4095, 4096, 4097, 5000] {
		for index in [0, 1, 2, count / 3, count / 2, count - 3, count - 2, count - 1] {
			check(&store, index, count);
		}
	}
}

#[test]
fn there_is_no_proof_of_a_leaf_that_there_is_not() {
	let none = |index, count| {
		assert_eq!(Proof::from_node(index, count, &[]), Err(Error::NoLeaf { index, count }));
		assert_eq!(Proof { index, count, items: vec![] }.root(&leaf(0)), None);
	};
	none(0, 0);
	none(1, 1);
	none(u64::MAX, 7);
	none(u64::MAX, u64::MAX);
	let error = Proof::from_node(9, 7, &[]).unwrap_err().to_string();
	assert_eq!(error, "a mountain range of 7 leaves has none with the index 9; ask for a later block's root");
}

#[test]
fn nothing_is_below_a_root_of_zero() {
	assert!(!Proof { index: 0, count: 1, items: vec![] }.verify(&H256::zero(), &H256::zero()));
}

#[test]
fn the_largest_range_has_as_many_items_as_it_has_peaks_and_more() {
	// 2^64 - 1 leaves: 64 peaks, the leaf's own 63 levels high, and the others in one item.
	let proof = Proof { index: 0, count: u64::MAX, items: vec![leaf(1); 64] };
	assert!(proof.root(&leaf(0)).is_some());
	// The last leaf is a peak: all others are to its left.
	let proof = Proof { index: u64::MAX - 1, count: u64::MAX, items: vec![leaf(1); 63] };
	assert!(proof.root(&leaf(0)).is_some());
}

proptest! {
	#[test]
	fn a_changed_proof_is_refused(
		count in 1u64..600,
		at in any::<prop::sample::Index>(),
		item in any::<prop::sample::Index>(),
		other in any::<[u8; 32]>().prop_map(H256),
		index in 0u64..700,
	) {
		let store = store(count);
		let at = at.index(count as usize) as u64;
		let (root, items) = prove(&store, at, count);
		let proof = Proof::from_node(at, count, &items).unwrap();
		prop_assert!(proof.verify(&leaf(at), &root));
		prop_assert!(!proof.verify(&other, &root));
		let moved = Proof { index, ..proof.clone() };
		prop_assert!(index == at || !moved.verify(&leaf(at), &root));
		if !proof.items.is_empty() {
			let mut changed = proof.clone();
			changed.items[item.index(proof.items.len())] = other;
			prop_assert!(!changed.verify(&leaf(at), &root));
		}
	}
}
