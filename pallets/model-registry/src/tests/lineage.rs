use crate::{mock::*, ModelSpec, Parent};
use deepnode_primitives::traits::{Lineage, Models as _};

#[test]
fn a_model_without_parents_owes_nobody() {
	run(|| {
		let model = register(1, spec());
		assert_eq!(ModelRegistry::lineage(model), Lineage { owners: vec![account(1)], royalties: vec![] });
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
			}
		);
	});
}

#[test]
fn a_model_that_does_not_exist_has_no_owners() {
	run(|| assert_eq!(ModelRegistry::lineage(7), Lineage { owners: vec![], royalties: vec![] }));
}
