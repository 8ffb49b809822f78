use crate::{mock::*, Children, Error, Event, Status};
use deepnode_primitives::traits::Models as _;
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError::BadOrigin;

#[test]
fn without_open_tasks_the_bond_is_back_at_once() {
	run(|| {
		let model = register(1, spec());
		let bond = on_hold(1);
		events();
		assert_ok!(ModelRegistry::retire(signed(1), model));
		assert_eq!((on_hold(1), Balances::free_balance(account(1))), (0, FUNDS));
		assert!(!is_stored(model));
		assert_eq!(
			events(),
			[
				Event::ModelRetired { model },
				Event::BondReturned { model, owner: account(1), amount: bond },
				Event::ModelRemoved { model },
			]
		);
	});
}

#[test]
fn the_bond_stays_until_the_last_open_task_is_closed() {
	run(|| {
		let model = register(1, spec());
		let bond = on_hold(1);
		assert_ok!(ModelRegistry::task_opened(model));
		assert_ok!(ModelRegistry::task_opened(model));
		assert_ok!(ModelRegistry::retire(signed(1), model));
		assert_eq!((entry(model).status, on_hold(1)), (Status::Retired, bond));

		ModelRegistry::task_closed(model);
		assert_eq!((open_tasks(model), on_hold(1)), (1, bond));
		assert!(!ModelRegistry::terms(model).unwrap().active);

		events();
		ModelRegistry::task_closed(model);
		assert_eq!(on_hold(1), 0);
		assert!(!is_stored(model));
		assert_eq!(
			events(),
			[Event::BondReturned { model, owner: account(1), amount: bond }, Event::ModelRemoved { model }]
		);
	});
}

#[test]
fn only_the_owner_retires_and_only_once() {
	run(|| {
		let model = register(1, spec());
		assert_noop!(ModelRegistry::retire(signed(2), model), Error::<Test>::NotOwner);
		assert_noop!(ModelRegistry::retire(RuntimeOrigin::root(), model), BadOrigin);
		assert_noop!(ModelRegistry::retire(signed(1), model + 1), Error::<Test>::UnknownModel);
		assert_ok!(ModelRegistry::task_opened(model));
		assert_ok!(ModelRegistry::retire(signed(1), model));
		assert_noop!(ModelRegistry::retire(signed(1), model), Error::<Test>::Retired);
		ModelRegistry::task_closed(model);
		assert_noop!(ModelRegistry::retire(signed(1), model), Error::<Test>::UnknownModel);
	});
}

#[test]
fn a_parent_is_kept_by_its_children() {
	run(|| {
		let parent = register(1, spec());
		let (first, second) = (register(2, child_of(parent)), register(3, child_of(parent)));
		assert_eq!(Children::<Test>::get(parent), 2);
		assert_ok!(ModelRegistry::retire(signed(1), parent));
		// The bond is back, and the children still know whom they owe.
		assert_eq!((on_hold(1), entry(parent).bond), (0, 0));
		assert_eq!(ModelRegistry::lineage(first).owners, [account(2), account(1)]);

		assert_ok!(ModelRegistry::retire(signed(2), first));
		assert!(is_stored(parent));
		events();
		assert_ok!(ModelRegistry::retire(signed(3), second));
		assert!(!is_stored(parent));
		assert!(!Children::<Test>::contains_key(parent));
		assert_eq!(events().last(), Some(&Event::ModelRemoved { model: parent }));
	});
}

#[test]
fn an_active_parent_outlives_its_children() {
	run(|| {
		let parent = register(1, spec());
		let child = register(2, child_of(parent));
		assert_ok!(ModelRegistry::retire(signed(2), child));
		assert!(is_stored(parent) && !is_stored(child));
		assert!(!Children::<Test>::contains_key(parent));
	});
}

#[test]
fn the_youngest_takes_the_whole_lineage_with_it() {
	run(|| {
		let mut line = vec![register(1, spec())];
		for owner in 2..6 {
			line.push(register(owner, child_of(*line.last().unwrap())));
		}
		for (owner, model) in (1..5).zip(&line) {
			assert_ok!(ModelRegistry::retire(signed(owner), *model));
		}
		assert!(line.iter().all(|model| is_stored(*model)));
		// The last task of the youngest, in fact.
		assert_ok!(ModelRegistry::task_opened(line[4]));
		assert_ok!(ModelRegistry::retire(signed(5), line[4]));
		assert!(line.iter().all(|model| is_stored(*model)));
		ModelRegistry::task_closed(line[4]);
		assert!(!line.iter().any(|model| is_stored(*model)));
		assert_eq!(Children::<Test>::iter().count(), 0);
	});
}

/// The child goes first, but the parent's own task is still open.
#[test]
fn a_parent_with_a_task_waits_for_it() {
	run(|| {
		let parent = register(1, spec());
		let child = register(1, child_of(parent));
		assert_ok!(ModelRegistry::task_opened(parent));
		assert_ok!(ModelRegistry::retire(signed(1), parent));
		assert_ok!(ModelRegistry::retire(signed(1), child));
		assert!(is_stored(parent) && on_hold(1) == entry(parent).bond);
		ModelRegistry::task_closed(parent);
		assert!(!is_stored(parent));
		assert_eq!(Balances::free_balance(account(1)), FUNDS);
	});
}
