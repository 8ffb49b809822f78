//! No block spends more than it may, however many take part; and what an epoch costs in all.

use deepnode_primitives::{Balance, DN};
use frame_support::{
	assert_ok,
	traits::{fungible::Mutate, tokens::Preservation},
	weights::{constants::WEIGHT_REF_TIME_PER_MILLIS, Weight},
};

use crate::{
	mock::*,
	types::{Ballot, Judgement, Voter, MAX_EVALUATORS},
	Ballots, Earned, Judgements, Ledgers, Voters, Votes, WeightInfo,
};

const WORKERS: u64 = 10_000;
const MODELS: u32 = 1_000;

type Weights = <Test as crate::Config>::WeightInfo;

#[test]
fn an_epoch_of_10_000_workers_1_000_models_and_256_evaluators_is_closed_within_the_bound_of_each_block() {
	run(|| {
		set_params(generous());
		for creator in 0..u64::from(MODELS) {
			settle_as(model(1_000 + creator), 90, DN, &[], [0; 32]);
		}
		assert_ok!(Balances::transfer(&Powr::pot(), &2_000_000, 100_000 * DN, Preservation::Preserve));
		for who in 1..=u64::from(MAX_EVALUATORS) {
			if who >= 100 {
				assert_ok!(Balances::transfer(&2_000_000, &who, 2 * STAKE, Preservation::Preserve));
			}
			assert_ok!(Powr::join(signed(who), DOMAIN, STAKE));
		}
		close_epoch();

		// Every evaluator weighs and judges every model, and every worker has earned something.
		let key = (epoch(), DOMAIN);
		let voters: Vec<_> = (1..=u64::from(MAX_EVALUATORS)).map(|who| Voter { who, stake: STAKE }).collect();
		for (voter, Voter { who, .. }) in voters.iter().enumerate() {
			let ballot = Ballot { voter: voter as u8, commitment: [0; 32], revealed: 1, complete: true };
			Ballots::<Test>::insert(key, who, ballot);
		}
		for model in 0..MODELS {
			let votes: Vec<_> = (0..=255).map(|voter| (voter, percent(u32::from(voter) % 100))).collect();
			Votes::<Test>::insert(key, model, sp_runtime::BoundedVec::truncate_from(votes));
			let judgement =
				|Voter { who, stake }: &Voter<u64>| Judgement { who: *who, stake: *stake, sum: 9, count: 1 };
			let judgements: Vec<_> = voters.iter().map(judgement).collect();
			Judgements::<Test>::insert(key, model, sp_runtime::BoundedVec::truncate_from(judgements));
			settle_as(model, 90, 1_000 * DN, &[], [0; 32]);
		}
		Voters::<Test>::insert(key, sp_runtime::BoundedVec::truncate_from(voters));
		for worker in 0..WORKERS {
			Earned::<Test>::insert(key, 1_000_000 + worker, 10 * DN);
		}
		Ledgers::<Test>::mutate(key, |ledger| ledger.earned = Balance::from(WORKERS) * 10 * DN);

		let before = pot();
		while epoch() == key.0 {
			assert!(block().all_lte(EpochWeight::get()));
		}
		let mut blocks = 0;
		while crate::Closing::<Test>::exists() {
			let used = block();
			assert!(used.all_lte(EpochWeight::get()), "{used:?}");
			System::reset_events();
			blocks += 1;
		}
		assert!(blocks > 20, "{blocks} blocks");
		assert!((0..WORKERS).all(|worker| free(1_000_000 + worker) > 0), "everybody is paid");
		assert!(before > pot());
	});
}

/// What closing an epoch with one domain costs in all.
fn epoch_cost(workers: u64, models: u64, evaluators: u64) -> Weight {
	let model = Weights::close_model(evaluators as u32) + Weights::close_score() + Weights::pay_creator();
	let evaluator = Weights::close_voter() + Weights::pay_evaluator();
	Weights::turn()
		+ Weights::close_open() * 2
		+ Weights::sweep() * 2
		+ model * models
		+ Weights::pay_worker() * workers
		+ evaluator * evaluators
}

/// `cargo test -p pallet-powr cost_table -- --nocapture` prints what the README shows.
#[test]
fn cost_table() {
	let millis = |weight: Weight| weight.ref_time() as f64 / WEIGHT_REF_TIME_PER_MILLIS as f64;
	let limit = millis(EpochWeight::get());
	let daily = 28_800.0;
	println!("| workers / models / evaluators | an epoch | blocks of {limit} ms | mean over a day's blocks |");
	println!("|---|---|---|---|");
	for (workers, models, evaluators) in [(100, 10, 8), (1_000, 100, 64), (10_000, 1_000, 256)] {
		let all = millis(epoch_cost(workers, models, evaluators));
		let page = limit - millis(Weights::idle() + Weights::close_page() + Powr::dearest_step());
		println!(
			"| {workers} / {models} / {evaluators} | {all:.0} ms | {:.0} | {:.2} ms |",
			(all / page).ceil(),
			all / daily + millis(Weights::idle()),
		);
	}
	println!("A block with nothing to do: {:.3} ms.", millis(Weights::idle()));
	assert!(millis(epoch_cost(10_000, 1_000, 256)) / daily < 329.0 / 100.0);
	assert!(limit < 329.0);
}
