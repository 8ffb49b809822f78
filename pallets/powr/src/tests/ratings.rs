//! `rate`.

use deepnode_primitives::DN;
use frame_support::{assert_noop, assert_ok};

use crate::{mock::*, seals, types::Expected, Error};

#[test]
fn who_paid_rates_once() {
	run(|| {
		let model = model(70);
		let task = settle(model, DN);
		assert_noop!(Powr::rate(signed(1), task, percent(0)), Error::<Test>::NotRequester);
		assert_noop!(Powr::rate(signed(90), 77, percent(0)), Error::<Test>::NotSettled);
		assert_ok!(Powr::rate(signed(90), task, percent(80)));
		assert_noop!(Powr::rate(signed(90), task, percent(80)), Error::<Test>::AlreadyMarked);
		close_epoch();
		assert_noop!(Powr::rate(signed(90), task, percent(80)), Error::<Test>::AlreadyMarked);
		let own = settle_as(model, 70, DN, &[80], [0; 32]);
		assert_noop!(Powr::rate(signed(70), own, percent(100)), Error::<Test>::NotRequester);
	});
}

#[test]
fn marks_go_with_the_epoch_after_theirs() {
	run(|| {
		let task = settle(model(70), DN);
		assert_ok!(Powr::rate(signed(90), task, percent(80)));
		close_epoch();
		assert_eq!(crate::Marks::<Test>::iter().count(), 1);
		close_epoch();
		assert_eq!(crate::Marks::<Test>::iter().count(), 0);
	});
}

#[test]
fn ratings_are_a_voice_as_loud_as_the_fees_behind_them() {
	run(|| {
		set_params(generous());
		let models = [model(70), model(71), model(72)];
		settle_all(&models, DN);
		evaluators(&[(1, STAKE)]);
		let tasks = models.map(|model| settle(model, 100 * DN));
		// All fees of the first are rated, half of the second's, next to none of the third's.
		settle(models[1], 100 * DN);
		let cheap = settle(models[2], 1);
		assert_ok!(Powr::rate(signed(90), tasks[0], percent(0)));
		assert_ok!(Powr::rate(signed(90), tasks[1], percent(0)));
		assert_ok!(Powr::rate(signed(90), cheap, percent(0)));
		vote(&[(1, &[(models[0], 50), (models[1], 50), (models[2], 50)])]);
		let relevance = models.map(|model| Powr::score(model).unwrap().relevance);
		assert_eq!(relevance, [percent(40), percent(45), percent(50)]);
	});
}

#[test]
fn a_reimbursed_task_is_not_rated_nor_a_rated_one_reimbursed() {
	run(|| {
		set_params(generous());
		settle(model(70), DN);
		evaluators(&[(1, STAKE)]);
		let expected = Expected::Answer(answer([9, 1, 1]).try_into().unwrap());
		let item = seals::item(&1u64, &expected, &[7; 32]);
		assert_ok!(Powr::open_evaluation(signed(1), DOMAIN, item, None));
		block();
		let seal = seals::task(&1u64, &expected, &salt(9));
		let (rated, unsealed) = (settle_as(0, 91, DN, &[80], seal), settle_as(0, 91, DN, &[80], seal));
		let unseal = |task| Powr::unseal(signed(1), DOMAIN, task, expected.clone(), salt(9), [7; 32]);
		assert_ok!(Powr::rate(signed(91), rated, percent(100)));
		assert_noop!(unseal(rated), Error::<Test>::AlreadyMarked);
		assert_ok!(unseal(unsealed));
		assert_noop!(Powr::rate(signed(91), unsealed, percent(100)), Error::<Test>::AlreadyMarked);
	});
}
