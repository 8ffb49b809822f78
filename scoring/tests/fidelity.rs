//! Trust is slow to win and quick to lose.

use deepnode_primitives::MAX_SUPPLY;
use deepnode_scoring::{
	fidelity::{after, band, weigh, FidelityParams, Mark, BANDS, START},
	Unit,
};
use proptest::prelude::*;

const ONE: u32 = 1_000_000_000;

fn unit() -> impl Strategy<Value = Unit> {
	prop_oneof![(0..=ONE).prop_map(Unit::from_parts), Just(Unit::zero()), Just(Unit::one())]
}

fn mark() -> impl Strategy<Value = Mark> {
	prop_oneof![Just(Mark::For), Just(Mark::Against), Just(Mark::Absent)]
}

#[test]
fn the_defaults_are_valid() {
	let params = FidelityParams::default();
	assert!(params.is_valid());
	assert!(!FidelityParams { absent: params.against, ..params }.is_valid(), "an absence costs more");
	assert!(!FidelityParams { gain: Unit::zero(), ..params }.is_valid());
	assert_eq!(after(START, Mark::For, &params), Unit::from_parts(525_000_000));
	assert_eq!(after(START, Mark::Against, &params), Unit::from_percent(25));
	assert_eq!(after(START, Mark::Absent, &params), Unit::from_parts(125_000_000));
}

#[test]
fn full_trust_can_be_won_and_lost() {
	let params = FidelityParams::default();
	let times = |from, mark, n| (0..n).fold(from, |fidelity, _| after(fidelity, mark, &params));
	assert_eq!(times(START, Mark::For, 500), Unit::one());
	assert_eq!(times(Unit::one(), Mark::Against, 40), Unit::zero());
	assert!(times(Unit::zero(), Mark::For, 14) > START, "nobody is lost for ever");
}

#[test]
fn bands_are_sixteenths_rounded_up() {
	assert_eq!(band(Unit::zero()), 1);
	assert_eq!(band(Unit::from_parts(1)), 1);
	assert_eq!(band(Unit::from_parts(62_500_000)), 1);
	assert_eq!(band(Unit::from_parts(62_500_001)), 2);
	assert_eq!(band(START), 8);
	assert_eq!(band(Unit::one()), BANDS);
}

#[test]
fn weights_fit_the_smallest_and_the_greatest_stake() {
	assert_eq!(weigh(1, Unit::one()), 1);
	assert_eq!(weigh(1, START), 0);
	assert_eq!(weigh(MAX_SUPPLY, START), MAX_SUPPLY / 2);
	assert_eq!(weigh(u128::MAX, Unit::one()), u128::MAX);
	assert_eq!(weigh(u128::MAX, Unit::zero()), u128::MAX / 16);
}

proptest! {
	#[test]
	fn marks_move_trust_the_right_way(fidelity in unit(), gain in unit(), against in unit(), absent in unit()) {
		let params = FidelityParams { gain, against, absent };
		prop_assert!(after(fidelity, Mark::For, &params) >= fidelity);
		prop_assert!(after(fidelity, Mark::Against, &params) <= fidelity);
		if params.is_valid() {
			prop_assert!(after(fidelity, Mark::Absent, &params) <= after(fidelity, Mark::Against, &params));
		}
		prop_assert_eq!(after(Unit::one(), Mark::For, &params), Unit::one());
		prop_assert_eq!(after(Unit::zero(), Mark::Against, &params), Unit::zero());
		prop_assert_eq!(after(Unit::zero(), Mark::Absent, &params), Unit::zero());
	}

	#[test]
	fn who_was_trusted_more_still_is(a in unit(), b in unit(), mark in mark()) {
		let params = FidelityParams::default();
		prop_assert!(after(a.min(b), mark, &params) <= after(a.max(b), mark, &params));
		prop_assert!(band(a.min(b)) <= band(a.max(b)));
	}

	#[test]
	fn a_stake_split_into_many_weighs_no_more(stakes in proptest::collection::vec(0..=MAX_SUPPLY, 0..20), fidelity in unit()) {
		let together = weigh(stakes.iter().sum(), fidelity);
		let apart: u128 = stakes.iter().map(|stake| weigh(*stake, fidelity)).sum();
		prop_assert!(apart <= together);
		prop_assert!(together - apart <= stakes.len() as u128, "and less by its rounding only");
	}

	#[test]
	fn a_weight_is_a_sixteenth_at_least(stake in any::<u128>(), fidelity in unit()) {
		let weight = weigh(stake, fidelity);
		prop_assert!(weight >= stake / u128::from(BANDS) && weight <= stake);
	}
}
