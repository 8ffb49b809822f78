//! The hashes that seal what evaluators say until they say it aloud. Clients use the same functions.

use codec::Encode;
use deepnode_scoring::Unit;
use frame_support::{Blake2_256, StorageHasher};

use deepnode_primitives::ModelId;

use crate::types::{DomainId, EpochIndex, Expected};

/// `blake2_256((salt, weights))` of one page of weights.
pub fn page(weights: &[(ModelId, Unit)], salt: &[u8; 32]) -> [u8; 32] {
	(salt, weights).using_encoded(Blake2_256::hash)
}

/// What an evaluator commits to: all pages' hashes in their order, for one epoch and domain. The
/// evaluator is inside it, so copying another's is useless.
pub fn ballot<AccountId: Encode>(
	epoch: EpochIndex,
	domain: DomainId,
	evaluator: &AccountId,
	pages: &[[u8; 32]],
) -> [u8; 32] {
	(b"dn-weights", epoch, domain, evaluator, pages).using_encoded(Blake2_256::hash)
}

/// What an evaluation commits to before its models are drawn.
pub fn item<AccountId: Encode>(evaluator: &AccountId, expected: &Expected, salt: &[u8; 32]) -> [u8; 32] {
	(b"dn-item", evaluator, expected, salt).using_encoded(Blake2_256::hash)
}

/// The 32 bytes that a known-answer task carries as its seal. Each task has a salt of its own, for equal
/// seals would give an evaluation away.
pub fn task<AccountId: Encode>(evaluator: &AccountId, expected: &Expected, salt: &[u8; 32]) -> [u8; 32] {
	(evaluator, expected, salt).using_encoded(Blake2_256::hash)
}
