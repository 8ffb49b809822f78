use proptest::prelude::*;
use sp_consensus_beefy::{known_payloads::MMR_ROOT_ID, Payload, ValidatorSet};
use sp_core::{ecdsa, Pair as _, H256};

use super::*;

fn pairs(count: usize) -> Vec<ecdsa::Pair> {
	let pair = |index| ecdsa::Pair::from_string(&format!("//validator//{index}"), None).unwrap();
	(0..count).map(pair).collect()
}

fn set(pairs: &[ecdsa::Pair], id: u64) -> ValidatorSet<AuthorityId> {
	ValidatorSet::new(pairs.iter().map(|pair| AuthorityId::from(pair.public())), id).unwrap()
}

/// A justification as a node encodes it, signed by these validators.
fn justification(pairs: &[ecdsa::Pair], signing: impl Fn(usize) -> bool, block: u32, id: u64) -> Vec<u8> {
	let payload = Payload::from_single_entry(MMR_ROOT_ID, H256::repeat_byte(7).encode());
	let commitment = sp_consensus_beefy::Commitment { payload, block_number: block, validator_set_id: id };
	let digest = alloy::primitives::keccak256(commitment.encode()).0;
	let sign = |(index, pair): (usize, &ecdsa::Pair)| {
		signing(index).then(|| ValidatorSignature::from(pair.sign_prehashed(&digest)))
	};
	let signatures = pairs.iter().enumerate().map(sign).collect();
	VersionedFinalityProof::V1(SignedCommitment { commitment, signatures }).encode()
}

/// Who has signed, as a contract would find out.
fn signers(signed: &Signed, ballot: &Ballot, count: usize) -> Vec<(usize, Address)> {
	let set = (0..count).filter(|index| ballot.bitfield[index / 256].bit(index % 256));
	let digest = B256::from(signed.commitment.hash().0);
	let recover = |bytes: &[u8]| {
		assert!(bytes[64] == 27 || bytes[64] == 28, "v is {}", bytes[64]);
		let signature = Signature::from_raw(bytes).unwrap();
		assert_eq!(signature.normalize_s(), None, "s is high");
		signature.recover_address_from_prehash(&digest).unwrap()
	};
	set.zip(ballot.signatures.chunks(65).map(recover)).collect()
}

#[test]
fn a_quorum_of_the_signatures_is_chosen_and_no_more() {
	let pairs = pairs(10);
	let validators = Validators::new(&set(&pairs, 3)).unwrap();
	let signed = Signed::decode(&justification(&pairs, |_| true, 9, 3)).unwrap();
	let ballot = signed.ballot(&validators).unwrap();
	let signers = signers(&signed, &ballot, 10);
	assert_eq!(signers.len(), 7);
	assert_eq!(ballot.signatures.len(), 7 * 65);
	assert!(signers.iter().all(|(index, signer)| *signer == validators.addresses[*index]));
}

#[test]
fn a_signature_of_another_validator_does_not_count() {
	let pairs = pairs(4);
	let validators = Validators::new(&set(&pairs, 1)).unwrap();
	let mut signed = Signed::decode(&justification(&pairs, |index| index < 3, 9, 1)).unwrap();
	assert!(signed.ballot(&validators).is_ok());
	signed.signatures.swap(2, 3);
	let error = signed.ballot(&validators).unwrap_err();
	assert_eq!(error, CommitmentError::NoQuorum { block: 9, valid: 2, quorum: 3, validators: 4 });
}

#[test]
fn a_high_s_is_made_low() {
	let pairs = pairs(1);
	let validators = Validators::new(&set(&pairs, 0)).unwrap();
	let mut signed = Signed::decode(&justification(&pairs, |_| true, 1, 0)).unwrap();
	let low = signed.ballot(&validators).unwrap();
	let order: U256 = "0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141".parse().unwrap();
	let signature = signed.signatures[0].as_mut().unwrap();
	let high = order - U256::from_be_slice(&signature[32..64]);
	signature[32..64].copy_from_slice(&high.to_be_bytes::<32>());
	signature[64] ^= 1;
	assert_eq!(signed.ballot(&validators).unwrap(), low);
}

#[test]
fn a_commitment_of_another_set_is_refused() {
	let pairs = pairs(4);
	let signed = Signed::decode(&justification(&pairs, |_| true, 9, 1)).unwrap();
	for (count, id) in [(4, 2), (3, 1)] {
		let other = Validators::new(&set(&pairs[..count], id)).unwrap();
		assert!(matches!(signed.ballot(&other), Err(CommitmentError::OtherSet { .. })));
	}
}

#[test]
fn what_is_no_commitment_to_one_root_is_refused() {
	assert_eq!(Signed::decode(&[1, 2, 3]), Err(CommitmentError::Malformed(3)));
	let payload = Payload::from_single_entry(MMR_ROOT_ID, vec![1; 32]).push_raw(*b"zz", vec![2]);
	let commitment = sp_consensus_beefy::Commitment { payload, block_number: 5u32, validator_set_id: 0 };
	let proof =
		VersionedFinalityProof::<_, ValidatorSignature>::V1(SignedCommitment { commitment, signatures: vec![] });
	assert_eq!(Signed::decode(&proof.encode()), Err(CommitmentError::OtherPayload(5)));
}

#[test]
fn the_logs_of_a_header_are_read() {
	use sp_consensus_beefy::ConsensusLog;
	let pairs = pairs(3);
	let change = ConsensusLog::AuthoritiesChange(set(&pairs, 8)).encode();
	let Log::Validators(validators) = Log::decode(&change).unwrap() else { panic!("no validators") };
	assert_eq!((validators.id, validators.addresses.len()), (8, 3));
	let root = ConsensusLog::<AuthorityId>::MmrRoot(H256::repeat_byte(5)).encode();
	assert_eq!(Log::decode(&root), Ok(Log::Root(B256::repeat_byte(5))));
	assert_eq!(Log::decode(&ConsensusLog::<AuthorityId>::OnDisabled(1).encode()), Ok(Log::Other));
}

#[test]
fn an_address_is_that_of_the_validators_key() {
	// The well-known BEEFY key of //Alice and its Ethereum address.
	let alice = ecdsa::Pair::from_string("//Alice", None).unwrap();
	let validators = Validators::new(&set(&[alice], 0)).unwrap();
	let expected: Address = "0xE04CC55ebEE1cBCE552f250e85c57B70B2E2625b".parse().unwrap();
	assert_eq!(validators.addresses, [expected]);
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(16))]

	#[test]
	fn enough_signatures_make_a_ballot_and_too_few_do_not(count in 1usize..24, absent in any::<u64>(), id: u64) {
		let pairs = pairs(count);
		let signing = |index: usize| absent >> (index % 64) & 1 == 0;
		let present = (0..count).filter(|index| signing(*index)).count();
		let signed = Signed::decode(&justification(&pairs, signing, 77, id)).unwrap();
		let validators = Validators::new(&set(&pairs, id)).unwrap();
		let quorum = quorum(count as u32) as usize;
		match signed.ballot(&validators) {
			Ok(ballot) => {
				let signers = signers(&signed, &ballot, count);
				prop_assert_eq!(signers.len(), quorum);
				prop_assert!(signers.iter().all(|(index, signer)| *signer == validators.addresses[*index]));
			},
			Err(error) => {
				prop_assert!(present < quorum);
				prop_assert_eq!(error, CommitmentError::NoQuorum { block: 77, valid: present, quorum, validators: count });
			},
		}
	}
}
