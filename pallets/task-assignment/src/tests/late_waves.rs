//! Absences in a dispute, after the first answers were public.

use deepnode_primitives::canonical::Answer;
use frame_support::{assert_noop, assert_ok};

use crate::{
	mock::*,
	types::{Offence, RefundReason, TaskStatus, MAX_EXCLUDED},
};

/// A task of `model` that waits for its third worker, who is drawn; those of the first wave, and the third.
fn third_of(model: u32, truth: &Answer) -> (u64, Vec<u8>, u8) {
	let (task, first) = assign_and_commit(model, [truth, &scores([50, 0, 0])]);
	all_reveal(task, &first[..1], truth);
	all_reveal(task, &first[1..], &scores([50, 0, 0]));
	advance(1);
	let third = joined(assigned(task), &first)[0];
	(task, first, third)
}

#[test]
fn an_absent_third_is_replaced_and_the_answers_stay() {
	run(|| {
		let model = model();
		workers(10..14, model);
		let truth = scores([1, 2, 3]);
		let (task, first, absent) = third_of(model, &truth);
		advance(CommitWindow::get());
		let replacement = joined(assigned(task), &first)[0];
		assert_ne!(replacement, absent);
		assert_eq!(balances(absent).1, STAKE - STAKE / 20);
		answer_with(task, &[replacement], &[&truth]);
		assert!(matches!(status(task), TaskStatus::Settled { digest, .. } if digest == truth.digest()));
	});
}

#[test]
fn an_absent_third_that_nobody_replaces_leaves_the_dispute_waiting() {
	run(|| {
		let model = model();
		workers(10..13, model);
		let truth = scores([1, 2, 3]);
		let (task, first, absent) = third_of(model, &truth);
		advance(CommitWindow::get());
		assert_eq!(status(task), TaskStatus::Disputed);
		assert_eq!(assigned(task), first, "the first answers still count");
		assert_noop!(commit(absent, task, &truth), pallet_attestation::Error::<Test>::NotAssigned);
		workers([20], model);
		advance(8);
		answer_with(task, &[20], &[&truth]);
		assert!(matches!(status(task), TaskStatus::Settled { .. }));
	});
}

#[test]
fn a_third_that_withholds_is_slashed_and_another_is_drawn() {
	run(|| {
		let model = model();
		workers(10..14, model);
		let truth = scores([1, 2, 3]);
		let (task, first, withheld) = third_of(model, &truth);
		assert_ok!(commit(withheld, task, &truth));
		events();
		advance(RevealWindow::get());
		let slash =
			Event::WorkerSlashed { worker: account(withheld), task, amount: STAKE / 5, offence: Offence::MissedReveal };
		assert_eq!(events(), [slash]);
		assert_eq!(status(task), TaskStatus::Disputed);
		assert_eq!(balances(first[0]).0, FUNDS - STAKE, "nobody's work is lost, and nobody is compensated");
		advance(1);
		let another = joined(assigned(task), &first)[0];
		assert_ne!(another, withheld);
		answer_with(task, &[another], &[&truth]);
		assert!(matches!(status(task), TaskStatus::Settled { .. }));
	});
}

#[test]
fn of_two_who_were_asked_last_one_is_enough_where_it_makes_a_majority() {
	run(|| {
		let model = model();
		workers(10..15, model);
		let truth = scores([1, 2, 3]);
		let (task, _, third) = third_of(model, &truth);
		// Now the truth, a lie and another lie.
		answer_with(task, &[third], &[&scores([0, 50, 0])]);
		let so_far = assigned(task);
		advance(1);
		let last = joined(assigned(task), &so_far);
		assert_ok!(commit(last[0], task, &truth));
		advance(CommitWindow::get());
		// Nobody replaces the other: it goes on with four, who do not come to a majority.
		assert_eq!(status(task), TaskStatus::Committed);
		assert_ok!(reveal(last[0], task, &truth));
		assert_eq!(status(task), TaskStatus::Disputed);
		workers([20], model);
		advance(8);
		answer_with(task, &[20], &[&truth]);
		assert!(matches!(status(task), TaskStatus::Settled { digest, .. } if digest == truth.digest()));
	});
}

#[test]
fn where_one_of_the_last_two_withholds_the_answers_that_there_are_are_judged() {
	run(|| {
		let model = model();
		workers(10..16, model);
		let truth = scores([0, 0, 0]);
		// The truth and a lie; the third is near enough to both of two answers that differ.
		let (task, first) = assign_and_commit(model, [&truth, &scores([4, 0, 0])]);
		all_reveal(task, &first[..1], &truth);
		all_reveal(task, &first[1..], &scores([4, 0, 0]));
		advance(1);
		let third = joined(assigned(task), &first)[0];
		answer_with(task, &[third], &[&scores([50, 0, 0])]);
		let so_far = assigned(task);
		advance(1);
		let last = joined(assigned(task), &so_far);
		assert_ok!(commit(last[0], task, &scores([2, 0, 0])));
		assert_ok!(commit(last[1], task, &truth));
		assert_ok!(reveal(last[0], task, &scores([2, 0, 0])));
		advance(RevealWindow::get());
		assert_eq!(status(task), TaskStatus::Disputed);
		advance(1);
		// Three of the four are within the tolerance of the one that revealed last.
		let digest = scores([2, 0, 0]).digest();
		assert!(matches!(status(task), TaskStatus::Settled { digest: found, .. } if found == digest));
		assert_eq!(balances(third).1, STAKE - STAKE / 10);
		assert_eq!(balances(first[0]).1, STAKE, "only the majority's own answer outvotes anybody");
	});
}

#[test]
fn a_dispute_that_too_many_fail_ends_without_a_majority() {
	run(|| {
		let model = model();
		workers(10..40, model);
		let truth = scores([1, 2, 3]);
		let (task, first, _) = third_of(model, &truth);
		for _ in 0..=MAX_EXCLUDED {
			advance(CommitWindow::get());
		}
		advance(CommitWindow::get() + 60);
		assert!(matches!(status(task), TaskStatus::Refunded { reason: RefundReason::Disagreed, .. }));
		assert!((10..40).all(|worker| worker_of(worker).active == 0 && worker_of(worker).liable == 0));
		assert_eq!(balances(first[0]).1, STAKE - STAKE / 100);
	});
}
