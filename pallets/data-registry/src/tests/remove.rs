use crate::{mock::*, Error, Event, Uses};
use deepnode_primitives::traits::DataSets as _;
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError::BadOrigin;

#[test]
fn anybody_removes_what_nothing_needs_and_the_owner_gets_the_bond() {
	run(|| {
		let data_set = register(1, spec());
		let bond = on_hold(1);
		assert_ok!(DataRegistry::referenced(data_set));
		DataRegistry::used(data_set, 1);
		assert_ok!(DataRegistry::retire(signed(1), data_set));
		DataRegistry::released(data_set);
		events();
		assert_ok!(DataRegistry::remove(signed(2), data_set));
		assert!(!is_stored(data_set) && !Uses::<Test>::contains_key(data_set));
		assert_eq!((on_hold(1), Balances::free_balance(account(1))), (0, FUNDS));
		assert_eq!(events(), [Event::DataSetRemoved { data_set, owner: account(1), bond }]);
	});
}

#[test]
fn only_the_data_sets_own_bond_is_released() {
	run(|| {
		let (first, second) = (register(1, spec()), register(1, sealed()));
		assert_ok!(DataRegistry::referenced(first));
		assert_ok!(DataRegistry::retire(signed(1), first));
		DataRegistry::released(first);
		assert_ok!(DataRegistry::remove(signed(1), first));
		assert_eq!(on_hold(1), entry(second).bond);
	});
}

#[test]
fn what_something_needs_stays() {
	run(|| {
		let data_set = register(1, spec());
		assert_noop!(DataRegistry::remove(signed(1), data_set), Error::<Test>::NotRetired);
		assert_ok!(DataRegistry::referenced(data_set));
		assert_ok!(DataRegistry::referenced(data_set));
		assert_noop!(DataRegistry::remove(signed(1), data_set), Error::<Test>::NotRetired);
		assert_ok!(DataRegistry::retire(signed(1), data_set));
		DataRegistry::released(data_set);
		assert_noop!(DataRegistry::remove(signed(1), data_set), Error::<Test>::StillReferenced);
		DataRegistry::released(data_set);
		assert_ok!(DataRegistry::remove(signed(1), data_set));
		assert_noop!(DataRegistry::remove(signed(1), data_set), Error::<Test>::UnknownDataSet);
	});
}

#[test]
fn the_call_is_signed() {
	run(|| {
		let data_set = register(1, spec());
		assert_noop!(DataRegistry::remove(RuntimeOrigin::none(), data_set), BadOrigin);
		assert_noop!(DataRegistry::remove(RuntimeOrigin::root(), data_set), BadOrigin);
	});
}
