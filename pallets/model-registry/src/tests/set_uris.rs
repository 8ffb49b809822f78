use crate::{mock::*, Error, Event};
use deepnode_primitives::{content::Uris, traits::Models as _};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::{DispatchError::BadOrigin, TokenError};

fn long() -> Uris {
	uris(&["u".repeat(256).as_str(); 4])
}

#[test]
fn the_owner_changes_where_a_file_is() {
	run(|| {
		let model = register(1, spec());
		let mut expected = entry(model);
		events();
		let new = uris(&["s3://bucket/key", "file:///models/a"]);
		assert_ok!(ModelRegistry::set_uris(signed(1), model, 1, new.clone()));

		expected.spec.files[1].content.uris = new;
		expected.bond = ModelRegistry::bond(expected.spec.clone());
		assert_eq!(entry(model), expected);
		assert_eq!(events(), [Event::UrisChanged { model, file: 1 }]);
	});
}

#[test]
fn the_bond_follows_the_bytes() {
	run(|| {
		let model = register(1, spec());
		let before = on_hold(1);
		assert_ok!(ModelRegistry::set_uris(signed(1), model, 0, long()));
		assert!(on_hold(1) > before + 900 * ByteBond::get());
		assert_eq!(on_hold(1), entry(model).bond);

		assert_ok!(ModelRegistry::set_uris(signed(1), model, 0, spec().files[0].content.uris.clone()));
		assert_eq!(on_hold(1), before);

		assert_ok!(ModelRegistry::set_uris(signed(1), model, 0, Default::default()));
		assert!(on_hold(1) < before);
		assert_ok!(ModelRegistry::retire(signed(1), model));
		assert_eq!((on_hold(1), Balances::free_balance(account(1))), (0, FUNDS));
	});
}

#[test]
fn more_bytes_than_the_owner_can_pay_for_are_refused() {
	run(|| {
		let model = register(1, spec());
		assert_ok!(Balances::force_set_balance(RuntimeOrigin::root(), account(1), 2 * LEAST));
		assert_noop!(ModelRegistry::set_uris(signed(1), model, 0, long()), TokenError::FundsUnavailable);
	});
}

#[test]
fn nobody_else_changes_them() {
	run(|| {
		let model = register(1, spec());
		assert_noop!(ModelRegistry::set_uris(signed(2), model, 0, long()), Error::<Test>::NotOwner);
		assert_noop!(ModelRegistry::set_uris(RuntimeOrigin::root(), model, 0, long()), BadOrigin);
		assert_noop!(ModelRegistry::set_uris(signed(1), model + 1, 0, long()), Error::<Test>::UnknownModel);
	});
}

#[test]
fn files_are_counted_from_0() {
	run(|| {
		let model = register(1, spec());
		assert_noop!(ModelRegistry::set_uris(signed(1), model, 2, long()), Error::<Test>::UnknownFile);
		assert_noop!(ModelRegistry::set_uris(signed(1), model, 255, long()), Error::<Test>::UnknownFile);
	});
}

#[test]
fn uris_are_texts() {
	run(|| {
		let model = register(1, spec());
		assert_noop!(ModelRegistry::set_uris(signed(1), model, 0, uris(&[""])), Error::<Test>::EmptyUri);
		let invalid: Uris = vec![vec![0xff].try_into().unwrap()].try_into().unwrap();
		assert_noop!(ModelRegistry::set_uris(signed(1), model, 0, invalid), Error::<Test>::InvalidUtf8);
	});
}

#[test]
fn a_retired_model_with_tasks_can_still_be_moved() {
	run(|| {
		let model = register(1, spec());
		assert_ok!(ModelRegistry::task_opened(model));
		assert_ok!(ModelRegistry::retire(signed(1), model));
		assert_ok!(ModelRegistry::set_uris(signed(1), model, 0, long()));
		assert_eq!(on_hold(1), entry(model).bond);
	});
}

/// Its bond was returned already: URIs would have been stored for nothing.
#[test]
fn a_model_that_only_its_children_keep_cannot_grow() {
	run(|| {
		let model = register(1, spec());
		register(2, child_of(model));
		assert_ok!(ModelRegistry::retire(signed(1), model));
		assert_noop!(ModelRegistry::set_uris(signed(1), model, 0, long()), Error::<Test>::Retired);
	});
}
