//! The committed models, their rows, and what is known about them.
#![allow(dead_code)] // Each test uses its part.

use std::{fs, path::PathBuf};

use deepnode_fhe::{
	circuit::Circuit,
	convert::{convert, Conversion, Options},
};

/// A committed model with its held-out rows.
pub struct Model {
	/// The ONNX file's bytes.
	pub onnx: Vec<u8>,
	/// What its inputs range over; empty for trees.
	pub calibration: Vec<Vec<f32>>,
	/// Rows that it was not trained on.
	pub rows: Vec<Vec<f32>>,
	/// Their classes.
	pub labels: Vec<usize>,
	/// The classes that the floating point model names.
	pub predicted: Vec<usize>,
}

/// The linear digits.
pub fn linear() -> Model {
	Model::load("digits", "digits-linear", true)
}

/// The digits' perceptron, 64-32-10.
pub fn perceptron() -> Model {
	Model::load("digits", "digits-mlp", true)
}

/// The tumours' forest.
pub fn forest() -> Model {
	Model::load("breast-cancer", "tumours-forest", false)
}

impl Model {
	fn load(folder: &str, name: &str, calibrated: bool) -> Self {
		let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/models").join(folder);
		let read = |name: &str| fs::read(folder.join(name)).unwrap();
		let rows = |name: &str| {
			let bytes = read(name);
			let file = npyz::NpyFile::new(&bytes[..]).unwrap();
			let width = file.shape()[1] as usize;
			file.into_vec::<f32>().unwrap().chunks(width).map(<[f32]>::to_vec).collect::<Vec<_>>()
		};
		let labels: Vec<i64> = npyz::NpyFile::new(&read("heldout_labels.npy")[..]).unwrap().into_vec().unwrap();
		let manifest: serde_json::Value = serde_json::from_slice(&read("manifest.json")).unwrap();
		let predicted = manifest["models"][name]["predicted"].as_array().unwrap();
		Self {
			onnx: read(&format!("{name}.onnx")),
			calibration: if calibrated { rows("calibration.npy") } else { Vec::new() },
			rows: rows("heldout.npy"),
			labels: labels.into_iter().map(|label| label as usize).collect(),
			predicted: predicted.iter().map(|class| class.as_u64().unwrap() as usize).collect(),
		}
	}

	/// Its conversion.
	pub fn convert(&self) -> Conversion {
		convert(&self.onnx, &Options { calibration: self.calibration.clone(), ..Default::default() }).unwrap()
	}

	/// The part of the rows on which the circuit is right, by the clear reference.
	pub fn accuracy(&self, circuit: &Circuit) -> f64 {
		let class = |row: &Vec<f32>| {
			let outputs = circuit.evaluate_clear(&circuit.quantise(row).unwrap());
			circuit.plan().reading.read(&outputs).class.unwrap()
		};
		let right = self.rows.iter().zip(&self.labels).filter(|(row, label)| class(row) == **label).count();
		right as f64 / self.rows.len() as f64
	}

	/// The part of the rows on which the floating point model is right.
	pub fn float_accuracy(&self) -> f64 {
		let right = self.predicted.iter().zip(&self.labels).filter(|(one, other)| one == other).count();
		right as f64 / self.rows.len() as f64
	}
}
