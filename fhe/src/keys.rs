//! The requester's side: keys, encryption, decryption.

use tfhe::core_crypto::{
	commons::math::random::{DynamicDistribution, Seed},
	prelude::*,
};

use crate::{
	circuit::{Answer, Circuit},
	error::{FrameError, RowError},
	params::ParameterSet,
	wire::{self, EvaluationKey, InputCiphertext, Purpose, ResultCiphertext},
};

/// What decrypts. It stays where it was made: nothing but [`ClientKey::to_bytes`] lets it out, and its `Debug` says
/// nothing of it.
#[derive(Clone, PartialEq)]
pub struct ClientKey {
	parameters: &'static ParameterSet,
	large: LweSecretKeyOwned<u64>,
	small: Option<LweSecretKeyOwned<u64>>,
}

impl std::fmt::Debug for ClientKey {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.debug_struct("ClientKey").field("parameters", &self.parameters.name).finish_non_exhaustive()
	}
}

/// Why a row cannot be encrypted.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EncryptError {
	/// The row.
	#[error(transparent)]
	Row(#[from] RowError),
	/// The key.
	#[error(transparent)]
	Key(#[from] FrameError),
}

impl ClientKey {
	/// A new key, from the operating system's or the processor's randomness.
	pub fn generate(parameters: &'static ParameterSet) -> Self {
		let mut seeder = new_seeder();
		let mut secret = SecretRandomGenerator::<DefaultRandomGenerator>::new(seeder.as_mut().seed());
		let mut key =
			|dimension| allocate_and_generate_new_binary_lwe_secret_key::<u64, _>(LweDimension(dimension), &mut secret);
		let large = key(parameters.dimension);
		let small = parameters.bootstrap.map(|of| key(of.small_dimension));
		Self { parameters, large, small }
	}

	/// The parameter set.
	pub fn parameters(&self) -> &'static ParameterSet {
		self.parameters
	}

	/// The key's frame. Whoever has it can read what was encrypted.
	pub fn to_bytes(&self) -> Vec<u8> {
		let small = self.small.iter().flat_map(|key| key.as_ref());
		wire::write_client_key(self.parameters, self.large.as_ref().iter().chain(small).copied())
	}

	/// Reads a key's frame.
	pub fn from_bytes(bytes: &[u8]) -> Result<Self, FrameError> {
		let (parameters, mut large) = wire::read_client_key(bytes)?;
		let small = large.split_off(parameters.dimension);
		Ok(Self {
			parameters,
			large: LweSecretKey::from_container(large),
			small: parameters.bootstrap.map(|_| LweSecretKey::from_container(small)),
		})
	}

	/// The key with which others evaluate tables, and read nothing.
	pub fn evaluation_key(&self) -> Result<EvaluationKey, FrameError> {
		let (Some(of), Some(small)) = (self.parameters.bootstrap, &self.small) else {
			return Err(FrameError::NoEvaluationKey { id: self.parameters.id });
		};
		let mut seeder = new_seeder();
		let seeder = seeder.as_mut();
		let (switch_seed, bootstrap_seed) = (seeder.seed().0, seeder.seed().0);
		let mut switch = SeededLweKeyswitchKey::new(
			0u64,
			DecompositionBaseLog(of.switch_base_log),
			DecompositionLevelCount(of.switch_levels),
			self.large.lwe_dimension(),
			small.lwe_dimension(),
			Seed(switch_seed).into(),
			CiphertextModulus::new_native(),
		);
		let noise = DynamicDistribution::new_t_uniform(of.small_noise_log2);
		generate_seeded_lwe_keyswitch_key(&self.large, small, &mut switch, noise, seeder);
		let mut bootstrap = SeededLweBootstrapKey::new(
			0u64,
			GlweSize(2),
			PolynomialSize(of.polynomial_size),
			DecompositionBaseLog(of.bootstrap_base_log),
			DecompositionLevelCount(of.bootstrap_levels),
			small.lwe_dimension(),
			Seed(bootstrap_seed).into(),
			CiphertextModulus::new_native(),
		);
		let large = GlweSecretKey::from_container(self.large.as_ref(), PolynomialSize(of.polynomial_size));
		let noise = DynamicDistribution::new_t_uniform(of.bootstrap_noise_log2);
		par_generate_seeded_lwe_bootstrap_key(small, &large, &mut bootstrap, noise, seeder);
		Ok(EvaluationKey {
			parameters: self.parameters,
			switch_seed,
			bootstrap_seed,
			switch: switch.into_container(),
			bootstrap: bootstrap.into_container(),
		})
	}

	/// Encrypts a row for a circuit: the frame that is sent.
	pub fn encrypt(&self, circuit: &Circuit, row: &[f32]) -> Result<Vec<u8>, EncryptError> {
		let inputs = circuit.quantise(row)?;
		Ok(self.encrypt_integers(circuit, &inputs)?.to_bytes(&circuit.input_purpose()))
	}

	fn encrypt_integers(&self, circuit: &Circuit, inputs: &[i64]) -> Result<InputCiphertext, FrameError> {
		self.check(circuit)?;
		let shift = 64 - u32::from(circuit.plan().modulus_bits);
		let plain =
			PlaintextList::from_container(inputs.iter().map(|input| (*input as u64) << shift).collect::<Vec<_>>());
		let mut seeder = new_seeder();
		let seeder = seeder.as_mut();
		let seed = seeder.seed();
		let mut list = SeededLweCiphertextList::new(
			0u64,
			LweSize(self.parameters.lwe_size()),
			LweCiphertextCount(inputs.len()),
			seed.into(),
			CiphertextModulus::new_native(),
		);
		let noise = DynamicDistribution::new_t_uniform(self.parameters.fresh_noise_log2);
		encrypt_seeded_lwe_ciphertext_list(&self.large, &mut list, &plain, noise, seeder);
		Ok(InputCiphertext { seed: seed.0, bodies: list.into_container() })
	}

	/// Decrypts a result's frame: the circuit's outputs.
	pub fn decrypt(&self, circuit: &Circuit, result: &[u8]) -> Result<Vec<i64>, FrameError> {
		self.check(circuit)?;
		let result = ResultCiphertext::from_bytes(result, &circuit.result_purpose())?;
		let bits = circuit.plan().modulus_bits;
		let size = self.parameters.lwe_size();
		let outputs = result.words.chunks_exact(size).map(|numbers| {
			let ciphertext = LweCiphertext::from_container(numbers, CiphertextModulus::new_native());
			let noisy = decrypt_lwe_ciphertext(&self.large, &ciphertext).0;
			// To the nearest step; the shift back reads it as signed.
			(noisy.wrapping_add(1 << (63 - bits)) as i64) >> (64 - bits)
		});
		Ok(outputs.collect())
	}

	/// Decrypts a result's frame and reads it.
	pub fn answer(&self, circuit: &Circuit, result: &[u8]) -> Result<Answer, FrameError> {
		Ok(circuit.plan().reading.read(&self.decrypt(circuit, result)?))
	}

	fn check(&self, circuit: &Circuit) -> Result<(), FrameError> {
		let (expected, found) = (circuit.parameters().id, self.parameters.id);
		if expected == found {
			Ok(())
		} else {
			Err(FrameError::Parameters { what: wire::Kind::ClientKey.name(), expected, found })
		}
	}
}

impl Circuit {
	/// What a ciphertext must be to be its input.
	pub fn input_purpose(&self) -> Purpose {
		self.purpose(self.plan().inputs.len())
	}

	/// What its result is.
	pub fn result_purpose(&self) -> Purpose {
		self.purpose(self.plan().outputs.len())
	}

	fn purpose(&self, count: usize) -> Purpose {
		// A checked circuit has at most 2^16 of either.
		Purpose { circuit: self.digest(), parameters: self.parameters(), count: count as u32 }
	}

	/// Bytes of an encrypted row.
	pub fn input_len(&self) -> usize {
		InputCiphertext::len_for(self.input_purpose().count)
	}

	/// Bytes of an encrypted result.
	pub fn result_len(&self) -> usize {
		ResultCiphertext::len_for(self.parameters(), self.result_purpose().count)
	}

	/// Bytes of the evaluation key that it needs; `None` where it needs none.
	pub fn evaluation_key_len(&self) -> Option<usize> {
		EvaluationKey::len_for(self.parameters())
	}
}
