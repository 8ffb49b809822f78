//! `open_evaluation`, the draw, `unseal`.

use deepnode_primitives::{content::sha256, DN};
use deepnode_scoring::Unit;
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchResult;

use crate::{
	mock::*,
	seals,
	types::{Expected, MAX_DRAWN},
	DrawQueue, Error, Evaluations, Event, Works,
};

const ITEM_SALT: [u8; 32] = [77; 32];

fn expected() -> Expected {
	Expected::Answer(answer([9, 1, 1]).try_into().unwrap())
}

fn open(who: AccountId) -> DispatchResult {
	Powr::open_evaluation(signed(who), DOMAIN, seals::item(&who, &expected(), &ITEM_SALT), None)
}

/// A known-answer task, submitted by an account that nobody knows.
fn ask(who: AccountId, model: u32, output: [i32; 3]) -> u64 {
	let seal = seals::task(&who, &expected(), &salt(9));
	settle_with(model, 91, DN, &[80, 81], seal, answer(output))
}

fn unseal(who: AccountId, task: u64) -> DispatchResult {
	Powr::unseal(signed(who), DOMAIN, task, expected(), salt(9), ITEM_SALT)
}

fn drawn(who: AccountId) -> Vec<u32> {
	Evaluations::<Test>::get(DOMAIN, who).unwrap().models.iter().map(|(model, _)| *model).collect()
}

/// So many models on the list, and two evaluators who may judge.
fn setup(models: u32) {
	set_params(generous());
	for creator in 0..models {
		settle(model(200 + u64::from(creator)), DN);
	}
	evaluators(&[(1, STAKE), (2, 3 * STAKE)]);
}

#[test]
fn a_later_block_draws_models_once() {
	run(|| {
		setup(40);
		assert_ok!(open(1));
		assert_noop!(open(1), Error::<Test>::EvaluationOpen);
		assert_noop!(unseal(1, 0), Error::<Test>::NoEvaluation);
		KnownSince::set(Some(System::block_number()));
		block();
		assert!(drawn(1).is_empty(), "this randomness was known when the evaluation was opened");
		KnownSince::set(None);
		block();
		let models = drawn(1);
		assert_eq!(models.len() as u32, MAX_DRAWN);
		let distinct: std::collections::BTreeSet<_> = models.iter().collect();
		assert_eq!(distinct.len(), models.len());
		assert!(DrawQueue::<Test>::get().is_empty());
		block();
		assert_eq!(drawn(1), models);
	});
}

#[test]
fn of_few_models_those_that_accept_tasks_are_drawn() {
	run(|| {
		setup(3);
		world(|world| world.models.get_mut(&1).unwrap().2 = false);
		assert_ok!(open(1));
		block();
		let mut models = drawn(1);
		models.sort();
		assert_eq!(models, [0, 2]);
	});
}

#[test]
fn only_as_many_draws_as_fit_wait() {
	run(|| {
		set_params(generous());
		settle(model(70), DN);
		let stakes: Vec<_> = (1..=17).map(|who| (who, STAKE)).collect();
		evaluators(&stakes);
		(1..=16).for_each(|who| open(who).unwrap());
		assert_noop!(open(17), Error::<Test>::QueueFull);
		block();
		assert_ok!(open(17));
	});
}

#[test]
fn an_unsealed_answer_is_scored_and_its_fee_reimbursed_and_uncounted() {
	run(|| {
		setup(2);
		assert_ok!(open(1));
		block();
		let models = drawn(1);
		let right = ask(1, models[0], [5, 1, 1]);
		let wrong = ask(1, models[1], [1, 5, 1]);
		let before = (free(1), pot());
		assert_ok!(unseal(1, right));
		events();
		assert_ok!(unseal(1, wrong));
		let unsealed =
			Event::TaskUnsealed { task: wrong, model: models[1], evaluator: 1, accuracy: percent(0), reimbursed: DN };
		assert!(events().contains(&unsealed));
		assert_eq!((free(1), pot()), (before.0 + 2 * DN, before.1 - 2 * DN));
		let usage = crate::Usages::<Test>::get((epoch(), DOMAIN), models[0]);
		assert_eq!((usage.net, usage.gross), (0, 0), "the fee counts no more");
		assert!(Evaluations::<Test>::get(DOMAIN, 1).is_none(), "all is judged");
		assert_eq!(Works::<Test>::get((epoch(), DOMAIN), 1).diligence(), Unit::one());
		close_epoch();
		assert_eq!(Powr::score(models[0]).unwrap().accuracy, percent(100));
		assert_eq!(Powr::score(models[1]).unwrap().accuracy, percent(0));
	});
}

#[test]
fn a_digest_is_right_or_wrong() {
	run(|| {
		setup(1);
		let expected = Expected::Digest(sha256(&answer([9, 1, 1])));
		let item = seals::item(&1u64, &expected, &ITEM_SALT);
		assert_ok!(Powr::open_evaluation(signed(1), DOMAIN, item, None));
		block();
		let seal = seals::task(&1u64, &expected, &salt(9));
		let task = settle_with(0, 91, DN, &[80, 81], seal, answer([9, 1, 1]));
		assert_ok!(Powr::unseal(signed(1), DOMAIN, task, expected, salt(9), ITEM_SALT));
		close_epoch();
		assert_eq!(Powr::score(0).unwrap().accuracy, percent(100));
	});
}

#[test]
fn an_error_as_an_answer_has_no_accuracy() {
	run(|| {
		setup(1);
		assert_ok!(open(1));
		block();
		let seal = seals::task(&1u64, &expected(), &salt(9));
		let task = settle_with(0, 91, DN, &[80, 81], seal, vec![1, 0]);
		assert_ok!(unseal(1, task));
		close_epoch();
		assert_eq!(Powr::score(0).unwrap().accuracy, percent(0));
	});
}

#[test]
fn a_model_that_was_not_drawn_is_refused() {
	run(|| {
		setup(40);
		assert_ok!(open(1));
		block();
		let friend = (0..40).find(|model| !drawn(1).contains(model)).unwrap();
		let task = ask(1, friend, [9, 1, 1]);
		assert_noop!(unseal(1, task), Error::<Test>::NotDrawn);
	});
}

#[test]
fn a_model_is_judged_once_in_an_evaluation_and_a_task_once_at_all() {
	run(|| {
		setup(2);
		assert_ok!(open(1));
		block();
		let (first, again) = (ask(1, 0, [9, 1, 1]), ask(1, 0, [9, 1, 1]));
		assert_ok!(unseal(1, first));
		assert_noop!(unseal(1, first), Error::<Test>::NotDrawn);
		assert_noop!(unseal(1, again), Error::<Test>::NotDrawn);
		assert_ok!(unseal(1, ask(1, 1, [9, 1, 1])));
		// The next evaluation has the same item; the tasks of the last are too old for it.
		assert_ok!(open(1));
		block();
		assert_noop!(unseal(1, again), Error::<Test>::TaskTooOld);
		assert_noop!(unseal(2, first), Error::<Test>::NoEvaluation);
	});
}

#[test]
fn what_is_unsealed_must_be_what_was_sealed_and_what_the_item_is() {
	run(|| {
		setup(2);
		assert_ok!(open(1));
		block();
		let task = ask(1, 0, [9, 1, 1]);
		let other = Expected::Answer(answer([1, 9, 1]).try_into().unwrap());
		let call = |expected, salt, item| Powr::unseal(signed(1), DOMAIN, task, expected, salt, item);
		assert_noop!(call(other.clone(), salt(9), ITEM_SALT), Error::<Test>::SealMismatch);
		assert_noop!(call(expected(), salt(8), ITEM_SALT), Error::<Test>::SealMismatch);
		assert_noop!(call(expected(), salt(9), [0; 32]), Error::<Test>::ItemMismatch);
		// An easy item for one model after the draw: its seal is right, but it is not the evaluation's.
		let easy = settle_with(1, 91, DN, &[80], seals::task(&1u64, &other, &salt(9)), answer([1, 9, 1]));
		let friendly = Powr::unseal(signed(1), DOMAIN, easy, other, salt(9), ITEM_SALT);
		assert_noop!(friendly, Error::<Test>::ItemMismatch);
	});
}

#[test]
fn after_the_window_nothing_is_unsealed_and_what_was_not_costs_agreement() {
	run(|| {
		setup(1);
		commit(1, &[(0, 50)]);
		commit(2, &[(0, 50)]);
		[1, 2].iter().for_each(|who| Works::<Test>::remove((epoch(), DOMAIN), who));
		assert_ok!(open(1));
		assert_ok!(open(2));
		block();
		assert_ok!(unseal(2, ask(2, 0, [9, 1, 1])));
		let task = ask(1, 0, [9, 1, 1]);
		advance(EvaluationWindow::get());
		assert_noop!(unseal(1, task), Error::<Test>::TooLate);
		assert_ok!(reveal(1, &[(0, 50)]));
		assert_ok!(reveal(2, &[(0, 50)]));
		let before = (free(1), free(2));
		close_epoch();
		assert_eq!(free(1), before.0, "it judged nothing of what was drawn for it");
		assert!(free(2) > before.1);
		assert!(Evaluations::<Test>::get(DOMAIN, 1).is_none());
	});
}

#[test]
fn reimbursements_are_bounded_by_stake() {
	run(|| {
		setup(1);
		let budget = crate::CurrentEpoch::<Test>::get().budget;
		assert_eq!(Powr::evaluator(DOMAIN, 1).budget, budget / 4, "a quarter of the stake");
		assert_ok!(open(1));
		block();
		let seal = seals::task(&1u64, &expected(), &salt(9));
		let task = settle_with(0, 91, budget, &[80, 81], seal, answer([9, 1, 1]));
		let before = free(1);
		assert_ok!(unseal(1, task));
		assert_eq!(free(1) - before, budget / 4);
		assert_eq!(Powr::evaluator(DOMAIN, 1).budget, 0);
	});
}

#[test]
fn the_data_sets_owner_is_paid_with_the_first_judgement() {
	run(|| {
		setup(2);
		world(|world| world.data_sets.extend([(5, (95, 3 * DN)), (6, (95, POT))]));
		let item = seals::item(&1u64, &expected(), &ITEM_SALT);
		let open = |data_set| Powr::open_evaluation(signed(1), DOMAIN, item, Some(data_set));
		assert_noop!(open(4), Error::<Test>::DataSetUnavailable);
		assert_noop!(open(6), Error::<Test>::DataSetUnavailable);
		assert_ok!(open(5));
		block();
		let before = free(95);
		assert_ok!(unseal(1, ask(1, 0, [9, 1, 1])));
		assert_ok!(unseal(1, ask(1, 1, [9, 1, 1])));
		assert_eq!(free(95) - before, 3 * DN);
		assert_eq!(world(|world| world.uses[&5]), 1);
	});
}
