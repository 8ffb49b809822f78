//! Proofs as the contracts take them, each verified here before anything is sent.

use alloy::primitives::{Address, Bytes, B256};
use codec::DecodeAll as _;
use deepnode_client::MmrProof;
use deepnode_primitives::bridge::{mmr, tree::Inclusion, Claim, Message, MmrLeaf, Receipt, Roots, MMR_LEAF_LEN};
use sp_core::H256;
use sp_mmr_primitives::LeafProof;

use crate::base::abi;

/// Why a proof is not sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
	/// The node's answer is no proof of one leaf.
	#[error("the node's proof of leaf {leaf} is not the encoding of one: use the version of this program that belongs to the runtime")]
	Malformed {
		/// The leaf's index.
		leaf: u32,
	},
	/// The node has proved another leaf, or among other leaves.
	#[error("the node was asked for leaf {leaf} of {count} and proves leaf {found:?} of {found_count}: asking again")]
	OtherLeaf {
		/// The leaf's index.
		leaf: u32,
		/// Among how many leaves.
		count: u32,
		/// What it proves.
		found: Vec<u64>,
		/// Among how many leaves.
		found_count: u64,
	},
	/// The node's proof has not the shape of the leaf's place.
	#[error(transparent)]
	Shape(#[from] mmr::Error),
	/// The node's proof does not lead to the committed root.
	#[error("the node's proof of leaf {leaf} does not lead to the root {root:?} that is committed for block {count}: asking again")]
	OtherRoot {
		/// The leaf's index.
		leaf: u32,
		/// The committed block.
		count: u32,
		/// Its root.
		root: H256,
	},
	/// The leaf does not have the roots that the chain gives.
	#[error("block {block}'s leaf has the extra data {found:?}, and the block's roots make {expected:?}: the node is on another fork")]
	OtherRoots {
		/// The block.
		block: u32,
		/// What the leaf has.
		found: H256,
		/// What the roots make.
		expected: H256,
	},
	/// What is to be proved is not below the block's root.
	#[error("{what} is not leaf {index} of the {count} below {below}, {root:?}: the node is on another fork")]
	NotIncluded {
		/// What was to be proved.
		what: String,
		/// Its place.
		index: u32,
		/// Among how many.
		count: usize,
		/// Which root it is.
		below: String,
		/// The root.
		root: H256,
	},
}

/// A commitment that the light client has accepted, or is about to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor {
	/// The block.
	pub block: u32,
	/// The root of the mountain range over as many leaves.
	pub root: H256,
}

/// A leaf of the mountain range that is proved under an anchor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvedLeaf {
	/// The anchor.
	pub anchor: Anchor,
	/// The leaf.
	pub leaf: MmrLeaf,
	/// Its proof.
	pub proof: mmr::Proof,
}

impl ProvedLeaf {
	/// Reads and verifies a node's proof of the leaf that has a block's roots: the leaf with the block's number.
	pub fn new(block: u32, anchor: Anchor, answer: &MmrProof) -> Result<Self, ProofError> {
		let malformed = |_| ProofError::Malformed { leaf: block };
		let leaves = Vec::<Vec<u8>>::decode_all(&mut &answer.leaves[..]).map_err(malformed)?;
		let proof = LeafProof::<H256>::decode_all(&mut &answer.proof[..]).map_err(malformed)?;
		let [bytes] = &leaves[..] else { return Err(ProofError::Malformed { leaf: block }) };
		let leaf = MmrLeaf::decode_all(&mut &bytes[..]).map_err(malformed)?;
		let is_asked = proof.leaf_indices == [u64::from(block)] && proof.leaf_count == u64::from(anchor.block);
		if !is_asked || bytes.len() != MMR_LEAF_LEN || leaf.parent_number != block {
			let (found, found_count) = (proof.leaf_indices, proof.leaf_count);
			return Err(ProofError::OtherLeaf { leaf: block, count: anchor.block, found, found_count });
		}
		let proof = mmr::Proof::from_node(block.into(), anchor.block.into(), &proof.items)?;
		if !proof.verify(&leaf.hash(), &anchor.root) {
			return Err(ProofError::OtherRoot { leaf: block, count: anchor.block, root: anchor.root });
		}
		Ok(Self { anchor, leaf, proof })
	}

	/// The items as the contracts take them.
	pub fn items(&self) -> Vec<B256> {
		words(&self.proof.items)
	}

	/// The proof of the block's roots.
	pub fn roots(&self, roots: &Roots) -> Result<abi::RootsProof, ProofError> {
		let (found, expected) = (self.leaf.leaf_extra, roots.leaf_extra());
		if found != expected {
			return Err(ProofError::OtherRoots { block: self.leaf.parent_number, found, expected });
		}
		Ok(abi::RootsProof {
			rootBlock: self.anchor.block,
			leaf: (&self.leaf).into(),
			messagesRoot: word(roots.messages),
			settlementRoot: word(roots.settlement),
			receiptsRoot: word(roots.receipts),
			mmrItems: self.items(),
		})
	}

	/// The proof of one of the leaves below a root of the block.
	pub fn inclusion(
		&self,
		roots: &Roots,
		kind: Kind,
		leaves: &[H256],
		index: u32,
		what: impl FnOnce() -> String,
	) -> Result<abi::InclusionProof, ProofError> {
		let root = match kind {
			Kind::Message => roots.messages,
			Kind::Receipt => roots.receipts,
		};
		let included = included(leaves, index, &root);
		let inclusion = included.ok_or_else(|| ProofError::NotIncluded {
			what: what(),
			index,
			count: leaves.len(),
			below: format!("the root of block {}", self.leaf.parent_number),
			root,
		})?;
		Ok(abi::InclusionProof {
			roots: self.roots(roots)?,
			index,
			count: inclusion.count,
			items: words(&inclusion.items),
		})
	}
}

/// Below which of a block's roots something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
	/// The root of its messages.
	Message,
	/// The root of its receipts.
	Receipt,
}

fn included(leaves: &[H256], index: u32, root: &H256) -> Option<Inclusion> {
	let leaf = leaves.get(usize::try_from(index).ok()?)?;
	Inclusion::prove(leaves, index).filter(|inclusion| inclusion.verify(leaf, root))
}

/// The items of a claim's proof below its settlement's root.
pub fn claim(leaves: &[H256], claim: &Claim, root: &H256) -> Result<Vec<B256>, ProofError> {
	let inclusion = included(leaves, claim.index, root).ok_or_else(|| ProofError::NotIncluded {
		what: format!("claim {} of epoch {}", claim.index, claim.epoch),
		index: claim.index,
		count: leaves.len(),
		below: format!("the root of epoch {}'s settlement", claim.epoch),
		root: *root,
	})?;
	Ok(words(&inclusion.items))
}

/// A hash as the contracts take it.
pub fn word(hash: H256) -> B256 {
	hash.0.into()
}

fn words(hashes: &[H256]) -> Vec<B256> {
	hashes.iter().copied().map(word).collect()
}

impl From<&MmrLeaf> for abi::MmrLeaf {
	fn from(leaf: &MmrLeaf) -> Self {
		Self {
			version: leaf.version,
			parentNumber: leaf.parent_number,
			parentHash: word(leaf.parent_hash),
			nextSetId: leaf.next_set.id,
			nextSetLen: leaf.next_set.len,
			nextSetRoot: word(leaf.next_set.root),
			leafExtra: word(leaf.leaf_extra),
		}
	}
}

impl From<&Message> for abi::Message {
	fn from(message: &Message) -> Self {
		Self {
			nonce: message.nonce,
			kind: message.kind() as u8,
			sender: word(message.sender),
			fee: message.fee,
			payload: Bytes::from(message.payload.to_abi()),
		}
	}
}

impl From<&Claim> for abi::Claim {
	fn from(claim: &Claim) -> Self {
		Self { epoch: claim.epoch, index: claim.index, account: Address::from(claim.account.0), amount: claim.amount }
	}
}

impl From<&Receipt> for abi::Receipt {
	fn from(receipt: &Receipt) -> Self {
		Self {
			task: receipt.task,
			model: receipt.model,
			items: receipt.items,
			verdict: receipt.verdict as u8,
			requester: word(receipt.requester),
			manifest: receipt.manifest.into(),
			input: receipt.input.into(),
			output: receipt.output.into(),
			workers: words(&receipt.workers),
			fee: receipt.fee,
			creator: receipt.creator,
			perWorker: receipt.per_worker,
			validators: receipt.validators,
			treasury: receipt.treasury,
			community: receipt.community,
			burned: receipt.burned,
		}
	}
}

#[cfg(test)]
mod tests;
