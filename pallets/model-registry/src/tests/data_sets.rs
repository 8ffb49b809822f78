//! What a model was made from.

use crate::{mock::*, Error, ModelSpec, Models, Parent};
use deepnode_primitives::{
	fees::{self, MILLION},
	traits::Models as _,
	DN,
};
use frame_support::{assert_noop, assert_ok};
use proptest::{collection::vec, prelude::*};
use sp_runtime::ArithmeticError;

#[test]
fn references_are_counted_until_the_model_is_removed() {
	run(|| {
		let (first, second) = (data_set(8, 0), data_set(9, 10));
		let model = register(1, from_data_sets(&[first, second]));
		let other = register(1, from_data_sets(&[second]));
		assert_eq!((references(first), references(second)), (1, 2));
		assert_eq!(entry(model).data_royalties.into_inner(), [(account(8), 0), (account(9), 10)]);

		// A retired model that still serves a task, or has a child, still owes.
		assert_ok!(ModelRegistry::task_opened(model));
		let child = register(2, child_of(model));
		assert_ok!(ModelRegistry::retire(signed(1), model));
		ModelRegistry::task_closed(model);
		assert_eq!((references(first), references(second)), (1, 2));

		assert_ok!(ModelRegistry::retire(signed(2), child));
		assert!(!is_stored(model));
		assert_eq!((references(first), references(second)), (0, 1));
		assert_ok!(ModelRegistry::retire(signed(1), other));
		assert_eq!(references(second), 0);
	});
}

#[test]
fn the_youngest_releases_the_whole_lineages() {
	run(|| {
		let sets: Vec<_> = (0..5).map(|_| [(); 4].map(|()| data_set(9, 100_000))).collect();
		let mut line = Vec::new();
		for own in &sets {
			let parent = line.last().map(|model| Parent { model: *model, royalty: 1 });
			line.push(register(1, ModelSpec { parent, ..from_data_sets(own) }));
		}
		for model in &line[..4] {
			assert_ok!(ModelRegistry::retire(signed(1), *model));
		}
		assert!(sets.iter().flatten().all(|data_set| references(*data_set) == 1));
		assert_ok!(ModelRegistry::task_opened(line[4]));
		assert_ok!(ModelRegistry::retire(signed(1), line[4]));
		ModelRegistry::task_closed(line[4]);
		assert!(sets.iter().flatten().all(|data_set| references(*data_set) == 0));
		assert_eq!((Models::<Test>::iter().count(), on_hold(1)), (0, 0));
	});
}

#[test]
fn they_are_distinct() {
	run(|| {
		let (first, second) = (data_set(8, 1), data_set(9, 1));
		let spec = from_data_sets(&[first, second, first]);
		assert_noop!(ModelRegistry::register(signed(1), spec), Error::<Test>::DuplicateDataSet);
	});
}

#[test]
fn they_exist() {
	run(|| {
		let data_set = data_set(8, 1);
		let spec = from_data_sets(&[data_set, data_set + 1]);
		assert_noop!(ModelRegistry::register(signed(1), spec), Error::<Test>::UnknownDataSet);
	});
}

#[test]
fn they_are_active() {
	run(|| {
		let data_set = data_set(8, 1);
		retire_data_set(data_set);
		assert_noop!(ModelRegistry::register(signed(1), from_data_sets(&[data_set])), Error::<Test>::DataSetRetired);
	});
}

#[test]
fn together_with_the_parent_they_are_owed_at_most_everything() {
	run(|| {
		let parent = register(1, spec());
		let quarters = [(); 4].map(|()| data_set(9, MILLION / 4));
		let with = |royalty| ModelSpec { parent: Some(Parent { model: parent, royalty }), ..from_data_sets(&quarters) };
		assert_noop!(ModelRegistry::register(signed(2), with(1)), Error::<Test>::RoyaltiesTooHigh);
		assert_noop!(ModelRegistry::register(signed(2), with(MILLION)), Error::<Test>::RoyaltiesTooHigh);
		assert_ok!(ModelRegistry::register(signed(2), with(0)));

		let absurd = [data_set(9, u32::MAX), data_set(9, 1)];
		assert_noop!(ModelRegistry::register(signed(2), from_data_sets(&absurd)), Error::<Test>::RoyaltiesTooHigh);
		let too_much = [data_set(9, MILLION + 1)];
		assert_noop!(ModelRegistry::register(signed(2), from_data_sets(&too_much)), Error::<Test>::RoyaltiesTooHigh);
	});
}

#[test]
fn what_cannot_be_counted_is_refused_whole() {
	run(|| {
		let (first, second) = (data_set(8, 1), data_set(9, 1));
		fill_references(second);
		let spec = from_data_sets(&[first, second]);
		assert_noop!(ModelRegistry::register(signed(1), spec), ArithmeticError::Overflow);
		assert_eq!((references(first), on_hold(1)), (0, 0));
	});
}

/// The domain of a data set need not be the model's, and an owner may use its own.
#[test]
fn they_may_be_of_another_domain_and_of_the_models_own_owner() {
	run(|| {
		let data_set = data_set(1, 1);
		let spec = ModelSpec { domain: text("speech"), ..from_data_sets(&[data_set]) };
		assert_ok!(ModelRegistry::register(signed(1), spec));
	});
}

#[test]
fn the_bond_counts_their_bytes() {
	run(|| {
		let data_set = data_set(9, 1);
		let with = ModelRegistry::bond(from_data_sets(&[data_set]));
		assert_eq!(with - ModelRegistry::bond(spec()), 4 * ByteBond::get());
	});
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	/// Whatever the registry lets models owe, the creator's share is divided to the last unit, and every
	/// debt is paid whole.
	#[test]
	fn every_lineage_divides_every_share(
		generations in vec((0..=MILLION, vec(0..=MILLION / 4, 0..5)), 1..6),
		share in prop_oneof![any::<u128>(), 0u128..1000, 0..100 * DN],
	) {
		run(|| {
			let mut model = None;
			for (royalty, royalties) in generations {
				let parent = model.map(|model| Parent { model, royalty });
				let data_sets: Vec<_> = royalties.iter().map(|royalty| data_set(9, *royalty)).collect();
				let spec = ModelSpec { parent, ..from_data_sets(&data_sets) };
				let owed = parent.map_or(0, |parent| parent.royalty) + royalties.iter().sum::<u32>();
				let registered = ModelRegistry::register(signed(1), spec);
				assert_eq!(registered.is_ok(), owed <= MILLION);
				if registered.is_ok() {
					model = Some(crate::NextModelId::<Test>::get() - 1);
				}
			}
			if let Some(model) = model {
				let lineage = ModelRegistry::lineage(model);
				assert_eq!(lineage.owners.len(), lineage.royalties.len() + 1);
				let royalties = lineage.data_sets.iter().map(|(_, royalty)| *royalty);
				let parts = fees::lineage(share, &lineage.royalties, royalties.clone());
				assert_eq!(parts.owners.iter().chain(&parts.data_sets).sum::<u128>(), share);
				assert!(parts.data_sets.into_iter().eq(royalties.map(|royalty| fees::part(share, royalty))));
			}
		});
	}
}
