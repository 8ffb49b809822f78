//! The rounds as the tasks' keeper drives them.

use deepnode_primitives::{
	comparison::Comparison,
	task::MAX_SEATS,
	traits::{Rounds as _, Seat},
};
use frame_support::{assert_noop, assert_ok};

use crate::{mock::*, Answers, Error, Rounds};

fn seat(worker: u8, committed: bool, revealed: bool) -> Seat<AccountId> {
	Seat { worker: account(worker), committed, revealed }
}

#[test]
fn seats_tell_what_each_worker_has_done() {
	run(|| {
		let model = model();
		workers([10, 11], model);
		let answer = scores([1, 2, 3]);
		let (task, drawn) = assign(model);
		let (a, b) = (drawn[0], drawn[1]);
		assert_eq!(Attestation::seats(task), [seat(a, false, false), seat(b, false, false)]);
		assert_ok!(commit(b, task, &answer));
		assert_eq!(Attestation::seats(task), [seat(a, false, false), seat(b, true, false)]);
		assert_ok!(commit(a, task, &answer));
		assert_ok!(reveal(b, task, &answer));
		assert_eq!(Attestation::seats(task), [seat(a, true, false), seat(b, true, true)]);
		assert_eq!(Attestation::seats(task + 1), []);
	});
}

#[test]
fn a_round_has_a_bounded_number_of_seats() {
	run(|| {
		let many: Vec<_> = (0..=MAX_SEATS as u8).map(account).collect();
		assert_noop!(Attestation::open(0, &many, Comparison::Exact), Error::<Test>::TooManySeats);
		assert_ok!(Attestation::open(0, &many[1..], Comparison::Exact));
		Attestation::close(0);
	});
}

#[test]
fn only_a_seat_that_has_not_committed_is_given_to_another() {
	run(|| {
		let model = model();
		workers([10, 11], model);
		let (task, drawn) = assign(model);
		assert_ok!(commit(drawn[0], task, &scores([1, 2, 3])));
		let replace = |absent| Attestation::replace(task, &account(absent), &account(12));
		assert_noop!(replace(drawn[0]), Error::<Test>::NotReplaceable);
		assert_noop!(replace(13), Error::<Test>::NotReplaceable);
		assert_noop!(Attestation::replace(task + 1, &account(10), &account(12)), Error::<Test>::NotReplaceable);
		assert_ok!(replace(drawn[1]));
		assert_eq!(Attestation::seats(task), [seat(drawn[0], true, false), seat(12, false, false)]);
		// Back, for the invariants between the pallets.
		assert_ok!(Attestation::replace(task, &account(12), &account(drawn[1])));
	});
}

#[test]
fn a_closed_round_leaves_nothing_behind() {
	run(|| {
		let model = model();
		workers([10, 11], model);
		let answer = scores([1, 2, 3]);
		let (task, drawn) = assign_and_commit(model, [&answer, &answer]);
		assert_ok!(reveal(drawn[0], task, &answer));
		advance(RevealWindow::get());
		assert_eq!(Rounds::<Test>::iter().count(), 0);
		assert_eq!(Answers::<Test>::iter().count(), 0);
		Attestation::close(task);
	});
}
