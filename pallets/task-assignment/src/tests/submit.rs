use deepnode_primitives::{
	content::{ContentRef, Payload, Uris, MAX_INLINE_LEN},
	task::Assurance,
	tensor::{push_tensor, ElementType},
	Balance, DN,
};
use frame_support::{assert_noop, assert_ok};

use crate::{mock::*, types::TaskStatus, Error, Inputs, NextTaskId};

/// Far enough for everything.
const DEADLINE: BlockNumber = 101;
const ANY: Balance = Balance::MAX;

fn bundle(element: ElementType, dims: &[u32], bytes: usize) -> Payload {
	let mut bundle = Vec::new();
	push_tensor(&mut bundle, element, dims, &vec![0; bytes]);
	inline(bundle)
}

#[test]
fn a_task_waits_with_its_fee_and_deposit_on_hold() {
	run(|| {
		let model = model();
		assert_ok!(try_submit(REQUESTER, model, input(2), 2, DEADLINE, cost(2)));

		let (fee, audit) = (2 * PRICE, audit_fee(2));
		assert_eq!(balances(REQUESTER), (FUNDS - fee - audit - deposit(2), fee + audit + deposit(2)));
		let requester = account(REQUESTER);
		assert_eq!(events(), [Event::TaskSubmitted { task: 0, requester, model, items: 2, fee, audit }]);
		let task = task(0);
		assert_eq!(task.status, TaskStatus::Submitted);
		assert_eq!((task.fee, task.deposit, task.deadline, task.submitted_at), (fee, deposit(2), DEADLINE, 1));
		assert_eq!(task.seal, [7; 32]);
		assert_eq!(Inputs::<Test>::get(0), Some(input(2)));
		assert_eq!(NextTaskId::<Test>::get(), 1);
	});
}

#[test]
fn a_task_costs_its_price_however_much_more_is_offered() {
	run(|| {
		let model = model();
		assert_ok!(try_submit(REQUESTER, model, input(1), 1, DEADLINE, ANY));
		assert_eq!(task(0).fee, PRICE);
	});
}

#[test]
fn less_than_the_fee_and_the_audit_is_refused() {
	run(|| {
		let model = model();
		let refused = try_submit(REQUESTER, model, input(2), 2, DEADLINE, cost(2) - 1);
		assert_noop!(refused, Error::<Test>::FeeBelowPrice);
	});
}

#[test]
fn a_fee_beyond_all_numbers_is_refused() {
	run(|| {
		// The registry has no such price; the pallet does not rely on it.
		let model = model();
		pallet_model_registry::Models::<Test>::mutate(model, |entry| entry.as_mut().unwrap().spec.price = ANY);
		assert_noop!(try_submit(REQUESTER, model, input(2), 2, DEADLINE, ANY), Error::<Test>::FeeOverflow);
	});
}

#[test]
fn a_requester_needs_the_fee_and_the_deposit_and_stays_alive() {
	run(|| {
		let model = model();
		let needed = cost(1) + deposit(1) + LEAST;
		for (funds, fails) in [(PRICE, true), (cost(1) + LEAST, true), (needed - 1, true), (needed, false)] {
			assert_ok!(Balances::force_set_balance(RuntimeOrigin::root(), account(200), funds));
			let submitted = try_submit(200, model, input(1), 1, DEADLINE, ANY);
			if fails {
				assert_eq!(submitted, Err(Error::<Test>::InsufficientFunds.into()));
			} else {
				assert_ok!(submitted);
			}
		}
		// The test has made this money.
		Genesis::mutate(|issuance| *issuance += needed);
	});
}

#[test]
fn an_unknown_or_retired_model_is_refused() {
	run(|| {
		assert_noop!(try_submit(REQUESTER, 0, input(1), 1, DEADLINE, ANY), Error::<Test>::UnknownModel);
		let model = model();
		submit(model, 1);
		assert_ok!(ModelRegistry::retire(signed(CREATOR), model));
		assert_noop!(try_submit(REQUESTER, model, input(1), 1, DEADLINE, ANY), Error::<Test>::ModelRetired);
	});
}

#[test]
fn a_quote_says_what_each_level_holds_and_asks_of_its_workers() {
	run(|| {
		let model = model();
		// A run earns the same at each level, and is audited the more often the fewer there are.
		let (run, p) = (DN / 4, |percent: Balance| (DN / 4 * percent).div_ceil(100));
		for (assurance, fee, audit) in [
			(Assurance::Single, (PRICE).div_ceil(2), p(25)),
			(Assurance::Pair, PRICE, p(5)),
			(Assurance::Panel, (3 * PRICE).div_ceil(2), p(2)),
		] {
			let (quoted, for_audit, bound) = TaskAssignment::quote(model, 1, assurance).unwrap();
			assert_eq!(quoted, fee);
			assert!(for_audit >= audit && for_audit <= audit + 1, "{assurance:?}: {for_audit}");
			let submitted = submit_assured(model, assurance);
			let task = task(submitted);
			assert_eq!((task.fee, task.audit_fee, task.bound), (quoted, for_audit, bound));
			assert!(bound >= run, "whoever lies loses more than a run earns");
		}
		assert_eq!(TaskAssignment::quote(9, 1, Assurance::Pair), None);
	});
}

#[test]
fn the_number_of_items_is_bounded_and_is_the_inputs() {
	run(|| {
		let model = model();
		let submit = |input, items| try_submit(REQUESTER, model, input, items, DEADLINE, ANY);
		assert_noop!(submit(input(1), 0), Error::<Test>::NoItems);
		assert_noop!(submit(input(65), MaxItems::get() + 1), Error::<Test>::TooManyItems);
		assert_noop!(submit(input(2), 3), Error::<Test>::ItemsMismatch);
		assert_ok!(submit(input(64), MaxItems::get()));
	});
}

#[test]
fn an_input_on_chain_is_what_the_model_declares() {
	run(|| {
		let model = model();
		let submit = |input| try_submit(REQUESTER, model, input, 1, DEADLINE, ANY);
		assert_noop!(submit(inline(vec![])), Error::<Test>::InputLength);
		assert_noop!(submit(bundle(ElementType::F32, &[1, 4], 15)), Error::<Test>::InputLength);
		assert_noop!(submit(bundle(ElementType::F32, &[1, 4], 17)), Error::<Test>::InputLength);
		assert_noop!(submit(bundle(ElementType::I32, &[1, 4], 16)), Error::<Test>::InputType);
		assert_noop!(submit(bundle(ElementType::F32, &[1, 5], 20)), Error::<Test>::InputShape);
		assert_noop!(submit(bundle(ElementType::F32, &[4], 16)), Error::<Test>::InputShape);
		assert_noop!(submit(bundle(ElementType::F32, &[0, 4], 0)), Error::<Test>::InputShape);
	});
}

#[test]
fn an_input_elsewhere_is_large_and_has_a_place() {
	run(|| {
		let model = model();
		let submit = |input| try_submit(REQUESTER, model, input, 1, DEADLINE, ANY);
		let nowhere = ContentRef { hash: [0; 32], length: 1 << 20, uris: Uris::default() };
		assert_noop!(submit(Payload::Reference(nowhere)), Error::<Test>::InvalidReference);
		assert_noop!(submit(reference(MAX_INLINE_LEN.into())), Error::<Test>::InvalidReference);
		assert_ok!(submit(reference(u64::from(MAX_INLINE_LEN) + 1)));
		let uri = "https://data.example/a".len() as u32;
		assert_eq!(task(0).deposit, TaskAssignment::deposit(uri));
	});
}

#[test]
fn a_deadline_leaves_time_for_both_windows_and_is_not_too_far() {
	run(|| {
		let model = model();
		let submit = |deadline| try_submit(REQUESTER, model, input(1), 1, deadline, ANY);
		let now = System::block_number();
		let soonest = now + 1 + CommitWindow::get() + 1 + RevealWindow::get();
		assert_noop!(submit(0), Error::<Test>::DeadlineTooSoon);
		assert_noop!(submit(soonest - 1), Error::<Test>::DeadlineTooSoon);
		assert_ok!(submit(soonest));
		assert_ok!(submit(now + MaxDeadline::get()));
		assert_noop!(submit(now + MaxDeadline::get() + 1), Error::<Test>::DeadlineTooFar);
		assert_noop!(submit(BlockNumber::MAX), Error::<Test>::DeadlineTooFar);
	});
}

#[test]
fn a_model_that_can_count_no_more_tasks_takes_none() {
	run(|| {
		let model = model();
		pallet_model_registry::OpenTasks::<Test>::insert(model, u32::MAX);
		assert_noop!(
			try_submit(REQUESTER, model, input(1), 1, DEADLINE, ANY),
			pallet_model_registry::Error::<Test>::TooManyOpenTasks
		);
		pallet_model_registry::OpenTasks::<Test>::remove(model);
	});
}
