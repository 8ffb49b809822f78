//! Escrow, deposits, the audit fund, and who is paid out of what others lost.

use deepnode_primitives::{traits::FeeSettlement, Balance, TaskId};
use frame_support::traits::{
	fungible::{
		hold::{Balanced as _, Mutate as _},
		Balanced as _, Inspect, Mutate as _,
	},
	tokens::{Fortitude, Precision, Preservation},
	Get, Imbalance, OnUnbalanced,
};
use sp_runtime::traits::AccountIdConversion;

use crate::{
	types::{CreditOf, TaskOf},
	Config, Event, HoldReason, Pallet,
};

impl<T: Config> Pallet<T> {
	/// The account of the audit fund.
	pub(crate) fn fund_account() -> T::AccountId {
		T::AuditFund::get().into_account_truncating()
	}

	/// Endows the audit fund with the existential deposit where it has less, and keeps it alive.
	pub(crate) fn create_audit_fund() {
		let fund = Self::fund_account();
		frame_system::Pallet::<T>::inc_providers(&fund);
		let missing = T::Currency::minimum_balance().saturating_sub(T::Currency::balance(&fund));
		if missing > 0 {
			// The account is now there with the least balance, unless the issuance would overflow.
			let minted = T::Currency::mint_into(&fund, missing);
			debug_assert!(minted.is_ok(), "the audit fund cannot be endowed: {minted:?}");
		}
	}

	/// What one run of a task earns.
	pub(crate) fn run_reward(task: &TaskOf<T>) -> Balance {
		T::Fees::worker_reward(task.fee, task.assurance.seats())
	}

	/// Takes a task's fee, and apart from it what is for its audit, out of escrow.
	pub(crate) fn take_escrow(task: &TaskOf<T>) -> (CreditOf<T>, CreditOf<T>) {
		let total = task.fee.saturating_add(task.audit_fee);
		let (mut fee, _) = T::Currency::slash(&HoldReason::TaskFee.into(), &task.requester, total);
		let audit = fee.extract(task.audit_fee);
		(fee, audit)
	}

	/// Takes `amount` of a task's fee out of escrow and gives the rest back, with what is for the audit.
	/// Returns what it took and how much the requester got.
	pub(crate) fn spend_escrow(task: &TaskOf<T>, amount: Balance) -> (CreditOf<T>, Balance) {
		let (credit, _) = T::Currency::slash(&HoldReason::TaskFee.into(), &task.requester, amount);
		let unspent = task.fee.saturating_add(task.audit_fee).saturating_sub(credit.peek());
		(credit, Self::give_back(HoldReason::TaskFee, &task.requester, unspent))
	}

	/// Ends a hold and returns how much its account got. An account without free balance cannot
	/// receive less than the existential deposit: what is so little is treated as slashed, so that
	/// no hold outlives its task.
	pub(crate) fn give_back(reason: HoldReason, who: &T::AccountId, amount: Balance) -> Balance {
		let reason = reason.into();
		T::Currency::release(&reason, who, amount, Precision::BestEffort).unwrap_or_else(|_| {
			let (dust, _) = T::Currency::slash(&reason, who, amount);
			T::Slashed::on_unbalanced(dust);
			0
		})
	}

	/// Adds to the audit fund.
	pub(crate) fn endow_audit_fund(credit: CreditOf<T>) {
		if let Err(undelivered) = T::Currency::resolve(&Self::fund_account(), credit) {
			T::Slashed::on_unbalanced(undelivered);
		}
	}

	/// Sets aside what an auditor earns. Whether the fund has so much, besides what keeps it alive.
	pub(crate) fn reserve_reward(amount: Balance) -> bool {
		let fund = Self::fund_account();
		T::Currency::reducible_balance(&fund, Preservation::Preserve, Fortitude::Polite) >= amount
			&& T::Currency::hold(&HoldReason::AuditReward.into(), &fund, amount).is_ok()
	}

	/// Takes what is set aside for a task's audit.
	pub(crate) fn take_reserved(task: &mut TaskOf<T>) -> CreditOf<T> {
		let amount = core::mem::take(&mut task.audit.reserved);
		T::Currency::slash(&HoldReason::AuditReward.into(), &Self::fund_account(), amount).0
	}

	/// Pays up to `amount` out of `pot`, and returns how much it was: nothing, where the account cannot
	/// receive it.
	pub(crate) fn pay(pot: &mut CreditOf<T>, who: &T::AccountId, amount: Balance) -> Balance {
		let credit = pot.extract(amount);
		let amount = credit.peek();
		if amount == 0 {
			return 0;
		}
		match T::Currency::resolve(who, credit) {
			Ok(()) => amount,
			Err(undelivered) => {
				pot.subsume(undelivered);
				0
			},
		}
	}

	/// Pays each of these workers or auditors up to `amount` out of `pot`.
	pub(crate) fn compensate(id: TaskId, pot: &mut CreditOf<T>, workers: &[T::AccountId], amount: Balance) {
		for worker in workers {
			let paid = Self::pay(pot, worker, amount);
			if paid > 0 {
				Self::deposit_event(Event::WorkerCompensated { worker: worker.clone(), task: id, amount: paid });
			}
		}
	}

	/// Pays a task's requester up to `amount` out of `pot`.
	pub(crate) fn compensate_requester(id: TaskId, task: &TaskOf<T>, pot: &mut CreditOf<T>, amount: Balance) {
		let amount = Self::pay(pot, &task.requester, amount);
		if amount > 0 {
			let requester = task.requester.clone();
			Self::deposit_event(Event::RequesterCompensated { requester, task: id, amount });
		}
	}
}
