//! How right a model's answer to a known-answer task is, on the integers of canonical answers.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_arithmetic::helpers_128bit::sqrt;

use crate::Unit;

/// A domain's measure of a row of outputs against the expected row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Metric {
	/// 1 where both rows have their greatest element, the first of several, at the same place, else 0.
	Class,
	/// 1 where the place of the expected row's greatest element is among the answer's so many greatest, of
	/// equal ones the first, else 0.
	TopK(u8),
	/// `1 - sum|e - g| / sum(|e| + |g|)`: 1 for equal rows, 0 for zeros or for opposite signs.
	L1,
	/// The cosine of the angle between the rows, 0 where it is negative or only one row is all zeros. It
	/// does not see a row's length, only its direction.
	Cosine,
}

/// The mean of a metric over the rows of `row` elements, rounded down.
///
/// It is 0 where the lengths differ, where there is nothing to compare, or where the elements are not a
/// whole number of rows. A domain of classes needs rows of at least two: a single one is always right.
///
/// # Complexity
/// O(elements).
pub fn accuracy(metric: Metric, expected: &[i32], got: &[i32], row: usize) -> Unit {
	if row == 0 || expected.len() != got.len() || expected.len().checked_rem(row) != Some(0) {
		return Unit::zero();
	}
	let rows = expected.chunks_exact(row).zip(got.chunks_exact(row));
	let (sum, rows) = rows.fold((0u128, 0u128), |(sum, rows), (expected, got)| {
		(sum.saturating_add(of_row(metric, expected, got).deconstruct().into()), rows.saturating_add(1))
	});
	Unit::from_parts(sum.checked_div(rows).unwrap_or(0) as u32)
}

fn of_row(metric: Metric, expected: &[i32], got: &[i32]) -> Unit {
	match metric {
		Metric::Class => certain(class(expected) == class(got)),
		Metric::TopK(k) => certain(rank(class(expected), got).is_some_and(|rank| rank < usize::from(k))),
		Metric::L1 => l1(expected, got),
		Metric::Cosine => cosine(expected, got),
	}
}

fn certain(right: bool) -> Unit {
	if right {
		Unit::one()
	} else {
		Unit::zero()
	}
}

/// The place of the greatest element, the first of several.
fn class(row: &[i32]) -> Option<usize> {
	row.iter().enumerate().rev().max_by_key(|(_, score)| **score).map(|(at, _)| at)
}

/// How many elements come before that at `class`, where the greater comes first and of equals the first.
fn rank(class: Option<usize>, row: &[i32]) -> Option<usize> {
	let class = class?;
	let score = row.get(class)?;
	let ahead = |at: usize, other: &i32| other > score || (other == score && at < class);
	Some(row.iter().enumerate().filter(|(at, other)| ahead(*at, other)).count())
}

fn l1(expected: &[i32], got: &[i32]) -> Unit {
	let (apart, whole) = expected.iter().zip(got).fold((0u128, 0u128), |(apart, whole), (e, g)| {
		let size = u128::from(e.unsigned_abs()).saturating_add(g.unsigned_abs().into());
		(apart.saturating_add(e.abs_diff(*g).into()), whole.saturating_add(size))
	});
	if whole == 0 {
		return Unit::one();
	}
	Unit::from_rational(whole.saturating_sub(apart), whole)
}

fn cosine(expected: &[i32], got: &[i32]) -> Unit {
	// A product is at most 2^62, and a row has fewer than 2^62 elements.
	let dot = |a: &[i32], b: &[i32]| {
		a.iter()
			.zip(b)
			.fold(0i128, |sum, (a, b)| sum.saturating_add(i128::from(i64::from(*a).saturating_mul((*b).into()))))
	};
	let (product, e, g) = (dot(expected, got), dot(expected, expected), dot(got, got));
	if e == 0 || g == 0 {
		return certain(e == g);
	}
	let (e, e_shift) = norm(e.unsigned_abs());
	let (g, g_shift) = norm(g.unsigned_abs());
	// By Cauchy and Schwarz the product is at most that of the norms, which is below 2^126.
	let product = u128::try_from(product).unwrap_or(0) << e_shift.saturating_add(g_shift);
	Unit::from_rational(product, e.saturating_mul(g))
}

/// The square root of a number below 2^126 other than 0, as a number in `[2^62, 2^63)` and how many bits
/// of it are after the point.
fn norm(square: u128) -> (u128, u32) {
	let shift = square.leading_zeros().saturating_sub(2) / 2;
	(sqrt(square << shift.saturating_mul(2)), shift)
}
