//! The registry as the models' sees it.

use crate::{mock::*, Error, References};
use deepnode_primitives::traits::{DataSetTerms, DataSets as Registry};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError;

#[test]
fn terms_are_the_entrys() {
	run(|| {
		let data_set = register(1, sealed());
		let expected = DataSetTerms {
			owner: account(1),
			domain: spec().domain,
			royalty: spec().royalty,
			evaluation_price: spec().evaluation_price,
			items: spec().items,
			sealed: true,
			active: true,
		};
		assert_eq!(DataRegistry::terms(data_set), Some(expected.clone()));
		assert_eq!(DataRegistry::terms(data_set + 1), None);

		assert_ok!(DataRegistry::referenced(data_set));
		assert_ok!(DataRegistry::publish(signed(1), data_set, files()));
		assert_ok!(DataRegistry::retire(signed(1), data_set));
		assert_eq!(DataRegistry::terms(data_set), Some(DataSetTerms { sealed: false, active: false, ..expected }));
	});
}

#[test]
fn references_are_counted() {
	run(|| {
		let data_set = register(1, spec());
		assert_ok!(DataRegistry::referenced(data_set));
		assert_ok!(DataRegistry::referenced(data_set));
		assert_eq!(References::<Test>::get(data_set), 2);
		DataRegistry::released(data_set);
		assert_eq!(References::<Test>::get(data_set), 1);
		DataRegistry::released(data_set);
		assert!(!References::<Test>::contains_key(data_set));
		// An active data set stays.
		assert!(is_stored(data_set));
	});
}

#[test]
fn nothing_refers_to_what_is_not_there_or_retired() {
	run(|| {
		let data_set = register(1, spec());
		assert_noop!(DataRegistry::referenced(data_set + 1), Error::<Test>::UnknownDataSet);
		assert_ok!(DataRegistry::referenced(data_set));
		assert_ok!(DataRegistry::retire(signed(1), data_set));
		assert_noop!(DataRegistry::referenced(data_set), Error::<Test>::Retired);
	});
}

#[test]
fn references_do_not_overflow() {
	run(|| {
		let data_set = register(1, spec());
		References::<Test>::insert(data_set, u32::MAX);
		assert_noop!(DataRegistry::referenced(data_set), Error::<Test>::TooManyReferences);
	});
}

#[test]
#[should_panic(expected = "a reference to a data set was released that was not counted")]
fn a_reference_that_was_not_counted_is_a_defect() {
	run(|| DataRegistry::released(register(1, spec())));
}

#[test]
fn a_runtime_may_have_no_data_sets() {
	assert_eq!(<() as Registry<AccountId>>::terms(0), None);
	assert_eq!(<() as Registry<AccountId>>::referenced(0), Err(DispatchError::Unavailable));
	<() as Registry<AccountId>>::released(0);
	<() as Registry<AccountId>>::used(0, 1);
}
