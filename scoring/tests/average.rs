//! Moving averages.

use deepnode_scoring::{
	average::{keep, moving, moving_balance},
	Unit,
};
use proptest::prelude::*;

const ONE: u32 = 1_000_000_000;

fn unit() -> impl Strategy<Value = Unit> {
	prop_oneof![(0..=ONE).prop_map(Unit::from_parts), Just(Unit::zero()), Just(Unit::one())]
}

fn amount() -> impl Strategy<Value = u128> {
	prop_oneof![any::<u128>(), 0u128..5, Just(deepnode_primitives::MAX_SUPPLY), Just(u128::MAX)]
}

#[test]
fn half_is_kept_after_the_half_life() {
	assert_eq!(keep(10, 0), Unit::one());
	assert_eq!(keep(10, 10), Unit::from_percent(50));
	assert_eq!(keep(10, 20), Unit::from_percent(25));
	assert_eq!(keep(10, 300), Unit::from_parts(1), "2^-30 rounds to a billionth");
	assert_eq!(keep(10, 310), Unit::zero());
	assert_eq!(keep(1, u32::MAX), Unit::zero());
	assert_eq!(keep(u32::MAX, u32::MAX), Unit::from_percent(50));
	assert_eq!(keep(0, 0), Unit::zero(), "without a half-life, an average is its last sample");
	assert_eq!(keep(0, 7), Unit::zero());
}

#[test]
fn a_steady_sample_is_reached() {
	let keep = keep(7, 1);
	for (start, sample) in [(0, 3), (3, 0), (0, 1), (1, 0), (deepnode_primitives::MAX_SUPPLY, 17)] {
		let mut average = start;
		for _ in 0..1_500 {
			average = moving_balance(average, sample, keep);
		}
		assert_eq!(average, sample);
	}
}

proptest! {
	#[test]
	fn what_is_kept_is_a_power_of_a_half(half_life in 1u32.., steps in any::<u32>()) {
		let exact = (-f64::from(steps) / f64::from(half_life)).exp2();
		let got = f64::from(keep(half_life, steps).deconstruct()) / f64::from(ONE);
		prop_assert!((got - exact).abs() <= 5.01e-10 + 1e-14);
	}

	#[test]
	fn less_is_kept_the_longer_it_goes(half_life in 0u32..10_000, a in 0u32..100_000, b in 0u32..100_000) {
		prop_assert!(keep(half_life, a.max(b)) <= keep(half_life, a.min(b)));
		prop_assert!(keep(half_life, a) <= keep(half_life.saturating_add(1), a));
	}

	#[test]
	fn an_average_lies_between_and_stays_where_it_is(old in unit(), sample in unit(), keep in unit()) {
		let new = moving(old, sample, keep);
		prop_assert!(new >= old.min(sample) && new <= old.max(sample));
		prop_assert_eq!(moving(old, old, keep), old);
		prop_assert_eq!(moving(old, sample, Unit::one()), old);
		prop_assert_eq!(moving(old, sample, Unit::zero()), sample);
		let exact = (u64::from(old.deconstruct()) * u64::from(keep.deconstruct())
			+ u64::from(sample.deconstruct()) * u64::from(ONE - keep.deconstruct())) as f64 / f64::from(ONE);
		prop_assert!((f64::from(new.deconstruct()) - exact).abs() <= 1.001);
	}

	#[test]
	fn an_average_follows_both(old in unit(), more in unit(), sample in unit(), keep in unit()) {
		prop_assert!(moving(old.min(more), sample, keep) <= moving(old.max(more), sample, keep));
		prop_assert!(moving(sample, old.min(more), keep) <= moving(sample, old.max(more), keep));
	}

	#[test]
	fn amounts_average_alike(old in amount(), sample in amount(), keep in unit()) {
		let new = moving_balance(old, sample, keep);
		prop_assert!(new >= old.min(sample) && new <= old.max(sample));
		prop_assert_eq!(moving_balance(old, old, keep), old);
		if !keep.is_one() && old != sample {
			prop_assert!(new.abs_diff(sample) < old.abs_diff(sample), "it comes closer");
		}
	}
}
