//! The reference: the same circuit on integers that everybody can read. What is decrypted equals it exactly.

use super::{centred, Circuit, Sum};
use crate::error::RowError;

impl Circuit {
	/// The inputs of a row.
	pub fn quantise(&self, row: &[f32]) -> Result<Vec<i64>, RowError> {
		let expected = self.plan().features;
		if row.len() != expected as usize {
			return Err(RowError::Length { expected, found: row.len() });
		}
		if let Some((at, value)) = row.iter().enumerate().find(|(_, value)| !value.is_finite()) {
			return Err(RowError::NotFinite { at: at as u32, value: *value });
		}
		let value = |feature: u32| row.get(feature as usize).copied().unwrap_or_default();
		Ok(self.plan().inputs.iter().map(|input| i64::from(input.quantiser.apply(value(input.feature)))).collect())
	}

	/// The outputs for these inputs, of which there must be one for each input wire.
	pub fn evaluate_clear(&self, inputs: &[i64]) -> Vec<i64> {
		self.run(inputs, |_, _| ())
	}

	/// As [`Self::evaluate_clear`], and shows each node's sum before it is reduced to a table's index.
	pub(crate) fn run(&self, inputs: &[i64], mut sums: impl FnMut(usize, i64)) -> Vec<i64> {
		let plan = self.plan();
		let bits = plan.modulus_bits;
		let mut wires: Vec<i64> = inputs.iter().map(|value| centred(*value, bits)).collect();
		wires.resize(plan.inputs.len(), 0);
		for (at, node) in plan.nodes.iter().enumerate() {
			let value = match plan.tables.get(node.table as usize) {
				Some(table) => {
					let index = node.input.of(&wires) >> (bits - table.bits);
					sums(at, index);
					table.at(index)
				},
				None => 0,
			};
			wires.push(centred(value, bits));
		}
		plan.outputs.iter().map(|output| centred(output.of(&wires), bits)).collect()
	}
}

impl Sum {
	/// Its value, modulo 2^64.
	fn of(&self, wires: &[i64]) -> i64 {
		self.terms.iter().fold(self.constant, |sum, term| {
			let wire = wires.get(term.wire as usize).copied().unwrap_or(0);
			sum.wrapping_add(wire.wrapping_mul(term.coefficient.into()))
		})
	}
}
