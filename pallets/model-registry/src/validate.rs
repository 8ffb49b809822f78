//! What an entry must be like.

use alloc::collections::BTreeSet;
use deepnode_primitives::{
	content::{is_safe_file_name, Uris},
	fees::MILLION,
	private,
	tensor::{TensorSpec, TensorSpecs},
	traits::DataSets as _,
	Balance, MAX_SUPPLY,
};
use frame_support::ensure;

use crate::{Config, DataRoyalties, Error, ModelFile, ModelSpec, Pallet, Parent, Status, MAX_ANCESTORS};

impl<T: Config> Pallet<T> {
	/// Checks every field of `spec`.
	pub(crate) fn ensure_valid(spec: &ModelSpec) -> Result<(), Error<T>> {
		Self::ensure_text(&spec.name, Error::<T>::EmptyName)?;
		Self::ensure_text(&spec.domain, Error::<T>::EmptyDomain)?;
		Self::ensure_text(&spec.licence, Error::<T>::EmptyLicence)?;
		Self::ensure_files(&spec.files)?;
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

	/// Checks a price: `price * items` fits 128 bits for any number of items.
	pub(crate) fn ensure_price(price: Balance) -> Result<(), Error<T>> {
		const _: () = assert!(MAX_SUPPLY < Balance::MAX / u32::MAX as Balance);
		ensure!(price > 0, Error::<T>::ZeroPrice);
		ensure!(price <= MAX_SUPPLY, Error::<T>::PriceTooHigh);
		Ok(())
	}

	/// Checks the URIs of one file; there may be none.
	pub(crate) fn ensure_uris(uris: &Uris) -> Result<(), Error<T>> {
		uris.iter().try_for_each(|uri| Self::ensure_text(uri, Error::<T>::EmptyUri).map(|_| ()))
	}

	fn ensure_text(text: &[u8], empty: Error<T>) -> Result<&str, Error<T>> {
		ensure!(!text.is_empty(), empty);
		core::str::from_utf8(text).map_err(|_| Error::<T>::InvalidUtf8)
	}

	fn ensure_files(files: &[ModelFile]) -> Result<(), Error<T>> {
		ensure!(!files.is_empty(), Error::<T>::NoFiles);
		let mut names = BTreeSet::new();
		for file in files {
			let name = Self::ensure_text(&file.name, Error::<T>::EmptyName)?;
			ensure!(is_safe_file_name(name), Error::<T>::UnsafeFileName);
			ensure!(names.insert(name), Error::<T>::DuplicateFileName);
			ensure!(file.content.length > 0, Error::<T>::EmptyContent);
			Self::ensure_uris(&file.content.uris)?;
		}
		Ok(())
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
