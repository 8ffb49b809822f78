use deepnode_primitives::{fees::part, task::ErrorCode};
use frame_support::assert_ok;

use crate::{
	mock::*,
	types::{RefundReason, TaskStatus},
	Outputs, Tasks,
};

#[test]
fn answers_that_disagree_refund_the_whole_fee() {
	run(|| {
		let model = model();
		workers([10, 11], model);
		let creator = balances(CREATOR);
		let (first, second) = (scores([100, 0, 0]), scores([103, 0, 0]));
		let (task, drawn) = assign_and_commit(model, [&first, &second]);
		assert_ok!(reveal(drawn[0], task, &first));
		events();
		assert_ok!(reveal(drawn[1], task, &second));

		let reason = RefundReason::Disagreed;
		assert_eq!(events(), [Event::TaskRefunded { task, amount: PRICE, reason }]);
		assert_eq!(status(task), TaskStatus::Refunded { at: System::block_number(), reason });
		assert_eq!(balances(REQUESTER), (FUNDS - deposit(1), deposit(1)));
		assert_eq!(balances(CREATOR), creator);
		drawn.iter().for_each(|worker| assert_eq!(balances(*worker), (FUNDS - STAKE, STAKE)));
		assert_eq!(Balances::total_issuance(), Genesis::get());
		assert_eq!(Outputs::<Test>::iter().count(), 0);
	});
}

#[test]
fn an_agreed_error_refunds_all_but_the_fixed_part() {
	run(|| {
		let model = model();
		let pots = FeeSplit::pots();
		workers([10, 11], model);
		let creator = balances(CREATOR);
		let answer = error(ErrorCode::InputInvalid);
		let (task, drawn) = assign_and_commit(model, [&answer, &answer]);
		assert_ok!(reveal(drawn[0], task, &answer));
		events();
		assert_ok!(reveal(drawn[1], task, &answer));

		let spent = part(PRICE, FailedPart::get());
		let reason = RefundReason::Failed(ErrorCode::InputInvalid);
		assert_eq!(events(), [Event::TaskRefunded { task, amount: PRICE - spent, reason }]);
		assert_eq!(balances(REQUESTER), (FUNDS - spent - deposit(1), deposit(1)));
		for worker in drawn {
			assert_eq!(balances(worker), (FUNDS - STAKE + spent / 4, STAKE), "half of it is the workers'");
		}
		assert_eq!(balances(CREATOR), creator, "a model that cannot answer earns nothing");
		assert_eq!(owned(&pots.validators) - LEAST, part(spent, 80_000));
		assert_eq!(owned(&pots.community) - LEAST, part(spent, 50_000));
		assert_eq!(Balances::total_issuance(), Genesis::get() - part(spent, 10_000));
	});
}

#[test]
fn an_error_and_an_output_disagree() {
	run(|| {
		let model = model();
		workers([10, 11], model);
		let (first, second) = (error(ErrorCode::InputInvalid), scores([1, 2, 3]));
		let (task, drawn) = assign_and_commit(model, [&first, &second]);
		assert_ok!(reveal(drawn[0], task, &first));
		assert_ok!(reveal(drawn[1], task, &second));
		assert!(matches!(status(task), TaskStatus::Refunded { reason: RefundReason::Disagreed, .. }));
	});
}

#[test]
fn two_errors_disagree() {
	run(|| {
		let model = model();
		workers([10, 11], model);
		let (first, second) = (error(ErrorCode::InputInvalid), error(ErrorCode::ModelInvalid));
		let (task, drawn) = assign_and_commit(model, [&first, &second]);
		assert_ok!(reveal(drawn[0], task, &first));
		assert_ok!(reveal(drawn[1], task, &second));
		assert!(matches!(status(task), TaskStatus::Refunded { reason: RefundReason::Disagreed, .. }));
	});
}

#[test]
fn a_refunded_task_is_forgotten_and_its_deposit_comes_back() {
	run(|| {
		let model = model();
		workers([10, 11], model);
		let (first, second) = (scores([100, 0, 0]), scores([0, 0, 100]));
		let (task, drawn) = assign_and_commit(model, [&first, &second]);
		assert_ok!(reveal(drawn[0], task, &first));
		assert_ok!(reveal(drawn[1], task, &second));
		skip(AuditWindow::get());
		assert!(!Tasks::<Test>::contains_key(task));
		assert_eq!(balances(REQUESTER), (FUNDS, 0));
	});
}
