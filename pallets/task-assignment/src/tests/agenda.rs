use frame_support::{traits::Hooks, weights::Weight};

use crate::{mock::*, types::TaskStatus, Agenda, AgendaCursor, Assignments, Inputs, Tasks, WeightInfo};

#[test]
fn a_block_spends_no_more_on_the_agenda_than_it_may() {
	run(|| {
		let model = model();
		submit_many(model, 10);
		AgendaWeight::set(TaskAssignment::least_agenda_weight());
		for block in 2..30 {
			System::set_block_number(block);
			let weight = TaskAssignment::on_initialize(block);
			assert!(AgendaWeight::get().all_gte(weight));
			assert!(weight.all_gte(<() as WeightInfo>::agenda_block()), "even an empty block costs a look");
		}
	});
}

#[test]
fn an_overloaded_agenda_is_late_and_loses_nothing() {
	run(|| {
		let model = model();
		worker(10, STAKE, 100, model);
		worker(11, STAKE, 100, model);
		// Few enough that the first are not overdue when the last are drawn.
		let tasks = submit_many(model, 8);
		AgendaWeight::set(TaskAssignment::least_agenda_weight());

		let waiting = || tasks.iter().filter(|task| status(**task) == TaskStatus::Submitted).count();
		// The first block may have to look at empty ones only.
		advance(1);
		let mut left = waiting();
		while left > 0 {
			advance(1);
			assert!(waiting() < left, "each block gets on");
			left = waiting();
		}
		assert!(System::block_number() > 3, "it took more than one block");

		let answer = scores([1, 2, 3]);
		for task in &tasks {
			all_commit(*task, &[10, 11], &answer);
			all_reveal(*task, &[10, 11], &answer);
		}
		skip(AuditWindow::get());
		// All are due in one block; each block forgets some.
		while Tasks::<Test>::iter().count() > 0 {
			advance(1);
		}
		assert_eq!(balances(REQUESTER), (FUNDS - 8 * cost(1), 0));
	});
}

#[test]
fn a_late_agenda_catches_up_with_blocks_that_it_has_missed() {
	run(|| {
		let model = model();
		submit_many(model, 6);
		// Nothing fits: the cursor stays.
		AgendaWeight::set(Weight::zero());
		let cursor = AgendaCursor::<Test>::get();
		advance(30);
		assert_eq!(AgendaCursor::<Test>::get(), cursor);
		workers([10, 11], model);
		AgendaWeight::set(Weight::from_parts(1_000_000_000_000, u64::MAX));
		advance(1);
		assert_eq!(AgendaCursor::<Test>::get(), System::block_number() + 1);
		assert_eq!(Assignments::<Test>::iter().count(), 2, "one task has both workers");
	});
}

#[test]
fn a_late_window_still_takes_what_comes() {
	run(|| {
		let model = model();
		workers([10, 11], model);
		let (task, _) = assign(model);
		AgendaWeight::set(Weight::zero());
		advance(CommitWindow::get() + 5);
		let answer = scores([1, 2, 3]);
		all_commit(task, &[10, 11], &answer);
		// The lottery is late, and nobody reveals before it.
		advance(RevealWindow::get() + 5);
		let early = pallet_attestation::Error::<Test>::RevealTooEarly;
		frame_support::assert_noop!(reveal(10, task, &answer), early);
		AgendaWeight::set(Weight::from_parts(1_000_000_000_000, u64::MAX));
		advance(1);
		AgendaWeight::set(Weight::zero());
		advance(RevealWindow::get() + 5);
		all_reveal(task, &[10, 11], &answer);
		assert!(matches!(status(task), TaskStatus::Settled { .. }));
	});
}

#[test]
fn the_state_does_not_grow_with_the_tasks_that_were() {
	run(|| {
		let model = model();
		worker(10, STAKE, 5, model);
		worker(11, STAKE, 5, model);
		let keys = || {
			let mut keys = vec![];
			let mut key = vec![];
			while let Some(next) = sp_io::storage::next_key(&key) {
				keys.push(next.clone());
				key = next.to_vec();
			}
			keys
		};
		let mut before = None;
		for _ in 0..3 {
			for _ in 0..5 {
				submit(model, 1);
			}
			advance(1);
			let answer = scores([1, 2, 3]);
			for (task, _) in Tasks::<Test>::iter().collect::<Vec<_>>() {
				all_commit(task, &[10, 11], &answer);
				all_reveal(task, &[10, 11], &answer);
			}
			skip(AuditWindow::get());
			assert_eq!(Tasks::<Test>::iter().count() + Inputs::<Test>::iter().count(), 0);
			assert_eq!(pallet_attestation::Answers::<Test>::iter().count() + Agenda::<Test>::iter().count(), 0);
			assert_eq!(balances(REQUESTER).1, 0);
			System::reset_events();
			let now = keys();
			assert_eq!(*before.get_or_insert_with(|| now.clone()), now);
		}
	});
}

#[test]
#[should_panic(expected = "look at any one task")]
fn an_agenda_that_would_stand_still_is_refused_when_the_runtime_is_built() {
	new_test_ext().execute_with(|| {
		AgendaWeight::set(TaskAssignment::least_agenda_weight() - Weight::from_parts(1, 0));
		TaskAssignment::integrity_test();
	});
}
