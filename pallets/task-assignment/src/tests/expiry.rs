//! A task that cannot be answered in time is refunded, wherever it stands.

use frame_support::assert_ok;

use crate::{
	mock::*,
	types::{RefundReason, TaskStatus},
};

/// The shortest that a task of now can be given.
fn shortest() -> BlockNumber {
	System::block_number() + 1 + CommitWindow::get() + 1 + RevealWindow::get()
}

fn assert_expired(id: u64, at: BlockNumber) {
	assert_eq!(status(id), TaskStatus::Refunded { at, reason: RefundReason::Expired });
	assert_eq!(balances(REQUESTER), (FUNDS - deposit(1), deposit(1)), "the whole fee is back");
}

#[test]
fn a_task_that_nobody_serves_waits_longer_and_longer_and_is_refunded() {
	run(|| {
		let model = model();
		let id = submit_until(model, 1, shortest() + 40);
		let mut looks = vec![];
		while status(id) == TaskStatus::Submitted {
			let wake = task(id).wake;
			looks.push(wake - System::block_number());
			advance_to(wake);
		}
		assert_eq!(looks, [1, 1, 2, 4, 8, 8, 8, 8, 8]);
		assert_expired(id, 49);
		assert!(System::block_number() < task(id).deadline);
	});
}

#[test]
fn a_task_without_time_for_its_windows_is_not_drawn() {
	run(|| {
		let model = model();
		let id = submit_until(model, 1, shortest());
		advance(1);
		workers([10, 11], model);
		advance(1);
		assert_expired(id, 3);
		assert_eq!(worker_of(10).active, 0);
	});
}

#[test]
fn an_assigned_task_expires_where_no_window_is_left_for_a_replacement() {
	run(|| {
		let model = model();
		workers(10..14, model);
		let id = submit_until(model, 1, shortest());
		advance(1);
		assert_ok!(commit(assigned(id)[0], id, &scores([1, 2, 3])));
		advance(CommitWindow::get());
		assert_eq!(status(id), TaskStatus::Submitted);
		advance(1);
		assert_expired(id, 23);
		assert!((10..14).all(|worker| worker_of(worker).active == 0));
	});
}

#[test]
fn a_committed_task_expires_where_no_window_is_left_after_a_missed_reveal() {
	run(|| {
		let model = model();
		workers(10..14, model);
		let id = submit_until(model, 1, shortest());
		advance(1);
		let answer = scores([1, 2, 3]);
		let drawn = assigned(id);
		advance(CommitWindow::get() - 1);
		all_commit(id, &drawn, &answer);
		draw_lots(id);
		assert_ok!(reveal(drawn[0], id, &answer));
		advance(RevealWindow::get() + 1);
		assert_expired(id, 33);
		assert_eq!(task(id).deadline, 33);
	});
}

#[test]
fn answers_of_the_last_moment_settle_before_the_deadline() {
	run(|| {
		let model = model();
		workers([10, 11], model);
		let id = submit_until(model, 1, shortest());
		advance(1);
		let answer = scores([1, 2, 3]);
		advance(CommitWindow::get() - 1);
		all_commit(id, &[10, 11], &answer);
		draw_lots(id);
		advance(RevealWindow::get() - 1);
		all_reveal(id, &[10, 11], &answer);
		assert!(matches!(status(id), TaskStatus::Settled { at, .. } if at < task(id).deadline));
	});
}

#[test]
fn an_expired_task_of_a_retired_model_returns_its_bond() {
	run(|| {
		let model = model();
		submit_until(model, 1, shortest());
		assert_ok!(ModelRegistry::retire(signed(CREATOR), model));
		advance(2);
		assert_eq!(balances(CREATOR), (FUNDS, 0));
	});
}
