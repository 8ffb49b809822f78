//! Sealed answers.

use sp_core::H256;
use sp_runtime::{
	traits::{BlakeTwo256, Hash},
	AccountId32,
};

use crate::{content::Digest, TaskId};

/// Separates commitments from every other hash.
pub const DOMAIN: &[u8; 9] = b"dn-commit";

/// `blake2_256(("dn-commit", genesis_hash, task, worker, salt, digest))`, SCALE-encoded.
///
/// The worker is inside it, so that copying another's commitment is of no use.
pub fn commitment(genesis: &H256, task: TaskId, worker: &AccountId32, salt: &[u8; 32], digest: &Digest) -> H256 {
	BlakeTwo256::hash_of(&(DOMAIN, genesis, task, worker, salt, digest))
}
