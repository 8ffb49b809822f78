//! Whatever happens, in whatever order.

use crate::{mock::*, Children, ModelSpec, Models, NextModelId, OpenTasks};
use deepnode_primitives::{content::Uris, traits::Models as _, DataSetId, ModelId, DN};
use frame_support::{assert_ok, storage::with_storage_layer};
use proptest::{collection::vec, prelude::*};

#[derive(Clone, Debug)]
enum Op {
	Register { owner: u8, parent: Option<ModelId>, data_set: Option<DataSetId> },
	SetPrice { owner: u8, model: ModelId },
	SetUris { owner: u8, model: ModelId, length: usize },
	Retire { owner: u8, model: ModelId },
	Open(ModelId),
	Close(ModelId),
}

fn op() -> impl Strategy<Value = Op> {
	let (owner, model) = (1u8..3, 0u32..12);
	prop_oneof![
		4 => (owner.clone(), prop::option::of(model.clone()), prop::option::of(0u32..4))
			.prop_map(|(owner, parent, data_set)| Op::Register { owner, parent, data_set }),
		1 => (owner.clone(), model.clone()).prop_map(|(owner, model)| Op::SetPrice { owner, model }),
		2 => (owner.clone(), model.clone(), 1usize..256).prop_map(|(owner, model, length)| Op::SetUris { owner, model, length }),
		4 => (owner, model.clone()).prop_map(|(owner, model)| Op::Retire { owner, model }),
		3 => model.clone().prop_map(Op::Open),
		3 => model.prop_map(Op::Close),
	]
}

/// Does what can be done; the rest is refused without a trace.
fn apply(op: Op) {
	let _ = with_storage_layer(|| match op {
		Op::Register { owner, parent, data_set } => {
			let data_sets = data_set.into_iter().collect::<Vec<_>>().try_into().unwrap();
			ModelRegistry::register(signed(owner), ModelSpec { data_sets, ..parent.map_or_else(spec, child_of) })
		},
		Op::SetPrice { owner, model } => ModelRegistry::set_price(signed(owner), model, 2 * DN),
		Op::SetUris { owner, model, length } => {
			let uris: Uris = uris(&[&"u".repeat(length)]);
			ModelRegistry::set_uris(signed(owner), model, 0, uris)
		},
		Op::Retire { owner, model } => ModelRegistry::retire(signed(owner), model),
		Op::Open(model) => ModelRegistry::task_opened(model),
		Op::Close(model) => {
			if open_tasks(model) > 0 {
				ModelRegistry::task_closed(model);
			}
			Ok(())
		},
	});
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	#[test]
	fn they_hold_after_every_step(ops in vec(op(), 0..60)) {
		new_test_ext().execute_with(|| {
			let data_sets = [8, 9, 9].map(|owner| data_set(owner, 1000));
			for op in ops {
				apply(op);
				ModelRegistry::do_try_state().unwrap();
				for data_set in data_sets {
					let declared = Models::<Test>::iter_values().filter(|entry| entry.spec.data_sets.contains(&data_set));
					assert_eq!(references(data_set) as usize, declared.count());
				}
			}
			// Everything can be undone, and then nothing is left of it.
			for model in 0..NextModelId::<Test>::get() {
				while open_tasks(model) > 0 {
					ModelRegistry::task_closed(model);
				}
				for owner in 1..3 {
					let _ = ModelRegistry::retire(signed(owner), model);
				}
			}
			assert_eq!(Models::<Test>::iter().count(), 0);
			assert_eq!((Children::<Test>::iter().count(), OpenTasks::<Test>::iter().count()), (0, 0));
			assert!(data_sets.iter().all(|data_set| references(*data_set) == 0));
			for owner in 1..3 {
				assert_eq!((on_hold(owner), Balances::free_balance(account(owner))), (0, FUNDS));
			}
		});
	}
}

#[test]
fn a_broken_state_is_noticed() {
	let broken = |damage: fn(ModelId)| {
		new_test_ext().execute_with(|| {
			let parent = register(1, spec());
			data_set(9, 1000);
			let child = register(1, ModelSpec { data_sets: from_data_sets(&[0]).data_sets, ..child_of(parent) });
			assert_ok!(ModelRegistry::do_try_state());
			damage(child);
			assert!(ModelRegistry::do_try_state().is_err());
		});
	};
	broken(|_| NextModelId::<Test>::put(1));
	broken(|_| Children::<Test>::insert(0, 2));
	broken(|_| Models::<Test>::remove(0));
	broken(|child| Models::<Test>::mutate(child, |entry| entry.as_mut().unwrap().bond -= 1));
	broken(|child| Models::<Test>::mutate(child, |entry| entry.as_mut().unwrap().status = crate::Status::Retired));
	broken(|child| Models::<Test>::mutate(child, |entry| entry.as_mut().unwrap().spec.parent = None));
	broken(|child| Models::<Test>::mutate(child, |entry| entry.as_mut().unwrap().data_royalties.truncate(0)));
	broken(|child| Models::<Test>::mutate(child, |entry| entry.as_mut().unwrap().data_royalties[0].0 = account(1)));
	broken(|child| Models::<Test>::mutate(child, |entry| entry.as_mut().unwrap().spec.data_sets[0] = 1));
	broken(|_| break_royalty(0));
	broken(|child| OpenTasks::<Test>::insert(child, 0));
	broken(|child| OpenTasks::<Test>::insert(child + 1, 1));
}
