//! Workers.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use deepnode_primitives::{Balance, ModelId};
use deepnode_scoring::{
	fidelity::{self, Mark},
	pairs, Unit,
};
use frame_support::{traits::ConstU32, BoundedVec};
use scale_info::TypeInfo;

use super::{MAX_MODELS_PER_WORKER, MAX_PARTNERS, MAX_SHUNNED};

/// A worker, its stake, and what its deeds have come to.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Worker<AccountId, BlockNumber> {
	/// Who runs it: two workers of one owner never serve one task.
	pub owner: AccountId,
	/// What it has on hold.
	pub stake: Balance,
	/// How much of the stake answers for tasks that are not forgotten. Slashes can leave less stake.
	pub liable: Balance,
	/// How many tasks it serves at once.
	pub capacity: u16,
	/// Whether it answers encrypted inputs. Only then it serves models that are asked with them.
	pub private: bool,
	/// How many it serves now.
	pub active: u16,
	/// How far its word has proved good.
	pub fidelity: Unit,
	/// The models that it serves, each with its leaf in the model's pool.
	pub models: BoundedVec<(ModelId, u32), ConstU32<MAX_MODELS_PER_WORKER>>,
	/// With whom it has served tasks, the newest last; one with whom it did so often is there as often.
	pub partners: BoundedVec<AccountId, ConstU32<MAX_PARTNERS>>,
	/// With whom it has agreed on a false answer, the newest last: they never serve one task again.
	pub shunned: BoundedVec<AccountId, ConstU32<MAX_SHUNNED>>,
	/// When its stake may leave, once it has said that it leaves.
	pub leaving: Option<BlockNumber>,
}

impl<AccountId: PartialEq + Clone, BlockNumber> Worker<AccountId, BlockNumber> {
	/// One that has done nothing yet.
	pub fn new(owner: AccountId, stake: Balance, capacity: u16, private: bool) -> Self {
		Self {
			owner,
			stake,
			liable: 0,
			capacity,
			private,
			active: 0,
			fidelity: fidelity::START,
			models: Default::default(),
			partners: Default::default(),
			shunned: Default::default(),
			leaving: None,
		}
	}

	/// Whether it can take one more task that `bound` of its stake answers for.
	pub fn is_free(&self, bound: Balance) -> bool {
		self.leaving.is_none() && self.active < self.capacity && self.stake.saturating_sub(self.liable) >= bound
	}

	/// What it weighs in a draw: its stake by its fidelity or, where slashes have left too little stake,
	/// nothing.
	pub fn weight(&self, min_stake: Balance) -> Balance {
		if self.stake < min_stake {
			0
		} else {
			fidelity::weigh(self.stake, self.fidelity)
		}
	}

	/// The chance that it is taken together with `others`: the lower, the oftener it has met them lately.
	pub fn acceptance(&self, others: &[AccountId]) -> Unit {
		let meetings = self.partners.iter().filter(|partner| others.contains(partner)).count();
		pairs::acceptance(meetings as u32, MAX_PARTNERS)
	}

	/// Remembers a partner, and forgets the oldest where there are too many.
	pub fn meet(&mut self, partner: AccountId) {
		remember(&mut self.partners, partner);
	}

	/// Is kept from an accomplice from now on.
	pub fn shun(&mut self, accomplice: AccountId) {
		if !self.shunned.contains(&accomplice) {
			remember(&mut self.shunned, accomplice);
		}
	}

	/// Takes note of what a task says of it.
	pub fn mark(&mut self, mark: Mark, params: &fidelity::FidelityParams) {
		self.fidelity = fidelity::after(self.fidelity, mark, params);
	}
}

/// Adds `who` at the end of a list; the first goes where there are too many.
fn remember<AccountId, const N: u32>(list: &mut BoundedVec<AccountId, ConstU32<N>>, who: AccountId) {
	if list.is_full() {
		list.remove(0);
	}
	// There is room now, unless the list may have no element at all.
	let _ = list.try_push(who);
}

/// What a worker lost stake for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Offence {
	/// It was assigned and did not commit in time.
	MissedCommit,
	/// It committed and did not reveal in time.
	MissedReveal,
	/// Most workers of the task, or most of its auditors, answered otherwise.
	WrongAnswer,
	/// It answered a task on which no majority agreed.
	NoMajority,
	/// It was of the majority that settled a task, and auditors found otherwise.
	FalseAgreement,
}

impl Offence {
	/// Whether it costs at least what answers for the task: no smaller stake makes lying cheap.
	pub const fn costs_the_bound(&self) -> bool {
		matches!(self, Self::MissedReveal | Self::WrongAnswer | Self::FalseAgreement)
	}

	/// What it says of the worker: nothing, where nobody knows who was right.
	pub const fn mark(&self) -> Option<Mark> {
		match self {
			Self::MissedCommit | Self::MissedReveal => Some(Mark::Absent),
			Self::WrongAnswer | Self::FalseAgreement => Some(Mark::Against),
			Self::NoMajority => None,
		}
	}
}
