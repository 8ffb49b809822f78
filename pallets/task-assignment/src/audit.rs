//! The audit of a task: outsiders run it again.
//!
//! Whether there is one is decided once the first workers have committed and before anybody reveals, and then the
//! first auditor commits as well: it can copy no answer. Where none is found at once, or it is absent, the audit
//! waits for the settlement. More auditors are asked where those so far come to nothing.

use alloc::vec::Vec;
use codec::Encode;
use deepnode_primitives::{
	bridge::Judgement,
	content::Digest,
	fees::{part, Split},
	task::audit_escalation,
	traits::{Observer, Rounds},
	verdict::Outcome,
	Balance, TaskId,
};
use deepnode_scoring::fidelity::Mark;
use frame_support::{
	traits::{fungible::Balanced as _, Get, Imbalance, OnUnbalanced, Randomness},
	Blake2_128, StorageHasher,
};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::traits::{Saturating, Zero};

use crate::{
	pool::chance,
	types::{AuditPhase, CreditOf, Offence, Stage, TaskOf, TaskStatus},
	Config, Event, HoldReason, Pallet, Tasks,
};

impl<T: Config> Pallet<T> {
	/// Decides by chance that nobody knew when the answers were sealed whether a task is audited.
	pub(crate) fn draw_lots(id: TaskId, mut task: TaskOf<T>, now: BlockNumberFor<T>) {
		let (random, known_since) = T::Randomness::random(&(b"dn-audit", id).encode());
		if known_since <= task.fixed_at {
			return Self::schedule(id, task, Zero::zero());
		}
		let number = u128::from_le_bytes(Blake2_128::hash(&random.encode()));
		if chance(number) >= T::Assurances::get().audit_probability(task.assurance) {
			task.audit.phase = AuditPhase::Spared;
			return Self::let_reveal(id, task, now);
		}
		task.audit.phase = AuditPhase::Chosen;
		task.fixed_at = now;
		Self::schedule(id, task, Zero::zero());
		Self::deposit_event(Event::AuditOpened { task: id });
	}

	/// Draws the first auditor of a task whose workers have sealed their answers. While it runs the model nobody
	/// reveals, and the deadline moves by as much. Where there is none, the audit waits for the settlement.
	pub(crate) fn find_first_auditor(id: TaskId, mut task: TaskOf<T>, now: BlockNumberFor<T>) {
		let paid = Self::can_pay_auditor(&mut task);
		let Some(auditors) = paid.then(|| Self::ask_more(id, &mut task, 1)).flatten() else {
			task.audit.phase = AuditPhase::Waiting;
			return Self::let_reveal(id, task, now);
		};
		task.deadline = task.deadline.max(now.saturating_add(Self::both_windows()));
		task.audit.phase = AuditPhase::Assigned;
		Self::schedule(id, task, now.saturating_add(T::CommitWindow::get()));
		Self::deposit_event(Event::AuditAssigned { task: id, auditors });
	}

	/// The auditor of a sealed task has not committed in time: another takes its seat, if there is time before
	/// the deadline. Else the audit waits for the settlement.
	pub(crate) fn go_on_unaudited(id: TaskId, mut task: TaskOf<T>, now: BlockNumberFor<T>) {
		let absent = task.audit.auditors.to_vec();
		let (slashed, has_room) = Self::expel(id, &mut task, &absent, Offence::MissedCommit);
		T::Slashed::on_unbalanced(slashed);
		if has_room && Self::fits_before(now, task.deadline) && Self::replace(id, &mut task, &absent) {
			return Self::schedule(id, task, now.saturating_add(T::CommitWindow::get()));
		}
		Self::vacate(id, &absent);
		task.audit.phase = AuditPhase::Waiting;
		Self::let_reveal(id, task, now);
	}

	/// The workers have revealed and the auditor, which has lost its seat, has not: they are judged, and the
	/// audit waits for the settlement.
	pub(crate) fn go_on_unheard(id: TaskId, mut task: TaskOf<T>, absent: &[T::AccountId]) {
		Self::vacate(id, absent);
		task.audit.phase = AuditPhase::Waiting;
		Self::judge_what_there_is(id, task);
	}

	/// Pays the auditor of a task that its workers agree not to have an answer: it has run, too, and there is
	/// nothing to overturn.
	pub(crate) fn pay_off_auditors(id: TaskId, task: &mut TaskOf<T>) {
		let auditors = task.audit.auditors.to_vec();
		let mut rest = CreditOf::<T>::zero();
		Self::pay_auditors(id, task, &mut rest, &auditors);
		T::Slashed::on_unbalanced(rest);
		Self::dismiss_auditors(id, task);
	}

	/// Ends the audit of a task that is not settled, without paying anybody.
	pub(crate) fn dismiss_auditors(id: TaskId, task: &mut TaskOf<T>) {
		for auditor in core::mem::take(&mut task.audit.auditors) {
			Self::relieve(id, &auditor);
			Self::discharge(task, &auditor);
		}
		Self::give_back(HoldReason::AuditReward, &Self::fund_account(), task.audit.reserved);
		task.audit = Default::default();
	}

	/// Lets a settled task wait for its auditors, from the next block on.
	pub(crate) fn open_audit(id: TaskId, mut task: TaskOf<T>, now: BlockNumberFor<T>) {
		task.audit.phase = AuditPhase::Waiting;
		task.fixed_at = now;
		task.failed_draws = 0;
		Self::schedule(id, task, Zero::zero());
	}

	/// Draws a task's auditors: one, then two more, and two more. Where there are too few it tries
	/// again until the audit's time is over. Where some of them have answered and others not, those answers
	/// are judged first.
	pub(crate) fn find_auditors(id: TaskId, mut task: TaskOf<T>, now: BlockNumberFor<T>) {
		let answers = task.audit.auditors.len() as u32;
		if answers > task.audit.judged.into() {
			return Self::judge_what_there_is(id, task);
		}
		let in_time = now < task.audit.until && !task.excluded.is_full();
		let wanted = audit_escalation(answers).and_then(|goal| goal.checked_sub(answers)).filter(|_| in_time);
		let Some(wanted) = wanted.filter(|_| Self::can_pay_auditor(&mut task)) else {
			return Self::lapse(id, task);
		};
		let Some(auditors) = Self::ask_more(id, &mut task, wanted as usize) else {
			return Self::try_again_later(id, task, now);
		};
		Self::start_wave(id, task, now);
		Self::deposit_event(Event::AuditAssigned { task: id, auditors });
	}

	/// Whether there is something to pay one auditor from: a reporter's bond, or what the audit fund sets
	/// aside now or has before. Whoever is outvoted pays for the others.
	fn can_pay_auditor(task: &mut TaskOf<T>) -> bool {
		let reward = Self::run_reward(task);
		if task.audit.report.is_none() && task.audit.reserved == 0 && reward > 0 {
			if !Self::reserve_reward(reward) {
				return false;
			}
			task.audit.reserved = reward;
		}
		true
	}

	/// Has the answers judged that there are, of a wave in which some were absent.
	pub(crate) fn judge_what_there_is(id: TaskId, mut task: TaskOf<T>) {
		task.set_stage(Stage::Committed);
		Self::schedule(id, task, Zero::zero());
		let judged = T::Rounds::extend(id, &[]);
		debug_assert!(judged.is_ok(), "everybody who has a seat has revealed: {judged:?}");
	}

	/// The auditors agree with the settled answer.
	pub(crate) fn confirm(id: TaskId, mut task: TaskOf<T>, auditors: Vec<T::AccountId>, losers: Vec<T::AccountId>) {
		let mut slashed = CreditOf::<T>::zero();
		for loser in &losers {
			slashed.subsume(Self::punish(id, &task, loser, Offence::WrongAnswer));
		}
		slashed.subsume(Self::take_bond(id, &mut task));
		Self::pay_auditors(id, &mut task, &mut slashed, &auditors);
		T::Slashed::on_unbalanced(slashed);
		Self::end_audit(id, task, AuditPhase::Confirmed, &auditors);
		Self::deposit_event(Event::AuditConfirmed { task: id, auditors, losers });
	}

	/// The auditors so far neither confirm the settled answer nor overturn it: more are asked, if there can be.
	pub(crate) fn contradict(id: TaskId, mut task: TaskOf<T>) {
		let answers = task.audit.auditors.len();
		if audit_escalation(answers as u32).is_none() {
			return Self::leave_undecided(id, task);
		}
		let now = frame_system::Pallet::<T>::block_number();
		if task.audit.judged == 0 {
			task.audit.until = task.audit.until.max(now.saturating_add(T::AuditWindow::get()));
		}
		task.audit.judged = answers as u8;
		Self::open_audit(id, task, now);
		Self::deposit_event(Event::AuditContradicted { task: id });
	}

	/// As many auditors as can be asked come to nothing. Nobody knows who was right: the answer stands.
	fn leave_undecided(id: TaskId, mut task: TaskOf<T>) {
		Self::return_bond(&mut task);
		Self::end_audit(id, task, AuditPhase::Undecided, &[]);
		Self::deposit_event(Event::AuditUndecided { task: id });
	}

	/// The audit's time is over, or there is nothing to pay it from.
	fn lapse(id: TaskId, mut task: TaskOf<T>) {
		Self::return_bond(&mut task);
		Self::end_audit(id, task, AuditPhase::Lapsed, &[]);
		Self::deposit_event(Event::AuditLapsed { task: id });
	}

	/// The auditors agree on another answer. What those lose who settled the task falsely pays, in this
	/// order, as far as it reaches: the requester's fee, the auditors' runs and their finder's part, the part of
	/// a reporter that was one of them, and what the false majority has cost those whom it outvoted.
	pub(crate) fn overturn(
		id: TaskId,
		mut task: TaskOf<T>,
		outcome: Outcome,
		auditors: Vec<T::AccountId>,
		losers: Vec<T::AccountId>,
	) {
		if let TaskStatus::Settled { digest, .. } = task.status {
			// Nothing is divided now: what was divided is gone.
			Self::leave_receipt(id, &task, Judgement::Overturned, digest, 0, &Split::default());
		}
		let reporter = Self::return_bond(&mut task);
		let accomplices: Vec<_> = task.workers.iter().filter(|worker| losers.contains(worker)).cloned().collect();
		let fined: Vec<_> = accomplices.iter().filter(|worker| Some(*worker) != reporter.as_ref()).cloned().collect();
		let mut slashed = CreditOf::<T>::zero();
		for worker in &fined {
			slashed.subsume(Self::punish(id, &task, worker, Offence::FalseAgreement));
		}
		let lost = slashed.peek();
		for auditor in task.audit.auditors.iter().filter(|auditor| losers.contains(auditor)) {
			slashed.subsume(Self::punish(id, &task, auditor, Offence::WrongAnswer));
		}

		Self::compensate_requester(id, &task, &mut slashed, task.fee);
		Self::pay_auditors(id, &mut task, &mut slashed, &auditors);
		let found = part(lost, T::FinderPart::get()).checked_div(auditors.len() as Balance).unwrap_or(0);
		for auditor in &auditors {
			let due = slashed.extract(found);
			Self::pay_auditor(id, auditor, due, &mut slashed);
		}
		if let Some(reporter) = reporter.filter(|reporter| accomplices.contains(reporter)) {
			let amount = Self::pay(&mut slashed, &reporter, part(lost, T::TraitorPart::get()));
			Self::deposit_event(Event::ReporterRewarded { reporter, task: id, amount });
		}
		for (worker, lost) in task.losers.iter().filter(|(worker, _)| !losers.contains(worker)) {
			let amount = Self::pay(&mut slashed, worker, *lost);
			Self::mark(worker, Mark::For);
			Self::deposit_event(Event::WorkerRestored { worker: worker.clone(), task: id, amount });
		}
		T::Slashed::on_unbalanced(slashed);

		Self::part_ways(&accomplices);
		task.workers.retain(|worker| !fined.contains(worker));
		T::Observer::overturned(id, task.model, task.fee);
		Self::end_audit(id, task, AuditPhase::Overturned, &auditors);
		let digest = match outcome {
			Outcome::Outputs(digest) => Some(digest),
			Outcome::Failed(_) => None,
		};
		Self::deposit_event(Event::TaskOverturned { task: id, digest, auditors, losers });
	}

	/// Pays each of these auditors for its run: out of what others lost or else, where that does not reach,
	/// out of what the audit fund has set aside. The fund has the rest of that back.
	fn pay_auditors(id: TaskId, task: &mut TaskOf<T>, slashed: &mut CreditOf<T>, auditors: &[T::AccountId]) {
		let reward = Self::run_reward(task);
		let mut reserved = Self::take_reserved(task);
		for auditor in auditors {
			let mut due = slashed.extract(reward);
			due.subsume(reserved.extract(reward.saturating_sub(due.peek())));
			Self::pay_auditor(id, auditor, due, slashed);
		}
		Self::endow_audit_fund(reserved);
	}

	/// Pays an auditor; what it cannot receive goes to `pot`.
	fn pay_auditor(id: TaskId, auditor: &T::AccountId, due: CreditOf<T>, pot: &mut CreditOf<T>) {
		let amount = due.peek();
		if amount == 0 {
			return;
		}
		match T::Currency::resolve(auditor, due) {
			Ok(()) => Self::deposit_event(Event::AuditorPaid { auditor: auditor.clone(), task: id, amount }),
			Err(undelivered) => pot.subsume(undelivered),
		}
	}

	/// Ends an audit. Of the auditors only those whose answers were right, if anybody's, are marked for; who
	/// was outvoted answers for the task no more. The task is remembered until the audit's time is over.
	fn end_audit(id: TaskId, mut task: TaskOf<T>, phase: AuditPhase, right: &[T::AccountId]) {
		task.audit.auditors.iter().for_each(|auditor| Self::relieve(id, auditor));
		right.iter().for_each(|auditor| Self::mark(auditor, Mark::For));
		if !right.is_empty() {
			task.audit.auditors.retain(|auditor| right.contains(auditor));
		}
		let reserved = core::mem::take(&mut task.audit.reserved);
		Self::give_back(HoldReason::AuditReward, &Self::fund_account(), reserved);
		task.audit.phase = phase;
		if phase == AuditPhase::Overturned {
			task.status = TaskStatus::Overturned { at: frame_system::Pallet::<T>::block_number() };
		}
		let until = task.audit.until;
		Self::schedule(id, task, until);
	}

	/// A settled task, of which an audit may be going on.
	pub(crate) fn settled_task(id: TaskId) -> Option<(TaskOf<T>, BlockNumberFor<T>, Digest)> {
		let task = Tasks::<T>::get(id)?;
		match task.status {
			TaskStatus::Settled { at, digest } => Some((task, at, digest)),
			_ => None,
		}
	}
}
