//! Linear and logistic regression: one sum for each output, and a proof that it is exact.

use super::{at, fold, ConvertError, Folded, Options};
use crate::{
	circuit::{Circuit, CircuitError, Input, Plan, Reading, Real, Sum, Term, VERSION},
	onnx::Dense,
	params::LINEAR,
};

/// Steps of an input where nothing else is asked for.
const LEVELS: u32 = 255;
/// The most bits of modulus that are tried.
const MODULUS_BITS: u8 = 30;

pub(super) fn convert(dense: &Dense, options: &Options) -> Result<Circuit, ConvertError> {
	let folded = fold(dense, &options.calibration, options.input_levels.unwrap_or(LEVELS), false);
	let largest = folded.weights.iter().flatten().fold(0.0f64, |largest, weight| largest.max(weight.abs()));
	if largest == 0.0 {
		return Err(ConvertError::Constant);
	}
	if let Some(bits) = options.weight_bits {
		// As asked, in the smallest modulus that holds the results: too much of either is refused.
		let scale = (2f64.powi(i32::from(bits) - 1) - 1.0) / largest;
		let reach = (reach(&folded) * scale).ceil() + folded.weights.first().map_or(0, Vec::len) as f64;
		let modulus_bits = ((reach.max(1.0)).log2().ceil() as u8).saturating_add(2).min(32);
		return Ok(circuit(dense, &folded, scale, modulus_bits)?);
	}
	// The wider the modulus, the finer the weights, until their noise is wider than half a step.
	let mut refusal = ConvertError::Constant;
	for modulus_bits in (8..=MODULUS_BITS).rev() {
		let room = 2f64.powi(i32::from(modulus_bits) - 1) - 1.0;
		// What rounding can add: half a step of each weight, and of the constant.
		let slack = folded.quantisers.iter().map(|of| f64::from(of.largest()) / 2.0).sum::<f64>() + 1.0;
		let scale = (room - slack) / reach(&folded);
		if scale <= 0.0 {
			break;
		}
		match circuit(dense, &folded, scale, modulus_bits) {
			Ok(circuit) => return Ok(circuit),
			Err(error) => refusal = error.into(),
		}
	}
	Err(refusal)
}

/// The largest magnitude of a score without its offset.
fn reach(folded: &Folded) -> f64 {
	let bound = |weights: &Vec<f64>, pick: fn(f64, f64) -> f64| {
		weights
			.iter()
			.zip(&folded.quantisers)
			.map(|(weight, of)| pick(0.0, weight * f64::from(of.largest())))
			.sum::<f64>()
	};
	let reach = |weights| bound(weights, f64::max).max(-bound(weights, f64::min));
	folded.weights.iter().map(reach).fold(0.0, f64::max)
}

/// The biases are the reading's offsets: they need no room in the modulus and are not rounded.
fn circuit(dense: &Dense, folded: &Folded, scale: f64, modulus_bits: u8) -> Result<Circuit, CircuitError> {
	let output = |weights: &Vec<f64>| {
		let terms = (0u32..).zip(weights).filter_map(|(wire, weight)| {
			let coefficient = (weight * scale).round_ties_even() as i32;
			(coefficient != 0).then_some(Term { wire, coefficient })
		});
		Sum { terms: terms.collect(), constant: 0 }
	};
	let inputs = folded.features.iter().zip(&folded.quantisers);
	Circuit::new(Plan {
		version: VERSION,
		parameters: LINEAR.id,
		modulus_bits,
		features: dense.features() as u32,
		inputs: inputs.map(|(feature, of)| Input { feature: *feature, quantiser: of.clone() }).collect(),
		tables: Vec::new(),
		nodes: Vec::new(),
		outputs: folded.weights.iter().map(output).collect(),
		reading: Reading {
			scale: Real::new(1.0 / scale),
			offsets: (0..folded.bias.len()).map(|output| Real::new(at(&folded.bias, output))).collect(),
			decision: dense.decision,
		},
	})
}
