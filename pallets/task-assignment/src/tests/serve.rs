use deepnode_primitives::Balance;
use frame_support::{assert_noop, assert_ok};

use crate::{mock::*, types::MAX_MODELS_PER_WORKER, Error, PoolMembers, PoolNodes, PoolSizes};

#[test]
fn a_worker_serves_a_model_with_its_whole_stake() {
	run(|| {
		let model = model();
		assert_ok!(TaskAssignment::join(signed(10), 2 * STAKE, 1, None, true));
		events();
		assert_ok!(TaskAssignment::serve(signed(10), model));

		assert_eq!(TaskAssignment::pool(model), (1, weight(2 * STAKE)));
		assert_eq!(worker_of(10).models.to_vec(), [(model, 0)]);
		assert_eq!(events(), [Event::ModelServed { worker: account(10), model }]);
	});
}

#[test]
fn the_last_leaf_takes_the_place_of_one_that_goes() {
	run(|| {
		let model = model();
		for number in 10..15 {
			worker(number, STAKE * Balance::from(number), 1, model);
		}
		events();
		assert_ok!(TaskAssignment::stop_serving(signed(11), model));

		assert_eq!(events(), [Event::ModelDropped { worker: account(11), model }]);
		assert_eq!(TaskAssignment::pool(model), (4, weight(STAKE) * (10 + 12 + 13 + 14)));
		assert_eq!(worker_of(14).models.to_vec(), [(model, 1)]);
		assert_eq!(PoolMembers::<Test>::get(model, 1), Some(account(14)));
		check();

		// The one that was moved can go too, and so can the last.
		assert_ok!(TaskAssignment::stop_serving(signed(14), model));
		check();
		assert_ok!(TaskAssignment::stop_serving(signed(13), model));
		assert_eq!(TaskAssignment::pool(model), (2, weight(STAKE) * (10 + 12)));
	});
}

#[test]
fn an_empty_pool_leaves_nothing_behind() {
	run(|| {
		let model = model();
		workers(10..17, model);
		for number in [13, 16, 10, 11, 15, 12, 14] {
			assert_ok!(TaskAssignment::stop_serving(signed(number), model));
			check();
		}
		assert_eq!(PoolNodes::<Test>::iter().count(), 0);
		assert_eq!(PoolMembers::<Test>::iter().count(), 0);
		assert_eq!(PoolSizes::<Test>::iter().count(), 0);
	});
}

#[test]
fn only_workers_serve() {
	run(|| {
		let model = model();
		assert_noop!(TaskAssignment::serve(signed(10), model), Error::<Test>::NotWorker);
		assert_noop!(TaskAssignment::stop_serving(signed(10), model), Error::<Test>::NotWorker);
	});
}

#[test]
fn a_worker_that_leaves_serves_nothing_new() {
	run(|| {
		let model = model();
		assert_ok!(TaskAssignment::join(signed(10), STAKE, 1, None, true));
		assert_ok!(TaskAssignment::leave(signed(10)));
		assert_noop!(TaskAssignment::serve(signed(10), model), Error::<Test>::Leaving);
	});
}

#[test]
fn a_model_that_does_not_exist_cannot_be_served() {
	run(|| {
		assert_ok!(TaskAssignment::join(signed(10), STAKE, 1, None, true));
		assert_noop!(TaskAssignment::serve(signed(10), 9), Error::<Test>::UnknownModel);
	});
}

#[test]
fn a_retired_model_cannot_be_served_any_more() {
	run(|| {
		let model = model();
		submit(model, 1);
		assert_ok!(ModelRegistry::retire(signed(CREATOR), model));
		assert_ok!(TaskAssignment::join(signed(10), STAKE, 1, None, true));
		assert_noop!(TaskAssignment::serve(signed(10), model), Error::<Test>::ModelRetired);
	});
}

#[test]
fn a_model_for_encrypted_inputs_is_served_only_by_a_worker_that_answers_them() {
	run(|| {
		let (plain, private) = (model(), private_model());
		assert_ok!(TaskAssignment::join(signed(10), STAKE, 1, None, false));
		assert_ok!(TaskAssignment::join(signed(11), STAKE, 1, None, true));

		assert_noop!(TaskAssignment::serve(signed(10), private), Error::<Test>::NotPrivate);
		assert_ok!(TaskAssignment::serve(signed(10), plain));
		assert_ok!(TaskAssignment::serve(signed(11), private));
		assert_ok!(TaskAssignment::serve(signed(11), plain));

		assert_eq!(TaskAssignment::pool(private), (1, weight(STAKE)));
		assert_eq!(TaskAssignment::pool(plain), (2, weight(2 * STAKE)));
	});
}

#[test]
fn a_worker_that_comes_to_answer_encrypted_inputs_leaves_and_joins_again() {
	run(|| {
		let private = private_model();
		assert_ok!(TaskAssignment::join(signed(10), STAKE, 1, None, false));
		assert_ok!(TaskAssignment::leave(signed(10)));
		skip(UnbondingPeriod::get());
		assert_ok!(TaskAssignment::withdraw(signed(10)));
		assert_ok!(TaskAssignment::join(signed(10), STAKE, 1, None, true));
		assert_ok!(TaskAssignment::serve(signed(10), private));
	});
}

#[test]
fn a_worker_of_a_model_that_is_gone_can_still_leave_its_pool() {
	run(|| {
		let model = model();
		workers([10, 11], model);
		assert_ok!(ModelRegistry::retire(signed(CREATOR), model));
		assert_ok!(TaskAssignment::stop_serving(signed(10), model));
		assert_ok!(TaskAssignment::leave(signed(11)));
		assert_eq!(TaskAssignment::pool(model), (0, 0));
	});
}

#[test]
fn a_worker_is_in_a_pool_only_once() {
	run(|| {
		let model = model();
		worker(10, STAKE, 1, model);
		assert_noop!(TaskAssignment::serve(signed(10), model), Error::<Test>::AlreadyServing);
	});
}

#[test]
fn a_worker_serves_a_bounded_number_of_models() {
	run(|| {
		assert_ok!(TaskAssignment::join(signed(10), STAKE, 1, None, true));
		for _ in 0..MAX_MODELS_PER_WORKER {
			assert_ok!(TaskAssignment::serve(signed(10), model()));
		}
		let one_more = model();
		assert_noop!(TaskAssignment::serve(signed(10), one_more), Error::<Test>::TooManyModels);
	});
}

#[test]
fn nobody_drops_a_model_that_it_does_not_serve() {
	run(|| {
		let model = model();
		assert_ok!(TaskAssignment::join(signed(10), STAKE, 1, None, true));
		assert_noop!(TaskAssignment::stop_serving(signed(10), model), Error::<Test>::NotServing);
	});
}

#[test]
fn a_worker_that_drops_a_model_still_owes_the_tasks_it_was_drawn_for() {
	run(|| {
		let model = model();
		workers([10, 11], model);
		let (task, drawn) = assign(model);
		assert_ok!(TaskAssignment::stop_serving(signed(10), model));
		let answer = scores([1, 2, 3]);
		all_commit(task, &drawn, &answer);
		all_reveal(task, &drawn, &answer);
		assert!(balances(10).0 > FUNDS - STAKE, "it is paid as well");
	});
}
