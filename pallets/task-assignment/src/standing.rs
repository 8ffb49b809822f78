//! What tasks do to workers: they keep them busy, lock their stake, move their fidelity, and cost them
//! stake.

use deepnode_primitives::{fees::part, Balance, TaskId};
use deepnode_scoring::fidelity::Mark;
use frame_support::{
	traits::{fungible::hold::Balanced, Get, Imbalance},
	weights::WeightMeter,
};

use crate::{
	pool::Pool,
	types::{CreditOf, Offence, TaskOf, WorkerOf},
	Assignments, Config, Event, HoldReason, Pallet, StaleWeights, WeightInfo, Workers,
};

impl<T: Config> Pallet<T> {
	/// Gives a task to a worker, whose stake answers for it from now on.
	pub(crate) fn occupy(id: TaskId, task: &TaskOf<T>, who: &T::AccountId) {
		Workers::<T>::mutate_extant(who, |worker| {
			worker.active = worker.active.saturating_add(1);
			worker.liable = worker.liable.saturating_add(task.bound);
		});
		Assignments::<T>::insert(who, id, ());
	}

	/// Takes a task from a worker, whose stake still answers for it.
	pub(crate) fn relieve(id: TaskId, who: &T::AccountId) {
		Workers::<T>::mutate_extant(who, |worker| worker.active = worker.active.saturating_sub(1));
		Assignments::<T>::remove(who, id);
	}

	/// A worker's stake answers for a task no more.
	pub(crate) fn discharge(task: &TaskOf<T>, who: &T::AccountId) {
		Workers::<T>::mutate_extant(who, |worker| worker.liable = worker.liable.saturating_sub(task.bound));
	}

	/// Lets those who serve a task together remember each other: `new` have joined `others`.
	pub(crate) fn introduce(others: &[T::AccountId], new: &[T::AccountId]) {
		for who in others.iter().chain(new) {
			let met_already = others.contains(who);
			let met = others.iter().filter(|_| !met_already).chain(new).filter(|other| *other != who);
			Workers::<T>::mutate_extant(who, |worker| met.for_each(|partner| worker.meet(partner.clone())));
		}
	}

	/// Keeps accomplices from each other.
	pub(crate) fn part_ways(accomplices: &[T::AccountId]) {
		for who in accomplices {
			let others = accomplices.iter().filter(|other| *other != who);
			Workers::<T>::mutate_extant(who, |worker| others.for_each(|other| worker.shun(other.clone())));
		}
	}

	/// Moves a worker's fidelity.
	pub(crate) fn mark(who: &T::AccountId, mark: Mark) {
		let Some(mut worker) = Workers::<T>::get(who) else { return };
		Self::change(who, &mut worker, |worker| worker.mark(mark, &T::Fidelity::get()));
		Workers::<T>::insert(who, worker);
	}

	/// Takes a part of a worker's stake for an offence, also where it is unbonding, and moves its
	/// fidelity. What is left of its stake answers for the task no more.
	pub(crate) fn punish(id: TaskId, task: &TaskOf<T>, who: &T::AccountId, offence: Offence) -> CreditOf<T> {
		let Some(mut worker) = Workers::<T>::get(who) else { return CreditOf::<T>::zero() };
		let due = Self::price_of(offence, worker.stake, task.bound);
		let (credit, _) = T::Currency::slash(&HoldReason::WorkerStake.into(), who, due);
		let amount = credit.peek();
		Self::change(who, &mut worker, |worker| {
			worker.stake = worker.stake.saturating_sub(amount);
			worker.liable = worker.liable.saturating_sub(task.bound);
			if let Some(mark) = offence.mark() {
				worker.mark(mark, &T::Fidelity::get());
			}
		});
		Workers::<T>::insert(who, worker);
		Self::deposit_event(Event::WorkerSlashed { worker: who.clone(), task: id, amount, offence });
		credit
	}

	/// What an offence costs: a part of the stake or, where that is less and the offence is grave, the
	/// task's bound; never more than the stake.
	fn price_of(offence: Offence, stake: Balance, bound: Balance) -> Balance {
		let parts = match offence {
			Offence::MissedCommit => T::MissedCommitSlash::get(),
			Offence::MissedReveal => T::MissedRevealSlash::get(),
			Offence::WrongAnswer => T::WrongAnswerSlash::get(),
			Offence::NoMajority => T::NoMajoritySlash::get(),
			Offence::FalseAgreement => T::FalseAgreementSlash::get(),
		};
		let least = if offence.costs_the_bound() { bound } else { 0 };
		part(stake, parts).max(least).min(stake)
	}

	/// Changes a worker, which the pools are told at the end of the next block's agenda at the latest that
	/// has room for it: one verdict may change five workers, each in all of its pools.
	fn change(who: &T::AccountId, worker: &mut WorkerOf<T>, change: impl FnOnce(&mut WorkerOf<T>)) {
		let least = T::MinStake::get();
		let before = worker.weight(least);
		change(worker);
		if worker.weight(least) != before && !worker.models.is_empty() {
			StaleWeights::<T>::insert(who, ());
		}
	}

	/// Tells the pools what a worker weighs.
	pub(crate) fn update_pools(worker: &WorkerOf<T>) {
		let weight = worker.weight(T::MinStake::get());
		for (model, leaf) in &worker.models {
			Pool::<T>::of(*model).set_weight(*leaf, weight);
		}
	}

	/// Tells the pools about those whose weight has changed, as far as `meter` reaches.
	pub(crate) fn refresh_weights(meter: &mut WeightMeter) {
		// Only the entry that was just read is removed, so that the next is still found.
		for who in StaleWeights::<T>::iter_keys() {
			if meter.try_consume(T::WeightInfo::refresh_weight()).is_err() {
				break;
			}
			StaleWeights::<T>::remove(&who);
			if let Some(worker) = Workers::<T>::get(who) {
				Self::update_pools(&worker);
			}
		}
	}
}
