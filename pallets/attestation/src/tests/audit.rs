//! What the outsiders who re-run a settled task come to.

use deepnode_primitives::{
	canonical::Answer,
	task::ErrorCode,
	traits::Rounds as _,
	verdict::{Audit, Outcome},
};
use frame_support::{assert_noop, assert_ok};

use crate::{mock::*, Answers, Error, Rounds};

const TRUE: [i32; 3] = [1, 2, 3];
const FALSE: [i32; 3] = [50, 50, 50];

fn confirmed(auditors: &[u8], losers: &[u8]) -> Told {
	Told::Audited(TASK, Audit::Confirmed { auditors: accounts(auditors), losers: accounts(losers) })
}

fn overturned(answer: &Answer, auditors: &[u8], losers: &[u8]) -> Told {
	let outcome = outcome(answer);
	Told::Audited(TASK, Audit::Overturned { outcome, auditors: accounts(auditors), losers: accounts(losers) })
}

/// 10 and 11 have settled on `answer`.
fn settled(answer: &Answer) {
	open(&[10, 11]);
	wave(&[(10, answer), (11, answer)]);
	told();
}

/// These auditors answer: what the keeper is told.
fn audited(answers: &[(u8, &Answer)]) -> Told {
	assert_ok!(extend(&answers.iter().map(|(auditor, _)| *auditor).collect::<Vec<_>>()));
	wave(answers);
	let told = told();
	assert_eq!(told.len(), 2);
	assert_eq!(told[0], Told::AllCommitted(TASK));
	told[1].clone()
}

#[test]
fn one_that_agrees_confirms() {
	run(|| {
		settled(&scores(TRUE));
		assert_eq!(audited(&[(20, &scores([2, 2, 2]))]), confirmed(&[20], &[]));
	});
}

#[test]
fn one_that_does_not_only_contradicts() {
	run(|| {
		settled(&scores(FALSE));
		assert_eq!(audited(&[(20, &scores(TRUE))]), Told::Audited(TASK, Audit::Contradicted));
		let round = Rounds::<Test>::get(TASK).unwrap();
		assert_eq!(round.settled, Some(scores(FALSE).digest()), "it stands until most of three overturn it");
	});
}

#[test]
fn most_of_three_overturn_it() {
	run(|| {
		settled(&scores(FALSE));
		audited(&[(20, &scores(TRUE))]);
		let near = scores([1, 2, 4]);
		let representative = if near.digest() < scores(TRUE).digest() { &near } else { &scores(TRUE) };
		let told = audited(&[(21, &scores(FALSE)), (22, &near)]);
		assert_eq!(told, overturned(representative, &[20, 22], &[21, 10, 11]));
	});
}

#[test]
fn most_of_three_confirm_it() {
	run(|| {
		settled(&scores(TRUE));
		audited(&[(20, &scores(FALSE))]);
		let told = audited(&[(21, &scores(TRUE)), (22, &scores([2, 2, 2]))]);
		assert_eq!(told, confirmed(&[21, 22], &[20]));
	});
}

#[test]
fn three_that_differ_decide_nothing() {
	run(|| {
		settled(&scores(TRUE));
		audited(&[(20, &scores(FALSE))]);
		let told = audited(&[(21, &scores(TRUE)), (22, &scores([99, 0, 0]))]);
		assert_eq!(told, Told::Audited(TASK, Audit::Undecided));
	});
}

/// The settled answer stood for two that agreed with it, one of which the auditors confirm.
#[test]
fn a_worker_whose_own_answer_was_true_does_not_lose() {
	run(|| {
		let (honest, edge) = (scores([0, 0, 0]), scores([2, 2, 2]));
		open(&[10, 11]);
		wave(&[(10, &honest), (11, &edge)]);
		let settled = Rounds::<Test>::get(TASK).unwrap().settled.unwrap();
		told();
		// Within the tolerance of the other one only.
		let (auditors, loser) =
			if settled == honest.digest() { (scores([4, 4, 4]), 10) } else { (scores([-2, -2, -2]), 11) };
		audited(&[(20, &auditors)]);
		assert_eq!(audited(&[(21, &auditors), (22, &auditors)]), overturned(&auditors, &[20, 21, 22], &[loser]));
	});
}

#[test]
fn a_worker_who_was_outvoted_and_right_does_not_lose_again() {
	run(|| {
		open(&[10, 11, 12]);
		wave(&[(10, &scores(FALSE)), (11, &scores(TRUE)), (12, &scores(FALSE))]);
		told();
		audited(&[(20, &scores(TRUE))]);
		let told = audited(&[(21, &scores(TRUE)), (22, &scores(TRUE))]);
		assert_eq!(told, overturned(&scores(TRUE), &[20, 21, 22], &[10, 12]));
	});
}

#[test]
fn a_failure_is_overturned_by_outputs_and_the_reverse() {
	run(|| {
		let failure = Answer::Error(ErrorCode::InputUnavailable);
		settled(&failure);
		audited(&[(20, &scores(TRUE))]);
		let told = audited(&[(21, &scores(TRUE)), (22, &failure)]);
		assert_eq!(told, overturned(&scores(TRUE), &[20, 21], &[22, 10, 11]));
	});
	run(|| {
		let failure = Answer::Error(ErrorCode::NotFinite);
		settled(&scores(TRUE));
		audited(&[(20, &failure)]);
		let Told::Audited(_, Audit::Overturned { outcome, .. }) = audited(&[(21, &failure), (22, &failure)]) else {
			panic!("overturned")
		};
		assert_eq!(outcome, Outcome::Failed(ErrorCode::NotFinite));
	});
}

#[test]
fn auditors_are_bounded_and_reveal_once_all_have_committed() {
	run(|| {
		settled(&scores(TRUE));
		audited(&[(20, &scores(FALSE))]);
		assert_noop!(extend(&[21, 22, 23]), Error::<Test>::TooManySeats);
		assert_ok!(extend(&[21, 22]));
		assert_ok!(commit(21, &scores(TRUE)));
		assert_noop!(reveal(21, &scores(TRUE)), Error::<Test>::RevealTooEarly);
		assert_noop!(commit(10, &scores(TRUE)), Error::<Test>::AlreadyCommitted);
		assert_ok!(Attestation::replace(TASK, &account(22), &account(23)));
		assert_ok!(commit(23, &scores(TRUE)));
		assert_ok!(reveal(21, &scores(TRUE)));
	});
}

#[test]
fn two_auditors_are_judged_where_no_third_is_asked() {
	for (second, is_confirmed) in [(FALSE, false), (TRUE, true)] {
		run(|| {
			settled(&scores(TRUE));
			audited(&[(20, &scores(FALSE))]);
			assert_ok!(extend(&[21, 22]));
			for auditor in [21, 22] {
				assert_ok!(commit(auditor, &scores(second)));
			}
			assert_ok!(reveal(21, &scores(second)));
			assert_ok!(Attestation::vacate(TASK, &account(22)));
			told();
			assert_ok!(extend(&[]));
			let undecided = Told::Audited(TASK, Audit::Undecided);
			let both = overturned(&scores(FALSE), &[20, 21], &[10, 11]);
			assert_eq!(told(), [if is_confirmed { undecided } else { both }]);
		});
	}
}

#[test]
fn an_audit_that_nobody_answers_decides_nothing() {
	run(|| {
		settled(&scores(TRUE));
		assert_ok!(extend(&[20]));
		assert_ok!(Attestation::vacate(TASK, &account(20)));
		assert_ok!(extend(&[]));
		assert_eq!(told(), [Told::Audited(TASK, Audit::Undecided)]);
	});
}

#[test]
fn the_answers_stay_until_the_round_is_closed() {
	run(|| {
		settled(&scores(TRUE));
		audited(&[(20, &scores(FALSE))]);
		audited(&[(21, &scores(FALSE)), (22, &scores(FALSE))]);
		for answer in [TRUE, FALSE] {
			let output = inline(scores(answer).to_bytes());
			assert_eq!(Attestation::answer(TASK, &scores(answer).digest()), Some(output));
		}
		assert_eq!(Attestation::answer(TASK + 1, &scores(TRUE).digest()), None);
		Attestation::close(TASK);
		assert_eq!(Answers::<Test>::iter().count(), 0);
	});
}
