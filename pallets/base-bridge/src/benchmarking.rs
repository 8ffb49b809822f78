//! What the calls and the hooks weigh.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::*;
use alloc::vec;
use codec::Encode;
use deepnode_primitives::{
	bridge::{CallData, Domain, Payload, MAX_CALL_LEN},
	traits::Payouts as _,
	Balance, DN,
};
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{fungible::Mutate, EnsureOrigin, Get},
	BoundedVec,
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use sp_core::{H160, H256};
use sp_io::hashing::blake2_256;
use sp_runtime::AccountId32;

use crate::types::{ClosingEpoch, Gateway, Place, State, Telling};

type AdminOrigin<T> = <T as Config>::AdminOrigin;

/// A rich account. What it is given is backed, as if it had been there at genesis.
fn rich<T: Config>(number: u32) -> AccountId32 {
	let account = AccountId32::new(blake2_256(&("rich", number).encode()));
	let amount = 1_000_000 * DN;
	T::Currency::mint_into(&account, amount).unwrap();
	Pallet::<T>::come_back(amount);
	account
}

fn address(number: u8) -> H160 {
	H160([number; 20])
}

fn with_gateway<T: Config>() -> Domain {
	BaseGateway::<T>::put(Gateway { base: 8453, address: address(0xba) });
	Pallet::<T>::current_domain().unwrap()
}

/// Queues a withdrawal of one DN by an account of its own, and returns its sender and its number.
fn queued<T: Config>(number: u32) -> (AccountId32, u64) {
	let sender = rich::<T>(number);
	Pallet::<T>::do_withdraw(sender.clone(), address(1), DN.max(T::MinWithdrawal::get()), DN).unwrap();
	(sender, NextNonce::<T>::get() - 1)
}

fn told<T: Config>() -> (AccountId32, u64) {
	let told = queued::<T>(0);
	Pallet::<T>::tell(1u32.into());
	told
}

/// Has an account paid out, with something earned.
fn paid_out<T: Config>(number: u32) -> AccountId32 {
	let account = rich::<T>(number);
	Pallet::<T>::do_set_payout_address(account.clone(), Some(address(2))).unwrap();
	Pallet::<T>::earned(&account, DN.max(T::MinClaim::get()));
	account
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn withdraw() {
		with_gateway::<T>();
		let sender = rich::<T>(0);

		#[extrinsic_call]
		_(RawOrigin::Signed(sender), address(1), DN.max(T::MinWithdrawal::get()), DN);

		assert_eq!(Queued::<T>::get().len(), 1);
	}

	#[benchmark]
	fn raise_fee() {
		with_gateway::<T>();
		let (sender, nonce) = told::<T>();

		#[extrinsic_call]
		_(RawOrigin::Signed(sender), nonce, 2 * DN + T::MinRaise::get());

		assert!(matches!(Messages::<T>::get(nonce).unwrap().state, State::Raised(_)));
	}

	/// The costlier of the two: everything is released.
	#[benchmark]
	fn set_payout_address() {
		let account = paid_out::<T>(0);

		#[extrinsic_call]
		_(RawOrigin::Signed(account.clone()), None);

		assert!(!PayoutsOf::<T>::contains_key(account));
	}

	#[benchmark]
	fn report_refusal() -> Result<(), BenchmarkError> {
		let origin = T::BaseOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		with_gateway::<T>();
		let (sender, nonce) = told::<T>();
		Pallet::<T>::do_raise_fee(sender, nonce, 2 * DN + T::MinRaise::get()).unwrap();

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, nonce);

		assert!(matches!(Messages::<T>::get(nonce).unwrap().state, State::Refused(_)));
		Ok(())
	}

	#[benchmark]
	fn reclaim() {
		let domain = with_gateway::<T>();
		let account = paid_out::<T>(0);
		Pallet::<T>::close(ClosingEpoch { epoch: 3, after: None, claims: 0, total: 0 }, &domain);
		Settlements::<T>::mutate_extant(3, |settlement| settlement.refused = true);

		#[extrinsic_call]
		_(RawOrigin::Signed(account), 3, 0);

		assert!(!Settlements::<T>::contains_key(3));
	}

	#[benchmark]
	fn send_governance(b: Linear<0, MAX_CALL_LEN>) -> Result<(), BenchmarkError> {
		let origin = AdminOrigin::<T>::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		with_gateway::<T>();
		let data: CallData = vec![7; b as usize].try_into().unwrap();

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, address(1), data);

		assert_eq!(Queued::<T>::get().len(), 1);
		Ok(())
	}

	#[benchmark]
	fn set_gateway() -> Result<(), BenchmarkError> {
		let origin = AdminOrigin::<T>::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, 8453, address(1));

		assert!(BaseGateway::<T>::exists());
		Ok(())
	}

	#[benchmark]
	fn end_epoch() -> Result<(), BenchmarkError> {
		let origin = AdminOrigin::<T>::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin);

		let next = frame_system::Pallet::<T>::block_number() + 1u32.into();
		assert_eq!(EpochEnds::<T>::get(), next);
		Ok(())
	}

	/// What `on_finalize` does with `m` withdrawals.
	#[benchmark]
	fn tell(m: Linear<0, { T::MessagesPerBlock::get() }>) {
		with_gateway::<T>();
		for number in 0..m {
			queued::<T>(number);
		}

		#[block]
		{
			Pallet::<T>::tell(1u32.into());
		}

		assert!(Queued::<T>::get().is_empty());
	}

	/// What `on_finalize` does with `r` receipts.
	#[benchmark]
	fn receipts_root(r: Linear<0, { T::ReceiptsPerBlock::get() }>) {
		let leaves = (0..r).map(|number| H256(blake2_256(&number.encode()))).collect();
		let leaves: BoundedVec<_, T::ReceiptsPerBlock> = BoundedVec::truncate_from(leaves);
		ReceiptLeaves::<T>::put(leaves);

		#[block]
		{
			Pallet::<T>::receipts_root();
		}

		assert!(!ReceiptLeaves::<T>::exists());
	}

	/// A block in which an epoch ends and nothing else is done.
	#[benchmark]
	fn idle() {
		with_gateway::<T>();
		EpochEnds::<T>::put(BlockNumberFor::<T>::from(1u32));

		#[block]
		{
			Pallet::<T>::advance_epoch(1u32.into());
		}

		assert!(Closing::<T>::exists());
	}

	/// A page of accounts, all of which have earned something.
	#[benchmark]
	fn net(c: Linear<0, { T::ClaimsPerBlock::get() }>) {
		let domain = with_gateway::<T>();
		for number in 0..c.min(T::MaxPayouts::get()) {
			paid_out::<T>(number);
		}

		#[block]
		{
			Pallet::<T>::close(ClosingEpoch { epoch: 3, after: None, claims: 0, total: 0 }, &domain);
		}

		assert_eq!(Claims::<T>::iter_prefix(3).count() as u32, c.min(T::MaxPayouts::get()));
	}

	/// What ends the closing of an epoch with `c` claims.
	#[benchmark]
	fn settle(c: Linear<0, { T::MaxPayouts::get() }>) {
		with_gateway::<T>();
		let leaves = (0..c).map(|number| H256(blake2_256(&number.encode()))).collect();
		let leaves: BoundedVec<_, T::MaxPayouts> = BoundedVec::truncate_from(leaves);
		ClaimLeaves::<T>::put(leaves);
		let account = rich::<T>(0);
		T::Currency::burn_from(
			&account,
			DN,
			frame_support::traits::tokens::Preservation::Preserve,
			frame_support::traits::tokens::Precision::Exact,
			frame_support::traits::tokens::Fortitude::Polite,
		)
		.unwrap();

		#[block]
		{
			Pallet::<T>::settle(ClosingEpoch { epoch: 3, after: None, claims: c, total: DN });
		}

		// With the burn.
		assert_eq!(Queued::<T>::get().len(), if c > 0 { 2 } else { 1 });
	}

	/// Messages of old blocks, two blocks' at a time.
	#[benchmark]
	fn prune_messages(m: Linear<0, { 2 * T::MessagesPerBlock::get() }>) {
		let kept = T::KeepMessages::get();
		let half = T::MessagesPerBlock::get();
		for nonce in 0..m {
			let (at, index) = (BlockNumberFor::<T>::from(nonce / half), nonce % half);
			let payload = Payload::Release { recipient: address(1), amount: Balance::MAX };
			Pallet::<T>::enqueue_own(payload);
			Messages::<T>::mutate_extant(u64::from(nonce), |record| record.state = State::Told(Place { at, index }));
			let telling = Telling { nonce: nonce.into(), fee: 0 };
			Told::<T>::mutate(at, |told| told.try_push(telling).unwrap());
		}

		#[block]
		{
			Pallet::<T>::prune_messages(kept + 2u32.into());
		}

		assert_eq!(Messages::<T>::iter().count(), 0);
	}

	/// A page of the claims of an old epoch.
	#[benchmark]
	fn prune_claims(c: Linear<0, { T::ClaimsPerBlock::get() }>) {
		let domain = with_gateway::<T>();
		for number in 0..c.min(T::MaxPayouts::get()) {
			paid_out::<T>(number);
		}
		let closing = ClosingEpoch { epoch: 0, after: None, claims: 0, total: 0 };
		Pallet::<T>::close(closing, &domain);
		// A page that is full is not the last.
		if let Some(closing) = Closing::<T>::take() {
			Pallet::<T>::settle(closing);
		}
		Messages::<T>::remove(0);
		CurrentEpoch::<T>::put(1);

		#[block]
		{
			Pallet::<T>::prune_claims();
		}

		assert!(FirstKeptEpoch::<T>::get() == 1 || c == T::ClaimsPerBlock::get());
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
