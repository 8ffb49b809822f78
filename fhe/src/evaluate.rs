//! A circuit on ciphertexts: the worker's side.
//!
//! The same bytes go in, the same bytes come out: sums are integer arithmetic modulo `2^64`, a lookup is a function
//! of its ciphertext, table and key, and no result depends on the order in which independent ones are computed.

use tfhe::core_crypto::{commons::math::random::Seed, prelude::*};

use crate::{
	bootstrap::ServerKey,
	circuit::{Circuit, Sum},
	error::{EvaluationError, FrameError},
	wire::{InputCiphertext, Kind, ResultCiphertext},
	workers::Workers,
};

/// Evaluates a circuit on an input's frame; the result's frame.
///
/// The key is not looked at where the circuit has no lookups.
pub fn evaluate(
	circuit: &Circuit,
	input: &[u8],
	key: Option<&ServerKey>,
	workers: &Workers,
) -> Result<Vec<u8>, EvaluationError> {
	let input = InputCiphertext::from_bytes(input, &circuit.input_purpose())?;
	let set = circuit.parameters();
	if let Some(found) = key.map(|key| key.parameters().id).filter(|id| *id != set.id && circuit.bootstraps() > 0) {
		return Err(FrameError::Parameters { what: Kind::EvaluationKey.name(), expected: set.id, found }.into());
	}
	let plan = circuit.plan();
	let bits = plan.modulus_bits;
	let mut wires = expand(&input, set.lwe_size());
	let sum = |sum: &Sum, wires: &[Vec<u64>]| weigh(sum, wires, bits, set.lwe_size());

	if circuit.bootstraps() > 0 {
		let key = key.ok_or(EvaluationError::NeedsKey { bootstraps: circuit.bootstraps() })?;
		let tables: Vec<_> = plan.tables.iter().map(|table| key.accumulator(table, bits)).collect();
		wires.resize(plan.inputs.len() + plan.nodes.len(), Vec::new());
		for wave in circuit.waves() {
			let results = workers.map(wave.len(), |at| {
				let node = wave.get(at).and_then(|node| plan.nodes.get(*node as usize))?;
				Some(key.look_up(&sum(&node.input, &wires), tables.get(node.table as usize)?))
			});
			for (node, result) in wave.iter().zip(results) {
				if let (Some(wire), Some(result)) = (wires.get_mut(plan.inputs.len() + *node as usize), result) {
					*wire = result;
				}
			}
		}
	}
	let outputs = workers.map(plan.outputs.len(), |at| plan.outputs.get(at).map(|output| sum(output, &wires)));
	let words = outputs.into_iter().flatten().flatten().collect();
	Ok(ResultCiphertext::rounded(set, words).to_bytes(&circuit.result_purpose()))
}

/// The input's ciphertexts with their masks.
fn expand(input: &InputCiphertext, size: usize) -> Vec<Vec<u64>> {
	let native = CiphertextModulus::new_native();
	let list = SeededLweCiphertextList::from_container(
		input.bodies.as_slice(),
		LweSize(size),
		Seed(input.seed).into(),
		native,
	);
	let numbers = list.decompress_into_lwe_ciphertext_list().into_container();
	numbers.chunks_exact(size).map(<[u64]>::to_vec).collect()
}

/// A sum of ciphertexts.
fn weigh(sum: &Sum, wires: &[Vec<u64>], bits: u8, size: usize) -> Vec<u64> {
	let mut total = vec![0u64; size];
	for term in &sum.terms {
		let coefficient = i64::from(term.coefficient) as u64;
		if let Some(wire) = wires.get(term.wire as usize) {
			for (total, number) in total.iter_mut().zip(wire) {
				*total = total.wrapping_add(number.wrapping_mul(coefficient));
			}
		}
	}
	if let Some(body) = total.last_mut() {
		*body = body.wrapping_add((sum.constant as u64) << (64 - u32::from(bits)));
	}
	total
}
