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

fn undecided() -> Told {
	Told::Audited(TASK, Audit::Undecided)
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
fn one_that_does_not_decides_nothing() {
	run(|| {
		settled(&scores(FALSE));
		assert_eq!(audited(&[(20, &scores(TRUE))]), undecided());
		let round = Rounds::<Test>::get(TASK).unwrap();
		assert_eq!(round.settled, Some(scores(FALSE).digest()), "it stands until four overturn it");
	});
}

#[test]
fn three_that_agree_on_another_answer_decide_nothing_and_four_overturn_it() {
	run(|| {
		settled(&scores(FALSE));
		audited(&[(20, &scores(TRUE))]);
		let near = scores([1, 2, 4]);
		assert_eq!(audited(&[(21, &scores(TRUE)), (22, &near)]), undecided());
		let representative = if near.digest() < scores(TRUE).digest() { &near } else { &scores(TRUE) };
		let told = audited(&[(23, &scores(FALSE)), (24, &near)]);
		assert_eq!(told, overturned(representative, &[20, 21, 22, 24], &[23, 10, 11]));
	});
}

#[test]
fn three_of_five_do_not_overturn_it() {
	run(|| {
		settled(&scores(TRUE));
		audited(&[(20, &scores(FALSE))]);
		audited(&[(21, &scores(FALSE)), (22, &scores(TRUE))]);
		assert_eq!(audited(&[(23, &scores(FALSE)), (24, &scores(TRUE))]), undecided());
	});
}

#[test]
fn three_of_five_confirm_it() {
	run(|| {
		settled(&scores(TRUE));
		audited(&[(20, &scores(FALSE))]);
		audited(&[(21, &scores(FALSE)), (22, &scores(TRUE))]);
		assert_eq!(audited(&[(23, &scores(TRUE)), (24, &scores(TRUE))]), confirmed(&[22, 23, 24], &[20, 21]));
	});
}

/// Of four answers that all agree with one between them, but not with each other, that one alone has four.
#[test]
fn four_agree_where_they_agree_with_the_one_that_stands_for_them() {
	run(|| {
		settled(&scores(FALSE));
		audited(&[(20, &scores([0, 0, 0]))]);
		audited(&[(21, &scores([2, 0, 0])), (22, &scores([4, 0, 0]))]);
		let told = audited(&[(23, &scores([3, 0, 0])), (24, &scores(FALSE))]);
		assert_eq!(told, overturned(&scores([2, 0, 0]), &[20, 21, 22, 23], &[24, 10, 11]));
	});
	run(|| {
		settled(&scores(FALSE));
		audited(&[(20, &scores([0, 0, 0]))]);
		audited(&[(21, &scores([2, 0, 0])), (22, &scores([4, 0, 0]))]);
		let told = audited(&[(23, &scores([6, 0, 0])), (24, &scores(FALSE))]);
		assert_eq!(told, undecided(), "a chain of answers is no agreement of four");
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
		assert_eq!(told, undecided());
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
		audited(&[(21, &auditors), (22, &auditors)]);
		assert_eq!(audited(&[(23, &auditors)]), overturned(&auditors, &[20, 21, 22, 23], &[loser]));
	});
}

#[test]
fn a_worker_who_was_outvoted_and_right_does_not_lose_again() {
	run(|| {
		open(&[10, 11, 12]);
		wave(&[(10, &scores(FALSE)), (11, &scores(TRUE)), (12, &scores(FALSE))]);
		told();
		audited(&[(20, &scores(TRUE))]);
		audited(&[(21, &scores(TRUE)), (22, &scores(TRUE))]);
		let told = audited(&[(23, &scores(TRUE)), (24, &scores(TRUE))]);
		assert_eq!(told, overturned(&scores(TRUE), &[20, 21, 22, 23, 24], &[10, 12]));
	});
}

#[test]
fn a_failure_is_overturned_by_outputs_and_the_reverse() {
	run(|| {
		let failure = Answer::Error(ErrorCode::InputUnavailable);
		settled(&failure);
		audited(&[(20, &scores(TRUE))]);
		audited(&[(21, &scores(TRUE)), (22, &failure)]);
		let told = audited(&[(23, &scores(TRUE)), (24, &scores(TRUE))]);
		assert_eq!(told, overturned(&scores(TRUE), &[20, 21, 23, 24], &[22, 10, 11]));
	});
	run(|| {
		let failure = Answer::Error(ErrorCode::NotFinite);
		settled(&scores(TRUE));
		audited(&[(20, &failure)]);
		audited(&[(21, &failure), (22, &failure)]);
		let Told::Audited(_, Audit::Overturned { outcome, .. }) = audited(&[(23, &failure), (24, &failure)]) else {
			panic!("overturned")
		};
		assert_eq!(outcome, Outcome::Failed(ErrorCode::NotFinite));
	});
}

#[test]
fn auditors_who_could_not_fetch_overturn_nothing_and_confirm_only_that() {
	for code in [ErrorCode::InputUnavailable, ErrorCode::ModelUnavailable] {
		let unread = Answer::Error(code);
		for settled_on in [scores(TRUE), Answer::Error(ErrorCode::InputInvalid)] {
			run(|| {
				settled(&settled_on);
				for asked in [&[20][..], &[21, 22], &[23, 24]] {
					let answers: Vec<_> = asked.iter().map(|auditor| (*auditor, &unread)).collect();
					assert_eq!(audited(&answers), Told::Audited(TASK, Audit::Undecided));
				}
			});
		}
		run(|| {
			settled(&unread);
			let Told::Audited(_, Audit::Confirmed { .. }) = audited(&[(20, &unread)]) else { panic!("confirmed") };
		});
	}
}

#[test]
fn auditors_are_bounded_and_reveal_once_all_have_committed() {
	run(|| {
		settled(&scores(TRUE));
		audited(&[(20, &scores(FALSE))]);
		assert_noop!(extend(&[21, 22, 23, 24, 25]), Error::<Test>::TooManySeats);
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
fn four_auditors_are_judged_where_no_fifth_is_asked() {
	for (fourth, is_undecided) in [(FALSE, false), (TRUE, true)] {
		run(|| {
			settled(&scores(TRUE));
			audited(&[(20, &scores(FALSE))]);
			audited(&[(21, &scores(FALSE)), (22, &scores(FALSE))]);
			assert_ok!(extend(&[23, 24]));
			for auditor in [23, 24] {
				assert_ok!(commit(auditor, &scores(fourth)));
			}
			assert_ok!(reveal(23, &scores(fourth)));
			assert_ok!(Attestation::vacate(TASK, &account(24)));
			told();
			assert_ok!(extend(&[]));
			let all = overturned(&scores(FALSE), &[20, 21, 22, 23], &[10, 11]);
			assert_eq!(told(), [if is_undecided { undecided() } else { all }]);
		});
	}
}

/// Before anybody reveals, an auditor commits, too.
mod sealed {
	use super::*;

	/// 10 and 11 have committed to these answers and 20, an auditor, to that one.
	fn sealed(workers: [&Answer; 2], auditor: &Answer) {
		Unseals::set(false);
		open(&[10, 11]);
		assert_ok!(commit(10, workers[0]));
		assert_ok!(commit(11, workers[1]));
		assert_ok!(extend(&[20]));
		assert_ok!(commit(20, auditor));
		assert_ok!(Attestation::unseal(TASK));
		told();
	}

	#[test]
	fn nobody_reveals_until_the_round_is_unsealed() {
		run(|| {
			Unseals::set(false);
			open(&[10, 11]);
			let answer = scores(TRUE);
			assert_noop!(extend(&[20]), Error::<Test>::StillAnswering);
			assert_ok!(commit(10, &answer));
			assert_ok!(commit(11, &answer));
			assert_eq!(told(), [Told::AllCommitted(TASK)]);
			assert_noop!(reveal(10, &answer), Error::<Test>::RevealTooEarly);
			assert_ok!(extend(&[20]));
			assert_noop!(extend(&[10]), Error::<Test>::StillAnswering);
			assert_noop!(reveal(10, &answer), Error::<Test>::RevealTooEarly);
			assert_ok!(commit(20, &answer));
			assert_eq!(told(), [Told::AllCommitted(TASK)]);
			assert_noop!(reveal(20, &answer), Error::<Test>::RevealTooEarly);
			assert_ok!(Attestation::unseal(TASK));
			assert_ok!(reveal(20, &answer));
		});
	}

	#[test]
	fn an_auditor_that_answered_with_the_workers_is_heard_as_soon_as_they_agree() {
		for (auditor, audit) in [(TRUE, confirmed(&[20], &[])), (FALSE, undecided())] {
			run(|| {
				let (truth, auditor) = (scores(TRUE), scores(auditor));
				sealed([&truth, &truth], &auditor);
				assert_ok!(reveal(20, &auditor));
				assert_ok!(reveal(10, &truth));
				assert_eq!(told(), [], "all three are waited for");
				assert_ok!(reveal(11, &truth));
				assert_eq!(told(), [majority(&truth, &[10, 11], &[]), audit.clone()]);
			});
		}
	}

	#[test]
	fn it_is_no_worker_and_is_heard_once_a_dispute_is_settled() {
		run(|| {
			let (truth, lie) = (scores(TRUE), scores(FALSE));
			sealed([&truth, &lie], &truth);
			for (who, answer) in [(10, &truth), (11, &lie), (20, &truth)] {
				assert_ok!(reveal(who, answer));
			}
			assert_eq!(told(), [disagreed()]);
			assert_ok!(extend(&[12]));
			assert_noop!(reveal(12, &truth), Error::<Test>::NotCommitted);
			wave(&[(12, &truth)]);
			let told = told();
			assert_eq!(told[1..], [majority(&truth, &[10, 12], &[11]), confirmed(&[20], &[])]);
		});
	}

	#[test]
	fn a_keeper_that_closes_the_round_hears_no_auditor() {
		run(|| {
			let truth = scores(TRUE);
			sealed([&truth, &truth], &truth);
			when_told(|told| {
				if matches!(told, Told::Judged(..)) {
					Attestation::close(TASK);
				}
				Ok(())
			});
			for who in [10, 11, 20] {
				assert_ok!(reveal(who, &truth));
			}
			assert_eq!(told(), [majority(&truth, &[10, 11], &[])]);
		});
	}

	#[test]
	fn an_auditor_that_is_absent_loses_its_seat_and_the_workers_are_judged_without() {
		run(|| {
			let truth = scores(TRUE);
			sealed([&truth, &truth], &truth);
			for who in [10, 11] {
				assert_ok!(reveal(who, &truth));
			}
			assert_ok!(Attestation::vacate(TASK, &account(20)));
			assert_ok!(extend(&[]));
			assert_eq!(told(), [majority(&truth, &[10, 11], &[])]);
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
		audited(&[(23, &scores(FALSE)), (24, &scores(FALSE))]);
		for answer in [TRUE, FALSE] {
			let output = inline(scores(answer).to_bytes());
			assert_eq!(Attestation::answer(TASK, &scores(answer).digest()), Some(output));
		}
		assert_eq!(Attestation::answer(TASK + 1, &scores(TRUE).digest()), None);
		Attestation::close(TASK);
		assert_eq!(Answers::<Test>::iter().count(), 0);
	});
}
