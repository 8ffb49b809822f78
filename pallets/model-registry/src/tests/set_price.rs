use crate::{mock::*, Error, Event, Models};
use deepnode_primitives::{traits::Models as _, DN, MAX_SUPPLY};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError::BadOrigin;

#[test]
fn the_owner_changes_the_price_and_nothing_else() {
	run(|| {
		let model = register(1, spec());
		let mut expected = entry(model);
		events();
		assert_ok!(ModelRegistry::set_price(signed(1), model, 7 * DN));
		expected.spec.price = 7 * DN;
		assert_eq!(Models::<Test>::get(model), Some(expected));
		assert_eq!(ModelRegistry::terms(model).unwrap().price, 7 * DN);
		assert_eq!(events(), [Event::PriceChanged { model, price: 7 * DN }]);
	});
}

#[test]
fn nobody_else_changes_it() {
	run(|| {
		let model = register(1, spec());
		assert_noop!(ModelRegistry::set_price(signed(2), model, DN), Error::<Test>::NotOwner);
		assert_noop!(ModelRegistry::set_price(RuntimeOrigin::root(), model, DN), BadOrigin);
		assert_noop!(ModelRegistry::set_price(signed(1), model + 1, DN), Error::<Test>::UnknownModel);
	});
}

#[test]
fn it_stays_within_its_bounds() {
	run(|| {
		let model = register(1, spec());
		assert_noop!(ModelRegistry::set_price(signed(1), model, 0), Error::<Test>::ZeroPrice);
		assert_noop!(ModelRegistry::set_price(signed(1), model, MAX_SUPPLY + 1), Error::<Test>::PriceTooHigh);
		assert_noop!(ModelRegistry::set_price(signed(1), model, u128::MAX), Error::<Test>::PriceTooHigh);
		assert_ok!(ModelRegistry::set_price(signed(1), model, MAX_SUPPLY));
	});
}

#[test]
fn a_retired_model_keeps_its_price() {
	run(|| {
		let model = register(1, spec());
		assert_ok!(ModelRegistry::task_opened(model));
		assert_ok!(ModelRegistry::retire(signed(1), model));
		assert_noop!(ModelRegistry::set_price(signed(1), model, DN), Error::<Test>::Retired);
	});
}
