//! The hashes that seal what evaluators say until they say it aloud.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::{bounded::BoundedVec, ConstU32};
use sp_runtime::{
	traits::{BlakeTwo256, Hash},
	Perbill,
};

use crate::{content::Digest, ModelId};

/// A domain's number; the first is 0.
pub type DomainId = u16;

/// The number of an epoch of scores; the first is 0.
pub type EpochIndex = u32;

/// The most models whose weights one page has.
pub const MAX_WEIGHTS: u32 = 64;

/// The most pages of one evaluator's weights.
pub const MAX_PAGES: u32 = 16;

/// The longest expected answer that is unsealed in bytes; a longer one is sealed by its digest.
pub const MAX_EXPECTED_LEN: u32 = 4_096;

/// What an evaluator expects of a model.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Expected {
	/// A canonical answer: the settled one is scored against it by the domain's metric.
	Answer(BoundedVec<u8, ConstU32<MAX_EXPECTED_LEN>>),
	/// The digest of a canonical answer: the settled one is right or wrong.
	Digest(Digest),
}

impl Expected {
	/// How many bytes there are to read.
	pub fn size(&self) -> u32 {
		match self {
			Self::Answer(bytes) => bytes.len() as u32,
			Self::Digest(_) => 0,
		}
	}
}

fn hash(of: &impl Encode) -> [u8; 32] {
	BlakeTwo256::hash_of(of).0
}

/// `blake2_256((salt, weights))` of one page of weights.
pub fn page(weights: &[(ModelId, Perbill)], salt: &[u8; 32]) -> [u8; 32] {
	hash(&(salt, weights))
}

/// What an evaluator commits to: all pages' hashes in their order, for one epoch and domain. The
/// evaluator is inside it, so copying another's is useless.
pub fn ballot<AccountId: Encode>(
	epoch: EpochIndex,
	domain: DomainId,
	evaluator: &AccountId,
	pages: &[[u8; 32]],
) -> [u8; 32] {
	hash(&(b"dn-weights", epoch, domain, evaluator, pages))
}

/// What an evaluation commits to before its models are drawn.
pub fn item<AccountId: Encode>(evaluator: &AccountId, expected: &Expected, salt: &[u8; 32]) -> [u8; 32] {
	hash(&(b"dn-item", evaluator, expected, salt))
}

/// The 32 bytes that a known-answer task carries as its seal. Each task has a salt of its own, for equal
/// seals would give an evaluation away.
pub fn task<AccountId: Encode>(evaluator: &AccountId, expected: &Expected, salt: &[u8; 32]) -> [u8; 32] {
	hash(&(evaluator, expected, salt))
}
