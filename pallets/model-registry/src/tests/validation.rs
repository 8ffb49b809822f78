//! Each rule has its own error, and each can be met.

use crate::{mock::*, Error, Format, ModelSpec, Parent, RuntimeClass};
use deepnode_primitives::{
	comparison::{Comparison, Quantisation},
	content::{Uri, Uris},
	tensor::{Dim, ElementType, TensorSpec},
	MAX_SUPPLY,
};
use frame_support::{assert_noop, assert_ok};
use frame_system::Pallet as System;

fn refused(spec: ModelSpec, error: Error<Test>) {
	new_test_ext().execute_with(|| {
		assert_noop!(ModelRegistry::register(signed(1), spec), error);
		assert_eq!(System::<Test>::event_count(), 0);
	});
}

fn accepted(spec: ModelSpec) {
	run(|| {
		assert_ok!(ModelRegistry::register(signed(1), spec));
	});
}

/// `spec` with one thing changed.
fn with(change: impl FnOnce(&mut ModelSpec)) -> ModelSpec {
	let mut spec = spec();
	change(&mut spec);
	spec
}

fn not_utf8<T: TryFrom<Vec<u8>>>() -> T {
	vec![0xc3, 0x28].try_into().ok().unwrap()
}

#[test]
fn texts_are_not_empty() {
	refused(with(|spec| spec.name = text("")), Error::EmptyName);
	refused(with(|spec| spec.domain = text("")), Error::EmptyDomain);
	refused(with(|spec| spec.licence = text("")), Error::EmptyLicence);
	refused(with(|spec| spec.files[1].name = text("")), Error::EmptyName);
	refused(with(|spec| spec.files[1].content.uris = uris(&["https://a", ""])), Error::EmptyUri);
}

#[test]
fn texts_are_utf8() {
	refused(with(|spec| spec.name = not_utf8()), Error::InvalidUtf8);
	refused(with(|spec| spec.domain = not_utf8()), Error::InvalidUtf8);
	refused(with(|spec| spec.licence = not_utf8()), Error::InvalidUtf8);
	refused(with(|spec| spec.files[1].name = not_utf8()), Error::InvalidUtf8);
	let invalid: Uris = vec![not_utf8::<Uri>()].try_into().unwrap();
	refused(with(|spec| spec.files[1].content.uris = invalid), Error::InvalidUtf8);
	accepted(with(|spec| spec.name = text("数字")));
}

#[test]
fn there_is_a_file() {
	refused(with(|spec| spec.files = Default::default()), Error::NoFiles);
	accepted(with(|spec| spec.files.truncate(1)));
	// Where to find it can be said later, or elsewhere.
	accepted(with(|spec| spec.files[0].content.uris = Default::default()));
}

#[test]
fn files_are_not_empty() {
	refused(with(|spec| spec.files[1].content.length = 0), Error::EmptyContent);
}

#[test]
fn files_have_names_of_their_own() {
	refused(with(|spec| spec.files[1].name = spec.files[0].name.clone()), Error::DuplicateFileName);
	// The same content under two names is the creator's business.
	accepted(with(|spec| spec.files[1].content = spec.files[0].content.clone()));
}

/// A worker that writes a model's files under their names must not be led out of its folder.
#[test]
fn files_have_names_that_are_safe_on_disk() {
	for name in ["/etc/passwd", "../x", "..", ".", "a/b", "a\\b", "c:x", "a\0", "a\nb", "a\u{7f}", "a\u{85}"] {
		refused(with(|spec| spec.files[1].name = text(name)), Error::UnsafeFileName);
	}
	for name in ["...", "model.onnx.data", ".hidden", "a b", "größe"] {
		accepted(with(|spec| spec.files[1].name = text(name)));
	}
}

#[test]
fn the_opset_is_at_least_1() {
	refused(with(|spec| spec.opset = 0), Error::InvalidOpset);
	accepted(with(|spec| spec.opset = 1));
}

#[test]
fn there_are_inputs_and_outputs() {
	refused(with(|spec| spec.inputs = Default::default()), Error::NoInputs);
	refused(with(|spec| spec.outputs = Default::default()), Error::NoOutputs);
}

#[test]
fn tensors_make_sense() {
	let invalid = || {
		[
			tensor("", ElementType::F32, &[Dim::Batch]),
			TensorSpec { name: not_utf8(), ..tensor("x", ElementType::F32, &[]) },
			tensor("x", ElementType::F32, &[Dim::Fixed(0)]),
			tensor("x", ElementType::F32, &[Dim::Fixed(2), Dim::Batch]),
			tensor("x", ElementType::F32, &[Dim::Fixed(u32::MAX), Dim::Fixed(u32::MAX)]),
		]
	};
	for tensor in invalid() {
		refused(with(|spec| spec.inputs.try_push(tensor).unwrap()), Error::InvalidTensors);
	}
	for tensor in invalid() {
		refused(with(|spec| spec.outputs.try_push(tensor).unwrap()), Error::InvalidTensors);
	}
}

#[test]
fn tensors_have_names_of_their_own() {
	refused(with(|spec| spec.inputs.try_push(spec.inputs[0].clone()).unwrap()), Error::DuplicateTensorName);
	refused(with(|spec| spec.outputs.try_push(spec.outputs[0].clone()).unwrap()), Error::DuplicateTensorName);
	// Inputs and outputs do not meet.
	accepted(with(|spec| spec.outputs[0].name = spec.inputs[0].name.clone()));
}

#[test]
fn the_price_is_between_nothing_and_everything() {
	refused(with(|spec| spec.price = 0), Error::ZeroPrice);
	refused(with(|spec| spec.price = MAX_SUPPLY + 1), Error::PriceTooHigh);
	accepted(with(|spec| spec.price = 1));
	accepted(with(|spec| spec.price = MAX_SUPPLY));
	// Any number of items at the highest price can be counted, with room for a factor of ten.
	assert!(MAX_SUPPLY.checked_mul(u32::MAX.into()).and_then(|quote| quote.checked_mul(10)).is_some());
}

#[test]
fn the_comparison_tells_outputs_apart() {
	let quantisation = Quantisation::default();
	refused(with(|spec| spec.comparison = Comparison::Exact), Error::ComparisonUnfit);
	refused(
		with(|spec| {
			spec.comparison = Comparison::ArgMax { quantisation, tau: 2 };
			spec.outputs[0].shape = vec![Dim::Batch].try_into().unwrap();
		}),
		Error::ComparisonUnfit,
	);
	refused(
		with(|spec| spec.comparison = Comparison::Tolerance { quantisation, tau: u32::MAX }),
		Error::ComparisonUnfit,
	);
	accepted(with(|spec| spec.comparison = Comparison::ArgMax { quantisation, tau: 2 }));
	accepted(with(|spec| {
		spec.comparison = Comparison::Exact;
		spec.outputs[0].element = ElementType::I64;
	}));
}

#[test]
fn encrypted_inputs_need_a_known_set_their_tensors_and_the_exact_comparison() {
	use deepnode_primitives::private::{BOOTSTRAP, LINEAR};
	let private = |set| ModelSpec { fhe: Some(set), ..private_spec() };
	accepted(private(LINEAR));
	refused(private(BOOTSTRAP), Error::FheUnsupported);
	refused(private(0), Error::FheUnsupported);
	refused(with(|spec| spec.fhe = Some(LINEAR)), Error::FheUnsupported);
}

#[test]
fn any_runtime_class_and_format_is_accepted() {
	accepted(with(|spec| spec.runtime_class = RuntimeClass::Class(u16::MAX)));
	accepted(with(|spec| spec.format = Format::Onnx));
}

#[test]
fn the_parent_exists() {
	// Not even the model itself, whose number is known before.
	refused(child_of(0), Error::UnknownParent);
}

#[test]
fn the_parent_is_active() {
	run(|| {
		let parent = register(1, spec());
		register(2, child_of(parent));
		assert_ok!(ModelRegistry::retire(signed(1), parent));
		assert_noop!(ModelRegistry::register(signed(2), child_of(parent)), Error::<Test>::ParentRetired);
	});
}

#[test]
fn the_royalty_is_at_most_everything() {
	run(|| {
		let model = register(1, spec());
		let with_royalty = |royalty| ModelSpec { parent: Some(Parent { model, royalty }), ..spec() };
		assert_noop!(ModelRegistry::register(signed(2), with_royalty(1_000_001)), Error::<Test>::RoyaltyTooHigh);
		assert_ok!(ModelRegistry::register(signed(2), with_royalty(1_000_000)));
		assert_ok!(ModelRegistry::register(signed(2), with_royalty(0)));
	});
}

#[test]
fn a_lineage_has_four_ancestors_at_most() {
	run(|| {
		let mut model = register(1, spec());
		for _ in 0..4 {
			model = register(1, child_of(model));
		}
		assert_eq!(ModelRegistry::ancestry(model), [4, 3, 2, 1, 0]);
		assert_noop!(ModelRegistry::register(signed(1), child_of(model)), Error::<Test>::LineageTooDeep);
		// Its parent may have another child.
		assert_ok!(ModelRegistry::register(signed(1), child_of(3)));
	});
}
