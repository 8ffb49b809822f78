use deepnode_scoring::Unit;
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError;

use crate::{mock::*, types::Worker, Error};

#[test]
fn a_worker_joins_with_its_stake_on_hold() {
	run(|| {
		assert_ok!(TaskAssignment::join(signed(10), STAKE, 3, None, true));

		assert_eq!(balances(10), (FUNDS - STAKE, STAKE));
		assert_eq!(worker_of(10), Worker::new(account(10), STAKE, 3, true));
		assert_eq!(worker_of(10).fidelity, Unit::from_percent(50));
		assert_eq!(events(), [Event::WorkerJoined { worker: account(10), stake: STAKE }]);
	});
}

#[test]
fn a_worker_declares_who_runs_it() {
	run(|| {
		assert_ok!(TaskAssignment::join(signed(10), STAKE, 3, Some(account(11)), true));
		assert_eq!(worker_of(10).owner, account(11));
	});
}

#[test]
fn a_worker_says_whether_it_answers_encrypted_inputs() {
	run(|| {
		assert_ok!(TaskAssignment::join(signed(10), STAKE, 3, None, true));
		assert_ok!(TaskAssignment::join(signed(11), STAKE, 3, None, false));
		assert!(worker_of(10).private);
		assert!(!worker_of(11).private);
	});
}

#[test]
fn a_worker_cannot_join_twice() {
	run(|| {
		assert_ok!(TaskAssignment::join(signed(10), STAKE, 1, None, true));
		assert_noop!(TaskAssignment::join(signed(10), STAKE, 1, None, true), Error::<Test>::AlreadyWorker);
	});
}

#[test]
fn a_worker_that_is_leaving_cannot_join_again_before_it_has_withdrawn() {
	run(|| {
		assert_ok!(TaskAssignment::join(signed(10), STAKE, 1, None, true));
		assert_ok!(TaskAssignment::leave(signed(10)));
		assert_noop!(TaskAssignment::join(signed(10), STAKE, 1, None, true), Error::<Test>::AlreadyWorker);
	});
}

#[test]
fn a_stake_below_the_least_is_refused() {
	run(|| {
		assert_noop!(TaskAssignment::join(signed(10), STAKE - 1, 1, None, true), Error::<Test>::StakeTooLow);
	});
}

#[test]
fn a_worker_without_capacity_is_refused() {
	run(|| {
		assert_noop!(TaskAssignment::join(signed(10), STAKE, 0, None, true), Error::<Test>::NoCapacity);
	});
}

#[test]
fn a_worker_cannot_stake_what_it_does_not_have() {
	run(|| {
		assert_noop!(TaskAssignment::join(signed(10), FUNDS + 1, 1, None, true), Error::<Test>::InsufficientFunds);
		assert_noop!(TaskAssignment::join(signed(10), FUNDS, 1, None, true), Error::<Test>::InsufficientFunds);
		assert_ok!(TaskAssignment::join(signed(10), FUNDS - LEAST, 1, None, true));
	});
}

#[test]
fn joining_is_signed() {
	run(|| {
		assert_noop!(TaskAssignment::join(RuntimeOrigin::root(), STAKE, 1, None, true), DispatchError::BadOrigin);
	});
}
