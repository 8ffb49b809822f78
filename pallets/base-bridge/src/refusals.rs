//! What Base refuses is taken back, once.

use deepnode_primitives::bridge::Payload;
use frame_support::{
	ensure,
	traits::{
		fungible::{Mutate, MutateHold},
		tokens::Precision,
	},
};
use sp_runtime::DispatchResult;

use crate::{
	types::{Earned, State},
	Claims, Config, Error, Event, HoldReason, Messages, Pallet, Settlements,
};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_report_refusal(nonce: u64) -> DispatchResult {
		let mut record = Messages::<T>::get(nonce).ok_or(Error::<T>::UnknownMessage)?;
		let place = match record.state {
			State::Told(place) | State::Raised(place) => place,
			State::Queued => return Err(Error::<T>::NotTold.into()),
			State::Refused(_) => return Err(Error::<T>::AlreadyRefused.into()),
		};
		let mut refunded = 0;
		if let Some(sender) = record.sender() {
			// What its fee was to be raised by has not left the chain.
			let held = core::mem::take(&mut record.held);
			T::Currency::release(&HoldReason::Withdrawal.into(), &sender, held, Precision::Exact)?;
			refunded = record.message.payload.sent();
			T::Currency::mint_into(&sender, refunded)?;
			Self::come_back(refunded);
		} else {
			match record.message.payload {
				Payload::Settlement { epoch, .. } => Settlements::<T>::mutate_extant(epoch, |settlement| {
					settlement.refused = true;
				}),
				Payload::Burn { amount, .. } => Self::come_back(amount),
				Payload::Release { .. } | Payload::Governance { .. } => {},
			}
		}
		record.state = State::Refused(place);
		Messages::<T>::insert(nonce, record);
		Self::deposit_event(Event::MessageRefused { nonce, refunded });
		Ok(())
	}

	pub(crate) fn do_reclaim(epoch: u64, index: u32) -> DispatchResult {
		let refused = Settlements::<T>::get(epoch).is_some_and(|settlement| settlement.refused);
		ensure!(refused, Error::<T>::NotRefused);
		let Earned { account, amount, .. } = Claims::<T>::take(epoch, index).ok_or(Error::<T>::UnknownClaim)?;
		T::Currency::mint_into(&account, amount)?;
		Self::come_back(amount);
		if Claims::<T>::iter_key_prefix(epoch).next().is_none() {
			Settlements::<T>::remove(epoch);
		}
		Self::deposit_event(Event::Reclaimed { epoch, index, account, amount });
		Ok(())
	}
}
