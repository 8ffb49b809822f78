use crate::{mock::*, DataSet, Event, NextDataSetId, Status};
use codec::Encode;
use deepnode_primitives::{Balance, DataSetId};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::{ArithmeticError, DispatchError::BadOrigin, TokenError};

#[test]
fn an_entry_is_stored_and_its_bond_is_held() {
	run(|| {
		System::set_block_number(5);
		assert_ok!(DataRegistry::register(signed(1), spec()));

		let bond = BaseBond::get() + ByteBond::get() * spec().encoded_size() as Balance;
		let expected = DataSet { owner: account(1), spec: spec(), status: Status::Active, bond, registered_at: 5 };
		assert_eq!(entry(0), expected);
		assert_eq!(on_hold(1), bond);
		assert_eq!(Balances::free_balance(account(1)), FUNDS - bond);
		assert_eq!(events(), [Event::DataSetRegistered { data_set: 0, owner: account(1) }]);
	});
}

#[test]
fn a_sealed_data_set_is_cheaper_than_an_open_one() {
	run(|| {
		register(1, spec());
		let data_set = register(2, sealed());
		assert!(entry(data_set).spec.manifest.is_sealed());
		assert!(on_hold(2) < on_hold(1));
	});
}

#[test]
fn every_data_set_has_a_number_of_its_own() {
	run(|| {
		assert_eq!(register(1, spec()), 0);
		// Two may be the same: who was first is written in both.
		assert_eq!(register(2, spec()), 1);
		assert_ok!(DataRegistry::retire(signed(2), 1));
		assert!(!is_stored(1));
		assert_eq!(register(1, sealed()), 2);
		assert_eq!(on_hold(1), entry(0).bond + entry(2).bond);
	});
}

#[test]
fn only_a_signed_origin_registers() {
	run(|| {
		assert_noop!(DataRegistry::register(RuntimeOrigin::root(), spec()), BadOrigin);
		assert_noop!(DataRegistry::register(RuntimeOrigin::none(), spec()), BadOrigin);
	});
}

#[test]
fn nobody_registers_without_the_bond() {
	run(|| {
		assert_noop!(DataRegistry::register(signed(99), spec()), TokenError::FundsUnavailable);
		let bond = DataRegistry::bond(spec());
		// The bond, but nothing to live on.
		assert_ok!(Balances::force_set_balance(RuntimeOrigin::root(), account(1), bond));
		assert_noop!(DataRegistry::register(signed(1), spec()), TokenError::FundsUnavailable);
		assert_ok!(Balances::force_set_balance(RuntimeOrigin::root(), account(1), bond + LEAST));
		assert_ok!(DataRegistry::register(signed(1), spec()));
	});
}

#[test]
fn numbers_end_instead_of_starting_again() {
	run(|| {
		NextDataSetId::<Test>::put(DataSetId::MAX);
		assert_noop!(DataRegistry::register(signed(1), spec()), ArithmeticError::Overflow);
	});
}
