//! One answer, one encoding.

use deepnode_primitives::{
	canonical::{Answer, Malformed, Output, View},
	content::sha256,
	task::ErrorCode,
	tensor::MAX_TENSORS,
};
use proptest::{collection::vec, prelude::*};

fn output() -> impl Strategy<Value = Output> {
	vec(1u32..5, 0..4).prop_flat_map(|dims| {
		let length = dims.iter().product::<u32>() as usize;
		(Just(dims), vec(any::<i32>(), length)).prop_map(|(dims, data)| Output { dims, data })
	})
}

fn error() -> impl Strategy<Value = ErrorCode> {
	(0u8..8).prop_map(|byte| ErrorCode::from_byte(byte).unwrap())
}

fn answer() -> impl Strategy<Value = Answer> {
	prop_oneof![
		4 => vec(output(), 0..=MAX_TENSORS as usize).prop_map(Answer::Outputs),
		1 => error().prop_map(Answer::Error),
	]
}

proptest! {
	#[test]
	fn what_is_written_is_read(answer in answer()) {
		let bytes = answer.to_bytes();
		prop_assert_eq!(Answer::from_bytes(&bytes), Ok(answer.clone()));
		prop_assert_eq!(answer.digest(), sha256(&bytes));
	}

	#[test]
	fn a_view_shows_what_was_written(answer in answer()) {
		let bytes = answer.to_bytes();
		match (View::parse(&bytes).unwrap(), &answer) {
			(View::Error(found), Answer::Error(code)) => prop_assert_eq!(found, *code),
			(View::Outputs(views), Answer::Outputs(outputs)) => {
				prop_assert_eq!(views.len(), outputs.len());
				for (view, output) in views.iter().zip(outputs) {
					prop_assert_eq!(&view.dims, &output.dims);
					prop_assert_eq!(view.elements().collect::<Vec<_>>(), output.data.clone());
				}
			},
			(view, _) => prop_assert!(false, "{view:?} is of another kind than {answer:?}"),
		}
	}

	#[test]
	fn bytes_that_follow_are_refused(answer in answer(), trailing in vec(any::<u8>(), 1..9)) {
		let mut bytes = answer.to_bytes();
		bytes.extend(trailing);
		prop_assert_eq!(Answer::from_bytes(&bytes), Err(Malformed));
	}

	#[test]
	fn bytes_that_are_missing_are_refused(answer in answer(), cut in any::<prop::sample::Index>()) {
		let bytes = answer.to_bytes();
		prop_assert_eq!(Answer::from_bytes(&bytes[..cut.index(bytes.len())]), Err(Malformed));
	}

	#[test]
	fn whatever_is_read_is_written_alike(bytes in vec(any::<u8>(), 0..80)) {
		if let Ok(answer) = Answer::from_bytes(&bytes) {
			prop_assert_eq!(answer.to_bytes(), bytes);
		}
	}

	/// Random bytes seldom get past the first two; a mutated answer does.
	#[test]
	fn a_changed_byte_is_another_answer_or_none(
		answer in answer(),
		at in any::<prop::sample::Index>(),
		flip in 1u8..,
	) {
		let mut bytes = answer.to_bytes();
		let at = at.index(bytes.len());
		bytes[at] ^= flip;
		if let Ok(other) = Answer::from_bytes(&bytes) {
			prop_assert_ne!(&other, &answer);
			prop_assert_eq!(other.to_bytes(), bytes);
		}
	}
}

#[test]
fn the_layout_is_the_documented_one() {
	let answer =
		Answer::Outputs(vec![Output { dims: vec![1, 2], data: vec![-1, 258] }, Output { dims: vec![], data: vec![7] }]);
	assert_eq!(
		hex::encode(answer.to_bytes()),
		concat!("0002", "02", "01000000", "02000000", "ffffffff", "02010000", "00", "07000000")
	);
	assert_eq!(Answer::Error(ErrorCode::Overflow).to_bytes(), [1, 5]);
}

#[test]
fn every_error_code_has_its_byte() {
	for byte in 0..=u8::MAX {
		assert_eq!(ErrorCode::from_byte(byte).map(|code| code as u8), (byte < 8).then_some(byte));
		assert_eq!(Answer::from_bytes(&[1, byte]).is_ok(), byte < 8);
	}
	// SCALE names a code by the same byte, so events and answers can be compared.
	for byte in 0..8 {
		let code = ErrorCode::from_byte(byte).unwrap();
		assert_eq!(codec::Encode::encode(&code), [byte]);
	}
}

#[test]
fn unknown_tags_are_refused() {
	for tag in 2..=u8::MAX {
		assert_eq!(Answer::from_bytes(&[tag, 0]), Err(Malformed));
	}
}

#[test]
fn more_tensors_or_dimensions_than_there_can_be_are_refused() {
	let scalar = Output { dims: vec![], data: vec![0] };
	let outputs = |count: usize| Answer::Outputs(vec![scalar.clone(); count]).to_bytes();
	assert!(View::parse(&outputs(8)).is_ok());
	assert_eq!(View::parse(&outputs(9)), Err(Malformed));
	// A count of 256 must not wrap around to 0 on its way into one byte.
	assert_eq!(View::parse(&outputs(256)), Err(Malformed));

	let rank = |rank: usize| Answer::Outputs(vec![Output { dims: vec![1; rank], data: vec![0] }]).to_bytes();
	assert!(View::parse(&rank(8)).is_ok());
	assert_eq!(View::parse(&rank(9)), Err(Malformed));
	assert_eq!(View::parse(&rank(256)), Err(Malformed));
}

/// `[2^31, 0]` has no elements where a length is 64 bits wide, and overflows where it is 32: the
/// worker took for an answer what the runtime refused.
#[test]
fn an_empty_dimension_is_refused_on_every_machine() {
	for dims in [vec![0], vec![3, 0], vec![0, 3], vec![1 << 31, 0], vec![u32::MAX, u32::MAX, 0]] {
		let bytes = Answer::Outputs(vec![Output { dims, data: vec![] }]).to_bytes();
		assert_eq!(View::parse(&bytes), Err(Malformed));
	}
}

#[test]
fn a_length_beyond_every_machine_is_refused() {
	let bytes = Answer::Outputs(vec![Output { dims: vec![u32::MAX; 8], data: vec![0; 4] }]).to_bytes();
	assert_eq!(View::parse(&bytes), Err(Malformed));
}
