//! A wave of a round as the tasks' keeper drives it.

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
		let answer = scores([1, 2, 3]);
		open(&[10, 11]);
		assert_eq!(Attestation::seats(TASK), [seat(10, false, false), seat(11, false, false)]);
		assert_ok!(commit(11, &answer));
		assert_eq!(Attestation::seats(TASK), [seat(10, false, false), seat(11, true, false)]);
		assert_ok!(commit(10, &answer));
		assert_ok!(reveal(11, &answer));
		assert_eq!(Attestation::seats(TASK), [seat(10, true, false), seat(11, true, true)]);
		assert_eq!(Attestation::seats(TASK + 1), []);
	});
}

#[test]
fn seats_are_the_auditors_once_the_round_is_settled() {
	run(|| {
		let answer = scores([1, 2, 3]);
		open(&[10, 11]);
		wave(&[(10, &answer), (11, &answer)]);
		assert_eq!(Attestation::seats(TASK), []);
		assert_ok!(extend(&[20]));
		assert_eq!(Attestation::seats(TASK), [seat(20, false, false)]);
	});
}

#[test]
fn a_round_has_a_bounded_number_of_seats() {
	run(|| {
		let many: Vec<_> = (0..=MAX_SEATS as u8).map(account).collect();
		assert_noop!(Attestation::open(TASK, &many, Comparison::Exact), Error::<Test>::TooManySeats);
		assert_ok!(Attestation::open(TASK, &many[1..], Comparison::Exact));
	});
}

#[test]
fn a_task_has_one_round() {
	run(|| {
		open(&[10]);
		let again = Attestation::open(TASK, &accounts(&[11]), Comparison::Exact);
		assert_noop!(again, Error::<Test>::RoundOpen);
		Attestation::close(TASK);
		open(&[11]);
	});
}

#[test]
fn nobody_has_two_seats() {
	run(|| {
		let twice = Attestation::open(TASK, &accounts(&[10, 11, 10]), Comparison::Exact);
		assert_noop!(twice, Error::<Test>::AlreadySeated);
		open(&[10, 11]);
		let replaced = Attestation::replace(TASK, &account(10), &account(11));
		assert_noop!(replaced, Error::<Test>::AlreadySeated);
		let (a, b) = (scores([1, 2, 3]), scores([9, 9, 9]));
		wave(&[(10, &a), (11, &b)]);
		assert_noop!(extend(&[11]), Error::<Test>::AlreadySeated);
		assert_noop!(extend(&[12, 12]), Error::<Test>::AlreadySeated);
		assert_ok!(extend(&[12]));
		wave(&[(12, &b)]);
		// An auditor is an outsider.
		assert_noop!(extend(&[10]), Error::<Test>::AlreadySeated);
	});
}

#[test]
fn only_a_seat_that_has_not_committed_is_given_to_another() {
	run(|| {
		open(&[10, 11]);
		assert_ok!(commit(10, &scores([1, 2, 3])));
		let replace = |absent| Attestation::replace(TASK, &account(absent), &account(12));
		assert_noop!(replace(10), Error::<Test>::NotReplaceable);
		assert_noop!(replace(13), Error::<Test>::NotReplaceable);
		assert_noop!(Attestation::replace(TASK + 1, &account(11), &account(12)), Error::<Test>::NoRound);
		assert_ok!(replace(11));
		assert_eq!(Attestation::seats(TASK), [seat(10, true, false), seat(12, false, false)]);
		assert_noop!(commit(11, &scores([1, 2, 3])), Error::<Test>::NotAssigned);
		assert_ok!(commit(12, &scores([1, 2, 3])));
	});
}

#[test]
fn only_a_seat_that_has_not_revealed_is_vacated() {
	run(|| {
		let answer = scores([1, 2, 3]);
		let vacate = |absent| Attestation::vacate(TASK, &account(absent));
		assert_noop!(vacate(10), Error::<Test>::NoRound);
		open(&[10, 11, 12]);
		assert_ok!(vacate(12));
		assert_ok!(commit(10, &answer));
		assert_ok!(commit(11, &answer));
		assert_eq!(told(), [Told::AllCommitted(TASK)], "a vacated seat is not waited for");
		assert_ok!(reveal(10, &answer));
		assert_noop!(vacate(10), Error::<Test>::NotVacatable);
		assert_noop!(vacate(12), Error::<Test>::NotVacatable);
		assert_ok!(vacate(11));
		assert_noop!(reveal(11, &answer), Error::<Test>::NotAssigned);
		assert_eq!(Attestation::seats(TASK), [seat(10, true, true)]);
		assert_eq!(told(), [], "nobody is judged by that");
	});
}

#[test]
fn the_others_may_reveal_once_who_has_not_committed_is_gone() {
	run(|| {
		let answer = scores([1, 2, 3]);
		open(&[10, 11]);
		assert_ok!(commit(10, &answer));
		assert_ok!(Attestation::vacate(TASK, &account(11)));
		assert_eq!(told(), [], "the keeper sees it in the seats");
		assert_ok!(Attestation::unseal(TASK));
		assert_ok!(reveal(10, &answer));
		assert_eq!(told(), [majority(&answer, &[10], &[])]);
	});
}

#[test]
fn a_closed_round_leaves_nothing_behind() {
	run(|| {
		let (a, b) = (scores([1, 2, 3]), scores([9, 9, 9]));
		open(&[10, 11, 12]);
		wave(&[(10, &a), (11, &b), (12, &a)]);
		assert_ok!(extend(&[20]));
		wave(&[(20, &b)]);
		assert_eq!(Answers::<Test>::iter().count(), 2);
		Attestation::close(TASK);
		assert_eq!(Rounds::<Test>::iter().count(), 0);
		assert_eq!(Answers::<Test>::iter().count(), 0);
		assert_noop!(reveal(10, &a), Error::<Test>::NotAssigned);
		Attestation::close(TASK);
	});
}
