//! When two answers agree.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::{
	canonical::{Malformed, OutputView, View},
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
	/// In every row along the last axis the winning classes are equal, or both rows are ties: their
	/// margins between first and second are at most `2 tau`.
	ArgMax {
		/// How floats are quantised.
		quantisation: Quantisation,
		/// Half the largest margin of a tie, in quantisation steps.
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
			a.dims == b.dims
				&& match *self {
					Self::Exact => a == b,
					Self::Tolerance { tau, .. } => within(a, b, tau),
					Self::ArgMax { tau, .. } => same_winners(a, b, tau),
				}
		}))
	}
}

fn within(a: &OutputView, b: &OutputView, tau: u32) -> bool {
	a.elements().zip(b.elements()).all(|(a, b)| a.abs_diff(b) <= tau)
}

fn same_winners(a: &OutputView, b: &OutputView, tau: u32) -> bool {
	let classes = a.dims.last().copied().unwrap_or(1) as usize;
	let (mut a_elements, mut b_elements) = (a.elements(), b.elements());
	loop {
		match (Winner::of_row(&mut a_elements, classes), Winner::of_row(&mut b_elements, classes)) {
			(Some(a), Some(b)) if a.class == b.class || (a.is_tie(tau) && b.is_tie(tau)) => {},
			(None, None) => return true,
			_ => return false,
		}
	}
}

/// The first class of the highest score in a row, and how far the next is behind it.
struct Winner {
	class: usize,
	/// `None` where the row has a single class.
	margin: Option<u32>,
}

impl Winner {
	/// Reads the next row of `classes` scores; `None` after the last.
	fn of_row(elements: &mut impl Iterator<Item = i32>, classes: usize) -> Option<Self> {
		let mut best = elements.next().filter(|_| classes > 0)?;
		let mut class = 0;
		let mut second = None;
		for (at, score) in elements.take(classes.saturating_sub(1)).enumerate() {
			if score > best {
				second = Some(best);
				best = score;
				class = at.saturating_add(1);
			} else if second.is_none_or(|second| score > second) {
				second = Some(score);
			}
		}
		Some(Self { class, margin: second.map(|second| best.abs_diff(second)) })
	}

	fn is_tie(&self, tau: u32) -> bool {
		self.margin.is_some_and(|margin| margin <= tau.saturating_mul(2))
	}
}
