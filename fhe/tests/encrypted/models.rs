//! The committed models on encrypted held-out rows.

use deepnode_fhe::{circuit::Circuit, evaluate::evaluate, keys::ClientKey, params::LINEAR};

use super::{common, common::Model, keys, workers};

/// Asks about rows privately; each answer must be the reference's. How many are right.
fn ask(model: &Model, circuit: &Circuit, client: &ClientKey, rows: std::ops::Range<usize>) -> usize {
	let workers = workers();
	let mut right = 0;
	for (row, label) in model.rows[rows.clone()].iter().zip(&model.labels[rows]) {
		let input = client.encrypt(circuit, row).unwrap();
		let server = (circuit.bootstraps() > 0).then(|| &keys().server);
		let result = evaluate(circuit, &input, server, &workers).unwrap();
		let outputs = client.decrypt(circuit, &result).unwrap();
		assert_eq!(outputs, circuit.evaluate_clear(&circuit.quantise(row).unwrap()));
		let answer = client.answer(circuit, &result).unwrap();
		right += usize::from(answer.class == Some(*label));
	}
	right
}

#[test]
fn the_linear_digits_answer_as_the_reference_on_every_held_out_image() {
	let model = common::linear();
	let circuit = model.convert().circuit;
	let right = ask(&model, &circuit, &ClientKey::generate(&LINEAR), 0..450);
	let accuracy = right as f64 / 450.0;
	assert!((accuracy - model.float_accuracy()).abs() <= 0.01, "{accuracy}");
}

#[test]
fn the_digits_perceptron_answers_as_the_reference() {
	let model = common::perceptron();
	assert!(ask(&model, &model.convert().circuit, &keys().client, 0..3) >= 2);
}

#[test]
fn the_forest_answers_as_the_reference() {
	let model = common::forest();
	assert!(ask(&model, &model.convert().circuit, &keys().client, 0..2) >= 1);
}

/// Minutes: run with `--ignored`.
#[test]
#[ignore = "every held-out row through a few dozen bootstraps: minutes"]
fn all_held_out_rows_answer_as_the_reference() {
	for model in [common::perceptron(), common::forest()] {
		let circuit = model.convert().circuit;
		let right = ask(&model, &circuit, &keys().client, 0..model.rows.len());
		let accuracy = right as f64 / model.rows.len() as f64;
		println!("accuracy {accuracy:.4}, float {:.4}", model.float_accuracy());
		assert!((accuracy - model.float_accuracy()).abs() <= 0.01);
	}
}
