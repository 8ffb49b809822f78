//! Powers and roots of numbers in `[0, 1]`, by fixed-point logarithms to base 2.
//!
//! `base^exponent = 2^(exponent * log2(base))`. All logarithms in here are of numbers up to 1, so their
//! negative is kept: the *loss* `-log2(base)`, which is 0 for 1 and 29.9 bits for a billionth.
//!
//! - *log2*, by repeated squaring: of `x` in `[1, 2)`, the next bit after the point says whether
//!   `x^2 >= 2`, and `x^2`, halved if so, is the next `x`. It gives 48 bits after the point.
//! - *exp2*, by a table of `2^(-2^-i)`, `i = 1..=40`: the product of those whose bit is set in the
//!   exponent's fraction, then a shift by its whole part, then one rounding to the nearest billionth.
//!
//! # Error
//! The exponent is cut to multiples of 2^-40, a relative error of `ln(2) * 2^-40`. The table is off by less
//! than 3 * 2^-64 an entry and each of at most 40 products by 2^-63, which together is below 2^-55. Before
//! the final rounding the result is therefore off by less than 2^-40 of itself, which is 10^-12; with
//! it, by less than 5.01 * 10^-10, half of a [`Unit`]'s step and next to nothing.
//!
//! # Monotony
//! Squaring, halving and cutting keep the order of what they are applied to, so a greater base never has
//! a greater loss. On the grid of 2^-40 two neighbouring exponents' powers differ by 2^-41 of themselves,
//! more than the table's error, so a greater loss never has a greater power.

use sp_arithmetic::helpers_128bit::sqrt;

use crate::Unit;

/// The parts of one whole [`Unit`].
pub const PARTS: u32 = 1_000_000_000;

/// Bits after the point of a logarithm.
const LOG_BITS: u32 = 48;

/// Bits after the point of an exponent of 2.
const EXP_BITS: usize = 40;

/// `2^(-2^-i)` for `i = 1..=40` with 64 bits after the point: each is the square root of the one before.
const ROOTS: [u64; EXP_BITS] = roots();

/// `log2` of [`PARTS`].
const LOG_PARTS: u64 = log2(PARTS);

/// `base^exponent`, with `0^0 = 1`. It is off by less than 5.01 * 10^-10, is never less for a greater
/// base nor more for a greater exponent, and exact where either is 0 or 1.
pub fn pow(base: Unit, exponent: Unit) -> Unit {
	geometric([(base, exponent)])
}

/// The product of `base^exponent` over all pairs, rounded once; 1 where there is none.
///
/// For exponents that add up to at most 1 it is off by less than 5.1 * 10^-10 for up to a hundred pairs;
/// where they add up to 1 it is the bases' weighted geometric mean, and that of equal bases is that base.
pub fn geometric(pairs: impl IntoIterator<Item = (Unit, Unit)>) -> Unit {
	let mut loss = 0u128;
	for (base, exponent) in pairs {
		if exponent.is_zero() {
			continue;
		}
		if base.is_zero() {
			return Unit::zero();
		}
		let bits = LOG_PARTS.saturating_sub(log2(base.deconstruct()));
		loss = loss.saturating_add(u128::from(bits).saturating_mul(exponent.deconstruct().into()));
	}
	const SCALE: u128 = (PARTS as u128) << (LOG_BITS - EXP_BITS as u32);
	exp2(loss / SCALE)
}

/// `2^(-exponent)`, where `exponent` has [`EXP_BITS`] bits after the point.
pub(crate) fn exp2(exponent: u128) -> Unit {
	let whole = exponent >> EXP_BITS;
	if whole > 30 {
		// Less than half a billionth.
		return Unit::zero();
	}
	let power = ROOTS
		.iter()
		.rev()
		.enumerate()
		.filter(|(bit, _)| (exponent >> bit) & 1 == 1)
		.fold(1u128 << 64, |power, (_, root)| power.saturating_mul((*root).into()) >> 64);
	let shift = (whole as u32).saturating_add(64);
	let half = 1u128 << shift.saturating_sub(1);
	Unit::from_parts((power.saturating_mul(PARTS.into()).saturating_add(half) >> shift) as u32)
}

/// `log2(number)` with [`LOG_BITS`] bits after the point, rounded down; 0 for 0.
const fn log2(number: u32) -> u64 {
	let Some(whole) = number.checked_ilog2() else { return 0 };
	let mut log = whole as u64;
	// In [1, 2), with 63 bits after the point.
	let mut x = (number as u128) << 63u32.saturating_sub(whole);
	let mut bit = 0;
	while bit < LOG_BITS {
		x = x.saturating_mul(x) >> 63;
		let carry = (x >> 64) as u64;
		x >>= carry;
		log = log << 1 | carry;
		bit = bit.saturating_add(1);
	}
	log
}

/// The table [`ROOTS`]. It runs while this crate is compiled, where a fault would be an error.
#[allow(clippy::indexing_slicing)]
const fn roots() -> [u64; EXP_BITS] {
	let mut roots = [0; EXP_BITS];
	let mut square = 1u128 << 127;
	let mut at = 0;
	while at < EXP_BITS {
		let root = sqrt(square);
		roots[at] = root as u64;
		square = root << 64;
		at = at.saturating_add(1);
	}
	roots
}
