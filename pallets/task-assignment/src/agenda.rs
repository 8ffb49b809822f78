//! Which task to look at when. Every task in storage has exactly one entry, at its `wake` block.

use deepnode_primitives::TaskId;
use frame_support::{
	traits::Get,
	weights::{Weight, WeightMeter},
};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::traits::{One, Saturating};

use crate::{
	types::{TaskOf, TaskStatus},
	Agenda, AgendaCursor, Config, Pallet, Tasks, WeightInfo,
};

impl<T: Config> Pallet<T> {
	/// Looks at the tasks whose block has come, the oldest blocks first, within `AgendaWeight`. What
	/// does not fit waits for the next block.
	pub(crate) fn work_agenda(now: BlockNumberFor<T>) -> Weight {
		let mut meter = WeightMeter::with_limit(T::AgendaWeight::get());
		let mut block = AgendaCursor::<T>::get();
		while block <= now && meter.try_consume(T::WeightInfo::agenda_block()).is_ok() {
			if !Self::work_agenda_block(block, now, &mut meter) {
				break;
			}
			block = block.saturating_add(One::one());
		}
		AgendaCursor::<T>::put(block);
		meter.consumed()
	}

	/// Looks at the tasks of one block of the agenda. Returns whether that was all of them.
	///
	/// Waking a task never adds to a block that has come, so one pass over the keys sees each of them
	/// even though their entries are removed on the way.
	pub(crate) fn work_agenda_block(block: BlockNumberFor<T>, now: BlockNumberFor<T>, meter: &mut WeightMeter) -> bool {
		for id in Agenda::<T>::iter_key_prefix(block) {
			let task = Tasks::<T>::get(id);
			let cost = task.as_ref().map_or(T::WeightInfo::wake_forget(), |task| Self::wake_weight(&task.status));
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
	fn wake_weight(status: &TaskStatus<BlockNumberFor<T>>) -> Weight {
		match status {
			TaskStatus::Submitted => T::WeightInfo::wake_draw(),
			TaskStatus::Assigned => T::WeightInfo::wake_replace(),
			TaskStatus::Committed => T::WeightInfo::wake_withheld(),
			TaskStatus::Settled { .. } | TaskStatus::Refunded { .. } => T::WeightInfo::wake_forget(),
		}
	}

	/// The least `AgendaWeight` with which every task gets looked at in the end.
	pub(crate) fn least_agenda_weight() -> Weight {
		T::WeightInfo::wake_draw()
			.max(T::WeightInfo::wake_replace())
			.max(T::WeightInfo::wake_withheld())
			.max(T::WeightInfo::wake_forget())
			.saturating_add(T::WeightInfo::agenda_block())
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
