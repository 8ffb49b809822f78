//! Audits.

use codec::{Decode, Encode, MaxEncodedLen};
use deepnode_primitives::{task::MAX_AUDITORS, Balance};
use frame_support::{traits::ConstU32, BoundedVec};
use scale_info::TypeInfo;

/// Where the audit of a task stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub enum AuditPhase {
	/// The task's first workers have not all committed.
	#[default]
	None,
	/// They have committed in this block or the last, and nobody may reveal: chance decides whether the task
	/// is audited.
	Lottery,
	/// Chance has chosen it: the next block draws the first auditor, and until then nobody may reveal.
	Chosen,
	/// Chance has spared it; a report can still bring an audit about once it is settled.
	Spared,
	/// It waits for its auditors, or for more of them; of a task that is not settled, for its settlement.
	Waiting,
	/// Auditors are drawn; they run the model and commit. Of a task that is not settled, nobody may reveal.
	Assigned,
	/// They have committed; they reveal. Of a task that is not settled, together with its workers.
	Committed,
	/// Over: the settled answer stands.
	Confirmed,
	/// Over: the auditors neither confirmed the settled answer nor overturned it, so that it stands.
	Undecided,
	/// Over: too few auditors were found, or nothing was there to pay them, so that the settled answer
	/// stands.
	Lapsed,
	/// Over: the settled answer was false.
	Overturned,
}

impl AuditPhase {
	/// Whether the audit goes on.
	pub const fn is_open(&self) -> bool {
		matches!(self, Self::Chosen | Self::Waiting | Self::Assigned | Self::Committed)
	}
}

/// A worker's report that the answer which it and others gave is false.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Report<AccountId> {
	/// Whose it is.
	pub reporter: AccountId,
	/// What the reporter has on hold for it until the audit is over.
	pub bond: Balance,
}

/// The audit of a task.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Audit<AccountId, BlockNumber> {
	/// Where it stands.
	pub phase: AuditPhase,
	/// Until when it waits for auditors, and the task is remembered in any case.
	pub until: BlockNumber,
	/// Who re-runs the task or has done so.
	pub auditors: BoundedVec<AccountId, ConstU32<MAX_AUDITORS>>,
	/// How many of their answers were judged when they last were.
	pub judged: u8,
	/// What the audit fund has set aside for it.
	pub reserved: Balance,
	/// The report that asked for it, while it is not over.
	pub report: Option<Report<AccountId>>,
}

impl<AccountId, BlockNumber: Default> Default for Audit<AccountId, BlockNumber> {
	fn default() -> Self {
		Self {
			phase: AuditPhase::None,
			until: Default::default(),
			auditors: Default::default(),
			judged: 0,
			reserved: 0,
			report: None,
		}
	}
}
