//! A median that is kept.

use codec::{Decode, Encode, MaxEncodedLen};
use deepnode_primitives::MAX_SUPPLY;
use deepnode_scoring::histogram::Histogram;
use proptest::{collection::vec, prelude::*};

fn amount() -> impl Strategy<Value = u128> {
	prop_oneof![
		0u128..20,
		0..=MAX_SUPPLY,
		(0u32..128, any::<u128>()).prop_map(|(shift, amount)| amount >> shift),
		(0u32..128).prop_map(|power| 1 << power),
		(0u32..128).prop_map(|power| (1 << power) - 1),
		Just(u128::MAX),
	]
}

fn of(amounts: &[u128]) -> Histogram {
	let mut histogram = Histogram::default();
	amounts.iter().for_each(|amount| histogram.add(*amount));
	histogram
}

#[test]
fn an_empty_one_has_no_median() {
	assert_eq!(Histogram::default().median(), 0);
	assert_eq!(Histogram::default().total(), 0);
}

#[test]
fn small_amounts_are_exact() {
	for amount in 0..8 {
		assert_eq!(of(&[amount]).median(), amount);
	}
	assert_eq!(of(&[1, 2, 3, 4]).median(), 2, "the lower one");
	assert_eq!(of(&[7, 0, 5]).median(), 5);
}

#[test]
fn it_fits_into_two_kibibytes() {
	assert_eq!(Histogram::max_encoded_len(), 2_032);
	let histogram = of(&[0, 1, MAX_SUPPLY, u128::MAX]);
	let bytes = histogram.encode();
	assert_eq!(bytes.len(), 2_032);
	assert_eq!(Histogram::decode(&mut &bytes[..]), Ok(histogram));
}

#[test]
fn what_was_never_added_cannot_be_removed() {
	let mut histogram = of(&[100]);
	histogram.remove(1);
	assert_eq!(histogram, of(&[100]));
	histogram.remove(100);
	histogram.remove(100);
	assert_eq!(histogram, Histogram::default());
}

proptest! {
	#[test]
	fn the_median_is_within_an_eighth(mut amounts in vec(amount(), 1..100)) {
		let histogram = of(&amounts);
		amounts.sort();
		let exact = amounts[(amounts.len() - 1) / 2];
		prop_assert!(histogram.median().abs_diff(exact) <= exact / 8, "{} for {exact}", histogram.median());
		prop_assert_eq!(histogram.total() as usize, amounts.len());
	}

	#[test]
	fn the_order_does_not_matter_and_what_goes_is_gone(stay in vec(amount(), 0..30), go in vec(amount(), 0..30)) {
		let mut histogram = of(&go);
		stay.iter().for_each(|amount| histogram.add(*amount));
		go.iter().rev().for_each(|amount| histogram.remove(*amount));
		prop_assert_eq!(histogram, of(&stay));
	}

	#[test]
	fn greater_amounts_have_no_smaller_median(a in amount(), b in amount()) {
		prop_assert!(of(&[a.min(b)]).median() <= of(&[a.max(b)]).median());
	}
}
