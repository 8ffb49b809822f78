//! Integer circuits: what a model becomes, and what is evaluated on ciphertexts.
//!
//! All values are integers modulo `2^modulus_bits`, read as signed. *Wires* carry them: first the inputs, then
//! the nodes' results, in order. A *node* looks a table up at a weighted sum of earlier wires, at the price of one
//! bootstrap; an *output* is a weighted sum. That is all there is: a linear model has no nodes, a perceptron has one
//! for each hidden neuron, a tree one for each comparison.
//!
//! A circuit says besides how a row of floats becomes inputs ([`Quantiser`]) and how outputs are read
//! ([`Reading`]), so that a client needs nothing else. Its bytes are one of the model's files, and their hash is in
//! every ciphertext.

mod budget;
mod bytes;
mod check;
mod clear;
mod quantiser;
mod reading;

pub use budget::{Budget, MAX_FAILURE_LOG2};
pub use bytes::MAX_BYTES;
pub use check::CircuitError;
pub use quantiser::{Quantiser, MAX_THRESHOLDS};
pub use reading::{Answer, Decision, Reading};

use codec::{Decode, Encode};

use crate::{params::ParameterSet, Digest};

/// The version of the circuit's encoding that this build reads and writes.
pub const VERSION: u16 = 1;

/// A number that has to be finite; encoded as the bits of an IEEE 754 binary64.
#[derive(Clone, Copy, Debug, PartialEq, Encode, Decode)]
pub struct Real(u64);

impl Real {
	/// This number.
	pub fn new(value: f64) -> Self {
		Self(value.to_bits())
	}

	/// The number.
	pub fn get(self) -> f64 {
		f64::from_bits(self.0)
	}

	fn is_finite(self) -> bool {
		self.get().is_finite()
	}
}

/// One input wire: a feature of the row, made an integer.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Input {
	/// Which number of the row, from 0.
	pub feature: u32,
	/// How it becomes an integer.
	pub quantiser: Quantiser,
}

/// A wire, weighted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Term {
	/// Which wire.
	#[codec(compact)]
	pub wire: u32,
	/// Its weight; never zero.
	pub coefficient: i32,
}

/// A weighted sum of wires and a constant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Sum {
	/// The terms, by ascending wire.
	pub terms: Vec<Term>,
	/// The constant.
	pub constant: i64,
}

/// A table of `2^bits` entries of which those half a turn apart add up to the same number.
///
/// A bootstrap looks up such tables and no others: it turns a polynomial in which each coefficient comes round
/// again negated. A comparison is one (0 and 1 add up to 1), and the absolute value, whose opposite entries `|a|` and
/// `2^(bits-1) - |a|` do. Any function of half as many entries can be made one.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Table {
	/// The logarithm of the number of entries.
	pub bits: u8,
	/// The entries of the non-negative indices `0 .. 2^(bits-1)`.
	pub half: Vec<i32>,
	/// What an entry and the opposite one add up to.
	pub sum: i32,
}

impl Table {
	/// 1 for a non-negative index, 0 for a negative one.
	pub fn step(bits: u8) -> Self {
		Self { bits, half: vec![1; half_len(bits)], sum: 1 }
	}

	/// The index without its sign.
	pub fn absolute(bits: u8) -> Self {
		let half = half_len(bits) as i32;
		Self { bits, half: (0..half).collect(), sum: half }
	}

	/// Any function of the indices `-2^(bits-2) .. 2^(bits-2)`; those beyond give its negated values.
	pub fn padded(bits: u8, f: impl Fn(i32) -> i32) -> Self {
		let (half, quarter) = (half_len(bits) as i32, half_len(bits) as i32 / 2);
		// Index i >= quarter is the opposite of i - half, which is a negative index in range.
		let half = (0..half).map(|at| if at < quarter { f(at) } else { -f(at - half) }).collect();
		Self { bits, half, sum: 0 }
	}

	/// The entry at an index, which is taken modulo the number of entries.
	pub fn at(&self, index: i64) -> i64 {
		let half = half_len(self.bits);
		let index = index.rem_euclid(2 * half as i64) as usize;
		match self.half.get(index) {
			Some(entry) => i64::from(*entry),
			None => i64::from(self.sum) - self.half.get(index - half).map_or(0, |entry| i64::from(*entry)),
		}
	}

	/// The least and the largest entry.
	pub fn range(&self) -> (i64, i64) {
		let entries =
			|| self.half.iter().flat_map(|entry| [i64::from(*entry), i64::from(self.sum) - i64::from(*entry)]);
		(entries().min().unwrap_or(0), entries().max().unwrap_or(0))
	}
}

const fn half_len(bits: u8) -> usize {
	1 << (bits - 1)
}

/// A lookup: its result is a wire.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Node {
	/// Where the table is looked up: a multiple of `2^(modulus_bits - table bits)`, of which the index is the quotient.
	pub input: Sum,
	/// Which table.
	#[codec(compact)]
	pub table: u32,
}

/// All that a circuit is. [`Circuit`] is one that makes sense.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Plan {
	/// [`VERSION`].
	pub version: u16,
	/// The parameter set.
	pub parameters: u32,
	/// All values are modulo two to this.
	pub modulus_bits: u8,
	/// Numbers in a row.
	pub features: u32,
	/// The input wires.
	pub inputs: Vec<Input>,
	/// The tables.
	pub tables: Vec<Table>,
	/// The lookups.
	pub nodes: Vec<Node>,
	/// The results.
	pub outputs: Vec<Sum>,
	/// What the results mean.
	pub reading: Reading,
}

/// A circuit that has been checked: it is well formed, and exact within its budget.
#[derive(Clone, Debug, PartialEq)]
pub struct Circuit {
	plan: Plan,
	parameters: &'static ParameterSet,
	waves: Vec<Vec<u32>>,
	budget: Budget,
	digest: Digest,
}

impl Circuit {
	/// Checks a plan.
	pub fn new(plan: Plan) -> Result<Self, CircuitError> {
		let parameters = check::check(&plan)?;
		let budget = budget::budget(&plan, parameters)?;
		let waves = check::waves(&plan);
		let digest = crate::sha256(&plan.encode());
		Ok(Self { plan, parameters, waves, budget, digest })
	}

	/// All that it is.
	pub fn plan(&self) -> &Plan {
		&self.plan
	}

	/// Its parameter set.
	pub fn parameters(&self) -> &'static ParameterSet {
		self.parameters
	}

	/// How exact it is.
	pub fn budget(&self) -> &Budget {
		&self.budget
	}

	/// The hash of its bytes.
	pub fn digest(&self) -> Digest {
		self.digest
	}

	/// How many bootstraps one evaluation takes: public, so that a fee can be set by it.
	pub fn bootstraps(&self) -> usize {
		self.plan.nodes.len()
	}

	/// The nodes in waves: those of one depend only on earlier ones.
	pub fn waves(&self) -> &[Vec<u32>] {
		&self.waves
	}
}

/// `value` modulo `2^bits`, read as signed.
pub(crate) fn centred(value: i64, bits: u8) -> i64 {
	let shift = 64 - u32::from(bits);
	(value << shift) >> shift
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_step_tells_the_sign() {
		let table = Table::step(4);
		for index in -8..8 {
			assert_eq!(table.at(index), i64::from(index >= 0));
		}
	}

	#[test]
	fn the_absolute_value_needs_no_padding() {
		let table = Table::absolute(6);
		for index in -32..32 {
			assert_eq!(table.at(index), index.abs());
		}
		assert_eq!(table.range(), (0, 32));
	}

	#[test]
	fn any_function_fits_half_a_table() {
		let relu = |a: i32| a.max(0) / 2;
		let table = Table::padded(6, relu);
		for index in -16..16 {
			assert_eq!(table.at(index), i64::from(relu(index as i32)), "{index}");
		}
	}

	#[test]
	fn values_wrap_into_the_signed_range() {
		assert_eq!(centred(127, 8), 127);
		assert_eq!(centred(128, 8), -128);
		assert_eq!(centred(-129, 8), 127);
		assert_eq!(centred(256, 8), 0);
	}
}
