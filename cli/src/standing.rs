//! Where a task and its audit stand, in words.

use deepnode_client::{AuditPhase, Offence, RefundReason, TaskInfo, TaskStatus};
use deepnode_primitives::task::{escalation, Assurance};

use crate::{answer, output::count};

/// How many times a task's workers have been asked: once and, each time that their answers had no majority,
/// once more. `asked` is how many of them there are by now.
pub fn waves(assurance: Assurance, asked: usize) -> usize {
	let next = |seats: &u32| escalation(*seats).filter(|_| (*seats as usize) < asked);
	std::iter::successors(Some(assurance.seats()), next).count()
}

/// Where a task stands. `round` is how many of its workers have committed and revealed, where that is known.
pub fn describe(task: &TaskInfo, round: Option<(u32, u32)>) -> String {
	let asked = task.workers.len();
	let wave = match waves(task.assurance, asked) {
		1 => String::new(),
		wave => format!(" again, wave {wave}"),
	};
	match (&task.status, round) {
		(TaskStatus::Submitted, _) => "submitted, waits for its workers to be drawn".into(),
		(TaskStatus::Assigned, Some((committed, _))) => {
			format!("assigned{wave}: {committed} of {} committed", count(asked, "worker"))
		},
		(TaskStatus::Assigned, None) => format!("assigned{wave}: {} in all", count(asked, "worker")),
		(TaskStatus::Committed, Some((_, revealed))) => {
			format!("committed{wave}: {revealed} of {} revealed", count(asked, "worker"))
		},
		(TaskStatus::Committed, None) => format!("committed{wave}"),
		(TaskStatus::Disputed, _) => {
			let goal = escalation(asked as u32).unwrap_or(asked as u32);
			let more = (goal as usize).saturating_sub(asked);
			let answers = count(asked, "answer");
			format!("disputed: {answers} without a majority, waits for {}", count(more, "more worker"))
		},
		(TaskStatus::Settled { at, .. }, _) => format!("settled in block {at}"),
		(TaskStatus::Refunded { at, reason }, _) => format!("refunded in block {at}: {}", refund(reason)),
		(TaskStatus::Overturned { at }, _) => {
			format!("overturned in block {at}: auditors have found the settled answer false")
		},
	}
}

/// Why a task was refunded.
pub fn refund(reason: &RefundReason) -> String {
	match reason {
		RefundReason::Expired => "no answer could be had before its deadline".into(),
		RefundReason::Disagreed => "the workers' answers have no majority, and no more workers can be asked".into(),
		RefundReason::Failed(code) => format!("the workers agree that it has no answer: {}", answer::explain(*code)),
		RefundReason::Abandoned => "too many of its workers were absent".into(),
	}
}

/// What an audit's phase is called; `None` where there is no audit to speak of.
pub const fn phase(phase: AuditPhase) -> Option<&'static str> {
	Some(match phase {
		AuditPhase::None => return None,
		AuditPhase::Lottery => "lottery",
		AuditPhase::Chosen => "chosen",
		AuditPhase::Spared => "spared",
		AuditPhase::Waiting => "waiting",
		AuditPhase::Assigned => "assigned",
		AuditPhase::Committed => "committed",
		AuditPhase::Confirmed => "confirmed",
		AuditPhase::Undecided => "undecided",
		AuditPhase::Lapsed => "lapsed",
		AuditPhase::Overturned => "overturned",
	})
}

/// Where an audit stands that so many auditors have been drawn for.
pub const fn audit(phase: AuditPhase, auditors: usize) -> &'static str {
	match (phase, auditors) {
		(AuditPhase::None, _) => "its workers have not all committed yet",
		(AuditPhase::Lottery, _) => "chance decides in the next block whether an outsider runs it as well",
		(AuditPhase::Chosen, _) => "chosen for an audit, waits for an outsider to be drawn",
		(AuditPhase::Spared, _) => "chance has spared it; a worker that denounces the others still brings one about",
		(AuditPhase::Waiting, 0) => "chosen for an audit, waits for an outsider to be drawn",
		(AuditPhase::Waiting, _) => "the auditors so far do not confirm the answer, more are to be drawn",
		(AuditPhase::Assigned, 0 | 1) => "chosen for an audit, an outsider runs it as well",
		(AuditPhase::Assigned, _) => "the auditors so far do not confirm the answer, more run it",
		(AuditPhase::Committed, _) => "the auditors have committed, and reveal",
		(AuditPhase::Confirmed, _) => "confirmed: the auditors come to the same answer",
		(AuditPhase::Undecided, _) => {
			"undecided: the auditors neither confirm the answer nor overturn it, so it stands"
		},
		(AuditPhase::Lapsed, _) => "lapsed: there were too few outsiders, or nothing to pay them, so the answer stands",
		(AuditPhase::Overturned, _) => "overturned: the auditors agree on another answer",
	}
}

/// What a worker lost stake for.
pub const fn offence(offence: Offence) -> &'static str {
	match offence {
		Offence::MissedCommit => "did not commit",
		Offence::MissedReveal => "did not reveal",
		Offence::WrongAnswer => "wrong answer",
		Offence::NoMajority => "no majority",
		Offence::FalseAgreement => "false agreement",
	}
}

/// A level of assurance, as it is typed.
pub const fn assurance(assurance: Assurance) -> &'static str {
	match assurance {
		Assurance::Single => "single",
		Assurance::Pair => "pair",
		Assurance::Panel => "panel",
	}
}

#[cfg(test)]
pub mod tests {
	use deepnode_client::AccountId;
	use deepnode_primitives::task::ErrorCode;

	use super::*;

	/// A task of this status that so many workers have been asked.
	pub fn task(status: TaskStatus, workers: u8) -> TaskInfo {
		TaskInfo {
			id: 7,
			requester: AccountId::new([9; 32]),
			model: 0,
			items: 1,
			assurance: Assurance::Pair,
			fee: 10_000,
			audit_fee: 125,
			bound: 84_375,
			deposit: 0,
			deadline: 100,
			seal: [0; 32],
			submitted_at: 1,
			status,
			workers: (0..workers).map(|worker| AccountId::new([worker; 32])).collect(),
			losers: vec![],
			audit: AuditPhase::None,
			auditors: vec![],
		}
	}

	#[test]
	fn workers_are_asked_again_where_more_serve_than_were_drawn_at_first() {
		let of = |assurance| (0..=5).map(|asked| waves(assurance, asked)).collect::<Vec<_>>();
		assert_eq!(of(Assurance::Pair), [1, 1, 1, 2, 3, 3]);
		assert_eq!(of(Assurance::Panel), [1, 1, 1, 1, 2, 2]);
		assert_eq!(of(Assurance::Single)[..2], [1, 1]);
	}

	#[test]
	fn a_dispute_says_how_many_answers_there_are_and_how_many_more_are_asked() {
		let disputed = |workers| describe(&task(TaskStatus::Disputed, workers), None);
		assert_eq!(disputed(2), "disputed: 2 answers without a majority, waits for 1 more worker");
		assert_eq!(disputed(3), "disputed: 3 answers without a majority, waits for 2 more workers");
		assert_eq!(disputed(4), "disputed: 4 answers without a majority, waits for 1 more worker");
	}

	#[test]
	fn a_later_wave_is_told_from_the_first() {
		let assigned = |workers| describe(&task(TaskStatus::Assigned, workers), Some((2, 2)));
		assert_eq!(assigned(2), "assigned: 2 of 2 workers committed");
		assert_eq!(assigned(3), "assigned again, wave 2: 2 of 3 workers committed");
		let committed = describe(&task(TaskStatus::Committed, 5), Some((5, 3)));
		assert_eq!(committed, "committed again, wave 3: 3 of 5 workers revealed");
	}

	#[test]
	fn every_reason_of_a_refund_is_explained() {
		assert!(refund(&RefundReason::Expired).contains("deadline"));
		assert!(refund(&RefundReason::Disagreed).contains("no majority"));
		assert!(refund(&RefundReason::Abandoned).contains("absent"));
		assert!(refund(&RefundReason::Failed(ErrorCode::ModelInvalid)).ends_with("asks for what is not allowed"));
		let refunded = TaskStatus::Refunded { at: 5, reason: RefundReason::Abandoned };
		assert_eq!(describe(&task(refunded, 0), None), "refunded in block 5: too many of its workers were absent");
	}

	#[test]
	fn the_end_of_an_audit_says_what_becomes_of_the_answer() {
		assert_eq!(phase(AuditPhase::None), None);
		for (at, word) in [
			(AuditPhase::Confirmed, "confirmed"),
			(AuditPhase::Undecided, "undecided"),
			(AuditPhase::Lapsed, "lapsed"),
			(AuditPhase::Overturned, "overturned"),
		] {
			assert_eq!(phase(at), Some(word));
			assert!(audit(at, 1).starts_with(word));
		}
		assert!(audit(AuditPhase::Waiting, 0).starts_with("chosen for an audit"));
		assert!(audit(AuditPhase::Waiting, 1).starts_with("the auditors so far do not confirm"));
		let overturned = describe(&task(TaskStatus::Overturned { at: 40 }, 0), None);
		assert_eq!(overturned, "overturned in block 40: auditors have found the settled answer false");
	}
}
