//! Domains, and their lists of models. A list is bounded; a model comes on it by use, and leaves it when
//! it is not used any more or when another is used more.

use deepnode_primitives::ModelId;
use deepnode_scoring::{metric::Metric, Unit};
use frame_support::{ensure, traits::Get};
use sp_runtime::{traits::Zero, DispatchResult};

use crate::{
	types::{Domain, DomainId, DomainName, ModelDomains, ModelRecord, MAX_DOMAINS},
	Closing, Config, CurrentEpoch, DomainIds, Domains, Error, Event, ListSizes, Listed, Models, NextDomainId, Pallet,
	Usages,
};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_set_domain(name: DomainName, share: Unit, metric: Metric, row: u32) -> DispatchResult {
		ensure!(row > 0 && !name.is_empty(), Error::<T>::InvalidDomain);
		let known = DomainIds::<T>::get(&name);
		let others = Domains::<T>::iter().filter(|(id, _)| Some(*id) != known);
		let shares =
			others.fold(share.deconstruct(), |sum, (_, domain)| sum.saturating_add(domain.share.deconstruct()));
		ensure!(shares <= Unit::one().deconstruct(), Error::<T>::SharesTooHigh);
		let id = match known {
			Some(id) => id,
			None => {
				let next = NextDomainId::<T>::get();
				ensure!(next < MAX_DOMAINS, Error::<T>::TooManyDomains);
				NextDomainId::<T>::put(next.saturating_add(1));
				DomainIds::<T>::insert(&name, next);
				next
			},
		};
		let domain = Domain { name, share, metric, row };
		Domains::<T>::insert(id, &domain);
		Self::deposit_event(Event::DomainSet { id, domain });
		Ok(())
	}

	pub(crate) fn do_enlist(model: ModelId, instead: Option<ModelId>) -> DispatchResult {
		let name = T::Models::domain(model).ok_or(Error::<T>::UnknownModel)?;
		let domain = DomainIds::<T>::get(name).ok_or(Error::<T>::UnknownDomain)?;
		ensure!(!Models::<T>::contains_key(model), Error::<T>::AlreadyListed);
		let key = (CurrentEpoch::<T>::get().index, domain);
		let fees = Usages::<T>::get(key, model).net;
		ensure!(!fees.is_zero(), Error::<T>::NotUsed);
		if Self::list(model, domain) {
			return Ok(());
		}
		let instead = instead.ok_or(Error::<T>::ListFull)?;
		// Steps that have seen the one and then pay the other would not add up.
		ensure!(!Closing::<T>::exists(), Error::<T>::EpochClosing);
		let displaced = Models::<T>::get(instead).filter(|record| record.domain == domain);
		let displaced = displaced.ok_or(Error::<T>::NotLessUsed)?;
		let now = Usages::<T>::get(key, instead).net;
		ensure!(displaced.fees.max(now) < fees, Error::<T>::NotLessUsed);
		Models::<T>::remove(instead);
		Self::deposit_event(Event::ModelDelisted { model: instead, domain });
		Self::put_on_list(model, domain, displaced.position);
		Ok(())
	}

	/// Puts a model at the end of its domain's list. Returns whether there was room.
	pub(crate) fn list(model: ModelId, domain: DomainId) -> bool {
		let size = ListSizes::<T>::get(domain);
		if size >= T::MaxModels::get() {
			return false;
		}
		ListSizes::<T>::insert(domain, size.saturating_add(1));
		Self::put_on_list(model, domain, size);
		true
	}

	fn put_on_list(model: ModelId, domain: DomainId, position: u32) {
		Listed::<T>::insert(domain, position, model);
		Models::<T>::insert(model, ModelRecord::new(domain, position));
		Self::deposit_event(Event::ModelListed { model, domain });
	}

	/// Takes a model from its domain's list; the last takes its place.
	pub(crate) fn delist(model: ModelId, record: &ModelRecord) {
		let domain = record.domain;
		let last = ListSizes::<T>::get(domain).saturating_sub(1);
		ListSizes::<T>::insert(domain, last);
		if let Some(moved) = Listed::<T>::take(domain, last).filter(|_| last != record.position) {
			Listed::<T>::insert(domain, record.position, moved);
			Models::<T>::mutate_extant(moved, |record_of_moved| record_of_moved.position = record.position);
		}
		Models::<T>::remove(model);
		Self::deposit_event(Event::ModelDelisted { model, domain });
	}
}
