//! Accounts that are paid out on Base.

use deepnode_primitives::{traits::Payouts, Balance};
use frame_support::{
	ensure,
	traits::{fungible::MutateHold, tokens::Precision, Get},
};
use sp_core::H160;
use sp_runtime::{AccountId32, DispatchResult};

use crate::{types::Payout, Config, Error, Event, HoldReason, Pallet, PayoutsOf};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_set_payout_address(who: AccountId32, address: Option<H160>) -> DispatchResult {
		let known = PayoutsOf::<T>::get(&who);
		match (address, known) {
			(Some(address), known) => {
				ensure!(!address.is_zero(), Error::<T>::ZeroAddress);
				let payout = match known {
					Some(known) => Payout { address, ..known },
					None => Self::new_payout(&who, address)?,
				};
				PayoutsOf::<T>::insert(&who, payout);
			},
			(None, Some(known)) => {
				let release = |reason: HoldReason, amount| {
					T::Currency::release(&reason.into(), &who, amount, Precision::Exact).map(|_| ())
				};
				release(HoldReason::Payout, known.earned)?;
				release(HoldReason::PayoutDeposit, known.deposit)?;
				PayoutsOf::<T>::remove(&who);
			},
			(None, None) => return Err(Error::<T>::NoPayoutAddress.into()),
		}
		Self::deposit_event(Event::PayoutAddressSet { account: who, address });
		Ok(())
	}

	fn new_payout(who: &AccountId32, address: H160) -> Result<Payout, sp_runtime::DispatchError> {
		ensure!(PayoutsOf::<T>::count() < T::MaxPayouts::get(), Error::<T>::TooManyPayouts);
		let deposit = T::PayoutDeposit::get();
		T::Currency::hold(&HoldReason::PayoutDeposit.into(), who, deposit)?;
		Ok(Payout { address, earned: 0, deposit })
	}
}

impl<T: Config> Payouts<AccountId32> for Pallet<T> {
	/// ## Complexity
	/// O(1): one read where the account is paid here.
	fn earned(who: &AccountId32, amount: Balance) {
		if amount == 0 {
			return;
		}
		let Some(mut payout) = PayoutsOf::<T>::get(who) else { return };
		payout.earned = payout.earned.saturating_add(amount);
		// What cannot be put on hold, since the account has not even the existential deposit besides, stays its own.
		if T::Currency::hold(&HoldReason::Payout.into(), who, amount).is_ok() {
			PayoutsOf::<T>::insert(who, payout);
		}
	}
}
