//! What the pallet keeps.

use codec::{Decode, Encode, MaxEncodedLen};
use deepnode_primitives::{comparison::Comparison, content::Digest, task::MAX_SEATS};
use frame_support::{traits::ConstU32, BoundedVec};
use scale_info::TypeInfo;
use sp_core::H256;

/// One worker's place in a round.
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

/// A round of sealed answers to one task.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Round<AccountId> {
	/// When two answers agree.
	pub comparison: Comparison,
	/// The workers' places, in the order in which they were drawn.
	pub seats: BoundedVec<Seat<AccountId>, ConstU32<MAX_SEATS>>,
}

impl<AccountId: PartialEq> Round<AccountId> {
	/// The place of a worker.
	pub fn seat_mut(&mut self, worker: &AccountId) -> Option<&mut Seat<AccountId>> {
		self.seats.iter_mut().find(|seat| seat.worker == *worker)
	}

	/// Whether everybody has committed.
	pub fn all_committed(&self) -> bool {
		self.seats.iter().all(|seat| seat.commitment.is_some())
	}

	/// Whether everybody has revealed.
	pub fn all_revealed(&self) -> bool {
		self.seats.iter().all(|seat| seat.revealed.is_some())
	}
}
