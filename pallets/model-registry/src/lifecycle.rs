//! From registration to removal.

use codec::Encode;
use deepnode_primitives::{
	content::Digest,
	entry,
	model::Terms,
	traits::{Lineage, Models as Registry},
	Balance, ModelId,
};
use frame_support::{
	defensive, ensure,
	traits::{fungible::MutateHold, tokens::Precision, Get},
	weights::Weight,
};
use sp_runtime::{ArithmeticError, DispatchError, DispatchResult};

use crate::{
	Children, Config, Domains, Error, Event, HoldReason, Model, ModelOf, ModelSpec, Models, NextModelId, OpenTasks,
	Pallet, Status, WeightInfo, MAX_ANCESTORS,
};
use deepnode_primitives::traits::DataSets as _;

impl<T: Config> Pallet<T> {
	/// Registers a model and returns its number.
	pub(crate) fn do_register(owner: T::AccountId, spec: ModelSpec) -> Result<ModelId, DispatchError> {
		Self::ensure_valid(&spec)?;
		let data_royalties = Self::ensure_data_sets(&spec)?;
		let model = NextModelId::<T>::get();
		NextModelId::<T>::put(model.checked_add(1).ok_or(ArithmeticError::Overflow)?);

		let bond = Self::bond_of(&spec);
		T::Currency::hold(&HoldReason::ModelBond.into(), &owner, bond)?;
		if let Some(parent) = &spec.parent {
			// There are no more children than models, whose numbers have not overflowed.
			Children::<T>::mutate(parent.model, |children| *children = children.saturating_add(1));
		}
		spec.data_sets.iter().try_for_each(|data_set| T::DataSets::referenced(*data_set))?;
		Self::deposit_event(Event::ModelRegistered { model, owner: owner.clone() });
		let registered_at = frame_system::Pallet::<T>::block_number();
		Domains::<T>::insert(model, &spec.domain);
		let entry = Model { owner, spec, status: Status::Active, data_royalties, bond, registered_at };
		Models::<T>::insert(model, entry);
		Ok(model)
	}

	/// What is put on hold for such a model.
	pub(crate) fn bond_of(spec: &ModelSpec) -> Balance {
		entry::bond(T::BaseBond::get(), T::ByteBond::get(), spec.encoded_size())
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

	/// Stores a changed entry; where it is retired and has no open task, returns the bond, and where it has
	/// no child either, removes it, and then whichever of its ancestors it was the last to need.
	pub(crate) fn store_or_remove(model: ModelId, entry: ModelOf<T>) {
		let mut changed = Some((model, entry));
		// Each turn goes one generation up, of which there are few.
		while let Some((model, mut entry)) = changed.take() {
			if entry.status == Status::Retired && !OpenTasks::<T>::contains_key(model) {
				Self::return_bond(model, &mut entry);
				if entry.bond == 0 && Children::<T>::get(model) == 0 {
					Models::<T>::remove(model);
					Domains::<T>::remove(model);
					entry.spec.data_sets.iter().for_each(|data_set| T::DataSets::released(*data_set));
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
}

impl<T: Config> Registry<T::AccountId> for Pallet<T> {
	fn terms(model: ModelId) -> Option<Terms<T::AccountId>> {
		Models::<T>::get(model).map(|entry| Terms {
			creator: entry.owner,
			price: entry.spec.price,
			comparison: entry.spec.comparison,
			inputs: entry.spec.inputs,
			private: entry.spec.fhe.is_some(),
			active: entry.status == Status::Active,
		})
	}

	fn task_opened(model: ModelId) -> DispatchResult {
		let entry = Models::<T>::get(model).ok_or(Error::<T>::UnknownModel)?;
		ensure!(entry.status == Status::Active, Error::<T>::Retired);
		OpenTasks::<T>::try_mutate(model, |open| {
			*open = open.checked_add(1).ok_or(Error::<T>::TooManyOpenTasks)?;
			Ok(())
		})
	}

	/// ## Complexity
	/// O(1), and O(ancestors) for the last task of a retired model: [`WeightInfo::task_closed`] is what it
	/// weighs at most.
	///
	/// [`WeightInfo::task_closed`]: crate::WeightInfo::task_closed
	fn task_closed(model: ModelId) {
		match OpenTasks::<T>::get(model) {
			0 => {
				defensive!("a task was closed that was not opened");
			},
			1 => {
				OpenTasks::<T>::remove(model);
				if let Some(entry) = Models::<T>::get(model).filter(|entry| entry.status == Status::Retired) {
					Self::store_or_remove(model, entry);
				}
			},
			open => OpenTasks::<T>::insert(model, open.saturating_sub(1)),
		}
	}

	fn task_closed_weight() -> Weight {
		T::WeightInfo::task_closed()
	}

	fn lineage(model: ModelId) -> Lineage<T::AccountId> {
		let mut lineage = Lineage::nobody();
		let mut owed = None;
		for (member, entry) in Self::line(model) {
			lineage.royalties.extend(owed);
			lineage.owners.push(entry.owner);
			owed = entry.spec.parent.map(|parent| parent.royalty);
			if member == model {
				lineage.data_sets = entry.data_royalties.into_inner();
			}
		}
		lineage
	}

	fn manifest(model: ModelId) -> Option<Digest> {
		Models::<T>::get(model).map(|entry| entry.spec.manifest())
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_model(owner: &T::AccountId) -> ModelId {
		crate::benchmarking::benchmark_model::<T>(owner)
	}
}
