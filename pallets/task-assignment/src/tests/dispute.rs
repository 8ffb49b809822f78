//! Answers without a majority: 2 workers become 3, and 3 become 5.

use deepnode_primitives::{
	fees::{part, FeeTable},
	task::{Assurance, ErrorCode},
};
use deepnode_scoring::{
	fidelity::{self, Mark},
	Unit,
};

use crate::{
	mock::*,
	types::{Offence, RefundReason, TaskStatus},
};

const WRONG: u128 = STAKE / 10;
const UNDECIDED: u128 = STAKE / 100;

fn after(mark: Mark) -> Unit {
	fidelity::after(fidelity::START, mark, &Fidelity::get())
}

/// The workers that join a disputed task in the next block.
fn more(task: u64, before: &[u8]) -> Vec<u8> {
	assert_eq!(status(task), TaskStatus::Disputed);
	advance(1);
	assert_eq!(status(task), TaskStatus::Assigned);
	joined(assigned(task), before)
}

#[test]
fn a_third_worker_decides_and_who_was_wrong_pays() {
	run(|| {
		let model = model();
		workers(10..15, model);
		let (truth, lie) = (scores([1, 2, 3]), scores([9, 9, 9]));
		let (task, first) = assign_and_commit(model, [&truth, &lie]);
		all_reveal(task, &first[..1], &truth);
		events();
		all_reveal(task, &first[1..], &lie);
		assert_eq!(events(), [Event::TaskDisputed { task }]);
		assert_eq!(balances(REQUESTER), (FUNDS - cost(1) - deposit(1), cost(1) + deposit(1)));

		let third = more(task, &first);
		assert_eq!(third.len(), 1);
		assert_eq!(events(), [Event::TaskAssigned { task, workers: accounts(&third) }]);
		answer_with(task, &third, &[&truth]);

		let (honest, liar) = (first[0], first[1]);
		let split = FeeTable::default().split(PRICE, 2);
		let slash = Event::WorkerSlashed { worker: account(liar), task, amount: WRONG, offence: Offence::WrongAnswer };
		let settled = Event::TaskSettled {
			task,
			digest: truth.digest(),
			winners: accounts(&[honest, third[0]]),
			losers: accounts(&[liar]),
			split,
		};
		assert_eq!(events()[1..], [slash, settled]);
		for winner in [honest, third[0]] {
			assert_eq!(balances(winner), (FUNDS - STAKE + split.per_worker, STAKE));
			assert_eq!(worker_of(winner).fidelity, after(Mark::For));
			assert_eq!(worker_of(winner).liable, bound());
		}
		assert_eq!(balances(liar), (FUNDS - STAKE, STAKE - WRONG));
		assert_eq!(worker_of(liar).fidelity, after(Mark::Against));
		assert_eq!((worker_of(liar).liable, worker_of(liar).active), (0, 0));
		assert_eq!(SlashedAndBurned::get(), WRONG);
	});
}

#[test]
fn three_of_five_win_and_the_losers_pay_for_the_third_run() {
	run(|| {
		let model = model();
		workers(10..17, model);
		let truth = scores([1, 2, 3]);
		let lies = [scores([50, 0, 0]), scores([0, 50, 0])];
		let (task, first) = assign_and_commit(model, [&truth, &lies[0]]);
		all_reveal(task, &first[1..], &lies[0]);
		all_reveal(task, &first[..1], &truth);
		let third = more(task, &first);
		answer_with(task, &third, &[&lies[1]]);
		let so_far = assigned(task);
		let last = more(task, &so_far);
		assert_eq!(last.len(), 2);
		answer_with(task, &last, &[&truth, &truth]);

		assert!(matches!(status(task), TaskStatus::Settled { digest, .. } if digest == truth.digest()));
		let per_worker = FeeTable::default().split(PRICE, 3).per_worker;
		let run = FeeTable::default().split(PRICE, 2).per_worker;
		for winner in [first[0], last[0], last[1]] {
			assert_eq!(balances(winner), (FUNDS - STAKE + run, STAKE), "each earns what one run does");
		}
		for liar in [first[1], third[0]] {
			assert_eq!(balances(liar), (FUNDS - STAKE, STAKE - WRONG));
		}
		assert_eq!(SlashedAndBurned::get(), 2 * WRONG - 3 * (run - per_worker));
		assert_eq!(balances(REQUESTER), (FUNDS - cost(1) - deposit(1), deposit(1)), "who paid no more");
	});
}

/// Five workers answer, each something else.
fn five_answers(model: u32) -> (u64, Vec<u8>) {
	let answers: Vec<_> = (0..5).map(|at| scores([50 * at, 0, 0])).collect();
	let (task, first) = assign_and_commit(model, [&answers[0], &answers[1]]);
	all_reveal(task, &first[..1], &answers[0]);
	all_reveal(task, &first[1..], &answers[1]);
	answer_with(task, &more(task, &first), &[&answers[2]]);
	let so_far = assigned(task);
	answer_with(task, &more(task, &so_far), &[&answers[3], &answers[4]]);
	let all = so_far.into_iter().chain(10..20).take(5).collect();
	(task, all)
}

#[test]
fn without_a_majority_of_five_the_requester_is_refunded_and_compensated_and_nobody_is_paid() {
	run(|| {
		let model = model();
		workers(10..15, model);
		let (task, _) = five_answers(model);

		let reason = RefundReason::Disagreed;
		assert_eq!(status(task), TaskStatus::Refunded { at: System::block_number(), reason });
		let compensation = part(PRICE, CompensationPart::get());
		assert_eq!(balances(REQUESTER), (FUNDS + compensation - deposit(1), deposit(1)));
		for worker in 10..15 {
			assert_eq!(balances(worker), (FUNDS - STAKE, STAKE - UNDECIDED));
			let worker = worker_of(worker);
			assert_eq!((worker.active, worker.liable, worker.fidelity), (0, 0, fidelity::START));
		}
		assert_eq!(SlashedAndBurned::get(), 5 * UNDECIDED - compensation);
		assert_eq!(Observed::get(), [Told::Undecided(task)]);
		assert!(!pallet_attestation::Rounds::<Test>::contains_key(task));
		let events = events();
		assert!(events.contains(&Event::TaskRefunded { task, amount: cost(1), reason }));
		let requester = account(REQUESTER);
		assert!(events.contains(&Event::RequesterCompensated { requester, task, amount: compensation }));
	});
}

#[test]
fn a_dispute_that_finds_no_more_workers_ends_like_one_without_a_majority() {
	run(|| {
		let model = model();
		workers([10, 11], model);
		let task = submit_until(model, 1, System::block_number() + 60);
		advance(1);
		let drawn = assigned(task);
		answer_with(task, &drawn, &[&scores([1, 2, 3]), &scores([9, 9, 9])]);
		advance(100);
		assert!(matches!(status(task), TaskStatus::Refunded { reason: RefundReason::Disagreed, .. }));
		drawn.iter().for_each(|worker| assert_eq!(balances(*worker).1, STAKE - UNDECIDED));
	});
}

#[test]
fn a_dispute_has_time_whatever_the_deadline_was() {
	run(|| {
		let model = model();
		workers(10..13, model);
		let tight = System::block_number() + 1 + CommitWindow::get() + 1 + RevealWindow::get();
		let task = submit_until(model, 1, tight);
		advance(1);
		let first = assigned(task);
		let truth = scores([1, 2, 3]);
		advance(CommitWindow::get() - 1);
		answer_with(task, &first, &[&truth, &scores([9, 9, 9])]);
		let third = more(task, &first);
		advance(CommitWindow::get() - 1);
		answer_with(task, &third, &[&truth]);
		assert!(matches!(status(task), TaskStatus::Settled { at, .. } if at > tight));
	});
}

#[test]
fn an_error_and_an_output_disagree_and_a_majority_for_the_error_refunds() {
	run(|| {
		let model = model();
		workers(10..13, model);
		let (failed, output) = (error(ErrorCode::InputInvalid), scores([1, 2, 3]));
		let (task, first) = assign_and_commit(model, [&failed, &output]);
		all_reveal(task, &first[..1], &failed);
		all_reveal(task, &first[1..], &output);
		let third = more(task, &first);
		answer_with(task, &third, &[&failed]);

		let reason = RefundReason::Failed(ErrorCode::InputInvalid);
		assert_eq!(status(task), TaskStatus::Refunded { at: System::block_number(), reason });
		let spent = part(PRICE, FailedPart::get());
		assert_eq!(balances(REQUESTER), (FUNDS - spent - audit_fee(1) - deposit(1), deposit(1)));
		for winner in [first[0], third[0]] {
			assert_eq!(balances(winner), (FUNDS - STAKE + reward(), STAKE), "the loser pays their whole runs");
		}
		assert_eq!(balances(first[1]), (FUNDS - STAKE, STAKE - WRONG));
	});
}

#[test]
fn two_errors_disagree() {
	run(|| {
		let model = model();
		workers([10, 11], model);
		let (first, second) = (error(ErrorCode::InputInvalid), error(ErrorCode::ModelInvalid));
		let (task, drawn) = assign_and_commit(model, [&first, &second]);
		all_reveal(task, &drawn[..1], &first);
		all_reveal(task, &drawn[1..], &second);
		assert_eq!(status(task), TaskStatus::Disputed);
	});
}

#[test]
fn who_joins_a_dispute_is_none_of_those_who_answered_nor_of_their_owners() {
	run(|| {
		let model = model();
		workers([10, 11], model);
		frame_support::assert_ok!(TaskAssignment::join(signed(20), STAKE, 9, Some(account(10)), true));
		frame_support::assert_ok!(TaskAssignment::serve(signed(20), model));
		let (task, drawn) = assign(model);
		let outsider = drawn.contains(&20);
		answer_with(task, &drawn, &[&scores([1, 2, 3]), &scores([9, 9, 9])]);
		advance(8);
		// 10 and 20 are one owner's, and 11 alone is left where both of them answered nothing.
		assert!(!(outsider && drawn.contains(&10)));
		assert_eq!(status(task), TaskStatus::Disputed);
	});
}

#[test]
fn one_worker_settles_a_single_task_for_half_the_price() {
	run(|| {
		let model = model();
		workers([10], model);
		let task = submit_assured(model, Assurance::Single);
		advance(1);
		answer_with(task, &[10], &[&scores([1, 2, 3])]);
		assert!(matches!(status(task), TaskStatus::Settled { .. }));
		let fee = PRICE.div_ceil(2);
		assert_eq!(balances(10).0, FUNDS - STAKE + FeeTable::default().split(fee, 1).per_worker);
	});
}

#[test]
fn two_of_a_panel_outvote_the_third_and_share_its_part() {
	run(|| {
		let model = model();
		workers(10..13, model);
		let task = submit_assured(model, Assurance::Panel);
		advance(1);
		let drawn = assigned(task);
		assert_eq!(drawn.len(), 3);
		let truth = scores([1, 2, 3]);
		answer_with(task, &drawn, &[&truth, &scores([9, 9, 9]), &truth]);
		let fee = (3 * PRICE).div_ceil(2);
		let per_worker = FeeTable::default().split(fee, 2).per_worker;
		for winner in [drawn[0], drawn[2]] {
			assert_eq!(balances(winner), (FUNDS - STAKE + per_worker, STAKE));
		}
		let lost = WRONG.max(crate::Tasks::<Test>::get(task).unwrap().bound);
		assert_eq!(balances(drawn[1]).1, STAKE - lost);
	});
}

#[test]
fn a_panel_without_a_majority_asks_two_more() {
	run(|| {
		let model = model();
		workers(10..15, model);
		let task = submit_assured(model, Assurance::Panel);
		advance(1);
		let drawn = assigned(task);
		let truth = scores([1, 2, 3]);
		answer_with(task, &drawn, &[&truth, &scores([50, 0, 0]), &scores([0, 50, 0])]);
		let last = more(task, &drawn);
		assert_eq!(last.len(), 2);
		answer_with(task, &last, &[&truth, &truth]);
		assert!(matches!(status(task), TaskStatus::Settled { digest, .. } if digest == truth.digest()));
	});
}

#[test]
fn the_order_of_reveals_never_changes_a_verdict() {
	// Answers of which neighbours agree, and the first and the last do not.
	let answers = [scores([0, 0, 0]), scores([2, 0, 0]), scores([4, 0, 0])];
	let mut outcomes = vec![];
	for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
		run(|| {
			let model = model();
			workers(10..13, model);
			let task = submit_assured(model, Assurance::Panel);
			advance(1);
			let drawn = assigned(task);
			for (worker, answer) in drawn.iter().zip(&answers) {
				frame_support::assert_ok!(commit(*worker, task, answer));
			}
			draw_lots(task);
			for at in order {
				frame_support::assert_ok!(reveal(drawn[at], task, &answers[at]));
			}
			let paid: Vec<_> = drawn.iter().map(|worker| balances(*worker)).collect();
			outcomes.push((status(task), paid));
		});
	}
	assert!(outcomes.windows(2).all(|two| two[0] == two[1]));
	let digest = answers[1].digest();
	assert!(matches!(outcomes[0].0, TaskStatus::Settled { digest: found, .. } if found == digest));
}
