//! Perceptrons: one lookup for each hidden neuron.
//!
//! A neuron's sum has to fit a table's index, 64 values, so weights are a few bits and inputs have a few levels. Three things keep
//! the accuracy: weights are rounded together ([`super::rounding`]), each neuron has its own scale (a
//! Relu passes it through, and the next layer's weights undo it), and the last hidden layer uses the whole table:
//!
//! ```text
//! relu(a) = (a + |a|) / 2
//! ```
//!
//! The absolute value is a table without padding, and `a` is a sum of wires that are there anyway. A hidden layer that is followed by another
//! is a padded table, so that its values are small: half the range, and four levels.

use super::{fold, rounding::Compensation, ConvertError, Options};
use crate::{
	circuit::{Circuit, CircuitError, Input, Node, Plan, Quantiser, Reading, Real, Sum, Table, Term, VERSION},
	onnx::{Activation, Dense, Layer},
	params::BOOTSTRAP,
};

/// Bits of a table's index.
const TABLE_BITS: u8 = 6;
/// The moduli that are tried: a neuron's weights have the bits above a table's.
const MODULUS_BITS: std::ops::RangeInclusive<u8> = TABLE_BITS + 1..=16;
/// Levels of inputs that are tried, where the caller names none.
const LEVELS: [u32; 5] = [2, 3, 4, 5, 7];
/// The largest level of a hidden layer that is followed by another.
const HIDDEN_LEVELS: i32 = 3;
/// The part of the modulus that results may take on calibration rows: the rest is for rows that reach further.
const ROOM: f64 = 0.8;
/// How a neuron's scale shrinks until its sums fit.
const SHRINK: f64 = 0.98;

pub(super) fn convert(dense: &Dense, options: &Options) -> Result<Circuit, ConvertError> {
	let levels = options.input_levels.map_or(LEVELS.to_vec(), |levels| vec![levels]);
	let rows = &options.calibration;
	let exact: Vec<_> = rows.iter().map(|row| dense.scores(row)).collect();
	let mut best: Option<(f64, Circuit)> = None;
	let mut refusal = ConvertError::Constant;
	for (levels, shared) in levels.into_iter().flat_map(|levels| [(levels, true), (levels, false)]) {
		match candidate(dense, rows, levels, shared) {
			Ok(circuit) => {
				let error = error(&circuit, rows, &exact);
				if best.as_ref().is_none_or(|(least, _)| error < *least) {
					best = Some((error, circuit));
				}
			},
			Err(error) => refusal = error,
		}
	}
	best.map(|(_, circuit)| circuit).ok_or(refusal)
}

/// How far a circuit's scores are from the model's, beyond what shifts all of a row's.
fn error(circuit: &Circuit, rows: &[Vec<f32>], exact: &[Vec<f64>]) -> f64 {
	let of_row = |(row, exact): (&Vec<f32>, &Vec<f64>)| {
		let Ok(inputs) = circuit.quantise(row) else { return 0.0 };
		let answer = circuit.plan().reading.read(&circuit.evaluate_clear(&inputs));
		let errors: Vec<_> = answer.scores.iter().zip(exact).map(|(one, other)| one - other).collect();
		let mean = if errors.len() > 1 { errors.iter().sum::<f64>() / errors.len() as f64 } else { 0.0 };
		errors.iter().map(|error| (error - mean).powi(2)).sum::<f64>()
	};
	rows.iter().zip(exact).map(of_row).sum()
}

/// A value inside the network: a sum of wires, and what a unit of it is worth.
struct Value {
	sum: Vec<(u32, i64)>,
	constant: i64,
	worth: f64,
}

/// A network that is being built, with its values on the calibration rows.
struct Network {
	nodes: Vec<Node>,
	tables: Vec<Table>,
	wires: u32,
	/// The wires that the next layer takes, each with the worth of a unit.
	values: Vec<Value>,
	/// Their integers for each row.
	rows: Vec<Vec<f64>>,
}

fn candidate(dense: &Dense, rows: &[Vec<f32>], levels: u32, shared: bool) -> Result<Circuit, ConvertError> {
	let folded = fold(dense, rows, levels, shared);
	if folded.features.is_empty() {
		return Err(ConvertError::Constant);
	}
	let integer = |row: &Vec<f32>| {
		let kept = folded.features.iter().zip(&folded.quantisers);
		kept.map(|(feature, of)| f64::from(of.apply(row[*feature as usize]))).collect()
	};
	let wire = |wire| Value { sum: vec![(wire, 1)], constant: 0, worth: 1.0 };
	let mut network = Network {
		nodes: Vec::new(),
		tables: Vec::new(),
		wires: folded.features.len() as u32,
		values: (0..folded.features.len() as u32).map(wire).collect(),
		rows: rows.iter().map(integer).collect(),
	};
	// The first layer's weights are for steps already; a value's worth is part of the others'.
	let mut layer = Layer { weights: folded.weights.clone(), bias: folded.bias.clone() };
	for (at, activation) in dense.activations.iter().enumerate() {
		network.hidden(&layer, *activation, at + 1 == dense.activations.len());
		layer = dense.layers[at + 1].clone();
		for weights in &mut layer.weights {
			weights.iter_mut().zip(&network.values).for_each(|(weight, value)| *weight *= value.worth);
		}
	}
	let inputs: Vec<_> =
		folded.features.iter().zip(&folded.quantisers).map(|(feature, of)| (*feature, of.clone())).collect();
	network.finish(dense, &layer, &inputs)
}

impl Network {
	/// Adds a hidden layer.
	fn hidden(&mut self, layer: &Layer, activation: Activation, last: bool) {
		let compensation = Compensation::of(&self.rows);
		let padded = activation == Activation::Relu && !last;
		let range = f64::from((1i32 << (TABLE_BITS - 1 - u8::from(padded))) - 1);
		let mut values = Vec::with_capacity(layer.bias.len());
		let mut rows = vec![Vec::with_capacity(layer.bias.len()); self.rows.len()];
		for (weights, bias) in layer.weights.iter().zip(&layer.bias) {
			let neuron = Neuron::fit(weights, *bias, &self.rows, &compensation, range);
			let table = match (activation, padded) {
				(Activation::Sign, _) => Table { bits: TABLE_BITS, half: vec![1; 1 << (TABLE_BITS - 1)], sum: 0 },
				(Activation::Relu, false) => Table::absolute(TABLE_BITS),
				(Activation::Relu, true) => {
					let most = neuron.largest.max(1.0);
					let level = move |a: i32| f64::from(a.max(0)) * f64::from(HIDDEN_LEVELS) / most;
					Table::padded(TABLE_BITS, |a| (level(a).round() as i32).min(HIDDEN_LEVELS))
				},
			};
			// The sum as wires: the layer's inputs are wires, or sums of them.
			let mut sum = vec![];
			let mut constant = neuron.bias;
			for (weight, value) in neuron.weights.iter().zip(&self.values) {
				sum.extend(value.sum.iter().map(|(wire, coefficient)| (*wire, coefficient * weight)));
				constant += value.constant * weight;
			}
			sum.retain(|(_, coefficient)| *coefficient != 0);
			let wire = self.wires + self.nodes.len() as u32;
			for (row, inputs) in rows.iter_mut().zip(&self.rows) {
				let a = neuron.sum(inputs);
				let looked_up = table.at(a) as f64;
				row.push(if activation == Activation::Relu && !padded { a as f64 + looked_up } else { looked_up });
			}
			let value = match (activation, padded) {
				(Activation::Sign, _) => Value { sum: vec![(wire, 1)], constant: 0, worth: 1.0 },
				(Activation::Relu, true) => Value {
					sum: vec![(wire, 1)],
					constant: 0,
					worth: neuron.largest.max(1.0) / f64::from(HIDDEN_LEVELS) / neuron.scale,
				},
				(Activation::Relu, false) => {
					Value { sum: sum.iter().copied().chain([(wire, 1)]).collect(), constant, worth: 0.5 / neuron.scale }
				},
			};
			values.push(value);
			self.add(sum, constant, table);
		}
		self.values = values;
		self.rows = rows;
	}

	/// Adds a node; its sum is scaled to the modulus at the end.
	fn add(&mut self, sum: Vec<(u32, i64)>, constant: i64, table: Table) {
		let known = self.tables.iter().position(|known| *known == table);
		let index = known.unwrap_or_else(|| {
			self.tables.push(table);
			self.tables.len() - 1
		});
		// Sums of at most a table's range, of a few thousand terms: far below 32 bits.
		let terms = sum.into_iter().map(|(wire, coefficient)| Term { wire, coefficient: coefficient as i32 }).collect();
		self.nodes.push(Node { input: Sum { terms, constant }, table: index as u32 });
	}

	/// The last layer, with the finest weights that are exact.
	fn finish(&self, dense: &Dense, layer: &Layer, inputs: &[(u32, Quantiser)]) -> Result<Circuit, ConvertError> {
		let dot =
			|weights: &Vec<f64>, row: &Vec<f64>| weights.iter().zip(row).map(|(one, other)| one * other).sum::<f64>();
		let scores = layer.weights.iter().flat_map(|weights| self.rows.iter().map(move |row| dot(weights, row)));
		let largest = scores.fold(0.0f64, |largest, score| largest.max(score.abs()));
		if largest == 0.0 {
			return Err(ConvertError::Constant);
		}
		let mut refusal = ConvertError::Constant;
		for modulus_bits in MODULUS_BITS.rev() {
			let scale = ROOM * 2f64.powi(i32::from(modulus_bits) - 1) / largest;
			match self.circuit(dense, layer, inputs, scale, modulus_bits) {
				Ok(circuit) => return Ok(circuit),
				Err(error @ CircuitError::Failure { .. }) => refusal = error.into(),
				Err(error) => return Err(error.into()),
			}
		}
		Err(refusal)
	}

	fn circuit(
		&self,
		dense: &Dense,
		layer: &Layer,
		inputs: &[(u32, Quantiser)],
		scale: f64,
		modulus_bits: u8,
	) -> Result<Circuit, CircuitError> {
		let step = 1i64 << (modulus_bits - TABLE_BITS);
		let scaled = |node: &Node| {
			let terms =
				node.input.terms.iter().map(|term| Term { coefficient: term.coefficient * step as i32, ..*term });
			let constant = node.input.constant * step;
			Node { input: Sum { terms: terms.collect(), constant }, table: node.table }
		};
		let wires = self.wires as usize + self.nodes.len();
		let output = |weights: &Vec<f64>| {
			let mut coefficients = vec![0i64; wires];
			let mut constant = 0;
			for (weight, value) in weights.iter().zip(&self.values) {
				let weight = (weight * scale).round_ties_even() as i64;
				value.sum.iter().for_each(|(wire, coefficient)| coefficients[*wire as usize] += weight * coefficient);
				constant += weight * value.constant;
			}
			let terms = (0u32..).zip(coefficients).filter(|(_, coefficient)| *coefficient != 0);
			let terms = terms.map(|(wire, coefficient)| Term { wire, coefficient: coefficient as i32 }).collect();
			Sum { terms, constant }
		};
		Circuit::new(Plan {
			version: VERSION,
			parameters: BOOTSTRAP.id,
			modulus_bits,
			features: dense.features() as u32,
			inputs: inputs.iter().map(|(feature, of)| Input { feature: *feature, quantiser: of.clone() }).collect(),
			tables: self.tables.clone(),
			nodes: self.nodes.iter().map(scaled).collect(),
			outputs: layer.weights.iter().map(output).collect(),
			reading: Reading {
				scale: Real::new(1.0 / scale),
				offsets: layer.bias.iter().copied().map(Real::new).collect(),
				decision: dense.decision,
			},
		})
	}
}

/// One hidden neuron on integers.
struct Neuron {
	weights: Vec<i64>,
	bias: i64,
	/// What its sum is of the exact one.
	scale: f64,
	/// The largest sum on the calibration rows.
	largest: f64,
}

impl Neuron {
	/// The finest weights with which no row's sum leaves the range.
	fn fit(weights: &[f64], bias: f64, rows: &[Vec<f64>], compensation: &Compensation, range: f64) -> Self {
		let dot = |weights: &[f64], row: &[f64]| weights.iter().zip(row).map(|(one, other)| one * other).sum::<f64>();
		let exact: Vec<_> = rows.iter().map(|row| dot(weights, row)).collect();
		let reach = exact.iter().fold(0.0f64, |reach, sum| reach.max((sum + bias).abs()));
		let mut scale = range / reach.max(f64::MIN_POSITIVE);
		if !scale.is_finite() {
			return Self { weights: vec![0; weights.len()], bias: 0, scale: 1.0, largest: 0.0 };
		}
		loop {
			let scaled: Vec<_> = weights.iter().map(|weight| weight * scale).collect();
			let rounded = compensation.round(&scaled);
			// What rounding shifts on average goes into the bias.
			let shift = rows.iter().zip(&exact).map(|(row, exact)| exact * scale - dot(&rounded, row)).sum::<f64>();
			let neuron = Self {
				weights: rounded.iter().map(|weight| *weight as i64).collect(),
				bias: (bias * scale + shift / rows.len().max(1) as f64).round_ties_even() as i64,
				scale,
				largest: 0.0,
			};
			let sums = || rows.iter().map(|row| neuron.sum(row) as f64);
			if sums().all(|sum| sum.abs() <= range) {
				let largest = sums().fold(0.0, f64::max);
				return Self { largest, ..neuron };
			}
			scale *= SHRINK;
		}
	}

	fn sum(&self, row: &[f64]) -> i64 {
		self.weights.iter().zip(row).map(|(weight, value)| weight * *value as i64).sum::<i64>() + self.bias
	}
}
