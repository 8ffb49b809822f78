//! Leaves and payloads, against another implementation of the ABI.

use alloy::{
	primitives::{keccak256, Address, Bytes, B256, U256},
	sol_types::SolValue,
};
use deepnode_primitives::bridge::{
	CallData, Claim, Domain, Judgement, Kind, Malformed, Message, Payload, Receipt, Roots, CLAIM_TAG, EXTRA_TAG,
	MAX_CALL_LEN, MESSAGE_TAG, RECEIPT_TAG,
};
use proptest::{collection::vec, prelude::*};
use sp_core::{H160, H256};

fn uint(number: impl Into<u128>) -> U256 {
	U256::from(number.into())
}

fn word(bytes: impl Into<[u8; 32]>) -> B256 {
	B256::from(bytes.into())
}

fn address(address: H160) -> Address {
	Address::from(address.0)
}

fn tag(name: &str) -> B256 {
	keccak256(name)
}

prop_compose! {
	fn domains()(chain in any::<[u8; 32]>(), base in any::<u64>(), gateway in any::<[u8; 20]>()) -> Domain {
		Domain { chain: chain.into(), base, gateway: gateway.into() }
	}
}

fn payloads() -> impl Strategy<Value = Payload> {
	let data = vec(any::<u8>(), 0..=MAX_CALL_LEN as usize).prop_map(|data| CallData::try_from(data).unwrap());
	prop_oneof![
		(any::<[u8; 20]>(), any::<u128>())
			.prop_map(|(recipient, amount)| Payload::Release { recipient: recipient.into(), amount }),
		(any::<u64>(), any::<[u8; 32]>(), any::<u128>(), any::<u32>())
			.prop_map(|(epoch, root, total, count)| Payload::Settlement { epoch, root: root.into(), total, count }),
		(any::<u64>(), any::<u128>()).prop_map(|(epoch, amount)| Payload::Burn { epoch, amount }),
		(any::<[u8; 20]>(), data).prop_map(|(target, data)| Payload::Governance { target: target.into(), data }),
	]
}

prop_compose! {
	fn messages()(
		nonce in any::<u64>(),
		sender in any::<[u8; 32]>(),
		fee in any::<u128>(),
		payload in payloads(),
	) -> Message {
		Message { nonce, sender: sender.into(), fee, payload }
	}
}

prop_compose! {
	fn receipts()(
		(task, model, items, settled) in any::<(u64, u32, u32, bool)>(),
		(requester, manifest, input, output) in any::<([u8; 32], [u8; 32], [u8; 32], [u8; 32])>(),
		workers in vec(any::<[u8; 32]>(), 0..=5),
		parts in any::<[u128; 7]>(),
	) -> Receipt {
		let verdict = if settled { Judgement::Settled } else { Judgement::Overturned };
		let workers = workers.into_iter().map(H256).collect::<Vec<_>>().try_into().unwrap();
		let [fee, creator, per_worker, validators, treasury, community, burned] = parts;
		Receipt {
			task, model, items, verdict, requester: requester.into(), manifest, input, output, workers, fee, creator,
			per_worker, validators, treasury, community, burned,
		}
	}
}

fn abi(payload: &Payload) -> Vec<u8> {
	match payload.clone() {
		Payload::Release { recipient, amount } => (address(recipient), amount).abi_encode(),
		Payload::Settlement { epoch, root, total, count } => (epoch, word(root), total, count).abi_encode(),
		Payload::Burn { epoch, amount } => (epoch, amount).abi_encode(),
		Payload::Governance { target, data } => (address(target), Bytes::from(data.into_inner())).abi_encode_params(),
	}
}

fn message_leaf(message: &Message, domain: &Domain) -> H256 {
	let Message { nonce, sender, fee, payload } = message;
	let words = (
		tag(MESSAGE_TAG),
		word(domain.chain),
		uint(domain.base),
		address(domain.gateway),
		U256::ZERO,
		uint(*nonce),
		uint(message.kind() as u8),
		word(*sender),
		*fee,
		keccak256(abi(payload)),
	);
	H256(keccak256(words.abi_encode()).0)
}

fn claim_leaf(claim: &Claim, domain: &Domain) -> H256 {
	let Claim { epoch, index, account, amount } = *claim;
	let ends = (word(domain.chain), uint(domain.base), address(domain.gateway));
	let words = (tag(CLAIM_TAG), ends.0, ends.1, ends.2, uint(epoch), uint(index), address(account), uint(amount));
	H256(keccak256(words.abi_encode()).0)
}

fn receipt_leaf(receipt: &Receipt, chain: &H256) -> H256 {
	let workers: Vec<u8> = receipt.workers.iter().flat_map(|worker| worker.0).collect();
	let words = (
		(tag(RECEIPT_TAG), word(*chain), uint(receipt.task), uint(receipt.model), uint(receipt.items)),
		(uint(receipt.verdict as u8), word(receipt.requester), word(receipt.manifest), word(receipt.input)),
		(word(receipt.output), keccak256(workers), receipt.fee, receipt.creator, receipt.per_worker),
		(receipt.validators, receipt.treasury, receipt.community, receipt.burned),
	);
	H256(keccak256(words.abi_encode()).0)
}

#[test]
fn kinds_are_numbered_as_documented() {
	let kinds = [Kind::Release, Kind::Settlement, Kind::Burn, Kind::Governance];
	assert_eq!(kinds.map(|kind| kind as u8), [0, 1, 2, 3]);
	assert_eq!(kinds.map(|kind| Kind::from_number(kind as u8)), kinds.map(Some));
	assert_eq!(Kind::from_number(4), None);
}

#[test]
fn what_is_sent_is_the_amount_and_the_fee() {
	let message = |payload| Message { nonce: 0, sender: H256::zero(), fee: 3, payload };
	assert_eq!(message(Payload::Release { recipient: H160::zero(), amount: 40 }).sent(), 43);
	assert_eq!(message(Payload::Settlement { epoch: 0, root: H256::zero(), total: 50, count: 1 }).sent(), 53);
	assert_eq!(message(Payload::Burn { epoch: 0, amount: 60 }).sent(), 3);
	assert_eq!(message(Payload::Governance { target: H160::zero(), data: CallData::default() }).sent(), 3);
}

#[test]
fn a_payload_that_is_not_of_its_kind_is_said_to_be_so() {
	let error = Payload::from_abi(Kind::Burn, &[0; 63]).unwrap_err();
	assert_eq!(error, Malformed { kind: Kind::Burn, length: 63 });
	assert!(error.to_string().starts_with("these 63 bytes are not the payload of a burn message"), "{error}");
}

/// An encoding that another reader would take, with its data elsewhere, is not the one that was told.
#[test]
fn only_the_one_encoding_of_call_data_is_read() {
	let call = Payload::Governance { target: H160([7; 20]), data: vec![1; 33].try_into().unwrap() };
	let bytes = call.to_abi();
	assert_eq!(bytes.len(), 5 * 32);
	assert_eq!(Payload::from_abi(Kind::Governance, &bytes), Ok(call));

	let mut shifted = bytes.clone();
	shifted[63] += 32;
	shifted.splice(64..64, [0; 32]);
	assert!(Payload::from_abi(Kind::Governance, &shifted).is_err(), "an offset of three words");
	let mut dirty = bytes.clone();
	*dirty.last_mut().unwrap() = 1;
	assert!(Payload::from_abi(Kind::Governance, &dirty).is_err(), "padding that is not zero");
	assert!(Payload::from_abi(Kind::Governance, &bytes[..bytes.len() - 32]).is_err(), "a word too few");
	let longest = Payload::Governance { target: H160([7; 20]), data: vec![1; 1024].try_into().unwrap() };
	let mut longer = longest.to_abi();
	longer[95] += 1;
	longer.extend([0; 32]);
	assert!(Payload::from_abi(Kind::Governance, &longer).is_err(), "more than 1,024 bytes");
}

proptest! {
	#[test]
	fn payloads_are_what_abi_encode_gives(payload in payloads()) {
		let bytes = payload.to_abi();
		prop_assert_eq!(&bytes, &abi(&payload));
		prop_assert_eq!(Payload::from_abi(payload.kind(), &bytes), Ok(payload));
	}

	#[test]
	fn a_payload_is_read_from_its_own_bytes_only(
		payload in payloads(),
		kind in 0u8..4,
		flip in any::<prop::sample::Index>(),
		bit in 0u8..8,
		more in vec(any::<u8>(), 1..40),
	) {
		let bytes = payload.to_abi();
		let mut changed = bytes.clone();
		changed[flip.index(bytes.len())] ^= 1 << bit;
		let mut longer = bytes.clone();
		longer.extend(more);
		for bytes in [changed, longer, bytes[..flip.index(bytes.len())].to_vec()] {
			if let Ok(read) = Payload::from_abi(Kind::from_number(kind).unwrap(), &bytes) {
				prop_assert_eq!(read.to_abi(), bytes);
			}
		}
	}

	#[test]
	fn a_messages_leaf_is_the_documented_hash(message in messages(), domain in domains()) {
		prop_assert_eq!(message.leaf(&domain), message_leaf(&message, &domain));
	}

	#[test]
	fn a_claims_leaf_is_the_documented_hash(
		(epoch, index, account, amount) in any::<(u64, u32, [u8; 20], u128)>(),
		domain in domains(),
	) {
		let claim = Claim { epoch, index, account: account.into(), amount };
		prop_assert_eq!(claim.leaf(&domain), claim_leaf(&claim, &domain));
	}

	#[test]
	fn a_receipts_leaf_is_the_documented_hash(receipt in receipts(), chain in any::<[u8; 32]>()) {
		let chain = chain.into();
		prop_assert_eq!(receipt.leaf(&chain), receipt_leaf(&receipt, &chain));
	}

	#[test]
	fn the_leaf_extra_is_the_documented_hash(roots in any::<[[u8; 32]; 3]>()) {
		let [messages, settlement, receipts] = roots.map(H256);
		let words = (tag(EXTRA_TAG), word(messages), word(settlement), word(receipts));
		let extra = Roots { messages, settlement, receipts }.leaf_extra();
		prop_assert_eq!(extra, H256(keccak256(words.abi_encode()).0));
	}
}
