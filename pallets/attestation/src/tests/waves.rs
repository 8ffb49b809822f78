//! Rounds of more than one wave of workers.

use deepnode_primitives::traits::Rounds as _;
use frame_support::{assert_noop, assert_ok};

use crate::{mock::*, Answers, Error, Rounds};

#[test]
fn without_a_majority_more_are_asked_and_all_answers_are_judged() {
	run(|| {
		let (a, b) = (scores([1, 2, 3]), scores([9, 9, 9]));
		open(&[10, 11]);
		wave(&[(10, &a), (11, &b)]);
		assert_eq!(told(), [Told::AllCommitted(TASK), disagreed()]);
		assert_eq!(Rounds::<Test>::get(TASK).unwrap().settled, None);
		assert_eq!(Answers::<Test>::iter().count(), 2, "the answers stay");

		assert_ok!(extend(&[12]));
		wave(&[(12, &b)]);
		assert_eq!(told(), [Told::AllCommitted(TASK), majority(&b, &[11, 12], &[10])]);
	});
}

#[test]
fn two_become_three_and_three_five() {
	run(|| {
		let (a, b, c) = (scores([1, 2, 3]), scores([9, 9, 9]), scores([20, 20, 20]));
		open(&[10, 11]);
		wave(&[(10, &a), (11, &b)]);
		assert_ok!(extend(&[12]));
		wave(&[(12, &c)]);
		assert_ok!(extend(&[13, 14]));
		told();
		wave(&[(13, &c), (14, &c)]);
		assert_eq!(told(), [Told::AllCommitted(TASK), majority(&c, &[12, 13, 14], &[10, 11])]);
	});
}

#[test]
fn five_answers_may_have_no_majority() {
	run(|| {
		let answers: Vec<_> = (0..5).map(|n| scores([10 * n, 0, 0])).collect();
		open(&[10, 11, 12]);
		wave(&[(10, &answers[0]), (11, &answers[1]), (12, &answers[2])]);
		assert_ok!(extend(&[13, 14]));
		told();
		wave(&[(13, &answers[3]), (14, &answers[4])]);
		assert_eq!(told(), [Told::AllCommitted(TASK), disagreed()]);
		assert_noop!(extend(&[15]), Error::<Test>::TooManySeats);
		Attestation::close(TASK);
	});
}

#[test]
fn a_late_wave_reveals_once_all_of_it_have_committed() {
	run(|| {
		let answers: Vec<_> = (0..3).map(|n| scores([10 * n, 0, 0])).collect();
		open(&[10, 11, 12]);
		wave(&[(10, &answers[0]), (11, &answers[1]), (12, &answers[2])]);
		assert_ok!(extend(&[13, 14]));
		assert_ok!(commit(13, &answers[0]));
		assert_noop!(reveal(13, &answers[0]), Error::<Test>::RevealTooEarly);
		assert_ok!(commit(14, &answers[0]));
		assert_ok!(reveal(13, &answers[0]));
	});
}

#[test]
fn earlier_waves_do_not_answer_again() {
	run(|| {
		let (a, b) = (scores([1, 2, 3]), scores([9, 9, 9]));
		open(&[10, 11]);
		wave(&[(10, &a), (11, &b)]);
		assert_ok!(extend(&[12]));
		assert_noop!(commit(10, &b), Error::<Test>::AlreadyCommitted);
		assert_noop!(reveal(10, &a), Error::<Test>::AlreadyRevealed);
		assert_noop!(Attestation::vacate(TASK, &account(10)), Error::<Test>::NotVacatable);
	});
}

#[test]
fn nobody_is_asked_while_others_answer() {
	run(|| {
		let answer = scores([1, 2, 3]);
		assert_noop!(extend(&[12]), Error::<Test>::NoRound);
		open(&[10, 11]);
		assert_noop!(extend(&[12]), Error::<Test>::StillAnswering);
		assert_noop!(extend(&[]), Error::<Test>::StillAnswering);
		assert_ok!(commit(10, &answer));
		assert_ok!(commit(11, &answer));
		assert_ok!(reveal(10, &answer));
		assert_noop!(extend(&[12]), Error::<Test>::StillAnswering);
		assert_ok!(reveal(11, &answer));
		assert_ok!(extend(&[20]));
		assert_noop!(extend(&[21]), Error::<Test>::StillAnswering);
	});
}

#[test]
fn a_seat_vacated_in_a_late_wave_is_filled_by_another_wave() {
	run(|| {
		let (a, b) = (scores([1, 2, 3]), scores([9, 9, 9]));
		open(&[10, 11]);
		wave(&[(10, &a), (11, &b)]);
		assert_ok!(extend(&[12]));
		assert_ok!(commit(12, &a));
		assert_ok!(Attestation::vacate(TASK, &account(12)));
		assert_ok!(extend(&[13]));
		told();
		wave(&[(13, &b)]);
		assert_eq!(told(), [Told::AllCommitted(TASK), majority(&b, &[11, 13], &[10])]);
	});
}

#[test]
fn the_answers_that_are_there_are_judged_where_nobody_else_is_asked() {
	run(|| {
		let answers: Vec<_> = (0..3).map(|n| scores([10 * n, 0, 0])).collect();
		open(&[10, 11, 12]);
		wave(&[(10, &answers[0]), (11, &answers[1]), (12, &answers[2])]);
		assert_ok!(extend(&[13, 14]));
		assert_ok!(commit(13, &answers[2]));
		assert_ok!(commit(14, &answers[2]));
		assert_ok!(reveal(13, &answers[2]));
		assert_ok!(Attestation::vacate(TASK, &account(14)));
		told();
		assert_ok!(extend(&[]));
		assert_eq!(told(), [disagreed()], "two of four are no strict majority");
	});
}

#[test]
fn the_keeper_may_ask_more_or_close_as_it_is_told() {
	run(|| {
		let (a, b) = (scores([1, 2, 3]), scores([9, 9, 9]));
		when_told(|told| match told {
			Told::Judged(task, deepnode_primitives::verdict::Verdict::Disagreed) => {
				Attestation::extend(*task, &accounts(&[12]))
			},
			Told::Judged(task, _) => {
				Attestation::close(*task);
				Ok(())
			},
			_ => Ok(()),
		});
		open(&[10, 11]);
		wave(&[(10, &a), (11, &b)]);
		assert_eq!(Attestation::seats(TASK).len(), 3);
		wave(&[(12, &b)]);
		assert_eq!(Rounds::<Test>::iter().count(), 0);
		assert_eq!(Answers::<Test>::iter().count(), 0);
	});
}
