//! Workers and their stakes.

use deepnode_primitives::{traits::Models, Balance, ModelId};
use frame_support::{
	ensure,
	traits::{fungible::hold::Mutate, tokens::Precision, Get},
};
use sp_runtime::{traits::Saturating, DispatchResult};

use crate::{
	pool::Pool,
	types::{Worker, WorkerOf},
	Config, Error, Event, HoldReason, Pallet, Workers,
};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_join(
		who: T::AccountId,
		stake: Balance,
		capacity: u16,
		owner: Option<T::AccountId>,
		private: bool,
	) -> DispatchResult {
		ensure!(!Workers::<T>::contains_key(&who), Error::<T>::AlreadyWorker);
		ensure!(stake >= T::MinStake::get(), Error::<T>::StakeTooLow);
		ensure!(capacity > 0, Error::<T>::NoCapacity);
		T::Currency::hold(&HoldReason::WorkerStake.into(), &who, stake).map_err(|_| Error::<T>::InsufficientFunds)?;
		let owner = owner.unwrap_or_else(|| who.clone());
		Workers::<T>::insert(&who, Worker::new(owner, stake, capacity, private));
		Self::deposit_event(Event::WorkerJoined { worker: who, stake });
		Ok(())
	}

	pub(crate) fn do_add_stake(who: T::AccountId, amount: Balance) -> DispatchResult {
		let mut worker = Self::staying_worker(&who)?;
		T::Currency::hold(&HoldReason::WorkerStake.into(), &who, amount).map_err(|_| Error::<T>::InsufficientFunds)?;
		worker.stake = worker.stake.saturating_add(amount);
		Self::update_pools(&worker);
		let stake = worker.stake;
		Workers::<T>::insert(&who, worker);
		Self::deposit_event(Event::StakeAdded { worker: who, stake });
		Ok(())
	}

	pub(crate) fn do_leave(who: T::AccountId) -> DispatchResult {
		let mut worker = Self::staying_worker(&who)?;
		let withdrawable_at = frame_system::Pallet::<T>::block_number().saturating_add(T::UnbondingPeriod::get());
		worker.leaving = Some(withdrawable_at);
		let models = core::mem::take(&mut worker.models);
		Workers::<T>::insert(&who, worker);
		for (model, leaf) in models {
			Pool::<T>::of(model).remove(leaf);
		}
		Self::deposit_event(Event::WorkerLeft { worker: who, withdrawable_at });
		Ok(())
	}

	pub(crate) fn do_withdraw(who: T::AccountId) -> DispatchResult {
		let worker = Workers::<T>::get(&who).ok_or(Error::<T>::NotWorker)?;
		let withdrawable_at = worker.leaving.ok_or(Error::<T>::NotLeaving)?;
		ensure!(frame_system::Pallet::<T>::block_number() >= withdrawable_at, Error::<T>::StillUnbonding);
		ensure!(worker.active == 0, Error::<T>::StillServing);
		ensure!(worker.liable == 0, Error::<T>::StillLiable);
		let stake = T::Currency::release(&HoldReason::WorkerStake.into(), &who, worker.stake, Precision::BestEffort)?;
		Workers::<T>::remove(&who);
		Self::deposit_event(Event::StakeWithdrawn { worker: who, stake });
		Ok(())
	}

	pub(crate) fn do_serve(who: T::AccountId, model: ModelId) -> DispatchResult {
		let mut worker = Self::staying_worker(&who)?;
		let terms = T::Models::terms(model).ok_or(Error::<T>::UnknownModel)?;
		ensure!(terms.active, Error::<T>::ModelRetired);
		ensure!(worker.private || !terms.private, Error::<T>::NotPrivate);
		ensure!(!worker.models.iter().any(|(served, _)| *served == model), Error::<T>::AlreadyServing);
		ensure!(!worker.models.is_full(), Error::<T>::TooManyModels);
		let leaf = Pool::<T>::of(model).push(&who, worker.weight(T::MinStake::get()));
		worker.models.try_push((model, leaf)).map_err(|_| Error::<T>::TooManyModels)?;
		Workers::<T>::insert(&who, worker);
		Self::deposit_event(Event::ModelServed { worker: who, model });
		Ok(())
	}

	pub(crate) fn do_stop_serving(who: T::AccountId, model: ModelId) -> DispatchResult {
		let mut worker = Workers::<T>::get(&who).ok_or(Error::<T>::NotWorker)?;
		let at = worker.models.iter().position(|(served, _)| *served == model);
		let (_, leaf) = worker.models.remove(at.ok_or(Error::<T>::NotServing)?);
		Workers::<T>::insert(&who, worker);
		Pool::<T>::of(model).remove(leaf);
		Self::deposit_event(Event::ModelDropped { worker: who, model });
		Ok(())
	}

	fn staying_worker(who: &T::AccountId) -> Result<WorkerOf<T>, Error<T>> {
		let worker = Workers::<T>::get(who).ok_or(Error::<T>::NotWorker)?;
		ensure!(worker.leaving.is_none(), Error::<T>::Leaving);
		Ok(worker)
	}
}
