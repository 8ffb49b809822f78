//! What a task costs, and what a liar loses.

use deepnode_primitives::{
	fees::{FeeTable, MILLION},
	task::Assurance,
	DN, MAX_SUPPLY,
};
use deepnode_scoring::{
	assurance::{bound, quote, run_reward, AssuranceParams, Quote},
	Unit,
};
use proptest::prelude::*;

const WORKERS: u32 = 500_000;

fn assurance() -> impl Strategy<Value = Assurance> {
	prop_oneof![Just(Assurance::Single), Just(Assurance::Pair), Just(Assurance::Panel)]
}

fn same(chance: Unit, coalition: Unit) -> AssuranceParams {
	AssuranceParams { single: chance, pair: chance, panel: chance, coalition }
}

#[test]
fn only_parameters_that_can_be_met_are_valid() {
	let params = AssuranceParams::default();
	assert!(params.is_valid());
	assert!(!AssuranceParams { pair: Unit::zero(), ..params }.is_valid());
	assert!(!AssuranceParams { coalition: Unit::one(), ..params }.is_valid());
	assert_eq!(params.audit_probability(Assurance::Single), Unit::from_percent(25));
	assert_eq!(params.audit_probability(Assurance::Pair), Unit::from_percent(5));
	assert_eq!(params.audit_probability(Assurance::Panel), Unit::from_percent(2));
}

#[test]
fn the_price_is_that_of_two_runs() {
	let params = AssuranceParams::default();
	let of = |assurance| quote(10 * DN, 3, assurance, WORKERS, &params);
	// The audit: a quarter of 7.5, a twentieth of 7.5, a fiftieth of 7.5 DN.
	assert_eq!(of(Assurance::Single), Some(Quote { fee: 15 * DN, audit: DN * 15 / 8 }));
	assert_eq!(of(Assurance::Pair), Some(Quote { fee: 30 * DN, audit: DN * 3 / 8 }));
	assert_eq!(of(Assurance::Panel), Some(Quote { fee: 45 * DN, audit: DN * 3 / 20 }));
}

#[test]
fn a_price_of_one_unit_rounds_up() {
	let params = AssuranceParams::default();
	let of = |assurance| quote(1, 1, assurance, WORKERS, &params);
	assert_eq!(of(Assurance::Single), Some(Quote { fee: 1, audit: 0 }), "half a unit is one; its run earns nothing");
	assert_eq!(of(Assurance::Pair), Some(Quote { fee: 1, audit: 0 }));
	assert_eq!(of(Assurance::Panel), Some(Quote { fee: 2, audit: 0 }));
	assert_eq!(quote(6, 1, Assurance::Panel, WORKERS, &params), Some(Quote { fee: 9, audit: 1 }));
	assert_eq!(quote(0, u32::MAX, Assurance::Panel, WORKERS, &params), Some(Quote::default()));
	assert_eq!(quote(MAX_SUPPLY, 0, Assurance::Panel, WORKERS, &params), Some(Quote::default()));
}

#[test]
fn a_price_beyond_all_numbers_has_no_quote() {
	let params = AssuranceParams::default();
	for assurance in [Assurance::Single, Assurance::Pair, Assurance::Panel] {
		assert!(quote(MAX_SUPPLY, 1_000_000, assurance, WORKERS, &params).is_some());
		assert_eq!(quote(u128::MAX, u32::MAX, assurance, WORKERS, &params), None);
	}
	// The fee is 2^127, and the audit as much again.
	assert_eq!(quote(u128::MAX, 1, Assurance::Single, MILLION, &same(Unit::one(), Unit::zero())), None);
	let whole = quote(u128::MAX / 4, 1, Assurance::Pair, u32::MAX, &same(Unit::one(), Unit::zero())).unwrap();
	assert_eq!(whole.audit, whole.fee / 2, "a row beyond the whole counts as the whole");
}

#[test]
fn the_default_bounds() {
	let params = AssuranceParams::default();
	// 1 / (p * (2/3)^4 * 2), where a third is a billionth's third short of itself.
	let of = |assurance| bound(DN, assurance, &params);
	let near = |bound: u128, percent: u128| bound.abs_diff(DN / 100 * percent) < DN / 100_000;
	assert!(near(of(Assurance::Single) * 8, 8_100), "{}", of(Assurance::Single));
	assert!(near(of(Assurance::Pair) * 8, 40_500));
	assert!(near(of(Assurance::Panel) * 16, 202_500));
	assert_eq!(bound(0, Assurance::Single, &params), 0);
	assert_eq!(bound(DN, Assurance::Single, &same(Unit::one(), Unit::zero())), DN);
	assert_eq!(bound(1, Assurance::Single, &same(Unit::zero(), Unit::zero())), u128::MAX);
	assert_eq!(bound(1, Assurance::Single, &same(Unit::one(), Unit::one())), u128::MAX);
	assert_eq!(bound(u128::MAX, Assurance::Panel, &params), u128::MAX);
	assert!(bound(MAX_SUPPLY, Assurance::Panel, &params) < u128::MAX);
}

proptest! {
	/// All in exact integers but for the products, which are beyond 128 bits: p and r in hundredths, gains times
	/// 10^12.
	#[test]
	fn a_liar_earns_at_most_what_an_honest_worker_does(
		p in 1u128..=100, r in 0u128..100, reward in 1..=MAX_SUPPLY, saving in 0.0f64..=1.0,
	) {
		let params = same(Unit::from_parts(p as u32 * 10_000_000), Unit::from_parts(r as u32 * 10_000_000));
		let slash = bound(reward, Assurance::Pair, &params);
		let caught = p * ((100 - r).pow(5) + 4 * r * (100 - r).pow(4));
		let whole = 1_000_000_000_000u128;
		let cost = ((reward as f64 * saving) as u128).min(reward);
		// honest: reward - cost; liar, who keeps its pay: reward - caught / whole * slash.
		prop_assert!(slash.checked_mul(caught).is_none_or(|loss| loss >= cost * whole));
		// A unit less, and one whose run costs all that it earns would rather lie.
		if let Some(loss) = (slash - 1).checked_mul(caught) {
			prop_assert!(loss < reward * whole);
		}
		// The protocol's inequality, slash + reward >= cost / (p * (1 - r)), where a liar's pay is taken back.
		let seen = p * (100 - r);
		prop_assert!((slash + reward).checked_mul(seen).is_none_or(|loss| loss >= cost * 10_000));
	}

	#[test]
	fn a_bound_follows_what_it_depends_on(a in 0..=MAX_SUPPLY, b in 0..=MAX_SUPPLY, p in 1u32..=1_000, r in 0u32..999) {
		let params = |p: u32, r: u32| same(Unit::from_parts(p * 1_000_000), Unit::from_parts(r * 1_000_000));
		let of = |reward, p, r| bound(reward, Assurance::Single, &params(p, r));
		prop_assert!(of(a.min(b), p, r) <= of(a.max(b), p, r));
		prop_assert!(of(a, p, r) <= of(a, p, r + 1), "a larger coalition");
		prop_assert!(p == 1 || of(a, p, r) <= of(a, p - 1, r), "rarer audits");
		prop_assert!(of(a, p, r) >= a);
	}

	#[test]
	fn a_quote_is_made_of_its_parts(price in 0..=MAX_SUPPLY, items in 0u32..100_000, assurance in assurance()) {
		let params = AssuranceParams::default();
		let quote = quote(price, items, assurance, WORKERS, &params).unwrap();
		let runs = u128::from(items) * u128::from(assurance.seats());
		prop_assert!(quote.fee * 2 == price * runs || quote.fee * 2 == price * runs + 1);
		let reward = run_reward(quote.fee, assurance, WORKERS);
		prop_assert_eq!(quote.audit, params.audit_probability(assurance).mul_ceil(reward));
		prop_assert_eq!(quote.total(), quote.fee + quote.audit);
	}

	/// More of it never costs less, and one task of many items at most as much as many tasks.
	#[test]
	fn a_quote_follows_price_and_items(price in 0..=MAX_SUPPLY, a in 0u32..10_000, b in 0u32..10_000, assurance in assurance()) {
		let params = AssuranceParams::default();
		let of = |price, items| quote(price, items, assurance, WORKERS, &params).unwrap();
		prop_assert!(of(price, a.min(b)).total() <= of(price, a.max(b)).total());
		prop_assert!(of(price, a).total() <= of(price + 1, a).total());
		prop_assert!(of(price, a + b).fee <= of(price, a).fee + of(price, b).fee);
	}

	#[test]
	fn a_run_earns_what_the_fee_table_pays(fee in any::<u128>(), workers in 0u32..=1_000_000, assurance in assurance()) {
		let table = FeeTable { creator: 1_000_000 - workers, workers, validators: 0, treasury: 0, community: 0, burned: 0 };
		prop_assert_eq!(run_reward(fee, assurance, workers), table.split(fee, assurance.seats()).per_worker);
	}
}
