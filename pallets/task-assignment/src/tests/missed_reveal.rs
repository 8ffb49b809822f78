use deepnode_primitives::{comparison::Comparison, fees::FeeTable, DN};
use frame_support::{assert_noop, assert_ok};
use pallet_model_registry::ModelSpec;

use crate::{
	mock::*,
	types::{Offence, TaskStatus},
};

const SLASH: u128 = STAKE / 5;

#[test]
fn who_withholds_pays_its_partner_and_two_others_settle_the_task() {
	run(|| {
		let model = model();
		workers(10..14, model);
		let answer = scores([1, 2, 3]);
		let (task, drawn) = assign_and_unseal(model, [&answer, &answer]);
		let (honest, withheld) = (drawn[1], drawn[0]);
		assert_ok!(reveal(honest, task, &answer));
		advance(RevealWindow::get() - 1);
		assert_eq!(status(task), TaskStatus::Committed, "the window is still open");
		events();
		advance(1);

		let reward = FeeTable::default().split(PRICE, 2).per_worker;
		assert_eq!(
			events(),
			[
				Event::WorkerSlashed { worker: account(withheld), task, amount: SLASH, offence: Offence::MissedReveal },
				Event::WorkerCompensated { worker: account(honest), task, amount: reward },
				Event::TaskRequeued { task },
			]
		);
		assert_eq!(balances(honest), (FUNDS - STAKE + reward, STAKE));
		assert_eq!(balances(withheld), (FUNDS - STAKE, STAKE - SLASH));
		assert_eq!(SlashedAndBurned::get(), SLASH - reward);
		assert_noop!(reveal(withheld, task, &answer), pallet_attestation::Error::<Test>::NotAssigned);

		advance(1);
		let others = assigned(task);
		assert!(others.iter().all(|worker| !drawn.contains(worker)));
		all_commit(task, &others, &answer);
		all_reveal(task, &others, &answer);
		assert!(matches!(status(task), TaskStatus::Settled { .. }));
		others.iter().for_each(|worker| assert_eq!(balances(*worker).0, FUNDS - STAKE + reward));
	});
}

#[test]
fn nobody_of_the_round_is_drawn_again_even_if_nobody_else_comes() {
	run(|| {
		let model = model();
		workers(10..13, model);
		let answer = scores([1, 2, 3]);
		let (task, drawn) = assign_and_unseal(model, [&answer, &answer]);
		assert_ok!(reveal(drawn[0], task, &answer));
		advance(RevealWindow::get() + 50);
		assert_eq!(status(task), TaskStatus::Submitted);
		advance_to(task_deadline(task) + 1);
		assert!(matches!(status(task), TaskStatus::Refunded { .. }));
		assert_eq!(balances(REQUESTER), (FUNDS - deposit(1), deposit(1)));
	});
}

fn task_deadline(id: u64) -> u64 {
	task(id).deadline
}

#[test]
fn where_both_withhold_nobody_is_compensated() {
	run(|| {
		let model = model();
		workers([10, 11], model);
		let answer = scores([1, 2, 3]);
		let (task, drawn) = assign_and_unseal(model, [&answer, &answer]);
		advance(RevealWindow::get());
		drawn.iter().for_each(|worker| assert_eq!(balances(*worker), (FUNDS - STAKE, STAKE - SLASH)));
		assert_eq!(SlashedAndBurned::get(), 2 * SLASH);
		assert_eq!(status(task), TaskStatus::Submitted);
	});
}

#[test]
fn withholding_costs_at_least_what_answers_for_the_task_so_that_the_partner_is_paid_in_full() {
	run(|| {
		// What answers for this is more than a fifth of the stake.
		let model = register(ModelSpec { price: 60 * DN, ..spec(Comparison::default()) });
		workers([10, 11], model);
		let answer = scores([1, 2, 3]);
		let (task, drawn) = assign_and_unseal(model, [&answer, &answer]);
		let bound = crate::Tasks::<Test>::get(task).unwrap().bound;
		assert!(bound > SLASH && bound < STAKE);
		assert_ok!(reveal(drawn[0], task, &answer));
		advance(RevealWindow::get());
		assert_eq!(balances(drawn[0]), (FUNDS - STAKE + 15 * DN, STAKE));
		assert_eq!(balances(drawn[1]), (FUNDS - STAKE, STAKE - bound));
		assert_eq!(SlashedAndBurned::get(), bound - 15 * DN);
		assert_eq!((worker_of(drawn[0]).liable, worker_of(drawn[1]).liable), (0, 0));
	});
}

#[test]
fn a_partner_that_cannot_receive_its_compensation_leaves_it_to_be_burned() {
	run(|| {
		// A worker's part of this is less than the existential deposit.
		let model = register(ModelSpec { price: LEAST, ..spec(Comparison::default()) });
		for number in [10, 11] {
			// Something else keeps its account alive, so that all of its balance can be on hold.
			frame_system::Pallet::<Test>::inc_providers(&account(number));
			worker(number, FUNDS, 1, model);
			assert_eq!(balances(number).0, 0);
		}
		let answer = scores([1, 2, 3]);
		let (task, drawn) = assign_and_unseal(model, [&answer, &answer]);
		assert_ok!(reveal(drawn[0], task, &answer));
		advance(RevealWindow::get());
		assert_eq!(balances(drawn[0]), (0, FUNDS));
		assert_eq!(SlashedAndBurned::get(), FUNDS / 5);
	});
}

#[test]
fn withholding_is_slashed_while_unbonding() {
	run(|| {
		let model = model();
		workers([10, 11], model);
		let answer = scores([1, 2, 3]);
		let (task, drawn) = assign_and_unseal(model, [&answer, &answer]);
		drawn.iter().for_each(|worker| {
			assert_ok!(TaskAssignment::leave(signed(*worker)));
		});
		assert_ok!(reveal(drawn[0], task, &answer));
		skip(UnbondingPeriod::get());
		drawn.iter().for_each(|worker| {
			assert_ok!(TaskAssignment::withdraw(signed(*worker)));
		});
		let reward = FeeTable::default().split(PRICE, 2).per_worker;
		assert_eq!(balances(drawn[0]), (FUNDS + reward, 0));
		assert_eq!(balances(drawn[1]), (FUNDS - SLASH, 0));
	});
}
