//! Whether a circuit is exact: its range and its noise.
//!
//! # Without lookups: proof
//!
//! A fresh ciphertext's noise is at most `2^b` in units of `2^-64`, with certainty. A sum of wires with weights `c`
//! has noise of at most `2^b * sum |c|`, and nothing is rounded on the way: products with clear integers are exact modulo
//! `2^64`, and the constants are multiples of a step. So with `sum |c| * 2^b < 2^(63-p)`, half a step of `2^p` values, decryption
//! rounds to the right value always. The value itself is right if no sum of inputs leaves `-2^(p-1) .. 2^(p-1)`,
//! which the quantisers' largest values bound. Both are checked here, and a circuit that fails is refused.
//!
//! # With lookups: probability
//!
//! The noise of a bootstrap is Gaussian and not bounded. Each lookup and each output fails with a probability that
//! [`crate::noise`] bounds; the run fails with no more than their sum, which must not pass [`MAX_FAILURE_LOG2`]. Indices wrap
//! and outputs may: the reference does the same, and what is measured when a model is converted is how often.

use super::{CircuitError, Plan, Sum};
use crate::{
	noise::{failure_log2, union_log2, Noise},
	params::ParameterSet,
};

/// The logarithm of the largest probability with which a run may differ from the reference.
pub const MAX_FAILURE_LOG2: f64 = -32.0;

/// How exact a circuit is.
#[derive(Clone, Debug, PartialEq)]
pub struct Budget {
	/// An upper bound of the logarithm of the probability that a run differs from the reference; minus infinity
	/// where it cannot.
	pub failure_log2: f64,
	/// The largest magnitude that an output can have for any input, by the bound of each of its terms.
	pub reach: i64,
	/// The largest that can be told apart: half the modulus, less one.
	pub limit: i64,
}

impl Budget {
	/// Whether no input makes an output wrap.
	pub fn fits_always(&self) -> bool {
		self.reach <= self.limit
	}
}

pub(super) fn budget(plan: &Plan, set: &ParameterSet) -> Result<Budget, CircuitError> {
	let limit = (1i64 << (plan.modulus_bits - 1)) - 1;
	let ranges = ranges(plan);
	let reaches: Vec<_> = plan.outputs.iter().map(|output| reach(output, &ranges)).collect();
	let largest = reaches.iter().copied().max().unwrap_or(0);
	if set.bootstrap.is_none() {
		for (output, (sum, reach)) in plan.outputs.iter().zip(&reaches).enumerate() {
			if *reach > limit {
				return Err(CircuitError::Overflow { output, reach: *reach, limit });
			}
			let weights: u64 = sum.terms.iter().map(|term| u64::from(term.coefficient.unsigned_abs())).sum();
			let noise = (weights as f64).log2() + f64::from(set.fresh_noise_log2);
			let half_step = 63 - plan.modulus_bits;
			if weights >= 1 << u32::from(half_step).saturating_sub(set.fresh_noise_log2) {
				return Err(CircuitError::Noise { output, noise, half_step });
			}
		}
		return Ok(Budget { failure_log2: f64::NEG_INFINITY, reach: largest, limit });
	}

	let noise = Noise::of(set);
	let variance = |sum: &Sum| {
		let of = |wire: u32| if (wire as usize) < plan.inputs.len() { noise.fresh } else { noise.bootstrapped };
		sum.terms.iter().map(|term| f64::from(term.coefficient).powi(2) * of(term.wire)).sum::<f64>()
	};
	let lookups = plan.nodes.iter().map(|node| {
		let bits = plan.tables.get(node.table as usize).map_or(0, |table| table.bits);
		failure_log2(variance(&node.input) + noise.lookup, bits)
	});
	let outputs = plan.outputs.iter().map(|output| failure_log2(variance(output) + noise.rounding, plan.modulus_bits));
	let failure = union_log2(lookups.chain(outputs));
	if failure > MAX_FAILURE_LOG2 {
		return Err(CircuitError::Failure { failure, limit: MAX_FAILURE_LOG2 });
	}
	Ok(Budget { failure_log2: failure, reach: largest, limit })
}

/// What each wire can be.
fn ranges(plan: &Plan) -> Vec<(i64, i64)> {
	let inputs = plan.inputs.iter().map(|input| (0, i64::from(input.quantiser.largest())));
	let nodes =
		plan.nodes.iter().map(|node| plan.tables.get(node.table as usize).map_or((0, 0), |table| table.range()));
	inputs.chain(nodes).collect()
}

/// The largest magnitude of a sum.
fn reach(sum: &Sum, ranges: &[(i64, i64)]) -> i64 {
	let bound = |pick: fn(i64, i64) -> i64| {
		sum.terms.iter().fold(sum.constant, |total, term| {
			let (least, largest) = ranges.get(term.wire as usize).copied().unwrap_or((0, 0));
			let coefficient = i64::from(term.coefficient);
			total.saturating_add(pick(coefficient.saturating_mul(least), coefficient.saturating_mul(largest)))
		})
	};
	bound(i64::min).saturating_abs().max(bound(i64::max).saturating_abs())
}
