//! Settled tasks that outsiders run again, where the answer stands.

use deepnode_primitives::{task::Assurance, traits::SettledTasks, DN};
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
			answer_with(task, &drawn, &vec![&answer; drawn.len()]);
			Audited::set(None);
			let next = System::block_number() + 1;
			let is_audited = |luck: &u32| {
				Luck::set(*luck);
				with_transaction(|| {
					System::set_block_number(next);
					TaskAssignment::on_initialize(next);
					TransactionOutcome::Rollback(Ok::<_, DispatchError>(phase(task) == AuditPhase::Waiting))
				})
			};
			let audited = (0..LOTTERIES).filter(|luck| is_audited(luck).unwrap()).count();
			let (n, deviation) = (f64::from(LOTTERIES), (f64::from(LOTTERIES) * expected * (1.0 - expected)).sqrt());
			assert!((audited as f64 - n * expected).abs() < 4.0 * deviation, "{audited} at {assurance:?}");
		});
	}
}

#[test]
fn an_answer_is_the_requesters_at_once_and_an_auditor_that_agrees_is_paid_from_the_fund() {
	run(|| {
		let model = model();
		workers(10..13, model);
		endow_audit_fund(10 * DN);
		let truth = scores([1, 2, 3]);
		let (task, drawn) = settled(model, &truth, true);
		assert!(matches!(status(task), TaskStatus::Settled { .. }), "for everybody else it is settled");
		assert_eq!(TaskAssignment::output(task), Some(inline(truth.to_bytes())));
		let auditor = auditors(task)[0];
		assert!(!drawn.contains(&auditor));
		assert!(Assignments::<Test>::contains_key(account(auditor), task), "it sees it like any other");
		assert_eq!((worker_of(auditor).active, worker_of(auditor).liable), (1, bound()));

		assert_ok!(commit(auditor, task, &truth));
		assert_eq!(phase(task), AuditPhase::Committed);
		events();
		assert_ok!(reveal(auditor, task, &truth));
		let amount = reward();
		assert_eq!(
			events(),
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
			assert_ok!(TaskAssignment::join(signed(number), STAKE, 9, Some(account(owner))));
		}
		endow_audit_fund(10 * DN);
		let (task, _) = settled(model, &scores([1, 2, 3]), true);
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
		let (task, drawn) = settled(model, &scores([1, 2, 3]), true);
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

fn task_reserved(id: u64) -> u128 {
	task(id).audit.reserved
}

#[test]
fn an_audit_that_the_fund_cannot_pay_is_skipped_and_the_fund_stays_alive() {
	run(|| {
		let model = model();
		workers(10..13, model);
		// What this task has paid in, and the existential deposit, which is not the fund's to spend.
		endow_audit_fund(reward() - audit_fee(1) - 1);
		let (task, _) = settled(model, &scores([1, 2, 3]), true);
		assert_eq!(phase(task), AuditPhase::Lapsed);
		endow_audit_fund(1);
		let again = submit(model, 1);
		advance(1);
		let drawn = assigned(again);
		answer_with(again, &drawn, &[&scores([1, 2, 3]), &scores([1, 2, 3])]);
		Audited::set(Some(true));
		advance(2);
		assert_eq!(phase(again), AuditPhase::Assigned);
	});
}

#[test]
fn one_reward_cannot_pay_two_audits() {
	run(|| {
		let model = model();
		(10..14).for_each(|number| worker(number, STAKE, 9, model));
		endow_audit_fund(reward() - 2 * audit_fee(1) + audit_fee(1) / 2);
		let answer = scores([1, 2, 3]);
		let tasks = submit_many(model, 2);
		advance(1);
		tasks.iter().for_each(|task| answer_with(*task, &assigned(*task), &[&answer, &answer]));
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
		let (task, _) = settled(model, &truth, true);
		let absent = auditors(task)[0];
		advance(CommitWindow::get());
		assert_eq!(balances(absent).1, STAKE - STAKE / 20);
		let another = auditors(task);
		assert!(another.len() == 1 && another[0] != absent);
		answer_with(task, &another, &[&truth]);
		assert_eq!(phase(task), AuditPhase::Confirmed);
	});
}

#[test]
fn an_auditor_that_withholds_loses_what_a_worker_does_and_another_is_asked() {
	run(|| {
		let model = model();
		workers(10..14, model);
		endow_audit_fund(10 * DN);
		let truth = scores([1, 2, 3]);
		let (task, _) = settled(model, &truth, true);
		let withheld = auditors(task)[0];
		assert_ok!(commit(withheld, task, &truth));
		advance(RevealWindow::get());
		assert_eq!(balances(withheld).1, STAKE - STAKE / 5);
		assert_eq!((worker_of(withheld).active, worker_of(withheld).liable), (0, 0));
		assert_noop!(reveal(withheld, task, &truth), pallet_attestation::Error::<Test>::NotAssigned);
		advance(1);
		let another = auditors(task);
		answer_with(task, &another, &[&truth]);
		assert_eq!(phase(task), AuditPhase::Confirmed);
	});
}

#[test]
fn an_auditor_that_contradicts_falsely_pays_the_two_who_find_that_out() {
	run(|| {
		let model = model();
		workers(10..15, model);
		endow_audit_fund(10 * DN);
		let (truth, lie) = (scores([1, 2, 3]), scores([9, 9, 9]));
		let (task, drawn) = settled(model, &truth, true);
		let liar = auditors(task)[0];
		events();
		answer_with(task, &[liar], &[&lie]);
		assert!(events().contains(&Event::AuditContradicted { task }));
		assert!(matches!(status(task), TaskStatus::Settled { .. }));
		advance(1);
		let two = joined(auditors(task), &[liar]);
		assert_eq!(two.len(), 2);
		answer_with(task, &two, &[&truth, &truth]);

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
fn three_auditors_who_contradict_each_other_prove_nothing() {
	run(|| {
		let model = model();
		workers(10..15, model);
		endow_audit_fund(10 * DN);
		let truth = scores([1, 2, 3]);
		let (task, _) = settled(model, &truth, true);
		let first = auditors(task);
		answer_with(task, &first, &[&scores([50, 0, 0])]);
		advance(1);
		let two = joined(auditors(task), &first);
		events();
		answer_with(task, &two, &[&scores([0, 50, 0]), &scores([0, 0, 50])]);
		assert_eq!(phase(task), AuditPhase::Undecided);
		assert_eq!(events()[1..], [Event::AuditUndecided { task }]);
		assert_eq!(TaskAssignment::output(task), Some(inline(truth.to_bytes())), "the answer stands");
		[first, two].concat().iter().for_each(|auditor| assert_eq!(balances(*auditor), (FUNDS - STAKE, STAKE)));
		assert_eq!(owned(&TaskAssignment::audit_fund()), LEAST + 10 * DN + audit_fee(1));
	});
}

#[test]
fn a_contradiction_that_nobody_is_there_to_decide_lapses() {
	run(|| {
		let model = model();
		workers(10..13, model);
		endow_audit_fund(10 * DN);
		let (task, _) = settled(model, &scores([1, 2, 3]), true);
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
fn two_of_three_auditors_are_enough_where_they_agree() {
	run(|| {
		let model = model();
		workers(10..15, model);
		endow_audit_fund(10 * DN);
		let (lie, truth) = (scores([9, 9, 9]), scores([1, 2, 3]));
		let (task, _) = settled(model, &lie, true);
		let first = auditors(task);
		answer_with(task, &first, &[&truth]);
		advance(1);
		let two = joined(auditors(task), &first);
		assert_ok!(commit(two[0], task, &truth));
		advance(CommitWindow::get());
		// Nobody replaces the other.
		assert_eq!(phase(task), AuditPhase::Committed);
		assert_ok!(reveal(two[0], task, &truth));
		assert!(matches!(status(task), TaskStatus::Overturned { .. }));
	});
}
