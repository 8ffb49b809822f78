//! Tasks that outsiders run again, where the answer stands.

use deepnode_primitives::{fees::FeeTable, task::Assurance, traits::SettledTasks, DN};
use frame_support::{assert_noop, assert_ok, storage::with_transaction, traits::Hooks};
use sp_runtime::{DispatchError, TransactionOutcome};

use crate::{
	mock::*,
	types::{AuditPhase, Offence, TaskStatus},
	Assignments,
};

#[test]
fn tasks_are_audited_as_often_as_their_level_says() {
	for (assurance, expected) in [(Assurance::Single, 0.25), (Assurance::Pair, 0.05), (Assurance::Panel, 0.02)] {
		run(|| {
			const LOTTERIES: u32 = 1_500;
			let model = model();
			workers(10..13, model);
			let task = submit_assured(model, assurance);
			advance(1);
			let drawn = assigned(task);
			let answer = scores([1, 2, 3]);
			all_commit(task, &drawn, &answer);
			Audited::set(None);
			let next = System::block_number() + 1;
			let is_audited = |luck: &u32| {
				Luck::set(*luck);
				with_transaction(|| {
					System::set_block_number(next);
					TaskAssignment::on_initialize(next);
					TransactionOutcome::Rollback(Ok::<_, DispatchError>(phase(task) != AuditPhase::Spared))
				})
			};
			let audited = (0..LOTTERIES).filter(|luck| is_audited(luck).unwrap()).count();
			let (n, deviation) = (f64::from(LOTTERIES), (f64::from(LOTTERIES) * expected * (1.0 - expected)).sqrt());
			assert!((audited as f64 - n * expected).abs() < 4.0 * deviation, "{audited} at {assurance:?}");
		});
	}
}

#[test]
fn an_auditor_commits_before_anybody_reveals_and_where_it_agrees_is_paid_from_the_fund() {
	run(|| {
		let model = model();
		workers(10..13, model);
		endow_audit_fund(10 * DN);
		let truth = scores([1, 2, 3]);
		let (task, drawn) = audited(model, &truth);
		assert_eq!((status(task), phase(task)), (TaskStatus::Committed, AuditPhase::Assigned));
		let auditor = auditors(task)[0];
		assert!(!drawn.contains(&auditor));
		assert!(Assignments::<Test>::contains_key(account(auditor), task), "it sees it like any other");
		assert_eq!((worker_of(auditor).active, worker_of(auditor).liable), (1, bound()));
		for worker in &drawn {
			let early = pallet_attestation::Error::<Test>::RevealTooEarly;
			assert_noop!(reveal(*worker, task, &truth), early);
		}

		events();
		assert_ok!(commit(auditor, task, &truth));
		assert_eq!(events(), [Event::AnswersCommitted { task }]);
		assert_eq!((status(task), phase(task)), (TaskStatus::Committed, AuditPhase::Committed));
		all_reveal(task, &drawn, &truth);
		assert_eq!(status(task), TaskStatus::Committed, "the auditor is waited for");
		events();
		assert_ok!(reveal(auditor, task, &truth));
		assert!(matches!(status(task), TaskStatus::Settled { .. }));
		assert_eq!(TaskAssignment::output(task), Some(inline(truth.to_bytes())));
		let amount = reward();
		assert_eq!(
			events()[1..],
			[
				Event::AuditorPaid { auditor: account(auditor), task, amount },
				Event::AuditConfirmed { task, auditors: accounts(&[auditor]), losers: vec![] },
			]
		);
		assert_eq!(phase(task), AuditPhase::Confirmed);
		assert_eq!(balances(auditor), (FUNDS - STAKE + amount, STAKE));
		assert_eq!(owned(&TaskAssignment::audit_fund()), LEAST + 10 * DN + audit_fee(1) - amount);
		assert_eq!(worker_of(auditor).active, 0);
		assert_eq!(worker_of(auditor).liable, bound(), "it answers for it as long as the others");
		advance_to(task_until(task));
		assert!([10, 11, 12].iter().all(|worker| worker_of(*worker).liable == 0));
	});
}

fn task_until(id: u64) -> BlockNumber {
	task(id).audit.until
}

#[test]
fn an_auditor_is_an_outsider() {
	run(|| {
		let model = model();
		workers([10, 11], model);
		worker(REQUESTER, STAKE, 9, model);
		worker(CREATOR, STAKE, 9, model);
		for (number, owner) in [(20, REQUESTER), (21, CREATOR), (22, 10), (23, 11)] {
			assert_ok!(TaskAssignment::join(signed(number), STAKE, 9, Some(account(owner)), true));
		}
		endow_audit_fund(10 * DN);
		let (task, _) = audited(model, &scores([1, 2, 3]));
		assert_eq!(phase(task), AuditPhase::Waiting, "nobody is found: the workers need not wait");
		reveal_sealed(task);
		assert!(matches!(status(task), TaskStatus::Settled { .. }));
		for number in 20..24 {
			assert_ok!(TaskAssignment::serve(signed(number), model));
		}
		advance(40);
		assert_eq!(phase(task), AuditPhase::Waiting);
		workers([30], model);
		advance(8);
		assert_eq!(auditors(task), [30]);
	});
}

#[test]
fn an_audit_that_finds_nobody_lapses_at_the_end_of_its_window_and_costs_nothing() {
	run(|| {
		let model = model();
		workers([10, 11], model);
		endow_audit_fund(10 * DN);
		let (task, drawn) = audited(model, &scores([1, 2, 3]));
		reveal_sealed(task);
		assert_eq!(task_reserved(task), reward());
		let before = owned(&TaskAssignment::audit_fund());
		advance_to(task_until(task));
		assert_eq!(phase(task), AuditPhase::Lapsed);
		assert_eq!((task_reserved(task), owned(&TaskAssignment::audit_fund())), (0, before));
		advance(1);
		assert!(!crate::Tasks::<Test>::contains_key(task));
		drawn.iter().for_each(|worker| assert_eq!(worker_of(*worker).liable, 0));
	});
}

fn task_deadline(id: u64) -> BlockNumber {
	task(id).deadline
}

fn task_reserved(id: u64) -> u128 {
	task(id).audit.reserved
}

#[test]
fn an_audit_that_the_fund_cannot_pay_is_skipped_and_the_fund_stays_alive() {
	run(|| {
		let model = model();
		workers(10..13, model);
		// What this task pays in when it settles, and the existential deposit, which is not the fund's to spend.
		endow_audit_fund(reward() - audit_fee(1) - 1);
		let (task, _) = audited(model, &scores([1, 2, 3]));
		assert_eq!(phase(task), AuditPhase::Waiting);
		reveal_sealed(task);
		advance(1);
		assert_eq!(phase(task), AuditPhase::Lapsed);
		endow_audit_fund(1);
		let (again, _) = audited(model, &scores([1, 2, 3]));
		assert_eq!(phase(again), AuditPhase::Assigned);
	});
}

#[test]
fn one_reward_cannot_pay_two_audits() {
	run(|| {
		let model = model();
		(10..14).for_each(|number| worker(number, STAKE, 9, model));
		endow_audit_fund(reward() + audit_fee(1));
		let answer = scores([1, 2, 3]);
		let tasks = submit_many(model, 2);
		advance(1);
		tasks.iter().for_each(|task| all_commit(*task, &assigned(*task), &answer));
		Audited::set(Some(true));
		advance(2);
		let mut phases: Vec<_> = tasks.iter().map(|task| phase(*task) == AuditPhase::Assigned).collect();
		phases.sort();
		assert_eq!(phases, [false, true]);
	});
}

#[test]
fn an_absent_auditor_is_slashed_and_replaced() {
	run(|| {
		let model = model();
		workers(10..14, model);
		endow_audit_fund(10 * DN);
		let truth = scores([1, 2, 3]);
		let (task, _) = audited(model, &truth);
		let absent = auditors(task)[0];
		advance(CommitWindow::get());
		assert_eq!(balances(absent).1, STAKE - STAKE / 20);
		let another = auditors(task);
		assert!(another.len() == 1 && another[0] != absent);
		assert_eq!((status(task), phase(task)), (TaskStatus::Committed, AuditPhase::Assigned));
		answer_with(task, &another, &[&truth]);
		assert_eq!(phase(task), AuditPhase::Confirmed);
	});
}

#[test]
fn a_task_does_not_miss_its_deadline_for_auditors_who_are_absent() {
	run(|| {
		let model = model();
		workers(10..15, model);
		endow_audit_fund(10 * DN);
		let truth = scores([1, 2, 3]);
		let deadline = System::block_number() + 1 + CommitWindow::get() + 1 + RevealWindow::get();
		let id = submit_until(model, 1, deadline);
		advance(1);
		let drawn = assigned(id);
		all_commit(id, &drawn, &truth);
		hold_audit(id);
		let absent = auditors(id)[0];
		assert_eq!(task(id).deadline, System::block_number() + CommitWindow::get() + 1 + RevealWindow::get());
		advance(CommitWindow::get());
		assert_eq!(balances(absent).1, STAKE - STAKE / 20);
		assert_eq!((auditors(id), phase(id)), (vec![], AuditPhase::Waiting), "the workers reveal");
		reveal_sealed(id);
		assert!(matches!(status(id), TaskStatus::Settled { .. }));
		advance(1);
		let another = auditors(id);
		assert!(another.len() == 1 && another[0] != absent, "the audit takes place all the same");
		answer_with(id, &another, &[&truth]);
		assert_eq!(phase(id), AuditPhase::Confirmed);
	});
}

#[test]
fn an_auditor_that_withholds_loses_what_a_worker_does_and_another_is_asked() {
	run(|| {
		let model = model();
		workers(10..14, model);
		endow_audit_fund(10 * DN);
		let truth = scores([1, 2, 3]);
		let (task, drawn) = audited(model, &truth);
		let withheld = auditors(task)[0];
		assert_ok!(commit(withheld, task, &truth));
		all_reveal(task, &drawn, &truth);
		advance(RevealWindow::get());
		assert_eq!(balances(withheld).1, STAKE - STAKE / 5);
		assert_eq!((worker_of(withheld).active, worker_of(withheld).liable), (0, 0));
		assert!(matches!(status(task), TaskStatus::Settled { .. }), "the workers are not to blame");
		assert_noop!(reveal(withheld, task, &truth), pallet_attestation::Error::<Test>::NotAssigned);
		advance(1);
		let another = auditors(task);
		answer_with(task, &another, &[&truth]);
		assert_eq!(phase(task), AuditPhase::Confirmed);
	});
}

#[test]
fn where_a_worker_withholds_the_auditor_confirms_the_other_and_the_task_settles() {
	run(|| {
		let model = model();
		workers(10..15, model);
		endow_audit_fund(10 * DN);
		let truth = scores([1, 2, 3]);
		let (task, drawn) = audited(model, &truth);
		let auditor = auditors(task)[0];
		assert_ok!(commit(auditor, task, &truth));
		all_reveal(task, &[drawn[0], auditor], &truth);
		advance(RevealWindow::get());
		assert!(matches!(status(task), TaskStatus::Settled { .. }));
		assert_eq!(phase(task), AuditPhase::Confirmed);
		let row = FeeTable::default().split(PRICE, 1).per_worker;
		assert_eq!(balances(drawn[0]), (FUNDS - STAKE + row, STAKE), "it has the whole row");
		assert_eq!(balances(drawn[1]), (FUNDS - STAKE, STAKE - STAKE / 5));
		assert_eq!(balances(auditor), (FUNDS - STAKE + reward(), STAKE));
		assert_eq!((worker_of(drawn[1]).active, worker_of(drawn[1]).liable), (0, 0));
		assert_eq!(SlashedAndBurned::get(), STAKE / 5);
	});
}

#[test]
fn where_every_worker_withholds_the_auditor_is_paid_by_them_and_all_begins_anew() {
	run(|| {
		let model = model();
		workers(10..15, model);
		endow_audit_fund(10 * DN);
		let truth = scores([1, 2, 3]);
		let (task, _) = audited(model, &truth);
		let auditor = auditors(task)[0];
		assert_ok!(commit(auditor, task, &truth));
		assert_ok!(reveal(auditor, task, &truth));
		advance(RevealWindow::get());
		assert_eq!((status(task), phase(task)), (TaskStatus::Submitted, AuditPhase::None));
		assert_eq!(balances(auditor), (FUNDS - STAKE + reward(), STAKE));
		assert_eq!((worker_of(auditor).active, worker_of(auditor).liable), (0, 0));
		assert_eq!(task_reserved(task), 0);
		assert_eq!(owned(&TaskAssignment::audit_fund()), LEAST + 10 * DN);
		advance(1);
		assert!(!assigned(task).contains(&auditor), "it knows the answer");
	});
}

#[test]
fn an_auditor_of_a_task_that_cannot_be_answered_is_paid_for_its_run() {
	run(|| {
		let model = model();
		workers(10..13, model);
		endow_audit_fund(10 * DN);
		let failure = error(deepnode_primitives::task::ErrorCode::InputInvalid);
		let (task, _) = audited(model, &failure);
		let auditor = auditors(task)[0];
		answer_with(task, &[auditor], &[&failure]);
		assert!(matches!(status(task), TaskStatus::Refunded { .. }));
		assert_eq!(balances(auditor), (FUNDS - STAKE + reward(), STAKE));
		assert_eq!((worker_of(auditor).active, worker_of(auditor).liable), (0, bound()));
		assert_eq!(owned(&TaskAssignment::audit_fund()), LEAST + 10 * DN - reward() + audit_fee(1));
	});
}

#[test]
fn the_auditor_of_a_disputed_task_is_heard_once_that_is_settled() {
	run(|| {
		let model = model();
		workers(10..14, model);
		endow_audit_fund(10 * DN);
		let (truth, lie) = (scores([1, 2, 3]), scores([9, 9, 9]));
		let (task, drawn) = assign_and_commit(model, [&truth, &lie]);
		hold_audit(task);
		let auditor = auditors(task)[0];
		answer_with(task, &[auditor], &[&truth]);
		assert_eq!((status(task), phase(task)), (TaskStatus::Disputed, AuditPhase::Committed));
		advance(1);
		let third = joined(assigned(task), &drawn);
		assert!(!third.contains(&auditor));
		answer_with(task, &third, &[&truth]);
		assert_eq!(phase(task), AuditPhase::Confirmed);
		assert_eq!(balances(auditor), (FUNDS - STAKE + reward(), STAKE));
	});
}

#[test]
fn the_auditor_of_a_task_that_stays_disputed_goes_unpaid() {
	run(|| {
		let model = model();
		workers(10..13, model);
		endow_audit_fund(10 * DN);
		let (task, _) = assign_and_commit(model, [&scores([50, 0, 0]), &scores([0, 50, 0])]);
		hold_audit(task);
		let auditor = auditors(task)[0];
		answer_with(task, &[auditor], &[&scores([0, 0, 50])]);
		advance_to(task_deadline(task) + 1);
		assert!(matches!(status(task), TaskStatus::Refunded { .. }), "nobody is there to decide");
		assert_eq!(balances(auditor), (FUNDS - STAKE, STAKE));
		assert_eq!((worker_of(auditor).active, worker_of(auditor).liable), (0, 0));
		assert_eq!(owned(&TaskAssignment::audit_fund()), LEAST + 10 * DN);
	});
}

#[test]
fn an_auditor_that_contradicts_falsely_pays_the_two_who_find_that_out() {
	run(|| {
		let model = model();
		workers(10..15, model);
		endow_audit_fund(10 * DN);
		let (truth, lie) = (scores([1, 2, 3]), scores([9, 9, 9]));
		let (task, drawn) = audited(model, &truth);
		let liar = auditors(task)[0];
		events();
		answer_with(task, &[liar], &[&lie]);
		assert!(events().contains(&Event::AuditContradicted { task }));
		assert!(matches!(status(task), TaskStatus::Settled { .. }));
		let two = audit_with(task, &truth);
		assert_eq!(two.len(), 2);

		assert_eq!(phase(task), AuditPhase::Confirmed);
		let slash = STAKE / 10;
		let event = Event::WorkerSlashed { worker: account(liar), task, amount: slash, offence: Offence::WrongAnswer };
		assert!(events().contains(&event));
		assert_eq!(balances(liar), (FUNDS - STAKE, STAKE - slash));
		two.iter().for_each(|auditor| assert_eq!(balances(*auditor), (FUNDS - STAKE + reward(), STAKE)));
		drawn.iter().for_each(|worker| assert_eq!(balances(*worker), (FUNDS - STAKE + reward(), STAKE)));
		assert_eq!(SlashedAndBurned::get(), slash - 2 * reward());
		let fund = owned(&TaskAssignment::audit_fund());
		assert_eq!(fund, LEAST + 10 * DN + audit_fee(1), "the fund pays nothing for that");
	});
}

#[test]
fn five_auditors_who_contradict_each_other_prove_nothing() {
	run(|| {
		let model = model();
		workers(10..17, model);
		endow_audit_fund(10 * DN);
		let truth = scores([1, 2, 3]);
		let (task, _) = audited(model, &truth);
		answer_with(task, &auditors(task), &[&scores([50, 0, 0])]);
		advance(1);
		answer_with(task, &asked_auditors(task), &[&scores([0, 50, 0]), &scores([0, 0, 50])]);
		advance(1);
		events();
		answer_with(task, &asked_auditors(task), &[&scores([-50, 0, 0]), &scores([0, 0, 50])]);
		assert_eq!(phase(task), AuditPhase::Undecided);
		assert_eq!(events()[1..], [Event::AuditUndecided { task }]);
		assert_eq!(TaskAssignment::output(task), Some(inline(truth.to_bytes())), "the answer stands");
		auditors(task).iter().for_each(|auditor| assert_eq!(balances(*auditor), (FUNDS - STAKE, STAKE)));
		assert_eq!(owned(&TaskAssignment::audit_fund()), LEAST + 10 * DN + audit_fee(1));
	});
}

#[test]
fn a_contradiction_that_nobody_is_there_to_decide_lapses() {
	run(|| {
		let model = model();
		workers(10..13, model);
		endow_audit_fund(10 * DN);
		let (task, _) = audited(model, &scores([1, 2, 3]));
		let auditor = auditors(task)[0];
		answer_with(task, &[auditor], &[&scores([9, 9, 9])]);
		let until = System::block_number() + AuditWindow::get();
		assert_eq!(task_until(task), until, "it has a whole window once more");
		advance_to(until);
		assert_eq!(phase(task), AuditPhase::Lapsed);
		assert_eq!(balances(auditor), (FUNDS - STAKE, STAKE));
	});
}

#[test]
fn four_auditors_are_enough_where_they_agree() {
	run(|| {
		let model = model();
		workers(10..17, model);
		endow_audit_fund(10 * DN);
		let (lie, truth) = (scores([9, 9, 9]), scores([1, 2, 3]));
		let (task, _) = audited(model, &lie);
		answer_with(task, &auditors(task), &[&truth]);
		advance(1);
		answer_with(task, &asked_auditors(task), &[&truth, &truth]);
		advance(1);
		let two = asked_auditors(task);
		assert_ok!(commit(two[0], task, &truth));
		advance(CommitWindow::get());
		// Nobody replaces the other.
		assert_eq!(phase(task), AuditPhase::Committed);
		assert_ok!(reveal(two[0], task, &truth));
		assert!(matches!(status(task), TaskStatus::Overturned { .. }));
	});
}
