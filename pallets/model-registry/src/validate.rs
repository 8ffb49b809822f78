//! What an entry must be like.

use alloc::collections::BTreeSet;
use deepnode_primitives::{
	entry::{self, Flaw},
	fees::MILLION,
	private,
	tensor::{TensorSpec, TensorSpecs},
	traits::DataSets as _,
	Balance,
};
use frame_support::ensure;

use crate::{Config, DataRoyalties, Error, ModelSpec, Pallet, Parent, Status, MAX_ANCESTORS};

impl<T: Config> Pallet<T> {
	/// Checks every field of `spec`.
	pub(crate) fn ensure_valid(spec: &ModelSpec) -> Result<(), Error<T>> {
		entry::check_labels(&spec.name, &spec.domain, &spec.licence)?;
		entry::check_files(spec.files.iter().map(|file| (&file.name, &file.content)))?;
		ensure!(spec.opset > 0, Error::<T>::InvalidOpset);
		Self::ensure_tensors(&spec.inputs, Error::<T>::NoInputs)?;
		Self::ensure_tensors(&spec.outputs, Error::<T>::NoOutputs)?;
		Self::ensure_price(spec.price)?;
		ensure!(spec.comparison.fits(&spec.outputs), Error::<T>::ComparisonUnfit);
		let private = |set| private::fits(set, &spec.inputs, &spec.outputs, &spec.comparison);
		ensure!(spec.fhe.is_none_or(private), Error::<T>::FheUnsupported);
		spec.parent.as_ref().map_or(Ok(()), Self::ensure_parent)
	}

	/// Checks the data sets that `spec` declares, and returns what it owes for them.
	pub(crate) fn ensure_data_sets(spec: &ModelSpec) -> Result<DataRoyalties<T::AccountId>, Error<T>> {
		let distinct: BTreeSet<_> = spec.data_sets.iter().collect();
		ensure!(distinct.len() == spec.data_sets.len(), Error::<T>::DuplicateDataSet);

		let mut owed = spec.parent.map_or(0, |parent| parent.royalty);
		let mut royalties = DataRoyalties::new();
		for data_set in &spec.data_sets {
			let terms = T::DataSets::terms(*data_set).ok_or(Error::<T>::UnknownDataSet)?;
			ensure!(terms.active, Error::<T>::DataSetRetired);
			owed = owed.checked_add(terms.royalty).ok_or(Error::<T>::RoyaltiesTooHigh)?;
			// There are as many places as data sets.
			let _ = royalties.try_push((terms.owner, terms.royalty));
		}
		ensure!(owed <= MILLION, Error::<T>::RoyaltiesTooHigh);
		Ok(royalties)
	}

	/// Checks a price. Nothing is given away: what costs nothing would be audited for nothing.
	pub(crate) fn ensure_price(price: Balance) -> Result<(), Error<T>> {
		ensure!(price > 0, Error::<T>::ZeroPrice);
		Ok(entry::check_price(price)?)
	}

	fn ensure_tensors(tensors: &TensorSpecs, none: Error<T>) -> Result<(), Error<T>> {
		ensure!(!tensors.is_empty(), none);
		ensure!(tensors.iter().all(TensorSpec::is_valid), Error::<T>::InvalidTensors);
		let names: BTreeSet<_> = tensors.iter().map(|tensor| &tensor.name).collect();
		ensure!(names.len() == tensors.len(), Error::<T>::DuplicateTensorName);
		Ok(())
	}

	fn ensure_parent(parent: &Parent) -> Result<(), Error<T>> {
		ensure!(parent.royalty <= MILLION, Error::<T>::RoyaltyTooHigh);
		let mut line = Self::line(parent.model);
		let (_, entry) = line.next().ok_or(Error::<T>::UnknownParent)?;
		ensure!(entry.status == Status::Active, Error::<T>::ParentRetired);
		ensure!(line.count() < MAX_ANCESTORS, Error::<T>::LineageTooDeep);
		Ok(())
	}
}

impl<T> From<Flaw> for Error<T> {
	fn from(flaw: Flaw) -> Self {
		match flaw {
			Flaw::InvalidUtf8 => Self::InvalidUtf8,
			Flaw::EmptyName => Self::EmptyName,
			Flaw::EmptyDomain => Self::EmptyDomain,
			Flaw::EmptyLicence => Self::EmptyLicence,
			Flaw::NoFiles => Self::NoFiles,
			Flaw::DuplicateFileName => Self::DuplicateFileName,
			Flaw::UnsafeFileName => Self::UnsafeFileName,
			Flaw::EmptyContent => Self::EmptyContent,
			Flaw::EmptyUri => Self::EmptyUri,
			Flaw::PriceTooHigh => Self::PriceTooHigh,
		}
	}
}
