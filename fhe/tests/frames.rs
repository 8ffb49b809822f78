//! Frames from strangers: each fault has its error, and none is a panic.

mod common;

use deepnode_fhe::{
	circuit::Circuit,
	error::FrameError,
	evaluate::evaluate,
	keys::ClientKey,
	params::{BOOTSTRAP, LINEAR},
	wire::{peek, EvaluationKey, InputCiphertext, Kind, ResultCiphertext},
	workers::Workers,
};
use proptest::prelude::*;
use std::sync::OnceLock;

fn linear() -> &'static (Circuit, ClientKey, Vec<u8>) {
	static LINEAR_MODEL: OnceLock<(Circuit, ClientKey, Vec<u8>)> = OnceLock::new();
	LINEAR_MODEL.get_or_init(|| {
		let model = common::linear();
		let circuit = model.convert().circuit;
		let key = ClientKey::generate(&LINEAR);
		let input = key.encrypt(&circuit, &model.rows[0]).unwrap();
		(circuit, key, input)
	})
}

fn fault(change: impl FnOnce(&mut Vec<u8>)) -> FrameError {
	let (circuit, _, input) = linear();
	let mut bytes = input.clone();
	change(&mut bytes);
	InputCiphertext::from_bytes(&bytes, &circuit.input_purpose()).unwrap_err()
}

#[test]
fn each_fault_of_an_input_has_its_error() {
	let length = linear().2.len();
	assert_eq!(length, linear().0.input_len());
	let truncated = fault(|bytes| bytes.truncate(length - 1));
	assert_eq!(truncated, FrameError::Length { what: "an input ciphertext", expected: length, found: length - 1 });
	assert!(truncated.to_string().contains(&format!("{} bytes where {length} are due", length - 1)));
	assert!(matches!(fault(|bytes| bytes.push(0)), FrameError::Length { .. }));
	assert!(matches!(fault(|bytes| bytes[0] = b'X'), FrameError::Magic { found: [b'X', ..] }));
	assert!(matches!(fault(|bytes| bytes[4] = 2), FrameError::Kind { .. }));
	assert!(matches!(fault(|bytes| bytes[4] = 99), FrameError::Kind { .. }));
	assert!(matches!(fault(|bytes| bytes[5] = 2), FrameError::Version { found: 2, .. }));
	assert!(matches!(fault(|bytes| bytes[6] = 1), FrameError::Reserved { found: 1, .. }));
	assert!(matches!(fault(|bytes| bytes[8] = 9), FrameError::UnknownParameters { id: 9 }));
	assert!(matches!(fault(|bytes| bytes[8] = 2), FrameError::Parameters { expected: 1, found: 2, .. }));
	assert!(matches!(fault(|bytes| bytes[12] = 1), FrameError::Count { found: 1, .. }));
	assert!(matches!(fault(|bytes| bytes[16] ^= 1), FrameError::Circuit { .. }));
	assert!(matches!(fault(|bytes| bytes.clear()), FrameError::Length { found: 0, .. }));
}

#[test]
fn every_truncation_is_an_error() {
	let (circuit, _, input) = linear();
	for length in 0..input.len() {
		assert!(evaluate(circuit, &input[..length], None, &Workers::Here).is_err(), "{length}");
	}
}

#[test]
fn keys_and_ciphertexts_of_other_sets_are_refused() {
	let (circuit, key, input) = linear();
	let forest = common::forest().convert().circuit;
	let other = ClientKey::generate(&BOOTSTRAP);
	assert!(matches!(other.decrypt(circuit, &[]), Err(FrameError::Parameters { expected: 1, found: 2, .. })));
	assert!(key.encrypt(&forest, &[0.0; 30]).unwrap_err().to_string().contains("parameter set 1"));
	assert!(matches!(key.evaluation_key(), Err(FrameError::NoEvaluationKey { id: 1 })));
	let wrong = evaluate(&forest, input, None, &Workers::Here).unwrap_err();
	assert!(wrong.to_string().contains("parameter set 1 where the circuit uses 2"), "{wrong}");
	let unkeyed = other.encrypt(&forest, &[0.0; 30]).unwrap();
	let wrong = evaluate(&forest, &unkeyed, None, &Workers::Here).unwrap_err();
	assert!(wrong.to_string().contains("51 table lookups"), "{wrong}");
}

#[test]
fn evaluation_keys_of_the_wrong_length_or_set_are_refused_before_they_are_stored() {
	let due = EvaluationKey::len_for(&BOOTSTRAP).unwrap();
	let mut header = b"DNPI\x03\x01\0\0\x02\0\0\0\0\0\0\0".to_vec();
	assert_eq!(
		EvaluationKey::from_bytes(&header, &BOOTSTRAP).unwrap_err(),
		FrameError::Length { what: "an evaluation key", expected: due, found: 16 }
	);
	header[8] = 1;
	assert!(matches!(
		EvaluationKey::from_bytes(&header, &BOOTSTRAP),
		Err(FrameError::Parameters { expected: 2, found: 1, .. })
	));
	assert!(matches!(EvaluationKey::from_bytes(&header, &LINEAR), Err(FrameError::NoEvaluationKey { id: 1 })));
}

#[test]
fn a_client_key_comes_back_and_its_padding_is_zero() {
	for set in [&LINEAR, &BOOTSTRAP] {
		let key = ClientKey::generate(set);
		let bytes = key.to_bytes();
		assert!(ClientKey::from_bytes(&bytes).unwrap() == key);
		assert!(ClientKey::generate(set).to_bytes() != bytes, "two keys are equal");
		assert_eq!(peek(&bytes).unwrap(), (Kind::ClientKey, set));
		assert!(ClientKey::from_bytes(&bytes[1..]).is_err());
		assert!(!format!("{key:?}").contains(char::is_numeric), "{key:?}");
	}
	let mut bytes = ClientKey::generate(&BOOTSTRAP).to_bytes();
	*bytes.last_mut().unwrap() |= 0x80;
	assert!(matches!(ClientKey::from_bytes(&bytes), Err(FrameError::Padding { .. })));
}

#[test]
fn a_key_that_is_not_the_requesters_decrypts_to_noise() {
	let (circuit, key, input) = linear();
	let result = evaluate(circuit, input, None, &Workers::Here).unwrap();
	let right = key.decrypt(circuit, &result).unwrap();
	assert_ne!(ClientKey::generate(&LINEAR).decrypt(circuit, &result).unwrap(), right);
}

proptest! {
	#[test]
	fn garbage_is_no_frame(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
		let (circuit, key, _) = linear();
		prop_assert!(InputCiphertext::from_bytes(&bytes, &circuit.input_purpose()).is_err());
		prop_assert!(ResultCiphertext::from_bytes(&bytes, &circuit.result_purpose()).is_err());
		prop_assert!(EvaluationKey::from_bytes(&bytes, &BOOTSTRAP).is_err());
		prop_assert!(ClientKey::from_bytes(&bytes).is_err());
		prop_assert!(key.decrypt(circuit, &bytes).is_err());
		prop_assert!(peek(&bytes).is_err());
	}

	#[test]
	fn an_input_comes_back_as_it_was(seed in any::<u128>(), bodies in prop::collection::vec(any::<u64>(), 64)) {
		let (circuit, ..) = linear();
		let purpose = circuit.input_purpose();
		let input = InputCiphertext { seed, bodies: bodies[..purpose.count as usize].to_vec() };
		let bytes = input.to_bytes(&purpose);
		prop_assert_eq!(bytes.len(), circuit.input_len());
		prop_assert_eq!(InputCiphertext::from_bytes(&bytes, &purpose).unwrap(), input);
	}

}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(32))]

	#[test]
	fn any_numbers_can_be_evaluated(seed in any::<u128>(), body in any::<u64>()) {
		let (circuit, key, _) = linear();
		let purpose = circuit.input_purpose();
		let hostile = InputCiphertext { seed, bodies: vec![body; purpose.count as usize] }.to_bytes(&purpose);
		let result = evaluate(circuit, &hostile, None, &Workers::Here).unwrap();
		prop_assert_eq!(result.len(), circuit.result_len());
		prop_assert_eq!(key.decrypt(circuit, &result).unwrap().len(), 10);
	}
}
