//! What is always true.

use alloc::collections::BTreeMap;
use deepnode_primitives::{fees::MILLION, Balance, ModelId};
use frame_support::{ensure, traits::fungible::InspectHold};
use sp_runtime::TryRuntimeError;

use crate::{Children, Config, Domains, HoldReason, Models, NextModelId, OpenTasks, Pallet, Status, MAX_ANCESTORS};
use deepnode_primitives::traits::DataSets as _;

impl<T: Config> Pallet<T> {
	/// Checks the invariants that the pallet's documentation lists.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let next = NextModelId::<T>::get();
		let mut bonds = BTreeMap::<T::AccountId, Balance>::new();
		let mut children = BTreeMap::<ModelId, u32>::new();
		for (model, entry) in Models::<T>::iter() {
			ensure!(model < next, "a model has a number that has not been given yet");
			ensure!(Domains::<T>::get(model) == Some(entry.spec.domain), "a model's domain is not its entry's");
			let bond = bonds.entry(entry.owner.clone()).or_default();
			*bond = bond.saturating_add(entry.bond);
			let serves = entry.status == Status::Active || OpenTasks::<T>::contains_key(model);
			ensure!(serves == (entry.bond > 0), "a model has a bond while it serves tasks, and only then");
			ensure!(serves || Children::<T>::get(model) > 0, "a retired model is stored without need");
			ensure!(entry.data_royalties.len() == entry.spec.data_sets.len(), "a data set is not owed");
			for (data_set, (owner, royalty)) in entry.spec.data_sets.iter().zip(&entry.data_royalties) {
				let terms =
					T::DataSets::terms(*data_set).ok_or("a data set is gone before a model that declares it")?;
				ensure!((&terms.owner, terms.royalty) == (owner, *royalty), "a data set's royalty has changed");
			}
			let royalties = entry.spec.parent.iter().map(|parent| parent.royalty);
			let royalties = royalties.chain(entry.data_royalties.iter().map(|(_, royalty)| *royalty));
			ensure!(royalties.fold(0, u32::saturating_add) <= MILLION, "a model owes more than everything");
			if let Some(parent) = entry.spec.parent {
				let count = children.entry(parent.model).or_default();
				*count = count.saturating_add(1);
				ensure!(parent.model < model, "a parent is older than its child");
				ensure!(Models::<T>::contains_key(parent.model), "a parent is gone before its child");
			}
			let generations = core::iter::successors(Some(model), |model| {
				Models::<T>::get(*model)?.spec.parent.map(|parent| parent.model)
			});
			ensure!(
				generations.take(MAX_ANCESTORS.saturating_add(2)).count() <= MAX_ANCESTORS.saturating_add(1),
				"a lineage is too deep"
			);
		}
		ensure!(Domains::<T>::iter_keys().all(Models::<T>::contains_key), "a model's domain outlives its entry");
		ensure!(Children::<T>::iter().collect::<BTreeMap<_, _>>() == children, "children are counted wrongly");
		for (model, open) in OpenTasks::<T>::iter() {
			ensure!(open > 0, "a count of no task is stored");
			ensure!(Models::<T>::contains_key(model), "a model is gone before its last task");
		}
		for (owner, bond) in bonds {
			let held = T::Currency::balance_on_hold(&HoldReason::ModelBond.into(), &owner);
			ensure!(held == bond, "the bonds on hold are not the models'");
		}
		Ok(())
	}
}
