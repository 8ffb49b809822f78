//! Tasks.

use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use deepnode_primitives::{
	content::Digest,
	task::{Assurance, ErrorCode, MAX_SEATS},
	Balance, ModelId,
};
use frame_support::{traits::ConstU32, BoundedVec};
use scale_info::TypeInfo;

use super::{Audit, AuditPhase, MAX_EXCLUDED};

/// Where a task stands.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub enum TaskStatus<BlockNumber> {
	/// It waits for its workers to be drawn.
	Submitted,
	/// Its workers, or more of them, are drawn; they run the model and commit.
	Assigned,
	/// All of them have committed; they reveal.
	Committed,
	/// The answers so far have no majority: it waits for more workers.
	Disputed,
	/// A majority agreed, and the fee is divided. The audit has its own phases.
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
	/// A majority agreed, and auditors found that falsely so: the requester has its fee back.
	Overturned {
		/// When.
		at: BlockNumber,
	},
}

impl<BlockNumber> TaskStatus<BlockNumber> {
	/// Whether the fee is still in escrow.
	pub const fn is_open(&self) -> bool {
		matches!(self, Self::Submitted | Self::Assigned | Self::Committed | Self::Disputed)
	}

	/// Whether a majority has decided it, for an output or for an error that others can verify, so that it is
	/// audited and those who agreed answer for it.
	pub const fn is_decided(&self) -> bool {
		match self {
			Self::Settled { .. } => true,
			Self::Refunded { reason: RefundReason::Failed(code), .. } => !code.is_unavailable(),
			_ => false,
		}
	}
}

/// Why a requester has its money back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum RefundReason {
	/// It could not be answered before its deadline.
	Expired,
	/// No majority agreed, and no more workers can be asked.
	Disagreed,
	/// A majority agrees that the task cannot be answered.
	Failed(ErrorCode),
	/// Too many workers were absent.
	Abandoned,
}

/// Answers that are too long for the chain, and differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub enum LongAnswers {
	/// There are none, or they are judged.
	#[default]
	Judged,
	/// Everybody has revealed: the next block says which of their chunks to open.
	Differ,
	/// Whoever has them opens those chunks.
	Opening,
}

/// A task from its submission until it is forgotten.
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
	/// What is in escrow besides, for the audit fund.
	pub audit_fee: Balance,
	/// How much of the stake of each of its workers and auditors answers for it.
	pub bound: Balance,
	/// What is on hold for the storage that it takes until it is forgotten.
	pub deposit: Balance,
	/// The last block in which it can settle, as long as the agenda is not late. A dispute moves it.
	pub deadline: BlockNumber,
	/// Random for an ordinary task; a sealed expectation for a known-answer task.
	pub seal: [u8; 32],
	/// When it was submitted.
	pub submitted_at: BlockNumber,
	/// When what is drawn next was fixed: it is drawn with randomness that is younger.
	pub fixed_at: BlockNumber,
	/// Where it stands.
	pub status: TaskStatus<BlockNumber>,
	/// Who serves it or, once it is decided, whose answers agree with the one that stands for the majority.
	pub workers: BoundedVec<AccountId, ConstU32<MAX_SEATS>>,
	/// How many of their answers were judged when they last were: 0 in the first wave.
	pub judged: u8,
	/// What becomes of long answers that differ.
	pub long_answers: LongAnswers,
	/// Whose answers the majority outvoted, with what each lost for it.
	pub losers: BoundedVec<(AccountId, Balance), ConstU32<MAX_SEATS>>,
	/// Who must not serve or audit it any more.
	pub excluded: BoundedVec<AccountId, ConstU32<MAX_EXCLUDED>>,
	/// The audit of the decided task.
	pub audit: Audit<AccountId, BlockNumber>,
	/// How often its draw found too few since the last that succeeded.
	pub failed_draws: u8,
	/// The block in which the agenda looks at it next.
	pub wake: BlockNumber,
}

/// What those who were asked last are to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
	/// Nothing: more are to be asked.
	Waiting,
	/// To commit.
	Assigned,
	/// To reveal.
	Committed,
}

impl<AccountId: PartialEq + Clone, BlockNumber> Task<AccountId, BlockNumber> {
	/// Whether a majority has decided it, so that who is asked next are auditors.
	pub(crate) const fn is_decided(&self) -> bool {
		self.status.is_decided()
	}

	/// Whether its first workers have no verdict yet.
	pub(crate) const fn is_first_wave(&self) -> bool {
		self.status.is_open() && self.judged == 0
	}

	/// Moves the task or, once it is decided, its audit to a stage.
	pub(crate) fn set_stage(&mut self, stage: Stage) {
		if self.is_decided() {
			self.audit.phase = match stage {
				Stage::Waiting => AuditPhase::Waiting,
				Stage::Assigned => AuditPhase::Assigned,
				Stage::Committed => AuditPhase::Committed,
			};
		} else {
			self.status = match stage {
				Stage::Waiting => TaskStatus::Disputed,
				Stage::Assigned => TaskStatus::Assigned,
				Stage::Committed => TaskStatus::Committed,
			};
		}
	}

	/// Whether the task or its audit is at a stage.
	pub(crate) const fn is_at(&self, stage: Stage) -> bool {
		if self.is_decided() {
			matches!(
				(self.audit.phase, stage),
				(AuditPhase::Waiting, Stage::Waiting)
					| (AuditPhase::Assigned, Stage::Assigned)
					| (AuditPhase::Committed, Stage::Committed)
			)
		} else {
			matches!(
				(&self.status, stage),
				(TaskStatus::Disputed, Stage::Waiting)
					| (TaskStatus::Assigned, Stage::Assigned)
					| (TaskStatus::Committed, Stage::Committed)
			)
		}
	}

	/// Whether who is asked next is an auditor: the task is decided, or its first workers have committed and
	/// nobody has revealed.
	pub(crate) const fn asks_auditors(&self) -> bool {
		self.is_decided() || self.is_sealed()
	}

	/// Whether its first workers have committed and nobody may reveal yet.
	pub(crate) const fn is_sealed(&self) -> bool {
		matches!(
			(&self.status, self.audit.phase),
			(TaskStatus::Committed, AuditPhase::Lottery | AuditPhase::Chosen | AuditPhase::Assigned)
		)
	}

	/// Adds to those who serve the task or [audit](Self::asks_auditors) it. Whether there was room for
	/// them all.
	#[must_use]
	pub(crate) fn seat(&mut self, more: &[AccountId]) -> bool {
		let auditors = self.asks_auditors();
		more.iter().cloned().all(|who| {
			if auditors {
				self.audit.auditors.try_push(who).is_ok()
			} else {
				self.workers.try_push(who).is_ok()
			}
		})
	}

	/// Takes `absent` off those who serve or audit the task and keeps it from them. Whether there was
	/// room to remember them all.
	pub(crate) fn exclude(&mut self, absent: &[AccountId]) -> bool {
		if !self.is_decided() {
			self.workers.retain(|who| !absent.contains(who));
		}
		self.audit.auditors.retain(|who| !absent.contains(who));
		// All of them are tried, also after one that did not fit.
		absent.iter().filter(|who| self.excluded.try_push((*who).clone()).is_err()).count() == 0
	}

	/// Everybody that an auditor or one more worker must not be, nor be of one owner with.
	pub(crate) fn barred(&self) -> Vec<&AccountId> {
		let losers = self.losers.iter().map(|(who, _)| who);
		self.workers
			.iter()
			.chain(losers)
			.chain(&self.excluded)
			.chain(&self.audit.auditors)
			.chain([&self.requester])
			.collect()
	}

	/// Whose stake answers for it.
	pub(crate) fn liable(&self) -> impl Iterator<Item = &AccountId> {
		let held = self.is_decided() || !matches!(self.status, TaskStatus::Refunded { .. });
		self.workers.iter().chain(&self.audit.auditors).filter(move |_| held)
	}

	/// Who has it among its assignments: its workers until it is decided, its auditors until their audit is
	/// over.
	pub(crate) fn busy(&self) -> impl Iterator<Item = &AccountId> {
		let serve = self.status.is_open();
		let audit = self.audit.phase.is_open();
		self.workers.iter().filter(move |_| serve).chain(self.audit.auditors.iter().filter(move |_| audit))
	}
}
