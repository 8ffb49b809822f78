use crate::{mock::*, Pallet};
use deepnode_primitives::traits::DataSets as _;
use frame_support::{assert_ok, traits::Hooks};

#[test]
fn they_show_the_state() {
	run(|| {
		let quote = Pallet::<Test>::bond(spec());
		let data_set = register(1, spec());
		assert_ok!(DataRegistry::referenced(data_set));
		DataRegistry::used(data_set, 3);
		assert_eq!(quote, on_hold(1));
		assert_eq!(Pallet::<Test>::data_set(data_set), Some(entry(data_set)));
		assert_eq!((Pallet::<Test>::references(data_set), Pallet::<Test>::uses(data_set)), (1, 3));
		assert_eq!(Pallet::<Test>::data_set(9), None);
		assert_eq!((Pallet::<Test>::references(9), Pallet::<Test>::uses(9)), (0, 0));
	});
}

#[test]
fn the_configuration_holds_together() {
	new_test_ext().execute_with(DataRegistry::integrity_test);
}
