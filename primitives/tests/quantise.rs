//! From floats to integers, the same on every machine.

use deepnode_primitives::{
	comparison::Quantisation,
	quantise::integer,
	task::ErrorCode::{NotFinite, Overflow},
};
use proptest::prelude::*;

const UNIT: Quantisation = Quantisation { k: 0, scale_millionths: 1_000_000 };

fn quantisation() -> impl Strategy<Value = Quantisation> {
	(0u8..=24, 1u32..).prop_map(|(k, scale_millionths)| Quantisation { k, scale_millionths })
}

proptest! {
	#[test]
	fn it_never_panics(k in any::<u8>(), scale_millionths in any::<u32>(), bits in any::<u64>()) {
		let _ = Quantisation { k, scale_millionths }.quantise(f64::from_bits(bits));
	}

	#[test]
	fn it_is_monotone(quantisation in quantisation(), a in -1e6f64..1e6, b in -1e6f64..1e6) {
		let (low, high) = if a <= b { (a, b) } else { (b, a) };
		if let (Ok(low), Ok(high)) = (quantisation.quantise(low), quantisation.quantise(high)) {
			prop_assert!(low <= high);
		}
	}

	#[test]
	fn it_is_odd(quantisation in quantisation(), y in -1e4f64..1e4) {
		if let (Ok(q), Ok(negated)) = (quantisation.quantise(y), quantisation.quantise(-y)) {
			prop_assert_eq!(q, -negated);
		}
	}

	#[test]
	fn it_is_off_by_half_a_step_at_most(y in -1e5f64..1e5) {
		let q = Quantisation::default().quantise(y).unwrap();
		prop_assert!((f64::from(q) - y * 4096.0).abs() <= 0.5);
	}

	#[test]
	fn integers_stay_what_they_are(y in any::<i64>()) {
		match integer(y) {
			Ok(q) => prop_assert_eq!(i64::from(q), y),
			Err(error) => {
				prop_assert_eq!(error, Overflow);
				prop_assert!(y < i32::MIN.into() || y > i32::MAX.into());
			},
		}
	}
}

#[test]
fn halves_go_to_the_even_neighbour() {
	for (y, q) in [(0.5, 0), (1.5, 2), (2.5, 2), (3.5, 4), (-0.5, 0), (-1.5, -2), (-2.5, -2), (0.51, 1), (-0.0, 0)] {
		assert_eq!(UNIT.quantise(y), Ok(q), "{y}");
	}
}

#[test]
fn the_scale_divides_and_k_shifts() {
	let quantise = |k, scale_millionths, y| Quantisation { k, scale_millionths }.quantise(y).unwrap();
	assert_eq!(quantise(12, 1_000_000, 1.0), 4096);
	assert_eq!(quantise(12, 2_000_000, 1.0), 2048);
	assert_eq!(quantise(12, 500_000, 1.0), 8192);
	assert_eq!(quantise(0, 1_000_000, 3.0), 3);
	assert_eq!(quantise(24, 1_000_000, -1.0), -(1 << 24));
}

#[test]
fn what_is_not_finite_is_an_error() {
	for y in [f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
		assert_eq!(UNIT.quantise(y), Err(NotFinite));
	}
}

#[test]
fn what_exceeds_32_bits_is_an_error() {
	assert_eq!(UNIT.quantise(2147483647.0), Ok(i32::MAX));
	assert_eq!(UNIT.quantise(2147483647.4), Ok(i32::MAX));
	assert_eq!(UNIT.quantise(2147483647.5), Err(Overflow));
	assert_eq!(UNIT.quantise(-2147483648.5), Ok(i32::MIN));
	assert_eq!(UNIT.quantise(-2147483649.0), Err(Overflow));
	assert_eq!(UNIT.quantise(f64::MAX), Err(Overflow));
	assert_eq!(Quantisation { k: 24, scale_millionths: 1 }.quantise(f64::MAX), Err(Overflow));
}

/// A scale of 0 made `0 / 0` of a zero output, which was then taken for 0 instead of an error.
#[test]
fn a_scale_of_zero_counts_as_one() {
	let (zero, one) = (Quantisation { k: 4, scale_millionths: 0 }, Quantisation { k: 4, scale_millionths: 1 });
	for y in [0.0, 1e-6, 1.0, -3.0] {
		assert_eq!(zero.quantise(y), one.quantise(y));
	}
}
