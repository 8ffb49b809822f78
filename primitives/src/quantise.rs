//! From a model's floats to the integers that the chain compares. The chain never runs this.

use crate::{comparison::Quantisation, task::ErrorCode};

impl Quantisation {
	/// `round_half_even(y * 2^k / scale)` as i32.
	///
	/// Every operation is one IEEE 754 binary64 operation in a fixed order, so that every machine gets
	/// the same integer from the same `y`. A scale of 0, which no registered model has, counts as 1.
	pub fn quantise(&self, y: f64) -> Result<i32, ErrorCode> {
		if !y.is_finite() {
			return Err(ErrorCode::NotFinite);
		}
		let steps = f64::from(self.steps()) * 1e6 / f64::from(self.scale_millionths.max(1));
		let q = (y * steps).round_ties_even();
		if q < f64::from(i32::MIN) || q > f64::from(i32::MAX) {
			return Err(ErrorCode::Overflow);
		}
		Ok(q as i32)
	}
}

/// An integer element as it is: integers are not scaled.
pub fn integer(y: i64) -> Result<i32, ErrorCode> {
	i32::try_from(y).map_err(|_| ErrorCode::Overflow)
}
