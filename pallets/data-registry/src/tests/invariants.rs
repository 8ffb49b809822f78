//! Whatever happens, in whatever order.

use crate::{mock::*, DataSets, NextDataSetId, References, Uses};
use deepnode_primitives::traits::DataSets as _;
use deepnode_primitives::{content::Uris, DataSetId, DN};
use frame_support::{assert_ok, storage::with_storage_layer};
use proptest::{collection::vec, prelude::*};

#[derive(Clone, Debug)]
enum Op {
	Register { owner: u8, sealed: bool },
	SetUris { owner: u8, data_set: DataSetId, length: usize },
	Publish { owner: u8, data_set: DataSetId },
	SetPrice { owner: u8, data_set: DataSetId },
	Retire { owner: u8, data_set: DataSetId },
	Remove { owner: u8, data_set: DataSetId },
	Refer(DataSetId),
	Release(DataSetId),
	Use(DataSetId),
}

fn op() -> impl Strategy<Value = Op> {
	let (owner, data_set) = (1u8..3, 0u32..6);
	let both = (owner.clone(), data_set.clone());
	prop_oneof![
		3 => (owner, any::<bool>()).prop_map(|(owner, sealed)| Op::Register { owner, sealed }),
		2 => (both.clone(), 1usize..256).prop_map(|((owner, data_set), length)| Op::SetUris { owner, data_set, length }),
		2 => both.clone().prop_map(|(owner, data_set)| Op::Publish { owner, data_set }),
		1 => both.clone().prop_map(|(owner, data_set)| Op::SetPrice { owner, data_set }),
		3 => both.clone().prop_map(|(owner, data_set)| Op::Retire { owner, data_set }),
		2 => both.prop_map(|(owner, data_set)| Op::Remove { owner, data_set }),
		3 => data_set.clone().prop_map(Op::Refer),
		3 => data_set.clone().prop_map(Op::Release),
		1 => data_set.prop_map(Op::Use),
	]
}

fn release_one(data_set: DataSetId) {
	if References::<Test>::get(data_set) > 0 {
		DataRegistry::released(data_set);
	}
}

/// Does what can be done; the rest is refused without a trace.
fn apply(op: Op) {
	let _ = with_storage_layer(|| match op {
		Op::Register { owner, sealed: true } => DataRegistry::register(signed(owner), sealed()),
		Op::Register { owner, sealed: false } => DataRegistry::register(signed(owner), spec()),
		Op::SetUris { owner, data_set, length } => {
			let uris: Uris = uris(&[&"u".repeat(length)]);
			DataRegistry::set_uris(signed(owner), data_set, 0, uris)
		},
		Op::Publish { owner, data_set } => DataRegistry::publish(signed(owner), data_set, files()),
		Op::SetPrice { owner, data_set } => DataRegistry::set_evaluation_price(signed(owner), data_set, 2 * DN),
		Op::Retire { owner, data_set } => DataRegistry::retire(signed(owner), data_set),
		Op::Remove { owner, data_set } => DataRegistry::remove(signed(owner), data_set),
		Op::Refer(data_set) => DataRegistry::referenced(data_set),
		Op::Release(data_set) => {
			release_one(data_set);
			Ok(())
		},
		Op::Use(data_set) => {
			DataRegistry::used(data_set, 1);
			Ok(())
		},
	});
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	#[test]
	fn they_hold_after_every_step(ops in vec(op(), 0..60)) {
		new_test_ext().execute_with(|| {
			for op in ops {
				apply(op);
				DataRegistry::do_try_state().unwrap();
				// Who owns what has it on hold, and nobody has made or lost anything.
				for owner in 1..3 {
					assert_eq!(Balances::free_balance(account(owner)) + on_hold(owner), FUNDS);
				}
			}
			// Everything can be undone, and then nothing is left of it.
			for data_set in 0..NextDataSetId::<Test>::get() {
				while References::<Test>::get(data_set) > 0 {
					release_one(data_set);
				}
				for owner in 1..3 {
					let _ = DataRegistry::retire(signed(owner), data_set);
				}
				let _ = DataRegistry::remove(signed(3), data_set);
			}
			assert_eq!(DataSets::<Test>::iter().count(), 0);
			assert_eq!((References::<Test>::iter().count(), Uses::<Test>::iter().count()), (0, 0));
			for owner in 1..3 {
				assert_eq!((on_hold(owner), Balances::free_balance(account(owner))), (0, FUNDS));
			}
		});
	}
}

#[test]
fn a_broken_state_is_noticed() {
	let broken = |damage: fn(DataSetId)| {
		new_test_ext().execute_with(|| {
			register(1, sealed());
			let data_set = register(1, spec());
			assert_ok!(DataRegistry::referenced(data_set));
			DataRegistry::used(data_set, 1);
			assert_ok!(DataRegistry::do_try_state());
			damage(data_set);
			assert!(DataRegistry::do_try_state().is_err());
		});
	};
	broken(|_| NextDataSetId::<Test>::put(1));
	broken(|data_set| DataSets::<Test>::mutate(data_set, |entry| entry.as_mut().unwrap().bond -= 1));
	broken(|data_set| DataSets::<Test>::mutate(data_set, |entry| entry.as_mut().unwrap().bond = 0));
	broken(|data_set| DataSets::<Test>::mutate(data_set, |entry| entry.as_mut().unwrap().spec.items = 0));
	broken(|data_set| References::<Test>::insert(data_set, 0));
	broken(|data_set| References::<Test>::insert(data_set + 1, 1));
	broken(|data_set| Uses::<Test>::insert(data_set, 0));
	broken(|data_set| Uses::<Test>::insert(data_set + 1, 1));
}
