//! What the rounds report is believed only where it fits.

use deepnode_primitives::{
	traits::Tasks,
	verdict::{Audit, Verdict},
};
use frame_support::assert_noop;

use crate::{mock::*, Error};

#[test]
fn a_report_about_no_task_is_refused() {
	run(|| {
		assert_noop!(TaskAssignment::all_committed(0), Error::<Test>::UnknownTask);
		assert_noop!(TaskAssignment::judged(0, Verdict::Disagreed), Error::<Test>::UnknownTask);
	});
}

#[test]
fn a_task_that_nobody_serves_is_neither_committed_nor_judged() {
	run(|| {
		let task = submit(model(), 1);
		assert_noop!(TaskAssignment::all_committed(task), Error::<Test>::UnexpectedStatus);
		assert_noop!(TaskAssignment::judged(task, Verdict::Disagreed), Error::<Test>::UnexpectedStatus);
		assert_noop!(TaskAssignment::audited(task, Audit::Undecided), Error::<Test>::UnexpectedStatus);
	});
}

#[test]
fn a_task_whose_auditors_have_not_committed_is_not_audited() {
	run(|| {
		let model = model();
		workers(10..13, model);
		endow_audit_fund(100 * PRICE);
		let (task, _) = audited(model, &scores([1, 2, 3]));
		assert_eq!(auditors(task).len(), 1);
		assert_noop!(TaskAssignment::audited(task, Audit::Undecided), Error::<Test>::UnexpectedStatus);
		assert_noop!(TaskAssignment::audited(9, Audit::Undecided), Error::<Test>::UnknownTask);
	});
}

#[test]
fn an_ended_task_is_not_judged_again() {
	run(|| {
		let model = model();
		workers([10, 11], model);
		let answer = scores([1, 2, 3]);
		let (task, drawn) = assign_and_commit(model, [&answer, &answer]);
		all_reveal(task, &drawn, &answer);
		assert_noop!(TaskAssignment::judged(task, Verdict::Disagreed), Error::<Test>::UnexpectedStatus);
		assert_noop!(TaskAssignment::all_committed(task), Error::<Test>::UnexpectedStatus);
	});
}
