//! Which task to look at when. Every task in storage has exactly one entry, at its `wake` block.

use deepnode_primitives::{
	traits::{Models, Observer, Rounds},
	TaskId,
};
use frame_support::{
	traits::Get,
	weights::{Weight, WeightMeter},
};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::traits::{One, Saturating};

use crate::{
	types::{AuditPhase, LongAnswers, Stage, TaskOf, TaskStatus},
	Agenda, AgendaCursor, Config, Pallet, Tasks, WeightInfo,
};

impl<T: Config> Pallet<T> {
	/// Looks at the tasks whose block has come, the oldest blocks first, and then tells the pools whose
	/// weight has changed, within `AgendaWeight`. What does not fit waits for the next block; at least one
	/// worker's weight always fits.
	pub(crate) fn work_agenda(now: BlockNumberFor<T>) -> Weight {
		let mut meter = WeightMeter::with_limit(T::AgendaWeight::get().saturating_sub(T::WeightInfo::refresh_weight()));
		let mut block = AgendaCursor::<T>::get();
		while block <= now && meter.try_consume(T::WeightInfo::agenda_block()).is_ok() {
			if !Self::work_agenda_block(block, now, &mut meter) {
				break;
			}
			block = block.saturating_add(One::one());
		}
		AgendaCursor::<T>::put(block);
		let spent = meter.consumed();
		let mut meter = WeightMeter::with_limit(T::AgendaWeight::get().saturating_sub(spent));
		Self::refresh_weights(&mut meter);
		spent.saturating_add(meter.consumed())
	}

	/// Looks at the tasks of one block of the agenda. Returns whether that was all of them.
	///
	/// Waking a task never adds to a block that has come, so one pass over the keys sees each of them
	/// even though their entries are removed on the way.
	pub(crate) fn work_agenda_block(block: BlockNumberFor<T>, now: BlockNumberFor<T>, meter: &mut WeightMeter) -> bool {
		for id in Agenda::<T>::iter_key_prefix(block) {
			let task = Tasks::<T>::get(id);
			let cost = task.as_ref().map_or_else(Self::wake_forget_weight, Self::wake_weight);
			if meter.try_consume(cost).is_err() {
				return false;
			}
			Agenda::<T>::remove(block, id);
			if let Some(task) = task {
				Self::wake(id, task, now);
			}
		}
		true
	}

	/// The most that it takes to look at a task that stands there.
	fn wake_weight(task: &TaskOf<T>) -> Weight {
		match (&task.status, task.audit.phase) {
			(TaskStatus::Submitted, _) => Self::wake_draw_weight(),
			(TaskStatus::Disputed, _) => Self::wake_dispute_weight(),
			(TaskStatus::Committed, AuditPhase::Lottery) => T::WeightInfo::wake_lottery(),
			(TaskStatus::Committed, AuditPhase::Chosen) => T::WeightInfo::wake_audit(),
			(TaskStatus::Committed, AuditPhase::Assigned) => Self::wake_replace_weight(),
			(status, AuditPhase::Waiting) if status.is_decided() => Self::wake_audit_weight(),
			_ if task.is_at(Stage::Assigned) => Self::wake_replace_weight(),
			_ if task.is_at(Stage::Committed) => match task.long_answers {
				LongAnswers::Judged => Self::wake_withheld_weight(),
				LongAnswers::Differ => T::Rounds::challenge_weight().max(Self::verdict_weight()),
				LongAnswers::Opening => Self::verdict_weight(),
			},
			_ => Self::wake_forget_weight(),
		}
	}

	/// Workers are drawn, or the requester has its money back.
	fn wake_draw_weight() -> Weight {
		T::WeightInfo::wake_draw().max(Self::give_up_weight())
	}

	/// More workers are drawn, or the answers that there are are judged, or everybody gives up.
	fn wake_dispute_weight() -> Weight {
		T::WeightInfo::wake_dispute().max(Self::verdict_weight())
	}

	/// More auditors are drawn, or the answers that there are are judged.
	fn wake_audit_weight() -> Weight {
		T::WeightInfo::wake_audit().max(Self::verdict_weight())
	}

	/// Those who are absent are replaced. Where they cannot be, the task goes on without them or ends, at no more
	/// than it costs where they have withheld.
	fn wake_replace_weight() -> Weight {
		T::WeightInfo::wake_replace().max(T::WeightInfo::wake_withheld().saturating_add(Self::end_weight()))
	}

	/// Those who withhold are slashed, and the task waits for others, or ends, or is judged without an auditor.
	fn wake_withheld_weight() -> Weight {
		T::WeightInfo::wake_withheld().saturating_add(Self::end_weight().max(Self::verdict_weight()))
	}

	fn wake_forget_weight() -> Weight {
		T::WeightInfo::wake_forget().saturating_add(Self::end_weight())
	}

	/// The answers that there are are compared, and what follows from them is done.
	fn verdict_weight() -> Weight {
		T::Rounds::judge_weight().saturating_add(Self::judged_weight())
	}

	/// The most that it takes to do what follows from the last answer of a round.
	pub(crate) fn judged_weight() -> Weight {
		let paid = T::WeightInfo::decide().max(T::WeightInfo::overturn());
		paid.saturating_add(T::Observer::weight()).max(Self::give_up_weight())
	}

	/// A task ends without an answer.
	fn give_up_weight() -> Weight {
		T::WeightInfo::give_up().saturating_add(T::Observer::weight()).saturating_add(Self::end_weight())
	}

	/// What others do when a task is over: its answers are forgotten, and its model may be, with its lineage.
	fn end_weight() -> Weight {
		T::Rounds::close_weight().saturating_add(T::Models::task_closed_weight())
	}

	/// The least `AgendaWeight` with which every task gets looked at in the end.
	pub(crate) fn least_agenda_weight() -> Weight {
		Self::wake_draw_weight()
			.max(Self::wake_dispute_weight())
			.max(Self::wake_audit_weight())
			.max(T::WeightInfo::wake_lottery())
			.max(Self::wake_replace_weight())
			.max(Self::wake_withheld_weight())
			.max(T::Rounds::challenge_weight())
			.max(Self::wake_forget_weight())
			.saturating_add(T::WeightInfo::agenda_block())
			.saturating_add(T::WeightInfo::refresh_weight())
	}

	/// Moves a task's entry to `wake`, at the earliest the next block, and stores the task.
	pub(crate) fn schedule(id: TaskId, mut task: TaskOf<T>, wake: BlockNumberFor<T>) {
		Agenda::<T>::remove(task.wake, id);
		let next = frame_system::Pallet::<T>::block_number().saturating_add(One::one());
		task.wake = wake.max(next);
		Agenda::<T>::insert(task.wake, id, ());
		Tasks::<T>::insert(id, task);
	}
}
