//! Circuits from bytes: what makes no sense is refused.

mod common;

use deepnode_fhe::circuit::{
	Circuit, CircuitError, Decision, Input, Node, Plan, Quantiser, Reading, Real, Sum, Table, Term, MAX_BYTES,
};
use proptest::prelude::*;

fn sum(terms: &[(u32, i32)], constant: i64) -> Sum {
	Sum {
		terms: terms.iter().map(|(wire, coefficient)| Term { wire: *wire, coefficient: *coefficient }).collect(),
		constant,
	}
}

/// Two inputs, a comparison of them, and its result as the output.
fn comparison() -> Plan {
	let input = |feature| Input { feature, quantiser: Quantiser::steps(0.0, 7.0, 7) };
	Plan {
		version: 1,
		parameters: 2,
		modulus_bits: 8,
		features: 2,
		inputs: vec![input(0), input(1)],
		tables: vec![Table::step(4)],
		nodes: vec![Node { input: sum(&[(0, 16), (1, -16)], 0), table: 0 }],
		outputs: vec![sum(&[(2, 1)], 0)],
		reading: Reading { scale: Real::new(1.0), offsets: vec![Real::new(0.0)], decision: Decision::Scores },
	}
}

fn refused(change: impl FnOnce(&mut Plan)) -> CircuitError {
	let mut plan = comparison();
	change(&mut plan);
	Circuit::new(plan).unwrap_err()
}

fn is_part(error: &CircuitError, expected: &str) -> bool {
	matches!(error, CircuitError::Part { part, .. } if *part == expected)
}

#[test]
fn a_comparison_compares() {
	let circuit = Circuit::new(comparison()).unwrap();
	for (one, other) in [(0, 0), (3, 5), (5, 3), (7, 0), (0, 7)] {
		assert_eq!(circuit.evaluate_clear(&[one, other]), [i64::from(one >= other)]);
	}
	assert_eq!(circuit.waves(), [[0]]);
}

#[test]
fn what_is_not_there_is_refused() {
	assert!(matches!(refused(|plan| plan.version = 2), CircuitError::Version { found: 2 }));
	assert!(matches!(refused(|plan| plan.parameters = 77), CircuitError::Parameters(_)));
	assert!(matches!(refused(|plan| plan.parameters = 1), CircuitError::NoTables { parameters: 1, nodes: 1 }));
	assert!(matches!(refused(|plan| plan.outputs.clear()), CircuitError::Size { what: "outputs", found: 0, .. }));
	assert!(matches!(refused(|plan| plan.inputs.clear()), CircuitError::Size { what: "inputs", .. }));
	assert!(matches!(refused(|plan| plan.modulus_bits = 33), CircuitError::Size { what: "bits of modulus", .. }));
	assert!(is_part(&refused(|plan| plan.inputs[1].feature = 2), "input"));
	assert!(is_part(&refused(|plan| plan.inputs[0].quantiser = Quantiser::steps(1.0, 1.0, 3)), "input"));
	assert!(is_part(&refused(|plan| plan.inputs[0].quantiser = Quantiser::steps(0.0, 1.0, 256)), "input"));
	assert!(is_part(&refused(|plan| plan.nodes[0].table = 1), "node"));
	assert!(is_part(&refused(|plan| plan.nodes[0].input = sum(&[(2, 16)], 0)), "node"));
	assert!(is_part(&refused(|plan| plan.outputs[0] = sum(&[(3, 1)], 0)), "output"));
	assert!(is_part(&refused(|plan| plan.reading.offsets.clear()), "reading"));
}

#[test]
fn what_is_not_exact_is_refused() {
	assert!(is_part(&refused(|plan| plan.nodes[0].input = sum(&[(0, 8)], 0)), "node"), "between two entries");
	assert!(is_part(&refused(|plan| plan.nodes[0].input.constant = 1), "node"));
	assert!(is_part(&refused(|plan| plan.tables[0] = Table::step(7)), "table"), "more than 64 entries");
	let failure = refused(|plan| {
		plan.modulus_bits = 20;
		plan.nodes[0].input = sum(&[(0, 1 << 16)], 0);
		plan.outputs[0] = sum(&[(2, 100)], 0);
	});
	println!("{failure}");
	assert!(matches!(failure, CircuitError::Failure { failure, .. } if failure > -32.0));
}

#[test]
fn what_has_two_encodings_is_refused() {
	assert!(is_part(&refused(|plan| plan.outputs[0] = sum(&[(1, 1), (0, 1)], 0)), "output"));
	assert!(is_part(&refused(|plan| plan.outputs[0] = sum(&[(0, 1), (0, 1)], 0)), "output"));
	assert!(is_part(&refused(|plan| plan.outputs[0] = sum(&[(0, 0)], 0)), "output"));
	assert!(is_part(
		&refused(|plan| {
			plan.tables[0].half.pop();
		}),
		"table"
	));
	let mut bytes = Circuit::new(comparison()).unwrap().to_bytes();
	bytes.push(0);
	assert!(matches!(Circuit::from_bytes(&bytes), Err(CircuitError::Unreadable(_))));
	assert!(matches!(Circuit::from_bytes(&vec![0; MAX_BYTES + 1]), Err(CircuitError::TooLong { .. })));
}

#[test]
fn truncated_circuits_are_refused_wherever_they_end() {
	let bytes = common::perceptron().convert().circuit.to_bytes();
	for length in (0..bytes.len()).step_by(61) {
		assert!(Circuit::from_bytes(&bytes[..length]).is_err(), "{length}");
	}
}

proptest! {
	#[test]
	fn garbage_is_no_circuit(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
		if let Ok(circuit) = Circuit::from_bytes(&bytes) {
			prop_assert_eq!(circuit.to_bytes(), bytes);
		}
	}

	#[test]
	fn a_changed_byte_gives_an_error_or_another_circuit(at in any::<prop::sample::Index>(), by in 1u8..) {
		let circuit = Circuit::new(comparison()).unwrap();
		let mut bytes = circuit.to_bytes();
		let at = at.index(bytes.len());
		bytes[at] = bytes[at].wrapping_add(by);
		if let Ok(other) = Circuit::from_bytes(&bytes) {
			prop_assert_ne!(other.digest(), circuit.digest());
			other.evaluate_clear(&[3, 4]);
		}
	}
}
