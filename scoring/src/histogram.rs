//! A median that is kept while amounts come and go, in bounded space.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use deepnode_primitives::Balance;
use scale_info::TypeInfo;

/// How many buckets there are: one for each amount below 4, then four for each power of two.
const BUCKETS: usize = 508;

/// How many amounts lie in each of a fixed number of buckets, whose width grows with the amount.
///
/// Amounts below 8 have a bucket each; every later power of two is divided into four buckets of equal width.
/// It encodes to 2,032 bytes, whatever it holds.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Histogram([u32; BUCKETS]);

impl Default for Histogram {
	fn default() -> Self {
		Self([0; BUCKETS])
	}
}

impl Histogram {
	/// Counts an amount.
	pub fn add(&mut self, amount: Balance) {
		if let Some(count) = self.0.get_mut(bucket(amount)) {
			*count = count.saturating_add(1);
		}
	}

	/// Counts an amount no more. One that was never added, nor any other of its bucket, is ignored.
	pub fn remove(&mut self, amount: Balance) {
		if let Some(count) = self.0.get_mut(bucket(amount)) {
			*count = count.saturating_sub(1);
		}
	}

	/// How many amounts are counted.
	pub fn total(&self) -> u32 {
		self.0.iter().fold(0, |sum, count| sum.saturating_add(*count))
	}

	/// About the lower median of the amounts: the middle of the bucket that it lies in, which is exact for
	/// amounts below 8 and otherwise differs by at most an eighth of the median; 0 where there is none.
	pub fn median(&self) -> Balance {
		let half = self.total().div_ceil(2);
		let mut below = 0u32;
		self.0
			.iter()
			.position(|count| {
				below = below.saturating_add(*count);
				half > 0 && below >= half
			})
			.map_or(0, middle)
	}
}

/// The bucket of an amount, below [`BUCKETS`].
fn bucket(amount: Balance) -> usize {
	let octave = amount.checked_ilog2().unwrap_or(0);
	match octave.checked_sub(2) {
		// The two bits after the leading one, after four buckets for each power of two before.
		Some(shift) => (shift as usize).saturating_mul(4).saturating_add((amount >> shift) as usize),
		None => amount as usize,
	}
}

/// The middle of a bucket, rounded down.
fn middle(bucket: usize) -> Balance {
	let bucket = bucket as u128;
	match (bucket / 4).checked_sub(1) {
		Some(shift) => {
			let width = 1u128.checked_shl(shift as u32).unwrap_or(0);
			(bucket % 4).saturating_add(4).saturating_mul(width).saturating_add(width / 2)
		},
		None => bucket,
	}
}
