//! Majorities for an error: audited like others where the error can be verified, and worth nothing where it says
//! no more than that somebody could not fetch what it needed.

use deepnode_primitives::{fees::part, task::ErrorCode, DN};
use deepnode_scoring::fidelity;
use frame_support::assert_ok;

use crate::{
	mock::*,
	types::{AuditPhase, Offence, RefundReason, TaskStatus},
};

const FALSELY: u128 = STAKE * 3 / 10;

fn spent() -> u128 {
	part(PRICE, FailedPart::get())
}

#[test]
fn two_that_claim_an_error_are_overturned_like_two_that_agree_on_an_output() {
	run(|| {
		let model = model();
		workers(10..17, model);
		endow_audit_fund(10 * DN);
		let (lie, truth) = (error(ErrorCode::InputInvalid), scores([1, 2, 3]));
		let (task, pair) = audited(model, &lie);
		events();
		let auditors = audit_with(task, &truth);

		assert_eq!(auditors.len(), 5);
		assert_eq!(status(task), TaskStatus::Overturned { at: System::block_number() });
		assert_eq!(balances(REQUESTER).0, FUNDS - audit_fee(1) - deposit(1), "it has what it had paid back");
		for worker in &pair {
			assert_eq!(balances(*worker), (FUNDS - STAKE + spent() / 4, STAKE - FALSELY));
			assert_eq!(worker_of(*worker).liable, 0);
		}
		let found = part(2 * FALSELY, FinderPart::get()) / 5;
		auditors.iter().for_each(|auditor| assert_eq!(balances(*auditor).0, FUNDS - STAKE + reward() + found));
		assert_eq!(Observed::get(), [], "it never counted for anything");
		let overturned = Event::TaskOverturned {
			task,
			digest: Some(truth.digest()),
			auditors: accounts(&auditors),
			losers: accounts(&pair),
		};
		assert_eq!(events().last(), Some(&overturned));
		advance(2 * AuditWindow::get());
		assert_eq!(balances(REQUESTER).1, 0, "it is forgotten like any other");
	});
}

#[test]
fn a_true_error_is_confirmed_and_its_workers_answer_for_it_until_it_is_forgotten() {
	run(|| {
		let model = model();
		workers(10..14, model);
		endow_audit_fund(10 * DN);
		let failure = error(ErrorCode::InputInvalid);
		let (task, pair) = audited(model, &failure);
		let auditors = audit_with(task, &failure);
		assert_eq!(phase(task), AuditPhase::Confirmed);
		let reason = RefundReason::Failed(ErrorCode::InputInvalid);
		assert_eq!(status(task), TaskStatus::Refunded { at: System::block_number(), reason });
		assert_eq!(balances(auditors[0]), (FUNDS - STAKE + reward(), STAKE));
		pair.iter().for_each(|worker| assert_eq!(worker_of(*worker).liable, bound()));
		advance(AuditWindow::get());
		(10..14).for_each(|worker| assert_eq!(worker_of(worker).liable, 0));
	});
}

#[test]
fn who_was_outvoted_by_a_false_error_may_denounce_it_and_has_back_what_it_lost() {
	run(|| {
		let model = model();
		workers(10..18, model);
		let (lie, truth) = (error(ErrorCode::NotFinite), scores([1, 2, 3]));
		let (task, first) = assign_and_commit(model, [&truth, &lie]);
		all_reveal(task, &first[..1], &truth);
		all_reveal(task, &first[1..], &lie);
		advance(1);
		let third = joined(assigned(task), &first)[0];
		answer_with(task, &[third], &[&lie]);
		let (honest, lost) = (first[0], STAKE / 10);
		assert_eq!(balances(honest), (FUNDS - STAKE, STAKE - lost));
		assert_ok!(TaskAssignment::denounce(signed(honest), task, Default::default()));
		audit_with(task, &truth);
		assert!(matches!(status(task), TaskStatus::Overturned { .. }));
		assert_eq!(balances(honest), (FUNDS - STAKE + lost, STAKE - lost));
		[first[1], third].iter().for_each(|liar| assert_eq!(balances(*liar).1, STAKE - FALSELY));
	});
}

#[test]
fn who_could_not_fetch_is_neither_paid_nor_punished_nor_trusted_more() {
	for code in [ErrorCode::InputUnavailable, ErrorCode::ModelUnavailable] {
		run(|| {
			let model = model();
			workers([10, 11], model);
			let answer = error(code);
			let (task, drawn) = assign_and_unseal(model, [&answer, &answer]);
			all_reveal(task, &drawn, &answer);
			let reason = RefundReason::Failed(code);
			assert_eq!(status(task), TaskStatus::Refunded { at: System::block_number(), reason });
			assert_eq!(events().last(), Some(&Event::TaskRefunded { task, amount: PRICE - spent(), reason }));
			assert_eq!(balances(REQUESTER).0, FUNDS - spent() - audit_fee(1) - deposit(1));
			for worker in drawn {
				assert_eq!(balances(worker), (FUNDS - STAKE, STAKE));
				assert_eq!(worker_of(worker).fidelity, fidelity::START);
				assert_eq!((worker_of(worker).active, worker_of(worker).liable), (0, 0));
			}
		});
	}
}

#[test]
fn most_who_could_not_fetch_take_nothing_from_one_who_could() {
	run(|| {
		let model = model();
		workers(10..13, model);
		let (unread, truth) = (error(ErrorCode::InputUnavailable), scores([1, 2, 3]));
		let (task, first) = assign_and_commit(model, [&truth, &unread]);
		all_reveal(task, &first[..1], &truth);
		all_reveal(task, &first[1..], &unread);
		advance(1);
		answer_with(task, &joined(assigned(task), &first), &[&unread]);
		assert!(matches!(status(task), TaskStatus::Refunded { reason: RefundReason::Failed(_), .. }));
		for worker in 10..13 {
			assert_eq!(balances(worker), (FUNDS - STAKE, STAKE));
			assert_eq!(worker_of(worker).liable, 0);
		}
	});
}

#[test]
fn one_who_says_that_it_could_not_fetch_where_most_could_is_outvoted() {
	run(|| {
		let model = model();
		workers(10..13, model);
		let (unread, truth) = (error(ErrorCode::InputUnavailable), scores([1, 2, 3]));
		let (task, first) = assign_and_commit(model, [&truth, &unread]);
		all_reveal(task, &first[..1], &truth);
		all_reveal(task, &first[1..], &unread);
		advance(1);
		events();
		answer_with(task, &joined(assigned(task), &first), &[&truth]);
		let (worker, amount) = (account(first[1]), STAKE / 10);
		assert!(events().contains(&Event::WorkerSlashed { worker, task, amount, offence: Offence::WrongAnswer }));
	});
}

#[test]
fn the_auditor_of_a_task_that_most_could_not_fetch_is_paid_and_let_go() {
	run(|| {
		let model = model();
		workers(10..13, model);
		endow_audit_fund(10 * DN);
		let (task, _) = audited(model, &error(ErrorCode::InputUnavailable));
		let auditor = auditors(task)[0];
		answer_with(task, &[auditor], &[&scores([1, 2, 3])]);
		assert_eq!((phase(task), task_is_over(task)), (AuditPhase::None, true));
		assert_eq!(balances(auditor), (FUNDS - STAKE + reward(), STAKE));
		assert_eq!((worker_of(auditor).active, worker_of(auditor).liable), (0, 0));
		assert_eq!(owned(&TaskAssignment::audit_fund()), LEAST + 10 * DN - reward() + audit_fee(1));
	});
}

fn task_is_over(id: u64) -> bool {
	matches!(status(id), TaskStatus::Refunded { .. }) && !pallet_attestation::Rounds::<Test>::contains_key(id)
}
