//! What an epoch pays, and why washing loses.

use deepnode_primitives::{fees::FeeTable, MAX_SUPPLY};
use deepnode_scoring::{
	emission::{capped, epoch, share, EmissionParams, EmissionTable},
	Unit,
};
use proptest::{collection::vec, prelude::*};

const ONE: u32 = 1_000_000_000;

fn unit() -> impl Strategy<Value = Unit> {
	prop_oneof![4 => (0..=ONE).prop_map(Unit::from_parts), 1 => Just(Unit::zero()), 1 => Just(Unit::one())]
}

fn amount() -> impl Strategy<Value = u128> {
	prop_oneof![any::<u128>(), 0u128..5, Just(MAX_SUPPLY), Just(u128::MAX)]
}

#[test]
fn the_defaults_are_sound() {
	let (params, fees) = (EmissionParams::default(), FeeTable::default());
	assert!(params.is_sound(&fees));
	assert!(EmissionParams { cap: Unit::from_parts(99_999_999), ..params }.is_sound(&fees));
	assert!(!EmissionParams { cap: Unit::from_percent(10), ..params }.is_sound(&fees), "washing would cost nothing");
	assert!(!EmissionParams { cap: Unit::one(), ..params }.is_sound(&fees));
	assert!(!params.is_sound(&FeeTable { creator: 320_000, treasury: 40_000, ..fees }));
	assert!(!params.is_sound(&FeeTable { treasury: u32::MAX, ..fees }), "no table");
	let table = EmissionTable { creators: Unit::from_percent(50), ..params.table };
	assert!(!table.is_valid());
	assert!(!EmissionParams { table, ..params }.is_sound(&fees));
}

#[test]
fn an_epoch_pays_a_part_of_the_pot() {
	let rate = EmissionParams::default().rate;
	assert_eq!(epoch(0, rate), 0);
	assert_eq!(epoch(1, rate), 0);
	assert_eq!(epoch(u128::MAX, Unit::one()), u128::MAX);
	let after_four_years = (0..1_461).fold(MAX_SUPPLY, |pot, _| pot - epoch(pot, rate));
	assert!(after_four_years.abs_diff(MAX_SUPPLY / 2) < MAX_SUPPLY / 10_000, "{after_four_years}");
}

#[test]
fn shares_are_exact_where_products_overflow() {
	assert_eq!(share(u128::MAX, u128::MAX, u128::MAX), u128::MAX);
	assert_eq!(share(u128::MAX, u128::MAX - 1, u128::MAX), u128::MAX - 1);
	assert_eq!(share(MAX_SUPPLY, MAX_SUPPLY / 3, MAX_SUPPLY), MAX_SUPPLY / 3);
	assert_eq!(share(10, 1, 3), 3);
	assert_eq!(share(10, 4, 3), 10, "nobody has more than the whole");
	assert_eq!(share(10, 0, 0), 0);
	assert_eq!(share(10, 1, 0), 0);
}

proptest! {
	#[test]
	fn shares_never_exceed_the_total(total in amount(), parts in vec(0..=u128::MAX / 20, 1..20)) {
		let whole: u128 = parts.iter().sum();
		prop_assume!(whole > 0);
		let shares: u128 = parts.iter().map(|part| share(total, *part, whole)).sum();
		prop_assert!(shares <= total);
		prop_assert!(total - shares < parts.len() as u128, "what is left is less than a unit each");
	}

	#[test]
	fn a_part_split_into_many_shares_no_more(total in amount(), parts in vec(0..=u128::MAX / 20, 1..10), others in 0..=u128::MAX / 4) {
		let together: u128 = parts.iter().sum();
		let whole = together + others;
		let apart: u128 = parts.iter().map(|part| share(total, *part, whole)).sum();
		prop_assert!(apart <= share(total, together, whole));
		prop_assert!(share(total, together, whole) - apart < parts.len() as u128);
	}

	#[test]
	fn a_share_grows_with_the_part(total in amount(), a in amount(), b in amount(), whole in amount()) {
		prop_assert!(share(total, a.min(b), whole) <= share(total, a.max(b), whole));
		prop_assert!(share(a.min(b), total, whole) <= share(a.max(b), total, whole));
		prop_assert!(share(total, a, whole) <= total);
	}

	#[test]
	fn a_cap_is_indifferent_to_splitting(fees in vec(0..=MAX_SUPPLY / 10, 1..10), cap in unit()) {
		let together = capped(u128::MAX, fees.iter().sum(), cap);
		let apart: u128 = fees.iter().map(|fees| capped(u128::MAX, *fees, cap)).sum();
		prop_assert!(apart <= together && together - apart < fees.len() as u128);
	}

	#[test]
	fn nobody_gets_more_than_its_share_or_its_cap(share in amount(), fees in amount(), cap in unit()) {
		let got = capped(share, fees, cap);
		prop_assert!(got <= share && got <= fees);
		prop_assert_eq!(capped(got, fees, cap), got);
		prop_assert_eq!(capped(share, fees, Unit::zero()), 0);
	}

	/// A coalition pays for its own model, which its own workers serve, in as many tasks, over as many models and
	/// workers as it likes, in a domain where nobody else is: the whole emission is offered to it.
	#[test]
	fn washing_loses(
		tasks in vec((1u128..=MAX_SUPPLY / 40, 1u32..=5), 1..20), pot in prop_oneof![Just(u128::MAX), 0..=MAX_SUPPLY],
		accounts in 1usize..5, cap in 0u32..100_000_000,
	) {
		let (table, params) = (FeeTable::default(), EmissionParams { cap: Unit::from_parts(cap), ..Default::default() });
		prop_assert!(params.is_sound(&table));
		let (mut paid, mut back) = (0u128, 0u128);
		let (mut creators, mut workers) = (vec![0u128; accounts], vec![0u128; accounts]);
		for (at, (fee, winners)) in tasks.iter().enumerate() {
			let split = table.split(*fee, *winners);
			paid += fee;
			back += split.creator + split.workers;
			creators[at % accounts] += fee;
			for winner in 0..*winners {
				workers[(at + winner as usize) % accounts] += fee / u128::from(*winners);
			}
		}
		for fees in creators.iter().chain(&workers) {
			back += capped(pot, *fees, params.cap);
		}
		prop_assert!(back < paid, "{back} of {paid} came back");
	}

	/// With the defaults a washer loses a fiftieth of what it moves.
	#[test]
	fn washing_loses_a_fiftieth(fee in 0..=MAX_SUPPLY, winners in 1u32..=5) {
		let (table, params) = (FeeTable::default(), EmissionParams::default());
		let split = table.split(fee, winners);
		let back = split.creator + split.workers + 2 * capped(u128::MAX, fee, params.cap);
		prop_assert!(fee - back >= fee / 50);
	}
}
