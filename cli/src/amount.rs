//! Amounts of DN as people write them. Exact: no floating point comes near them.

use std::{fmt, str::FromStr};

use deepnode_primitives::{Balance, DN};

/// How many decimals one DN has.
const DECIMALS: usize = 18;

/// An amount of DN: `0.01DN`, `0.01`, or `123u` in the smallest unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(pub Balance);

/// Why a text is no amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
	#[error("{0:?} is no amount: write it like 0.01DN, 0.01, or 123u for the smallest unit")]
	Malformed(String),
	#[error("{0:?} has more than 18 decimals: one DN has 18, its smallest unit is written 1u")]
	TooFine(String),
	#[error("{0:?} is more than can exist")]
	TooMuch(String),
}

impl FromStr for Amount {
	type Err = AmountError;

	fn from_str(text: &str) -> Result<Self, AmountError> {
		let malformed = || AmountError::Malformed(text.into());
		let too_much = || AmountError::TooMuch(text.into());
		let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
		let trimmed = text.trim();
		if let Some(units) = trimmed.strip_suffix('u') {
			let units = units.trim_end();
			if units.is_empty() || !digits(units) {
				return Err(malformed());
			}
			return units.parse().map(Self).map_err(|_| too_much());
		}
		let number = trimmed.strip_suffix("DN").unwrap_or(trimmed).trim_end();
		let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
		let is_number = digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty());
		if !is_number || number.ends_with('.') {
			return Err(malformed());
		}
		let fraction = fraction.trim_end_matches('0');
		if fraction.len() > DECIMALS {
			return Err(AmountError::TooFine(text.into()));
		}
		let whole: Balance = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| too_much())? };
		let fraction: Balance = format!("{fraction:0<DECIMALS$}").parse().map_err(|_| malformed())?;
		whole.checked_mul(DN).and_then(|units| units.checked_add(fraction)).map(Self).ok_or_else(too_much)
	}
}

impl fmt::Display for Amount {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let fraction = format!("{:0DECIMALS$}", self.0 % DN);
		let fraction = fraction.trim_end_matches('0');
		let point = if fraction.is_empty() { "" } else { "." };
		f.pad(&format!("{}{point}{fraction} DN", self.0 / DN))
	}
}

/// In JSON an amount is a string of its smallest units: numbers there lose digits.
impl serde::Serialize for Amount {
	fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.collect_str(&self.0)
	}
}

/// A part of a whole in parts per million: `5%`, `0.5%`, or `50000ppm`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part(pub u32);

impl FromStr for Part {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		let parts = match text.strip_suffix("ppm") {
			Some(parts) => parts.parse().ok(),
			None => text.strip_suffix('%').and_then(|percent| decimal(percent, 4)),
		};
		match parts {
			Some(parts) if parts <= 1_000_000 => Ok(Self(parts as u32)),
			_ => Err(format!("{text:?} is no part of a whole: write it like 5%, 0.5% or 50000ppm")),
		}
	}
}

impl fmt::Display for Part {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let fraction = format!("{:04}", self.0 % 10_000);
		let fraction = fraction.trim_end_matches('0');
		let point = if fraction.is_empty() { "" } else { "." };
		write!(f, "{}{point}{fraction}%", self.0 / 10_000)
	}
}

/// A number from 0 to 1 in parts per billion: a fidelity, a score, a weight, a rating. It prints in percent:
/// all of it, or cut off after so many decimals. It is typed `50%` or `0.5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(pub u32);

/// How many decimals a part per billion has in percent.
const SHARE_DECIMALS: usize = 7;

impl FromStr for Share {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		let parts = match text.strip_suffix('%') {
			Some(percent) => decimal(percent, SHARE_DECIMALS),
			None => decimal(text, SHARE_DECIMALS + 2),
		};
		match parts {
			Some(parts) if parts <= 1_000_000_000 => Ok(Self(parts as u32)),
			_ => Err(format!("{text:?} is no number from 0 to 1: write it like 50% or 0.5")),
		}
	}
}

impl fmt::Display for Share {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let whole = 10u32.pow(SHARE_DECIMALS as u32);
		let fraction = format!("{:0SHARE_DECIMALS$}", self.0 % whole);
		let shown = f.precision().unwrap_or(SHARE_DECIMALS).min(SHARE_DECIMALS);
		let fraction = fraction[..shown].trim_end_matches('0');
		let point = if fraction.is_empty() { "" } else { "." };
		write!(f, "{}{point}{fraction}%", self.0 / whole)
	}
}

impl serde::Serialize for Share {
	fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.collect_str(self)
	}
}

/// A decimal number times `10^decimals`, where that is whole.
pub fn decimal(text: &str, decimals: usize) -> Option<u64> {
	let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
	let is_number =
		!whole.is_empty() && !fraction.is_empty() && text.bytes().all(|byte| byte == b'.' || byte.is_ascii_digit());
	let fraction = fraction.trim_end_matches('0');
	if !is_number || fraction.len() > decimals {
		return None;
	}
	format!("{whole}{fraction:0<decimals$}").parse().ok()
}

#[cfg(test)]
mod tests {
	use proptest::prelude::*;

	use super::*;

	fn units(text: &str) -> Balance {
		text.parse::<Amount>().unwrap().0
	}

	#[test]
	fn amounts_are_read_exactly() {
		assert_eq!(units("0.01DN"), DN / 100);
		assert_eq!(units("0.01"), DN / 100);
		assert_eq!(units(".5 DN"), DN / 2);
		assert_eq!(units("1000DN"), 1000 * DN);
		assert_eq!(units("123u"), 123);
		assert_eq!(units("0.000000000000000001"), 1);
		assert_eq!(units("1.10000000000000000000000"), 11 * DN / 10, "zeros at the end say nothing");
		assert_eq!(units("340282366920938463463374607431768211455u"), Balance::MAX);
	}

	#[test]
	fn what_is_no_amount_is_refused_with_its_text() {
		for text in ["", "DN", "u", ".", "1.", "-1", "+1", "1e3", "1,5", "0x10", "1.5u", "1 000", "1..2", "1DNDN", "١"]
		{
			assert_eq!(text.parse::<Amount>(), Err(AmountError::Malformed(text.into())), "{text}");
		}
		let fine = "0.0000000000000000001";
		assert_eq!(fine.parse::<Amount>(), Err(AmountError::TooFine(fine.into())));
		for much in ["340282366920938463463374607431768211456u", "340282366920938463464DN"] {
			assert_eq!(much.parse::<Amount>(), Err(AmountError::TooMuch(much.into())));
		}
	}

	#[test]
	fn amounts_are_printed_without_needless_zeros() {
		assert_eq!(Amount(0).to_string(), "0 DN");
		assert_eq!(Amount(DN / 100).to_string(), "0.01 DN");
		assert_eq!(Amount(1).to_string(), "0.000000000000000001 DN");
		assert_eq!(Amount(1500 * DN).to_string(), "1500 DN");
	}

	#[test]
	fn parts_are_read_exactly() {
		assert_eq!("5%".parse(), Ok(Part(50_000)));
		assert_eq!("0.0001%".parse(), Ok(Part(1)));
		assert_eq!("50000ppm".parse(), Ok(Part(50_000)));
		for text in ["5", "101%", "0.00001%", "1000001ppm", "-1%", "%", ".%"] {
			assert!(text.parse::<Part>().is_err(), "{text}");
		}
		assert_eq!(Part(12_500).to_string(), "1.25%");
	}

	#[test]
	fn shares_are_printed_in_percent() {
		assert_eq!(Share(500_000_000).to_string(), "50%");
		assert_eq!(Share(1_000_000_000).to_string(), "100%");
		assert_eq!(Share(525_012_345).to_string(), "52.5012345%");
		assert_eq!(format!("{:.1}", Share(525_912_345)), "52.5%");
		assert_eq!(format!("{:.1}", Share(99_999_999)), "9.9%", "it is never shown higher than it is");
		assert_eq!(Share(1).to_string(), "0.0000001%");
	}

	#[test]
	fn shares_are_read_exactly() {
		for (text, parts) in [("100%", 1_000_000_000), ("0.5", 500_000_000), ("0.0000001%", 1), ("1", 1_000_000_000)] {
			assert_eq!(text.parse(), Ok(Share(parts)), "{text}");
		}
		for text in ["101%", "1.1", "-1", "50", "0.0000000001", "half", "%"] {
			assert!(text.parse::<Share>().unwrap_err().contains("0 to 1"), "{text}");
		}
	}

	proptest! {
		#[test]
		fn a_share_that_is_printed_is_read_back(parts in 0..=1_000_000_000u32) {
			prop_assert_eq!(Share(parts).to_string().parse(), Ok(Share(parts)));
		}

		#[test]
		fn what_is_printed_is_read_back(units: Balance) {
			prop_assert_eq!(Amount(units).to_string().parse(), Ok(Amount(units)));
		}

		#[test]
		fn the_smallest_unit_is_read_back(units: Balance) {
			prop_assert_eq!(format!("{units}u").parse(), Ok(Amount(units)));
		}

		#[test]
		fn a_decimal_point_only_moves_digits(whole in 0u64.., fraction in "[0-9]{1,18}") {
			let expected = Balance::from(whole) * DN
				+ fraction.parse::<Balance>().unwrap() * 10u128.pow(18 - fraction.len() as u32);
			prop_assert_eq!(units(&format!("{whole}.{fraction}DN")), expected);
		}

		#[test]
		fn any_text_is_read_or_refused(text: String) {
			let _ = text.parse::<Amount>();
			let _ = text.parse::<Part>();
			let _ = text.parse::<Share>();
		}
	}
}
