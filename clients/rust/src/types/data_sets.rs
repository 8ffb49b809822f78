//! Data sets.

use deepnode_primitives::{
	content::{ContentRef, Digest},
	entry, Balance, DataSetId,
};

use crate::AccountId;

/// A data set in the registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataSetInfo {
	/// Its number.
	pub id: DataSetId,
	/// Who owns it and earns its royalties.
	pub owner: AccountId,
	/// What it is and on which terms it is used.
	pub spec: DataSetSpec,
	/// Whether it takes new uses; a retired one only stays for the models that declare it.
	pub active: bool,
	/// What its owner has on hold for it.
	pub bond: Balance,
	/// The block of its registration.
	pub registered_at: u32,
	/// How many stored models declare it.
	pub references: u32,
	/// How many times an item of it was used in an evaluation.
	pub uses: u64,
}

/// What a data set is and on which terms it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataSetSpec {
	/// Its name.
	pub name: String,
	/// What it is about.
	pub domain: String,
	/// Its files, or what binds them.
	pub manifest: Manifest,
	/// The SPDX expression of its licence.
	pub licence: String,
	/// What a model that declares it owes it of the creator's share, in parts per million.
	pub royalty: u32,
	/// What one use of one item in an evaluation costs.
	pub evaluation_price: Balance,
	/// How many items it has.
	pub items: u32,
}

/// What a data set consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Manifest {
	/// These files.
	Open(Vec<DataFile>),
	/// Files that are shown later; this is their [`manifest_digest`].
	Sealed(Digest),
}

/// One file of a data set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataFile {
	/// Its name.
	pub name: String,
	/// What it contains and where to fetch it.
	pub content: ContentRef,
}

/// What binds the files of a sealed data set, in their order and whatever their URIs.
pub fn manifest_digest(files: &[DataFile]) -> crate::Result<Digest> {
	let too_long = files.iter().map(|file| file.name.len()).find(|length| *length > entry::MAX_NAME_LEN as usize);
	if let Some(length) = too_long {
		return Err(crate::Error::too_long("a file's name", length, entry::MAX_NAME_LEN));
	}
	Ok(entry::manifest_digest(files.iter().map(|file| (file.name.as_bytes(), &file.content))))
}
