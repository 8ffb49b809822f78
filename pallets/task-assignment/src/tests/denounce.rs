//! One of those who agreed falsely, or whom they outvoted, reports them.

use deepnode_primitives::{canonical::Answer, fees::part, task::Assurance, DN};
use frame_support::{assert_noop, assert_ok};
use sp_core::H256;

use crate::{
	mock::*,
	types::{AuditPhase, TaskStatus},
	Error,
};

const EVIDENCE: H256 = H256([5; 32]);
const FALSELY: u128 = STAKE * 3 / 10;

fn denounce(who: u8, task: u64) -> sp_runtime::DispatchResult {
	TaskAssignment::denounce(signed(who), task, EVIDENCE)
}

/// A task that a pair has settled with this answer, which chance has spared and the first of the pair has
/// denounced; the audit's first auditor has answered.
fn denounced(model: u32, answer: &Answer, auditors_say: &Answer) -> (u64, Vec<u8>) {
	let (task, pair) = settled(model, answer);
	assert_eq!(phase(task), AuditPhase::Spared);
	assert_ok!(denounce(pair[0], task));
	advance(1);
	answer_with(task, &auditors(task), &[auditors_say]);
	(task, pair)
}

#[test]
fn a_report_that_is_right_costs_the_accomplice_and_rewards_the_reporter() {
	run(|| {
		let model = model();
		workers(10..17, model);
		let (lie, truth) = (scores([9, 9, 9]), scores([1, 2, 3]));
		let (task, pair) = denounced(model, &lie, &truth);
		let bond = DenounceBond::get();
		assert_eq!(balances(pair[0]), (FUNDS - STAKE + reward() - bond, STAKE + bond));
		events();
		assert_eq!(audit_with(task, &truth).len(), 4);

		assert!(matches!(status(task), TaskStatus::Overturned { .. }));
		let share = part(FALSELY, TraitorPart::get());
		assert_eq!(balances(pair[0]), (FUNDS - STAKE + reward() + share, STAKE), "it keeps its stake");
		assert_eq!(balances(pair[1]), (FUNDS - STAKE + reward(), STAKE - FALSELY));
		assert!(events().contains(&Event::ReporterRewarded { reporter: account(pair[0]), task, amount: share }));
		let found = part(FALSELY, FinderPart::get()) / 5;
		assert_eq!(SlashedAndBurned::get(), FALSELY - PRICE - 5 * (reward() + found) - share);
		assert!(share < FALSELY, "two of one hand lose by it");
		assert_eq!(owned(&TaskAssignment::audit_fund()), LEAST + audit_fee(1), "the fund pays nothing");
		advance(3 * AuditWindow::get());
		assert_eq!(worker_of(pair[0]).liable, 0);
	});
}

#[test]
fn a_report_that_is_wrong_costs_its_bond_which_pays_the_audit() {
	run(|| {
		let model = model();
		workers(10..15, model);
		let truth = scores([1, 2, 3]);
		let (task, pair) = denounced(model, &truth, &truth);
		assert_eq!(phase(task), AuditPhase::Confirmed);
		let bond = DenounceBond::get();
		assert_eq!(balances(pair[0]), (FUNDS - STAKE + reward() - bond, STAKE));
		assert_eq!(balances(pair[1]), (FUNDS - STAKE + reward(), STAKE));
		let auditor = auditors(task)[0];
		assert_eq!(balances(auditor), (FUNDS - STAKE + reward(), STAKE));
		assert_eq!(SlashedAndBurned::get(), bond - reward());
		assert!(events().contains(&Event::BondLost { reporter: account(pair[0]), task, amount: bond }));
	});
}

#[test]
fn a_report_that_is_not_decided_gives_the_bond_back() {
	run(|| {
		let model = model();
		workers(10..17, model);
		let truth = scores([1, 2, 3]);
		let (task, pair) = denounced(model, &truth, &scores([50, 0, 0]));
		advance(1);
		answer_with(task, &asked_auditors(task), &[&truth, &scores([0, 50, 0])]);
		advance(1);
		answer_with(task, &asked_auditors(task), &[&truth, &scores([0, 0, 50])]);
		assert_eq!(phase(task), AuditPhase::Undecided, "two of five confirm nothing");
		assert_eq!(balances(pair[0]), (FUNDS - STAKE + reward(), STAKE));
	});
}

#[test]
fn a_report_that_finds_no_auditor_gives_the_bond_back() {
	run(|| {
		let model = model();
		workers([10, 11], model);
		let (task, pair) = settled(model, &scores([1, 2, 3]));
		advance(AuditWindow::get() - 5);
		assert_ok!(denounce(pair[0], task));
		assert_eq!(task_until(task), System::block_number() + AuditWindow::get(), "a report gives it time");
		advance(AuditWindow::get());
		assert_eq!(phase(task), AuditPhase::Lapsed);
		assert_eq!(balances(pair[0]), (FUNDS - STAKE + reward(), STAKE));
	});
}

fn task_until(id: u64) -> BlockNumber {
	task(id).audit.until
}

#[test]
fn the_bond_is_at_least_what_the_audit_costs() {
	run(|| {
		let model = register(pallet_model_registry::ModelSpec { price: 60 * DN, ..spec(Default::default()) });
		workers(10..15, model);
		let (task, pair) = settled(model, &scores([1, 2, 3]));
		assert_ok!(denounce(pair[1], task));
		assert_eq!(balances(pair[1]).1, STAKE + 15 * DN);
	});
}

#[test]
fn only_who_agreed_with_others_or_was_outvoted_denounces_a_settled_task() {
	run(|| {
		let model = model();
		workers(10..15, model);
		assert_noop!(denounce(10, 0), Error::<Test>::UnknownTask);
		let answer = scores([1, 2, 3]);
		let (open, drawn) = assign(model);
		assert_noop!(denounce(drawn[0], open), Error::<Test>::NotSettled);
		answer_with(open, &drawn, &[&answer, &answer]);
		let outsider = (10..15).find(|worker| !drawn.contains(worker)).unwrap();
		assert_noop!(denounce(outsider, open), Error::<Test>::NotConcerned);
		assert_noop!(denounce(REQUESTER, open), Error::<Test>::NotConcerned);

		let single = submit_assured(model, Assurance::Single);
		advance(1);
		let alone = assigned(single);
		answer_with(single, &alone, &[&answer]);
		assert_noop!(denounce(alone[0], single), Error::<Test>::NotConcerned);
	});
}

#[test]
fn who_was_outvoted_by_a_lie_has_back_what_it_lost_and_no_reward() {
	run(|| {
		let model = model();
		workers(10..18, model);
		let (truth, lie) = (scores([1, 2, 3]), scores([9, 9, 9]));
		let (task, first) = assign_and_commit(model, [&truth, &lie]);
		answer_with(task, &[], &[]);
		advance(1);
		let third = joined(assigned(task), &first)[0];
		answer_with(task, &[third], &[&lie]);
		let (lost, before) = (STAKE / 10, balances(first[0]).0);
		assert_eq!(balances(first[0]).1, STAKE - lost);
		assert_ok!(denounce(first[0], task));
		advance(1);
		audit_with(task, &truth);
		assert!(matches!(status(task), TaskStatus::Overturned { .. }));
		assert_eq!(balances(first[0]), (before + lost, STAKE - lost), "its bond, and what it was slashed");
		assert!(!events().iter().any(|event| matches!(event, Event::ReporterRewarded { .. })));
	});
}

#[test]
fn who_was_outvoted_rightly_and_denounces_loses_its_bond_besides() {
	run(|| {
		let model = model();
		workers(10..18, model);
		let (truth, lie) = (scores([1, 2, 3]), scores([9, 9, 9]));
		let (task, first) = assign_and_commit(model, [&truth, &lie]);
		answer_with(task, &[], &[]);
		advance(1);
		answer_with(task, &joined(assigned(task), &first), &[&truth]);
		let before = balances(first[1]).0;
		assert_ok!(denounce(first[1], task));
		advance(1);
		audit_with(task, &truth);
		assert_eq!(phase(task), AuditPhase::Confirmed);
		assert_eq!(balances(first[1]).0, before - DenounceBond::get());
	});
}

#[test]
fn nobody_waits_for_the_lottery_to_denounce_only_when_it_has_hit() {
	run(|| {
		let model = model();
		workers([10, 11], model);
		endow_audit_fund(10 * DN);
		let (task, pair) = audited(model, &scores([9, 9, 9]));
		assert_noop!(denounce(pair[0], task), Error::<Test>::NotSettled);
		reveal_sealed(task);
		assert_eq!(phase(task), AuditPhase::Waiting, "nobody is drawn yet, but all know that somebody will be");
		assert_noop!(denounce(pair[0], task), Error::<Test>::AuditBegun);
	});
}

#[test]
fn a_task_is_denounced_once() {
	run(|| {
		let model = model();
		workers(10..15, model);
		let truth = scores([1, 2, 3]);
		let (task, pair) = settled(model, &truth);
		assert_ok!(denounce(pair[0], task));
		assert_noop!(denounce(pair[0], task), Error::<Test>::AuditBegun);
		assert_noop!(denounce(pair[1], task), Error::<Test>::AuditBegun);
		advance(1);
		answer_with(task, &auditors(task), &[&truth]);
		assert_noop!(denounce(pair[1], task), Error::<Test>::AuditBegun);
	});
}

#[test]
fn a_reporter_has_the_bond() {
	run(|| {
		let model = model();
		[10, 11].into_iter().for_each(|number| worker(number, FUNDS - LEAST, 1, model));
		let (task, pair) = settled(model, &scores([1, 2, 3]));
		// Its pay is all that it has free.
		assert_noop!(denounce(pair[0], task), Error::<Test>::InsufficientFunds);
	});
}
