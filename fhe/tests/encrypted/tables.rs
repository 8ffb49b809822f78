//! Every entry of a table, through a bootstrap.

use deepnode_fhe::{
	circuit::{Circuit, Decision, Input, Node, Plan, Quantiser, Reading, Real, Sum, Table, Term},
	evaluate::evaluate,
};

use super::{keys, workers};

/// One input, looked up in each of the tables; `modulus_bits` must be a table's and more.
fn lookups(tables: Vec<Table>, modulus_bits: u8) -> Circuit {
	let bits = tables[0].bits;
	let coefficient = 1 << (modulus_bits - bits);
	let node = |table| Node { input: Sum { terms: vec![Term { wire: 0, coefficient }], constant: 0 }, table };
	let output = |at: u32| Sum { terms: vec![Term { wire: at + 1, coefficient: 1 }], constant: i64::from(at) };
	let count = tables.len() as u32;
	Circuit::new(Plan {
		version: 1,
		parameters: 2,
		modulus_bits,
		features: 1,
		inputs: vec![Input { feature: 0, quantiser: Quantiser::steps(0.0, 63.0, 63) }],
		tables,
		nodes: (0..count).map(node).collect(),
		outputs: (0..count).map(output).collect(),
		reading: Reading {
			scale: Real::new(1.0),
			offsets: vec![Real::new(0.0); count as usize],
			decision: Decision::Scores,
		},
	})
	.unwrap()
}

#[test]
fn lookups_give_the_tables_entries_at_every_kind_of_index() {
	let tables = vec![Table::step(6), Table::absolute(6), Table::padded(6, |a| a.max(0) / 5)];
	let circuit = lookups(tables, 13);
	// Ends, the middle and both sides of every turn of the circle.
	for index in [0, 1, 7, 15, 16, 31, 32, 33, 47, 48, 63] {
		let input = keys().client.encrypt(&circuit, &[index as f32]).unwrap();
		let result = evaluate(&circuit, &input, Some(&keys().server), &workers()).unwrap();
		assert_eq!(keys().client.decrypt(&circuit, &result).unwrap(), circuit.evaluate_clear(&[index]), "{index}");
	}
}
