//! When two answers agree.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::{
	canonical::{Malformed, View},
	tensor::{Dim, TensorSpec},
};

/// The most bits after the binary point of a quantised element.
pub const MAX_K: u8 = 24;

/// How a float becomes an integer: `q = round_half_even(y * 2^k / scale)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Quantisation {
	/// Bits after the binary point, at most [`MAX_K`].
	pub k: u8,
	/// The output's typical magnitude, in millionths; at least 1.
	pub scale_millionths: u32,
}

impl Default for Quantisation {
	fn default() -> Self {
		Self { k: 12, scale_millionths: 1_000_000 }
	}
}

impl Quantisation {
	/// How many steps make one typical magnitude, `2^k`, with `k` at most [`MAX_K`].
	pub(crate) fn steps(&self) -> u32 {
		1u32.checked_shl(self.k.min(MAX_K).into()).unwrap_or(u32::MAX)
	}

	/// Whether it is within its bounds, and a tolerance of `tau` steps still tells outputs apart.
	fn allows(&self, tau: u32) -> bool {
		self.k <= MAX_K && self.scale_millionths > 0 && tau <= self.steps()
	}
}

/// When two answers to one task agree. Equal digests always do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Comparison {
	/// Only equal digests agree: integer models, ciphertexts.
	Exact,
	/// No element differs by more than `tau` steps.
	Tolerance {
		/// How floats are quantised.
		quantisation: Quantisation,
		/// The largest difference, in quantisation steps.
		tau: u32,
	},
	/// In every row along the last axis the winning classes are equal, or nearly: the class that wins in
	/// one row scores at most `2 tau` less than the best in the other, and the reverse.
	///
	/// So rows no element of which differs by more than `tau` agree, whichever class noise makes win. A
	/// row without a winner, such as a constant one, agrees only with rows in which its first class, too,
	/// is that close to the best.
	ArgMax {
		/// How floats are quantised.
		quantisation: Quantisation,
		/// Half of how far behind the best a class may be that wins elsewhere, in quantisation steps.
		tau: u32,
	},
}

impl Default for Comparison {
	fn default() -> Self {
		Self::Tolerance { quantisation: Quantisation::default(), tau: 2 }
	}
}

impl Comparison {
	/// How a worker quantises floats; `None` where there must be none.
	pub const fn quantisation(&self) -> Option<Quantisation> {
		match self {
			Self::Exact => None,
			Self::Tolerance { quantisation, .. } | Self::ArgMax { quantisation, .. } => Some(*quantisation),
		}
	}

	/// Whether the comparison makes sense for a model with these outputs. `Exact` needs integers,
	/// `ArgMax` a last axis of at least two classes in every output, and `tau` is at most `2^k`, which is
	/// the output's typical magnitude: what agrees with everything verifies nothing.
	pub fn fits(&self, outputs: &[TensorSpec]) -> bool {
		match self {
			Self::Exact => outputs.iter().all(|output| !output.element.is_float()),
			Self::Tolerance { quantisation, tau } => quantisation.allows(*tau),
			Self::ArgMax { quantisation, tau } => {
				quantisation.allows(*tau)
					&& outputs
						.iter()
						.all(|output| matches!(output.shape.last(), Some(Dim::Fixed(classes)) if *classes > 1))
			},
		}
	}

	/// Whether two canonical answers agree. The relation is reflexive and symmetric; it is not
	/// transitive, but for [`Self::Exact`].
	///
	/// # Complexity
	/// O(bytes).
	pub fn agrees(&self, a: &[u8], b: &[u8]) -> Result<bool, Malformed> {
		let (view_a, view_b) = (View::parse(a)?, View::parse(b)?);
		if a == b {
			return Ok(true);
		}
		let (View::Outputs(a), View::Outputs(b)) = (view_a, view_b) else { return Ok(false) };
		if a.len() != b.len() {
			return Ok(false);
		}
		Ok(a.iter().zip(&b).all(|(a, b)| {
			let classes = a.dims.last().copied().unwrap_or(1);
			a.dims == b.dims && self.agrees_on(a.elements().zip(b.elements()), Some(classes as usize))
		}))
	}

	/// Whether two outputs, given as their pairs of elements in rows of `classes`, agree. Where these are
	/// a piece of a row, `classes` is `None`, and [`Self::ArgMax`] asks of each element what makes rows
	/// agree whatever the others are: that it does not differ by more than `tau`.
	pub(crate) fn agrees_on(&self, mut pairs: impl Iterator<Item = (i32, i32)>, classes: Option<usize>) -> bool {
		match (*self, classes) {
			(Self::Exact, _) => pairs.all(|(a, b)| a == b),
			(Self::ArgMax { tau, .. }, Some(classes)) => same_winners(pairs, classes, tau),
			(Self::Tolerance { tau, .. }, _) | (Self::ArgMax { tau, .. }, None) => {
				pairs.all(|(a, b)| a.abs_diff(b) <= tau)
			},
		}
	}
}

fn same_winners(mut scores: impl Iterator<Item = (i32, i32)>, classes: usize, tau: u32) -> bool {
	let slack = tau.saturating_mul(2);
	while let Some(first) = scores.next() {
		if !same_winner(first, scores.by_ref().take(classes.saturating_sub(1)), slack) {
			return false;
		}
	}
	true
}

/// Whether two rows, given as their pairs of scores, have the same winning class but for `slack`. The
/// first of several best classes wins.
fn same_winner(first: (i32, i32), others: impl Iterator<Item = (i32, i32)>, slack: u32) -> bool {
	// Each row's best score, and what its class scores in the other row.
	let (mut best_a, mut best_b) = (first, first);
	for scores in others {
		if scores.0 > best_a.0 {
			best_a = scores;
		}
		if scores.1 > best_b.1 {
			best_b = scores;
		}
	}
	best_a.0.abs_diff(best_b.0) <= slack && best_b.1.abs_diff(best_a.1) <= slack
}
