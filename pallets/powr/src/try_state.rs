//! What must hold after every block.

use alloc::collections::{BTreeMap, BTreeSet};
use deepnode_primitives::Balance;
use deepnode_scoring::Unit;
use frame_support::{ensure, traits::fungible::InspectHold};
use sp_runtime::TryRuntimeError;

use crate::{
	Ballots, Closing, Config, CurrentEpoch, DomainIds, Domains, Earned, Evaluations, HoldReason, Judgements, Ledgers,
	ListSizes, Listed, Models, NextDomainId, Pallet, Seats, Tally, Unbonding, Usages, Voters, Votes, Works,
};

impl<T: Config> Pallet<T> {
	/// Checks that what is on hold is the evaluators' stakes, that lists and records name each other, that
	/// sums are sums, and that nothing is kept of epochs that are closed.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::try_state_domains()?;
		Self::try_state_stakes()?;
		Self::try_state_epochs()
	}

	fn try_state_domains() -> Result<(), TryRuntimeError> {
		let shares =
			Domains::<T>::iter_values().fold(0u64, |sum, domain| sum.saturating_add(domain.share.deconstruct().into()));
		ensure!(shares <= u64::from(Unit::one().deconstruct()), "the domains' shares are not more than the whole");
		ensure!(Domains::<T>::iter_keys().all(|id| id < NextDomainId::<T>::get()), "domains are numbered");
		ensure!(
			DomainIds::<T>::iter().all(|(name, id)| Domains::<T>::get(id).is_some_and(|it| it.name == name)),
			"by name"
		);
		let mut listed = 0usize;
		for (domain, size) in ListSizes::<T>::iter() {
			for position in 0..size {
				let record = Listed::<T>::get(domain, position).and_then(Models::<T>::get);
				let record = record.ok_or("a list has no gap")?;
				ensure!((record.domain, record.position) == (domain, position), "records name their places");
			}
			listed = listed.saturating_add(size as usize);
		}
		ensure!(Listed::<T>::iter_keys().count() == listed, "lists have their sizes");
		ensure!(Models::<T>::iter_keys().count() == listed, "what is on no list has no record");
		Ok(())
	}

	fn try_state_stakes() -> Result<(), TryRuntimeError> {
		let mut stakes: BTreeMap<T::AccountId, Balance> = BTreeMap::new();
		for (domain, seats) in Seats::<T>::iter() {
			let who: BTreeSet<_> = seats.iter().map(|seat| &seat.who).collect();
			ensure!(who.len() == seats.len(), "nobody has two seats");
			for seat in seats {
				ensure!(!Unbonding::<T>::contains_key(domain, &seat.who), "nobody has a seat and leaves");
				let sum = stakes.entry(seat.who).or_default();
				*sum = sum.saturating_add(seat.stake);
			}
		}
		for (_, who, leaving) in Unbonding::<T>::iter() {
			let sum = stakes.entry(who).or_default();
			*sum = sum.saturating_add(leaving.stake);
		}
		for (who, stake) in stakes {
			let held = T::Currency::balance_on_hold(&HoldReason::EvaluatorStake.into(), &who);
			ensure!(held == stake, "the stake on hold is the evaluator's stakes");
		}
		for (domain, who, _) in Evaluations::<T>::iter() {
			ensure!(Seats::<T>::get(domain).iter().any(|seat| seat.who == who), "evaluations are evaluators'");
		}
		Ok(())
	}

	fn try_state_epochs() -> Result<(), TryRuntimeError> {
		let running = CurrentEpoch::<T>::get().index;
		let closing = Closing::<T>::get();
		let kept = |epoch| epoch == running || closing.as_ref().is_some_and(|closing| closing.epoch == epoch);
		let usages = Usages::<T>::iter_keys().map(|(key, _)| key);
		let votes = Votes::<T>::iter_keys().map(|(key, _)| key);
		let judgements = Judgements::<T>::iter_keys().map(|(key, _)| key);
		let works = Works::<T>::iter_keys().map(|(key, _)| key);
		let ballots = Ballots::<T>::iter_keys().map(|(key, _)| key);
		let mut keys = usages.chain(votes).chain(judgements).chain(works).chain(ballots);
		ensure!(keys.all(|(epoch, _)| kept(epoch)), "nothing is kept of an epoch that is closed");
		ensure!(
			Voters::<T>::iter_keys().chain(Ledgers::<T>::iter_keys()).all(|(epoch, _)| kept(epoch)),
			"no sums either"
		);
		ensure!(closing.is_some() || Tally::<T>::get().is_empty(), "a tally belongs to a closing");
		for ((epoch, domain), ledger) in Ledgers::<T>::iter() {
			let earned = Earned::<T>::iter_prefix_values((epoch, domain)).fold(0u128, u128::saturating_add);
			let all = if epoch == running { ledger.earned == earned } else { ledger.earned >= earned };
			ensure!(all, "what workers earned adds up");
		}
		for (key, who, ballot) in Ballots::<T>::iter() {
			let voters = Voters::<T>::get(key);
			ensure!(voters.get(usize::from(ballot.voter)).is_some_and(|voter| voter.who == who), "ballots are voters'");
		}
		if let Some(closing) = closing {
			ensure!(closing.paid <= closing.emission, "no epoch gives more than it has to give");
			ensure!(closing.epoch < running, "an epoch is closed when it has ended");
		}
		Ok(())
	}
}
