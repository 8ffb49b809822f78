//! From registration to removal.

use codec::Encode;
use deepnode_primitives::{entry, Balance, DataSetId};
use frame_support::{
	defensive, ensure,
	traits::{fungible::MutateHold, tokens::Precision, Get},
};
use sp_runtime::{ArithmeticError, DispatchError, DispatchResult};

use crate::{
	Config, DataSet, DataSetOf, DataSetSpec, DataSets, Error, Event, HoldReason, NextDataSetId, Pallet, References,
	Status, Uses,
};
use deepnode_primitives::traits::{DataSetTerms, DataSets as Registry};

impl<T: Config> Pallet<T> {
	/// Registers a data set and returns its number.
	pub(crate) fn do_register(owner: T::AccountId, spec: DataSetSpec) -> Result<DataSetId, DispatchError> {
		Self::ensure_valid(&spec)?;
		let data_set = NextDataSetId::<T>::get();
		NextDataSetId::<T>::put(data_set.checked_add(1).ok_or(ArithmeticError::Overflow)?);

		let bond = Self::bond_of(&spec);
		T::Currency::hold(&HoldReason::DataSetBond.into(), &owner, bond)?;
		Self::deposit_event(Event::DataSetRegistered { data_set, owner: owner.clone() });
		let registered_at = frame_system::Pallet::<T>::block_number();
		DataSets::<T>::insert(data_set, DataSet { owner, spec, status: Status::Active, bond, registered_at });
		Ok(data_set)
	}

	/// What is put on hold for such a data set.
	pub(crate) fn bond_of(spec: &DataSetSpec) -> Balance {
		entry::bond(T::BaseBond::get(), T::ByteBond::get(), spec.encoded_size())
	}

	/// Holds or releases what the entry's bond has changed by.
	pub(crate) fn adjust_bond(entry: &mut DataSetOf<T>) -> DispatchResult {
		let reason = HoldReason::DataSetBond.into();
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
		entry: &'a mut Option<DataSetOf<T>>,
		owner: &T::AccountId,
	) -> Result<&'a mut DataSetOf<T>, Error<T>> {
		let entry = entry.as_mut().ok_or(Error::<T>::UnknownDataSet)?;
		ensure!(entry.owner == *owner, Error::<T>::NotOwner);
		Ok(entry)
	}

	/// Removes an entry that nothing needs, and releases its bond.
	pub(crate) fn do_remove(data_set: DataSetId, entry: DataSetOf<T>) -> DispatchResult {
		// The owner's account exists, since it has this bond on hold, and the bond alone is more than the
		// existential deposit: nothing stops its release.
		let reason = HoldReason::DataSetBond.into();
		let bond = T::Currency::release(&reason, &entry.owner, entry.bond, Precision::BestEffort)?;
		DataSets::<T>::remove(data_set);
		Uses::<T>::remove(data_set);
		Self::deposit_event(Event::DataSetRemoved { data_set, owner: entry.owner, bond });
		Ok(())
	}
}

impl<T: Config> Registry<T::AccountId> for Pallet<T> {
	fn terms(data_set: DataSetId) -> Option<DataSetTerms<T::AccountId>> {
		DataSets::<T>::get(data_set).map(|entry| DataSetTerms {
			owner: entry.owner,
			domain: entry.spec.domain,
			royalty: entry.spec.royalty,
			evaluation_price: entry.spec.evaluation_price,
			items: entry.spec.items,
			sealed: entry.spec.manifest.is_sealed(),
			active: entry.status == Status::Active,
		})
	}

	fn referenced(data_set: DataSetId) -> DispatchResult {
		let entry = DataSets::<T>::get(data_set).ok_or(Error::<T>::UnknownDataSet)?;
		ensure!(entry.status == Status::Active, Error::<T>::Retired);
		References::<T>::try_mutate(data_set, |references| {
			*references = references.checked_add(1).ok_or(Error::<T>::TooManyReferences)?;
			Ok(())
		})
	}

	fn released(data_set: DataSetId) {
		References::<T>::mutate_exists(data_set, |references| {
			match references.and_then(|count| count.checked_sub(1)) {
				Some(left) => *references = Some(left).filter(|left| *left > 0),
				None => {
					defensive!("a reference to a data set was released that was not counted");
				},
			}
		});
	}

	fn used(data_set: DataSetId, items: u32) {
		if items > 0 && DataSets::<T>::contains_key(data_set) {
			Uses::<T>::mutate(data_set, |uses| *uses = uses.saturating_add(items.into()));
		}
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_data_set(owner: &T::AccountId) -> DataSetId {
		crate::benchmarking::benchmark_data_set::<T>(owner)
	}
}
