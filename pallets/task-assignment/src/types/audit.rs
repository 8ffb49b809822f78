//! Audits.

use codec::{Decode, Encode, MaxEncodedLen};
use deepnode_primitives::{task::MAX_AUDITORS, Balance};
use frame_support::{traits::ConstU32, BoundedVec};
use scale_info::TypeInfo;

/// Where the audit of a task stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub enum AuditPhase {
	/// The task is not settled.
	#[default]
	None,
	/// The task was settled in this block or the last: chance decides whether it is audited.
	Lottery,
	/// Chance has spared it; a report can still bring an audit about.
	Spared,
	/// It waits for its auditors, or for more of them.
	Waiting,
	/// Auditors are drawn; they run the model and commit.
	Assigned,
	/// They have committed; they reveal.
	Committed,
	/// Over: the settled answer stands.
	Confirmed,
	/// Over: no two of three auditors agreed, so that the settled answer stands.
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
		matches!(self, Self::Waiting | Self::Assigned | Self::Committed)
	}

	/// Whether no audit has begun, and nobody knows that one will.
	pub const fn can_be_denounced(&self) -> bool {
		matches!(self, Self::Lottery | Self::Spared)
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
