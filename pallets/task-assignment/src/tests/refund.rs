use deepnode_primitives::{fees::part, task::ErrorCode};
use frame_support::assert_ok;

use crate::{mock::*, types::RefundReason, Tasks};

#[test]
fn an_agreed_error_refunds_all_but_the_fixed_part() {
	run(|| {
		let model = model();
		let pots = FeeSplit::pots();
		workers([10, 11], model);
		let creator = balances(CREATOR);
		let answer = error(ErrorCode::InputInvalid);
		let (task, drawn) = assign_and_unseal(model, [&answer, &answer]);
		assert_ok!(reveal(drawn[0], task, &answer));
		events();
		assert_ok!(reveal(drawn[1], task, &answer));

		let spent = part(PRICE, FailedPart::get());
		let reason = RefundReason::Failed(ErrorCode::InputInvalid);
		assert_eq!(events(), [Event::TaskRefunded { task, amount: PRICE - spent, reason }]);
		assert_eq!(balances(REQUESTER), (FUNDS - spent - audit_fee(1) - deposit(1), deposit(1)));
		assert_eq!(owned(&TaskAssignment::audit_fund()), LEAST + audit_fee(1), "the lottery was held");
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
fn a_refunded_task_is_forgotten_and_its_deposit_comes_back() {
	run(|| {
		let model = model();
		workers([10, 11], model);
		let answer = error(ErrorCode::InputInvalid);
		let (task, drawn) = assign_and_commit(model, [&answer, &answer]);
		all_reveal(task, &drawn, &answer);
		drawn.iter().for_each(|worker| assert_eq!(worker_of(*worker).liable, bound(), "it can be denounced"));
		skip(AuditWindow::get());
		assert!(!Tasks::<Test>::contains_key(task));
		assert_eq!(balances(REQUESTER), (FUNDS - part(PRICE, FailedPart::get()) - audit_fee(1), 0));
	});
}
