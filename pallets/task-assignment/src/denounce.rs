//! Reports of false agreements, by accomplices and by those whom they outvoted.

use deepnode_primitives::TaskId;
use frame_support::{
	ensure,
	traits::{
		fungible::hold::{Balanced as _, Mutate as _},
		Get, Imbalance,
	},
};
use sp_core::H256;
use sp_runtime::{traits::Saturating, DispatchResult};

use crate::{
	types::{AuditPhase, CreditOf, Report, TaskOf},
	Config, Error, Event, HoldReason, Pallet, Tasks,
};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_denounce(reporter: T::AccountId, id: TaskId, evidence: H256) -> DispatchResult {
		let mut task = Tasks::<T>::get(id).ok_or(Error::<T>::UnknownTask)?;
		ensure!(task.is_decided(), Error::<T>::NotSettled);
		let accomplice = task.workers.len() > 1 && task.workers.contains(&reporter);
		let outvoted = task.losers.iter().any(|(loser, _)| *loser == reporter);
		ensure!(accomplice || outvoted, Error::<T>::NotConcerned);
		ensure!(task.audit.phase == AuditPhase::Spared, Error::<T>::AuditBegun);
		let bond = T::DenounceBond::get().max(Self::run_reward(&task));
		T::Currency::hold(&HoldReason::Denouncement.into(), &reporter, bond)
			.map_err(|_| Error::<T>::InsufficientFunds)?;
		let now = frame_system::Pallet::<T>::block_number();
		task.audit.report = Some(Report { reporter: reporter.clone(), bond });
		task.audit.until = task.audit.until.max(now.saturating_add(T::AuditWindow::get()));
		Self::deposit_event(Event::TaskDenounced { task: id, reporter, bond, evidence });
		Self::open_audit(id, task, now);
		Ok(())
	}

	/// Gives a reporter's bond back, and returns who the reporter was.
	pub(crate) fn return_bond(task: &mut TaskOf<T>) -> Option<T::AccountId> {
		let Report { reporter, bond } = task.audit.report.take()?;
		Self::give_back(HoldReason::Denouncement, &reporter, bond);
		Some(reporter)
	}

	/// Takes a reporter's bond, if there is one.
	pub(crate) fn take_bond(id: TaskId, task: &mut TaskOf<T>) -> CreditOf<T> {
		let Some(Report { reporter, bond }) = task.audit.report.take() else { return CreditOf::<T>::zero() };
		let (credit, _) = T::Currency::slash(&HoldReason::Denouncement.into(), &reporter, bond);
		let amount = credit.peek();
		Self::deposit_event(Event::BondLost { reporter, task: id, amount });
		credit
	}
}
