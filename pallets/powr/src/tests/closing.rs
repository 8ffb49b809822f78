//! An epoch's end: scores, and who is paid what.

use deepnode_primitives::{DN, MAX_SUPPLY};
use deepnode_scoring::{emission, metric::Metric};
use frame_support::{assert_ok, traits::fungible::Mutate, weights::Weight};

use crate::{
	mock::*,
	types::{EpochState, Params, Role},
	Closing, Event, WeightInfo,
};

#[test]
fn an_epoch_ends_after_its_length_and_the_next_begins() {
	run(|| {
		let ends_at = Powr::epoch().ends_at;
		while System::block_number() < ends_at - 1 {
			block();
		}
		assert_eq!(epoch(), 0);
		block();
		let EpochState { running, closing, .. } = Powr::epoch();
		assert_eq!((running.index, running.started_at), (1, ends_at));
		assert_eq!(closing.unwrap().epoch, 0);
		block();
		assert!(Powr::epoch().closing.is_none());
	});
}

#[test]
fn everybody_is_paid_its_share_and_the_pot_loses_exactly_that() {
	run(|| {
		set_params(generous());
		// Fees so high that no cap matters.
		let models = [model(70), model(71)];
		settle_all(&models, DN);
		evaluators(&[(1, STAKE), (2, 3 * STAKE)]);
		settle_all(&models, 2_000_000 * DN);
		let emission = Powr::pending_emission();
		let (before, creators, workers) = (pot(), [free(70), free(71)], [free(80), free(81)]);
		let stakes = [free(1), free(2)];
		let weights: &[_] = &[(0, 80), (1, 20)];
		vote(&[(1, weights), (2, weights)]);

		let row = |percent: u128| emission * percent / 100;
		let [first, second] = [70, 71].map(|who| free(who) - creators[usize::from(who == 71)]);
		assert!(first > second, "the more relevant model earns more");
		assert!(row(41) - (first + second) < 2);
		assert_eq!([80, 81].map(|who| free(who) - workers[usize::from(who == 81)]), [row(41) / 2; 2]);
		let paid = [free(1) - stakes[0], free(2) - stakes[1]];
		assert_eq!(paid, [row(18) / 4, row(18) / 4 * 3], "agreement was full: by stake alone");
		assert_eq!(before - pot(), first + second + row(41) + row(18));
	});
}

#[test]
fn a_score_is_made_of_accuracy_relevance_and_utilisation() {
	run(|| {
		set_params(generous());
		let models = [model(70), model(71)];
		evaluators(&[(1, STAKE)]);
		settle_all(&models, 10 * DN);
		close_epoch();
		settle_all(&models, 10 * DN);
		vote(&[(1, &[(0, 100)])]);
		let score = Powr::score(0).unwrap();
		assert_eq!((score.accuracy, score.relevance), (percent(50), percent(100)));
		// The median is a bucket's middle, at most an eighth off.
		let half = score.utilisation.deconstruct().abs_diff(500_000_000);
		assert!(half < 35_000_000, "{:?}", score.utilisation);
		let exponents = Params::default().exponents;
		let powr = deepnode_scoring::powr::score(score.accuracy, score.relevance, score.utilisation, &exponents);
		assert_eq!(score.score, powr);
		assert_eq!(Powr::score(1).unwrap().score, percent(0), "of no relevance to anybody");
	});
}

#[test]
fn averages_remember() {
	run(|| {
		set_params(Params { half_life: 1, ..generous() });
		let model = model(70);
		evaluators(&[(1, STAKE)]);
		settle(model, 100 * DN);
		vote(&[(1, &[(model, 80)])]);
		assert_eq!(Powr::score(model).unwrap().relevance, percent(40));
		assert_eq!(Powr::score(model).unwrap().fees, 35 * DN);
		vote(&[(1, &[(model, 80)])]);
		assert_eq!(Powr::score(model).unwrap().relevance, percent(60));
		close_epoch();
		assert_eq!(Powr::score(model).unwrap().relevance, percent(60), "nobody has said anything");
	});
}

#[test]
fn domains_have_their_parts_and_a_pot_of_nothing_pays_nothing() {
	run(|| {
		set_params(generous());
		assert_ok!(set_domain("tabular", percent(25), Metric::Class));
		assert_ok!(set_domain("vision", percent(75), Metric::Class));
		let model = model(70);
		evaluators(&[(1, STAKE)]);
		settle(model, 4_000_000 * DN);
		let (emission, before) = (Powr::pending_emission(), free(80));
		vote(&[(1, &[(model, 50)])]);
		assert_eq!(free(80) - before, emission / 4 * 41 / 200);

		let all = Powr::pot_balance();
		Balances::transfer(&Powr::pot(), &99, all, frame_support::traits::tokens::Preservation::Preserve).unwrap();
		settle(model, 4_000_000 * DN);
		close_epoch();
		assert_eq!(pot(), LEAST);
	});
}

#[test]
fn at_one_unit_and_at_all_the_dn_there_is_nothing_overflows_or_is_overpaid() {
	for fee in [1, MAX_SUPPLY] {
		run(|| {
			set_params(generous());
			let models = [model(70), model(71)];
			evaluators(&[(1, STAKE), (2, STAKE)]);
			settle_all(&models, fee);
			settle(models[1], fee);
			let (before, emission) = (pot(), Powr::pending_emission());
			vote(&[(1, &[(0, 1), (1, 100)]), (2, &[(0, 100), (1, 1)])]);
			let paid = before - pot();
			assert!(paid <= emission && paid >= emission * 18 / 100 - 2, "{paid} of {emission}");
		});
	}
}

#[test]
fn what_cannot_be_delivered_stays_in_the_pot() {
	run(|| {
		set_params(generous());
		let model = model(7_000);
		evaluators(&[(1, STAKE)]);
		// A worker that does not exist, and earns less than the existential deposit.
		settle_as(model, 90, DN / 100, &[8_000], [0; 32]);
		let (before, stake) = (pot(), free(1));
		vote(&[(1, &[(model, 50)])]);
		assert_eq!((free(7_000), free(8_000)), (0, 0));
		assert_eq!(before - pot(), free(1) - stake);
	});
}

#[test]
fn an_epoch_waits_for_the_last_to_be_closed() {
	run(|| {
		set_params(generous());
		for creator in 0..200 {
			settle(model(1_000 + creator), DN);
		}
		let weight = <Test as crate::Config>::WeightInfo::idle()
			+ <Test as crate::Config>::WeightInfo::close_page()
			+ Powr::dearest_step() * 2;
		EpochWeight::set(weight);
		let mut blocks = 0;
		advance(EpochLength::get() - 1);
		while epoch() < 2 {
			let used = block();
			assert!(used.all_lte(weight), "no block spends more than it may");
			blocks += 1;
			if epoch() == 1 {
				assert!(Closing::<Test>::get().is_none_or(|closing| closing.epoch == 0));
			}
		}
		assert!(blocks > 2 * EpochLength::get(), "{blocks}");
		EpochWeight::set(Weight::from_parts(200_000_000_000, u64::MAX));
	});
}

#[test]
fn events_say_who_was_paid_what() {
	run(|| {
		set_params(generous());
		let model = model(70);
		evaluators(&[(1, STAKE)]);
		settle(model, 100 * DN);
		let emission = emission::epoch(Powr::pot_balance(), percent(1));
		events();
		vote(&[(1, &[(model, 50)])]);
		let events = events();
		let paid = |who, role, amount| Event::EmissionPaid { who, domain: DOMAIN, role, amount };
		assert!(events.contains(&paid(70, Role::Creator, 70 * DN * 9 / 100)), "{events:?}");
		assert!(events.contains(&paid(80, Role::Worker, 25 * DN * 9 / 100)));
		assert!(events.contains(&paid(1, Role::Evaluator, emission * 18 / 100)));
		let ended = Event::EpochEnded { epoch: 1, emission };
		assert!(events.contains(&ended));
		assert!(matches!(events.last(), Some(Event::EpochClosed { epoch: 1, .. })));
	});
}
