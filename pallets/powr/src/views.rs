//! What clients see without reading storage themselves.

use frame_support::traits::Get;
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::Saturating;

use crate::{
	types::{ClosingInfo, DomainId, EpochState, EvaluatorInfo},
	Ballots, Closing, Config, CurrentEpoch, Evaluations, Pallet, Seats, Unbonding,
};

impl<T: Config> Pallet<T> {
	pub(crate) fn epoch_state() -> EpochState<BlockNumberFor<T>> {
		let running = CurrentEpoch::<T>::get();
		let closing = Closing::<T>::get().map(|closing| ClosingInfo {
			epoch: closing.epoch,
			domain: closing.domain,
			emission: closing.emission,
			paid: closing.paid,
		});
		EpochState {
			reveal_from: Self::reveal_from(),
			ends_at: running.started_at.saturating_add(T::EpochLength::get()),
			running,
			closing,
			pot: Self::pot_balance(),
		}
	}

	pub(crate) fn evaluator_info(domain: DomainId, who: &T::AccountId) -> EvaluatorInfo<BlockNumberFor<T>> {
		let seats = Seats::<T>::get(domain);
		let all = seats.iter().fold(0u128, |sum, seat| sum.saturating_add(seat.stake));
		let seat = seats.into_iter().find(|seat| seat.who == *who);
		let ballot = Ballots::<T>::get((CurrentEpoch::<T>::get().index, domain), who);
		EvaluatorInfo {
			stake: seat.as_ref().map_or(0, |seat| seat.stake),
			since: seat.as_ref().map_or(0, |seat| seat.since),
			committed: ballot.is_some(),
			revealed: ballot.is_some_and(|ballot| ballot.complete),
			budget: seat.map_or(0, |seat| Self::evaluation_budget(domain, &seat, all)),
			evaluation: Evaluations::<T>::get(domain, who),
			leaving: Unbonding::<T>::get(domain, who),
		}
	}
}
