//! From registration to removal.

use alloc::collections::BTreeMap;
use codec::Encode;
use deepnode_primitives::{
	model::Terms,
	traits::{Lineage, Models as Registry},
	Balance, ModelId,
};
use frame_support::{
	defensive, ensure,
	traits::{
		fungible::{InspectHold, MutateHold},
		tokens::Precision,
		Get,
	},
};
use sp_runtime::{ArithmeticError, DispatchError, DispatchResult, TryRuntimeError};

use crate::{
	Children, Config, Error, Event, HoldReason, Model, ModelOf, ModelSpec, Models, NextModelId, Pallet, Status,
	MAX_ANCESTORS,
};

impl<T: Config> Pallet<T> {
	/// Registers a model and returns its number.
	pub(crate) fn do_register(owner: T::AccountId, spec: ModelSpec) -> Result<ModelId, DispatchError> {
		Self::ensure_valid(&spec)?;
		let model = NextModelId::<T>::get();
		NextModelId::<T>::put(model.checked_add(1).ok_or(ArithmeticError::Overflow)?);

		let bond = Self::bond_of(&spec);
		T::Currency::hold(&HoldReason::ModelBond.into(), &owner, bond)?;
		if let Some(parent) = &spec.parent {
			// There are no more children than models, whose numbers have not overflowed.
			Children::<T>::mutate(parent.model, |children| *children = children.saturating_add(1));
		}
		Self::deposit_event(Event::ModelRegistered { model, owner: owner.clone() });
		let registered_at = frame_system::Pallet::<T>::block_number();
		let entry = Model { owner, spec, status: Status::Active, open_tasks: 0, bond, registered_at };
		Models::<T>::insert(model, entry);
		Ok(model)
	}

	/// What is put on hold for such a model.
	pub(crate) fn bond_of(spec: &ModelSpec) -> Balance {
		let bytes = Balance::try_from(spec.encoded_size()).unwrap_or(Balance::MAX);
		T::BaseBond::get().saturating_add(T::ByteBond::get().saturating_mul(bytes))
	}

	/// Holds or releases what the entry's bond has changed by.
	pub(crate) fn adjust_bond(entry: &mut ModelOf<T>) -> DispatchResult {
		let reason = HoldReason::ModelBond.into();
		let bond = Self::bond_of(&entry.spec);
		if bond > entry.bond {
			T::Currency::hold(&reason, &entry.owner, bond.saturating_sub(entry.bond))?;
		} else {
			T::Currency::release(&reason, &entry.owner, entry.bond.saturating_sub(bond), Precision::Exact)?;
		}
		entry.bond = bond;
		Ok(())
	}

	/// The entry, if it is there and belongs to `owner`.
	pub(crate) fn owned<'a>(
		entry: &'a mut Option<ModelOf<T>>,
		owner: &T::AccountId,
	) -> Result<&'a mut ModelOf<T>, Error<T>> {
		let entry = entry.as_mut().ok_or(Error::<T>::UnknownModel)?;
		ensure!(entry.owner == *owner, Error::<T>::NotOwner);
		Ok(entry)
	}

	/// The model and its ancestors, from the youngest, at most [`MAX_ANCESTORS`] of these.
	pub(crate) fn line(model: ModelId) -> impl Iterator<Item = (ModelId, ModelOf<T>)> {
		let read = |model: ModelId| Models::<T>::get(model).map(|entry| (model, entry));
		core::iter::successors(read(model), move |(_, entry)| entry.spec.parent.and_then(|parent| read(parent.model)))
			.take(MAX_ANCESTORS.saturating_add(1))
	}

	/// Stores a changed entry; where it is retired and nothing needs it any more, returns the bond and
	/// removes it, and then whichever of its ancestors it was the last to need.
	pub(crate) fn store_or_remove(model: ModelId, entry: ModelOf<T>) {
		let mut changed = Some((model, entry));
		// Each turn goes one generation up, of which there are few.
		while let Some((model, mut entry)) = changed.take() {
			if entry.status == Status::Retired && entry.open_tasks == 0 {
				Self::return_bond(model, &mut entry);
				if entry.bond == 0 && Children::<T>::get(model) == 0 {
					Models::<T>::remove(model);
					Self::deposit_event(Event::ModelRemoved { model });
					changed = entry.spec.parent.and_then(|parent| Self::without_child(parent.model));
					continue;
				}
			}
			Models::<T>::insert(model, entry);
		}
	}

	/// The entry of a parent that has one child fewer now.
	fn without_child(parent: ModelId) -> Option<(ModelId, ModelOf<T>)> {
		Children::<T>::mutate_exists(parent, |children| {
			*children = children.and_then(|children| children.checked_sub(1)).filter(|children| *children > 0)
		});
		Models::<T>::get(parent).filter(|entry| entry.status == Status::Retired).map(|entry| (parent, entry))
	}

	fn return_bond(model: ModelId, entry: &mut ModelOf<T>) {
		if entry.bond == 0 {
			return;
		}
		// The owner's account exists, since it has this bond on hold, and the bond alone is more than the
		// existential deposit: nothing stops its release.
		match T::Currency::release(&HoldReason::ModelBond.into(), &entry.owner, entry.bond, Precision::BestEffort) {
			Ok(amount) => {
				entry.bond = 0;
				Self::deposit_event(Event::BondReturned { model, owner: entry.owner.clone(), amount });
			},
			Err(error) => {
				defensive!(error, "a bond on hold can be released");
			},
		}
	}

	/// Checks the invariants that the pallet's documentation lists.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let next = NextModelId::<T>::get();
		let mut bonds = BTreeMap::<T::AccountId, Balance>::new();
		let mut children = BTreeMap::<ModelId, u32>::new();
		for (model, entry) in Models::<T>::iter() {
			ensure!(model < next, "a model has a number that has not been given yet");
			let bond = bonds.entry(entry.owner.clone()).or_default();
			*bond = bond.saturating_add(entry.bond);
			match entry.status {
				Status::Active => ensure!(entry.bond > 0, "an active model has no bond"),
				Status::Retired => ensure!(
					entry.open_tasks > 0 || Children::<T>::get(model) > 0,
					"a retired model is stored without need"
				),
			}
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
		ensure!(Children::<T>::iter().collect::<BTreeMap<_, _>>() == children, "children are counted wrongly");
		for (owner, bond) in bonds {
			let held = T::Currency::balance_on_hold(&HoldReason::ModelBond.into(), &owner);
			ensure!(held == bond, "the bonds on hold are not the models'");
		}
		Ok(())
	}
}

impl<T: Config> Registry<T::AccountId> for Pallet<T> {
	fn terms(model: ModelId) -> Option<Terms<T::AccountId>> {
		Models::<T>::get(model).map(|entry| Terms {
			creator: entry.owner,
			price: entry.spec.price,
			comparison: entry.spec.comparison,
			inputs: entry.spec.inputs,
			active: entry.status == Status::Active,
		})
	}

	fn task_opened(model: ModelId) -> DispatchResult {
		Models::<T>::try_mutate(model, |entry| {
			let entry = entry.as_mut().ok_or(Error::<T>::UnknownModel)?;
			ensure!(entry.status == Status::Active, Error::<T>::Retired);
			entry.open_tasks = entry.open_tasks.checked_add(1).ok_or(Error::<T>::TooManyOpenTasks)?;
			Ok(())
		})
	}

	fn task_closed(model: ModelId) {
		let Some(mut entry) = Models::<T>::get(model) else {
			defensive!("a task of a model that is gone was closed");
			return;
		};
		let Some(open_tasks) = entry.open_tasks.checked_sub(1) else {
			defensive!("a task was closed that was not opened");
			return;
		};
		entry.open_tasks = open_tasks;
		Self::store_or_remove(model, entry);
	}

	fn lineage(model: ModelId) -> Lineage<T::AccountId> {
		let mut lineage = Lineage { owners: Default::default(), royalties: Default::default() };
		let mut owed = None;
		for (_, entry) in Self::line(model) {
			lineage.royalties.extend(owed);
			lineage.owners.push(entry.owner);
			owed = entry.spec.parent.map(|parent| parent.royalty);
		}
		lineage
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_model(owner: &T::AccountId) -> ModelId {
		crate::benchmarking::benchmark_model::<T>(owner)
	}
}
