use deepnode_primitives::{
	canonical::Answer,
	content::{ContentRef, Payload, Uris, MAX_INLINE_LEN},
	task::ErrorCode,
	traits::Tasks as _,
};
use frame_support::{
	assert_noop, assert_ok,
	dispatch::{GetDispatchInfo, Pays},
	traits::Get,
	weights::Weight,
};
use sp_core::H256;
use sp_runtime::DispatchError;

use crate::{mock::*, Answers, Call, Error, Event, Rounds, WeightInfo};

/// Two workers have committed the same.
fn both_committed(answer: &Answer) {
	both_committed_to(answer.digest());
}

/// Two workers have committed whatever has this digest.
fn both_committed_to(digest: [u8; 32]) {
	open(&[10, 11]);
	for worker in [10, 11] {
		assert_ok!(commit_to(worker, digest));
	}
	told();
}

#[test]
fn a_valid_reveal_is_kept_and_costs_nothing() {
	run(|| {
		let answer = scores([1, 2, 3]);
		both_committed(&answer);
		let (output, digest) = (inline(answer.to_bytes()), answer.digest());
		let outcome = Attestation::reveal(signed(10), TASK, salt(10), digest, output.clone()).unwrap();
		assert_eq!(outcome.pays_fee, Pays::No);
		assert_eq!(Answers::<Test>::get(TASK, digest), Some(output));
		let event = Event::Revealed { task: TASK, worker: account(10), digest };
		assert_eq!(events().last(), Some(&event));
		assert_eq!(told(), []);
	});
}

/// What a reveal reserves, and what it turns out to weigh.
fn weighed(worker: u8, answer: &Answer) -> (Weight, Option<Weight>) {
	let (digest, output) = (answer.digest(), inline(answer.to_bytes()));
	let call = Call::<Test>::reveal { task: TASK, salt: salt(worker), digest, output: output.clone() };
	let reserved = call.get_dispatch_info().call_weight;
	(reserved, Attestation::reveal(signed(worker), TASK, salt(worker), digest, output).unwrap().actual_weight)
}

#[test]
fn only_the_last_reveal_weighs_what_the_keeper_does_and_a_comparison_only_where_answers_differ() {
	let (a, b) = (scores([1, 2, 3]), scores([9, 9, 9]));
	let first = <() as WeightInfo>::reveal(a.to_bytes().len() as u32);
	let worst = first.saturating_add(Attestation::verdict_weight());
	let kept = first.saturating_add(Keeper::judged_weight());
	assert!(first.all_lt(kept) && kept.all_lt(worst));
	run(|| {
		both_committed(&a);
		assert_eq!(weighed(10, &a), (worst, Some(first)));
		assert_eq!(weighed(11, &a), (worst, Some(kept)));
	});
	run(|| {
		open(&[10, 11]);
		assert_ok!(commit(10, &a));
		assert_ok!(commit(11, &b));
		assert_eq!(weighed(10, &a), (worst, Some(first)));
		assert_eq!(weighed(11, &b), (worst, Some(worst)));
	});
}

#[test]
fn the_last_reveal_settles_the_round_and_keeps_its_answers() {
	run(|| {
		let answer = scores([1, 2, 3]);
		both_committed(&answer);
		assert_ok!(reveal(11, &answer));
		assert_ok!(reveal(10, &answer));
		assert_eq!(told(), [majority(&answer, &[10, 11], &[])]);
		assert_eq!(Rounds::<Test>::get(TASK).unwrap().settled, Some(answer.digest()));
		assert_eq!(Answers::<Test>::iter().count(), 1, "equal answers are kept once");
		assert_noop!(reveal(10, &answer), Error::<Test>::AlreadyRevealed);
	});
}

#[test]
fn only_those_who_were_asked_reveal() {
	run(|| {
		let answer = scores([1, 2, 3]);
		both_committed(&answer);
		assert_noop!(reveal(12, &answer), Error::<Test>::NotAssigned);
		for (origin, task, error) in [
			(signed(10), TASK + 1, Error::<Test>::NotAssigned.into()),
			(RuntimeOrigin::root(), TASK, DispatchError::BadOrigin),
		] {
			assert_noop!(Attestation::reveal(origin, task, [0; 32], [0; 32], inline(vec![])), error);
		}
	});
}

#[test]
fn who_has_not_committed_has_nothing_to_reveal() {
	run(|| {
		open(&[10, 11]);
		assert_noop!(reveal(10, &scores([1, 2, 3])), Error::<Test>::NotCommitted);
	});
}

#[test]
fn nobody_reveals_before_the_other_has_committed() {
	run(|| {
		let answer = scores([1, 2, 3]);
		open(&[10, 11]);
		assert_ok!(commit(10, &answer));
		assert_noop!(reveal(10, &answer), Error::<Test>::RevealTooEarly);
	});
}

#[test]
fn an_answer_is_revealed_once() {
	run(|| {
		let answer = scores([1, 2, 3]);
		both_committed(&answer);
		assert_ok!(reveal(10, &answer));
		assert_noop!(reveal(10, &answer), Error::<Test>::AlreadyRevealed);
	});
}

#[test]
fn what_was_not_committed_cannot_be_revealed() {
	run(|| {
		let answer = scores([1, 2, 3]);
		both_committed(&answer);
		assert_noop!(reveal(10, &scores([1, 2, 4])), Error::<Test>::CommitmentMismatch);
		let output = inline(answer.to_bytes());
		let wrong_salt = Attestation::reveal(signed(10), TASK, [0; 32], answer.digest(), output);
		assert_noop!(wrong_salt.map(drop).map_err(|failed| failed.error), Error::<Test>::CommitmentMismatch);
	});
}

#[test]
fn an_output_is_what_its_digest_names() {
	run(|| {
		let answer = scores([1, 2, 3]);
		both_committed(&answer);
		let other = inline(scores([1, 2, 4]).to_bytes());
		let revealed = Attestation::reveal(signed(10), TASK, salt(10), answer.digest(), other);
		assert_noop!(revealed.map(drop).map_err(|failed| failed.error), Error::<Test>::DigestMismatch);
	});
}

#[test]
fn bytes_that_are_no_answer_are_refused() {
	for bytes in [vec![], vec![2, 0], vec![1, 200], vec![0, 0, 0]] {
		run(|| {
			let output = inline(bytes);
			both_committed_to(output.digest());
			assert_noop!(reveal_output(10, &output), Error::<Test>::MalformedAnswer);
		});
	}
}

#[test]
fn an_output_elsewhere_is_large_and_has_a_place() {
	run(|| {
		let small = reference(MAX_INLINE_LEN.into(), &["https://data.example/a"]);
		both_committed_to(small.digest());
		assert_noop!(reveal_output(10, &small), Error::<Test>::InvalidReference);
		let nowhere = ContentRef { hash: small.digest(), length: 1 << 20, uris: Uris::default() };
		assert_noop!(reveal_output(10, &Payload::Reference(nowhere)), Error::<Test>::InvalidReference);
	});
}

#[test]
fn an_error_is_never_elsewhere() {
	for code in 0..8 {
		run(|| {
			let error = Answer::Error(ErrorCode::from_byte(code).unwrap());
			both_committed_to(error.digest());
			let Payload::Reference(place) = reference(1 << 20, &["https://data.example/a"]) else { unreachable!() };
			let hidden = Payload::Reference(ContentRef { hash: error.digest(), ..place });
			assert_noop!(reveal_output(10, &hidden), Error::<Test>::InvalidReference);
			assert_ok!(reveal(10, &error));
		});
	}
}

#[test]
fn a_reveal_fails_with_its_keeper() {
	run(|| {
		let answer = scores([1, 2, 3]);
		both_committed(&answer);
		assert_ok!(reveal(10, &answer));
		when_told(|_| Err(DispatchError::Other("no")));
		assert_noop!(frame_support::storage::with_storage_layer(|| reveal(11, &answer)), DispatchError::Other("no"));
	});
}

#[test]
fn the_genesis_hash_is_still_known_when_old_hashes_are_pruned() {
	run(|| {
		let genesis = System::block_hash(0);
		assert_ne!(genesis, H256::zero());
		let kept: u64 = <Test as frame_system::Config>::BlockHashCount::get();
		System::run_to_block::<AllPalletsWithSystem>(3 * kept);
		assert_eq!(System::block_hash(0), genesis);
		assert_eq!(System::block_hash(1), H256::zero(), "others are");
	});
}
