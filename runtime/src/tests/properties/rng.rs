//! Numbers that a seed determines.

/// SplitMix64: enough chance for a test, in three lines.
pub struct Rng(pub u64);

impl Rng {
	/// The next number.
	pub fn next(&mut self) -> u64 {
		self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		mixed ^ (mixed >> 31)
	}

	/// A number below `bound`, which is not 0.
	pub fn below(&mut self, bound: usize) -> usize {
		(self.next() % bound as u64) as usize
	}

	/// True in so many of a hundred cases.
	pub fn percent(&mut self, percent: u64) -> bool {
		self.next() % 100 < percent
	}

	/// 32 bytes.
	pub fn bytes(&mut self) -> [u8; 32] {
		let mut bytes = [0; 32];
		bytes.chunks_mut(8).for_each(|chunk| chunk.copy_from_slice(&self.next().to_le_bytes()));
		bytes
	}

	/// One of these, if there is any.
	pub fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
		(!of.is_empty()).then(|| &of[self.below(of.len())])
	}

	/// One of these, each as often as its number says.
	pub fn weighted<T: Copy>(&mut self, of: &[(usize, T)]) -> T {
		let mut at = self.below(of.iter().map(|(weight, _)| weight).sum());
		for (weight, what) in of {
			if at < *weight {
				return *what;
			}
			at -= weight;
		}
		unreachable!("a number below the sum is below one of the parts")
	}
}
