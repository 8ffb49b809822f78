//! What must hold of the pallet's state between blocks and calls.

use alloc::collections::BTreeMap;
use deepnode_primitives::{bridge::tree::committed_root, Balance};
use frame_support::{
	ensure,
	traits::{fungible::InspectHold, Get},
};
use sp_core::H256;
use sp_runtime::{AccountId32, TryRuntimeError};

use crate::{
	types::{Backing, QueueEnds},
	Claims, Closing, Config, HoldReason, Messages, NextNonce, Pallet, PayoutsOf, Queue, Queued, Settlements, Told,
};

impl<T: Config> Pallet<T> {
	/// Checks the whole state.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let Backing { backed, issuance } = Self::backing();
		ensure!(backed >= issuance, "no more may be issued than Base has locked");
		Self::try_queue()?;
		Self::try_holds()?;
		Self::try_told()?;
		Self::try_settlements()
	}

	fn try_queue() -> Result<(), TryRuntimeError> {
		let QueueEnds { first, end } = Queued::<T>::get();
		ensure!(Queue::<T>::iter().count() as u64 == end.saturating_sub(first), "the queue has no holes");
		let mut waiting = BTreeMap::<u64, u32>::new();
		for position in first..end {
			let nonce = Queue::<T>::get(position).ok_or("every position of the queue has a message")?;
			let times = waiting.entry(nonce).or_default();
			*times = times.saturating_add(1);
		}
		ensure!(waiting.values().all(|times| *times == 1), "a message waits once");
		for (nonce, record) in Messages::<T>::iter() {
			ensure!(nonce < NextNonce::<T>::get() && record.message.nonce == nonce, "a message has its number");
			ensure!(!record.state.waits() || waiting.contains_key(&nonce), "what waits is in the queue");
			ensure!(record.held == 0 || record.state.waits(), "DN are on hold only for what waits");
		}
		ensure!(waiting.keys().all(Messages::<T>::contains_key), "what is in the queue is a message");
		Ok(())
	}

	fn try_holds() -> Result<(), TryRuntimeError> {
		let mut withdrawals = BTreeMap::<AccountId32, Balance>::new();
		for record in Messages::<T>::iter_values() {
			if let Some(sender) = record.sender() {
				let held = withdrawals.entry(sender).or_default();
				*held = held.saturating_add(record.held);
			}
		}
		let on_hold = |reason: HoldReason, who: &AccountId32| T::Currency::balance_on_hold(&reason.into(), who);
		for (sender, held) in withdrawals {
			ensure!(on_hold(HoldReason::Withdrawal, &sender) == held, "a sender has on hold what waits to be told");
		}
		for (account, payout) in PayoutsOf::<T>::iter() {
			ensure!(on_hold(HoldReason::Payout, &account) == payout.earned, "what is earned is on hold");
			ensure!(on_hold(HoldReason::PayoutDeposit, &account) == payout.deposit, "a deposit is on hold");
		}
		ensure!(PayoutsOf::<T>::count() <= T::MaxPayouts::get(), "no more accounts are paid out than may be");
		ensure!(PayoutsOf::<T>::count() as usize == PayoutsOf::<T>::iter_keys().count(), "they are counted");
		Ok(())
	}

	fn try_told() -> Result<(), TryRuntimeError> {
		for (nonce, record) in Messages::<T>::iter() {
			let Some(place) = record.state.over() else { continue };
			let told = Told::<T>::get(place.at);
			let telling = told.get(place.index as usize).ok_or("a message is where it was told")?;
			ensure!(telling.nonce == nonce, "a message is at its place");
		}
		Ok(())
	}

	fn try_settlements() -> Result<(), TryRuntimeError> {
		for (epoch, settlement) in Settlements::<T>::iter() {
			let claims = Self::claims_of(epoch);
			let total = claims.iter().map(|claim| claim.amount).fold(0, Balance::saturating_add);
			if settlement.refused {
				ensure!(total <= settlement.total && !claims.is_empty(), "a refused settlement has claims left");
				continue;
			}
			// Of one that is being forgotten some are gone.
			if !Messages::<T>::contains_key(settlement.nonce) {
				continue;
			}
			ensure!(claims.len() == settlement.count as usize, "a settlement's claims are kept with it");
			ensure!(total == settlement.total, "a settlement's claims add up");
			let domain = Self::current_domain().ok_or("who settles has a gateway")?;
			let leaves: alloc::vec::Vec<H256> = claims.iter().map(|claim| claim.leaf(&domain)).collect();
			ensure!(committed_root(&leaves) == settlement.root, "a settlement's claims have its root");
		}
		if let Some(closing) = Closing::<T>::get() {
			let claims = Claims::<T>::iter_prefix_values(closing.epoch);
			let (count, total) = claims.fold((0u32, 0), |(count, total): (u32, Balance), claim| {
				(count.saturating_add(1), total.saturating_add(claim.amount))
			});
			ensure!((count, total) == (closing.claims, closing.total), "the claims so far add up");
		}
		Ok(())
	}
}
