use crate::{mock::*, Table};
use deepnode_primitives::{fees::FeeTable, DN};
use frame_support::traits::Hooks;

#[test]
fn the_pots_are_there_and_alive() {
	new_test_ext().execute_with(|| {
		for pot in FeeSplit::pots().each() {
			assert_eq!(Balances::free_balance(pot), LEAST);
			assert_eq!(System::providers(pot), 2);
		}
		assert_eq!(Balances::total_issuance(), 90 * DN + 3 * LEAST);
		FeeSplit::do_try_state().unwrap();
		FeeSplit::integrity_test();
	});
}

/// A chain whose supply is counted to the last unit endows the pots itself, and nothing is minted.
#[test]
fn endowed_pots_are_left_as_they_are() {
	let pots = crate::Pots::<AccountId>::of(&FeePallet::get());
	let balances =
		vec![(pots.validators.clone(), LEAST), (pots.treasury.clone(), 5 * DN), (pots.community.clone(), DN)];
	genesis(FeeTable::default(), balances).execute_with(|| {
		assert_eq!(FeeSplit::pots(), pots);
		assert_eq!(Balances::free_balance(&pots.treasury), 5 * DN);
		assert_eq!(Balances::total_issuance(), LEAST + 6 * DN);
		FeeSplit::do_try_state().unwrap();
	});
}

#[test]
fn the_table_is_the_chain_specs() {
	let table = FeeTable { creator: 0, treasury: 360_000, ..Default::default() };
	genesis(table, vec![]).execute_with(|| assert_eq!(Table::<Test>::get(), table));
}

#[test]
#[should_panic(expected = "must add up to a million parts")]
fn a_table_that_does_not_add_up_stops_the_chain_from_being_built() {
	genesis(FeeTable { creator: 0, ..Default::default() }, vec![]);
}

#[test]
fn a_broken_state_is_noticed() {
	new_test_ext().execute_with(|| {
		Table::<Test>::put(FeeTable { creator: 0, ..Default::default() });
		assert!(FeeSplit::do_try_state().is_err());
		Table::<Test>::put(FeeTable::default());
		FeeSplit::do_try_state().unwrap();
		let treasury = FeeSplit::pots().treasury;
		System::dec_providers(&treasury).unwrap();
		System::dec_providers(&treasury).unwrap();
		assert!(FeeSplit::do_try_state().is_err());
	});
}
