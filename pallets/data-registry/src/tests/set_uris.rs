use crate::{mock::*, Error, Event, Manifest};
use deepnode_primitives::content::Uris;
use deepnode_primitives::traits::DataSets as _;
use frame_support::{assert_noop, assert_ok};
use sp_runtime::{DispatchError::BadOrigin, TokenError};

fn long() -> Uris {
	uris(&["u".repeat(256).as_str(); 4])
}

#[test]
fn the_owner_changes_where_a_file_is() {
	run(|| {
		let data_set = register(1, spec());
		let mut expected = entry(data_set);
		events();
		let new = uris(&["s3://bucket/key", "file:///data/a"]);
		assert_ok!(DataRegistry::set_uris(signed(1), data_set, 1, new.clone()));

		let mut files = files();
		files[1].content.uris = new;
		expected.spec.manifest = Manifest::Open(files);
		expected.bond = DataRegistry::bond(expected.spec.clone());
		assert_eq!(entry(data_set), expected);
		assert_eq!(events(), [Event::UrisChanged { data_set, file: 1 }]);
	});
}

#[test]
fn the_bond_follows_the_bytes() {
	run(|| {
		let data_set = register(1, spec());
		let before = on_hold(1);
		assert_ok!(DataRegistry::set_uris(signed(1), data_set, 0, long()));
		assert!(on_hold(1) > before + 900 * ByteBond::get());
		assert_eq!(on_hold(1), entry(data_set).bond);

		assert_ok!(DataRegistry::set_uris(signed(1), data_set, 0, Default::default()));
		assert!(on_hold(1) < before);
		assert_ok!(DataRegistry::retire(signed(1), data_set));
		assert_eq!((on_hold(1), Balances::free_balance(account(1))), (0, FUNDS));
	});
}

#[test]
fn more_bytes_than_the_owner_can_pay_for_are_refused() {
	run(|| {
		let data_set = register(1, spec());
		assert_ok!(Balances::force_set_balance(RuntimeOrigin::root(), account(1), 2 * LEAST));
		assert_noop!(DataRegistry::set_uris(signed(1), data_set, 0, long()), TokenError::FundsUnavailable);
	});
}

#[test]
fn nobody_else_changes_them() {
	run(|| {
		let data_set = register(1, spec());
		assert_noop!(DataRegistry::set_uris(signed(2), data_set, 0, long()), Error::<Test>::NotOwner);
		assert_noop!(DataRegistry::set_uris(RuntimeOrigin::root(), data_set, 0, long()), BadOrigin);
		assert_noop!(DataRegistry::set_uris(signed(1), data_set + 1, 0, long()), Error::<Test>::UnknownDataSet);
	});
}

#[test]
fn sealed_files_have_no_uris() {
	run(|| {
		let data_set = register(1, sealed());
		assert_noop!(DataRegistry::set_uris(signed(1), data_set, 0, long()), Error::<Test>::Sealed);
		assert_ok!(DataRegistry::publish(signed(1), data_set, files()));
		assert_ok!(DataRegistry::set_uris(signed(1), data_set, 0, long()));
	});
}

#[test]
fn files_are_counted_from_0() {
	run(|| {
		let data_set = register(1, spec());
		assert_noop!(DataRegistry::set_uris(signed(1), data_set, 2, long()), Error::<Test>::UnknownFile);
		assert_noop!(DataRegistry::set_uris(signed(1), data_set, 255, long()), Error::<Test>::UnknownFile);
	});
}

#[test]
fn uris_are_texts() {
	run(|| {
		let data_set = register(1, spec());
		assert_noop!(DataRegistry::set_uris(signed(1), data_set, 0, uris(&[""])), Error::<Test>::EmptyUri);
		let invalid: Uris = vec![vec![0xff].try_into().unwrap()].try_into().unwrap();
		assert_noop!(DataRegistry::set_uris(signed(1), data_set, 0, invalid), Error::<Test>::InvalidUtf8);
	});
}

#[test]
fn a_retired_data_set_that_is_referred_to_can_still_be_moved() {
	run(|| {
		let data_set = register(1, spec());
		assert_ok!(DataRegistry::referenced(data_set));
		assert_ok!(DataRegistry::retire(signed(1), data_set));
		assert_ok!(DataRegistry::set_uris(signed(1), data_set, 0, long()));
		assert_eq!(on_hold(1), entry(data_set).bond);
	});
}
