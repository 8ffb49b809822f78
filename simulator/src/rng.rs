//! Randomness from a seed: the same seed gives the same run, on every machine.

use deepnode_scoring::Unit;
use rand_chacha::{
	rand_core::{RngCore, SeedableRng},
	ChaCha8Rng,
};

/// A stream of random numbers.
pub struct Rng(ChaCha8Rng);

impl Rng {
	/// The `stream`th stream of a seed. Every task has its own, so that what one task draws does not move
	/// the next: two runs that differ in a strategy stay comparable.
	pub fn new(seed: u64, stream: u64) -> Self {
		let mut rng = ChaCha8Rng::seed_from_u64(seed);
		rng.set_stream(stream);
		Self(rng)
	}

	/// Uniform over `u128`.
	pub fn wide(&mut self) -> u128 {
		u128::from(self.0.next_u64()) << 64 | u128::from(self.0.next_u64())
	}

	/// Uniform below `bound`, which is not 0; biased by less than `bound / 2^64`.
	pub fn below(&mut self, bound: u64) -> u64 {
		((u128::from(self.0.next_u64()) * u128::from(bound)) >> 64) as u64
	}

	/// True with this probability.
	pub fn chance(&mut self, probability: Unit) -> bool {
		self.below(1_000_000_000) < u64::from(probability.deconstruct())
	}

	/// `value` times a factor that is uniform in `[1 - spread, 1 + spread]`, at most 1.
	pub fn around(&mut self, value: Unit, spread: Unit) -> Unit {
		let (value, spread) = (u64::from(value.deconstruct()), u64::from(spread.deconstruct()));
		let factor = 1_000_000_000 - spread + self.below(2 * spread + 1);
		Unit::from_parts((value * factor / 1_000_000_000).min(1_000_000_000) as u32)
	}
}
