//! The pallet as the rounds and other pallets see it.

use deepnode_primitives::{
	content::Payload,
	traits::{Rounds, Settled, SettledTasks, Tasks as TaskKeeper},
	verdict::{Audit, Verdict},
	TaskId,
};
use frame_support::{ensure, weights::Weight};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::{traits::Zero, DispatchError, DispatchResult};

use crate::{
	types::{AuditPhase, LongAnswers, Stage, TaskStatus},
	Config, Error, Pallet, Tasks,
};

impl<T: Config> TaskKeeper<T::AccountId> for Pallet<T> {
	fn all_committed(id: TaskId) -> DispatchResult {
		let mut task = Tasks::<T>::get(id).ok_or(Error::<T>::UnknownTask)?;
		let now = frame_system::Pallet::<T>::block_number();
		if task.is_sealed() {
			// Those who were expected still are its auditors.
			ensure!(task.audit.phase == AuditPhase::Assigned, Error::<T>::UnexpectedStatus);
			task.audit.phase = AuditPhase::Committed;
			Self::let_reveal(id, task, now);
			return Ok(());
		}
		ensure!(task.is_at(Stage::Assigned), Error::<T>::UnexpectedStatus);
		let first = task.is_first_wave();
		task.set_stage(Stage::Committed);
		if first {
			task.audit.phase = AuditPhase::Lottery;
			task.fixed_at = now;
			Self::schedule(id, task, Zero::zero());
		} else {
			Self::let_reveal(id, task, now);
		}
		Ok(())
	}

	fn disputed(id: TaskId) -> Result<bool, DispatchError> {
		let mut task = Tasks::<T>::get(id).ok_or(Error::<T>::UnknownTask)?;
		ensure!(task.is_at(Stage::Committed), Error::<T>::UnexpectedStatus);
		task.long_answers = LongAnswers::Differ;
		task.fixed_at = frame_system::Pallet::<T>::block_number();
		Self::schedule(id, task, Zero::zero());
		Ok(true)
	}

	fn judged(id: TaskId, verdict: Verdict<T::AccountId>) -> DispatchResult {
		let mut task = Tasks::<T>::get(id).ok_or(Error::<T>::UnknownTask)?;
		ensure!(task.status == TaskStatus::Committed, Error::<T>::UnexpectedStatus);
		task.long_answers = LongAnswers::Judged;
		match verdict {
			Verdict::Majority { outcome, winners, losers } => Self::decide(id, task, outcome, winners, losers),
			Verdict::Disagreed => Self::dispute(id, task),
		}
		Ok(())
	}

	fn audited(id: TaskId, audit: Audit<T::AccountId>) -> DispatchResult {
		let mut task = Tasks::<T>::get(id).ok_or(Error::<T>::UnknownTask)?;
		ensure!(task.is_decided() && task.is_at(Stage::Committed), Error::<T>::UnexpectedStatus);
		task.long_answers = LongAnswers::Judged;
		match audit {
			Audit::Confirmed { auditors, losers } => Self::confirm(id, task, auditors, losers),
			Audit::Overturned { outcome, auditors, losers } => Self::overturn(id, task, outcome, auditors, losers),
			Audit::Undecided => Self::contradict(id, task),
		}
		Ok(())
	}

	fn judged_weight() -> Weight {
		Self::judged_weight()
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_task(
		comparison: deepnode_primitives::comparison::Comparison,
	) -> (TaskId, alloc::vec::Vec<T::AccountId>) {
		crate::benchmarking::open_task::<T>(comparison)
	}
}

impl<T: Config> SettledTasks<T::AccountId, BlockNumberFor<T>> for Pallet<T> {
	fn settled(id: TaskId) -> Option<Settled<T::AccountId, BlockNumberFor<T>>> {
		let (task, settled_at, digest) = Self::settled_task(id)?;
		let (requester, model, items, fee, seal) = (task.requester, task.model, task.items, task.fee, task.seal);
		Some(Settled { requester, model, items, fee, seal, submitted_at: task.submitted_at, settled_at, digest })
	}

	fn output(id: TaskId) -> Option<Payload> {
		let (_, _, digest) = Self::settled_task(id)?;
		T::Rounds::answer(id, &digest)
	}
}
