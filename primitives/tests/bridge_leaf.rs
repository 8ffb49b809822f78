//! Leaves and commitments, against the types that the chain uses.

use binary_merkle_tree::merkle_root;
use codec::{Decode, Encode};
use deepnode_primitives::bridge::{quorum, AuthoritySet, Commitment, MmrLeaf, COMMITMENT_LEN, MMR_LEAF_LEN};
use proptest::{collection::vec, prelude::*};
use sp_consensus_beefy::{
	known_payloads::MMR_ROOT_ID,
	mmr::{BeefyAuthoritySet, MmrLeaf as Theirs, MmrLeafVersion},
	Commitment as TheirCommitment, Payload,
};
use sp_core::{Hasher, KeccakHasher, H160, H256};

fn commitment(root: Vec<u8>, block_number: u32, validator_set_id: u64) -> TheirCommitment<u32> {
	TheirCommitment { payload: Payload::from_single_entry(MMR_ROOT_ID, root), block_number, validator_set_id }
}

#[test]
fn more_than_two_thirds_are_a_quorum() {
	assert_eq!([1, 2, 3, 4, 5, 6, 7, 100, 1000].map(quorum), [1, 2, 3, 3, 4, 5, 5, 67, 667]);
	assert_eq!(quorum(0), 0);
	for validators in 1..2000u32 {
		assert!(3 * quorum(validators) > 2 * validators && 3 * (quorum(validators) - 1) <= 2 * validators);
	}
}

#[test]
fn a_set_of_nobody_has_the_root_zero() {
	assert_eq!(AuthoritySet::of(3, &[]), AuthoritySet { id: 3, len: 0, root: H256::zero() });
}

#[test]
fn a_commitment_to_more_than_the_root_is_not_read() {
	let both = Payload::from_single_entry(MMR_ROOT_ID, vec![1; 32]).push_raw(*b"xx", vec![2]);
	let both = TheirCommitment { payload: both, block_number: 1u32, validator_set_id: 2 };
	assert_eq!(Commitment::from_bytes(&both.encode()), None);
	let other = Payload::from_single_entry(*b"xx", vec![1; 32]);
	let other = TheirCommitment { payload: other, block_number: 1u32, validator_set_id: 2 };
	assert_eq!(Commitment::from_bytes(&other.encode()), None);
	for length in [0, 31, 33] {
		assert_eq!(Commitment::from_bytes(&commitment(vec![1; length], 1, 2).encode()), None);
	}
}

proptest! {
	#[test]
	fn a_leaf_is_encoded_as_the_chains(
		version in any::<u8>(),
		parent in any::<(u32, [u8; 32])>(),
		(id, len, root) in any::<(u64, u32, [u8; 32])>(),
		extra in any::<[u8; 32]>(),
	) {
		let (parent_number, parent_hash) = (parent.0, H256(parent.1));
		let theirs = Theirs {
			version: MmrLeafVersion::new(version >> 5, version & 31),
			parent_number_and_hash: (parent_number, parent_hash),
			beefy_next_authority_set: BeefyAuthoritySet { id, len, keyset_commitment: H256(root) },
			leaf_extra: H256(extra),
		};
		let next_set = AuthoritySet { id, len, root: root.into() };
		let ours = MmrLeaf { version, parent_number, parent_hash, next_set, leaf_extra: extra.into() };
		prop_assert_eq!(ours.encode().len(), MMR_LEAF_LEN);
		prop_assert_eq!(ours.encode(), theirs.encode());
		prop_assert_eq!(MmrLeaf::decode(&mut &theirs.encode()[..]), Ok(ours));
		prop_assert_eq!(ours.hash(), KeccakHasher::hash(&theirs.encode()));
	}

	#[test]
	fn a_commitment_is_encoded_as_the_validators_sign_it(
		mmr_root in any::<[u8; 32]>(),
		block_number in any::<u32>(),
		validator_set_id in any::<u64>(),
	) {
		let theirs = commitment(mmr_root.to_vec(), block_number, validator_set_id).encode();
		let ours = Commitment { mmr_root: mmr_root.into(), block_number, validator_set_id };
		prop_assert_eq!(&ours.to_bytes()[..], &theirs);
		prop_assert_eq!(ours.hash(), KeccakHasher::hash(&theirs));
		prop_assert_eq!(Commitment::from_bytes(&theirs), Some(ours));
		prop_assert_eq!(Commitment::from_bytes(&theirs[..COMMITMENT_LEN - 1]), None);
		prop_assert_eq!(Commitment::from_bytes(&[&theirs[..], &[0]].concat()), None);
	}

	#[test]
	fn a_sets_root_is_the_chains(id in any::<u64>(), addresses in vec(any::<[u8; 20]>().prop_map(H160), 1..200)) {
		let root = merkle_root::<KeccakHasher, _>(addresses.iter().map(|address| address.0.to_vec()));
		prop_assert_eq!(AuthoritySet::of(id, &addresses), AuthoritySet { id, len: addresses.len() as u32, root });
	}
}
