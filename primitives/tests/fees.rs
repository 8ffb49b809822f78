//! Where every unit of a fee goes.

use deepnode_primitives::{
	fees::{lineage, part, FeeTable, LineageParts, MILLION},
	DN,
};
use proptest::{collection::vec, prelude::*};

/// Tables that add up: five cuts through a million.
fn table() -> impl Strategy<Value = FeeTable> {
	vec(0u32..=MILLION, 5).prop_map(|mut cuts| {
		cuts.sort();
		let mut rows = [0; 6];
		let mut from = 0;
		for (row, to) in rows.iter_mut().zip(cuts.into_iter().chain([MILLION])) {
			*row = to - from;
			from = to;
		}
		let [creator, workers, validators, treasury, community, burned] = rows;
		FeeTable { creator, workers, validators, treasury, community, burned }
	})
}

fn fee() -> impl Strategy<Value = u128> {
	prop_oneof![any::<u128>(), 0u128..5_000_000, Just(u128::MAX), Just(0)]
}

/// What a model may owe: to its parent, and to its data sets, together at most everything.
fn debts() -> impl Strategy<Value = (u32, Vec<u32>)> {
	vec(0u32..=MILLION, 1..6).prop_map(|mut cuts| {
		cuts.sort();
		let mut from = 0;
		let mut debts = cuts.into_iter().map(|to| to - std::mem::replace(&mut from, to));
		(debts.next().unwrap(), debts.collect())
	})
}

proptest! {
	#[test]
	fn a_split_is_the_fee_to_the_last_unit(table in table(), fee in fee(), winners in prop_oneof![0u32..6, any::<u32>()]) {
		prop_assert!(table.is_valid());
		let split = table.split(fee, winners);
		prop_assert_eq!(split.total(), Some(fee));
		prop_assert_eq!(Some(split.workers), split.per_worker.checked_mul(winners.into()));
		prop_assert_eq!(split.creator, part(fee, table.creator));
		prop_assert_eq!(split.validators, part(fee, table.validators));
		prop_assert_eq!(split.community, part(fee, table.community));
		prop_assert_eq!(split.burned, part(fee, table.burned));
		prop_assert!(split.treasury >= part(fee, table.treasury));
	}

	/// The treasury gains less than a unit a row, and less than a unit a winner.
	#[test]
	fn rounding_is_worth_next_to_nothing(table in table(), fee in fee(), winners in 1u32..6) {
		let split = table.split(fee, winners);
		prop_assert!(split.treasury - part(fee, table.treasury) < 6 + u128::from(winners));
	}

	#[test]
	fn a_part_is_the_floor_of_the_exact_product(amount in any::<u128>(), parts in 0u32..=MILLION) {
		let exact = sp_core::U256::from(amount) * sp_core::U256::from(parts) / sp_core::U256::from(MILLION);
		prop_assert_eq!(part(amount, parts), exact.as_u128());
	}

	#[test]
	fn a_lineage_shares_everything(share in fee(), royalties in vec(0u32..=MILLION, 0..6)) {
		let LineageParts { owners: parts, data_sets } = lineage(share, &royalties, []);
		prop_assert!(data_sets.is_empty());
		prop_assert_eq!(parts.len(), royalties.len() + 1);
		prop_assert_eq!(parts.iter().try_fold(0u128, |sum, part| sum.checked_add(*part)), Some(share));
		// Each entry passes on its royalty of what it received itself.
		let mut received = share;
		for (part_kept, royalty) in parts.iter().zip(&royalties) {
			let owed = part(received, *royalty);
			prop_assert_eq!(*part_kept, received - owed);
			received = owed;
		}
	}

	/// Data sets are paid like a parent, out of the same share; the parent's own lineage is not touched.
	#[test]
	fn data_sets_are_owed_by_the_model_alone(share in fee(), (first, data_sets) in debts(), older in vec(0u32..=MILLION, 0..4)) {
		let royalties: Vec<_> = std::iter::once(first).chain(older.iter().copied()).collect();
		let parts = lineage(share, &royalties, data_sets.iter().copied());
		let owed: Vec<_> = data_sets.iter().map(|royalty| part(share, *royalty)).collect();
		prop_assert_eq!(&parts.data_sets, &owed);
		let parent = part(share, first);
		prop_assert_eq!(parts.owners[0], share - parent - owed.iter().sum::<u128>());
		prop_assert_eq!(&parts.owners[1..], &lineage(parent, &older, []).owners[..]);
	}

	/// Whatever the debts, even ones that no model can have.
	#[test]
	fn a_lineage_with_data_sets_shares_everything(
		share in fee(),
		royalties in vec(any::<u32>(), 0..6),
		data_sets in vec(any::<u32>(), 0..6),
	) {
		let parts = lineage(share, &royalties, data_sets.iter().copied());
		prop_assert_eq!((parts.owners.len(), parts.data_sets.len()), (royalties.len() + 1, data_sets.len()));
		let all = parts.owners.iter().chain(&parts.data_sets);
		prop_assert_eq!(all.copied().try_fold(0u128, u128::checked_add), Some(share));
	}

	/// The debtor gains less than a unit for each debt.
	#[test]
	fn roundings_are_the_models(share in fee(), (first, data_sets) in debts()) {
		let rest = MILLION - first - data_sets.iter().sum::<u32>();
		let own = lineage(share, &[first], data_sets.iter().copied()).owners[0];
		prop_assert!(own - part(share, rest) <= data_sets.len() as u128 + 1);
	}

	#[test]
	fn royalties_beyond_everything_are_everything(share in fee(), royalty in MILLION..) {
		prop_assert_eq!(lineage(share, &[royalty], []).owners, [0, share]);
		// The parent comes first, then the data sets as they are declared.
		let late = lineage(share, &[royalty], [MILLION]);
		prop_assert_eq!(late, LineageParts { owners: vec![0, share], data_sets: vec![0] });
		let first = lineage(share, &[], [royalty, 1]);
		prop_assert_eq!(first, LineageParts { owners: vec![0], data_sets: vec![share, 0] });
	}

	#[test]
	fn the_network_table_adds_up(table in table()) {
		let network = table.network();
		prop_assert!(network.is_valid());
		prop_assert_eq!((network.creator, network.workers), (0, 0));
		// Proportions are kept to a millionth.
		let whole = u64::from(table.validators + table.treasury + table.community + table.burned);
		match (u64::from(table.validators) * u64::from(MILLION)).checked_div(whole) {
			Some(exact) => prop_assert_eq!(u64::from(network.validators), exact),
			None => prop_assert_eq!(network.treasury, MILLION),
		}
	}

	#[test]
	fn a_network_fee_is_the_fee_to_the_last_unit(table in table(), fee in fee()) {
		let split = table.network().split(fee, 0);
		prop_assert_eq!(split.total(), Some(fee));
		prop_assert_eq!((split.creator, split.workers), (0, 0));
	}
}

#[test]
fn the_default_is_the_documented_table() {
	let split = FeeTable::default().split(100 * DN, 2);
	assert!(FeeTable::default().is_valid());
	assert_eq!(split.creator, 30 * DN);
	assert_eq!(split.workers, 50 * DN);
	assert_eq!(split.per_worker, 25 * DN);
	assert_eq!(split.validators, 8 * DN);
	assert_eq!(split.treasury, 6 * DN);
	assert_eq!(split.community, 5 * DN);
	assert_eq!(split.burned, DN);
	assert_eq!(
		FeeTable::default().network(),
		FeeTable { creator: 0, workers: 0, validators: 400_000, treasury: 300_000, community: 250_000, burned: 50_000 }
	);
}

#[test]
fn a_model_pays_its_parent_and_its_data_sets() {
	// 10% to the parent, which owes half of it, and 5% and 20% to data sets.
	let parts = lineage(100 * DN, &[100_000, 500_000], [50_000, 200_000]);
	assert_eq!(parts.owners, [65 * DN, 5 * DN, 5 * DN]);
	assert_eq!(parts.data_sets, [5 * DN, 20 * DN]);
	// 7 units: 0.7, 0.35 and 1.4 are rounded down.
	let parts = lineage(7, &[100_000], [50_000, 200_000]);
	assert_eq!(parts, LineageParts { owners: vec![6, 0], data_sets: vec![0, 1] });
}

#[test]
fn without_winners_the_workers_row_is_the_treasurys() {
	let split = FeeTable::default().split(100 * DN, 0);
	assert_eq!((split.workers, split.per_worker, split.treasury), (0, 0, 56 * DN));
}

#[test]
fn tables_that_do_not_add_up_are_told_apart() {
	let table = FeeTable::default();
	assert!(!FeeTable { burned: table.burned + 1, ..table }.is_valid());
	assert!(!FeeTable { burned: table.burned - 1, ..table }.is_valid());
	// The rows add up to a million modulo 2^32.
	assert!(!FeeTable { creator: u32::MAX, workers: table.workers + table.creator + 1, ..table }.is_valid());
}
