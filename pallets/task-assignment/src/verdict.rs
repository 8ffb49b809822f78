//! What follows from the workers' answers: settlement, dispute, refund; and the end.

use alloc::vec::Vec;
use deepnode_primitives::{
	bridge::Judgement,
	content::Digest,
	fees::{part, Split},
	task::{escalation, ErrorCode},
	traits::{FeeSettlement, Issued, Lineage, Models, Observer, Receipts, Rounds, Settlement},
	verdict::Outcome,
	Balance, TaskId,
};
use deepnode_scoring::fidelity::Mark;
use frame_support::{
	defensive,
	traits::{Get, Imbalance, OnUnbalanced},
};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::traits::{One, Saturating, Zero};

use crate::{
	types::{AuditPhase, CreditOf, Offence, RefundReason, TaskOf, TaskStatus},
	Config, Event, HoldReason, Inputs, Pallet, Tasks,
};

/// For how many waves' time a dispute looks for more workers, from each verdict without a majority.
const PATIENCE: u32 = 3;

impl<T: Config> Pallet<T> {
	/// A majority agrees: it is paid, and who answered otherwise pays for the extra runs.
	pub(crate) fn decide(
		id: TaskId,
		mut task: TaskOf<T>,
		outcome: Outcome,
		winners: Vec<T::AccountId>,
		losers: Vec<T::AccountId>,
	) {
		task.workers.iter().for_each(|worker| Self::relieve(id, worker));
		task.workers.retain(|worker| winners.contains(worker));
		let mut slashed = CreditOf::<T>::zero();
		for loser in &losers {
			let lost = Self::punish(id, &task, loser, Offence::WrongAnswer);
			// A task has no more losers than workers.
			let _ = task.losers.try_push((loser.clone(), lost.peek()));
			slashed.subsume(lost);
		}
		winners.iter().for_each(|winner| Self::mark(winner, Mark::For));
		match outcome {
			Outcome::Outputs(digest) => Self::settle(id, task, digest, winners, losers, slashed),
			Outcome::Failed(code) => Self::fail(id, task, code, winners, slashed),
		}
	}

	/// Pays each winner what its part of the fee lacks of a run's reward, out of the losers' slash. What is
	/// left of that compensates nobody.
	fn top_up(id: TaskId, task: &TaskOf<T>, winners: &[T::AccountId], per_worker: Balance, mut slashed: CreditOf<T>) {
		let lacking = Self::run_reward(task).saturating_sub(per_worker);
		Self::compensate(id, &mut slashed, winners, lacking);
		T::Slashed::on_unbalanced(slashed);
	}

	fn settle(
		id: TaskId,
		mut task: TaskOf<T>,
		digest: Digest,
		winners: Vec<T::AccountId>,
		losers: Vec<T::AccountId>,
		slashed: CreditOf<T>,
	) {
		let now = frame_system::Pallet::<T>::block_number();
		let (fee, audit) = Self::take_escrow(&task);
		Self::endow_audit_fund(audit);
		let split = T::Fees::settle(id, fee, T::Models::lineage(task.model), &winners);
		Self::top_up(id, &task, &winners, split.per_worker, slashed);
		T::Observer::settled(Settlement {
			task: id,
			model: task.model,
			requester: &task.requester,
			items: task.items,
			fee: task.fee,
			split: &split,
			winners: &winners,
		});
		Self::leave_receipt(id, &task, Judgement::Settled, digest, task.fee, &split);
		task.status = TaskStatus::Settled { at: now, digest };
		task.audit.until = now.saturating_add(T::AuditWindow::get());
		if task.audit.phase == AuditPhase::Waiting {
			Self::open_audit(id, task, now);
		} else {
			// Where an auditor has answered with the workers it is heard in this block.
			let until = task.audit.until;
			Self::schedule(id, task, until);
		}
		Self::deposit_event(Event::TaskSettled { task: id, digest, winners, losers, split });
	}

	/// Leaves a receipt of a task whose workers are those that agree on the settled answer.
	pub(crate) fn leave_receipt(
		id: TaskId,
		task: &TaskOf<T>,
		verdict: Judgement,
		output: Digest,
		fee: Balance,
		split: &Split,
	) {
		let (Some(manifest), Some(input)) = (T::Models::manifest(task.model), Inputs::<T>::get(id)) else {
			defensive!("a task is forgotten before its model and its input are");
			return;
		};
		T::Receipts::issue(Issued {
			task: id,
			model: task.model,
			items: task.items,
			verdict,
			requester: &task.requester,
			manifest,
			input: input.digest(),
			output,
			workers: &task.workers,
			fee,
			split,
		});
	}

	/// A majority agrees that there is no answer: all but a fixed part of the fee goes back.
	fn fail(id: TaskId, mut task: TaskOf<T>, code: ErrorCode, winners: Vec<T::AccountId>, slashed: CreditOf<T>) {
		let (spent, amount) = Self::spend_escrow(&task, part(task.fee, T::FailedPart::get()));
		let split = T::Fees::settle(id, spent, Lineage::nobody(), &winners);
		Self::top_up(id, &task, &winners, split.per_worker, slashed);
		winners.iter().for_each(|winner| Self::discharge(&task, winner));
		task.workers = Default::default();
		Self::pay_off_auditors(id, &mut task);
		Self::end(id, task, amount, RefundReason::Failed(code));
	}

	/// The answers so far have no majority. A dispute needs time, whatever the deadline: it moves that.
	pub(crate) fn dispute(id: TaskId, mut task: TaskOf<T>) {
		task.judged = task.workers.len() as u8;
		if escalation(task.judged.into()).is_none() {
			return Self::give_up(id, task);
		}
		let now = frame_system::Pallet::<T>::block_number();
		let patience = Self::both_windows().saturating_mul(PATIENCE.into()).saturating_add(One::one());
		task.deadline = task.deadline.max(now.saturating_add(patience));
		task.fixed_at = now;
		task.status = TaskStatus::Disputed;
		Self::schedule(id, task, Zero::zero());
		Self::deposit_event(Event::TaskDisputed { task: id });
	}

	/// Asks more workers. Where the last wave has brought answers but not all of them, those are judged
	/// first.
	pub(crate) fn escalate(id: TaskId, mut task: TaskOf<T>, now: BlockNumberFor<T>) {
		let answers = task.workers.len() as u32;
		if answers > task.judged.into() {
			return Self::judge_what_there_is(id, task);
		}
		let in_time = Self::fits_before(now, task.deadline) && T::Models::terms(task.model).is_some();
		let more = escalation(answers)
			.and_then(|goal| goal.checked_sub(answers))
			.filter(|_| in_time && !task.excluded.is_full());
		let Some(more) = more else {
			return Self::give_up(id, task);
		};
		let Some(workers) = Self::ask_more(id, &mut task, more as usize) else {
			return Self::try_again_later(id, task, now);
		};
		Self::start_wave(id, task, now);
		Self::deposit_event(Event::TaskAssigned { task: id, workers });
	}

	/// No majority agrees, and nobody more can be asked. Nobody knows who was right: the requester has all
	/// of its money back and something besides, out of what everybody who answered loses.
	fn give_up(id: TaskId, mut task: TaskOf<T>) {
		let mut slashed = CreditOf::<T>::zero();
		for worker in core::mem::take(&mut task.workers) {
			Self::relieve(id, &worker);
			slashed.subsume(Self::punish(id, &task, &worker, Offence::NoMajority));
		}
		Self::dismiss_auditors(id, &mut task);
		let (_, amount) = Self::spend_escrow(&task, 0);
		Self::compensate_requester(id, &task, &mut slashed, part(task.fee, T::CompensationPart::get()));
		T::Slashed::on_unbalanced(slashed);
		T::Observer::undecided(id, task.model);
		Self::end(id, task, amount, RefundReason::Disagreed);
	}

	/// Gives the requester all of its money back.
	pub(crate) fn refund(id: TaskId, mut task: TaskOf<T>, reason: RefundReason) {
		Self::dismiss(id, &mut task);
		let (_, amount) = Self::spend_escrow(&task, 0);
		Self::end(id, task, amount, reason);
	}

	/// Ends a refunded task, which nobody answers for any more, and keeps its entry for a while.
	fn end(id: TaskId, mut task: TaskOf<T>, amount: Balance, reason: RefundReason) {
		let now = frame_system::Pallet::<T>::block_number();
		T::Rounds::close(id);
		T::Models::task_closed(task.model);
		task.status = TaskStatus::Refunded { at: now, reason };
		Self::schedule(id, task, now.saturating_add(T::AuditWindow::get()));
		Self::deposit_event(Event::TaskRefunded { task: id, amount, reason });
	}

	/// Forgets an ended task and gives its deposit back. Who answered for it does so no more.
	pub(crate) fn forget(id: TaskId, task: TaskOf<T>) {
		task.liable().for_each(|who| Self::discharge(&task, who));
		if !matches!(task.status, TaskStatus::Refunded { .. }) {
			// An auditor needed the model until now.
			T::Rounds::close(id);
			T::Models::task_closed(task.model);
		}
		Self::give_back(HoldReason::TaskDeposit, &task.requester, task.deposit);
		Tasks::<T>::remove(id);
		Inputs::<T>::remove(id);
	}
}
