//! The stake that answers for tasks.

use deepnode_primitives::{task::Assurance, DN};
use frame_support::{assert_noop, assert_ok};
use pallet_model_registry::ModelSpec;

use crate::{
	mock::*,
	types::{TaskStatus, Worker},
	Error,
};

#[test]
fn a_workers_free_stake_is_what_answers_for_no_task() {
	let mut worker = Worker::<u8, u32>::new(1, 100, 9, true);
	assert!(worker.is_free(100) && !worker.is_free(101));
	worker.liable = 60;
	assert!(worker.is_free(40) && !worker.is_free(41));
	worker.liable = 200;
	assert!(worker.is_free(0) && !worker.is_free(1), "slashes can leave less than what it answers for");
	worker.leaving = Some(9);
	assert!(!worker.is_free(0));
}

#[test]
fn a_worker_is_passed_over_when_its_free_stake_is_below_the_bound() {
	run(|| {
		let model = register(ModelSpec { price: 30 * DN, ..spec(Default::default()) });
		(10..12).for_each(|number| worker(number, STAKE, 99, model));
		let (_, _, bound) = TaskAssignment::quote(model, 1, Assurance::Pair).unwrap();
		assert!(2 * bound < STAKE && 3 * bound > STAKE);
		let answer = scores([1, 2, 3]);
		let tasks = submit_many(model, 3);
		advance(1);
		for task in tasks.iter().filter(|task| status(**task) == TaskStatus::Assigned) {
			answer_with(*task, &[10, 11], &[&answer, &answer]);
		}
		assert_eq!(worker_of(10).active, 0, "it has capacity");
		let waiting: Vec<_> = tasks.iter().filter(|task| status(**task) == TaskStatus::Submitted).collect();
		assert_eq!(waiting.len(), 1);
		advance(20);
		assert_eq!(status(*waiting[0]), TaskStatus::Submitted);
		// Added stake is free at once; so is what answered for a task that is forgotten.
		for number in [10, 11] {
			assert_ok!(TaskAssignment::add_stake(signed(number), STAKE));
		}
		advance(8);
		assert_eq!(status(*waiting[0]), TaskStatus::Assigned);
		answer_with(*waiting[0], &[10, 11], &[&answer, &answer]);
		advance(2 * AuditWindow::get());
		assert_eq!((worker_of(10).liable, worker_of(11).liable), (0, 0));
	});
}

#[test]
fn a_task_that_no_stake_can_answer_for_is_refunded() {
	run(|| {
		let model = register(ModelSpec { price: 1_000 * DN, ..spec(Default::default()) });
		workers([10, 11], model);
		let task = submit_until(model, 1, System::block_number() + 60);
		advance(60);
		assert!(matches!(status(task), TaskStatus::Refunded { .. }));
		assert_eq!(balances(REQUESTER), (FUNDS - deposit(1), deposit(1)));
	});
}

#[test]
fn nobody_withdraws_stake_that_still_answers_for_a_task() {
	run(|| {
		let model = model();
		workers(10..13, model);
		let (task, drawn) = settled(model, &scores([1, 2, 3]));
		assert_ok!(TaskAssignment::leave(signed(drawn[0])));
		// Only a chain whose agenda was overloaded for so long comes here.
		System::set_block_number(System::block_number() + UnbondingPeriod::get());
		assert_noop!(TaskAssignment::withdraw(signed(drawn[0])), Error::<Test>::StillLiable);
		advance(1);
		assert!(!crate::Tasks::<Test>::contains_key(task));
		assert_ok!(TaskAssignment::withdraw(signed(drawn[0])));
	});
}
