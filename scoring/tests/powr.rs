//! Scores.

use deepnode_primitives::MAX_SUPPLY;
use deepnode_scoring::{
	math::pow,
	powr::{relevance, score, utilisation, Exponents},
	Unit,
};
use proptest::{collection::vec, prelude::*};

const ONE: u32 = 1_000_000_000;

fn unit() -> impl Strategy<Value = Unit> {
	prop_oneof![4 => (0..=ONE).prop_map(Unit::from_parts), 1 => Just(Unit::zero()), 1 => Just(Unit::one())]
}

fn exponents() -> impl Strategy<Value = Exponents> {
	(0..=ONE, 0..=ONE).prop_map(|(a, b)| Exponents {
		accuracy: Unit::from_parts(a.min(b)),
		relevance: Unit::from_parts(a.max(b) - a.min(b)),
		utilisation: Unit::from_parts(ONE - a.max(b)),
	})
}

#[test]
fn exponents_add_up_to_one() {
	let exponents = Exponents::default();
	assert!(exponents.is_valid());
	assert!(!Exponents { accuracy: Unit::from_percent(41), ..exponents }.is_valid());
	assert!(!Exponents { accuracy: Unit::one(), relevance: Unit::one(), utilisation: Unit::one() }.is_valid());
}

#[test]
fn a_score_needs_every_factor() {
	let (some, none, exponents) = (Unit::from_percent(80), Unit::zero(), Exponents::default());
	assert_eq!(score(some, some, some, &exponents), some);
	assert_eq!(score(none, some, some, &exponents), none);
	assert_eq!(score(some, none, some, &exponents), none);
	assert_eq!(score(some, some, none, &exponents), none);
	let without_use = Exponents { accuracy: Unit::from_percent(60), utilisation: none, ..exponents };
	assert_eq!(score(some, some, none, &without_use), some, "an exponent of 0 makes its factor irrelevant");
}

#[test]
fn the_median_model_is_half_utilised() {
	assert_eq!(utilisation(0, 0), Unit::zero());
	assert_eq!(utilisation(0, 5), Unit::zero());
	assert_eq!(utilisation(5, 0), Unit::one());
	for fees in [1, MAX_SUPPLY, u128::MAX] {
		assert_eq!(utilisation(fees, fees), Unit::from_percent(50));
	}
	assert_eq!(utilisation(3 * MAX_SUPPLY, MAX_SUPPLY), Unit::from_percent(75));
	assert_eq!(utilisation(1, MAX_SUPPLY), Unit::zero());
	assert_eq!(utilisation(1, u128::MAX), Unit::zero());
	assert_eq!(utilisation(u128::MAX, 1), Unit::one(), "rounded within half of 2^128");
}

#[test]
fn ratings_are_one_more_voice() {
	let (consensus, voice) = (Unit::from_percent(50), Unit::from_percent(20));
	assert_eq!(relevance(consensus, None, voice), consensus);
	assert_eq!(relevance(consensus, Some(Unit::one()), voice), Unit::from_percent(60));
	assert_eq!(relevance(consensus, Some(Unit::zero()), voice), Unit::from_percent(40));
	assert_eq!(relevance(consensus, Some(Unit::one()), Unit::zero()), consensus);
	assert_eq!(relevance(consensus, Some(Unit::one()), Unit::one()), Unit::one());
}

proptest! {
	#[test]
	fn a_score_is_a_mean_of_its_factors(a in unit(), r in unit(), u in unit(), exponents in exponents()) {
		prop_assert!(exponents.is_valid());
		let score = score(a, r, u, &exponents);
		prop_assert!(score <= a.max(r).max(u));
		prop_assert!(score >= a.min(r).min(u));
		let float = |unit: Unit| f64::from(unit.deconstruct()) / f64::from(ONE);
		let exact = [(a, exponents.accuracy), (r, exponents.relevance), (u, exponents.utilisation)]
			.iter().map(|(base, exponent)| float(*base).powf(float(*exponent))).product::<f64>();
		prop_assert!((float(score) - exact).abs() <= 5.1e-10);
	}

	#[test]
	fn equal_factors_are_the_score(x in unit(), exponents in exponents()) {
		prop_assert_eq!(score(x, x, x, &exponents), x);
	}

	#[test]
	fn better_factors_never_score_less(a in unit(), b in unit(), x in unit(), y in unit(), exponents in exponents()) {
		let (low, high) = (a.min(b), a.max(b));
		prop_assert!(score(low, x, y, &exponents) <= score(high, x, y, &exponents));
		prop_assert!(score(x, low, y, &exponents) <= score(x, high, y, &exponents));
		prop_assert!(score(x, y, low, &exponents) <= score(x, y, high, &exponents));
		prop_assert!(pow(low, exponents.accuracy) <= pow(high, exponents.accuracy));
	}

	#[test]
	fn utilisation_grows_with_fees_and_falls_with_the_median(a in any::<u128>(), b in any::<u128>(), m in any::<u128>()) {
		prop_assert!(utilisation(a.min(b), m) <= utilisation(a.max(b), m));
		prop_assert!(utilisation(m, a.max(b)) <= utilisation(m, a.min(b)));
	}

	/// A hundred payers of 1 count as one payer of 100 does: only the sum is looked at.
	#[test]
	fn who_paid_does_not_matter(payments in vec(0..=MAX_SUPPLY / 40, 1..20), cut in any::<prop::sample::Index>(), median in 0..=MAX_SUPPLY) {
		let (some, others) = payments.split_at(cut.index(payments.len()));
		let one_payer = some.iter().sum::<u128>() + others.iter().sum::<u128>();
		prop_assert_eq!(utilisation(one_payer, median), utilisation(payments.iter().sum(), median));
	}

	/// Listed `n` times, with its fees divided, a model has less utilisation at each place: what its creator
	/// gains in the sum is for the cap on the emission to hold.
	#[test]
	fn a_model_listed_many_times_has_less_each_time(fees in 0..=MAX_SUPPLY, median in 0..=MAX_SUPPLY, listings in 1u128..20) {
		prop_assert!(utilisation(fees / listings, median) <= utilisation(fees, median));
	}

	#[test]
	fn relevance_lies_between_its_voices(consensus in unit(), rating in unit(), voice in unit()) {
		let relevance = relevance(consensus, Some(rating), voice);
		prop_assert!(relevance >= consensus.min(rating) && relevance <= consensus.max(rating));
	}
}
