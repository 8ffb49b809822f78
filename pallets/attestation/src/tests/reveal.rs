use deepnode_primitives::{
	canonical::Answer,
	content::{ContentRef, Payload, Uris, MAX_INLINE_LEN},
};
use frame_support::{assert_noop, assert_ok, dispatch::Pays, traits::Get};
use pallet_task_assignment::types::TaskStatus;
use sp_core::H256;
use sp_runtime::DispatchError;

use crate::{mock::*, Answers, Error, Event, Rounds};

/// Two workers have committed the same.
fn both_committed(answer: &Answer) -> (u64, Vec<u8>) {
	let model = model();
	workers([10, 11], model);
	assign_and_commit(model, [answer, answer])
}

/// Two workers have committed whatever has this digest.
fn both_committed_to(digest: [u8; 32]) -> (u64, Vec<u8>) {
	let model = model();
	workers([10, 11], model);
	let (task, drawn) = assign(model);
	for worker in &drawn {
		let genesis = System::block_hash(0);
		let sealed = deepnode_primitives::commitment::commitment(&genesis, task, &account(*worker), &[0; 32], &digest);
		assert_ok!(Attestation::commit(signed(*worker), task, sealed));
	}
	(task, drawn)
}

fn reveal_payload(worker: u8, task: u64, output: &Payload) -> sp_runtime::DispatchResult {
	Attestation::reveal(signed(worker), task, [0; 32], output.digest(), output.clone())
		.map(drop)
		.map_err(|failed| failed.error)
}

#[test]
fn a_valid_reveal_is_kept_and_costs_nothing() {
	run(|| {
		let answer = scores([1, 2, 3]);
		let (task, drawn) = both_committed(&answer);
		let (output, digest) = (inline(answer.to_bytes()), answer.digest());
		let outcome = Attestation::reveal(signed(drawn[0]), task, salt(drawn[0]), digest, output.clone()).unwrap();
		assert_eq!(outcome.pays_fee, Pays::No);
		assert_eq!(Answers::<Test>::get(task, account(drawn[0])), Some(output));
		let event = Event::Revealed { task, worker: account(drawn[0]), digest };
		assert_eq!(System::read_events_no_consensus().last().unwrap().event, event.into());
	});
}

#[test]
fn the_last_reveal_ends_the_round_and_leaves_nothing_behind() {
	run(|| {
		let answer = scores([1, 2, 3]);
		let (task, drawn) = both_committed(&answer);
		all_reveal(task, &drawn, &answer);
		assert!(matches!(status(task), TaskStatus::Settled { .. }));
		assert_eq!(Rounds::<Test>::iter().count(), 0);
		assert_eq!(Answers::<Test>::iter().count(), 0);
		assert_noop!(reveal(drawn[0], task, &answer), Error::<Test>::NotAssigned);
	});
}

#[test]
fn only_those_who_were_drawn_reveal() {
	run(|| {
		let answer = scores([1, 2, 3]);
		let (task, _) = both_committed(&answer);
		assert_noop!(reveal(12, task, &answer), Error::<Test>::NotAssigned);
		assert_noop!(reveal(10, task + 1, &answer), Error::<Test>::NotAssigned);
		let root = Attestation::reveal(RuntimeOrigin::root(), task, [0; 32], [0; 32], inline(vec![]));
		assert_noop!(root, DispatchError::BadOrigin);
	});
}

#[test]
fn who_has_not_committed_has_nothing_to_reveal() {
	run(|| {
		let model = model();
		workers([10, 11], model);
		let (task, _) = assign(model);
		assert_noop!(reveal(10, task, &scores([1, 2, 3])), Error::<Test>::NotCommitted);
	});
}

#[test]
fn nobody_reveals_before_the_other_has_committed() {
	run(|| {
		let model = model();
		workers([10, 11], model);
		let answer = scores([1, 2, 3]);
		let (task, _) = assign(model);
		assert_ok!(commit(10, task, &answer));
		assert_noop!(reveal(10, task, &answer), Error::<Test>::RevealTooEarly);
	});
}

#[test]
fn an_answer_is_revealed_once() {
	run(|| {
		let answer = scores([1, 2, 3]);
		let (task, drawn) = both_committed(&answer);
		assert_ok!(reveal(drawn[0], task, &answer));
		assert_noop!(reveal(drawn[0], task, &answer), Error::<Test>::AlreadyRevealed);
	});
}

#[test]
fn what_was_not_committed_cannot_be_revealed() {
	run(|| {
		let answer = scores([1, 2, 3]);
		let (task, drawn) = both_committed(&answer);
		assert_noop!(reveal(drawn[0], task, &scores([1, 2, 4])), Error::<Test>::CommitmentMismatch);
		let output = inline(answer.to_bytes());
		let wrong_salt = Attestation::reveal(signed(drawn[0]), task, [0; 32], answer.digest(), output);
		assert_noop!(wrong_salt, Error::<Test>::CommitmentMismatch);
	});
}

#[test]
fn an_output_is_what_its_digest_names() {
	run(|| {
		let answer = scores([1, 2, 3]);
		let (task, drawn) = both_committed(&answer);
		let other = inline(scores([1, 2, 4]).to_bytes());
		let revealed = Attestation::reveal(signed(drawn[0]), task, salt(drawn[0]), answer.digest(), other);
		assert_noop!(revealed, Error::<Test>::DigestMismatch);
	});
}

#[test]
fn a_reveal_after_the_window_is_refused() {
	run(|| {
		let answer = scores([1, 2, 3]);
		let (task, drawn) = both_committed(&answer);
		advance(RevealWindow::get() - 1);
		assert_ok!(reveal(drawn[0], task, &answer));
		advance(1);
		assert_noop!(reveal(drawn[1], task, &answer), Error::<Test>::NotAssigned);
		assert_eq!(Answers::<Test>::iter().count(), 0, "and nothing stays of what was revealed");
	});
}

#[test]
fn bytes_that_are_no_answer_are_refused() {
	run(|| {
		for bytes in [vec![], vec![2, 0], vec![1, 200], vec![0, 0, 0]] {
			let output = inline(bytes);
			let (task, drawn) = both_committed_to(output.digest());
			assert_noop!(reveal_payload(drawn[0], task, &output), Error::<Test>::MalformedAnswer);
			advance(RevealWindow::get());
			// They are slashed for it; the next two are others.
			drawn.iter().for_each(|worker| {
				assert_ok!(TaskAssignment::leave(signed(*worker)));
			});
			skip(UnbondingPeriod::get());
			drawn.iter().for_each(|worker| {
				assert_ok!(TaskAssignment::withdraw(signed(*worker)));
			});
		}
	});
}

#[test]
fn an_output_elsewhere_is_large_and_has_a_place() {
	run(|| {
		let small = reference(MAX_INLINE_LEN.into());
		let (task, drawn) = both_committed_to(small.digest());
		assert_noop!(reveal_payload(drawn[0], task, &small), Error::<Test>::InvalidReference);
		let nowhere = ContentRef { hash: small.digest(), length: 1 << 20, uris: Uris::default() };
		assert_noop!(reveal_payload(drawn[0], task, &Payload::Reference(nowhere)), Error::<Test>::InvalidReference);
	});
}

#[test]
fn two_large_outputs_of_one_digest_settle() {
	run(|| {
		let output = reference(1 << 20);
		let (task, drawn) = both_committed_to(output.digest());
		drawn.iter().for_each(|worker| {
			assert_ok!(reveal_payload(*worker, task, &output));
		});
		assert!(matches!(status(task), TaskStatus::Settled { digest, .. } if digest == output.digest()));
		assert_eq!(pallet_task_assignment::Outputs::<Test>::get(task), Some(output));
	});
}

#[test]
fn the_genesis_hash_is_still_known_when_old_hashes_are_pruned() {
	run(|| {
		let genesis = System::block_hash(0);
		assert_ne!(genesis, H256::zero());
		let kept: BlockNumber = <Test as frame_system::Config>::BlockHashCount::get();
		System::run_to_block::<AllPalletsWithSystem>(3 * kept);
		assert_eq!(System::block_hash(0), genesis);
		assert_eq!(System::block_hash(1), H256::zero(), "others are");
	});
}
