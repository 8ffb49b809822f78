//! Those who are asked together: how they are drawn, and what becomes of a wave in which somebody is absent.

use alloc::vec::Vec;
use codec::Encode;
use deepnode_primitives::{
	traits::{Models, Rounds},
	TaskId,
};
use frame_support::{
	traits::{Get, Imbalance, OnUnbalanced, Randomness},
	Blake2_256, StorageHasher,
};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::traits::{One, Saturating, Zero};

use crate::{
	pool::{Pool, Wanted},
	types::{AuditPhase, CreditOf, LongAnswers, Offence, RefundReason, Stage, TaskOf, TaskStatus},
	Config, Event, Pallet,
};

impl<T: Config> Pallet<T> {
	/// Looks at a task whose block has come.
	pub(crate) fn wake(id: TaskId, task: TaskOf<T>, now: BlockNumberFor<T>) {
		match (&task.status, task.audit.phase) {
			(TaskStatus::Submitted, _) => Self::try_assign(id, task, now),
			(TaskStatus::Disputed, _) => Self::escalate(id, task, now),
			(TaskStatus::Committed, AuditPhase::Lottery) => Self::draw_lots(id, task, now),
			(TaskStatus::Committed, AuditPhase::Chosen) => Self::find_first_auditor(id, task, now),
			(TaskStatus::Committed, AuditPhase::Assigned) => Self::go_on_unaudited(id, task, now),
			(status, AuditPhase::Waiting) if status.is_decided() => Self::find_auditors(id, task, now),
			_ if task.is_at(Stage::Assigned) => Self::punish_absent(id, task, now),
			_ if task.is_at(Stage::Committed) => match task.long_answers {
				LongAnswers::Judged => Self::punish_withheld(id, task, now),
				LongAnswers::Differ => Self::choose_chunks(id, task, now),
				LongAnswers::Opening => Self::judge_what_there_is(id, task),
			},
			_ => Self::forget(id, task),
		}
	}

	/// Whether workers that are drawn at `start` have both windows before `deadline`.
	pub(crate) fn fits_before(start: BlockNumberFor<T>, deadline: BlockNumberFor<T>) -> bool {
		start.saturating_add(Self::both_windows()) <= deadline
	}

	/// How long a wave has: both windows, and the block between them in which the first wave's lottery is drawn.
	pub(crate) fn both_windows() -> BlockNumberFor<T> {
		T::CommitWindow::get().saturating_add(One::one()).saturating_add(T::RevealWindow::get())
	}

	/// Draws a task's first workers. Where too few are free it tries again as long as the task can still
	/// make its deadline.
	fn try_assign(id: TaskId, mut task: TaskOf<T>, now: BlockNumberFor<T>) {
		let terms = T::Models::terms(task.model).filter(|_| Self::fits_before(now, task.deadline));
		let Some(terms) = terms else {
			return Self::refund(id, task, RefundReason::Expired);
		};
		let drawn = Self::draw(id, &task, task.assurance.seats() as usize)
			.filter(|workers| T::Rounds::open(id, workers, terms.comparison).is_ok());
		let Some(workers) = drawn else {
			return Self::try_again_later(id, task, now);
		};
		Self::take_seats(id, &mut task, &workers);
		Self::start_wave(id, task, now);
		Self::deposit_event(Event::TaskAssigned { task: id, workers });
	}

	/// Asks so many more workers or auditors, who join the task's round. Nobody, where too few are found.
	pub(crate) fn ask_more(id: TaskId, task: &mut TaskOf<T>, count: usize) -> Option<Vec<T::AccountId>> {
		let drawn = Self::draw(id, task, count).filter(|more| T::Rounds::extend(id, more).is_ok())?;
		Self::take_seats(id, task, &drawn);
		Some(drawn)
	}

	fn draw(id: TaskId, task: &TaskOf<T>, count: usize) -> Option<Vec<T::AccountId>> {
		let creator = T::Models::terms(task.model)?.creator;
		Pool::<T>::of(task.model).draw(&Wanted::of(id, task, &creator, count))
	}

	/// Those who have a seat in the round now are busy with the task, and answer for it.
	fn take_seats(id: TaskId, task: &mut TaskOf<T>, drawn: &[T::AccountId]) {
		if !task.asks_auditors() {
			Self::introduce(&task.workers, drawn);
		}
		// A round has no more seats than the task has room for.
		let seated = task.seat(drawn);
		debug_assert!(seated, "a task has room for its round");
		drawn.iter().for_each(|who| Self::occupy(id, task, who));
	}

	/// Those who were drawn have their window to commit.
	pub(crate) fn start_wave(id: TaskId, mut task: TaskOf<T>, now: BlockNumberFor<T>) {
		task.failed_draws = 0;
		task.set_stage(Stage::Assigned);
		Self::schedule(id, task, now.saturating_add(T::CommitWindow::get()));
	}

	/// Everybody who was asked has committed, and has a window to reveal.
	pub(crate) fn let_reveal(id: TaskId, task: TaskOf<T>, now: BlockNumberFor<T>) {
		let unsealed = T::Rounds::unseal(id);
		debug_assert!(unsealed.is_ok(), "who has committed has a round: {unsealed:?}");
		Self::schedule(id, task, now.saturating_add(T::RevealWindow::get()));
		Self::deposit_event(Event::AnswersCommitted { task: id });
	}

	/// Looks at a task again after 1, 2, 4, then every 8 blocks, and when its audit's time is over.
	pub(crate) fn try_again_later(id: TaskId, mut task: TaskOf<T>, now: BlockNumberFor<T>) {
		let wait = 1u32.checked_shl(task.failed_draws.into()).unwrap_or(1);
		task.failed_draws = task.failed_draws.saturating_add(1).min(3);
		let again = now.saturating_add(wait.into());
		let wake = if task.is_decided() { again.min(task.audit.until) } else { again };
		Self::schedule(id, task, wake);
	}

	/// The commit window is over and somebody has not committed: another takes its seat. Where nobody can,
	/// the first wave ends, and a later one goes on without.
	fn punish_absent(id: TaskId, mut task: TaskOf<T>, now: BlockNumberFor<T>) {
		let absent: Vec<_> =
			T::Rounds::seats(id).into_iter().filter(|seat| !seat.committed).map(|seat| seat.worker).collect();
		let (slashed, has_room) = Self::expel(id, &mut task, &absent, Offence::MissedCommit);
		T::Slashed::on_unbalanced(slashed);
		let in_time = if task.is_decided() { now < task.audit.until } else { Self::fits_before(now, task.deadline) };
		if has_room && in_time && Self::replace(id, &mut task, &absent) {
			Self::schedule(id, task, now.saturating_add(T::CommitWindow::get()));
		} else if task.is_first_wave() {
			Self::requeue(id, task, has_room);
		} else {
			Self::go_on_without(id, task, &absent, now);
		}
	}

	/// The reveal window is over and somebody has withheld its answer.
	///
	/// Whoever withholds in the first wave may have seen that its lie is to be audited. Where the auditor has answered
	/// the audit takes place all the same: the workers who have revealed are judged, and it is heard. Without it
	/// those who have revealed are paid what they would have earned, out of the slash. Their digests are known now, so
	/// nobody of this round may answer again: the task is drawn anew. Where it is the auditor alone that has withheld, the
	/// workers are judged without. Later the answers so far were public before, and another is drawn for the seat.
	fn punish_withheld(id: TaskId, mut task: TaskOf<T>, now: BlockNumberFor<T>) {
		let (revealed, withheld): (Vec<_>, Vec<_>) = T::Rounds::seats(id).into_iter().partition(|seat| seat.revealed);
		let withheld: Vec<_> = withheld.into_iter().map(|seat| seat.worker).collect();
		let (mut slashed, has_room) = Self::expel(id, &mut task, &withheld, Offence::MissedReveal);
		if !task.is_first_wave() {
			T::Slashed::on_unbalanced(slashed);
			return Self::go_on_without(id, task, &withheld, now);
		}
		if task.workers.len() as u32 == task.assurance.seats() {
			T::Slashed::on_unbalanced(slashed);
			return Self::go_on_unheard(id, task, &withheld);
		}
		if !task.workers.is_empty() && !task.audit.auditors.is_empty() {
			T::Slashed::on_unbalanced(slashed);
			Self::vacate(id, &withheld);
			return Self::judge_what_there_is(id, task);
		}
		let revealed: Vec<_> = revealed.into_iter().map(|seat| seat.worker).collect();
		Self::compensate(id, &mut slashed, &revealed, Self::run_reward(&task));
		T::Slashed::on_unbalanced(slashed);
		let has_room = revealed.into_iter().all(|worker| task.excluded.try_push(worker).is_ok()) && has_room;
		Self::requeue(id, task, has_room);
	}

	/// Says by chance that nobody knew at the last reveal which chunks of the long answers are compared.
	/// Whoever has them has a reveal window to open these.
	fn choose_chunks(id: TaskId, mut task: TaskOf<T>, now: BlockNumberFor<T>) {
		let (random, known_since) = T::Randomness::random(&(b"dn-chunk", id).encode());
		if known_since <= task.fixed_at {
			return Self::schedule(id, task, Zero::zero());
		}
		let seed = Blake2_256::hash(&random.encode());
		if T::Rounds::challenge(id, seed.into()).is_err() {
			return Self::judge_what_there_is(id, task);
		}
		task.long_answers = LongAnswers::Opening;
		Self::schedule(id, task, now.saturating_add(T::RevealWindow::get()));
	}

	/// Slashes those who are absent and takes the task from them. Whether all of them can be kept from it.
	pub(crate) fn expel(
		id: TaskId,
		task: &mut TaskOf<T>,
		absent: &[T::AccountId],
		offence: Offence,
	) -> (CreditOf<T>, bool) {
		let mut slashed = CreditOf::<T>::zero();
		for who in absent {
			slashed.subsume(Self::punish(id, task, who, offence));
			Self::relieve(id, who);
		}
		(slashed, task.exclude(absent))
	}

	/// Draws others for the seats of those who are absent; whether they were found.
	pub(crate) fn replace(id: TaskId, task: &mut TaskOf<T>, absent: &[T::AccountId]) -> bool {
		let Some(replacements) = Self::draw(id, task, absent.len()) else { return false };
		for (absent, replacement) in absent.iter().zip(replacements) {
			if T::Rounds::replace(id, absent, &replacement).is_err() {
				return false;
			}
			Self::take_seats(id, task, core::slice::from_ref(&replacement));
			Self::deposit_event(Event::WorkerReplaced { task: id, absent: absent.clone(), replacement });
		}
		true
	}

	/// Takes their seats from those who are absent in a later wave. Those who are left go on; where there
	/// are none, more are to be asked.
	fn go_on_without(id: TaskId, mut task: TaskOf<T>, absent: &[T::AccountId], now: BlockNumberFor<T>) {
		Self::vacate(id, absent);
		let seats = T::Rounds::seats(id);
		let (stage, window) = if seats.iter().any(|seat| !seat.committed) {
			(Stage::Assigned, T::CommitWindow::get())
		} else if seats.iter().any(|seat| !seat.revealed) {
			Self::deposit_event(Event::AnswersCommitted { task: id });
			(Stage::Committed, T::RevealWindow::get())
		} else {
			(Stage::Waiting, Zero::zero())
		};
		task.set_stage(stage);
		task.fixed_at = now;
		Self::schedule(id, task, now.saturating_add(window));
	}

	/// Takes their seats from those who have not revealed.
	pub(crate) fn vacate(id: TaskId, absent: &[T::AccountId]) {
		for who in absent {
			let vacated = T::Rounds::vacate(id, who);
			debug_assert!(vacated.is_ok(), "who has not revealed has a seat to lose");
		}
	}

	/// Ends the first wave's round and lets the task wait for workers again, or refunds it where too many
	/// were absent.
	fn requeue(id: TaskId, mut task: TaskOf<T>, again: bool) {
		if !again {
			return Self::refund(id, task, RefundReason::Abandoned);
		}
		T::Rounds::close(id);
		Self::dismiss(id, &mut task);
		task.status = TaskStatus::Submitted;
		Self::schedule(id, task, Zero::zero());
		Self::deposit_event(Event::TaskRequeued { task: id });
	}

	/// Takes the task from all of its workers, and from its auditor. Their stake answers for it no more.
	pub(crate) fn dismiss(id: TaskId, task: &mut TaskOf<T>) {
		for worker in core::mem::take(&mut task.workers) {
			Self::relieve(id, &worker);
			Self::discharge(task, &worker);
		}
		Self::dismiss_auditors(id, task);
	}
}
