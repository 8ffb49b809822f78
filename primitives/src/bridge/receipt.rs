//! What is left of a settled task.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::{bounded::BoundedVec, ConstU32, H256};

use super::{abi::Words, keccak, RECEIPT_TAG};
use crate::{content::Digest, task::MAX_SEATS, Balance, ModelId, TaskId};

/// What became of the task that a receipt is of.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[repr(u8)]
pub enum Judgement {
	/// It was settled: the workers agree on the output.
	Settled = 0,
	/// Its settlement was overturned: the output that these workers agreed on is false.
	Overturned = 1,
}

/// A settled task, for whoever acts on its output elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Receipt {
	/// The task.
	pub task: TaskId,
	/// Its model.
	pub model: ModelId,
	/// How many items it had.
	pub items: u32,
	/// What became of it.
	pub verdict: Judgement,
	/// Who asked.
	pub requester: H256,
	/// The model's manifest hash: [`manifest_digest`](crate::content::manifest_digest) of its files.
	pub manifest: Digest,
	/// SHA-256 of the input.
	pub input: Digest,
	/// SHA-256 of the settled output's canonical bytes.
	pub output: Digest,
	/// The workers whose answers agree on it.
	pub workers: BoundedVec<H256, ConstU32<MAX_SEATS>>,
	/// The fee that was divided.
	pub fee: Balance,
	/// The creator's part.
	pub creator: Balance,
	/// Each worker's part.
	pub per_worker: Balance,
	/// The validators' part.
	pub validators: Balance,
	/// The treasury's part.
	pub treasury: Balance,
	/// The community's part.
	pub community: Balance,
	/// What was burned.
	pub burned: Balance,
}

impl Receipt {
	/// Its leaf in the receipts' tree of the block that issued it.
	pub fn leaf(&self, chain: &H256) -> H256 {
		let workers = self.workers.iter().fold(Words::default(), |words, worker| words.word(worker.as_fixed_bytes()));
		Words::tagged(RECEIPT_TAG)
			.word(chain.as_fixed_bytes())
			.uint(self.task)
			.uint(self.model)
			.uint(self.items)
			.uint(self.verdict as u8)
			.word(self.requester.as_fixed_bytes())
			.word(&self.manifest)
			.word(&self.input)
			.word(&self.output)
			.word(keccak(&workers.into_bytes()).as_fixed_bytes())
			.uint(self.fee)
			.uint(self.creator)
			.uint(self.per_worker)
			.uint(self.validators)
			.uint(self.treasury)
			.uint(self.community)
			.uint(self.burned)
			.hash()
	}
}
