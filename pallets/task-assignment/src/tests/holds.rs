//! Holds of accounts in unusual states.

use deepnode_primitives::comparison::Comparison;
use frame_support::traits::fungible::Mutate;
use frame_support::{assert_noop, assert_ok, traits::tokens::Preservation};
use pallet_model_registry::ModelSpec;
use sp_runtime::TokenError;

use crate::mock::*;

#[test]
fn a_requester_cannot_spend_what_keeps_its_account_alive_while_a_task_is_open() {
	run(|| {
		let model = model();
		let task = submit(model, 1);
		let send = |amount| Balances::transfer(&account(REQUESTER), &account(99), amount, Preservation::Expendable);
		let free = balances(REQUESTER).0;
		assert_noop!(send(free), TokenError::Frozen);
		assert_ok!(send(free - LEAST));
		advance_to(task_end(task));
		assert_eq!(balances(REQUESTER), (LEAST + cost(1) + deposit(1), 0));
	});
}

fn task_end(id: u64) -> BlockNumber {
	task(id).deadline + AuditWindow::get()
}

#[test]
fn a_requester_without_free_balance_is_paid_back_too() {
	run(|| {
		let model = model();
		// Something else keeps this account alive, so that all of its balance can be on hold.
		System::inc_providers(&account(3));
		let send = |amount| Balances::transfer(&account(3), &account(99), amount, Preservation::Expendable);
		assert_ok!(send(FUNDS - cost(1) - deposit(1)));
		assert_ok!(try_submit(3, model, input(1), 1, 400, cost(1)));
		assert_eq!(balances(3), (0, cost(1) + deposit(1)));
		advance_to(task_end(0));
		assert_eq!(balances(3), (cost(1) + deposit(1), 0));
	});
}

#[test]
fn a_refund_below_the_existential_deposit_to_an_empty_account_is_not_stuck() {
	run(|| {
		let model = register(ModelSpec { price: 5, ..spec(Comparison::default()) });
		System::inc_providers(&account(3));
		let send = |amount| Balances::transfer(&account(3), &account(99), amount, Preservation::Expendable);
		assert_ok!(send(FUNDS - 6 - deposit(1)));
		assert_ok!(try_submit(3, model, input(1), 1, 400, 6));
		events();
		advance_to(task_end(0));
		assert!(events().iter().any(|event| matches!(event, Event::TaskRefunded { task: 0, amount: 0, .. })));
		assert_eq!(balances(3), (deposit(1), 0));
		assert_eq!(SlashedAndBurned::get(), 6, "the fee, and one for the audit");
	});
}

#[test]
fn an_account_can_be_requester_worker_and_creator_at_once() {
	run(|| {
		let model = model();
		worker(CREATOR, STAKE, 1, model);
		workers([10, 11], model);
		assert_ok!(try_submit(CREATOR, model, input(1), 1, 400, cost(1)));
		check();
		advance(1);
		assert!(!assigned(0).contains(&CREATOR));
		let answer = scores([1, 2, 3]);
		all_commit(0, &[10, 11], &answer);
		all_reveal(0, &[10, 11], &answer);
		assert_ok!(TaskAssignment::leave(signed(CREATOR)));
		skip(UnbondingPeriod::get());
		assert_ok!(TaskAssignment::withdraw(signed(CREATOR)));
	});
}
