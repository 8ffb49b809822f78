//! What an entry must be like.

use deepnode_primitives::entry::{self, Flaw};
use frame_support::ensure;

use crate::{Config, DataFile, DataSetSpec, Error, Manifest, Pallet, MAX_ROYALTY};

impl<T: Config> Pallet<T> {
	/// Checks every field of `spec`.
	pub(crate) fn ensure_valid(spec: &DataSetSpec) -> Result<(), Error<T>> {
		entry::check_labels(&spec.name, &spec.domain, &spec.licence)?;
		if let Manifest::Open(files) = &spec.manifest {
			Self::ensure_files(files)?;
		}
		ensure!(spec.royalty <= MAX_ROYALTY, Error::<T>::RoyaltyTooHigh);
		ensure!(spec.items > 0, Error::<T>::NoItems);
		Ok(entry::check_price(spec.evaluation_price)?)
	}

	/// Checks a manifest's files.
	pub(crate) fn ensure_files(files: &[DataFile]) -> Result<(), Error<T>> {
		Ok(entry::check_files(files.iter().map(|file| (&file.name, &file.content)))?)
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
