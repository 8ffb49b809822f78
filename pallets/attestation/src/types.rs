//! What the pallet keeps.

use codec::{Decode, Encode, MaxEncodedLen};
use deepnode_primitives::{
	comparison::Comparison,
	content::Digest,
	task::{MAX_AUDITORS, MAX_SEATS},
};
use frame_support::{traits::ConstU32, BoundedVec};
use scale_info::TypeInfo;
use sp_core::H256;

/// One worker's or auditor's place in a round.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Seat<AccountId> {
	/// Whose it is.
	pub worker: AccountId,
	/// Its sealed answer, once it has committed.
	pub commitment: Option<H256>,
	/// Its answer's digest, once it has revealed.
	pub revealed: Option<Digest>,
}

impl<AccountId> Seat<AccountId> {
	/// The seat of a worker that has done nothing yet.
	pub const fn empty(worker: AccountId) -> Self {
		Self { worker, commitment: None, revealed: None }
	}
}

/// The most different answers of a round.
pub const MAX_ANSWERS: u32 = MAX_SEATS + MAX_AUDITORS;

/// Long answers that differ, and whose chunks are to be opened.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Challenge {
	/// What chooses the chunks; `None` until the keeper says.
	pub seed: Option<H256>,
	/// The digests of those that are not opened yet.
	pub awaited: BoundedVec<Digest, ConstU32<MAX_ANSWERS>>,
}

/// A round of sealed answers to one task, with those of its auditors.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Round<AccountId> {
	/// When two answers agree.
	pub comparison: Comparison,
	/// Whether nobody may reveal yet, however many have committed.
	pub sealed: bool,
	/// The workers' places, in the order in which they were asked.
	pub seats: BoundedVec<Seat<AccountId>, ConstU32<MAX_SEATS>>,
	/// The places of the auditors: at most one is asked while the round is sealed, the others once it is settled.
	pub auditors: BoundedVec<Seat<AccountId>, ConstU32<MAX_AUDITORS>>,
	/// The digest of the answer that stands for the workers' majority, once there is one.
	pub settled: Option<Digest>,
	/// The comparison of long answers that is going on, when everybody has revealed.
	pub challenge: Option<Challenge>,
}

impl<AccountId: PartialEq> Round<AccountId> {
	/// Everybody's place, the workers' first.
	pub fn everybody(&self) -> impl Iterator<Item = &Seat<AccountId>> {
		self.seats.iter().chain(&self.auditors)
	}

	/// The places of those who are to answer: the auditors' and, until the round is settled, the workers'.
	pub fn answering(&self) -> impl Iterator<Item = &Seat<AccountId>> {
		let workers = self.seats.iter().filter(|_| self.settled.is_none());
		workers.chain(&self.auditors)
	}

	/// The place of a worker or auditor.
	pub fn seat_mut(&mut self, worker: &AccountId) -> Option<&mut Seat<AccountId>> {
		self.seats.iter_mut().chain(&mut self.auditors).find(|seat| seat.worker == *worker)
	}

	/// Whether this account has a place.
	pub fn has(&self, worker: &AccountId) -> bool {
		self.everybody().any(|seat| seat.worker == *worker)
	}

	/// Whether everybody has committed.
	pub fn all_committed(&self) -> bool {
		self.everybody().all(|seat| seat.commitment.is_some())
	}

	/// Whether everybody has revealed.
	pub fn all_revealed(&self) -> bool {
		self.everybody().all(|seat| seat.revealed.is_some())
	}

	/// Whether who is asked next is an auditor: the round is settled, or is sealed with all its workers'
	/// answers.
	pub fn asks_auditors(&self) -> bool {
		self.settled.is_some() || (self.sealed && !self.seats.is_empty() && self.all_committed())
	}

	/// Gives places to more workers or [auditors](Self::asks_auditors); false, with the round as it may be,
	/// where there are too many of them.
	#[must_use]
	pub fn seat_all(&mut self, more: impl IntoIterator<Item = AccountId>) -> bool {
		let auditors = self.asks_auditors();
		more.into_iter().map(Seat::empty).all(|seat| {
			if auditors {
				self.auditors.try_push(seat).is_ok()
			} else {
				self.seats.try_push(seat).is_ok()
			}
		})
	}
}
