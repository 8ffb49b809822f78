//! What the registry keeps.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use deepnode_primitives::{
	content::{self, ContentRef, Digest},
	fees::MILLION,
	Balance,
};
use frame_support::{traits::ConstU32, BoundedVec};
use scale_info::TypeInfo;

/// The most files of one data set.
pub const MAX_FILES: u32 = 8;
/// The highest royalty, in parts per million: four data sets, the most that a model may declare, never
/// ask for more than everything.
pub const MAX_ROYALTY: u32 = MILLION / 4;

/// The longest name and the longest licence expression, in bytes.
pub const MAX_NAME_LEN: u32 = 64;
/// The longest name of a domain, in bytes.
pub const MAX_DOMAIN_LEN: u32 = 32;

/// A name in UTF-8.
pub type Name = BoundedVec<u8, ConstU32<MAX_NAME_LEN>>;
/// A domain in UTF-8: what the data is about.
pub type Domain = BoundedVec<u8, ConstU32<MAX_DOMAIN_LEN>>;

/// One file of a data set.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct DataFile {
	/// Its name, unique in the data set.
	pub name: Name,
	/// What it holds and where to fetch it.
	pub content: ContentRef,
}

/// The files of a data set, in an order of their own.
pub type Files = BoundedVec<DataFile, ConstU32<MAX_FILES>>;

/// What a data set consists of.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Manifest {
	/// These files.
	Open(Files),
	/// Files that are shown later, whose [`manifest_digest`] this is.
	Sealed(Digest),
}

impl Manifest {
	/// Whether the files are still to be shown.
	pub const fn is_sealed(&self) -> bool {
		matches!(self, Self::Sealed(_))
	}

	/// How many files are known: none of a sealed data set.
	pub fn files(&self) -> u32 {
		match self {
			// Never more than MAX_FILES.
			Self::Open(files) => files.len() as u32,
			Self::Sealed(_) => 0,
		}
	}

	/// What binds the files, now or later.
	pub fn digest(&self) -> Digest {
		match self {
			Self::Open(files) => manifest_digest(files),
			Self::Sealed(digest) => *digest,
		}
	}
}

/// What binds files without saying what they are, whatever their URIs.
pub fn manifest_digest(files: &[DataFile]) -> Digest {
	content::manifest_digest(files.iter().map(|file| (&file.name[..], &file.content)))
}

/// What a contributor declares about a data set. All but the evaluation price, the URIs and the seal is
/// final.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct DataSetSpec {
	/// What people call it.
	pub name: Name,
	/// What it is about.
	pub domain: Domain,
	/// Its files, or what binds them.
	pub manifest: Manifest,
	/// The licence, as an SPDX expression.
	pub licence: Name,
	/// What a model that declares it owes it of the creator's share, in parts per million: at most
	/// [`MAX_ROYALTY`].
	pub royalty: u32,
	/// What one use of one item in an evaluation costs; may be nothing.
	pub evaluation_price: Balance,
	/// How many items it has.
	pub items: u32,
}

/// Whether a data set takes new uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Status {
	/// It does.
	Active,
	/// It only stays for the models that declare it.
	Retired,
}

/// An entry of the registry.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct DataSet<AccountId, BlockNumber> {
	/// Who owns it and earns its royalties.
	pub owner: AccountId,
	/// What it is.
	pub spec: DataSetSpec,
	/// Whether it takes new uses.
	pub status: Status,
	/// What is on hold for the entry.
	pub bond: Balance,
	/// When it was registered.
	pub registered_at: BlockNumber,
}
