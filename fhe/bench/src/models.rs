//! What is measured: the committed models, and layers of the size that others publish figures for.

use std::{error::Error, fs, path::Path};

use deepnode_fhe::{
	circuit::{Circuit, Decision, Input, Node, Plan, Quantiser, Reading, Real, Sum, Table, Term},
	convert::{convert, Options},
	params::{BOOTSTRAP, LINEAR},
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// A committed model, its circuit and its held-out rows.
pub struct Model {
	/// The circuit.
	pub circuit: Circuit,
	/// The rows.
	pub rows: Vec<Vec<f32>>,
	/// Their classes.
	pub labels: Vec<usize>,
	/// The floating point model's accuracy.
	pub float_accuracy: f64,
}

impl Model {
	/// Reads and converts a model of `tests/models`.
	pub fn load(models: &Path, folder: &str, name: &str) -> Result<Self> {
		let folder = models.join(folder);
		let read = |name: &str| fs::read(folder.join(name)).map_err(|error| format!("{name}: {error}"));
		let onnx = read(&format!("{name}.onnx"))?;
		let calibration = read("calibration.npy").map_or(Ok(Vec::new()), |bytes| rows(&bytes))?;
		let circuit = convert(&onnx, &Options { calibration, ..Default::default() })?.circuit;
		let labels: Vec<i64> = npyz::NpyFile::new(&read("heldout_labels.npy")?[..])?.into_vec()?;
		let manifest: serde_json::Value = serde_json::from_slice(&read("manifest.json")?)?;
		let float_accuracy = manifest["models"][name]["accuracy"]["all"].as_f64().ok_or("no accuracy")?;
		let labels = labels.into_iter().map(|label| label as usize).collect();
		Ok(Self { circuit, rows: rows(&read("heldout.npy")?)?, labels, float_accuracy })
	}

	/// The circuit's accuracy, which is that of its encrypted answers.
	pub fn accuracy(&self) -> Result<f64> {
		let mut right = 0;
		for (row, label) in self.rows.iter().zip(&self.labels) {
			let outputs = self.circuit.evaluate_clear(&self.circuit.quantise(row)?);
			right += usize::from(self.circuit.plan().reading.read(&outputs).class == Some(*label));
		}
		Ok(right as f64 / self.rows.len() as f64)
	}
}

fn rows(bytes: &[u8]) -> Result<Vec<Vec<f32>>> {
	let file = npyz::NpyFile::new(bytes)?;
	let width = *file.shape().get(1).ok_or("no matrix")? as usize;
	Ok(file.into_vec::<f32>()?.chunks(width).map(<[f32]>::to_vec).collect())
}

/// Weights of so many bits that look random and are the same in every run.
fn weights(bits: u32) -> impl FnMut() -> i32 {
	let mut state = 1u32;
	move || {
		state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
		let range = 1 << bits;
		let weight = (state >> 8) as i32 % range - range / 2;
		if weight == 0 { 1 } else { weight }
	}
}

fn plan(parameters: u32, modulus_bits: u8, features: u32, levels: u32) -> Plan {
	let input = |feature| Input { feature, quantiser: Quantiser::steps(0.0, 15.0, levels) };
	Plan {
		version: 1,
		parameters,
		modulus_bits,
		features,
		inputs: (0..features).map(input).collect(),
		tables: Vec::new(),
		nodes: Vec::new(),
		outputs: Vec::new(),
		reading: Reading { scale: Real::new(1.0), offsets: vec![Real::new(0.0); 10], decision: Decision::ArgMax },
	}
}

/// A layer of 784 inputs of four bits and 10 outputs, with weights of seven bits.
pub fn linear_784() -> Result<Circuit> {
	let mut draw = weights(7);
	let weights: Vec<Vec<i32>> = (0..10).map(|_| (0..784).map(|_| draw()).collect()).collect();
	let mut plan = plan(LINEAR.id, 21, 784, 15);
	let terms = |weights: &Vec<i32>| {
		(0u32..).zip(weights).map(|(wire, coefficient)| Term { wire, coefficient: *coefficient }).collect()
	};
	plan.outputs = weights.iter().map(|weights| Sum { terms: terms(weights), constant: 0 }).collect();
	Ok(Circuit::new(plan)?)
}

/// A perceptron of 784 inputs, 64 hidden neurons with a Relu, and 10 outputs: 64 bootstraps.
pub fn perceptron_784() -> Result<Circuit> {
	let mut draw = weights(2);
	let mut plan = plan(BOOTSTRAP.id, 12, 784, 1);
	plan.tables.push(Table::absolute(6));
	let step = 1 << (12 - 6);
	let mut terms = |wires: std::ops::Range<u32>, times: i32| {
		wires.map(|wire| Term { wire, coefficient: draw() * times }).collect::<Vec<_>>()
	};
	let nodes = (0..64).map(|_| Node { input: Sum { terms: terms(0..784, step), constant: 0 }, table: 0 });
	plan.nodes = nodes.collect();
	plan.outputs = (0..10).map(|_| Sum { terms: terms(784..848, 1), constant: 0 }).collect();
	Ok(Circuit::new(plan)?)
}
