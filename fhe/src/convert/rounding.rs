//! Rounding a layer's weights to few integers, so that its sums change little on typical inputs.
//!
//! Weights are rounded one after the other, and each one's error is made up for by those that are still to be rounded, as far
//! as the inputs are correlated (optimal brain quantisation; what GPTQ does for large models). With sums of 64
//! values, where one by one rounding would leave weights of -1, 0 and 1 at random, this keeps the classes apart.

/// A symmetric positive matrix's use: how much an error of one weight can be made up for by the others.
pub(super) struct Compensation {
	/// The order of rounding.
	order: Vec<usize>,
	/// The upper triangle of the Cholesky factor of the inverse of the inputs' second moments, in that order.
	factor: Vec<Vec<f64>>,
}

/// Of the diagonal's mean, added to the diagonal: keeps the inverse in bounds where inputs are constant or equal.
const DAMPING: f64 = 1e-2;

impl Compensation {
	/// Of these inputs.
	pub(super) fn of(rows: &[Vec<f64>]) -> Self {
		let size = rows.first().map_or(0, Vec::len);
		let mut moments = vec![vec![0.0; size]; size];
		for row in rows {
			for (moments, one) in moments.iter_mut().zip(row) {
				moments.iter_mut().zip(row).for_each(|(moment, other)| *moment += one * other / rows.len() as f64);
			}
		}
		let mean = (0..size).map(|at| moments[at][at]).sum::<f64>() / size.max(1) as f64;
		let mut order: Vec<_> = (0..size).collect();
		order.sort_by(|one, other| moments[*other][*other].total_cmp(&moments[*one][*one]).then(one.cmp(other)));
		let damping = DAMPING * mean.max(f64::MIN_POSITIVE);
		let ordered: Vec<Vec<f64>> = (0..size)
			.map(|row| {
				(0..size)
					.map(|column| moments[order[row]][order[column]] + if row == column { damping } else { 0.0 })
					.collect()
			})
			.collect();
		let factor = transpose(&cholesky(&inverse(&ordered)));
		Self { order, factor }
	}

	/// Rounds weights, which are in units of one step.
	pub(super) fn round(&self, weights: &[f64]) -> Vec<f64> {
		let mut left: Vec<f64> = self.order.iter().map(|at| weights[*at]).collect();
		let mut rounded = vec![0.0; weights.len()];
		for (at, factor) in self.factor.iter().enumerate() {
			let whole = left[at].round_ties_even();
			let error = (left[at] - whole) / factor[at];
			for (weight, share) in left.iter_mut().zip(factor).skip(at + 1) {
				*weight -= error * share;
			}
			rounded[self.order[at]] = whole + 0.0;
		}
		rounded
	}
}

/// The lower triangle whose product with its transpose is the matrix.
fn cholesky(matrix: &[Vec<f64>]) -> Vec<Vec<f64>> {
	let size = matrix.len();
	let mut lower = vec![vec![0.0; size]; size];
	for row in 0..size {
		for column in 0..=row {
			let dot: f64 = lower[row].iter().zip(&lower[column]).take(column).map(|(one, other)| one * other).sum();
			let rest = matrix[row][column] - dot;
			lower[row][column] =
				if row == column { rest.max(f64::MIN_POSITIVE).sqrt() } else { rest / lower[column][column] };
		}
	}
	lower
}

/// The inverse of a symmetric positive matrix: of its Cholesky factor, times its own transpose.
fn inverse(matrix: &[Vec<f64>]) -> Vec<Vec<f64>> {
	let size = matrix.len();
	let lower = cholesky(matrix);
	// Column by column, the inverse of the factor.
	let mut factor = vec![vec![0.0; size]; size];
	for column in 0..size {
		factor[column][column] = 1.0 / lower[column][column];
		for row in column + 1..size {
			let dot: f64 = (column..row).map(|at| lower[row][at] * factor[at][column]).sum();
			factor[row][column] = -dot / lower[row][row];
		}
	}
	let columns = transpose(&factor);
	let dot = |one: &Vec<f64>, other: &Vec<f64>| one.iter().zip(other).map(|(one, other)| one * other).sum();
	columns.iter().map(|one| columns.iter().map(|other| dot(one, other)).collect()).collect()
}

fn transpose(matrix: &[Vec<f64>]) -> Vec<Vec<f64>> {
	(0..matrix.len()).map(|column| matrix.iter().map(|row| row[column]).collect()).collect()
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	fn error(rows: &[Vec<f64>], exact: &[f64], rounded: &[f64]) -> f64 {
		let dot = |row: &Vec<f64>| row.iter().zip(exact).zip(rounded).map(|((x, w), r)| x * (w - r)).sum::<f64>();
		rows.iter().map(|row| dot(row).powi(2)).sum()
	}

	#[test]
	fn an_inverse_is_one() {
		let matrix = vec![vec![4.0, 1.0, 0.5], vec![1.0, 3.0, -1.0], vec![0.5, -1.0, 5.0]];
		let inverse = inverse(&matrix);
		for (row, numbers) in matrix.iter().enumerate() {
			for (column, others) in transpose(&inverse).iter().enumerate() {
				let product: f64 = numbers.iter().zip(others).map(|(one, other)| one * other).sum();
				assert!((product - f64::from(u8::from(row == column))).abs() < 1e-12);
			}
		}
	}

	#[test]
	fn what_equal_inputs_lose_by_rounding_they_make_up_for() {
		// Four inputs that are always equal: 4 * 0.4 is 1.6, and one by one rounding would make it 0.
		let rows: Vec<_> = (0..8).map(|at| vec![f64::from(at); 4]).collect();
		let rounded = Compensation::of(&rows).round(&[0.4; 4]);
		assert_eq!(rounded.iter().sum::<f64>(), 2.0);
	}

	#[test]
	fn it_loses_far_less_than_rounding_one_by_one() {
		// Inputs of few levels that hang together, and weights of less than one step: what a hidden layer has.
		let mut state = 1u32;
		let mut draw = |below: u32| {
			state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
			(state >> 16) % below
		};
		let (mut plain, mut compensated) = (0.0, 0.0);
		for _ in 0..20 {
			let rows: Vec<Vec<f64>> = (0..80)
				.map(|_| {
					let common = draw(4);
					(0..16).map(|_| f64::from((common + draw(2)).min(4))).collect()
				})
				.collect();
			let weights: Vec<_> = (0..16).map(|_| f64::from(draw(2000)) / 1000.0 - 1.0).collect();
			let rounded = Compensation::of(&rows).round(&weights);
			assert!(rounded.iter().all(|weight| weight.fract() == 0.0));
			compensated += error(&rows, &weights, &rounded);
			let one_by_one: Vec<_> = weights.iter().map(|weight| weight.round_ties_even()).collect();
			plain += error(&rows, &weights, &one_by_one);
		}
		assert!(4.0 * compensated < plain, "{compensated} {plain}");
	}

	proptest! {
		#[test]
		fn whole_weights_stay_as_they_are(
			rows in prop::collection::vec(prop::collection::vec(0.0f64..4.0, 6), 1..20),
			weights in prop::collection::vec(-9i32..9, 6),
		) {
			let weights: Vec<_> = weights.into_iter().map(f64::from).collect();
			prop_assert_eq!(Compensation::of(&rows).round(&weights), weights);
		}
	}
}
