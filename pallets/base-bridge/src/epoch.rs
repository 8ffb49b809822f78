//! The end of an epoch: payouts are netted page by page, and then the settlement and what was burned are told.

use alloc::vec::Vec;
use deepnode_primitives::bridge::{tree::committed_root, Claim, Domain, Payload};
use frame_support::{
	defensive,
	traits::{
		fungible::MutateHold,
		tokens::{Fortitude, Precision},
		Get,
	},
	weights::Weight,
};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::{traits::Saturating, AccountId32};

use crate::{
	types::{Backing, ClosingEpoch, Earned, Payout, Settlement},
	Backed, BaseGateway, ClaimLeaves, Claims, Closing, Config, CurrentEpoch, EpochEnds, Event, HoldReason, Pallet,
	PayoutsOf, Settlements, WeightInfo,
};

impl<T: Config> Pallet<T> {
	/// A block's work on epochs, and what it weighs.
	pub(crate) fn advance_epoch(now: BlockNumberFor<T>) -> Weight {
		let idle = T::WeightInfo::idle();
		match (Closing::<T>::get(), Self::current_domain()) {
			(Some(closing), Some(domain)) => idle.saturating_add(Self::close(closing, &domain)),
			_ if now >= EpochEnds::<T>::get() => {
				Self::turn(now);
				idle
			},
			_ => idle,
		}
	}

	/// Ends the running epoch and begins the next. Without a gateway there is nobody to settle with: what was
	/// earned and burned waits for the end of an epoch that has one.
	fn turn(now: BlockNumberFor<T>) {
		let epoch = CurrentEpoch::<T>::get();
		CurrentEpoch::<T>::put(epoch.saturating_add(1));
		EpochEnds::<T>::put(now.saturating_add(T::EpochLength::get()));
		if BaseGateway::<T>::exists() {
			Closing::<T>::put(ClosingEpoch { epoch, after: None, claims: 0, total: 0 });
		}
		Self::deposit_event(Event::EpochEnded { epoch });
	}

	/// Looks at a page of accounts; after the last one, tells what they come to.
	pub(crate) fn close(mut closing: ClosingEpoch, domain: &Domain) -> Weight {
		let page = T::ClaimsPerBlock::get();
		let rest = match &closing.after {
			Some(account) => PayoutsOf::<T>::iter_from(PayoutsOf::<T>::hashed_key_for(account)),
			None => PayoutsOf::<T>::iter(),
		};
		// They are changed while they are looked at: all are read first.
		let accounts: Vec<_> = rest.take(page as usize).collect();
		let seen = accounts.len() as u32;
		for (account, payout) in accounts {
			Self::net(&mut closing, &account, payout, domain);
			closing.after = Some(account);
		}
		let weight = T::WeightInfo::net(seen);
		if seen == page && closing.claims < T::MaxPayouts::get() {
			Closing::<T>::put(closing);
			return weight;
		}
		Closing::<T>::kill();
		let claims = closing.claims;
		Self::settle(closing);
		weight.saturating_add(T::WeightInfo::settle(claims))
	}

	/// Turns what an account has earned into a claim, unless it is too little.
	fn net(closing: &mut ClosingEpoch, account: &AccountId32, payout: Payout, domain: &Domain) {
		let Payout { address, earned: amount, .. } = payout;
		// Accounts that come and go while an epoch is closed make no more claims than there may be.
		if amount < T::MinClaim::get() || closing.claims >= T::MaxPayouts::get() {
			return;
		}
		let reason = HoldReason::Payout.into();
		if let Err(error) = T::Currency::burn_held(&reason, account, amount, Precision::Exact, Fortitude::Force) {
			defensive!(error, "what an account has earned is on hold");
			return;
		}
		Self::leave(amount);
		let ClosingEpoch { epoch, claims: index, .. } = *closing;
		let claim = Claim { epoch, index, account: address, amount };
		PayoutsOf::<T>::insert(account, Payout { earned: 0, ..payout });
		Claims::<T>::insert(epoch, index, Earned { account: account.clone(), address, amount });
		// There is room: fewer than `MaxPayouts` are there.
		let _ = ClaimLeaves::<T>::try_append(claim.leaf(domain));
		closing.claims = index.saturating_add(1);
		closing.total = closing.total.saturating_add(amount);
		Self::deposit_event(Event::PaidOut { account: account.clone(), claim });
	}

	pub(crate) fn settle(closing: ClosingEpoch) {
		let ClosingEpoch { epoch, claims: count, total, .. } = closing;
		let root = committed_root(&ClaimLeaves::<T>::take());
		if count > 0 {
			let nonce = Self::enqueue_own(Payload::Settlement { epoch, root, total, count });
			let settlement = Settlement { nonce, root, total, count, refused: false };
			Settlements::<T>::insert(epoch, settlement);
			Self::deposit_event(Event::SettlementQueued { epoch, settlement });
		}
		Self::report_burns(epoch);
	}

	/// Tells what has been burned since the last report: what is backed and is not issued any more.
	fn report_burns(epoch: u64) {
		let Backing { backed, issuance } = Self::backing();
		match backed.checked_sub(issuance) {
			Some(0) => {},
			Some(amount) => {
				Backed::<T>::put(issuance);
				Self::enqueue_own(Payload::Burn { epoch, amount });
				Self::deposit_event(Event::BurnQueued { epoch, amount });
			},
			None => Self::deposit_event(Event::Unbacked { backing: Self::backing() }),
		}
	}
}
