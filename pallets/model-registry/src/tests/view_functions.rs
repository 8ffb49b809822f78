use crate::{mock::*, Pallet};
use deepnode_primitives::traits::Models as _;
use frame_support::{assert_ok, traits::Hooks};

#[test]
fn they_show_the_state() {
	run(|| {
		let quote = Pallet::<Test>::bond(spec());
		let model = register(1, spec());
		let child = register(2, child_of(model));
		assert_eq!(quote, on_hold(1));
		assert_eq!(Pallet::<Test>::model(model), Some(entry(model)));
		assert_eq!(Pallet::<Test>::model(9), None);
		assert_eq!(Pallet::<Test>::ancestry(child), [child, model]);
		assert_ok!(ModelRegistry::task_opened(model));
		assert_eq!((Pallet::<Test>::open_tasks(model), Pallet::<Test>::open_tasks(9)), (1, 0));
		assert!(Pallet::<Test>::ancestry(9).is_empty());
		assert_eq!((Pallet::<Test>::manifest(model), Pallet::<Test>::manifest(9)), (Some(spec().manifest()), None));
	});
}

/// A receipt's manifest hash names the files by which anybody knows the model, wherever they are kept.
#[test]
fn a_manifest_binds_names_and_contents_and_not_where_they_are() {
	let (this, mut moved, mut renamed, mut changed) = (spec(), spec(), spec(), spec());
	moved.files[0].content.uris = uris(&["https://elsewhere.example/model"]);
	moved.price += 1;
	renamed.files[0].name = b"other.onnx".to_vec().try_into().unwrap();
	changed.files[0].content.hash[0] ^= 1;
	assert_eq!(moved.manifest(), this.manifest());
	assert_ne!(renamed.manifest(), this.manifest());
	assert_ne!(changed.manifest(), this.manifest());
}

#[test]
fn the_configuration_holds_together() {
	new_test_ext().execute_with(ModelRegistry::integrity_test);
}
