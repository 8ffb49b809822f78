use crate::{mock::*, Error, Event, Status, Uses};
use deepnode_primitives::traits::DataSets as _;
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError::BadOrigin;

#[test]
fn without_references_the_bond_is_back_at_once() {
	run(|| {
		let data_set = register(1, spec());
		DataRegistry::used(data_set, 3);
		let bond = on_hold(1);
		events();
		assert_ok!(DataRegistry::retire(signed(1), data_set));
		assert_eq!((on_hold(1), Balances::free_balance(account(1))), (0, FUNDS));
		assert!(!is_stored(data_set) && !Uses::<Test>::contains_key(data_set));
		assert_eq!(
			events(),
			[Event::DataSetRetired { data_set }, Event::DataSetRemoved { data_set, owner: account(1), bond }]
		);
	});
}

/// Models still name it, and still owe it.
#[test]
fn with_references_the_entry_and_its_bond_stay() {
	run(|| {
		let data_set = register(1, spec());
		let bond = on_hold(1);
		assert_ok!(DataRegistry::referenced(data_set));
		events();
		assert_ok!(DataRegistry::retire(signed(1), data_set));
		assert_eq!((entry(data_set).status, on_hold(1)), (Status::Retired, bond));
		assert!(!DataRegistry::terms(data_set).unwrap().active);
		assert_eq!(events(), [Event::DataSetRetired { data_set }]);
	});
}

#[test]
fn only_the_owner_retires_and_only_once() {
	run(|| {
		let data_set = register(1, spec());
		assert_noop!(DataRegistry::retire(signed(2), data_set), Error::<Test>::NotOwner);
		assert_noop!(DataRegistry::retire(RuntimeOrigin::root(), data_set), BadOrigin);
		assert_noop!(DataRegistry::retire(signed(1), data_set + 1), Error::<Test>::UnknownDataSet);
		assert_ok!(DataRegistry::referenced(data_set));
		assert_ok!(DataRegistry::retire(signed(1), data_set));
		assert_noop!(DataRegistry::retire(signed(1), data_set), Error::<Test>::Retired);
	});
}
