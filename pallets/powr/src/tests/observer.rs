//! What settled, overturned and undecided tasks count.

use deepnode_primitives::{
	traits::{Observer, Settlement},
	DN, MAX_SUPPLY,
};

use crate::{mock::*, Ledgers, Usages};

#[test]
fn a_settled_task_counts_its_fee_less_the_creators_row_and_what_its_workers_earned() {
	run(|| {
		let model = model(70);
		settle_as(model, 90, 100 * DN, &[80, 81], [0; 32]);
		settle_as(model, 90, 100 * DN, &[80], [0; 32]);
		let usage = Usages::<Test>::get((0, DOMAIN), model);
		assert_eq!((usage.gross, usage.net), (200 * DN, 140 * DN));
		assert_eq!(Powr::earned(DOMAIN, 80), 75 * DN);
		assert_eq!(Powr::earned(DOMAIN, 81), 25 * DN);
		assert_eq!(Ledgers::<Test>::get((0, DOMAIN)).earned, 100 * DN);
	});
}

#[test]
fn what_is_counted_while_an_epoch_is_closed_belongs_to_the_next() {
	run(|| {
		let model = model(70);
		settle(model, DN);
		advance(EpochLength::get() - 1);
		assert!(crate::Closing::<Test>::exists());
		settle(model, 3 * DN);
		close_epoch();
		assert_eq!(Powr::score(model).unwrap().earned, 3 * DN * 7 / 10);
	});
}

#[test]
fn an_overturned_task_is_taken_back_but_never_more_than_there_is() {
	run(|| {
		let model = model(70);
		let task = settle(model, 100 * DN);
		settle(model, 50 * DN);
		Powr::overturned(task, model, 100 * DN);
		let usage = Usages::<Test>::get((0, DOMAIN), model);
		assert_eq!((usage.gross, usage.net), (50 * DN, 35 * DN));
		close_epoch();
		settle(model, DN);
		Powr::overturned(task, model, 100 * DN);
		let usage = Usages::<Test>::get((1, DOMAIN), model);
		assert_eq!((usage.gross, usage.net), (0, 0));
		Powr::overturned(task, 99, 100 * DN);
	});
}

#[test]
fn without_a_majority_the_models_accuracy_falls() {
	run(|| {
		let model = model(70);
		Powr::undecided(0, model);
		settle(model, DN);
		Powr::undecided(0, model);
		let accuracy = Powr::score(model).unwrap().accuracy.deconstruct();
		assert_eq!(accuracy, 495_000_000);
	});
}

#[test]
fn one_unit_and_all_the_dn_there_is_are_counted_to_the_last_unit() {
	run(|| {
		let model = model(70);
		settle(model, 1);
		let usage = Usages::<Test>::get((0, DOMAIN), model);
		assert_eq!((usage.gross, usage.net), (1, 1));
		settle(model, MAX_SUPPLY);
		let usage = Usages::<Test>::get((0, DOMAIN), model);
		assert_eq!((usage.gross, usage.net), (MAX_SUPPLY + 1, MAX_SUPPLY * 7 / 10 + 1));
		assert_eq!(Powr::earned(DOMAIN, 80), MAX_SUPPLY / 4);
		Powr::overturned(0, model, 1);
		assert_eq!(Usages::<Test>::get((0, DOMAIN), model).gross, MAX_SUPPLY);
	});
}

#[test]
fn five_winners_are_the_most_that_one_task_counts_for() {
	run(|| {
		let model = model(70);
		let winners = [80, 81, 82, 83, 84];
		let split = Fees::get().split(10 * DN, 5);
		let fee = 10 * DN;
		Powr::settled(Settlement { task: 0, model, requester: &90, items: 1, fee, split: &split, winners: &winners });
		assert!(winners.iter().all(|who| Powr::earned(DOMAIN, *who) == DN));
	});
}
