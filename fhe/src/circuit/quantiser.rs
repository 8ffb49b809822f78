//! How floats become integers.

use codec::{Decode, Encode};

use super::Real;

/// The most thresholds of one feature.
pub const MAX_THRESHOLDS: usize = 1024;

/// How one feature becomes an integer. The same float gives the same integer on every machine: IEEE 754's basic
/// operations and comparisons are all that is used.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub enum Quantiser {
	/// Even steps: 0 at `low`, `levels` at `high`, clamped beyond.
	Steps {
		/// What becomes 0.
		low: Real,
		/// What becomes `levels`; above `low`.
		high: Real,
		/// The number of steps.
		levels: u32,
	},
	/// How many of these thresholds (the bits of binary32 numbers, ascending) are less than the value. A tree that
	/// compares with them alone loses nothing.
	Ranks {
		/// The thresholds' bits.
		thresholds: Vec<u32>,
	},
}

impl Quantiser {
	/// Even steps.
	pub fn steps(low: f64, high: f64, levels: u32) -> Self {
		Self::Steps { low: Real::new(low), high: Real::new(high), levels }
	}

	/// Ranks among these thresholds, which are put in order.
	pub fn ranks(thresholds: impl IntoIterator<Item = f32>) -> Self {
		let mut thresholds: Vec<_> = thresholds.into_iter().map(|threshold| threshold + 0.0).collect();
		thresholds.sort_by(f32::total_cmp);
		thresholds.dedup();
		Self::Ranks { thresholds: thresholds.into_iter().map(f32::to_bits).collect() }
	}

	/// The integer of a finite value: from 0 to [`Self::largest`].
	pub fn apply(&self, value: f32) -> u32 {
		match self {
			Self::Steps { low, high, levels } => {
				let (low, high) = (low.get(), high.get());
				let step = (f64::from(value) - low) / (high - low) * f64::from(*levels);
				step.round_ties_even().clamp(0.0, f64::from(*levels)) as u32
			},
			Self::Ranks { thresholds } => {
				thresholds.partition_point(|threshold| f32::from_bits(*threshold) < value) as u32
			},
		}
	}

	/// The largest integer that it gives.
	pub fn largest(&self) -> u32 {
		match self {
			Self::Steps { levels, .. } => *levels,
			Self::Ranks { thresholds } => thresholds.len() as u32,
		}
	}

	/// What is wrong with it.
	pub(super) fn fault(&self) -> Option<&'static str> {
		match self {
			Self::Steps { low, high, levels } => {
				let (low, high) = (low.get(), high.get());
				if !(low.is_finite() && high.is_finite() && (high - low).is_finite() && low < high) {
					Some("its range is empty or not finite")
				} else if *levels == 0 || *levels > 1 << 16 {
					Some("its levels are none or more than 65536")
				} else {
					None
				}
			},
			Self::Ranks { thresholds } => {
				let floats = || thresholds.iter().map(|bits| f32::from_bits(*bits));
				if thresholds.is_empty() || thresholds.len() > MAX_THRESHOLDS {
					Some("its thresholds are none or more than 1024")
				} else if floats().any(|threshold| !threshold.is_finite())
					|| floats().zip(floats().skip(1)).any(|(one, next)| one >= next)
				{
					Some("its thresholds are not finite and ascending")
				} else {
					None
				}
			},
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn steps_round_half_to_even_and_clamp() {
		let pixels = Quantiser::steps(0.0, 16.0, 4);
		let of = |values: &[f32]| values.iter().map(|value| pixels.apply(*value)).collect::<Vec<_>>();
		assert_eq!(of(&[0.0, 1.9, 2.0, 2.1, 6.0, 16.0, 99.0, -3.0]), [0, 0, 0, 1, 2, 4, 4, 0]);
	}

	#[test]
	fn a_value_on_a_threshold_is_not_beyond_it() {
		let ranks = Quantiser::ranks([2.5, -1.0, 2.5]);
		assert_eq!(ranks.largest(), 2);
		assert_eq!([-2.0, -1.0, 0.0, 2.5, 2.6].map(|value| ranks.apply(value)), [0, 0, 1, 1, 2]);
	}

	#[test]
	fn minus_zero_is_zero() {
		let ranks = Quantiser::ranks([-0.0, 0.0]);
		assert_eq!(ranks.largest(), 1);
		assert_eq!(ranks.fault(), None);
	}

	proptest! {
		#[test]
		fn every_finite_value_has_an_integer_in_range_and_order_is_kept(
			low in -1e6f64..1e6, span in 1e-3f64..1e6, levels in 1u32..65536,
			mut values in prop::collection::vec(-1e9f32..1e9, 1..40),
		) {
			let quantiser = Quantiser::steps(low, low + span, levels);
			prop_assert_eq!(quantiser.fault(), None);
			values.sort_by(f32::total_cmp);
			let integers: Vec<_> = values.iter().map(|value| quantiser.apply(*value)).collect();
			prop_assert!(integers.iter().all(|integer| *integer <= levels));
			prop_assert!(integers.windows(2).all(|pair| pair[0] <= pair[1]));
		}

		#[test]
		fn a_step_is_off_by_half_a_step_at_most(low in -1e3f64..1e3, span in 1e-2f64..1e3, levels in 1u32..4096, at in 0f64..=1.0) {
			let value = (low + span * at) as f32;
			let step = span / f64::from(levels);
			let back = low + f64::from(Quantiser::steps(low, low + span, levels).apply(value)) * step;
			// The binary32 number itself is off by up to 2^-24 of the magnitude.
			prop_assert!((back - f64::from(value)).abs() <= step / 2.0 + 1e-3, "{} {}", back, value);
		}

		#[test]
		fn ranks_decide_every_comparison(thresholds in prop::collection::vec(-1e3f32..1e3, 1..40), value in -1e3f32..1e3) {
			let quantiser = Quantiser::ranks(thresholds.clone());
			prop_assert_eq!(quantiser.fault(), None);
			let Quantiser::Ranks { thresholds: sorted } = &quantiser else { unreachable!() };
			for threshold in thresholds {
				let at = sorted.iter().position(|bits| f32::from_bits(*bits) == threshold).unwrap();
				prop_assert_eq!(value <= threshold, quantiser.apply(value) as usize <= at);
			}
		}
	}
}
