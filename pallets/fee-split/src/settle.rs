//! From a credit to its receivers.

use core::marker::PhantomData;
use deepnode_primitives::{
	fees::{self, Split},
	traits::{FeeSettlement, Lineage, Payouts},
	Balance, TaskId,
};
use frame_support::{
	ensure,
	traits::{
		fungible::{Balanced, Credit, Inspect, Mutate},
		Imbalance, OnUnbalanced,
	},
};
use sp_runtime::{traits::Zero, TryRuntimeError};

use crate::{Config, Delivered, Event, Pallet, Pots, Table, Totals};

type CreditOf<T> = Credit<<T as frame_system::Config>::AccountId, <T as Config>::Currency>;

impl<T: Config> Pallet<T> {
	/// Endows each pot that is below the existential deposit, and keeps it alive.
	pub(crate) fn create_pots() {
		let least = T::Currency::minimum_balance();
		for pot in Self::pots().each() {
			frame_system::Pallet::<T>::inc_providers(pot);
			let missing = least.saturating_sub(T::Currency::balance(pot));
			if missing > 0 {
				// The account is now there with the least balance, unless the issuance would overflow.
				let minted = T::Currency::mint_into(pot, missing);
				debug_assert!(minted.is_ok(), "a pot cannot be endowed: {minted:?}");
			}
		}
	}

	/// Pays `split` out of `fee`, and says where it went. What cannot be delivered stays in `fee` until
	/// the treasury takes all that is left.
	fn deliver(
		mut fee: CreditOf<T>,
		split: &Split,
		lineage: &Lineage<T::AccountId>,
		winners: &[T::AccountId],
	) -> Delivered {
		let Pots { validators, treasury, community } = Self::pots();
		let burned = fee.extract(split.burned);

		let mut delivered = Delivered { burned: burned.peek(), ..Default::default() };
		let royalties = lineage.data_sets.iter().map(|(_, royalty)| *royalty);
		let parts = fees::lineage(split.creator, &lineage.royalties, royalties);
		let owners = lineage.owners.iter().zip(parts.owners);
		let data_sets = lineage.data_sets.iter().map(|(owner, _)| owner).zip(parts.data_sets);
		for (owner, part) in owners.chain(data_sets) {
			let paid = Self::pay(&mut fee, owner, part);
			T::Payouts::earned(owner, paid);
			delivered.creators = delivered.creators.saturating_add(paid);
		}
		for winner in winners {
			let paid = Self::pay(&mut fee, winner, split.per_worker);
			T::Payouts::earned(winner, paid);
			delivered.workers = delivered.workers.saturating_add(paid);
		}
		delivered.validators = Self::pay(&mut fee, &validators, split.validators);
		delivered.community = Self::pay(&mut fee, &community, split.community);

		let rest = fee.peek();
		match Self::resolve(&treasury, fee) {
			Ok(()) => delivered.treasury = rest,
			Err(undelivered) => {
				delivered.burned = delivered.burned.saturating_add(rest);
				Self::deposit_event(Event::PartBurned { amount: rest });
				drop(undelivered);
			},
		}
		drop(burned);
		delivered
	}

	/// Pays `amount` out of `fee` to `who` and returns how much was paid: all of it or, where the account
	/// cannot receive it, nothing.
	fn pay(fee: &mut CreditOf<T>, who: &T::AccountId, amount: Balance) -> Balance {
		let part = fee.extract(amount);
		let amount = part.peek();
		match Self::resolve(who, part) {
			Ok(()) => amount,
			Err(undelivered) => {
				fee.subsume(undelivered);
				Self::deposit_event(Event::PartRedirected { who: who.clone(), amount });
				0
			},
		}
	}

	/// Pays a credit out; one of nothing to anybody.
	fn resolve(who: &T::AccountId, credit: CreditOf<T>) -> Result<(), CreditOf<T>> {
		match credit.drop_zero() {
			Ok(()) => Ok(()),
			Err(credit) => T::Currency::resolve(who, credit),
		}
	}

	/// Checks that the table adds up and that every pot can receive any amount.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		ensure!(Table::<T>::get().is_valid(), "the fee table must add up to a million parts");
		let pots = Self::pots();
		ensure!(pots.are_distinct(), "the pots must be three accounts");
		for pot in pots.each() {
			ensure!(
				T::Currency::balance(pot) >= T::Currency::minimum_balance(),
				"a pot must hold the existential deposit"
			);
			ensure!(!frame_system::Pallet::<T>::providers(pot).is_zero(), "a pot must be kept alive");
		}
		Ok(())
	}
}

impl<T: Config> FeeSettlement<T::AccountId, CreditOf<T>> for Pallet<T> {
	/// ## Complexity
	/// O(owners + data sets + winners) accounts: at most five owners, four data sets and five winners.
	fn settle(task: TaskId, fee: CreditOf<T>, lineage: Lineage<T::AccountId>, winners: &[T::AccountId]) -> Split {
		let split = Table::<T>::get().split(fee.peek(), winners.len().try_into().unwrap_or(u32::MAX));
		let delivered = Self::deliver(fee, &split, &lineage, winners);
		Totals::<T>::mutate(|totals| totals.tasks = totals.tasks.plus(delivered));
		Self::deposit_event(Event::FeeSplit { task, split });
		split
	}

	fn worker_reward(fee: Balance, workers: u32) -> Balance {
		Table::<T>::get().split(fee, workers).per_worker
	}

	fn workers_row() -> u32 {
		Table::<T>::get().workers
	}
}

/// Divides transaction fees and tips by the rows of the table that are the network's. The balances'
/// own events say who received what.
pub struct TransactionFees<T>(PhantomData<T>);

impl<T: Config> OnUnbalanced<CreditOf<T>> for TransactionFees<T> {
	fn on_nonzero_unbalanced(fee: CreditOf<T>) {
		let split = Table::<T>::get().network().split(fee.peek(), 0);
		let delivered = Pallet::<T>::deliver(fee, &split, &Lineage::nobody(), &[]);
		Totals::<T>::mutate(|totals| totals.transactions = totals.transactions.plus(delivered));
	}
}

/// Gives stake that was slashed and compensates nobody to the treasury; what it cannot receive is burned.
pub struct ToTreasury<T>(PhantomData<T>);

impl<T: Config> OnUnbalanced<CreditOf<T>> for ToTreasury<T> {
	fn on_nonzero_unbalanced(slashed: CreditOf<T>) {
		if let Err(undelivered) = Pallet::<T>::resolve(&Pallet::<T>::pots().treasury, slashed) {
			Pallet::<T>::deposit_event(Event::PartBurned { amount: undelivered.peek() });
		}
	}
}
