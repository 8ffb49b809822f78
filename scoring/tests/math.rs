//! Powers against floating point, over a dense grid.

use deepnode_scoring::{
	math::{geometric, pow},
	Unit,
};
use proptest::prelude::*;

const ONE: u32 = 1_000_000_000;

fn unit() -> impl Strategy<Value = Unit> {
	prop_oneof![
		4 => (0..=ONE).prop_map(Unit::from_parts),
		2 => (0u32..1_000).prop_map(Unit::from_parts),
		2 => (0u32..1_000).prop_map(|parts| Unit::from_parts(ONE - parts)),
		1 => Just(Unit::zero()),
		1 => Just(Unit::one()),
	]
}

fn float(unit: Unit) -> f64 {
	f64::from(unit.deconstruct()) / f64::from(ONE)
}

/// The documented bound, and what a float itself may be off by.
const BOUND: f64 = 5.01e-10 + 1e-14;

fn assert_close(base: u32, exponent: u32) {
	let (base, exponent) = (Unit::from_parts(base), Unit::from_parts(exponent));
	let error = (float(pow(base, exponent)) - float(base).powf(float(exponent))).abs();
	assert!(error <= BOUND, "{base:?}^{exponent:?} is off by {error:e}");
}

#[test]
fn a_power_is_within_its_bound_on_a_dense_grid() {
	let exponents = [1, 7, 1_000, 12_345_678, 100_000_000, 333_333_333, 400_000_000, 500_000_001, 999_999_999];
	for base in (1..=ONE).step_by(49_999).chain(1..=2_000).chain(ONE - 2_000..=ONE) {
		for exponent in exponents {
			assert_close(base, exponent);
		}
	}
	for exponent in (0..=ONE).step_by(99_991) {
		for base in [1, 2, 3, 1_000, 1 << 20, 123_456_789, 1 << 29, 536_870_913, 707_106_781, ONE - 1] {
			assert_close(base, exponent);
		}
	}
}

#[test]
fn a_power_is_exact_at_the_ends() {
	for parts in (0..=ONE).step_by(1_234_567) {
		let x = Unit::from_parts(parts);
		assert_eq!(pow(x, Unit::one()), x);
		assert_eq!(pow(x, Unit::zero()), Unit::one(), "0^0 is 1, too");
		assert_eq!(pow(Unit::one(), x), Unit::one());
	}
	assert_eq!(pow(Unit::zero(), Unit::from_parts(1)), Unit::zero());
	assert_eq!(pow(Unit::from_percent(25), Unit::from_percent(50)), Unit::from_percent(50));
	assert_eq!(geometric([]), Unit::one());
}

/// Where neighbours nearly coincide, an order broken by rounding would show.
#[test]
fn neighbouring_bases_keep_their_order() {
	for exponent in [1, 10, 1_000, 200_000_000, 400_000_000, 999_999_999].map(Unit::from_parts) {
		for start in [0, 1_000_000, 250_000_000 - 10_000, 500_000_000 - 10_000, ONE - 20_000] {
			let mut last = pow(Unit::from_parts(start), exponent);
			for base in start + 1..=start + 20_000 {
				let next = pow(Unit::from_parts(base), exponent);
				assert!(next >= last, "{base}^{exponent:?}");
				last = next;
			}
		}
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(2_000))]

	#[test]
	fn a_power_is_within_its_bound(base in unit(), exponent in unit()) {
		prop_assume!(!base.is_zero());
		assert_close(base.deconstruct(), exponent.deconstruct());
	}

	#[test]
	fn a_power_grows_with_its_base_and_falls_with_its_exponent(a in unit(), b in unit(), e in unit(), f in unit()) {
		prop_assert!(pow(a.min(b), e) <= pow(a.max(b), e));
		prop_assert!(pow(a, e.max(f)) <= pow(a, e.min(f)));
		prop_assert!(pow(a, e) >= a);
	}

	/// Whatever the exponents, also many that add up to more than 1.
	#[test]
	fn a_product_of_powers_never_fails(pairs in proptest::collection::vec((unit(), unit()), 0..40)) {
		let product = geometric(pairs.iter().copied());
		for (base, exponent) in pairs {
			prop_assert!(product <= pow(base, exponent));
		}
	}
}
