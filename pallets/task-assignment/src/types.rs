//! What the pallet keeps.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use deepnode_primitives::{
	content::Digest,
	task::{Assurance, ErrorCode, MAX_SEATS},
	Balance, ModelId,
};
use frame_support::{
	traits::{fungible, ConstU32},
	BoundedVec,
};
use frame_system::pallet_prelude::BlockNumberFor;
use scale_info::TypeInfo;

use crate::Config;

/// The most models that one worker serves.
pub const MAX_MODELS_PER_WORKER: u32 = 16;
/// The most workers that one task is kept from, because they were absent or have seen an answer.
pub const MAX_EXCLUDED: u32 = 8;

/// DN taken from somebody and not yet given to anybody; what is left of it is burned.
pub type CreditOf<T> = fungible::Credit<<T as frame_system::Config>::AccountId, <T as Config>::Currency>;

/// A task of the runtime.
pub(crate) type TaskOf<T> = Task<<T as frame_system::Config>::AccountId, BlockNumberFor<T>>;

/// A worker of the runtime.
pub(crate) type WorkerOf<T> = Worker<<T as frame_system::Config>::AccountId, BlockNumberFor<T>>;

/// A worker and its stake.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Worker<AccountId, BlockNumber> {
	/// Who runs it: two workers of one owner never serve one task.
	pub owner: AccountId,
	/// What it has on hold.
	pub stake: Balance,
	/// How many tasks it serves at once.
	pub capacity: u16,
	/// How many it serves now.
	pub active: u16,
	/// The models that it serves, each with its leaf in the model's pool.
	pub models: BoundedVec<(ModelId, u32), ConstU32<MAX_MODELS_PER_WORKER>>,
	/// When its stake may leave, once it has said that it leaves.
	pub leaving: Option<BlockNumber>,
}

impl<AccountId, BlockNumber> Worker<AccountId, BlockNumber> {
	/// Whether it can take one more task.
	pub fn is_free(&self) -> bool {
		self.leaving.is_none() && self.active < self.capacity
	}

	/// What it weighs in a draw: its stake or, where slashes have left too little of it, nothing.
	pub fn weight(&self, min_stake: Balance) -> Balance {
		if self.stake < min_stake {
			0
		} else {
			self.stake
		}
	}
}

/// Where a task stands.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub enum TaskStatus<BlockNumber> {
	/// It waits for its workers to be drawn.
	Submitted,
	/// Its workers are drawn; they run the model and commit.
	Assigned,
	/// All of them have committed; they reveal.
	Committed,
	/// The answers agreed, and the fee is divided.
	Settled {
		/// When.
		at: BlockNumber,
		/// The digest of the agreed answer.
		digest: Digest,
	},
	/// The requester has its money back, or what was not spent of it.
	Refunded {
		/// When.
		at: BlockNumber,
		/// Why.
		reason: RefundReason,
	},
}

impl<BlockNumber> TaskStatus<BlockNumber> {
	/// Whether the fee is still in escrow.
	pub fn is_open(&self) -> bool {
		matches!(self, Self::Submitted | Self::Assigned | Self::Committed)
	}
}

/// Why a requester gets its money back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum RefundReason {
	/// No answer could be had before the deadline.
	Expired,
	/// The workers' answers do not agree.
	Disagreed,
	/// The workers agree that the task has no answer. A fixed part of the fee pays them.
	Failed(ErrorCode),
}

/// What a worker lost stake for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Offence {
	/// It was assigned and did not commit in time.
	MissedCommit,
	/// It committed and did not reveal in time.
	MissedReveal,
}

/// A task from its submission to the end of its audit window.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Task<AccountId, BlockNumber> {
	/// Who asked and pays.
	pub requester: AccountId,
	/// What is asked.
	pub model: ModelId,
	/// How many items the input has.
	pub items: u32,
	/// How surely the answer is checked.
	pub assurance: Assurance,
	/// What is in escrow for it until it is settled.
	pub fee: Balance,
	/// What is on hold for the storage that it takes until it is forgotten.
	pub deposit: Balance,
	/// The last block in which it can settle, as long as the agenda is not late.
	pub deadline: BlockNumber,
	/// Random for an ordinary task; a sealed expectation for a known-answer task.
	pub seal: [u8; 32],
	/// When it was submitted: it is drawn with randomness that is younger.
	pub submitted_at: BlockNumber,
	/// Where it stands.
	pub status: TaskStatus<BlockNumber>,
	/// Who serves it now.
	pub workers: BoundedVec<AccountId, ConstU32<MAX_SEATS>>,
	/// Who must not serve it any more.
	pub excluded: BoundedVec<AccountId, ConstU32<MAX_EXCLUDED>>,
	/// How often its draw found too few workers since the last that succeeded.
	pub failed_draws: u8,
	/// The block in which the agenda looks at it next.
	pub wake: BlockNumber,
}
