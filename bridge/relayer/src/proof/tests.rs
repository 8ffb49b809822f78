use codec::Encode as _;
use deepnode_primitives::bridge::{tree::committed_root, AuthoritySet, Domain, Payload};
use proptest::prelude::*;
use sp_core::H160;
use sp_mmr_primitives::mmr_lib::{
	helper::leaf_index_to_pos,
	util::{MemMMR, MemStore},
	Merge,
};

use super::*;

struct Nodes;

impl Merge for Nodes {
	type Item = H256;

	fn merge(left: &H256, right: &H256) -> sp_mmr_primitives::mmr_lib::Result<H256> {
		Ok(alloy::primitives::keccak256([left.0, right.0].concat()).0.into())
	}
}

/// The leaf that has block `number`'s roots.
fn leaf(number: u32, roots: &Roots) -> MmrLeaf {
	MmrLeaf {
		version: 0,
		parent_number: number,
		parent_hash: H256::from_low_u64_be(number.into()),
		next_set: AuthoritySet { id: 1, len: 4, root: H256::repeat_byte(4) },
		leaf_extra: roots.leaf_extra(),
	}
}

/// A range of `count` leaves, and what a node says of the one at `index`.
fn node_proof(count: u32, index: u32, roots: &Roots) -> (Anchor, MmrProof) {
	let store = MemStore::default();
	let mut range = MemMMR::<H256, Nodes>::new(0, &store);
	for number in 0..count {
		let roots = if number == index { *roots } else { Roots::default() };
		range.push(leaf(number, &roots).hash()).unwrap();
	}
	let root = range.get_root().unwrap();
	let proof = range.gen_proof(vec![leaf_index_to_pos(index.into())]).unwrap();
	let items = proof.proof_items().to_vec();
	let proof = LeafProof { leaf_indices: vec![index.into()], leaf_count: count.into(), items };
	let leaves = vec![leaf(index, roots).encode()];
	(Anchor { block: count, root }, MmrProof { leaves: leaves.encode(), proof: proof.encode() })
}

fn messages(count: u64) -> (Vec<Message>, Vec<H256>) {
	let domain = Domain { chain: H256::repeat_byte(1), base: 8453, gateway: H160::repeat_byte(2) };
	let message = |nonce| Message {
		nonce,
		sender: H256::repeat_byte(3),
		fee: 5,
		payload: Payload::Release { recipient: H160::repeat_byte(9), amount: 100 },
	};
	let messages: Vec<_> = (0..count).map(message).collect();
	let leaves = messages.iter().map(|message| message.leaf(&domain)).collect();
	(messages, leaves)
}

fn roots(leaves: &[H256]) -> Roots {
	Roots { messages: committed_root(leaves), ..Roots::default() }
}

#[test]
fn a_message_is_proved_under_a_commitment() {
	let (_, leaves) = messages(5);
	let roots = roots(&leaves);
	let (anchor, answer) = node_proof(11, 6, &roots);
	let proved = ProvedLeaf::new(6, anchor, &answer).unwrap();
	let proof = proved.inclusion(&roots, Kind::Message, &leaves, 4, || unreachable!()).unwrap();
	assert_eq!((proof.index, proof.count, proof.roots.rootBlock), (4, 5, 11));
	assert_eq!(proof.roots.leaf.parentNumber, 6);
	assert_eq!(proof.items.len(), 1, "the last of five has moved up twice");
}

#[test]
fn a_proof_of_another_root_is_not_sent() {
	let (anchor, answer) = node_proof(11, 6, &Roots::default());
	let other = Anchor { root: H256::repeat_byte(1), ..anchor };
	assert!(matches!(ProvedLeaf::new(6, other, &answer), Err(ProofError::OtherRoot { leaf: 6, count: 11, .. })));
}

#[test]
fn a_proof_of_another_leaf_or_among_others_is_not_sent() {
	let (anchor, answer) = node_proof(11, 6, &Roots::default());
	assert!(matches!(ProvedLeaf::new(5, anchor, &answer), Err(ProofError::OtherLeaf { leaf: 5, .. })));
	let later = Anchor { block: 12, ..anchor };
	assert!(matches!(ProvedLeaf::new(6, later, &answer), Err(ProofError::OtherLeaf { count: 12, .. })));
}

#[test]
fn what_is_no_proof_of_one_leaf_is_not_sent() {
	let (anchor, answer) = node_proof(11, 6, &Roots::default());
	let two = MmrProof { leaves: vec![vec![0u8; 113]; 2].encode(), ..answer.clone() };
	let short = MmrProof { leaves: vec![vec![0u8; 112]].encode(), ..answer.clone() };
	let trailing = MmrProof { proof: [answer.proof.clone(), vec![0]].concat(), ..answer };
	for wrong in [two, short, trailing] {
		assert_eq!(ProvedLeaf::new(6, anchor, &wrong), Err(ProofError::Malformed { leaf: 6 }));
	}
}

#[test]
fn roots_of_another_block_are_not_sent() {
	let (_, leaves) = messages(2);
	let (anchor, answer) = node_proof(4, 2, &Roots::default());
	let proved = ProvedLeaf::new(2, anchor, &answer).unwrap();
	let error = proved.inclusion(&roots(&leaves), Kind::Message, &leaves, 0, || unreachable!()).unwrap_err();
	assert!(matches!(error, ProofError::OtherRoots { block: 2, .. }), "{error}");
}

#[test]
fn what_is_not_below_the_root_is_not_sent() {
	let (_, leaves) = messages(3);
	let roots = roots(&leaves);
	let (anchor, answer) = node_proof(4, 2, &roots);
	let proved = ProvedLeaf::new(2, anchor, &answer).unwrap();
	let what = || "message 7".to_owned();
	for (kind, leaves, index) in
		[(Kind::Message, &leaves[..2], 0), (Kind::Message, &leaves[..], 3), (Kind::Receipt, &leaves[..], 0)]
	{
		let error = proved.inclusion(&roots, kind, leaves, index, what).unwrap_err();
		assert!(error.to_string().starts_with("message 7 is not leaf"), "{error}");
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	#[test]
	fn every_leaf_of_every_range_is_proved(count in 1u32..80, at in any::<prop::sample::Index>()) {
		let index = at.index(count as usize) as u32;
		let (anchor, answer) = node_proof(count, index, &Roots::default());
		let proved = ProvedLeaf::new(index, anchor, &answer).unwrap();
		prop_assert_eq!(proved.leaf.parent_number, index);
	}

	#[test]
	fn a_changed_byte_is_noticed(count in 1u32..60, at in any::<prop::sample::Index>(), byte in any::<prop::sample::Index>()) {
		let index = at.index(count as usize) as u32;
		let (anchor, mut answer) = node_proof(count, index, &Roots::default());
		let leaves = answer.leaves.len();
		let place = byte.index(leaves + answer.proof.len());
		match answer.leaves.get_mut(place) {
			Some(byte) => *byte ^= 1,
			None => answer.proof[place - leaves] ^= 1,
		}
		prop_assert!(ProvedLeaf::new(index, anchor, &answer).is_err());
	}
}
