//! Evaluators, their stakes and their places.

use deepnode_primitives::Balance;
use frame_support::{
	ensure,
	traits::{
		fungible::hold::Mutate,
		tokens::{Fortitude, Precision, Restriction},
		Get,
	},
};
use sp_runtime::{DispatchResult, Saturating};

use crate::{
	types::{DomainId, Leaving, Seat},
	Config, CurrentEpoch, Domains, Error, Evaluations, Event, HoldReason, Pallet, Seats, Unbonding,
};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_join(who: T::AccountId, domain: DomainId, amount: Balance) -> DispatchResult {
		ensure!(Domains::<T>::contains_key(domain), Error::<T>::UnknownDomain);
		let mut seats = Seats::<T>::get(domain);
		let stake = match seats.iter_mut().find(|seat| seat.who == who) {
			Some(seat) => {
				seat.stake = seat.stake.saturating_add(amount);
				ensure!(seat.stake >= T::MinEvaluatorStake::get(), Error::<T>::StakeTooLow);
				seat.stake
			},
			None => {
				ensure!(!Unbonding::<T>::contains_key(domain, &who), Error::<T>::StillUnbonding);
				ensure!(amount >= T::MinEvaluatorStake::get(), Error::<T>::StakeTooLow);
				if seats.is_full() {
					let least = seats.iter().min_by_key(|seat| seat.stake).cloned();
					let least = least.filter(|seat| seat.stake < amount).ok_or(Error::<T>::DomainFull)?;
					seats.retain(|seat| seat.who != least.who);
					Self::unseat(domain, least);
				}
				let seat = Seat { who: who.clone(), stake: amount, since: CurrentEpoch::<T>::get().index };
				seats.try_push(seat).map_err(|_| Error::<T>::DomainFull)?;
				amount
			},
		};
		T::Currency::hold(&HoldReason::EvaluatorStake.into(), &who, amount)?;
		Seats::<T>::insert(domain, seats);
		Self::deposit_event(Event::EvaluatorJoined { evaluator: who, domain, stake });
		Ok(())
	}

	pub(crate) fn do_leave(who: T::AccountId, domain: DomainId) -> DispatchResult {
		let mut seats = Seats::<T>::get(domain);
		let at = seats.iter().position(|seat| seat.who == who).ok_or(Error::<T>::NotEvaluator)?;
		let seat = seats.remove(at);
		Seats::<T>::insert(domain, seats);
		Self::unseat(domain, seat);
		Ok(())
	}

	/// Begins the unbonding of a seat that is taken away.
	fn unseat(domain: DomainId, seat: Seat<T::AccountId>) {
		let now = frame_system::Pallet::<T>::block_number();
		let withdrawable_at = now.saturating_add(T::UnbondingPeriod::get());
		Unbonding::<T>::insert(domain, &seat.who, Leaving { stake: seat.stake, withdrawable_at });
		Evaluations::<T>::remove(domain, &seat.who);
		Self::deposit_event(Event::EvaluatorLeft { evaluator: seat.who, domain, withdrawable_at });
	}

	pub(crate) fn do_withdraw(who: T::AccountId, domain: DomainId) -> DispatchResult {
		let leaving = Unbonding::<T>::take(domain, &who).ok_or(Error::<T>::NotLeaving)?;
		let now = frame_system::Pallet::<T>::block_number();
		ensure!(now >= leaving.withdrawable_at, Error::<T>::StillUnbonding);
		let reason = HoldReason::EvaluatorStake.into();
		T::Currency::release(&reason, &who, leaving.stake, Precision::Exact)?;
		Self::deposit_event(Event::StakeWithdrawn { evaluator: who, domain, stake: leaving.stake });
		Ok(())
	}

	/// The seat of an evaluator that judges in this epoch, and the stake of all of the domain's seats.
	pub(crate) fn seated(who: &T::AccountId, domain: DomainId) -> Result<(Seat<T::AccountId>, Balance), Error<T>> {
		let seats = Seats::<T>::get(domain);
		let all = seats.iter().fold(0u128, |sum, seat| sum.saturating_add(seat.stake));
		let seat = seats.into_iter().find(|seat| seat.who == *who).ok_or(Error::<T>::NotEvaluator)?;
		ensure!(seat.since < CurrentEpoch::<T>::get().index, Error::<T>::TooEarly);
		ensure!(seat.stake >= T::MinEvaluatorStake::get(), Error::<T>::StakeTooLow);
		Ok((seat, all))
	}

	/// Takes `amount`, or what there is, of an evaluator's stake in a domain, seated or unbonding, for the
	/// pot.
	pub(crate) fn slash(who: &T::AccountId, domain: DomainId, amount: Balance) {
		let take = |stake: &mut Balance| {
			let taken = T::Currency::transfer_on_hold(
				&HoldReason::EvaluatorStake.into(),
				who,
				&Self::pot_account(),
				amount.min(*stake),
				Precision::BestEffort,
				Restriction::Free,
				Fortitude::Force,
			)
			.unwrap_or(0);
			*stake = stake.saturating_sub(taken);
			taken
		};
		let seated = Seats::<T>::mutate(domain, |seats| {
			seats.iter_mut().find(|seat| seat.who == *who).map(|seat| take(&mut seat.stake))
		});
		let taken = seated.or_else(|| {
			Unbonding::<T>::mutate(domain, who, |leaving| leaving.as_mut().map(|leaving| take(&mut leaving.stake)))
		});
		if let Some(amount) = taken {
			Self::deposit_event(Event::EvaluatorSlashed { evaluator: who.clone(), domain, amount });
		}
	}
}
