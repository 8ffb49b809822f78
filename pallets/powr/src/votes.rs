//! Evaluators' weights: committed in the first part of an epoch, revealed in the last.

use deepnode_primitives::ModelId;
use deepnode_scoring::Unit;
use frame_support::{ensure, traits::Get};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::{DispatchResult, Saturating};

use crate::{
	seals,
	types::{Ballot, DomainId, PageHashes, Voter},
	Ballots, Config, CurrentEpoch, Error, Event, Models, Pallet, Voters, Votes,
};

impl<T: Config> Pallet<T> {
	/// The first block of the running epoch in which weights are revealed.
	pub(crate) fn reveal_from() -> BlockNumberFor<T> {
		let commits = T::EpochLength::get().saturating_sub(T::RevealLength::get());
		CurrentEpoch::<T>::get().started_at.saturating_add(commits)
	}

	fn reveals() -> bool {
		frame_system::Pallet::<T>::block_number() >= Self::reveal_from()
	}

	pub(crate) fn do_commit_weights(who: T::AccountId, domain: DomainId, commitment: [u8; 32]) -> DispatchResult {
		let (seat, _) = Self::seated(&who, domain)?;
		ensure!(!Self::reveals(), Error::<T>::CommitClosed);
		let epoch = CurrentEpoch::<T>::get().index;
		let key = (epoch, domain);
		ensure!(!Ballots::<T>::contains_key(key, &who), Error::<T>::AlreadyCommitted);
		// Whoever votes was seated when the epoch began, so there are never more voters than seats.
		let voter = Voters::<T>::decode_len(key).unwrap_or(0);
		let voter = u8::try_from(voter).map_err(|_| Error::<T>::DomainFull)?;
		let entry = Voter { who: who.clone(), stake: seat.stake };
		Voters::<T>::try_append(key, entry).map_err(|_| Error::<T>::DomainFull)?;
		Ballots::<T>::insert(key, &who, Ballot { voter, commitment, revealed: 0, complete: false });
		Self::deposit_event(Event::WeightsCommitted { evaluator: who, domain, epoch });
		Ok(())
	}

	pub(crate) fn do_reveal_weights(
		who: T::AccountId,
		domain: DomainId,
		pages: &PageHashes,
		page: u8,
		weights: &[(ModelId, Unit)],
		salt: &[u8; 32],
	) -> DispatchResult {
		let epoch = CurrentEpoch::<T>::get().index;
		let key = (epoch, domain);
		let mut ballot = Ballots::<T>::get(key, &who).ok_or(Error::<T>::NotCommitted)?;
		ensure!(Self::reveals(), Error::<T>::RevealNotOpen);
		ensure!(seals::ballot(epoch, domain, &who, pages) == ballot.commitment, Error::<T>::CommitmentMismatch);
		let hash = pages.get(usize::from(page)).ok_or(Error::<T>::CommitmentMismatch)?;
		ensure!(seals::page(weights, salt) == *hash, Error::<T>::CommitmentMismatch);
		let bit = 1u16.checked_shl(page.into()).unwrap_or(0);
		ensure!(ballot.revealed & bit == 0, Error::<T>::AlreadyRevealed);
		ensure!(weights.is_sorted_by(|(a, _), (b, _)| a < b), Error::<T>::InvalidWeights);

		for (model, weight) in weights {
			// What has left the list since it was weighed is passed over.
			if Models::<T>::get(model).is_none_or(|record| record.domain != domain) {
				continue;
			}
			Votes::<T>::try_mutate(key, model, |votes| {
				// A model on two pages.
				ensure!(votes.iter().all(|(voter, _)| *voter != ballot.voter), Error::<T>::InvalidWeights);
				votes.try_push((ballot.voter, *weight)).map_err(|_| Error::<T>::InvalidWeights)
			})?;
		}
		ballot.revealed |= bit;
		ballot.complete = ballot.revealed.count_ones() as usize == pages.len();
		let complete = ballot.complete;
		Ballots::<T>::insert(key, &who, ballot);
		Self::deposit_event(Event::WeightsRevealed { evaluator: who, domain, page, complete });
		Ok(())
	}
}
