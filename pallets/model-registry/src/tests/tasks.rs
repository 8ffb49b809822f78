//! The registry as the tasks' keeper sees it.

use crate::{mock::*, Error, OpenTasks};
use deepnode_primitives::{model::Terms, traits::Models as _};
use frame_support::{assert_noop, assert_ok};

#[test]
fn terms_are_the_entrys() {
	run(|| {
		let model = register(1, spec());
		let expected = Terms {
			creator: account(1),
			price: spec().price,
			comparison: spec().comparison,
			inputs: spec().inputs,
			private: false,
			active: true,
		};
		assert_eq!(ModelRegistry::terms(model), Some(expected.clone()));
		assert_eq!(ModelRegistry::terms(model + 1), None);

		assert_ok!(ModelRegistry::task_opened(model));
		assert_ok!(ModelRegistry::retire(signed(1), model));
		assert_eq!(ModelRegistry::terms(model), Some(Terms { active: false, ..expected }));
	});
}

#[test]
fn terms_say_whether_a_model_answers_encrypted_inputs() {
	run(|| {
		let (plain, private) = (register(1, spec()), register(1, private_spec()));
		assert_eq!(ModelRegistry::terms(plain).map(|terms| terms.private), Some(false));
		assert_eq!(ModelRegistry::terms(private).map(|terms| terms.private), Some(true));
	});
}

#[test]
fn open_tasks_are_counted() {
	run(|| {
		let model = register(1, spec());
		assert_ok!(ModelRegistry::task_opened(model));
		assert_ok!(ModelRegistry::task_opened(model));
		assert_eq!(open_tasks(model), 2);
		ModelRegistry::task_closed(model);
		assert_eq!(open_tasks(model), 1);
		ModelRegistry::task_closed(model);
		// An active model stays.
		assert!(is_stored(model) && !OpenTasks::<Test>::contains_key(model));
	});
}

/// An entry has up to 11 kB; a task must not rewrite it.
#[test]
fn tasks_leave_the_entry_alone() {
	run(|| {
		let model = register(1, spec());
		let before = entry(model);
		assert_ok!(ModelRegistry::task_opened(model));
		assert_eq!(entry(model), before);
		assert_ok!(ModelRegistry::task_opened(model));
		assert_ok!(ModelRegistry::retire(signed(1), model));
		let before = entry(model);
		ModelRegistry::task_closed(model);
		assert_eq!(entry(model), before);
		ModelRegistry::task_closed(model);
		assert!(!is_stored(model));
	});
}

#[test]
fn no_task_is_opened_for_a_model_that_takes_none() {
	run(|| {
		let model = register(1, spec());
		assert_noop!(ModelRegistry::task_opened(model + 1), Error::<Test>::UnknownModel);
		assert_ok!(ModelRegistry::task_opened(model));
		assert_ok!(ModelRegistry::retire(signed(1), model));
		assert_noop!(ModelRegistry::task_opened(model), Error::<Test>::Retired);
	});
}

#[test]
fn open_tasks_do_not_overflow() {
	run(|| {
		let model = register(1, spec());
		OpenTasks::<Test>::insert(model, u32::MAX);
		assert_noop!(ModelRegistry::task_opened(model), Error::<Test>::TooManyOpenTasks);
	});
}

#[test]
#[should_panic(expected = "a task was closed that was not opened")]
fn a_task_that_was_not_opened_is_a_defect() {
	run(|| ModelRegistry::task_closed(register(1, spec())));
}

#[test]
#[should_panic(expected = "a task was closed that was not opened")]
fn a_task_of_no_model_is_a_defect() {
	run(|| ModelRegistry::task_closed(0));
}
