//! When two answers agree.

use std::slice::from_ref;

use deepnode_primitives::{
	canonical::{Answer, Malformed, Output},
	comparison::{Comparison, Quantisation, MAX_K},
	task::ErrorCode,
	tensor::{Dim, ElementType, TensorSpec},
};
use proptest::{collection::vec, prelude::*};

fn tolerance(tau: u32) -> Comparison {
	Comparison::Tolerance { quantisation: Quantisation::default(), tau }
}

fn arg_max(tau: u32) -> Comparison {
	Comparison::ArgMax { quantisation: Quantisation::default(), tau }
}

fn comparison() -> impl Strategy<Value = Comparison> {
	prop_oneof![
		Just(Comparison::Exact),
		prop_oneof![0u32..10, any::<u32>()].prop_map(tolerance),
		prop_oneof![0u32..10, any::<u32>()].prop_map(arg_max),
	]
}

/// Few shapes and close values, so that agreement and disagreement are both common.
fn answer() -> impl Strategy<Value = Vec<u8>> {
	let output = prop_oneof![Just(vec![]), Just(vec![3]), Just(vec![2, 3]), Just(vec![3, 1])].prop_flat_map(|dims| {
		let length = dims.iter().product::<u32>() as usize;
		let element = prop_oneof![8 => -6i32..6, 1 => Just(i32::MIN), 1 => Just(i32::MAX)];
		(Just(dims), vec(element, length)).prop_map(|(dims, data)| Output { dims, data })
	});
	prop_oneof![
		6 => vec(output, 0..3).prop_map(|outputs| Answer::Outputs(outputs).to_bytes()),
		1 => (0u8..8).prop_map(|code| vec![1, code]),
	]
}

fn row(data: &[i32]) -> Vec<u8> {
	Answer::Outputs(vec![Output { dims: vec![1, data.len() as u32], data: data.to_vec() }]).to_bytes()
}

fn agree(comparison: Comparison, a: &[i32], b: &[i32]) -> bool {
	comparison.agrees(&row(a), &row(b)).unwrap()
}

proptest! {
	#[test]
	fn it_is_symmetric(comparison in comparison(), a in answer(), b in answer()) {
		prop_assert_eq!(comparison.agrees(&a, &b).unwrap(), comparison.agrees(&b, &a).unwrap());
	}

	#[test]
	fn it_is_reflexive(comparison in comparison(), a in answer()) {
		prop_assert!(comparison.agrees(&a, &a).unwrap());
	}

	#[test]
	fn exact_means_equal_bytes(a in answer(), b in answer()) {
		prop_assert_eq!(Comparison::Exact.agrees(&a, &b).unwrap(), a == b);
	}

	#[test]
	fn a_wider_tolerance_accepts_no_less(tau in 0u32..12, a in answer(), b in answer()) {
		for (narrow, wide) in [(tolerance(tau), tolerance(tau + 1)), (arg_max(tau), arg_max(tau + 1))] {
			prop_assert!(!narrow.agrees(&a, &b).unwrap() || wide.agrees(&a, &b).unwrap());
		}
	}

	#[test]
	fn arbitrary_bytes_never_panic(
		comparison in comparison(),
		a in vec(any::<u8>(), 0..60),
		b in prop_oneof![answer(), vec(any::<u8>(), 0..60)],
	) {
		prop_assert_eq!(comparison.agrees(&a, &b), comparison.agrees(&b, &a));
	}

	#[test]
	fn a_tolerance_is_the_largest_difference(
		rows in (1usize..20).prop_flat_map(|n| (vec(any::<i32>(), n), vec(any::<i32>(), n))),
		tau in any::<u32>(),
	) {
		let (a, b) = rows;
		let largest = a.iter().zip(&b).map(|(a, b)| (i64::from(*a) - i64::from(*b)).abs()).max().unwrap();
		prop_assert_eq!(agree(tolerance(tau), &a, &b), largest <= i64::from(tau));
	}

	#[test]
	fn winners_are_those_of_a_naive_search(
		rows in (1usize..6).prop_flat_map(|n| (vec(-9i32..9, n), vec(-9i32..9, n))),
		tau in 0u32..6,
	) {
		fn winner(row: &[i32]) -> usize {
			row.iter().position(|score| score == row.iter().max().unwrap()).unwrap()
		}
		let (a, b) = rows;
		let behind = |row: &[i32], class: usize| row[winner(row)] - row[class];
		let slack = 2 * tau as i32;
		prop_assert_eq!(
			agree(arg_max(tau), &a, &b),
			winner(&a) == winner(&b) || (behind(&a, winner(&b)) <= slack && behind(&b, winner(&a)) <= slack)
		);
	}

	/// So what honest machines differ by never turns two of them against each other.
	#[test]
	fn no_noise_within_tau_changes_a_winner(
		row in vec(-20i32..20, 1..8),
		noise in vec(-20i32..20, 8),
		tau in 0u32..20,
	) {
		let tau_signed = tau as i32;
		let other: Vec<_> =
			row.iter().zip(&noise).map(|(score, noise)| score + (*noise).clamp(-tau_signed, tau_signed)).collect();
		prop_assert!(agree(arg_max(tau), &row, &other));
	}

	/// No answer without a winner stands for rows in which two other classes are near each other.
	#[test]
	fn a_constant_row_agrees_only_where_the_first_class_is_near_the_best(
		row in vec(-20i32..20, 1..8),
		constant in any::<i32>(),
		tau in 0u32..10,
	) {
		let best = row.iter().max().unwrap();
		let near = best - row[0] <= 2 * tau as i32;
		prop_assert_eq!(agree(arg_max(tau), &row, &vec![constant; row.len()]), near);
	}
}

#[test]
fn bytes_that_are_no_answer_are_refused_even_when_equal() {
	assert_eq!(Comparison::Exact.agrees(&[9, 9], &[9, 9]), Err(Malformed));
	assert_eq!(Comparison::default().agrees(&row(&[1]), &[0]), Err(Malformed));
	assert_eq!(Comparison::default().agrees(&[0], &row(&[1])), Err(Malformed));
}

#[test]
fn tau_itself_is_within_the_tolerance() {
	assert!(agree(tolerance(2), &[5, -3], &[7, -5]));
	assert!(!agree(tolerance(2), &[5, -3], &[8, -3]));
	assert!(!agree(tolerance(0), &[5], &[6]));
	assert!(agree(tolerance(u32::MAX), &[i32::MIN], &[i32::MAX]));
	assert!(!agree(tolerance(u32::MAX - 1), &[i32::MIN], &[i32::MAX]));
}

#[test]
fn errors_agree_only_with_the_same_error() {
	let error = |code| Answer::Error(code).to_bytes();
	for comparison in [Comparison::Exact, tolerance(9), arg_max(9)] {
		let agrees = |a: &[u8], b: &[u8]| comparison.agrees(a, b).unwrap();
		assert!(agrees(&error(ErrorCode::Overflow), &error(ErrorCode::Overflow)));
		assert!(!agrees(&error(ErrorCode::Overflow), &error(ErrorCode::NotFinite)));
		assert!(!agrees(&error(ErrorCode::Overflow), &row(&[5])));
	}
}

#[test]
fn other_shapes_never_agree() {
	let flat = Answer::Outputs(vec![Output { dims: vec![4], data: vec![1; 4] }]).to_bytes();
	let square = Answer::Outputs(vec![Output { dims: vec![2, 2], data: vec![1; 4] }]).to_bytes();
	let two = Answer::Outputs(vec![Output { dims: vec![2], data: vec![1; 2] }; 2]).to_bytes();
	for comparison in [Comparison::Exact, tolerance(u32::MAX), arg_max(u32::MAX)] {
		assert!(!comparison.agrees(&flat, &square).unwrap());
		assert!(!comparison.agrees(&flat, &two).unwrap());
	}
}

#[test]
fn the_winning_class_decides() {
	// The same winner, whatever the rest.
	assert!(agree(arg_max(0), &[9, 1, 2], &[5, -7, 4]));
	assert!(!agree(arg_max(0), &[9, 1, 2], &[1, 9, 2]));
	// Each one's winner is 4 = 2 tau behind in the other.
	assert!(agree(arg_max(2), &[9, 5, 0], &[5, 9, 0]));
	// The second's winner is 5 behind in the first.
	assert!(!agree(arg_max(2), &[10, 5, 0], &[5, 9, 0]));
	// Both are ties, but of other classes: no noise of 2 makes the one from the other.
	assert!(!agree(arg_max(2), &[9, 9, 0, 0], &[0, 0, 9, 9]));
	assert!(!agree(arg_max(2), &[0, 0, 0, 0], &[0, 0, 9, 9]));
	assert!(agree(arg_max(2), &[9, 8, 7, 0], &[7, 8, 9, 0]));
	// Equal scores: the first wins.
	assert!(agree(arg_max(0), &[7, 7, 0], &[9, 1, 0]));
	assert!(!agree(arg_max(0), &[7, 7, 0], &[1, 9, 0]));
	// Extremes do not overflow.
	assert!(!agree(arg_max(2), &[i32::MAX, i32::MIN], &[i32::MIN, i32::MAX]));
}

#[test]
fn every_row_has_a_winner_of_its_own() {
	let rows = |data: &[i32]| Answer::Outputs(vec![Output { dims: vec![2, 3], data: data.to_vec() }]).to_bytes();
	let a = rows(&[9, 0, 0, 0, 9, 0]);
	assert!(arg_max(0).agrees(&a, &rows(&[8, 0, 1, 1, 8, 0])).unwrap());
	// The second row's winner differs, although the first of all six is the same.
	assert!(!arg_max(0).agrees(&a, &rows(&[9, 0, 0, 0, 0, 9])).unwrap());
}

fn output(element: ElementType, shape: &[Dim]) -> TensorSpec {
	TensorSpec { name: b"y".to_vec().try_into().unwrap(), element, shape: shape.to_vec().try_into().unwrap() }
}

#[test]
fn exact_fits_integers_only() {
	let integers = output(ElementType::I64, &[Dim::Batch]);
	let floats = output(ElementType::F32, &[Dim::Batch]);
	assert!(Comparison::Exact.fits(from_ref(&integers)));
	assert!(!Comparison::Exact.fits(from_ref(&floats)));
	let mixed = [integers, floats];
	assert!(!Comparison::Exact.fits(&mixed));
	assert!(Comparison::default().fits(&mixed));
}

/// With a single class, or none, every answer has the same winner: nothing would be verified.
#[test]
fn arg_max_fits_two_classes_or_more() {
	let fits = |shape: &[Dim]| arg_max(2).fits(&[output(ElementType::F32, shape)]);
	assert!(fits(&[Dim::Batch, Dim::Fixed(2)]));
	assert!(fits(&[Dim::Fixed(10)]));
	assert!(!fits(&[]));
	assert!(!fits(&[Dim::Batch]));
	assert!(!fits(&[Dim::Fixed(1)]));
	assert!(!fits(&[Dim::Batch, Dim::Fixed(1)]));
	assert!(!fits(&[Dim::Fixed(5), Dim::Fixed(1)]));
}

#[test]
fn quantisations_out_of_bounds_do_not_fit() {
	let outputs = [output(ElementType::F32, &[Dim::Batch, Dim::Fixed(2)])];
	for (k, scale_millionths, tau, fits) in [
		(12, 1_000_000, 2, true),
		(0, 1, 1, true),
		(MAX_K, u32::MAX, 1 << MAX_K, true),
		(MAX_K + 1, 1_000_000, 2, false),
		(255, 1_000_000, 2, false),
		(12, 0, 2, false),
		(12, 1_000_000, 1 << 12, true),
		(12, 1_000_000, (1 << 12) + 1, false),
		(0, 1_000_000, 2, false),
	] {
		let quantisation = Quantisation { k, scale_millionths };
		for comparison in [Comparison::Tolerance { quantisation, tau }, Comparison::ArgMax { quantisation, tau }] {
			assert_eq!(comparison.fits(&outputs), fits, "{comparison:?}");
			assert_eq!(comparison.quantisation(), Some(quantisation));
		}
	}
	assert_eq!(Comparison::Exact.quantisation(), None);
}
