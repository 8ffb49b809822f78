use deepnode_primitives::fees::FeeTable;
use frame_support::{assert_noop, assert_ok};

use crate::{
	mock::*,
	types::{Offence, RefundReason, TaskStatus, MAX_EXCLUDED},
};

const SLASH: u128 = STAKE / 20;

#[test]
fn an_absent_worker_is_slashed_and_replaced_and_the_task_settles() {
	run(|| {
		let model = model();
		workers([10, 11, 12], model);
		let answer = scores([1, 2, 3]);
		let (task, drawn) = assign(model);
		let (present, absent) = (drawn[0], drawn[1]);
		let replacement = 10 + 11 + 12 - present - absent;
		assert_ok!(commit(present, task, &answer));
		advance(CommitWindow::get() - 1);
		assert_eq!(assigned(task), drawn, "the window is still open");
		events();
		advance(1);

		assert_eq!(
			events(),
			[
				Event::WorkerSlashed { worker: account(absent), task, amount: SLASH, offence: Offence::MissedCommit },
				Event::WorkerReplaced { task, absent: account(absent), replacement: account(replacement) },
			]
		);
		assert_eq!(balances(absent), (FUNDS - STAKE, STAKE - SLASH));
		assert_eq!(worker_of(absent).active, 0);
		assert_eq!(SlashedAndBurned::get(), SLASH);
		assert_noop!(commit(absent, task, &answer), pallet_attestation::Error::<Test>::NotAssigned);

		// The replacement has a whole window.
		advance(CommitWindow::get() - 1);
		assert_ok!(commit(replacement, task, &answer));
		all_reveal(task, &[present, replacement], &answer);
		assert!(matches!(status(task), TaskStatus::Settled { .. }));
		let reward = FeeTable::default().split(PRICE, 2).per_worker;
		for worker in [present, replacement] {
			assert_eq!(balances(worker), (FUNDS - STAKE + reward, STAKE));
		}
	});
}

#[test]
fn both_seats_can_be_given_to_others() {
	run(|| {
		let model = model();
		workers(10..14, model);
		let (task, drawn) = assign(model);
		advance(CommitWindow::get());
		let replacements = assigned(task);
		assert_eq!(status(task), TaskStatus::Assigned);
		assert!(replacements.iter().all(|worker| !drawn.contains(worker)));
		assert_eq!(SlashedAndBurned::get(), 2 * SLASH);
	});
}

#[test]
fn without_a_replacement_the_task_waits_for_workers_again() {
	run(|| {
		let model = model();
		workers([10, 11], model);
		let answer = scores([1, 2, 3]);
		let (task, drawn) = assign(model);
		assert_ok!(commit(drawn[0], task, &answer));
		events();
		advance(CommitWindow::get());
		assert_eq!(events()[1..], [Event::TaskRequeued { task }]);
		assert_eq!(status(task), TaskStatus::Submitted);
		assert_eq!(worker_of(drawn[0]).active, 0, "who was present is free again");
		assert_noop!(reveal(drawn[0], task, &answer), pallet_attestation::Error::<Test>::NotAssigned);

		// A new worker comes: it and the one that was present are drawn.
		advance(3);
		workers([12], model);
		advance(8);
		let again = assigned(task);
		assert_eq!(again.len(), 2);
		assert!(again.contains(&12) && again.contains(&drawn[0]));
		all_commit(task, &again, &answer);
		all_reveal(task, &again, &answer);
		assert!(matches!(status(task), TaskStatus::Settled { .. }));
	});
}

#[test]
fn without_a_replacement_for_both_neither_is_given_the_task_again() {
	run(|| {
		let model = model();
		workers([10, 11, 12], model);
		let (task, drawn) = assign(model);
		advance(CommitWindow::get());
		assert_eq!(status(task), TaskStatus::Submitted, "one free worker is no pair");
		advance(100);
		assert_eq!(status(task), TaskStatus::Submitted);
		workers([13], model);
		advance(8);
		assert!(assigned(task).iter().all(|worker| !drawn.contains(worker)));
	});
}

#[test]
fn a_task_that_too_many_have_failed_is_refunded() {
	run(|| {
		let model = model();
		workers(10..30, model);
		let (task, _) = assign(model);
		// Two are excluded for each window, until there is no more room.
		advance(CommitWindow::get() * u64::from(MAX_EXCLUDED / 2));
		assert_eq!(task_excluded(task), MAX_EXCLUDED as usize);
		assert_eq!(status(task), TaskStatus::Assigned);
		advance(CommitWindow::get());
		assert!(matches!(status(task), TaskStatus::Refunded { reason: RefundReason::Abandoned, .. }));
		assert_eq!(balances(REQUESTER), (FUNDS - deposit(1), deposit(1)));
		assert_eq!(SlashedAndBurned::get(), SLASH * u128::from(MAX_EXCLUDED + 2));
		assert!((10..30).all(|worker| worker_of(worker).active == 0));
	});
}

fn task_excluded(id: u64) -> usize {
	task(id).excluded.len()
}

/// What a worker weighs that was absent from its first task: its fidelity is a quarter of what it was.
fn weight_of_absent(stake: u128) -> u128 {
	deepnode_scoring::fidelity::weigh(stake, deepnode_scoring::Unit::from_rational(1u32, 8))
}

#[test]
fn slashes_leave_a_worker_below_the_least_stake_that_is_not_drawn_until_it_adds_to_it() {
	run(|| {
		let model = model();
		workers([10, 11], model);
		let (_, _) = assign(model);
		advance(CommitWindow::get());
		assert_eq!(TaskAssignment::pool(model), (2, 0), "they weigh nothing");
		let next = submit(model, 1);
		advance(9);
		assert_eq!(status(next), TaskStatus::Submitted);

		[10, 11].into_iter().for_each(|worker| {
			assert_ok!(TaskAssignment::add_stake(signed(worker), SLASH));
		});
		assert_eq!(TaskAssignment::pool(model), (2, 2 * weight_of_absent(STAKE)));
		advance(8);
		assert_eq!(assigned(next).len(), 2);
	});
}

#[test]
fn a_slash_weighs_in_every_pool() {
	run(|| {
		let models = [model(), model(), model()];
		[10, 11].into_iter().for_each(|number| worker(number, 3 * STAKE, 1, models[0]));
		models[1..].iter().for_each(|model| {
			assert_ok!(TaskAssignment::serve(signed(10), *model));
		});
		assign(models[0]);
		advance(CommitWindow::get());
		let left = weight_of_absent(3 * STAKE - 3 * SLASH);
		assert_eq!(models.map(TaskAssignment::pool), [(2, 2 * left), (1, left), (1, left)]);
	});
}
