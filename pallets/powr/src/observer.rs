//! Counts what settled tasks paid. Everything goes to the epoch that is running.

use deepnode_primitives::{
	traits::{Observer, Settlement},
	Balance, ModelId, TaskId,
};
use deepnode_scoring::{average::moving, emission::share, Unit};

use frame_support::weights::Weight;

use crate::{
	types::{DomainId, EpochIndex, ModelDomains},
	Config, CurrentEpoch, DomainIds, Earned, Ledgers, Models, Pallet, Parameters, Usages, WeightInfo,
};

impl<T: Config> Observer<T::AccountId> for Pallet<T> {
	/// At most as many reads and writes as [`WeightInfo::settled`](crate::WeightInfo::settled) says: the
	/// model, which may come on its domain's list, its usage, the domain's ledger, and one entry for each of
	/// at most five winners.
	fn settled(settlement: Settlement<T::AccountId>) {
		let model = settlement.model;
		let listed = Models::<T>::get(model).map(|record| record.domain);
		let Some(domain) = listed.or_else(|| DomainIds::<T>::get(T::Models::domain(model)?)) else { return };
		let key = (CurrentEpoch::<T>::get().index, domain);
		Usages::<T>::mutate(key, model, |usage| {
			usage.gross = usage.gross.saturating_add(settlement.fee);
			usage.net = usage.net.saturating_add(settlement.fee.saturating_sub(settlement.split.creator));
		});
		// A model that is not on the list can only come there by what is counted above.
		if listed.is_none() && !Self::list(model, domain) {
			return;
		}
		let earned = settlement.split.per_worker;
		for winner in settlement.winners {
			Earned::<T>::mutate(key, winner, |sum| *sum = sum.saturating_add(earned));
		}
		let all = earned.saturating_mul(settlement.winners.len() as Balance);
		Ledgers::<T>::mutate(key, |ledger| ledger.earned = ledger.earned.saturating_add(all));
	}

	/// What the model's task counted is taken back from the running epoch, though never more than there is.
	/// What its workers earned stays counted: they were slashed for more than the cap adds to it.
	fn overturned(_: TaskId, model: ModelId, fee: Balance) {
		if let Some(record) = Models::<T>::get(model) {
			Self::uncount((CurrentEpoch::<T>::get().index, record.domain), model, fee);
		}
	}

	fn weight() -> Weight {
		T::WeightInfo::settled().max(T::WeightInfo::overturned()).max(T::WeightInfo::undecided())
	}

	fn undecided(_: TaskId, model: ModelId) {
		let keep = Parameters::<T>::get().undecided;
		Models::<T>::mutate_extant(model, |record| record.accuracy = moving(record.accuracy, Unit::zero(), keep));
	}
}

impl<T: Config> Pallet<T> {
	/// Takes a fee out of a model's usage, and of its net fees the part that it was of its fees.
	pub(crate) fn uncount(key: (EpochIndex, DomainId), model: ModelId, fee: Balance) {
		Usages::<T>::mutate_exists(key, model, |usage| {
			if let Some(usage) = usage {
				usage.net = usage.net.saturating_sub(share(usage.net, fee, usage.gross));
				usage.gross = usage.gross.saturating_sub(fee);
			}
		});
	}
}
