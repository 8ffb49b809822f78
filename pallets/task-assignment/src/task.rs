//! A task's way from its submission to its end.

use alloc::vec::Vec;
use deepnode_primitives::{
	content::{Payload, MAX_INLINE_LEN},
	fees::part,
	task::{Assurance, Verdict},
	tensor::{read_bundle, BundleError, TensorSpecs},
	traits::{FeeSettlement, Lineage, Models, Rounds, Tasks as TaskKeeper},
	Balance, ModelId, TaskId,
};
use frame_support::{
	ensure,
	traits::{
		fungible::{
			hold::{Balanced as _, Mutate as _},
			Balanced as _,
		},
		tokens::Precision,
		Get, Imbalance, OnUnbalanced,
	},
};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::{
	traits::{One, Saturating, Zero},
	DispatchResult,
};

use crate::{
	pool::Pool,
	types::{CreditOf, Offence, RefundReason, Task, TaskOf, TaskStatus},
	Config, Error, Event, HoldReason, Inputs, NextTaskId, Outputs, Pallet, Tasks,
};

/// How many workers answer a task at first.
const fn seats(assurance: Assurance) -> Option<usize> {
	match assurance {
		Assurance::Pair => Some(2),
		Assurance::Single | Assurance::Panel => None,
	}
}

/// How many bytes of an input the chain keeps.
fn stored_bytes(input: &Payload) -> Balance {
	let lengths = match input {
		Payload::Inline(bytes) => bytes.len(),
		Payload::Reference(content) => content.uris.iter().map(|uri| uri.len()).fold(0, usize::saturating_add),
	};
	lengths as Balance
}

impl<T: Config> Pallet<T> {
	#[allow(clippy::too_many_arguments)]
	pub(crate) fn do_submit(
		requester: T::AccountId,
		model: ModelId,
		input: Payload,
		items: u32,
		assurance: Assurance,
		deadline: BlockNumberFor<T>,
		max_fee: Balance,
		seal: [u8; 32],
	) -> DispatchResult {
		let now = frame_system::Pallet::<T>::block_number();
		let terms = T::Models::terms(model).ok_or(Error::<T>::UnknownModel)?;
		ensure!(terms.active, Error::<T>::ModelRetired);
		ensure!(seats(assurance).is_some(), Error::<T>::UnsupportedAssurance);
		ensure!(items > 0, Error::<T>::NoItems);
		ensure!(items <= T::MaxItems::get(), Error::<T>::TooManyItems);
		Self::check_input(&terms.inputs, &input, items)?;
		let fee = terms.price.checked_mul(items.into()).ok_or(Error::<T>::FeeOverflow)?;
		ensure!(max_fee >= fee, Error::<T>::FeeBelowPrice);
		let drawn_at = now.saturating_add(One::one());
		ensure!(Self::fits_before(drawn_at, deadline), Error::<T>::DeadlineTooSoon);
		ensure!(deadline <= now.saturating_add(T::MaxDeadline::get()), Error::<T>::DeadlineTooFar);
		let deposit =
			T::DepositPerByte::get().saturating_mul(stored_bytes(&input)).saturating_add(T::DepositBase::get());
		T::Currency::hold(&HoldReason::TaskFee.into(), &requester, fee).map_err(|_| Error::<T>::InsufficientFunds)?;
		T::Currency::hold(&HoldReason::TaskDeposit.into(), &requester, deposit)
			.map_err(|_| Error::<T>::InsufficientFunds)?;
		T::Models::task_opened(model)?;

		let id = NextTaskId::<T>::mutate(|next| {
			let id = *next;
			*next = next.saturating_add(1);
			id
		});
		let task = Task {
			requester: requester.clone(),
			model,
			items,
			assurance,
			fee,
			deposit,
			deadline,
			seal,
			submitted_at: now,
			status: TaskStatus::Submitted,
			workers: Default::default(),
			excluded: Default::default(),
			failed_draws: 0,
			wake: Zero::zero(),
		};
		Inputs::<T>::insert(id, input);
		Self::schedule(id, task, drawn_at);
		Self::deposit_event(Event::TaskSubmitted { task: id, requester, model, items, fee });
		Ok(())
	}

	/// An input on chain must be what the model declares; one by reference must be worth fetching.
	fn check_input(specs: &TensorSpecs, input: &Payload, items: u32) -> Result<(), Error<T>> {
		match input {
			Payload::Inline(bytes) => match read_bundle(specs, bytes) {
				Ok((_, found)) if found == items => Ok(()),
				Ok(_) => Err(Error::ItemsMismatch),
				Err(BundleError::Truncated { .. } | BundleError::Trailing { .. }) => Err(Error::InputLength),
				Err(BundleError::ElementType { .. }) => Err(Error::InputType),
				Err(BundleError::Shape { .. } | BundleError::Batch { .. }) => Err(Error::InputShape),
			},
			Payload::Reference(content) => {
				let worthwhile = content.length > MAX_INLINE_LEN.into() && !content.uris.is_empty();
				worthwhile.then_some(()).ok_or(Error::InvalidReference)
			},
		}
	}

	/// Whether workers that are drawn at `start` have both windows before `deadline`.
	fn fits_before(start: BlockNumberFor<T>, deadline: BlockNumberFor<T>) -> bool {
		start.saturating_add(T::CommitWindow::get()).saturating_add(T::RevealWindow::get()) <= deadline
	}

	/// Looks at a task whose block has come.
	pub(crate) fn wake(id: TaskId, task: TaskOf<T>, now: BlockNumberFor<T>) {
		match task.status {
			TaskStatus::Submitted => Self::try_assign(id, task, now),
			TaskStatus::Assigned => Self::replace_absent(id, task, now),
			TaskStatus::Committed => Self::punish_withheld(id, task),
			TaskStatus::Settled { .. } | TaskStatus::Refunded { .. } => Self::forget(id, task),
		}
	}

	/// Draws a task's workers. Where too few are free it tries again, after 1, 2, 4, then every 8
	/// blocks, as long as the task can still make its deadline.
	fn try_assign(id: TaskId, mut task: TaskOf<T>, now: BlockNumberFor<T>) {
		let terms = T::Models::terms(task.model).filter(|_| Self::fits_before(now, task.deadline));
		let (Some(terms), Some(count)) = (terms, seats(task.assurance)) else {
			return Self::refund(id, task, RefundReason::Expired);
		};
		let drawn = Self::draw(id, &task, &terms.creator, count)
			.filter(|workers| T::Rounds::open(id, workers, terms.comparison).is_ok());
		let Some(drawn) = drawn else {
			let wait = 1u32.checked_shl(task.failed_draws.into()).unwrap_or(1);
			task.failed_draws = task.failed_draws.saturating_add(1).min(3);
			return Self::schedule(id, task, now.saturating_add(wait.into()));
		};
		drawn.iter().for_each(|worker| Self::occupy(id, worker));
		task.workers = drawn.clone().try_into().unwrap_or_default();
		task.failed_draws = 0;
		task.status = TaskStatus::Assigned;
		Self::schedule(id, task, now.saturating_add(T::CommitWindow::get()));
		Self::deposit_event(Event::TaskAssigned { task: id, workers: drawn });
	}

	fn draw(id: TaskId, task: &TaskOf<T>, creator: &T::AccountId, count: usize) -> Option<Vec<T::AccountId>> {
		let others = task.workers.iter().chain(&task.excluded);
		let barred: Vec<_> = others.chain([&task.requester, creator]).collect();
		Pool::<T>::of(task.model).draw(id, count, &barred, task.submitted_at)
	}

	/// The commit window is over and somebody has not committed: another takes its seat. Where nobody
	/// can, the task waits for workers again.
	fn replace_absent(id: TaskId, mut task: TaskOf<T>, now: BlockNumberFor<T>) {
		let absent: Vec<_> =
			T::Rounds::seats(id).into_iter().filter(|seat| !seat.committed).map(|seat| seat.worker).collect();
		for worker in &absent {
			T::Slashed::on_unbalanced(Self::slash(id, worker, Offence::MissedCommit));
			Self::relieve(id, worker);
		}
		task.workers.retain(|worker| !absent.contains(worker));
		let has_room = absent.iter().all(|worker| task.excluded.try_push(worker.clone()).is_ok());
		let replacements = T::Models::terms(task.model)
			.filter(|_| has_room && Self::fits_before(now, task.deadline))
			.and_then(|terms| Self::draw(id, &task, &terms.creator, absent.len()));
		let Some(replacements) = replacements else {
			return Self::requeue(id, task, has_room);
		};
		for (absent, replacement) in absent.into_iter().zip(replacements) {
			if T::Rounds::replace(id, &absent, &replacement).is_err()
				|| task.workers.try_push(replacement.clone()).is_err()
			{
				return Self::requeue(id, task, true);
			}
			Self::occupy(id, &replacement);
			Self::deposit_event(Event::WorkerReplaced { task: id, absent, replacement });
		}
		Self::schedule(id, task, now.saturating_add(T::CommitWindow::get()));
	}

	/// The reveal window is over and somebody has withheld its answer. It is slashed, and from that
	/// those who have revealed are paid what they would have earned. Their digests are known now, so
	/// nobody of this round may answer again: the task is drawn anew.
	fn punish_withheld(id: TaskId, mut task: TaskOf<T>) {
		let (revealed, withheld): (Vec<_>, Vec<_>) = T::Rounds::seats(id).into_iter().partition(|seat| seat.revealed);
		let mut slashed = CreditOf::<T>::zero();
		for seat in &withheld {
			slashed = slashed.merge(Self::slash(id, &seat.worker, Offence::MissedReveal));
		}
		let due = T::Fees::worker_reward(task.fee, task.workers.len() as u32);
		for seat in &revealed {
			let reward = slashed.extract(due);
			let amount = reward.peek();
			match T::Currency::resolve(&seat.worker, reward) {
				Ok(()) => {
					Self::deposit_event(Event::WorkerCompensated { worker: seat.worker.clone(), task: id, amount })
				},
				Err(reward) => slashed = slashed.merge(reward),
			}
		}
		T::Slashed::on_unbalanced(slashed);
		let has_room = task.workers.iter().all(|worker| task.excluded.try_push(worker.clone()).is_ok());
		Self::requeue(id, task, has_room);
	}

	/// Ends the round and lets the task wait for workers again, or refunds it where too many have
	/// failed it.
	fn requeue(id: TaskId, mut task: TaskOf<T>, again: bool) {
		T::Rounds::close(id);
		if !again {
			return Self::refund(id, task, RefundReason::Expired);
		}
		Self::dismiss(id, &mut task);
		task.status = TaskStatus::Submitted;
		Self::schedule(id, task, Zero::zero());
		Self::deposit_event(Event::TaskRequeued { task: id });
	}

	/// Relieves all workers of a task.
	fn dismiss(id: TaskId, task: &mut TaskOf<T>) -> Vec<T::AccountId> {
		let workers = core::mem::take(&mut task.workers).into_inner();
		workers.iter().for_each(|worker| Self::relieve(id, worker));
		workers
	}

	/// Takes `amount` of a task's fee out of escrow and gives the rest of the fee back. Returns what it
	/// took and how much the requester got.
	fn spend_escrow(task: &TaskOf<T>, amount: Balance) -> (CreditOf<T>, Balance) {
		let (credit, _) = T::Currency::slash(&HoldReason::TaskFee.into(), &task.requester, amount);
		let unspent = task.fee.saturating_sub(credit.peek());
		(credit, Self::give_back(HoldReason::TaskFee, &task.requester, unspent))
	}

	/// Ends a hold and returns how much its account got. An account without free balance cannot
	/// receive less than the existential deposit: what is so little is treated as slashed, so that
	/// no hold outlives its task.
	fn give_back(reason: HoldReason, who: &T::AccountId, amount: Balance) -> Balance {
		let reason = reason.into();
		T::Currency::release(&reason, who, amount, Precision::BestEffort).unwrap_or_else(|_| {
			let (dust, _) = T::Currency::slash(&reason, who, amount);
			T::Slashed::on_unbalanced(dust);
			0
		})
	}

	fn settle(id: TaskId, mut task: TaskOf<T>, digest: [u8; 32], output: Payload) {
		let winners = Self::dismiss(id, &mut task);
		let (fee, _) = Self::spend_escrow(&task, task.fee);
		let split = T::Fees::settle(id, fee, T::Models::lineage(task.model), &winners);
		Outputs::<T>::insert(id, output);
		Self::end(id, task, |at| TaskStatus::Settled { at, digest });
		Self::deposit_event(Event::TaskSettled { task: id, digest, winners, split });
	}

	fn refund(id: TaskId, mut task: TaskOf<T>, reason: RefundReason) {
		let workers = Self::dismiss(id, &mut task);
		let spent = match reason {
			RefundReason::Failed(_) => part(task.fee, T::FailedPart::get()),
			RefundReason::Expired | RefundReason::Disagreed => 0,
		};
		let (credit, amount) = Self::spend_escrow(&task, spent);
		if spent > 0 {
			let nobody = Lineage { owners: Vec::new(), royalties: Vec::new() };
			T::Fees::settle(id, credit, nobody, &workers);
		}
		Self::end(id, task, |at| TaskStatus::Refunded { at, reason });
		Self::deposit_event(Event::TaskRefunded { task: id, amount, reason });
	}

	/// Keeps an ended task until its audit window is over.
	fn end(id: TaskId, mut task: TaskOf<T>, status: impl FnOnce(BlockNumberFor<T>) -> TaskStatus<BlockNumberFor<T>>) {
		let now = frame_system::Pallet::<T>::block_number();
		T::Models::task_closed(task.model);
		task.status = status(now);
		Self::schedule(id, task, now.saturating_add(T::AuditWindow::get()));
	}

	/// Forgets an ended task and gives its deposit back.
	fn forget(id: TaskId, task: TaskOf<T>) {
		Self::give_back(HoldReason::TaskDeposit, &task.requester, task.deposit);
		Tasks::<T>::remove(id);
		Inputs::<T>::remove(id);
		Outputs::<T>::remove(id);
	}
}

impl<T: Config> TaskKeeper<T::AccountId> for Pallet<T> {
	fn all_committed(id: TaskId) -> DispatchResult {
		let mut task = Tasks::<T>::get(id).ok_or(Error::<T>::UnknownTask)?;
		ensure!(task.status == TaskStatus::Assigned, Error::<T>::UnexpectedStatus);
		task.status = TaskStatus::Committed;
		let now = frame_system::Pallet::<T>::block_number();
		Self::schedule(id, task, now.saturating_add(T::RevealWindow::get()));
		Self::deposit_event(Event::AnswersCommitted { task: id });
		Ok(())
	}

	fn judged(id: TaskId, verdict: Verdict) -> DispatchResult {
		let task = Tasks::<T>::get(id).ok_or(Error::<T>::UnknownTask)?;
		ensure!(task.status == TaskStatus::Committed, Error::<T>::UnexpectedStatus);
		match verdict {
			Verdict::Agreed { digest, output } => Self::settle(id, task, digest, output),
			Verdict::Failed(code) => Self::refund(id, task, RefundReason::Failed(code)),
			Verdict::Disagreed => Self::refund(id, task, RefundReason::Disagreed),
		}
		Ok(())
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_task(comparison: deepnode_primitives::comparison::Comparison) -> (TaskId, Vec<T::AccountId>) {
		crate::benchmarking::open_task::<T>(comparison)
	}
}
