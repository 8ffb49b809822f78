//! What is claimed about the rules, and rules under which each claim fails.

use deepnode_scoring::Unit;
use deepnode_simulator::{
	rules::{Rules, Setup},
	run::play,
	scenarios::{self, measure, Measured, Scenario},
	strategy::Strategy,
};

/// Small enough for a test, and large enough that chance does not decide.
fn setup(seed: u64) -> Setup {
	Setup { seed, epochs: 60, ..Setup::default() }
}

/// All scenarios with a coalition of up to a third of which it is claimed that they lose.
fn up_to_a_third() -> Vec<Scenario> {
	let mut scenarios = scenarios::all();
	scenarios.retain(|scenario| scenario.percent() <= 33 && scenario.actor.strategy.must_lose());
	scenarios
}

fn profit(rules: &Rules, strategy: Strategy, percent: u32) -> f64 {
	let scenario = Scenario::new("tried", strategy, percent);
	Measured::of(rules, &setup(1), &scenario, 2).profit_vs_honest()
}

#[test]
fn dishonesty_loses_up_to_a_third() {
	for seed in [1, 20, 300] {
		// Disputes and audits are rare: who abuses those alone is found out later than others.
		let is_rare = |scenario: &Scenario| {
			matches!(scenario.actor.strategy, Strategy::CopyThird | Strategy::AuditCapture | Strategy::CopyAudit)
		};
		let (rare, others): (Vec<_>, Vec<_>) = up_to_a_third().into_iter().partition(is_rare);
		for (epochs, scenarios) in [(60, others), (400, rare)] {
			let setup = Setup { epochs, ..setup(seed) };
			for result in measure("claims", &Rules::protocol(), &setup, &scenarios, 1) {
				let profit = result.profit_vs_honest();
				let (name, percent) = (result.scenario.name, result.scenario.percent());
				assert!(profit < 1.0, "seed {seed}: {name} of {percent}% earns {profit:.3} of honesty");
			}
		}
	}
}

#[test]
fn without_audits_and_diversity_collusion_pays_and_requesters_lose() {
	let scenario = Scenario::new("collusion", Strategy::CollusionKnowing, 33);
	let guarded = Measured::of(&Rules::protocol(), &setup(1), &scenario, 2);
	let unguarded = Measured::of(&Rules::unguarded(), &setup(1), &scenario, 2);
	assert!(guarded.profit_vs_honest() < 0.0);
	assert!(unguarded.profit_vs_honest() > 1.2, "{}", unguarded.profit_vs_honest());
	assert!(unguarded.requester_loss() > 0.05, "{}", unguarded.requester_loss());
	assert_eq!(unguarded.detection_epochs(), None, "nobody looks");
}

/// Captured auditors are paid, and what they do to others leaves more work to them. Smaller bounties
/// take away the first only.
#[test]
fn two_of_three_auditors_can_be_captured_and_four_of_five_cannot() {
	let setup = Setup { epochs: 200, ..setup(1) };
	let small_bounties = Rules { bounties_of_bound: true, ..Rules::first_design() };
	let four_of_five = Rules { four_of_five: true, ..Rules::first_design() };
	for (strategy, percent) in [(Strategy::AuditCapture, 33), (Strategy::FalseReport, 40)] {
		let scenario = Scenario::new("captured", strategy, percent);
		let of = |rules: &Rules| Measured::of(rules, &setup, &scenario, 1).profit_vs_honest();
		assert!(of(&Rules::first_design()) > 1.0, "{strategy:?}");
		assert!(of(&small_bounties) > 1.0, "{strategy:?}");
		assert!(of(&four_of_five) < 1.0, "{strategy:?}");
	}
}

#[test]
fn an_auditor_that_sees_the_answer_earns_more_by_copying_it() {
	assert!(profit(&Rules::first_design(), Strategy::CopyAudit, 10) > 1.02);
	let sealed = Rules { sealed_audits: true, ..Rules::first_design() };
	assert!(profit(&sealed, Strategy::CopyAudit, 10) < 1.0);
}

#[test]
fn where_auditors_copy_collusion_pays_unless_audits_are_sealed() {
	let lazy = Setup { lazy_auditors: Unit::one(), ..setup(1) };
	let scenario = Scenario::new("collusion", Strategy::CollusionKnowing, 33);
	let of = |rules: &Rules| Measured::of(rules, &lazy, &scenario, 2).profit_vs_honest();
	assert!(of(&Rules::first_design()) > 1.0);
	assert!(of(&Rules { sealed_audits: true, ..Rules::first_design() }) < 1.0);
}

#[test]
fn copied_weights_pay_unless_evaluators_have_to_work() {
	assert!(profit(&Rules::first_design(), Strategy::CopyWeights, 33) > 1.2);
	assert!(profit(&Rules::protocol(), Strategy::CopyWeights, 33) < 1.0);
}

#[test]
fn an_outvoted_worker_that_can_report_makes_collusion_cost_more() {
	let silent = Rules { outvoted_report: false, ..Rules::protocol() };
	let loss = |rules: &Rules| {
		let scenario = Scenario::new("collusion", Strategy::CollusionBlind, 45);
		Measured::of(rules, &setup(1), &scenario, 2).requester_loss()
	};
	assert!(loss(&Rules::protocol()) < loss(&silent));
}

/// Who has most seats of few tasks is rarely outvoted with its claims, and is spared most runs.
#[test]
fn claimed_errors_pay_a_small_coalition_under_the_first_design() {
	let setup = Setup { epochs: 200, ..setup(1) };
	let scenario = Scenario::new("claimed", Strategy::ClaimError, 10);
	let of = |rules: &Rules| Measured::of(rules, &setup, &scenario, 2).profit_vs_honest();
	let (first, now) = (of(&Rules::first_design()), of(&Rules::protocol()));
	assert!(first > 1.0 && now < 0.0, "{first} then, {now} now");
}

/// Where a run costs almost all that it earns, a tenth of the pay for no run tempts a large coalition too.
#[test]
fn errors_that_nobody_audits_pay_where_runs_are_dear_and_those_that_are_audited_do_not() {
	let setup = Setup { cost: Unit::from_percent(95), ..setup(1) };
	let claim = |strategy, rules: &Rules| {
		Measured::of(rules, &setup, &Scenario::new("claimed", strategy, 33), 2).profit_vs_honest()
	};
	let unaudited = Rules { audited_errors: false, ..Rules::protocol() };
	let error = claim(Strategy::ClaimError, &unaudited);
	assert!(error > 1.0, "{error}");
	for strategy in [Strategy::ClaimError, Strategy::AlwaysUnavailable] {
		let profit = claim(strategy, &Rules::protocol());
		assert!(profit < 1.0, "{strategy:?} earns {profit} of honesty");
	}
}

#[test]
fn who_always_says_that_nothing_could_be_fetched_earns_less_than_the_honest() {
	for percent in [10, 33] {
		let earned = profit(&Rules::protocol(), Strategy::AlwaysUnavailable, percent);
		assert!(earned < 1.0, "{percent}%: {earned}");
	}
}

#[test]
fn washing_loses_alone_split_and_with_the_whole_pool() {
	for scenario in scenarios::all().iter().filter(|scenario| scenario.actor.strategy == Strategy::Wash) {
		let result = Measured::of(&Rules::protocol(), &setup(1), scenario, 1);
		assert!(result.profit_vs_honest() < 1.0, "{scenario:?}");
	}
}

#[test]
fn money_is_neither_made_nor_lost() {
	for rules in [Rules::protocol(), Rules::first_design(), Rules::unguarded()] {
		for scenario in scenarios::all() {
			let setup = Setup { epochs: 8, ..scenario.setup(&setup(7)) };
			let outcome = play(&rules, &setup, &scenario.actor, scenario.actor.strategy);
			assert_eq!(outcome.money.0, outcome.money.1, "{}", scenario.name);
		}
	}
}

#[test]
fn the_same_seed_gives_the_same_run() {
	let scenario = Scenario::new("collusion", Strategy::CollusionKnowing, 33);
	let run = |seed| play(&Rules::protocol(), &setup(seed), &scenario.actor, Strategy::CollusionKnowing);
	assert_eq!(run(5).profit, run(5).profit);
	assert_ne!(run(5).profit, run(6).profit);
}
