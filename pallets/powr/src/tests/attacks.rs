//! What somebody might try in order to get more than it gives.

use deepnode_primitives::{traits::Observer, Balance, DN};
use frame_support::{
	assert_ok,
	traits::{fungible::Mutate, tokens::Preservation},
};

use crate::{
	mock::*,
	types::{Params, MAX_DRAWS, MAX_EVALUATORS},
	Usages, Works,
};

fn transfer(from: AccountId, to: AccountId, amount: Balance) {
	assert_ok!(Balances::transfer(&from, &to, amount, Preservation::Expendable));
}

/// What accounts have won since, the stakes on hold included.
fn won(before: Balance, who: &[AccountId]) -> i128 {
	owned(who) as i128 - before as i128
}

fn owned(who: &[AccountId]) -> Balance {
	who.iter().map(|who| frame_system::Account::<Test>::get(who).data).map(|it| it.free + it.reserved).sum()
}

/// A task for which everybody is paid as the fee table says; account 99 stands for the network.
fn paid_task(model: u32, requester: AccountId, creator: AccountId, fee: Balance, workers: &[AccountId]) {
	let split = Fees::get().split(fee, workers.len() as u32);
	transfer(requester, creator, split.creator);
	workers.iter().for_each(|worker| transfer(requester, *worker, split.per_worker));
	transfer(requester, 99, fee - split.creator - split.workers);
	settle_as(model, requester, fee, workers, [0; 32]);
}

#[test]
fn who_copies_the_last_epochs_consensus_earns_less_than_the_honest_when_scores_move() {
	run(|| {
		set_params(generous());
		let models = [model(70), model(71)];
		settle_all(&models, DN);
		evaluators(&[(1, STAKE), (2, STAKE), (3, STAKE)]);
		let first: &[_] = &[(0, 80), (1, 20)];
		vote(&[(1, first), (2, first), (3, first)]);
		let before = [1, 2, 3].map(|who| owned(&[who]));
		// The second model has become better; evaluator 3 repeats what the consensus was.
		vote(&[(1, &[(0, 40), (1, 60)]), (2, &[(0, 42), (1, 58)]), (3, first)]);
		let earned = [1, 2, 3].map(|who| won(before[who as usize - 1], &[who]));
		assert!(earned[2] > 0);
		assert!(earned[2] * 3 < earned[0].min(earned[1]) * 2, "{earned:?}");
	});
}

#[test]
fn who_votes_with_the_consensus_and_evaluates_nothing_earns_nothing() {
	run(|| {
		set_params(generous());
		let model = model(70);
		settle(model, DN);
		evaluators(&[(1, STAKE), (2, STAKE)]);
		let before = [owned(&[1]), owned(&[2])];
		let weights: &[_] = &[(model, 30)];
		commit(1, weights);
		commit(2, weights);
		Works::<Test>::remove((epoch(), DOMAIN), 2);
		to_reveals();
		[1, 2].iter().for_each(|who| reveal(*who, weights).unwrap());
		close_epoch();
		assert!(won(before[0], &[1]) > 0);
		assert_eq!(won(before[1], &[2]), 0);
	});
}

#[test]
fn a_voter_that_weighs_only_what_nobody_else_does_earns_nothing() {
	run(|| {
		set_params(generous());
		let models: Vec<_> = (0..20).map(|creator| model(200 + creator)).collect();
		settle_all(&models, DN);
		evaluators(&[(1, 9 * STAKE), (2, STAKE)]);
		let spam: Vec<_> = models[1..].iter().map(|model| (*model, 100)).collect();
		let before = [owned(&[1]), owned(&[2])];
		vote(&[(1, &[(0, 50)]), (2, &spam)]);
		assert!(won(before[0], &[1]) > 0, "nor does it take from who is with the most");
		assert_eq!(won(before[1], &[2]), 0);
		assert_eq!(Powr::score(models[5]).unwrap().relevance, percent(0));
	});
}

#[test]
fn a_tiny_stake_cannot_ruin_a_rival() {
	run(|| {
		set_params(generous());
		let rival = model(70);
		settle(rival, DN);
		evaluators(&[(1, 50 * STAKE), (2, 49 * STAKE), (3, STAKE)]);
		vote(&[(1, &[(rival, 50)]), (2, &[(rival, 50)]), (3, &[(rival, 0)])]);
		let relevance = Powr::score(rival).unwrap().relevance.deconstruct();
		// A hundredth of the stake, clipped to four fifths of the median, takes 0.2% of the relevance.
		assert_eq!(relevance, 499_000_000);
	});
}

/// Fees in a circle among `accounts` creators, workers and requesters of one hand, under the greatest
/// emission: a pot without bound.
fn wash(accounts: u64) -> i128 {
	let mut result = 0;
	run(|| {
		let mut params = generous();
		params.emission.rate = percent(50);
		set_params(params);
		let base = 1_000;
		let ring: Vec<_> = (base..base + 4 * accounts).collect();
		ring.iter().for_each(|who| transfer(98, *who, LEAST));
		let models: Vec<_> = (0..accounts).map(|at| model(base + at)).collect();
		settle_all(&models, 1);
		evaluators(&[(1, STAKE)]);
		let fee = 10_000 * DN / Balance::from(accounts);
		ring.iter().skip(3 * accounts as usize).for_each(|who| transfer(98, *who, fee));
		let before = owned(&ring);
		for at in 0..accounts {
			let workers = [base + accounts + at, base + 2 * accounts + at];
			paid_task(models[at as usize], base + 3 * accounts + at, base + at, fee, &workers);
		}
		// Even the evaluators think well of it.
		let weights: Vec<_> = models.iter().map(|model| (*model, 100)).collect();
		vote(&[(1, &weights)]);
		result = won(before, &ring);
	});
	result
}

#[test]
fn washing_loses_alone_and_split_over_many_accounts() {
	let (alone, split) = (wash(1), wash(50));
	let fees = 10_000 * DN as i128;
	// 20% of the fees are gone; the caps give back 9% of what is net of the creator's row, and of what
	// the workers earned.
	assert_eq!(alone, fees * (-200 + 63 + 45) / 1000);
	assert!((alone - split).abs() < 1_000_000, "splitting changes nothing: {alone} {split}");
}

#[test]
fn an_overturned_wash_earns_its_creator_nothing() {
	run(|| {
		set_params(generous());
		let model = model(70);
		evaluators(&[(1, STAKE)]);
		let task = settle(model, 1_000 * DN);
		Powr::overturned(task, model, 1_000 * DN);
		let before = owned(&[70]);
		vote(&[(1, &[(model, 100)])]);
		assert_eq!(won(before, &[70]), 0);
	});
}

#[test]
fn a_dust_rating_hardly_touches_a_rival() {
	run(|| {
		set_params(Params { voice: percent(20), ..generous() });
		let rival = model(70);
		settle(rival, 100 * DN);
		evaluators(&[(1, STAKE)]);
		settle(rival, 100 * DN);
		let dust = settle(rival, 1_000);
		assert_ok!(Powr::rate(signed(90), dust, percent(0)));
		vote(&[(1, &[(rival, 50)])]);
		assert_eq!(Powr::score(rival).unwrap().relevance, percent(50));
	});
}

#[test]
fn storage_is_bounded_whatever_is_tried() {
	run(|| {
		MaxModels::set(5);
		// More models than fit, each used for one unit: what is off the list is gone after the epoch.
		(0..50).for_each(|creator| settle_all(&[model(200 + creator)], 1));
		assert_eq!(crate::Models::<Test>::iter().count(), 5);
		close_epoch();
		assert_eq!(Usages::<Test>::iter().count(), 0);
		assert_eq!(crate::Earned::<Test>::iter().count(), 0);

		// An evaluator, which has a stake, has one open evaluation in a domain, and one ballot in an epoch.
		evaluators(&[(1, STAKE)]);
		let open = || Powr::open_evaluation(signed(1), DOMAIN, [0; 32], None);
		assert_ok!(open());
		assert!(open().is_err());
		assert!(crate::DrawQueue::<Test>::get().len() as u32 <= MAX_DRAWS);
		assert!(crate::Seats::<Test>::get(DOMAIN).len() as u32 <= MAX_EVALUATORS);

		// Who leaves takes its evaluation with it.
		assert_ok!(Powr::leave(signed(1), DOMAIN));
		assert_eq!(crate::Evaluations::<Test>::iter().count(), 0);
		close_epoch();
		close_epoch();
		assert_eq!(crate::Works::<Test>::iter().count(), 0);
		assert_eq!(crate::Voters::<Test>::iter().count(), 0);
	});
	MaxModels::set(1_000);
}
