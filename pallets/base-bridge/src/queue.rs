//! Messages from the call that sends them to the block that tells them.

use alloc::vec::Vec;
use deepnode_primitives::{
	bridge::{tree::committed_root, CallData, Domain, Message, Payload},
	Balance,
};
use frame_support::{
	defensive, ensure,
	traits::{
		fungible::{Inspect, Mutate, MutateHold},
		tokens::{Fortitude, Precision, Preservation},
		Get,
	},
	BoundedVec,
};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_core::{H160, H256};
use sp_runtime::{AccountId32, ArithmeticError, DispatchError, DispatchResult};

use crate::{
	types::{Place, Record, State, Telling},
	Backed, BaseGateway, Config, Error, Event, HoldReason, Messages, NextNonce, Pallet, Queue, Queued, Told,
};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_withdraw(who: AccountId32, recipient: H160, amount: Balance, fee: Balance) -> DispatchResult {
		ensure!(BaseGateway::<T>::exists(), Error::<T>::NoGateway);
		ensure!(!recipient.is_zero(), Error::<T>::ZeroAddress);
		ensure!(amount >= T::MinWithdrawal::get(), Error::<T>::TooLittle);
		Self::ensure_room()?;
		let sender = H256(who.clone().into());
		// The chain's own messages have this sender. Nobody has the key of such an account.
		ensure!(!sender.is_zero(), DispatchError::BadOrigin);
		let held = amount.checked_add(fee).ok_or(ArithmeticError::Overflow)?;
		T::Currency::hold(&HoldReason::Withdrawal.into(), &who, held)?;
		let nonce = Self::enqueue(sender, fee, Payload::Release { recipient, amount }, held);
		Self::deposit_event(Event::WithdrawalQueued { nonce, sender: who, recipient, amount, fee });
		Ok(())
	}

	pub(crate) fn do_raise_fee(who: AccountId32, nonce: u64, fee: Balance) -> DispatchResult {
		let mut record = Messages::<T>::get(nonce).ok_or(Error::<T>::UnknownMessage)?;
		ensure!(record.sender().as_ref() == Some(&who), Error::<T>::NotSender);
		let more = fee.checked_sub(record.message.fee).filter(|more| *more >= T::MinRaise::get());
		let more = more.filter(|more| *more > 0).ok_or(Error::<T>::RaisedTooLittle)?;
		match record.state {
			State::Queued | State::Raised(_) => {},
			State::Told(place) => {
				Self::ensure_room()?;
				Self::push(nonce);
				record.state = State::Raised(place);
			},
			State::Refused(_) => return Err(Error::<T>::AlreadyRefused.into()),
		}
		T::Currency::hold(&HoldReason::Withdrawal.into(), &who, more)?;
		record.held = record.held.checked_add(more).ok_or(ArithmeticError::Overflow)?;
		record.message.fee = fee;
		Messages::<T>::insert(nonce, record);
		Self::deposit_event(Event::FeeRaised { nonce, fee });
		Ok(())
	}

	pub(crate) fn do_send_governance(target: H160, data: CallData) -> DispatchResult {
		ensure!(BaseGateway::<T>::exists(), Error::<T>::NoGateway);
		ensure!(!target.is_zero(), Error::<T>::ZeroAddress);
		Self::ensure_room()?;
		let nonce = Self::enqueue_own(Payload::Governance { target, data });
		Self::deposit_event(Event::GovernanceQueued { nonce, target });
		Ok(())
	}

	fn ensure_room() -> DispatchResult {
		ensure!(Queued::<T>::get().len() < T::MaxQueued::get().into(), Error::<T>::QueueFull);
		Ok(())
	}

	/// Queues a message of the chain itself, whose fee is known when it is told, and returns its number. There is
	/// room for those of an epoch's end whoever else waits: they are two, and only governance can send more.
	pub(crate) fn enqueue_own(payload: Payload) -> u64 {
		Self::enqueue(H256::zero(), 0, payload, 0)
	}

	fn enqueue(sender: H256, fee: Balance, payload: Payload, held: Balance) -> u64 {
		let nonce = NextNonce::<T>::mutate(|next| {
			let nonce = *next;
			// Nobody sends 2^64 messages.
			*next = next.saturating_add(1);
			nonce
		});
		let message = Message { nonce, sender, fee, payload };
		Messages::<T>::insert(nonce, Record { message, held, state: State::Queued });
		Self::push(nonce);
		nonce
	}

	fn push(nonce: u64) {
		Queued::<T>::mutate(|queued| {
			Queue::<T>::insert(queued.end, nonce);
			queued.end = queued.end.saturating_add(1);
		});
	}

	/// Tells what waits, as much as a block may, and returns the roots of the messages and of the settlement
	/// among them: at most one, since a block has one settlement root.
	pub(crate) fn tell(now: BlockNumberFor<T>) -> (H256, H256) {
		let mut queued = Queued::<T>::get();
		let Some(domain) = Self::current_domain().filter(|_| !queued.is_empty()) else { return Default::default() };
		let mut told = BoundedVec::<Telling, T::MessagesPerBlock>::new();
		let (mut leaves, mut settlement) = (Vec::new(), H256::zero());
		// Those that are left out count, too: no more is done than is reserved.
		for _ in 0..T::MessagesPerBlock::get() {
			if queued.is_empty() {
				break;
			}
			let record = Queue::<T>::get(queued.first).and_then(Messages::<T>::get);
			if let Some(Payload::Settlement { root, .. }) = record.as_ref().map(|record| &record.message.payload) {
				if !settlement.is_zero() {
					break;
				}
				settlement = *root;
			}
			Queue::<T>::remove(queued.first);
			queued.first = queued.first.saturating_add(1);
			// One that was refused while it waited to be told again is left out.
			let Some(record) = record.filter(|record| record.state.waits()) else { continue };
			let index = told.len() as u32;
			if let Some((telling, leaf)) = Self::tell_one(record, Place { at: now, index }, &domain) {
				leaves.push(leaf);
				// There is room: no more are looked at.
				let _ = told.try_push(telling);
			}
		}
		Queued::<T>::put(queued);
		if !told.is_empty() {
			Told::<T>::insert(now, told);
		}
		(committed_root(&leaves), settlement)
	}

	/// Burns what a message takes off the chain, and puts it at its place.
	fn tell_one(
		mut record: Record<BlockNumberFor<T>>,
		place: Place<BlockNumberFor<T>>,
		domain: &Domain,
	) -> Option<(Telling, H256)> {
		let burned = match record.sender() {
			Some(sender) => {
				let reason = HoldReason::Withdrawal.into();
				let held = core::mem::take(&mut record.held);
				let burned = T::Currency::burn_held(&reason, &sender, held, Precision::Exact, Fortitude::Force);
				if let Err(error) = burned {
					// Never more is told than is burned.
					defensive!(error, "what is on hold for a message can be burned");
					return None;
				}
				held
			},
			None => {
				record.message.fee = Self::burn_fee();
				record.message.fee
			},
		};
		Self::leave(burned);
		record.state = State::Told(place);
		let Message { nonce, fee, .. } = record.message;
		let leaf = record.message.leaf(domain);
		Self::deposit_event(Event::MessageTold { index: place.index, message: record.message.clone() });
		Messages::<T>::insert(nonce, record);
		Some((Telling { nonce, fee }, leaf))
	}

	/// Takes the fee of one of the chain's own messages, and returns it: nothing, where the account cannot pay.
	fn burn_fee() -> Balance {
		let (payer, fee) = (T::FeeAccount::get(), T::ChainFee::get());
		let payable = T::Currency::reducible_balance(&payer, Preservation::Preserve, Fortitude::Polite) >= fee;
		let burned = payable
			.then(|| T::Currency::burn_from(&payer, fee, Preservation::Preserve, Precision::Exact, Fortitude::Polite));
		burned.and_then(Result::ok).unwrap_or(0)
	}

	/// DN have left the chain: Base keeps so much less for it.
	pub(crate) fn leave(amount: Balance) {
		// What is burned was issued, and no less is backed than is issued.
		Backed::<T>::mutate(|backed| *backed = backed.saturating_sub(amount));
	}

	/// DN are the chain's again.
	pub(crate) fn come_back(amount: Balance) {
		Backed::<T>::mutate(|backed| *backed = backed.saturating_add(amount));
	}
}
