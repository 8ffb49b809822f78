use deepnode_primitives::{commitment::commitment, task::Verdict};
use frame_support::{assert_noop, assert_ok, dispatch::Pays};
use pallet_task_assignment::types::TaskStatus;
use sp_runtime::DispatchError;

use crate::{mock::*, Error, Event, Rounds};

fn attestation_events() -> Vec<Event<Test>> {
	let events = System::read_events_no_consensus().filter_map(|record| match record.event {
		RuntimeEvent::Attestation(event) => Some(event),
		_ => None,
	});
	events.collect()
}

fn two_workers() -> (u64, Vec<u8>) {
	let model = model();
	workers([10, 11], model);
	assign(model)
}

#[test]
fn a_valid_commitment_is_kept_and_costs_nothing() {
	run(|| {
		let (task, drawn) = two_workers();
		let sealed = sealed(drawn[0], task, &scores([1, 2, 3]));
		let outcome = Attestation::commit(signed(drawn[0]), task, sealed).unwrap();
		assert_eq!(outcome.pays_fee, Pays::No);

		let round = Rounds::<Test>::get(task).unwrap();
		let kept: Vec<_> = round.seats.iter().map(|seat| seat.commitment).collect();
		assert_eq!(kept, [Some(sealed), None]);
		assert!(attestation_events().contains(&Event::Committed { task, worker: account(drawn[0]) }));
		assert_eq!(status(task), TaskStatus::Assigned);
	});
}

#[test]
fn the_last_commitment_opens_the_reveal_window() {
	run(|| {
		let (task, drawn) = two_workers();
		events();
		all_commit(task, &drawn, &scores([1, 2, 3]));
		assert_eq!(status(task), TaskStatus::Committed);
		assert_eq!(events(), [pallet_task_assignment::Event::AnswersCommitted { task }]);
	});
}

#[test]
fn only_those_who_were_drawn_commit() {
	run(|| {
		let (task, _) = two_workers();
		let answer = scores([1, 2, 3]);
		assert_noop!(commit(12, task, &answer), Error::<Test>::NotAssigned);
		assert_noop!(commit(10, task + 1, &answer), Error::<Test>::NotAssigned);
		let root = Attestation::commit(RuntimeOrigin::root(), task, Default::default());
		assert_noop!(root, DispatchError::BadOrigin);
	});
}

#[test]
fn a_refused_call_is_paid_for() {
	run(|| {
		let failed = Attestation::commit(signed(10), 0, Default::default()).unwrap_err();
		assert_eq!(failed.post_info.pays_fee, Pays::Yes);
	});
}

#[test]
fn a_commitment_is_final() {
	run(|| {
		let (task, drawn) = two_workers();
		assert_ok!(commit(drawn[0], task, &scores([1, 2, 3])));
		assert_noop!(commit(drawn[0], task, &scores([4, 5, 6])), Error::<Test>::AlreadyCommitted);
		assert_ok!(commit(drawn[1], task, &scores([1, 2, 3])));
		assert_noop!(commit(drawn[1], task, &scores([4, 5, 6])), Error::<Test>::AlreadyCommitted);
	});
}

#[test]
fn a_commitment_after_the_window_is_refused() {
	run(|| {
		let model = model();
		workers(10..14, model);
		let (task, drawn) = assign(model);
		advance(CommitWindow::get() - 1);
		assert_ok!(commit(drawn[0], task, &scores([1, 2, 3])));
		advance(1);
		assert_noop!(commit(drawn[1], task, &scores([1, 2, 3])), Error::<Test>::NotAssigned);
	});
}

#[test]
fn a_copied_commitment_cannot_be_revealed() {
	run(|| {
		let (task, drawn) = two_workers();
		let (author, copier) = (drawn[0], drawn[1]);
		let answer = scores([1, 2, 3]);
		let copied = sealed(author, task, &answer);
		assert_ok!(Attestation::commit(signed(author), task, copied));
		assert_ok!(Attestation::commit(signed(copier), task, copied));
		assert_ok!(reveal(author, task, &answer));

		// It has seen all of its author's secrets by now, and has no commitment that they open.
		let output = inline(answer.to_bytes());
		for salt in [salt(author), salt(copier)] {
			let revealed = Attestation::reveal(signed(copier), task, salt, answer.digest(), output.clone());
			assert_noop!(revealed, Error::<Test>::CommitmentMismatch);
		}
		advance(RevealWindow::get());
		assert!(worker_of(copier).stake < STAKE, "it is slashed for withholding");
		assert!(balances(author).0 > FUNDS - STAKE, "and the author is paid");
	});
}

#[test]
fn a_commitment_is_bound_to_chain_task_and_worker() {
	let answer = scores([1, 2, 3]);
	let seal = |genesis, task, worker| commitment(&genesis, task, &account(worker), &[0; 32], &answer.digest());
	let (here, elsewhere) = (sp_core::H256::zero(), sp_core::H256::repeat_byte(1));
	let all = [seal(here, 0, 1), seal(elsewhere, 0, 1), seal(here, 1, 1), seal(here, 0, 2)];
	for (at, one) in all.iter().enumerate() {
		assert!(all[at + 1..].iter().all(|other| other != one));
	}
}

#[test]
fn a_commitment_fails_with_the_task_that_is_not_there() {
	run(|| {
		// A round without a task cannot come about; if it does, nothing changes.
		use deepnode_primitives::traits::{Rounds as _, Tasks as _};
		assert_ok!(Attestation::open(7, &[account(10)], Default::default()));
		let refused = commit(10, 7, &scores([1, 2, 3]));
		assert_eq!(refused, Err(pallet_task_assignment::Error::<Test>::UnknownTask.into()));
		assert!(TaskAssignment::judged(7, Verdict::Disagreed).is_err());
		Attestation::close(7);
	});
}
