//! What an entry must be like.

use alloc::collections::BTreeSet;
use deepnode_primitives::{
	content::{is_safe_file_name, Uris},
	Balance, MAX_SUPPLY,
};
use frame_support::ensure;

use crate::{Config, DataFile, DataSetSpec, Error, Manifest, Pallet, MAX_ROYALTY};

impl<T: Config> Pallet<T> {
	/// Checks every field of `spec`.
	pub(crate) fn ensure_valid(spec: &DataSetSpec) -> Result<(), Error<T>> {
		Self::ensure_text(&spec.name, Error::<T>::EmptyName)?;
		Self::ensure_text(&spec.domain, Error::<T>::EmptyDomain)?;
		Self::ensure_text(&spec.licence, Error::<T>::EmptyLicence)?;
		if let Manifest::Open(files) = &spec.manifest {
			Self::ensure_files(files)?;
		}
		ensure!(spec.royalty <= MAX_ROYALTY, Error::<T>::RoyaltyTooHigh);
		ensure!(spec.items > 0, Error::<T>::NoItems);
		Self::ensure_price(spec.evaluation_price)
	}

	/// Checks an evaluation price: `price * items` fits 128 bits for any number of items.
	pub(crate) fn ensure_price(price: Balance) -> Result<(), Error<T>> {
		const _: () = assert!(MAX_SUPPLY < Balance::MAX / u32::MAX as Balance);
		ensure!(price <= MAX_SUPPLY, Error::<T>::PriceTooHigh);
		Ok(())
	}

	/// Checks a manifest's files.
	pub(crate) fn ensure_files(files: &[DataFile]) -> Result<(), Error<T>> {
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

	/// Checks the URIs of one file; there may be none.
	pub(crate) fn ensure_uris(uris: &Uris) -> Result<(), Error<T>> {
		uris.iter().try_for_each(|uri| Self::ensure_text(uri, Error::<T>::EmptyUri).map(|_| ()))
	}

	fn ensure_text(text: &[u8], empty: Error<T>) -> Result<&str, Error<T>> {
		ensure!(!text.is_empty(), empty);
		core::str::from_utf8(text).map_err(|_| Error::<T>::InvalidUtf8)
	}
}
