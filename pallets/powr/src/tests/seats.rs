//! `join`, `leave`, `withdraw`.

use deepnode_primitives::DN;
use frame_support::{
	assert_noop, assert_ok,
	traits::fungible::{InspectHold, Mutate},
};
use sp_runtime::TokenError;

use crate::{mock::*, types::MAX_EVALUATORS, Error, HoldReason, Seats};

fn held(who: AccountId) -> u128 {
	Balances::balance_on_hold(&HoldReason::EvaluatorStake.into(), &who)
}

#[test]
fn joining_puts_the_stake_on_hold_and_joining_again_adds_to_it() {
	run(|| {
		assert_ok!(Powr::join(signed(1), DOMAIN, STAKE));
		assert_ok!(Powr::join(signed(1), DOMAIN, DN));
		assert_eq!(held(1), STAKE + DN);
		assert_eq!(Powr::evaluator(DOMAIN, 1).stake, STAKE + DN);
	});
}

#[test]
fn too_little_stake_an_unknown_domain_and_what_one_does_not_have_are_refused() {
	run(|| {
		assert_noop!(Powr::join(signed(1), DOMAIN, STAKE - 1), Error::<Test>::StakeTooLow);
		assert_noop!(Powr::join(signed(1), 7, STAKE), Error::<Test>::UnknownDomain);
		assert_noop!(Powr::join(signed(1), DOMAIN, FUNDS + 1), TokenError::FundsUnavailable);
	});
}

#[test]
fn a_stake_leaves_after_it_has_unbonded() {
	run(|| {
		assert_noop!(Powr::leave(signed(1), DOMAIN), Error::<Test>::NotEvaluator);
		assert_ok!(Powr::join(signed(1), DOMAIN, STAKE));
		assert_noop!(Powr::withdraw(signed(1), DOMAIN), Error::<Test>::NotLeaving);
		assert_ok!(Powr::leave(signed(1), DOMAIN));
		assert_noop!(Powr::join(signed(1), DOMAIN, STAKE), Error::<Test>::StillUnbonding);
		advance(UnbondingPeriod::get() - 1);
		assert_noop!(Powr::withdraw(signed(1), DOMAIN), Error::<Test>::StillUnbonding);
		advance(1);
		assert_ok!(Powr::withdraw(signed(1), DOMAIN));
		assert_eq!((held(1), free(1)), (0, FUNDS));
		assert_ok!(Powr::join(signed(1), DOMAIN, STAKE));
	});
}

#[test]
fn in_a_full_domain_more_stake_takes_the_place_of_the_least() {
	run(|| {
		let more = |who: u64| STAKE + u128::from(who);
		for who in 1..=u64::from(MAX_EVALUATORS) {
			if who >= 100 {
				assert_ok!(Balances::transfer(
					&90,
					&who,
					more(who) + LEAST,
					frame_support::traits::tokens::Preservation::Preserve
				));
			}
			assert_ok!(Powr::join(signed(who), DOMAIN, more(who)));
		}
		assert_noop!(Powr::join(signed(99_999), DOMAIN, more(1)), Error::<Test>::DomainFull);
		assert_ok!(Powr::leave(signed(99), DOMAIN));
		assert_ok!(Powr::join(signed(98), DOMAIN, 0));
		assert_ok!(Balances::transfer(&90, &500, 1000 * DN, frame_support::traits::tokens::Preservation::Preserve));
		assert_ok!(Powr::join(signed(500), DOMAIN, more(2)));
		assert_eq!(Powr::evaluator(DOMAIN, 1).stake, more(1), "there was room");
		assert_ok!(Balances::transfer(&90, &501, 1000 * DN, frame_support::traits::tokens::Preservation::Preserve));
		assert_ok!(Powr::join(signed(501), DOMAIN, more(2)));
		let displaced = Powr::evaluator(DOMAIN, 1);
		assert_eq!((displaced.stake, displaced.leaving.unwrap().stake), (0, more(1)), "the least has left");
		assert_eq!(Seats::<Test>::get(DOMAIN).len() as u32, MAX_EVALUATORS);
	});
}
