//! What is always true.

use alloc::collections::BTreeMap;
use deepnode_primitives::Balance;
use frame_support::{
	ensure,
	traits::fungible::{Inspect, InspectHold},
};
use sp_runtime::TryRuntimeError;

use crate::{Config, DataSets, HoldReason, NextDataSetId, Pallet, References, Uses};

impl<T: Config> Pallet<T> {
	/// Checks the invariants that the pallet's documentation lists.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let next = NextDataSetId::<T>::get();
		let mut bonds = BTreeMap::<T::AccountId, Balance>::new();
		for (data_set, entry) in DataSets::<T>::iter() {
			ensure!(data_set < next, "a data set has a number that has not been given yet");
			ensure!(Self::ensure_valid(&entry.spec).is_ok(), "a data set breaks the rules of registration");
			ensure!(entry.bond >= T::Currency::minimum_balance(), "a data set's bond could not be released");
			let bond = bonds.entry(entry.owner).or_default();
			*bond = bond.saturating_add(entry.bond);
		}
		for (owner, bond) in bonds {
			let held = T::Currency::balance_on_hold(&HoldReason::DataSetBond.into(), &owner);
			ensure!(held == bond, "the bonds on hold are not the data sets'");
		}
		for (data_set, references) in References::<T>::iter() {
			ensure!(references > 0, "a count of no reference is stored");
			ensure!(DataSets::<T>::contains_key(data_set), "a data set is gone that something refers to");
		}
		for (data_set, uses) in Uses::<T>::iter() {
			ensure!(uses > 0, "a count of no use is stored");
			ensure!(DataSets::<T>::contains_key(data_set), "the uses of a data set are counted that is gone");
		}
		Ok(())
	}
}
