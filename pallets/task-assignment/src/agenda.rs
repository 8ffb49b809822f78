//! Which task to look at when. Every task in storage has exactly one entry, at its `wake` block.

use deepnode_primitives::TaskId;
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
			let cost = task.as_ref().map_or(T::WeightInfo::wake_forget(), Self::wake_weight);
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
			(TaskStatus::Submitted, _) => T::WeightInfo::wake_draw(),
			(TaskStatus::Disputed, _) => Self::wake_dispute_weight(),
			(TaskStatus::Committed, AuditPhase::Lottery) => T::WeightInfo::wake_lottery(),
			(TaskStatus::Committed, AuditPhase::Chosen) => T::WeightInfo::wake_audit(),
			(TaskStatus::Committed, AuditPhase::Assigned) => T::WeightInfo::wake_replace(),
			(TaskStatus::Settled { .. }, AuditPhase::Waiting) => Self::wake_audit_weight(),
			_ if task.is_at(Stage::Assigned) => T::WeightInfo::wake_replace(),
			_ if task.is_at(Stage::Committed) => match task.long_answers {
				LongAnswers::Judged => T::WeightInfo::wake_withheld(),
				// To choose their chunks costs less than to judge them.
				LongAnswers::Differ | LongAnswers::Opening => Self::judged_weight(),
			},
			_ => T::WeightInfo::wake_forget(),
		}
	}

	/// More workers are drawn, or the answers that there are are judged, or everybody gives up.
	fn wake_dispute_weight() -> Weight {
		T::WeightInfo::wake_dispute().max(Self::judged_weight())
	}

	/// More auditors are drawn, or the answers that there are are judged.
	fn wake_audit_weight() -> Weight {
		T::WeightInfo::wake_audit().max(Self::judged_weight())
	}

	/// The most that it takes to do what follows from the last answer of a round.
	pub fn judged_weight() -> Weight {
		T::WeightInfo::decide().max(T::WeightInfo::give_up()).max(T::WeightInfo::overturn())
	}

	/// The least `AgendaWeight` with which every task gets looked at in the end.
	pub(crate) fn least_agenda_weight() -> Weight {
		T::WeightInfo::wake_draw()
			.max(Self::wake_dispute_weight())
			.max(Self::wake_audit_weight())
			.max(T::WeightInfo::wake_lottery())
			.max(T::WeightInfo::wake_replace())
			.max(T::WeightInfo::wake_withheld())
			.max(T::WeightInfo::wake_forget())
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
