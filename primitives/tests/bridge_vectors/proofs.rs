//! Proofs in trees and mountain ranges.

use deepnode_primitives::bridge::{
	mmr::Proof,
	tree::{committed_root, Inclusion},
};
use mmr::{leaf_index_to_mmr_size, leaf_index_to_pos, util::MemStore, Merge, MMR};
use sp_core::{Hasher, KeccakHasher, H256};

use super::table::{Numbers, Table};

/// A mountain range of the crate that the chain and its nodes use, of which every earlier root can be had.
pub struct Range {
	store: MemStore<H256>,
	size: u64,
}

/// Hashes as `pallet-mmr` does.
struct Keccak;

impl Merge for Keccak {
	type Item = H256;

	fn merge(left: &H256, right: &H256) -> mmr::Result<H256> {
		Ok(KeccakHasher::hash(&[left.0, right.0].concat()))
	}
}

impl Range {
	pub fn new() -> Self {
		Self { store: MemStore::default(), size: 0 }
	}

	pub fn push(&mut self, leaf: H256) {
		let mut range = MMR::<_, Keccak, _>::new(self.size, &self.store);
		range.push(leaf).unwrap();
		self.size = range.mmr_size();
		range.commit().unwrap();
	}

	/// The root over the first `count` leaves.
	pub fn root(&self, count: u64) -> H256 {
		self.at(count).get_root().unwrap()
	}

	/// The proof of a leaf under that root.
	pub fn prove(&self, index: u64, count: u64) -> Proof {
		let proof = self.at(count).gen_proof(vec![leaf_index_to_pos(index)]).unwrap();
		Proof::from_node(index, count, proof.proof_items()).unwrap()
	}

	fn at(&self, count: u64) -> MMR<H256, Keccak, &MemStore<H256>> {
		MMR::new(leaf_index_to_mmr_size(count - 1), &self.store)
	}
}

fn leaves(name: &str, count: u64) -> Vec<H256> {
	let mut numbers = Numbers::of(name);
	(0..count).map(|_| numbers.hash()).collect()
}

/// A few leaves of a large tree: those at its edges.
fn edges(count: u64) -> Vec<u64> {
	vec![0, 1, count / 3, count / 2, count - 2, count - 1]
}

pub fn tree_proofs() -> Table {
	let leaves = leaves("tree proofs", 1000);
	let mut table = Table::default();
	let small = (1..=24).flat_map(|count| (0..count).map(move |index| (index, count)));
	let large = [31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257, 511, 513, 999, 1000];
	let large = large.into_iter().flat_map(|count| edges(count).into_iter().map(move |index| (index, count)));
	for (index, count) in small.chain(large) {
		let tree = &leaves[..count as usize];
		let proof = Inclusion::prove(tree, index as u32).unwrap();
		table.number("count", count);
		table.number("index", index);
		table.hashes("items", &proof.items);
		table.bytes("leaf", tree[index as usize]);
		table.bytes("root", committed_root(tree));
	}
	table
}

pub fn mmr_proofs() -> Table {
	let leaves = leaves("mmr proofs", 5000);
	let mut range = Range::new();
	leaves.iter().for_each(|leaf| range.push(*leaf));
	let mut table = Table::default();
	let small = (1..=33).flat_map(|count| (0..count).map(move |index| (index, count)));
	let large = [63, 64, 65, 127, 128, 129, 255, 511, 512, 513, 1000, 1023, 1024, 1025, 2047, 4095, 4097, 5000];
	let large = large.into_iter().flat_map(|count| edges(count).into_iter().map(move |index| (index, count)));
	for (index, count) in small.chain(large) {
		let proof = range.prove(index, count);
		assert!(proof.verify(&leaves[index as usize], &range.root(count)));
		table.number("count", count);
		table.number("index", index);
		table.hashes("items", &proof.items);
		table.bytes("leaf", leaves[index as usize]);
		table.bytes("root", range.root(count));
	}
	table
}
