//! What must hold after every block.

use alloc::collections::BTreeMap;
use deepnode_primitives::{sum_tree, traits::Models, Balance};
use frame_support::{
	ensure,
	traits::{
		fungible::{Inspect, InspectHold},
		Get,
	},
};
use sp_runtime::TryRuntimeError;

use crate::{
	pool::Pool,
	types::{AuditPhase, TaskStatus},
	Agenda, Assignments, Config, HoldReason, Inputs, Pallet, PoolMembers, PoolSizes, StaleWeights, Tasks, Workers,
};

impl<T: Config> Pallet<T> {
	/// Checks that holds equal stakes, escrow, deposits, bonds and rewards, that every task has its one entry
	/// in the agenda and an audit only where it may be, that workers' counts are their assignments and
	/// their liable stake is their tasks' bounds, and that the pools' trees add up.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::try_state_holds()?;
		Self::try_state_tasks()?;
		Self::try_state_workers()
	}

	fn try_state_holds() -> Result<(), TryRuntimeError> {
		let mut held: BTreeMap<T::AccountId, (Balance, Balance, Balance)> = BTreeMap::new();
		let mut reserved: Balance = 0;
		for task in Tasks::<T>::iter_values() {
			let (fees, deposits, _) = held.entry(task.requester.clone()).or_default();
			if task.status.is_open() {
				*fees = fees.saturating_add(task.fee).saturating_add(task.audit_fee);
			}
			*deposits = deposits.saturating_add(task.deposit);
			reserved = reserved.saturating_add(task.audit.reserved);
			if let Some(report) = task.audit.report {
				let (_, _, bonds) = held.entry(report.reporter).or_default();
				*bonds = bonds.saturating_add(report.bond);
			}
		}
		let on_hold = |reason: HoldReason, who: &T::AccountId| T::Currency::balance_on_hold(&reason.into(), who);
		for (who, (fees, deposits, bonds)) in &held {
			ensure!(on_hold(HoldReason::TaskFee, who) == *fees, "the fees on hold are the open tasks' fees");
			ensure!(on_hold(HoldReason::TaskDeposit, who) == *deposits, "the deposits on hold are the tasks'");
			ensure!(on_hold(HoldReason::Denouncement, who) == *bonds, "the bonds on hold are the open reports'");
		}
		for (who, worker) in Workers::<T>::iter() {
			ensure!(on_hold(HoldReason::WorkerStake, &who) == worker.stake, "the stake on hold is the worker's");
		}
		let fund = Self::fund_account();
		ensure!(on_hold(HoldReason::AuditReward, &fund) == reserved, "what is set aside is the audits'");
		ensure!(T::Currency::balance(&fund) >= T::Currency::minimum_balance(), "the audit fund stays alive");
		Ok(())
	}

	fn try_state_tasks() -> Result<(), TryRuntimeError> {
		let mut tasks = 0usize;
		for (id, task) in Tasks::<T>::iter() {
			tasks = tasks.saturating_add(1);
			ensure!(Agenda::<T>::contains_key(task.wake, id), "every task is on the agenda at its block");
			ensure!(Inputs::<T>::contains_key(id), "every task has its input");
			let audit = &task.audit;
			use AuditPhase::*;
			let first = task.is_first_wave();
			let (phase_fits, served) = match task.status {
				_ if task.is_decided() => (!matches!(audit.phase, None | Lottery | Chosen | Overturned), true),
				TaskStatus::Submitted | TaskStatus::Refunded { .. } => (audit.phase == None, false),
				TaskStatus::Assigned if first => (audit.phase == None, true),
				TaskStatus::Committed if first => {
					(!matches!(audit.phase, None | Confirmed | Undecided | Lapsed | Overturned), true)
				},
				TaskStatus::Assigned | TaskStatus::Committed | TaskStatus::Disputed => {
					(matches!(audit.phase, Spared | Waiting | Committed), true)
				},
				TaskStatus::Settled { .. } | TaskStatus::Overturned { .. } => (audit.phase == Overturned, false),
			};
			ensure!(phase_fits, "a task's audit stands where the task allows");
			ensure!(
				!task.status.is_open() || audit.auditors.is_empty() || matches!(audit.phase, Assigned | Committed),
				"before the settlement an auditor is one that was asked with the sealed workers",
			);
			ensure!(!served || !task.workers.is_empty(), "tasks that are served or decided have workers");
			ensure!(
				audit.phase.is_open() || (audit.reserved == 0 && audit.report.is_none()),
				"an audit that is over has nothing on hold",
			);
			for worker in task.busy() {
				ensure!(Assignments::<T>::contains_key(worker, id), "who serves or audits a task is assigned to it");
			}
		}
		ensure!(Agenda::<T>::iter_keys().count() == tasks, "the agenda names tasks only, and each once");
		ensure!(Inputs::<T>::iter_keys().count() == tasks, "no input without its task");
		Ok(())
	}

	fn try_state_workers() -> Result<(), TryRuntimeError> {
		let mut liable: BTreeMap<T::AccountId, Balance> = BTreeMap::new();
		let mut busy = 0usize;
		for task in Tasks::<T>::iter_values() {
			busy = busy.saturating_add(task.busy().count());
			for who in task.liable() {
				let of = liable.entry(who.clone()).or_default();
				*of = of.saturating_add(task.bound);
			}
		}
		let mut seats = 0usize;
		for (who, worker) in Workers::<T>::iter() {
			ensure!(liable.remove(&who).unwrap_or(0) == worker.liable, "a worker is liable for its tasks");
			let assigned = Assignments::<T>::iter_key_prefix(&who).count();
			seats = seats.saturating_add(assigned);
			ensure!(assigned == usize::from(worker.active), "a worker is as busy as it is assigned");
			for (model, leaf) in &worker.models {
				let private = T::Models::terms(*model).is_some_and(|terms| terms.private);
				ensure!(worker.private || !private, "a private model's workers answer encrypted inputs");
				ensure!(PoolMembers::<T>::get(model, leaf).as_ref() == Some(&who), "leaves name their workers");
				let weight = sum_tree::Nodes::get(&Pool::<T>::of(*model), 0, *leaf);
				let known = weight == worker.weight(T::MinStake::get()) || StaleWeights::<T>::contains_key(&who);
				ensure!(known, "a leaf weighs what its worker does");
			}
		}
		ensure!(Assignments::<T>::iter_keys().count() == seats, "only workers are assigned");
		ensure!(seats == busy, "nobody is assigned to a task that it does not serve");
		ensure!(liable.values().all(|bound| *bound == 0), "who answers for a task is a worker");
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
