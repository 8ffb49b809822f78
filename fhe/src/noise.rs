//! How noise grows, and how likely it is to spoil a run.
//!
//! Everything here is in fractions of the torus: 1 is the modulus 2^64. The variances of a bootstrap, of a key
//! switch and of the rounding before a bootstrap are those that tfhe-rs derives its own parameter sets from
//! (`tfhe::core_crypto::commons::noise_formulas`), for keys with the least noise that is secure, which is what
//! [`crate::params`] uses.
//!
//! A step of a table with `2^m` entries is `2^-m` wide, so an index is right as long as noise stays below
//! `2^-(m+1)`; a result with `2^p` values as long as it stays below `2^-(p+1)`. Noise is a sum of thousands of small
//! independent terms and so nearly Gaussian: it passes `z` standard deviations with probability `erfc(z / sqrt 2)`.

use tfhe::core_crypto::{
	commons::noise_formulas::{
		centered_mean_shifted_modulus_switch::centered_binary_shifted_modulus_switch_additive_variance,
		lwe_keyswitch::keyswitch_additive_variance_132_bits_security_tuniform,
		lwe_programmable_bootstrap::pbs_variance_132_bits_security_tuniform_fft_mul,
	},
	prelude::{DecompositionBaseLog, DecompositionLevelCount, GlweDimension, LweDimension, PolynomialSize},
};

use crate::params::{BootstrapParameters, ParameterSet};

const MODULUS: f64 = 18_446_744_073_709_551_616.0;
/// Bits of a float's mantissa, in which the bootstrap's products are computed.
const MANTISSA: f64 = 53.0;

/// The variances of one parameter set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Noise {
	/// Of a fresh ciphertext.
	pub fresh: f64,
	/// Of a bootstrap's result.
	pub bootstrapped: f64,
	/// What key switch and rounding add before a bootstrap.
	pub lookup: f64,
	/// What rounding a result for the wire adds.
	pub rounding: f64,
}

impl Noise {
	/// Of this set.
	pub fn of(set: &ParameterSet) -> Self {
		// Uniform over -b ..= b with b a power of two, the ends half as likely: (2 b^2 + 1) / 6.
		let bound = 2f64.powi(set.fresh_noise_log2 as i32);
		let fresh = (2.0 * bound * bound + 1.0) / 6.0 / (MODULUS * MODULUS);
		// Each coefficient is off by up to half a unit, half of them count: n/24 units^2, and the body's 1/12.
		let unit = 2f64.powi(-(set.result_bits as i32));
		let rounding =
			if set.result_bits == 64 { 0.0 } else { (set.dimension as f64 / 24.0 + 1.0 / 12.0) * unit * unit };
		let (bootstrapped, lookup) = set.bootstrap.map_or((0.0, 0.0), |of| (bootstrapped(&of), lookup(set, &of)));
		Self { fresh, bootstrapped, lookup, rounding }
	}
}

fn bootstrapped(of: &BootstrapParameters) -> f64 {
	pbs_variance_132_bits_security_tuniform_fft_mul(
		LweDimension(of.small_dimension),
		GlweDimension(1),
		PolynomialSize(of.polynomial_size),
		DecompositionBaseLog(of.bootstrap_base_log),
		DecompositionLevelCount(of.bootstrap_levels),
		MANTISSA,
		MODULUS,
	)
	.0
}

fn lookup(set: &ParameterSet, of: &BootstrapParameters) -> f64 {
	let switch = keyswitch_additive_variance_132_bits_security_tuniform(
		LweDimension(set.dimension),
		LweDimension(of.small_dimension),
		DecompositionBaseLog(of.switch_base_log),
		DecompositionLevelCount(of.switch_levels),
		MODULUS,
		MODULUS,
	);
	let rounding = centered_binary_shifted_modulus_switch_additive_variance(
		LweDimension(of.small_dimension),
		MODULUS,
		2.0 * of.polynomial_size as f64,
	);
	switch.0 + rounding.0
}

/// An upper bound of the base 2 logarithm of the probability that Gaussian noise of this variance passes
/// `2^-(bits + 1)` in either direction.
pub fn failure_log2(variance: f64, bits: u8) -> f64 {
	if variance <= 0.0 {
		return f64::NEG_INFINITY;
	}
	// erfc(x) <= exp(-x^2) / (x sqrt pi), and never above 1.
	let x = 2f64.powi(-(i32::from(bits) + 1)) / (2.0 * variance).sqrt();
	let log = -x * x * std::f64::consts::LOG2_E - (x * std::f64::consts::PI.sqrt()).log2();
	log.min(0.0)
}

/// The logarithm of a sum of probabilities of which the logarithms are given: that any of the events happens is
/// no likelier.
pub fn union_log2(logs: impl IntoIterator<Item = f64>) -> f64 {
	logs.into_iter().fold(f64::NEG_INFINITY, |sum, log| {
		let (large, small) = if sum > log { (sum, log) } else { (log, sum) };
		if small == f64::NEG_INFINITY {
			large
		} else {
			large + (small - large).exp2().ln_1p() * std::f64::consts::LOG2_E
		}
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::params::{BOOTSTRAP, LINEAR};

	#[test]
	fn the_bootstrap_set_has_the_noise_that_its_comment_says() {
		let noise = Noise::of(&BOOTSTRAP);
		assert!((noise.bootstrapped.sqrt().log2() + 22.0).abs() < 0.2, "{}", noise.bootstrapped.sqrt().log2());
		let table = failure_log2(noise.lookup, 6);
		assert!((-41.0..-38.0).contains(&table), "{table}");
		assert!(failure_log2(noise.lookup, 5) < -128.0);
		assert_eq!(Noise::of(&LINEAR).bootstrapped, 0.0);
	}

	#[test]
	fn the_bound_is_above_the_true_tail_and_near_it() {
		// erfc(7 / sqrt 2) = 2.56e-12.
		let deviation = 1.0 / 14.0;
		let bound = failure_log2(deviation * deviation, 0);
		let exact = 2.56e-12_f64.log2();
		assert!(bound >= exact && bound < exact + 0.1, "{bound} {exact}");
		assert_eq!(failure_log2(1e9, 3), 0.0);
		assert_eq!(failure_log2(0.0, 3), f64::NEG_INFINITY);
	}

	#[test]
	fn probabilities_add() {
		assert!((union_log2([-3.0, -3.0]) + 2.0).abs() < 1e-12);
		assert!((union_log2([-40.0; 32]) + 35.0).abs() < 1e-9);
		assert_eq!(union_log2([]), f64::NEG_INFINITY);
		assert_eq!(union_log2([f64::NEG_INFINITY, -7.0]), -7.0);
	}
}
