//! Content that lives off chain and is known by its hash, and content small enough to live on chain.

use alloc::vec::Vec;
use core::fmt;

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sha2::{Digest as _, Sha256};
use sp_core::{bounded::BoundedVec, hexdisplay::HexDisplay, ConstU32};

/// A SHA-256 hash of content.
pub type Digest = [u8; 32];

/// The longest URI, in bytes.
pub const MAX_URI_LEN: u32 = 256;
/// The most URIs of one content.
pub const MAX_URIS: u32 = 4;
/// The most bytes of an input or an output that the chain itself carries.
pub const MAX_INLINE_LEN: u32 = 16 * 1024;

/// A URI in UTF-8: `file`, `http`, `https` or `s3`.
pub type Uri = BoundedVec<u8, ConstU32<MAX_URI_LEN>>;
/// Where one content can be fetched; every place is as good as any other, since the hash decides.
pub type Uris = BoundedVec<Uri, ConstU32<MAX_URIS>>;
/// Bytes that the chain itself carries.
pub type Inline = BoundedVec<u8, ConstU32<MAX_INLINE_LEN>>;

/// The SHA-256 hash of `bytes`.
pub fn sha256(bytes: &[u8]) -> Digest {
	Sha256::digest(bytes).into()
}

/// What binds files whatever their URIs: SHA-256 of the SCALE encoding of
/// `(b"dn-manifest", [(name, hash, length)])`, in the files' order.
pub fn manifest_digest<'a>(files: impl IntoIterator<Item = (&'a [u8], &'a ContentRef)>) -> Digest {
	let bound: Vec<_> = files.into_iter().map(|(name, content)| (name, content.hash, content.length)).collect();
	sha256(&(b"dn-manifest", bound).encode())
}

/// Content off chain: its hash and length bind it, its URIs only say where to look.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct ContentRef {
	/// SHA-256 of the content.
	pub hash: Digest,
	/// Length of the content in bytes.
	pub length: u64,
	/// Where to fetch it.
	pub uris: Uris,
}

/// An input or an output: on chain where it is small, else by reference.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Payload {
	/// The bytes themselves.
	Inline(Inline),
	/// Bytes that are fetched elsewhere.
	Reference(ContentRef),
}

impl Payload {
	/// SHA-256 of the content: computed for inline bytes, declared for a reference.
	pub fn digest(&self) -> Digest {
		match self {
			Self::Inline(bytes) => sha256(bytes),
			Self::Reference(content) => content.hash,
		}
	}

	/// The bytes where the chain carries them.
	pub fn inline(&self) -> Option<&[u8]> {
		match self {
			Self::Inline(bytes) => Some(bytes),
			Self::Reference(_) => None,
		}
	}
}

/// What is wrong with fetched bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mismatch {
	/// The content has another length than was declared.
	Length {
		/// Bytes declared.
		expected: u64,
		/// Bytes found.
		found: u64,
	},
	/// The content has another hash than was declared.
	Hash {
		/// Hash declared.
		expected: Digest,
		/// Hash found.
		found: Digest,
	},
}

impl fmt::Display for Mismatch {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Length { expected, found } => write!(f, "the content has {found} bytes, not {expected}"),
			Self::Hash { expected, found } => {
				write!(f, "the content's SHA-256 is {}, not {}", HexDisplay::from(found), HexDisplay::from(expected))
			},
		}
	}
}

impl core::error::Error for Mismatch {}

impl ContentRef {
	/// Whether `bytes` are what this reference names.
	pub fn verify(&self, bytes: &[u8]) -> Result<(), Mismatch> {
		let found = bytes.len() as u64;
		if found != self.length {
			return Err(Mismatch::Length { expected: self.length, found });
		}
		let hash = sha256(bytes);
		if hash != self.hash {
			return Err(Mismatch::Hash { expected: self.hash, found: hash });
		}
		Ok(())
	}

	/// The URIs that are valid UTF-8.
	pub fn uris_utf8(&self) -> Vec<&str> {
		self.uris.iter().filter_map(|uri| core::str::from_utf8(uri).ok()).collect()
	}
}

/// Whether a file of this name can be written into a folder, and nowhere else: one component of a path,
/// on every operating system.
pub fn is_safe_file_name(name: &str) -> bool {
	name != "." && name != ".." && !name.chars().any(|c| matches!(c, '/' | '\\' | ':') || c.is_control())
}
