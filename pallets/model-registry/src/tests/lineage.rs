use crate::{mock::*, ModelSpec, Parent};
use deepnode_primitives::traits::{Lineage, Models as _};

#[test]
fn a_model_without_parents_owes_nobody() {
	run(|| {
		let model = register(1, spec());
		assert_eq!(ModelRegistry::lineage(model), Lineage { owners: vec![account(1)], ..Lineage::nobody() });
	});
}

#[test]
fn each_generation_owes_the_next() {
	run(|| {
		let mut parent = register(1, spec());
		for (owner, royalty) in [(2, 10), (3, 20), (4, 30), (5, 40)] {
			parent = register(owner, ModelSpec { parent: Some(Parent { model: parent, royalty }), ..spec() });
		}
		assert_eq!(
			ModelRegistry::lineage(parent),
			Lineage {
				owners: vec![account(5), account(4), account(3), account(2), account(1)],
				royalties: vec![40, 30, 20, 10],
				data_sets: vec![],
			}
		);
	});
}

#[test]
fn a_model_that_does_not_exist_has_no_owners() {
	run(|| assert_eq!(ModelRegistry::lineage(7), Lineage::nobody()));
}

#[test]
fn a_model_owes_its_data_sets_in_their_order() {
	run(|| {
		let (first, second) = (data_set(8, 50_000), data_set(9, 70_000));
		let model = register(1, from_data_sets(&[second, first]));
		let expected = Lineage {
			owners: vec![account(1)],
			royalties: vec![],
			data_sets: vec![(account(9), 70_000), (account(8), 50_000)],
		};
		assert_eq!(ModelRegistry::lineage(model), expected);
		// Also when the data set is retired.
		retire_data_set(first);
		assert_eq!(ModelRegistry::lineage(model), expected);
	});
}

/// What a parent was made from is the parent's debt, out of what its own tasks pay.
#[test]
fn a_child_does_not_owe_its_parents_data_sets() {
	run(|| {
		let (parents, childs) = (data_set(8, 50_000), data_set(9, 70_000));
		let parent = register(1, from_data_sets(&[parents]));
		let spec = ModelSpec { data_sets: from_data_sets(&[childs]).data_sets, ..child_of(parent) };
		let child = register(2, spec);
		assert_eq!(
			ModelRegistry::lineage(child),
			Lineage {
				owners: vec![account(2), account(1)],
				royalties: vec![100_000],
				data_sets: vec![(account(9), 70_000)],
			}
		);
		assert_eq!(ModelRegistry::lineage(parent).data_sets, [(account(8), 50_000)]);
		assert!(ModelRegistry::lineage(register(3, child_of(parent))).data_sets.is_empty());
	});
}
