//! From a model to a circuit.
//!
//! A conversion picks the finest integers that are exact under the model's parameter set and measures what is lost
//! on rows that the caller brings. What it cannot make exact it refuses, with the numbers.

mod forest;
mod linear;
mod perceptron;
mod rounding;

use serde::Serialize;

use crate::{
	circuit::{Circuit, CircuitError, Quantiser},
	onnx::{self, Dense, Model, ModelError},
};

/// What a conversion may be told.
#[derive(Clone, Debug, Default)]
pub struct Options {
	/// Rows that are typical of what the model will be asked: they set the range of its inputs, and what is lost is
	/// measured on them. Trees need none.
	pub calibration: Vec<Vec<f32>>,
	/// Steps of each input; the conversion's choice where this is `None`.
	pub input_levels: Option<u32>,
	/// Bits of a linear model's weights, with the sign; the finest that are exact where this is `None`.
	pub weight_bits: Option<u8>,
}

/// A circuit, and what is known about it.
#[derive(Clone, Debug)]
pub struct Conversion {
	/// The circuit.
	pub circuit: Circuit,
	/// What is known.
	pub report: Report,
}

/// What a conversion says about its circuit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
	/// What the model is.
	pub kind: Kind,
	/// The parameter set.
	pub parameters: u32,
	/// Bootstraps of one evaluation.
	pub bootstraps: usize,
	/// How many of them come one after the other.
	pub depth: usize,
	/// Values are modulo two to this.
	pub modulus_bits: u8,
	/// The logarithm of the probability that a run differs from the reference; `None` where it cannot.
	pub failure_log2: Option<f64>,
	/// Whether no input at all makes a result wrap.
	pub fits_always: bool,
	/// Bytes of an encrypted row.
	pub input_bytes: usize,
	/// Bytes of an encrypted result.
	pub result_bytes: usize,
	/// Bytes of the evaluation key; `None` where none is needed.
	pub evaluation_key_bytes: Option<usize>,
	/// How the circuit does on the calibration rows; `None` where there are none.
	pub measured: Option<Measured>,
}

/// The kinds of model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
	/// One linear layer.
	Linear,
	/// Layers with activations.
	Perceptron,
	/// Decision trees.
	Trees,
}

/// How a circuit does on rows, beside the floating point model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measured {
	/// How many rows.
	pub rows: usize,
	/// In how many of them it decides as the floating point model does.
	pub agree: usize,
	/// The largest magnitude of a result, and the largest that does not wrap.
	pub largest: [i64; 2],
	/// How many of all lookups were beyond their table and wrapped.
	pub wrapped_lookups: usize,
	/// How many lookups there were.
	pub lookups: usize,
}

/// Why a model cannot be converted.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ConvertError {
	/// The model.
	#[error(transparent)]
	Model(#[from] ModelError),
	/// The circuit that it would be.
	#[error(transparent)]
	Circuit(#[from] CircuitError),
	/// No rows, where they are needed.
	#[error("a linear model or perceptron is converted with calibration rows, which set the range of its inputs; there are none")]
	NoCalibration,
	/// A row of another length.
	#[error("calibration row {row} has {found} numbers where the model takes {expected}, or one that is not finite")]
	CalibrationRow {
		/// Which row, from 0.
		row: usize,
		/// Its numbers.
		found: usize,
		/// As many as the model takes.
		expected: usize,
	},
	/// A feature that the trees compare with too many thresholds.
	#[error(
		"feature {feature} is compared with {found} different thresholds, and a table of 64 entries tells {limit} apart: use fewer or smaller trees"
	)]
	Thresholds {
		/// Which feature, from 0.
		feature: usize,
		/// How many thresholds.
		found: usize,
		/// The limit.
		limit: usize,
	},
	/// Nothing depends on the input.
	#[error("the model gives the same scores for every calibration row: there is nothing to compute")]
	Constant,
	/// An option that is out of range.
	#[error("{what} is {found}, and {least} to {most} are allowed")]
	Option {
		/// Which.
		what: &'static str,
		/// The value.
		found: u32,
		/// The least.
		least: u32,
		/// The most.
		most: u32,
	},
}

/// Converts an ONNX file.
pub fn convert(onnx: &[u8], options: &Options) -> Result<Conversion, ConvertError> {
	let model = onnx::read(onnx)?;
	let levels = options.input_levels.map(|found| ("input levels", found, 1, 1 << 16));
	let weights = options.weight_bits.map(|found| ("weight bits", u32::from(found), 2, 24));
	for (what, found, least, most) in levels.into_iter().chain(weights) {
		if !(least..=most).contains(&found) {
			return Err(ConvertError::Option { what, found, least, most });
		}
	}
	let expected = model.features();
	let bad = |row: &Vec<f32>| row.len() != expected || !row.iter().all(|value| value.is_finite());
	if let Some((row, found)) = options.calibration.iter().enumerate().find(|(_, row)| bad(row)) {
		return Err(ConvertError::CalibrationRow { row, found: found.len(), expected });
	}
	let (kind, circuit) = match &model {
		Model::Forest(forest) => (Kind::Trees, forest::convert(forest)?),
		Model::Dense(_) if options.calibration.is_empty() => return Err(ConvertError::NoCalibration),
		Model::Dense(dense) if dense.layers.len() == 1 => (Kind::Linear, linear::convert(dense, options)?),
		Model::Dense(dense) => (Kind::Perceptron, perceptron::convert(dense, options)?),
	};
	let report = report(kind, &circuit, &model, &options.calibration);
	Ok(Conversion { circuit, report })
}

impl Model {
	/// Numbers in a row.
	pub fn features(&self) -> usize {
		match self {
			Self::Dense(dense) => dense.features(),
			Self::Forest(forest) => forest.features,
		}
	}

	/// The scores of a row, in floating point.
	pub fn scores(&self, row: &[f32]) -> Vec<f64> {
		match self {
			Self::Dense(dense) => dense.scores(row),
			Self::Forest(forest) => forest.scores(row),
		}
	}
}

fn report(kind: Kind, circuit: &Circuit, model: &Model, rows: &[Vec<f32>]) -> Report {
	let budget = circuit.budget();
	Report {
		kind,
		parameters: circuit.parameters().id,
		bootstraps: circuit.bootstraps(),
		depth: circuit.waves().len(),
		modulus_bits: circuit.plan().modulus_bits,
		failure_log2: budget.failure_log2.is_finite().then_some(budget.failure_log2),
		// What trees can say is bounded by their leaves, one of each, and not by all of their comparisons.
		fits_always: kind == Kind::Trees || budget.fits_always(),
		input_bytes: circuit.input_len(),
		result_bytes: circuit.result_len(),
		evaluation_key_bytes: circuit.evaluation_key_len(),
		measured: (!rows.is_empty()).then(|| measure(circuit, model, rows)),
	}
}

fn measure(circuit: &Circuit, model: &Model, rows: &[Vec<f32>]) -> Measured {
	let plan = circuit.plan();
	let mut measured =
		Measured { rows: rows.len(), agree: 0, largest: [0, circuit.budget().limit], wrapped_lookups: 0, lookups: 0 };
	let half = |node: usize| {
		let table = plan.nodes.get(node).and_then(|node| plan.tables.get(node.table as usize));
		table.map_or(0, |table| 1i64 << (table.bits - 1))
	};
	for row in rows {
		let Ok(inputs) = circuit.quantise(row) else { continue };
		let outputs = circuit.run(&inputs, |node, sum| {
			measured.lookups += 1;
			measured.wrapped_lookups += usize::from(!(-half(node)..half(node)).contains(&sum));
		});
		let float = crate::circuit::Reading {
			scale: crate::circuit::Real::new(1.0),
			offsets: model.scores(row).into_iter().map(crate::circuit::Real::new).collect(),
			decision: plan.reading.decision,
		};
		let expected = float.read(&vec![0; outputs.len()]);
		measured.agree += usize::from(plan.reading.read(&outputs).class == expected.class);
		measured.largest[0] =
			outputs.iter().map(|value| value.saturating_abs()).chain([measured.largest[0]]).max().unwrap_or(0);
	}
	measured
}

/// How a dense model's inputs become integers: the same steps for all features, or each feature's own.
fn quantisers(dense: &Dense, rows: &[Vec<f32>], levels: u32, shared: bool) -> Vec<Option<Quantiser>> {
	let range = |of: &mut dyn Iterator<Item = f32>| {
		of.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
			(low.min(value.into()), high.max(value.into()))
		})
	};
	let all = range(&mut rows.iter().flatten().copied());
	(0..dense.features())
		.map(|feature| {
			let own = range(&mut rows.iter().filter_map(|row| row.get(feature).copied()));
			let (low, high) = if shared { all } else { own };
			// A feature that never changes is a constant.
			(own.0 < own.1).then(|| Quantiser::steps(low, high, levels))
		})
		.collect()
}

/// A layer on integers: for each kept feature its weights, and the bias with what the ranges' lower ends come to.
struct Folded {
	/// For each neuron a weight of each kept feature, for one step of it.
	weights: Vec<Vec<f64>>,
	bias: Vec<f64>,
	/// The kept features.
	features: Vec<u32>,
	quantisers: Vec<Quantiser>,
}

/// Makes the first layer take integers; features that never change become part of its bias.
fn fold(dense: &Dense, rows: &[Vec<f32>], levels: u32, shared: bool) -> Folded {
	let Some(layer) = dense.layers.first() else {
		return Folded { weights: Vec::new(), bias: Vec::new(), features: Vec::new(), quantisers: Vec::new() };
	};
	let quantisers = quantisers(dense, rows, levels, shared);
	let mut folded = Folded {
		weights: vec![Vec::new(); layer.weights.len()],
		bias: layer.bias.clone(),
		features: Vec::new(),
		quantisers: Vec::new(),
	};
	for (feature, quantiser) in quantisers.into_iter().enumerate() {
		let (low, step) = match &quantiser {
			Some(Quantiser::Steps { low, high, levels }) => {
				(low.get(), Some((high.get() - low.get()) / f64::from(*levels)))
			},
			_ => (rows.first().and_then(|row| row.get(feature)).map_or(0.0, |value| f64::from(*value)), None),
		};
		for ((weights, bias), row) in folded.weights.iter_mut().zip(&mut folded.bias).zip(&layer.weights) {
			let weight = row.get(feature).copied().unwrap_or(0.0);
			*bias += weight * low;
			weights.extend(step.map(|step| weight * step));
		}
		if let Some(quantiser) = quantiser {
			folded.features.push(feature as u32);
			folded.quantisers.push(quantiser);
		}
	}
	folded
}

/// Indexes of an `f64`'s slice that are all in range by construction read better so.
fn at(values: &[f64], index: usize) -> f64 {
	values.get(index).copied().unwrap_or(0.0)
}
