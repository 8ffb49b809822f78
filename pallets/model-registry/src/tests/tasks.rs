//! The registry as the tasks' keeper sees it.

use crate::{mock::*, Error, Models};
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
fn open_tasks_are_counted() {
	run(|| {
		let model = register(1, spec());
		assert_ok!(ModelRegistry::task_opened(model));
		assert_ok!(ModelRegistry::task_opened(model));
		assert_eq!(entry(model).open_tasks, 2);
		ModelRegistry::task_closed(model);
		ModelRegistry::task_closed(model);
		// An active model stays.
		assert_eq!(entry(model).open_tasks, 0);
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
		Models::<Test>::mutate(model, |entry| entry.as_mut().unwrap().open_tasks = u32::MAX);
		assert_noop!(ModelRegistry::task_opened(model), Error::<Test>::TooManyOpenTasks);
	});
}

#[test]
#[should_panic(expected = "a task was closed that was not opened")]
fn a_task_that_was_not_opened_is_a_defect() {
	run(|| ModelRegistry::task_closed(register(1, spec())));
}

#[test]
#[should_panic(expected = "a task of a model that is gone was closed")]
fn a_task_of_no_model_is_a_defect() {
	run(|| ModelRegistry::task_closed(0));
}
