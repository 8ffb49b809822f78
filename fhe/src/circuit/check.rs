//! Whether a plan makes sense.

use super::{Plan, Sum, Table, VERSION};
use crate::{error::FrameError, params, params::ParameterSet};

const MAX_INPUTS: usize = 1 << 16;
const MAX_OUTPUTS: usize = 1 << 10;
const MAX_NODES: usize = 1 << 14;
const MAX_TERMS: usize = 1 << 22;
const MAX_TABLES: usize = 1 << 10;
const MAX_MODULUS_BITS: u8 = 32;

/// Why a circuit is refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CircuitError {
	/// Longer than any circuit may be.
	#[error("the circuit has {found} bytes, and at most {limit} are read")]
	TooLong {
		/// Its bytes.
		found: usize,
		/// The limit.
		limit: usize,
	},
	/// No circuit.
	#[error("this is no circuit: {0}")]
	Unreadable(String),
	/// A version that this build does not know.
	#[error("the circuit has version {found} and this build reads version {VERSION}")]
	Version {
		/// The version found.
		found: u16,
	},
	/// An unknown parameter set.
	#[error(transparent)]
	Parameters(#[from] FrameError),
	/// Tables under a parameter set that has none.
	#[error("parameter set {parameters} looks up no tables, and the circuit has {nodes} lookups")]
	NoTables {
		/// The set.
		parameters: u32,
		/// How many lookups.
		nodes: usize,
	},
	/// Too much of something, or none of it.
	#[error("the circuit has {found} {what} where {least} to {most} are allowed")]
	Size {
		/// Of what.
		what: &'static str,
		/// How much there is.
		found: usize,
		/// The least allowed.
		least: usize,
		/// The most allowed.
		most: usize,
	},
	/// A part that makes no sense.
	#[error("{part} {at} of the circuit: {fault}")]
	Part {
		/// Which kind of part.
		part: &'static str,
		/// Which of them, from 0.
		at: usize,
		/// What is wrong.
		fault: &'static str,
	},
	/// The outputs may not fit into the modulus.
	#[error(
		"output {output} can reach {reach}, and only -{limit} to {limit} can be told apart: use fewer bits for inputs or weights"
	)]
	Overflow {
		/// Which output, from 0.
		output: usize,
		/// What it can reach.
		reach: i64,
		/// The largest value that fits.
		limit: i64,
	},
	/// The noise may spoil an output of a circuit that must never fail.
	#[error(
		"output {output} can gather noise of 2^{noise:.1}, and half a step is 2^{half_step}: use fewer bits for inputs or weights"
	)]
	Noise {
		/// Which output, from 0.
		output: usize,
		/// The logarithm of the noise, in units of 2^-64 of the torus.
		noise: f64,
		/// The logarithm of half a step, likewise.
		half_step: u8,
	},
	/// A run fails too often.
	#[error(
		"a run would fail with a probability of up to 2^{failure:.1}, and at most 2^{limit} is allowed: use smaller weights or tables"
	)]
	Failure {
		/// The logarithm of the probability.
		failure: f64,
		/// The limit's.
		limit: f64,
	},
}

fn size(what: &'static str, found: usize, least: usize, most: usize) -> Result<(), CircuitError> {
	if (least..=most).contains(&found) {
		Ok(())
	} else {
		Err(CircuitError::Size { what, found, least, most })
	}
}

fn part(part: &'static str, at: usize, fault: Option<&'static str>) -> Result<(), CircuitError> {
	fault.map_or(Ok(()), |fault| Err(CircuitError::Part { part, at, fault }))
}

/// Whether the plan is well formed; its parameter set.
pub(super) fn check(plan: &Plan) -> Result<&'static ParameterSet, CircuitError> {
	if plan.version != VERSION {
		return Err(CircuitError::Version { found: plan.version });
	}
	let parameters = params::by_id(plan.parameters)?;
	let table_bits = match parameters.bootstrap {
		Some(bootstrap) => bootstrap.table_bits,
		None if plan.nodes.is_empty() && plan.tables.is_empty() => 0,
		None => return Err(CircuitError::NoTables { parameters: parameters.id, nodes: plan.nodes.len() }),
	};
	size("bits of modulus", plan.modulus_bits.into(), 2, MAX_MODULUS_BITS.into())?;
	size("features", plan.features as usize, 1, MAX_INPUTS)?;
	size("inputs", plan.inputs.len(), 1, MAX_INPUTS)?;
	size("tables", plan.tables.len(), 0, MAX_TABLES)?;
	size("nodes", plan.nodes.len(), 0, MAX_NODES)?;
	size("outputs", plan.outputs.len(), 1, MAX_OUTPUTS)?;
	let sums = plan.nodes.iter().map(|node| &node.input).chain(&plan.outputs);
	size("terms", sums.map(|sum| sum.terms.len()).sum(), 0, MAX_TERMS)?;

	for (at, input) in plan.inputs.iter().enumerate() {
		let fault = if input.feature >= plan.features {
			Some("the row has no such feature")
		} else if u64::from(input.quantiser.largest()) >= 1 << plan.modulus_bits {
			Some("its largest integer is beyond the modulus")
		} else {
			input.quantiser.fault()
		};
		part("input", at, fault)?;
	}
	for (at, table) in plan.tables.iter().enumerate() {
		part("table", at, table_fault(table, table_bits.min(plan.modulus_bits), plan.modulus_bits))?;
	}
	for (at, node) in plan.nodes.iter().enumerate() {
		let wires = plan.inputs.len() + at;
		let fault = match plan.tables.get(node.table as usize) {
			None => Some("there is no such table"),
			Some(table) => sum_fault(&node.input, wires, plan.modulus_bits - table.bits),
		};
		part("node", at, fault)?;
	}
	for (at, output) in plan.outputs.iter().enumerate() {
		part("output", at, sum_fault(output, plan.inputs.len() + plan.nodes.len(), 0))?;
	}
	part("reading", 0, plan.reading.fault(plan.outputs.len()))?;
	Ok(parameters)
}

fn table_fault(table: &Table, most: u8, modulus_bits: u8) -> Option<&'static str> {
	if !(1..=most).contains(&table.bits) {
		return Some("it has no bits, or more than the parameters and the modulus allow");
	}
	let limit = 1i64 << (modulus_bits - 1);
	let fits = |value: i64| (-limit..=limit).contains(&value);
	let (least, largest) = table.range();
	if table.half.len() != super::half_len(table.bits) {
		Some("it has not half as many entries as its bits say")
	} else if !(fits(least) && fits(largest) && fits(table.sum.into())) {
		Some("its entries are beyond the modulus")
	} else {
		None
	}
}

fn sum_fault(sum: &Sum, wires: usize, grain: u8) -> Option<&'static str> {
	let multiple = |value: i64| value.trailing_zeros() >= grain.into();
	if sum.terms.iter().any(|term| term.wire as usize >= wires) {
		Some("it uses a wire that is not there yet")
	} else if sum.terms.iter().zip(sum.terms.iter().skip(1)).any(|(one, next)| one.wire >= next.wire) {
		Some("its wires are not in ascending order")
	} else if sum.terms.iter().any(|term| term.coefficient == 0) {
		Some("it has a term without weight")
	} else if !multiple(sum.constant) || !sum.terms.iter().all(|term| multiple(term.coefficient.into())) {
		Some("it is not always a multiple of a table's step")
	} else {
		None
	}
}

/// The nodes by how many lookups come before them.
pub(super) fn waves(plan: &Plan) -> Vec<Vec<u32>> {
	let inputs = plan.inputs.len();
	let mut depths: Vec<usize> = Vec::with_capacity(plan.nodes.len());
	let mut waves: Vec<Vec<u32>> = Vec::new();
	for (at, node) in plan.nodes.iter().enumerate() {
		let before =
			|wire: u32| (wire as usize).checked_sub(inputs).and_then(|node| depths.get(node)).map(|depth| depth + 1);
		let depth = node.input.terms.iter().filter_map(|term| before(term.wire)).max().unwrap_or(0);
		depths.push(depth);
		if waves.len() <= depth {
			waves.resize(depth + 1, Vec::new());
		}
		if let Some(wave) = waves.get_mut(depth) {
			wave.push(at as u32);
		}
	}
	waves
}
