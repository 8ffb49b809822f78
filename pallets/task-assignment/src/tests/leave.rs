use frame_support::{assert_noop, assert_ok};

use crate::{mock::*, types::Offence, Error};

#[test]
fn a_worker_that_leaves_is_in_no_pool_any_more() {
	run(|| {
		let models = [model(), model()];
		workers([9, 10, 11], models[0]);
		assert_ok!(TaskAssignment::serve(signed(10), models[1]));
		events();

		assert_ok!(TaskAssignment::leave(signed(10)));

		let withdrawable_at = System::block_number() + UnbondingPeriod::get();
		assert_eq!(events(), [Event::WorkerLeft { worker: account(10), withdrawable_at }]);
		assert_eq!(models.map(TaskAssignment::pool), [(2, 2 * weight(STAKE)), (0, 0)]);
		assert_eq!(balances(10).1, STAKE, "its stake stays");
	});
}

#[test]
fn a_stake_comes_back_after_the_unbonding_period_and_no_block_earlier() {
	run(|| {
		worker(10, STAKE, 1, model());
		assert_ok!(TaskAssignment::leave(signed(10)));
		events();
		skip(UnbondingPeriod::get() - 1);
		assert_noop!(TaskAssignment::withdraw(signed(10)), Error::<Test>::StillUnbonding);
		advance(1);
		assert_ok!(TaskAssignment::withdraw(signed(10)));

		assert_eq!(balances(10), (FUNDS, 0));
		assert_eq!(events(), [Event::StakeWithdrawn { worker: account(10), stake: STAKE }]);
		assert_noop!(TaskAssignment::withdraw(signed(10)), Error::<Test>::NotWorker);
		assert_ok!(TaskAssignment::join(signed(10), STAKE, 1, None, true));
	});
}

#[test]
fn leaving_again_does_not_restart_or_shorten_the_unbonding() {
	run(|| {
		worker(10, STAKE, 1, model());
		assert_ok!(TaskAssignment::leave(signed(10)));
		let leaving = worker_of(10).leaving;
		advance(5);
		assert_noop!(TaskAssignment::leave(signed(10)), Error::<Test>::Leaving);
		assert_eq!(worker_of(10).leaving, leaving);
	});
}

#[test]
fn a_worker_withdraws_only_after_it_has_left() {
	run(|| {
		assert_noop!(TaskAssignment::leave(signed(10)), Error::<Test>::NotWorker);
		worker(10, STAKE, 1, model());
		assert_noop!(TaskAssignment::withdraw(signed(10)), Error::<Test>::NotLeaving);
	});
}

#[test]
fn a_worker_that_is_leaving_is_not_drawn() {
	run(|| {
		let model = model();
		workers([10, 11, 12], model);
		assert_ok!(TaskAssignment::leave(signed(11)));
		for luck in 0..20 {
			Luck::set(luck);
			let (task, drawn) = assign(model);
			assert!(!drawn.contains(&11));
			let answer = scores([1, 2, 3]);
			all_commit(task, &drawn, &answer);
			all_reveal(task, &drawn, &answer);
		}
	});
}

#[test]
fn slashing_reaches_a_stake_that_is_unbonding() {
	run(|| {
		let model = model();
		workers([10, 11], model);
		let (task, _) = assign(model);
		assert_ok!(TaskAssignment::leave(signed(10)));
		assert_ok!(commit(11, task, &scores([1, 2, 3])));
		events();
		advance(CommitWindow::get());

		let amount = STAKE / 20;
		assert_eq!(
			events()[0],
			Event::WorkerSlashed { worker: account(10), task, amount, offence: Offence::MissedCommit },
		);
		assert_eq!(worker_of(10).stake, STAKE - amount);
		assert_eq!(SlashedAndBurned::get(), amount);
		skip(UnbondingPeriod::get());
		assert_ok!(TaskAssignment::withdraw(signed(10)));
		assert_eq!(balances(10), (FUNDS - amount, 0));
	});
}

#[test]
fn a_worker_that_still_serves_cannot_withdraw_however_long_it_has_waited() {
	run(|| {
		let model = model();
		workers([10, 11], model);
		let (task, _) = assign(model);
		assert_ok!(TaskAssignment::leave(signed(10)));
		// Tasks end long before: only a chain whose agenda was overloaded for so long comes here.
		System::set_block_number(System::block_number() + UnbondingPeriod::get());
		assert_noop!(TaskAssignment::withdraw(signed(10)), Error::<Test>::StillServing);

		let answer = scores([1, 2, 3]);
		all_commit(task, &[10, 11], &answer);
		all_reveal(task, &[10, 11], &answer);
		assert_noop!(TaskAssignment::withdraw(signed(10)), Error::<Test>::StillLiable);
		advance(AuditWindow::get());
		assert_ok!(TaskAssignment::withdraw(signed(10)));
	});
}
