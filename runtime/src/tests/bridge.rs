//! From a call to the leaf that a light client on Base checks.

use super::genesis;
use crate::{configs::bridge::*, constants::currency::*, *};
use codec::{Decode, Encode};
use deepnode_primitives::{
	bridge::{
		mmr::Proof,
		tree::{committed_root, Inclusion},
		AuthoritySet, Domain, Judgement, Message, MmrLeaf, Payload, Receipt, Roots,
	},
	canonical::{Answer, Output},
	commitment::commitment,
	comparison::Comparison,
	content::{sha256, ContentRef, Payload as Content},
	task::Assurance,
	tensor::{push_tensor, Dim, ElementType, TensorSpec},
	TaskId,
};
use frame_support::{assert_ok, traits::Hooks};
use pallet_model_registry::{Format, ModelFile, ModelSpec, RuntimeClass};
use pallet_task_assignment::types::TaskStatus;
use sp_consensus_babe::{
	digests::{CompatibleDigestItem, PreDigest, SecondaryVRFPreDigest},
	make_vrf_transcript,
};
use sp_consensus_beefy::{ecdsa_crypto::AuthorityId as BeefyId, ConsensusLog, BEEFY_ENGINE_ID};
use sp_core::{crypto::VrfSecret, H160, H256};
use sp_keyring::Sr25519Keyring::{self, *};
use sp_runtime::{
	generic::OpaqueDigestItemId,
	traits::{Dispatchable, Header as _},
	Digest, DigestItem,
};

const GATEWAY: H160 = H160([0xba; 20]);

/// Alice's slot in the first epoch, with the VRF output that validators check before they import a block.
fn digest(slot: u64) -> Digest {
	let randomness = pallet_babe::Randomness::<Runtime>::get();
	let transcript = make_vrf_transcript(&randomness, slot.into(), 0);
	let vrf_signature = Alice.pair().vrf_sign(&transcript.into_sign_data());
	let digest = SecondaryVRFPreDigest { authority_index: 0, slot: slot.into(), vrf_signature };
	Digest { logs: vec![<DigestItem as CompatibleDigestItem>::babe_pre_digest(PreDigest::SecondaryVRF(digest))] }
}

/// A block that has been run.
struct Ran {
	header: Header,
	/// The leaf that it has appended, as a light client reads it.
	leaf: MmrLeaf,
}

/// Runs the block after `parent` with these calls, each of which has to succeed.
fn block(parent: &Header, calls: Vec<(RuntimeOrigin, RuntimeCall)>) -> Ran {
	let number = parent.number + 1;
	let slot = 1_000 + u64::from(number);
	let header = Header::new(number, Hash::zero(), Hash::zero(), parent.hash(), digest(slot));
	Executive::initialize_block(&header);
	// It is made of the state before the block alone, which has not changed since it was appended.
	let leaf = <BeefyMmrLeaf as sp_mmr_primitives::LeafDataProvider>::leaf_data().encode();
	let now = slot * crate::constants::time::SLOT_DURATION;
	let timestamp = RuntimeCall::Timestamp(pallet_timestamp::Call::set { now });
	for (origin, call) in [(RuntimeOrigin::none(), timestamp)].into_iter().chain(calls) {
		let name = format!("{call:?}");
		call.dispatch(origin).unwrap_or_else(|error| panic!("{name}: {error:?}"));
	}
	Ran { header: Executive::finalize_block(), leaf: MmrLeaf::decode(&mut &leaf[..]).expect("it is one of ours") }
}

fn genesis_header() -> Header {
	let header = Header::new(0, Hash::zero(), Hash::zero(), Hash::zero(), Default::default());
	frame_system::BlockHash::<Runtime>::insert(0, header.hash());
	header
}

fn by(who: Sr25519Keyring) -> RuntimeOrigin {
	RuntimeOrigin::signed(who.to_account_id())
}

fn set_gateway() -> (RuntimeOrigin, RuntimeCall) {
	let call = RuntimeCall::BaseBridge(pallet_base_bridge::Call::set_gateway { base: 8453, address: GATEWAY });
	(by(Alice), RuntimeCall::Sudo(pallet_sudo::Call::sudo { call: Box::new(call) }))
}

fn withdraw(amount: Balance, fee: Balance) -> (RuntimeOrigin, RuntimeCall) {
	let recipient = H160([7; 20]);
	(by(Bob), RuntimeCall::BaseBridge(pallet_base_bridge::Call::withdraw { recipient, amount, fee }))
}

/// The root of the mountain range that a block's header commits to.
fn mmr_root(header: &Header) -> H256 {
	let id = OpaqueDigestItemId::Consensus(&BEEFY_ENGINE_ID);
	let root = header.digest().convert_first(|log| match log.try_to(id)? {
		ConsensusLog::<BeefyId>::MmrRoot(root) => Some(root),
		_ => None,
	});
	root.expect("every block commits to a root")
}

fn receipts() -> Vec<Receipt> {
	let events = System::read_events_no_consensus().filter_map(|record| match record.event {
		RuntimeEvent::BaseBridge(pallet_base_bridge::Event::ReceiptIssued { receipt, .. }) => Some(receipt),
		_ => None,
	});
	events.collect()
}

#[test]
fn a_withdrawal_ends_in_the_leaf_that_the_next_block_appends() {
	genesis("development").execute_with(|| {
		let zero = genesis_header();
		let first = block(&zero, vec![set_gateway(), withdraw(5 * UNIT, UNIT)]);
		assert_eq!(first.leaf.leaf_extra, Roots::default().leaf_extra());
		let payload = Payload::Release { recipient: H160([7; 20]), amount: 5 * UNIT };
		let message = Message { nonce: 0, sender: H256(Bob.to_raw_public()), fee: UNIT, payload };
		assert_eq!(BaseBridge::told(1), core::slice::from_ref(&message));
		let roots = BaseBridge::roots();
		let second = block(&first.header, vec![]);
		assert_eq!(BaseBridge::roots(), Roots::default());

		let domain = Domain { chain: zero.hash(), base: 8453, gateway: GATEWAY };
		let told = message.leaf(&domain);
		let proof = Inclusion::prove(&[told], 0).unwrap();
		assert!(proof.verify(&told, &roots.messages));
		let next = pallet_beefy_mmr::BeefyNextAuthorities::<Runtime>::get();
		let next_set = AuthoritySet { id: next.id, len: next.len, root: next.keyset_commitment };
		let parent_hash = first.header.hash();
		let leaf = MmrLeaf { version: 0, parent_number: 1, parent_hash, next_set, leaf_extra: roots.leaf_extra() };
		assert_eq!(second.leaf, leaf);
		assert_eq!(mmr_root(&first.header), first.leaf.hash());
		let path = Proof::from_node(1, 2, &[first.leaf.hash()]).unwrap();
		assert!(path.verify(&leaf.hash(), &mmr_root(&second.header)));
	});
}

#[test]
fn nothing_is_minted_and_everything_is_backed() {
	genesis("development").execute_with(|| {
		let issued = Balances::total_issuance();
		assert_eq!(BaseBridge::backing().backed, issued, "the bridge is built last");
		let first = block(&genesis_header(), vec![set_gateway(), withdraw(5 * UNIT, UNIT)]);
		let backing = BaseBridge::backing();
		assert_eq!((backing.backed, backing.issuance), (issued - 6 * UNIT, issued - 6 * UNIT));
		block(&first.header, vec![]);
		assert_ok!(BaseBridge::report_refusal(RuntimeOrigin::root(), 0));
		assert_eq!(BaseBridge::backing().backed, issued - UNIT);
	});
}

#[test]
fn no_preset_knows_the_gateway_before_it_is_deployed() {
	for preset in crate::genesis_config_presets::preset_names() {
		genesis(preset.as_ref()).execute_with(|| {
			assert_eq!(BaseBridge::domain(), None);
			let call = withdraw(UNIT, 0).1;
			let refused = pallet_base_bridge::Error::<Runtime>::NoGateway.into();
			assert_eq!(call.dispatch(by(Bob)).map_err(|error| error.error), Err(refused));
		});
	}
}

/// Were there more tasks than receipts in a block, some would leave none.
#[test]
fn a_block_has_room_for_the_receipt_of_every_task_that_settles_in_it() {
	use pallet_task_assignment::WeightInfo as _;
	type Tasks = <Runtime as pallet_task_assignment::Config>::WeightInfo;
	let block = crate::configs::system::RuntimeBlockWeights::get().max_block.ref_time();
	for settles in [Tasks::decide(), Tasks::overturn()] {
		let most = block / settles.ref_time();
		assert!(most <= ReceiptsPerBlock::get().into(), "{most} tasks may settle in a block");
	}
}

/// What every block reserves for the bridge is less than a 50th of it.
#[test]
fn the_bridge_leaves_blocks_to_others() {
	genesis("development").execute_with(|| {
		let weight = BaseBridge::on_initialize(1);
		let block = crate::configs::system::RuntimeBlockWeights::get().max_block;
		assert!(weight.ref_time() * 50 < block.ref_time(), "{weight:?} of {block:?}");
	});
}

fn model() -> ModelSpec {
	let text = |text: &str| text.as_bytes().to_vec().try_into().unwrap();
	let tensor = |name: &str, length| TensorSpec {
		name: name.as_bytes().to_vec().try_into().unwrap(),
		element: ElementType::F32,
		shape: vec![Dim::Batch, Dim::Fixed(length)].try_into().unwrap(),
	};
	let uri = b"https://models.example/a".to_vec().try_into().unwrap();
	let content = ContentRef { hash: sha256(b"graph"), length: 1000, uris: vec![uri].try_into().unwrap() };
	ModelSpec {
		name: text("iris"),
		domain: b"tabular".to_vec().try_into().unwrap(),
		files: vec![ModelFile { name: text("model.onnx"), content }].try_into().unwrap(),
		format: Format::Onnx,
		opset: 17,
		inputs: vec![tensor("features", 4)].try_into().unwrap(),
		outputs: vec![tensor("scores", 3)].try_into().unwrap(),
		licence: text("Apache-2.0"),
		price: UNIT,
		comparison: Comparison::default(),
		runtime_class: RuntimeClass::Any,
		fhe: None,
		parent: None,
		data_sets: Default::default(),
	}
}

fn status(task: TaskId) -> TaskStatus<BlockNumber> {
	pallet_task_assignment::Tasks::<Runtime>::get(task).expect("the task is kept").status
}

/// Whether a worker or auditor of the task is to reveal.
fn sealed(task: TaskId) -> bool {
	pallet_attestation::Rounds::<Runtime>::get(task).is_some_and(|round| round.sealed)
}

fn account_of(who: Sr25519Keyring) -> AccountId {
	who.to_account_id()
}

#[test]
fn a_settled_task_leaves_a_receipt_below_the_next_leaf_and_its_workers_are_paid_on_base() {
	genesis("development").execute_with(|| {
		let zero = genesis_header();
		let answer = Answer::Outputs(vec![Output { dims: vec![1, 3], data: vec![1, 2, 3] }]);
		let (salt, chain) = ([9; 32], zero.hash());
		let mut calls = vec![
			set_gateway(),
			(by(Alice), RuntimeCall::ModelRegistry(pallet_model_registry::Call::register { spec: model() })),
		];
		for worker in [Bob, Charlie, Dave] {
			let join =
				pallet_task_assignment::Call::join { stake: 10_000 * UNIT, capacity: 4, owner: None, private: true };
			let payout = pallet_base_bridge::Call::set_payout_address {
				address: Some(H160::from_low_u64_be(worker as u64 + 1)),
			};
			calls.push((by(worker), RuntimeCall::TaskAssignment(join)));
			calls.push((by(worker), RuntimeCall::TaskAssignment(pallet_task_assignment::Call::serve { model: 0 })));
			calls.push((by(worker), RuntimeCall::BaseBridge(payout)));
		}
		let mut bundle = Vec::new();
		push_tensor(&mut bundle, ElementType::F32, &[1, 4], &[0; 16]);
		let input = Content::Inline(bundle.try_into().unwrap());
		let submit = pallet_task_assignment::Call::submit {
			model: 0,
			input: input.clone(),
			items: 1,
			assurance: Assurance::Pair,
			deadline: 1_000,
			max_fee: 100 * UNIT,
			seal: [3; 32],
		};
		calls.push((by(Eve), RuntimeCall::TaskAssignment(submit)));
		let mut head = block(&zero, calls).header;

		// Whoever is asked commits, an auditor too if there is one; then everybody reveals.
		let mut issued = Vec::new();
		for _ in 0..20 {
			let seats = pallet_attestation::Rounds::<Runtime>::get(0)
				.map(|round| round.everybody().cloned().collect::<Vec<_>>())
				.unwrap_or_default();
			let mut calls = Vec::new();
			for seat in seats {
				let digest = answer.digest();
				let call = if seat.commitment.is_none() {
					let commitment = commitment(&chain, 0, &seat.worker, &salt, &digest);
					pallet_attestation::Call::commit { task: 0, commitment }
				} else if !sealed(0) && seat.revealed.is_none() {
					let output = Content::Inline(answer.to_bytes().try_into().unwrap());
					pallet_attestation::Call::reveal { task: 0, salt, digest, output }
				} else {
					continue;
				};
				calls.push((RuntimeOrigin::signed(seat.worker), RuntimeCall::Attestation(call)));
			}
			head = block(&head, calls).header;
			issued = receipts();
			if !issued.is_empty() {
				break;
			}
		}
		assert!(matches!(status(0), TaskStatus::Settled { .. }), "{:?}", status(0));
		let [receipt] = &issued[..] else { panic!("one receipt: {issued:?}") };
		let task = pallet_task_assignment::Tasks::<Runtime>::get(0).unwrap();
		let workers: Vec<_> = task.workers.iter().map(|worker| H256(worker.clone().into())).collect();
		assert_eq!(receipt.workers.to_vec(), workers);
		assert_eq!((receipt.verdict, receipt.fee), (Judgement::Settled, task.fee));
		assert_eq!((receipt.input, receipt.output), (input.digest(), answer.digest()));
		assert_eq!(Some(receipt.manifest), ModelRegistry::manifest(0));
		assert_eq!(receipt.requester, H256(account_of(Eve).into()));

		// Each worker has its part on hold, to be claimed on Base.
		for worker in &task.workers {
			assert_eq!(BaseBridge::payout(worker.clone()).unwrap().earned, receipt.per_worker);
		}

		let roots = BaseBridge::roots();
		assert_eq!(roots.receipts, committed_root(&[receipt.leaf(&chain)]));
		let next = block(&head, vec![]);
		assert_eq!((next.leaf.parent_number, next.leaf.parent_hash), (head.number, head.hash()));
		assert_eq!(next.leaf.leaf_extra, roots.leaf_extra());
	});
}
