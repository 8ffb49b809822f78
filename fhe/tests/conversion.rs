//! What conversions make of the committed models, by the clear reference.

mod common;

use deepnode_fhe::{
	circuit::{Circuit, CircuitError},
	convert::{convert, ConvertError, Kind, Options},
	params::{BOOTSTRAP, LINEAR},
};

#[test]
fn the_linear_digits_never_fail_and_lose_no_more_than_a_point() {
	let model = common::linear();
	let conversion = model.convert();
	let report = &conversion.report;
	println!("{report:?}");
	assert_eq!((report.kind, report.parameters, report.bootstraps), (Kind::Linear, LINEAR.id, 0));
	assert_eq!((report.failure_log2, report.fits_always), (None, true));
	assert_eq!(report.evaluation_key_bytes, None);
	let (accuracy, float) = (model.accuracy(&conversion.circuit), model.float_accuracy());
	println!("accuracy {accuracy:.4}, float {float:.4}");
	assert!((accuracy - float).abs() <= 0.01);
}

#[test]
fn the_digits_perceptron_has_a_bootstrap_for_each_neuron_and_loses_no_more_than_a_point() {
	let model = common::perceptron();
	let conversion = model.convert();
	let report = &conversion.report;
	println!("{report:?}");
	assert_eq!((report.kind, report.parameters, report.bootstraps), (Kind::Perceptron, BOOTSTRAP.id, 32));
	assert_eq!(report.depth, 1);
	assert!(report.failure_log2.unwrap() <= -32.0);
	let measured = report.measured.as_ref().unwrap();
	assert_eq!((measured.wrapped_lookups, measured.lookups), (0, 300 * 32));
	let (accuracy, float) = (model.accuracy(&conversion.circuit), model.float_accuracy());
	println!("accuracy {accuracy:.4}, float {float:.4}");
	assert!((accuracy - float).abs() <= 0.01);
}

#[test]
fn the_forest_has_a_bootstrap_for_each_comparison_and_loses_nothing() {
	let model = common::forest();
	let conversion = model.convert();
	let report = &conversion.report;
	println!("{report:?}");
	assert_eq!((report.kind, report.parameters, report.bootstraps), (Kind::Trees, BOOTSTRAP.id, 51));
	assert_eq!(report.depth, 3);
	assert!(report.fits_always && report.failure_log2.unwrap() <= -32.0);
	let circuit = &conversion.circuit;
	for (row, predicted) in model.rows.iter().zip(&model.predicted) {
		let outputs = circuit.evaluate_clear(&circuit.quantise(row).unwrap());
		assert_eq!(circuit.plan().reading.read(&outputs).class, Some(*predicted));
	}
}

#[test]
fn conversions_are_deterministic_and_their_bytes_come_back() {
	for model in [common::linear(), common::perceptron(), common::forest()] {
		let circuit = model.convert().circuit;
		let bytes = circuit.to_bytes();
		assert_eq!(model.convert().circuit.to_bytes(), bytes);
		let read = Circuit::from_bytes(&bytes).unwrap();
		assert_eq!((read.digest(), read.bootstraps()), (deepnode_fhe::sha256(&bytes), circuit.bootstraps()));
		assert_eq!(read, circuit);
	}
}

#[test]
fn weights_that_would_overflow_are_refused_with_the_numbers() {
	let model = common::linear();
	let with = |input_levels, weight_bits| {
		let options = Options { calibration: model.calibration.clone(), input_levels, weight_bits };
		convert(&model.onnx, &options)
	};
	let refused = with(Some(65536), Some(24)).unwrap_err();
	println!("{refused}");
	let ConvertError::Circuit(CircuitError::Overflow { .. } | CircuitError::Noise { .. }) = refused else {
		panic!("{refused:?}")
	};
	let noisy = with(Some(255), Some(20)).unwrap_err();
	println!("{noisy}");
	assert!(
		matches!(noisy, ConvertError::Circuit(CircuitError::Noise { half_step, .. }) if half_step < 40),
		"{noisy:?}"
	);
	assert!(with(Some(255), Some(7)).is_ok());
	assert!(matches!(with(Some(0), None), Err(ConvertError::Option { what: "input levels", found: 0, .. })));
	assert!(matches!(with(None, Some(1)), Err(ConvertError::Option { what: "weight bits", found: 1, .. })));
}

#[test]
fn dense_models_need_rows_and_rows_of_their_length() {
	let model = common::linear();
	assert_eq!(convert(&model.onnx, &Options::default()).unwrap_err(), ConvertError::NoCalibration);
	let options = Options { calibration: vec![vec![0.0; 63]], ..Default::default() };
	let refused = convert(&model.onnx, &options).unwrap_err();
	assert_eq!(refused, ConvertError::CalibrationRow { row: 0, found: 63, expected: 64 });
	let options = Options { calibration: vec![vec![f32::NAN; 64]], ..Default::default() };
	assert!(matches!(convert(&model.onnx, &options), Err(ConvertError::CalibrationRow { row: 0, .. })));
}

#[test]
fn bytes_that_are_no_model_are_refused() {
	for bytes in [&b""[..], b"garbage", &[0xff; 64]] {
		assert!(matches!(convert(bytes, &Options::default()), Err(ConvertError::Model(_))));
	}
	let onnx = common::forest().onnx;
	for length in (0..onnx.len()).step_by(97) {
		assert!(convert(&onnx[..length], &Options::default()).is_err(), "{length}");
	}
}
