//! The parameter sets. An id never changes its meaning: a registry entry and every frame name one.
//!
//! # Security
//!
//! Both sets take their dimensions and noise from the set that tfhe-rs publishes as
//! `V1_8_PARAM_MESSAGE_2_CARRY_2_KS_PBS_TUNIFORM_2M128` (132 bits by the lattice estimator): binary keys of
//! 918 and 2048 coefficients modulo 2^64 with bounded uniform noise of 2^45 and 2^17. What differs here is how
//! finely products are decomposed, which decides about noise and time and not about security.
//!
//! # Failure
//!
//! [`LINEAR`] never fails: fresh noise is bounded by 2^17, and a circuit is refused unless its largest
//! possible sum of noise stays below half a step. [`BOOTSTRAP`] fails with a probability that
//! [`crate::noise`] bounds for each circuit, and a circuit beyond 2^-32 for a whole run is refused.

use crate::error::FrameError;

/// One parameter set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParameterSet {
	/// Its number, in the registry and in every frame.
	pub id: u32,
	/// Its name for people.
	pub name: &'static str,
	/// Coefficients of the key that inputs and results are encrypted under.
	pub dimension: usize,
	/// Fresh noise is uniform over `-2^n ..= 2^n`.
	pub fresh_noise_log2: u32,
	/// Bits of a result's coefficient on the wire: 64 as computed, 32 rounded.
	pub result_bits: u32,
	/// What table lookups need; `None` where there are none and so no evaluation key.
	pub bootstrap: Option<BootstrapParameters>,
}

/// How a table is looked up: key switch to a small key, then one classic bootstrap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BootstrapParameters {
	/// Coefficients of the small key.
	pub small_dimension: usize,
	/// The small key's noise is uniform over `-2^n ..= 2^n`.
	pub small_noise_log2: u32,
	/// Coefficients of the bootstrap's polynomials. The forced FFT plan holds up to 2048.
	pub polynomial_size: usize,
	/// The bootstrap key's noise is uniform over `-2^n ..= 2^n`.
	pub bootstrap_noise_log2: u32,
	/// Bits of a digit of the bootstrap's decomposition.
	pub bootstrap_base_log: usize,
	/// Digits of the bootstrap's decomposition.
	pub bootstrap_levels: usize,
	/// Bits of a digit of the key switch's decomposition.
	pub switch_base_log: usize,
	/// Digits of the key switch's decomposition.
	pub switch_levels: usize,
	/// The most bits that a table's index may have.
	pub table_bits: u8,
}

/// Linear circuits: no bootstrap, no evaluation key, no failure.
pub const LINEAR: ParameterSet =
	ParameterSet { id: 1, name: "linear", dimension: 2048, fresh_noise_log2: 17, result_bits: 64, bootstrap: None };

/// Circuits of tables of up to 64 entries, one bootstrap each.
///
/// Two digits of 15 bits where tfhe-rs has one of 23 make a bootstrap about 1.8 times slower and its noise
/// 150 times smaller (a standard deviation of 2^-22 of the torus where it was 2^-15): so the results of tens of
/// bootstraps can be weighted and added up to 13 bits and still be exact, and circuits need no bootstrap to
/// clean up after a sum.
pub const BOOTSTRAP: ParameterSet = ParameterSet {
	id: 2,
	name: "bootstrap",
	dimension: 2048,
	fresh_noise_log2: 17,
	result_bits: 32,
	bootstrap: Some(BootstrapParameters {
		small_dimension: 918,
		small_noise_log2: 45,
		polynomial_size: 2048,
		bootstrap_noise_log2: 17,
		bootstrap_base_log: 15,
		bootstrap_levels: 2,
		switch_base_log: 3,
		switch_levels: 6,
		table_bits: 6,
	}),
};

/// All of them.
pub const ALL: [&ParameterSet; 2] = [&LINEAR, &BOOTSTRAP];

/// The set with this number.
pub fn by_id(id: u32) -> Result<&'static ParameterSet, FrameError> {
	ALL.into_iter().find(|set| set.id == id).ok_or(FrameError::UnknownParameters { id })
}

impl ParameterSet {
	/// Numbers of one ciphertext.
	pub const fn lwe_size(&self) -> usize {
		self.dimension + 1
	}
}

impl BootstrapParameters {
	/// Numbers of the compressed key switch key.
	pub const fn switch_key_len(&self, dimension: usize) -> usize {
		dimension * self.switch_levels
	}

	/// Numbers of the compressed bootstrap key: for each coefficient of the small key one matrix of two rows a
	/// level, of which the masks follow from the seed.
	pub const fn bootstrap_key_len(&self) -> usize {
		self.small_dimension * self.bootstrap_levels * 2 * self.polynomial_size
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn ids_are_unique_and_found() {
		for set in ALL {
			assert_eq!(by_id(set.id).unwrap(), set);
		}
		assert_ne!(LINEAR.id, BOOTSTRAP.id);
		assert!(matches!(by_id(0), Err(FrameError::UnknownParameters { id: 0 })));
	}

	#[test]
	fn noise_is_what_tfhe_requires_for_132_bits_of_security() {
		use tfhe::core_crypto::{
			commons::noise_formulas::secure_noise::minimal_lwe_bound_for_132_bits_security_tuniform,
			prelude::LweDimension,
		};
		let modulus = 2f64.powi(64);
		for set in ALL {
			let least = minimal_lwe_bound_for_132_bits_security_tuniform(LweDimension(set.dimension), modulus);
			assert!(set.fresh_noise_log2 >= least, "{}", set.name);
			let Some(bootstrap) = set.bootstrap else { continue };
			let small = LweDimension(bootstrap.small_dimension);
			assert!(bootstrap.small_noise_log2 >= minimal_lwe_bound_for_132_bits_security_tuniform(small, modulus));
			assert!(bootstrap.bootstrap_noise_log2 >= least);
			assert_eq!(bootstrap.polynomial_size, set.dimension, "a bootstrap's result is under the large key");
		}
	}
}
