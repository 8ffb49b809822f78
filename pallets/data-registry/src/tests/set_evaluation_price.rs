use crate::{mock::*, Error, Event};
use deepnode_primitives::traits::DataSets as _;
use deepnode_primitives::{DN, MAX_SUPPLY};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError::BadOrigin;

#[test]
fn the_owner_changes_the_price_and_nothing_else() {
	run(|| {
		let data_set = register(1, spec());
		let mut expected = entry(data_set);
		events();
		assert_ok!(DataRegistry::set_evaluation_price(signed(1), data_set, 7 * DN));
		expected.spec.evaluation_price = 7 * DN;
		assert_eq!(entry(data_set), expected);
		assert_eq!(DataRegistry::terms(data_set).unwrap().evaluation_price, 7 * DN);
		assert_eq!(events(), [Event::EvaluationPriceChanged { data_set, price: 7 * DN }]);
	});
}

#[test]
fn nobody_else_changes_it() {
	run(|| {
		let data_set = register(1, spec());
		assert_noop!(DataRegistry::set_evaluation_price(signed(2), data_set, DN), Error::<Test>::NotOwner);
		assert_noop!(DataRegistry::set_evaluation_price(RuntimeOrigin::root(), data_set, DN), BadOrigin);
		assert_noop!(DataRegistry::set_evaluation_price(signed(1), data_set + 1, DN), Error::<Test>::UnknownDataSet);
	});
}

#[test]
fn it_stays_within_its_bounds() {
	run(|| {
		let data_set = register(1, spec());
		assert_noop!(
			DataRegistry::set_evaluation_price(signed(1), data_set, MAX_SUPPLY + 1),
			Error::<Test>::PriceTooHigh
		);
		assert_ok!(DataRegistry::set_evaluation_price(signed(1), data_set, MAX_SUPPLY));
		assert_ok!(DataRegistry::set_evaluation_price(signed(1), data_set, 0));
	});
}

#[test]
fn a_retired_data_set_keeps_its_price() {
	run(|| {
		let data_set = register(1, spec());
		assert_ok!(DataRegistry::referenced(data_set));
		assert_ok!(DataRegistry::retire(signed(1), data_set));
		assert_noop!(DataRegistry::set_evaluation_price(signed(1), data_set, DN), Error::<Test>::Retired);
	});
}
