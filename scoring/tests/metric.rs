//! How right an answer is.

use deepnode_scoring::{
	metric::{accuracy, Metric},
	Unit,
};
use proptest::{collection::vec, prelude::*};

const METRICS: [Metric; 5] = [Metric::Class, Metric::TopK(1), Metric::TopK(3), Metric::L1, Metric::Cosine];

fn element() -> impl Strategy<Value = i32> {
	prop_oneof![any::<i32>(), -4i32..5, Just(i32::MIN), Just(i32::MAX), Just(0)]
}

fn rows() -> impl Strategy<Value = (usize, Vec<i32>, Vec<i32>)> {
	(1usize..8, 1usize..6)
		.prop_flat_map(|(row, rows)| (Just(row), vec(element(), row * rows), vec(element(), row * rows)))
}

#[test]
fn what_cannot_be_compared_is_wrong() {
	for metric in METRICS {
		assert_eq!(accuracy(metric, &[1, 2], &[1], 1), Unit::zero(), "lengths differ");
		assert_eq!(accuracy(metric, &[1, 2, 3], &[1, 2, 3], 2), Unit::zero(), "half a row");
		assert_eq!(accuracy(metric, &[1], &[1], 0), Unit::zero(), "rows of nothing");
		assert_eq!(accuracy(metric, &[], &[], 1), Unit::zero(), "no row");
	}
}

#[test]
fn classes_are_counted_by_row() {
	let expected = [0, 9, 1, 7, 3, 3];
	assert_eq!(accuracy(Metric::Class, &expected, &[1, 2, 1, 5, 4, 0], 3), Unit::one());
	assert_eq!(accuracy(Metric::Class, &expected, &[1, 2, 1, 4, 5, 0], 3), Unit::from_percent(50));
	assert_eq!(
		accuracy(Metric::Class, &expected, &[5, 5, 5, 5, 5, 5], 3),
		Unit::from_percent(50),
		"a tie is the first"
	);
}

#[test]
fn the_expected_class_is_among_the_first() {
	let top = |k, got: &[i32]| accuracy(Metric::TopK(k), &[0, 0, 9, 0], got, 4);
	assert_eq!(top(1, &[1, 2, 3, 0]), Unit::one());
	assert_eq!(top(1, &[4, 2, 3, 0]), Unit::zero());
	assert_eq!(top(2, &[4, 2, 3, 0]), Unit::one());
	assert_eq!(top(2, &[3, 3, 3, 3]), Unit::zero(), "of equals, the first two");
	assert_eq!(top(3, &[3, 3, 3, 3]), Unit::one());
	assert_eq!(top(0, &[0, 0, 9, 0]), Unit::zero());
	assert_eq!(top(255, &[9, 9, 0, 9]), Unit::one());
}

#[test]
fn distance_is_relative_to_size() {
	let l1 = |expected: &[i32], got: &[i32]| accuracy(Metric::L1, expected, got, expected.len());
	assert_eq!(l1(&[100, -100], &[100, -100]), Unit::one());
	assert_eq!(l1(&[100, -100], &[0, 0]), Unit::zero());
	assert_eq!(l1(&[100, -100], &[-100, 100]), Unit::zero());
	assert_eq!(l1(&[100, 0], &[50, 0]), Unit::from_parts(666_666_666));
	assert_eq!(l1(&[0, 0], &[0, 0]), Unit::one());
	assert_eq!(l1(&[i32::MIN, i32::MAX], &[i32::MAX, i32::MIN]), Unit::zero());
}

#[test]
fn direction_is_what_a_cosine_sees() {
	let cosine = |expected: &[i32], got: &[i32]| accuracy(Metric::Cosine, expected, got, expected.len());
	assert_eq!(cosine(&[3, 4], &[6, 8]), Unit::one());
	assert_eq!(cosine(&[1, 0], &[0, 1]), Unit::zero());
	assert_eq!(cosine(&[1, 0], &[-1, 0]), Unit::zero());
	assert_eq!(cosine(&[1, 0], &[1, 1]), Unit::from_parts(707_106_781));
	assert_eq!(cosine(&[0, 0], &[0, 0]), Unit::one());
	assert_eq!(cosine(&[0, 0], &[0, 1]), Unit::zero());
	assert_eq!(cosine(&[i32::MIN; 1_000], &[i32::MIN; 1_000]), Unit::one());
	assert_eq!(cosine(&[i32::MIN; 1_000], &[i32::MAX; 1_000]), Unit::zero());
}

proptest! {
	#[test]
	fn the_expected_answer_is_right_by_every_measure((row, expected, _) in rows()) {
		for metric in METRICS {
			prop_assert_eq!(accuracy(metric, &expected, &expected, row), Unit::one());
		}
	}

	#[test]
	fn distance_and_direction_are_symmetric((row, expected, got) in rows()) {
		for metric in [Metric::Class, Metric::L1, Metric::Cosine] {
			prop_assert_eq!(accuracy(metric, &expected, &got, row), accuracy(metric, &got, &expected, row));
		}
	}

	#[test]
	fn more_guesses_are_never_worse((row, expected, got) in rows(), k in 0u8..9) {
		prop_assert!(accuracy(Metric::TopK(k), &expected, &got, row) <= accuracy(Metric::TopK(k + 1), &expected, &got, row));
		prop_assert_eq!(accuracy(Metric::TopK(1), &expected, &got, row), accuracy(Metric::Class, &expected, &got, row));
		prop_assert_eq!(accuracy(Metric::TopK(row as u8), &expected, &got, row), Unit::one());
	}

	#[test]
	fn a_batch_is_the_mean_of_its_rows((row, expected, got) in rows()) {
		for metric in METRICS {
			let rows = expected.chunks(row).zip(got.chunks(row));
			let sum: u64 = rows.map(|(expected, got)| u64::from(accuracy(metric, expected, got, row).deconstruct())).sum();
			let mean = sum / (expected.len() / row) as u64;
			prop_assert_eq!(u64::from(accuracy(metric, &expected, &got, row).deconstruct()), mean);
		}
	}

	#[test]
	fn a_cosine_is_that_of_floats(pairs in vec((element(), element()), 1..20)) {
		let (a, b): (Vec<i32>, Vec<i32>) = pairs.into_iter().unzip();
		let dot = |a: &[i32], b: &[i32]| a.iter().zip(b).map(|(a, b)| i128::from(*a) * i128::from(*b)).sum::<i128>() as f64;
		let norms = (dot(&a, &a) * dot(&b, &b)).sqrt();
		prop_assume!(norms > 0.0);
		let got = f64::from(accuracy(Metric::Cosine, &a, &b, a.len()).deconstruct()) / 1e9;
		prop_assert!((got - (dot(&a, &b) / norms).clamp(0.0, 1.0)).abs() <= 1.1e-9);
	}
}
