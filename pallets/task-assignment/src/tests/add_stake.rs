use frame_support::{assert_noop, assert_ok};

use crate::{mock::*, Error};

#[test]
fn added_stake_is_on_hold_and_weighs_in_every_pool() {
	run(|| {
		let models = [model(), model()];
		worker(10, STAKE, 1, models[0]);
		assert_ok!(TaskAssignment::serve(signed(10), models[1]));
		events();

		assert_ok!(TaskAssignment::add_stake(signed(10), 5));

		assert_eq!(worker_of(10).stake, STAKE + 5);
		assert_eq!(balances(10).1, STAKE + 5);
		assert_eq!(models.map(TaskAssignment::pool), [(1, weight(STAKE + 5)); 2]);
		assert_eq!(events(), [Event::StakeAdded { worker: account(10), stake: STAKE + 5 }]);
	});
}

#[test]
fn nobody_adds_to_a_stake_that_is_not_there() {
	run(|| {
		assert_noop!(TaskAssignment::add_stake(signed(10), 5), Error::<Test>::NotWorker);
	});
}

#[test]
fn a_worker_that_leaves_adds_nothing() {
	run(|| {
		worker(10, STAKE, 1, model());
		assert_ok!(TaskAssignment::leave(signed(10)));
		assert_noop!(TaskAssignment::add_stake(signed(10), 5), Error::<Test>::Leaving);
	});
}

#[test]
fn a_worker_cannot_add_what_it_does_not_have() {
	run(|| {
		worker(10, STAKE, 1, model());
		assert_noop!(TaskAssignment::add_stake(signed(10), FUNDS), Error::<Test>::InsufficientFunds);
	});
}
