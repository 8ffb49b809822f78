//! From a block's roots to the commitment that validators sign.

use alloc::vec::Vec;

use codec::{Decode, Encode};
use scale_info::TypeInfo;
use sp_core::{H160, H256};

use super::{abi::Words, keccak, tree::merkle_root, EXTRA_TAG};

/// How many bytes an MMR leaf has.
pub const MMR_LEAF_LEN: usize = 113;
/// How many bytes a commitment has.
pub const COMMITMENT_LEN: usize = 48;

/// A commitment's payload is a list of one entry, the MMR root: compact lengths of the list and of the root
/// around the entry's name.
const PAYLOAD_HEAD: [u8; 4] = [1 << 2, b'm', b'h', 32 << 2];

/// What happened in one block, for light clients: a root is zero where there was nothing of its kind.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	PartialEq,
	Eq,
	Encode,
	Decode,
	codec::DecodeWithMemTracking,
	codec::MaxEncodedLen,
	TypeInfo,
)]
pub struct Roots {
	/// The committed root of the messages that it told.
	pub messages: H256,
	/// The committed root of the claims of the settlement that it told.
	pub settlement: H256,
	/// The committed root of the receipts that it issued.
	pub receipts: H256,
}

impl Roots {
	/// The extra data of the leaf that the next block appends.
	pub fn leaf_extra(&self) -> H256 {
		Words::tagged(EXTRA_TAG)
			.word(self.messages.as_fixed_bytes())
			.word(self.settlement.as_fixed_bytes())
			.word(self.receipts.as_fixed_bytes())
			.hash()
	}
}

/// A set of BEEFY validators, as an MMR leaf names the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct AuthoritySet {
	/// Its number.
	pub id: u64,
	/// How many validators it has.
	pub len: u32,
	/// The Merkle root over their addresses.
	pub root: H256,
}

impl AuthoritySet {
	/// The set of these addresses.
	pub fn of(id: u64, addresses: &[H160]) -> Self {
		let leaves: Vec<H256> = addresses.iter().map(|address| keccak(address.as_bytes())).collect();
		Self { id, len: addresses.len() as u32, root: merkle_root(&leaves) }
	}
}

/// How many of `validators` must sign a commitment: more than two thirds.
pub const fn quorum(validators: u32) -> u32 {
	validators.saturating_sub(validators.saturating_sub(1) / 3)
}

/// A leaf of the Merkle mountain range, as `sp_consensus_beefy::mmr::MmrLeaf` is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct MmrLeaf {
	/// The version of its format.
	pub version: u8,
	/// The number of the block whose roots it has: the parent of the block that appended it. It is its index.
	pub parent_number: u32,
	/// That block's hash.
	pub parent_hash: H256,
	/// The validators of the next session.
	pub next_set: AuthoritySet,
	/// [`Roots::leaf_extra`] of that block's roots.
	pub leaf_extra: H256,
}

impl MmrLeaf {
	/// What is below it in the mountain range.
	pub fn hash(&self) -> H256 {
		self.using_encoded(keccak)
	}
}

/// What the validators of a set sign about a block: the root of the mountain range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Commitment {
	/// The root over as many leaves as the block's number says.
	pub mmr_root: H256,
	/// The block.
	pub block_number: u32,
	/// Which set signs.
	pub validator_set_id: u64,
}

impl Commitment {
	/// The bytes whose hash is signed, as `sp_consensus_beefy::Commitment` is encoded.
	pub fn to_bytes(&self) -> [u8; COMMITMENT_LEN] {
		let mut bytes = [0; COMMITMENT_LEN];
		let parts = PAYLOAD_HEAD
			.into_iter()
			.chain(self.mmr_root.0)
			.chain(self.block_number.to_le_bytes())
			.chain(self.validator_set_id.to_le_bytes());
		bytes.iter_mut().zip(parts).for_each(|(byte, part)| *byte = part);
		bytes
	}

	/// Reads a commitment; `None` for one whose payload is not the MMR root alone.
	pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
		let (root, block_number, validator_set_id) =
			<([u8; 32], u32, u64)>::decode(&mut bytes.strip_prefix(&PAYLOAD_HEAD)?).ok()?;
		let commitment = Self { mmr_root: root.into(), block_number, validator_set_id };
		(bytes.len() == COMMITMENT_LEN).then_some(commitment)
	}

	/// What is signed.
	pub fn hash(&self) -> H256 {
		keccak(&self.to_bytes())
	}
}
