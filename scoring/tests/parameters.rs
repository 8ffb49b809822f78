//! Parameters as storage and constants keep them.

use codec::{Decode, Encode, MaxEncodedLen};
use deepnode_scoring::{
	assurance::AssuranceParams, emission::EmissionParams, fidelity::FidelityParams, metric::Metric, powr::Exponents,
	Unit,
};

fn assert_round_trip<T: Decode + Encode + MaxEncodedLen + PartialEq + core::fmt::Debug>(value: T) {
	let bytes = value.encode();
	assert!(bytes.len() <= T::max_encoded_len());
	assert_eq!(T::decode(&mut &bytes[..]), Ok(value));
}

#[test]
fn parameters_decode_as_they_were_encoded() {
	assert_round_trip(AssuranceParams::default());
	assert_round_trip(EmissionParams::default());
	assert_round_trip(FidelityParams::default());
	assert_round_trip(Exponents::default());
	assert_round_trip(Metric::TopK(5));
}

#[test]
fn a_figure_above_one_is_refused() {
	assert_eq!(Unit::decode(&mut &1_000_000_000u32.encode()[..]), Ok(Unit::one()));
	assert!(Unit::decode(&mut &1_000_000_001u32.encode()[..]).is_err());
}
