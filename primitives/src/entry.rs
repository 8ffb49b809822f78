//! What the entries of the registries have in common, models and data sets alike: names, files, prices, bonds.

use alloc::{collections::BTreeSet, vec::Vec};
use codec::Encode;
use sp_core::{bounded::BoundedVec, ConstU32};

use crate::{
	content::{is_safe_file_name, sha256, ContentRef, Digest, Uris},
	Balance, MAX_SUPPLY,
};

/// The most files of one entry.
pub const MAX_FILES: u32 = 8;

/// The longest name and the longest licence expression, in bytes.
pub const MAX_NAME_LEN: u32 = 64;

/// The longest name of a domain, in bytes.
pub const MAX_DOMAIN_LEN: u32 = 32;

/// A name in UTF-8.
pub type Name = BoundedVec<u8, ConstU32<MAX_NAME_LEN>>;

/// A domain in UTF-8: models are judged beside others of theirs, by data of it.
pub type Domain = BoundedVec<u8, ConstU32<MAX_DOMAIN_LEN>>;

/// Why an entry is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
	/// A name, the domain, the licence or a URI is not UTF-8.
	InvalidUtf8,
	/// The entry or one of its files has an empty name.
	EmptyName,
	/// The domain is empty.
	EmptyDomain,
	/// The licence is empty.
	EmptyLicence,
	/// There is no file.
	NoFiles,
	/// Two files have the same name.
	DuplicateFileName,
	/// A file's name is a path, or has control characters in it.
	UnsafeFileName,
	/// A file is empty.
	EmptyContent,
	/// A URI is empty.
	EmptyUri,
	/// A price is more than all DN there will ever be.
	PriceTooHigh,
}

/// Checks what an entry is called, what it is about, and how it is licensed.
pub fn check_labels(name: &[u8], domain: &[u8], licence: &[u8]) -> Result<(), Flaw> {
	check_text(name, Flaw::EmptyName)?;
	check_text(domain, Flaw::EmptyDomain)?;
	check_text(licence, Flaw::EmptyLicence).map(|_| ())
}

/// Checks the files of an entry, each with its name: there is one, and no two have one name.
pub fn check_files<'a>(files: impl IntoIterator<Item = (&'a Name, &'a ContentRef)>) -> Result<(), Flaw> {
	let mut names = BTreeSet::new();
	for (name, content) in files {
		let name = check_text(name, Flaw::EmptyName)?;
		check(is_safe_file_name(name), Flaw::UnsafeFileName)?;
		check(names.insert(name), Flaw::DuplicateFileName)?;
		check(content.length > 0, Flaw::EmptyContent)?;
		check_uris(&content.uris)?;
	}
	check(!names.is_empty(), Flaw::NoFiles)
}

/// Checks the URIs of one file; there may be none.
pub fn check_uris(uris: &Uris) -> Result<(), Flaw> {
	uris.iter().try_for_each(|uri| check_text(uri, Flaw::EmptyUri).map(|_| ()))
}

/// Checks a price: `price * items` fits 128 bits for any number of items.
pub const fn check_price(price: Balance) -> Result<(), Flaw> {
	const _: () = assert!(MAX_SUPPLY < Balance::MAX / u32::MAX as Balance);
	if price <= MAX_SUPPLY {
		Ok(())
	} else {
		Err(Flaw::PriceTooHigh)
	}
}

/// What is put on hold for an entry of so many bytes.
pub fn bond(base: Balance, per_byte: Balance, bytes: usize) -> Balance {
	let bytes = Balance::try_from(bytes).unwrap_or(Balance::MAX);
	base.saturating_add(per_byte.saturating_mul(bytes))
}

/// What binds files without saying what they are: SHA-256 of the SCALE encoding of
/// `(b"dn-manifest", [(name, hash, length)])`, in the files' order and whatever their URIs.
pub fn manifest_digest<'a>(files: impl IntoIterator<Item = (&'a [u8], &'a ContentRef)>) -> Digest {
	let bound = files.into_iter().map(|(name, content)| (name, content.hash, content.length));
	sha256(&(b"dn-manifest", bound.collect::<Vec<_>>()).encode())
}

fn check_text(text: &[u8], empty: Flaw) -> Result<&str, Flaw> {
	check(!text.is_empty(), empty)?;
	core::str::from_utf8(text).map_err(|_| Flaw::InvalidUtf8)
}

const fn check(holds: bool, flaw: Flaw) -> Result<(), Flaw> {
	if holds {
		Ok(())
	} else {
		Err(flaw)
	}
}
