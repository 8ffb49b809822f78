//! `commit_weights` and `reveal_weights`.

use deepnode_primitives::DN;
use frame_support::{assert_noop, assert_ok, traits::fungible::InspectHold};

use crate::{mock::*, seals, types::PageHashes, Error, Event, HoldReason, Votes};

#[test]
fn an_evaluator_judges_from_the_epoch_after_it_joined() {
	run(|| {
		assert_noop!(Powr::commit_weights(signed(1), DOMAIN, [0; 32]), Error::<Test>::NotEvaluator);
		assert_ok!(Powr::join(signed(1), DOMAIN, STAKE));
		assert_noop!(Powr::commit_weights(signed(1), DOMAIN, [0; 32]), Error::<Test>::TooEarly);
		close_epoch();
		assert_ok!(Powr::commit_weights(signed(1), DOMAIN, [0; 32]));
		assert_noop!(Powr::commit_weights(signed(1), DOMAIN, [0; 32]), Error::<Test>::AlreadyCommitted);
	});
}

#[test]
fn weights_are_committed_first_and_revealed_last() {
	run(|| {
		let model = model(70);
		settle(model, DN);
		evaluators(&[(1, STAKE), (2, STAKE)]);
		commit(1, &[(model, 30)]);
		assert_noop!(reveal(1, &[(model, 30)]), Error::<Test>::RevealNotOpen);
		to_reveals();
		assert_noop!(Powr::commit_weights(signed(2), DOMAIN, [0; 32]), Error::<Test>::CommitClosed);
		assert_noop!(reveal(2, &[(model, 30)]), Error::<Test>::NotCommitted);
		assert_ok!(reveal(1, &[(model, 30)]));
		let info = Powr::evaluator(DOMAIN, 1);
		assert!(info.committed && info.revealed);
	});
}

#[test]
fn only_what_was_committed_can_be_revealed_and_once() {
	run(|| {
		let (first, second) = (model(70), model(71));
		settle(first, DN);
		settle(second, DN);
		evaluators(&[(1, STAKE), (2, STAKE)]);
		commit(1, &[(first, 30)]);
		// Copying the other's commitment is useless: who commits is inside it.
		let hash = seals::page(&page(&[(first, 30)]), &salt(1));
		assert_ok!(Powr::commit_weights(signed(2), DOMAIN, seals::ballot(epoch(), DOMAIN, &1u64, &[hash])));
		to_reveals();
		assert_noop!(reveal(1, &[(first, 31)]), Error::<Test>::CommitmentMismatch);
		assert_noop!(reveal(1, &[(second, 30)]), Error::<Test>::CommitmentMismatch);
		assert_ok!(reveal(1, &[(first, 30)]));
		assert_noop!(reveal(1, &[(first, 30)]), Error::<Test>::AlreadyRevealed);
		let pages = PageHashes::try_from(vec![hash]).unwrap();
		let copied = Powr::reveal_weights(signed(2), DOMAIN, pages, 0, page(&[(first, 30)]), salt(1));
		assert_noop!(copied, Error::<Test>::CommitmentMismatch);
	});
}

#[test]
fn weights_may_take_several_pages_that_are_revealed_in_any_order() {
	run(|| {
		let models = [model(70), model(71)];
		settle_all(&models, DN);
		evaluators(&[(1, STAKE)]);
		let pages = [page(&[(models[0], 10)]), page(&[(models[1], 20)])];
		let hashes: Vec<_> = pages.iter().map(|page| seals::page(page, &salt(1))).collect();
		assert_ok!(Powr::commit_weights(signed(1), DOMAIN, seals::ballot(epoch(), DOMAIN, &1u64, &hashes)));
		to_reveals();
		let hashes = PageHashes::try_from(hashes).unwrap();
		let show = |at: u8| {
			let page = pages[usize::from(at)].clone();
			Powr::reveal_weights(signed(1), DOMAIN, hashes.clone(), at, page, salt(1))
		};
		assert_ok!(show(1));
		assert!(!Powr::evaluator(DOMAIN, 1).revealed);
		assert_ok!(show(0));
		assert!(Powr::evaluator(DOMAIN, 1).revealed);
	});
}

#[test]
fn a_model_twice_and_models_out_of_order_are_refused_and_one_off_the_list_is_passed_over() {
	run(|| {
		let models = [model(70), model(71), model(72)];
		settle(models[0], DN);
		settle(models[1], DN);
		evaluators(&[(1, STAKE), (2, STAKE), (3, STAKE)]);
		commit(1, &[(models[1], 10), (models[0], 10)]);
		commit(2, &[(models[0], 10), (models[0], 10)]);
		commit(3, &[(models[0], 10), (models[2], 10)]);
		to_reveals();
		assert_noop!(reveal(1, &[(models[1], 10), (models[0], 10)]), Error::<Test>::InvalidWeights);
		assert_noop!(reveal(2, &[(models[0], 10), (models[0], 10)]), Error::<Test>::InvalidWeights);
		assert_ok!(reveal(3, &[(models[0], 10), (models[2], 10)]));
		assert_eq!(Votes::<Test>::get((epoch(), DOMAIN), models[2]).len(), 0);
	});
}

#[test]
fn who_commits_and_does_not_reveal_earns_nothing_and_loses_a_little() {
	run(|| {
		set_params(generous());
		let model = model(70);
		settle(model, DN);
		evaluators(&[(1, STAKE), (2, STAKE)]);
		commit(1, &[(model, 30)]);
		commit(2, &[(model, 30)]);
		to_reveals();
		assert_ok!(reveal(1, &[(model, 30)]));
		let (free_2, before) = (free(2), pot());
		events();
		close_epoch();
		let held = Balances::balance_on_hold(&HoldReason::EvaluatorStake.into(), &2);
		assert_eq!((free(2), held), (free_2, STAKE - STAKE / 1000));
		let paid = free(1) - (FUNDS - STAKE);
		assert!(paid > 0);
		assert_eq!(before - pot(), paid - STAKE / 1000, "the slash goes to the pot");
		assert!(events().contains(&Event::EvaluatorSlashed { evaluator: 2, domain: DOMAIN, amount: STAKE / 1000 }));
		assert_noop!(Powr::commit_weights(signed(2), DOMAIN, [0; 32]), Error::<Test>::StakeTooLow);
	});
}

#[test]
fn who_leaves_after_committing_still_has_to_reveal_and_is_still_paid() {
	run(|| {
		set_params(generous());
		let model = model(70);
		settle(model, DN);
		evaluators(&[(1, STAKE), (2, STAKE)]);
		commit(1, &[(model, 30)]);
		commit(2, &[(model, 30)]);
		assert_ok!(Powr::leave(signed(1), DOMAIN));
		assert_ok!(Powr::leave(signed(2), DOMAIN));
		to_reveals();
		assert_ok!(reveal(1, &[(model, 30)]));
		close_epoch();
		assert!(free(1) > FUNDS - STAKE);
		assert_eq!(Powr::evaluator(DOMAIN, 2).leaving.unwrap().stake, STAKE - STAKE / 1000);
	});
}
