//! What must hold after every block.

use alloc::collections::BTreeMap;
use deepnode_primitives::{sum_tree, Balance};
use frame_support::{
	ensure,
	traits::{fungible::InspectHold, Get},
};
use sp_runtime::TryRuntimeError;

use crate::{
	pool::Pool, types::TaskStatus, Agenda, Assignments, Config, HoldReason, Inputs, Outputs, Pallet, PoolMembers,
	PoolSizes, Tasks, Workers,
};

impl<T: Config> Pallet<T> {
	/// Checks that holds equal stakes, escrow and deposits, that every task has its one entry in the
	/// agenda, that workers' counts are their assignments, and that the pools' trees add up.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::try_state_holds()?;
		Self::try_state_tasks()?;
		Self::try_state_workers()
	}

	fn try_state_holds() -> Result<(), TryRuntimeError> {
		let mut held: BTreeMap<T::AccountId, (Balance, Balance)> = BTreeMap::new();
		for task in Tasks::<T>::iter_values() {
			let (fees, deposits) = held.entry(task.requester.clone()).or_default();
			if task.status.is_open() {
				*fees = fees.saturating_add(task.fee);
			}
			*deposits = deposits.saturating_add(task.deposit);
		}
		for (requester, (fees, deposits)) in held {
			let on_hold = |reason: HoldReason| T::Currency::balance_on_hold(&reason.into(), &requester);
			ensure!(on_hold(HoldReason::TaskFee) == fees, "the fees on hold are the open tasks' fees");
			ensure!(on_hold(HoldReason::TaskDeposit) == deposits, "the deposits on hold are the tasks'");
		}
		for (who, worker) in Workers::<T>::iter() {
			let stake = T::Currency::balance_on_hold(&HoldReason::WorkerStake.into(), &who);
			ensure!(stake == worker.stake, "the stake on hold is the worker's stake");
		}
		Ok(())
	}

	fn try_state_tasks() -> Result<(), TryRuntimeError> {
		let mut tasks = 0usize;
		for (id, task) in Tasks::<T>::iter() {
			tasks = tasks.saturating_add(1);
			ensure!(Agenda::<T>::contains_key(task.wake, id), "every task is on the agenda at its block");
			ensure!(Inputs::<T>::contains_key(id), "every task has its input");
			let settled = matches!(task.status, TaskStatus::Settled { .. });
			ensure!(Outputs::<T>::contains_key(id) == settled, "settled tasks alone have outputs");
			let served = matches!(task.status, TaskStatus::Assigned | TaskStatus::Committed);
			ensure!(served != task.workers.is_empty(), "tasks that are served have workers");
			for worker in &task.workers {
				ensure!(Assignments::<T>::contains_key(worker, id), "a task's workers are assigned to it");
			}
		}
		ensure!(Agenda::<T>::iter_keys().count() == tasks, "the agenda names tasks only, and each once");
		ensure!(Inputs::<T>::iter_keys().count() == tasks, "no input without its task");
		Ok(())
	}

	fn try_state_workers() -> Result<(), TryRuntimeError> {
		let mut seats = 0usize;
		for (who, worker) in Workers::<T>::iter() {
			let assigned = Assignments::<T>::iter_key_prefix(&who).count();
			seats = seats.saturating_add(assigned);
			ensure!(assigned == usize::from(worker.active), "a worker is as busy as it is assigned");
			for (model, leaf) in &worker.models {
				ensure!(PoolMembers::<T>::get(model, leaf).as_ref() == Some(&who), "leaves name their workers");
				let weight = sum_tree::Nodes::get(&Pool::<T>::of(*model), 0, *leaf);
				ensure!(weight == worker.weight(T::MinStake::get()), "a leaf weighs what its worker does");
			}
		}
		ensure!(Assignments::<T>::iter_keys().count() == seats, "only workers are assigned");
		for (model, size) in PoolSizes::<T>::iter() {
			let pool = Pool::<T>::of(model);
			let leaves = (0..size).map(|leaf| sum_tree::Nodes::get(&pool, 0, leaf));
			let sum = leaves.fold(0u128, u128::saturating_add);
			ensure!(sum_tree::total(&pool, size) == sum, "a pool's root is the sum of its leaves");
			ensure!(PoolMembers::<T>::iter_prefix(model).count() == size as usize, "a pool has its size");
		}
		Ok(())
	}
}
