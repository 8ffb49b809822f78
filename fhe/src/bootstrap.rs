//! Looking tables up on ciphertexts.

use tfhe::core_crypto::{commons::math::random::Seed, prelude::*};

use crate::{
	circuit::Table,
	params::{BootstrapParameters, ParameterSet},
	wire::EvaluationKey,
};

/// An evaluation key that is ready for use: about 210 MB.
///
/// Making it and using it is deterministic to the bit on x86-64 with AVX2 and FMA: the crate builds tfhe with one
/// fixed FFT plan, where by default the plan is whichever was fastest in a race of some milliseconds.
pub struct ServerKey {
	parameters: &'static ParameterSet,
	of: BootstrapParameters,
	switch: LweKeyswitchKeyOwned<u64>,
	bootstrap: FourierLweBootstrapKeyOwned,
}

impl std::fmt::Debug for ServerKey {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.debug_struct("ServerKey").field("parameters", &self.parameters.name).finish_non_exhaustive()
	}
}

/// Whether this machine is of the class on which lookups give the same bytes: x86-64 with AVX2 and FMA.
pub fn machine_is_of_the_class() -> bool {
	#[cfg(target_arch = "x86_64")]
	{
		std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma")
	}
	#[cfg(not(target_arch = "x86_64"))]
	{
		false
	}
}

/// A table as a bootstrap turns it.
pub struct Accumulator {
	polynomial: GlweCiphertextOwned<u64>,
	/// Added to the result's body.
	offset: u64,
}

impl ServerKey {
	/// Expands a key; `None` for a set without tables, of which there are no keys.
	pub fn new(key: EvaluationKey) -> Option<Self> {
		let EvaluationKey { parameters, switch_seed, bootstrap_seed, switch, bootstrap } = key;
		let of = parameters.bootstrap?;
		let switch = SeededLweKeyswitchKey::from_container(
			switch,
			DecompositionBaseLog(of.switch_base_log),
			DecompositionLevelCount(of.switch_levels),
			LweSize(of.small_dimension + 1),
			Seed(switch_seed).into(),
			CiphertextModulus::new_native(),
		);
		let bootstrap = SeededLweBootstrapKey::from_container(
			bootstrap,
			GlweSize(2),
			PolynomialSize(of.polynomial_size),
			DecompositionBaseLog(of.bootstrap_base_log),
			DecompositionLevelCount(of.bootstrap_levels),
			Seed(bootstrap_seed).into(),
			CiphertextModulus::new_native(),
		);
		let standard = bootstrap.decompress_into_lwe_bootstrap_key();
		let mut fourier = FourierLweBootstrapKey::new(
			standard.input_lwe_dimension(),
			standard.glwe_size(),
			standard.polynomial_size(),
			standard.decomposition_base_log(),
			standard.decomposition_level_count(),
		);
		convert_standard_lwe_bootstrap_key_to_fourier(&standard, &mut fourier);
		drop(standard);
		Some(Self { parameters, of, switch: switch.decompress_into_lwe_keyswitch_key(), bootstrap: fourier })
	}

	/// The parameter set.
	pub fn parameters(&self) -> &'static ParameterSet {
		self.parameters
	}

	/// Makes a table ready for lookups that give values modulo `2^modulus_bits`.
	///
	/// Turning a polynomial by half a circle negates it. So the entries are written less half of what
	/// opposite ones add up to, which makes opposite ones each other's negation; the half is added to the result.
	/// The polynomial begins with half a box, so that an index that is off by less than half a step still hits its entry.
	pub fn accumulator(&self, table: &Table, modulus_bits: u8) -> Accumulator {
		let size = self.of.polynomial_size;
		let half_step = 63 - u32::from(modulus_bits);
		let box_size = size / table.half.len().max(1);
		let entries = table
			.half
			.iter()
			.map(|entry| ((2 * i64::from(*entry) - i64::from(table.sum)) as u64).wrapping_shl(half_step));
		let mut body: Vec<u64> = entries.flat_map(|entry| std::iter::repeat_n(entry, box_size)).collect();
		body.resize(size, 0);
		body.iter_mut().take(box_size / 2).for_each(|entry| *entry = entry.wrapping_neg());
		body.rotate_left(box_size / 2);
		let body = PlaintextList::from_container(body);
		let polynomial =
			allocate_and_trivially_encrypt_new_glwe_ciphertext(GlweSize(2), &body, CiphertextModulus::new_native());
		Accumulator { polynomial, offset: (i64::from(table.sum) as u64).wrapping_shl(half_step) }
	}

	/// Looks a ciphertext's value up: the numbers of a fresh ciphertext.
	pub fn look_up(&self, input: &[u64], accumulator: &Accumulator) -> Vec<u64> {
		let native = CiphertextModulus::new_native();
		let input = LweCiphertext::from_container(input, native);
		let mut small = LweCiphertext::new(0u64, LweSize(self.of.small_dimension + 1), native);
		keyswitch_lwe_ciphertext(&self.switch, &input, &mut small);
		let turns = lwe_ciphertext_centered_binary_modulus_switch::<u64, usize, _>(
			small,
			PolynomialSize(self.of.polynomial_size).to_blind_rotation_input_modulus_log(),
		);
		let mut turned = accumulator.polynomial.clone();
		blind_rotate_assign(&turns, &mut turned, &self.bootstrap);
		let mut output = LweCiphertext::new(0u64, LweSize(self.parameters.lwe_size()), native);
		extract_lwe_sample_from_glwe_ciphertext(&turned, &mut output, MonomialDegree(0));
		let mut output = output.into_container();
		if let Some(body) = output.last_mut() {
			*body = body.wrapping_add(accumulator.offset);
		}
		output
	}
}
