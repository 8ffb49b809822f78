//! The bridge to Base: every encoding that the chain, the relayer and the contracts agree on.
//!
//! `bridge/README.md` defines the bytes; this is the Rust side of that page, and the vectors in
//! `bridge/contracts/test/vectors`, which a test of this crate makes, hold the contracts to it.
//!
//! ```text
//! Message, Claim, Receipt --leaf()--> tree::committed_root --Roots::leaf_extra--> MmrLeaf --mmr--> Commitment
//! ```
//!
//! Hashes are Keccak-256. Each leaf's preimage begins with a tag, is longer than 64 bytes and has one length for
//! its kind; that of an inner node is 64 bytes.

mod abi;
mod claim;
mod leaf;
mod message;
pub mod mmr;
mod receipt;
pub mod tree;

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::{H160, H256};
use sp_runtime::traits::{Hash, Keccak256};

pub use claim::Claim;
pub use leaf::{quorum, AuthoritySet, Commitment, MmrLeaf, Roots, COMMITMENT_LEN, MMR_LEAF_LEN};
pub use message::{CallData, Kind, Malformed, Message, Payload, MAX_CALL_LEN, TOWARDS_BASE};
pub use receipt::{Judgement, Receipt};

/// What the tag of a message's leaf is the hash of.
pub const MESSAGE_TAG: &str = "deepnode.bridge.message.v1";
/// What the tag of a claim's leaf is the hash of.
pub const CLAIM_TAG: &str = "deepnode.bridge.claim.v1";
/// What the tag of a receipt's leaf is the hash of.
pub const RECEIPT_TAG: &str = "deepnode.bridge.receipt.v1";
/// What the tag of a committed root is the hash of.
pub const TREE_TAG: &str = "deepnode.bridge.tree.v1";
/// What the tag of the leaf extra is the hash of.
pub const EXTRA_TAG: &str = "deepnode.bridge.extra.v1";

/// Between which two ends messages and claims go: it is in each of their leaves, so that none is valid elsewhere.
#[derive(
	Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Domain {
	/// The genesis hash of the DeepNode chain.
	pub chain: H256,
	/// Base's chain id.
	pub base: u64,
	/// The gateway's address on Base.
	pub gateway: H160,
}

fn keccak(bytes: &[u8]) -> H256 {
	Keccak256::hash(bytes)
}

/// The hash of an inner node: of exactly 64 bytes.
fn node(left: &H256, right: &H256) -> H256 {
	let mut bytes = [0; 64];
	let (first, second) = bytes.split_at_mut(32);
	first.copy_from_slice(left.as_bytes());
	second.copy_from_slice(right.as_bytes());
	keccak(&bytes)
}
