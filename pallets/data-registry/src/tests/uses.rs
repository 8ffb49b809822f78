use crate::{mock::*, Uses};
use deepnode_primitives::traits::DataSets as _;

#[test]
fn uses_are_counted() {
	run(|| {
		let (first, second) = (register(1, spec()), register(1, sealed()));
		DataRegistry::used(first, 2);
		DataRegistry::used(first, 5);
		DataRegistry::used(second, 1);
		assert_eq!((DataRegistry::uses(first), DataRegistry::uses(second)), (7, 1));
	});
}

#[test]
fn a_use_of_nothing_leaves_no_trace() {
	run(|| {
		let data_set = register(1, spec());
		DataRegistry::used(data_set, 0);
		DataRegistry::used(data_set + 1, 1);
		assert_eq!(Uses::<Test>::iter().count(), 0);
	});
}

/// More than there will ever be; they stay there instead of starting again.
#[test]
fn uses_saturate() {
	run(|| {
		let data_set = register(1, spec());
		Uses::<Test>::insert(data_set, u64::MAX - 1);
		DataRegistry::used(data_set, 2);
		assert_eq!(DataRegistry::uses(data_set), u64::MAX);
	});
}
