//! A task's input is read against what the model declares.

use codec::Decode;
use deepnode_primitives::tensor::{
	push_tensor, read_bundle, BundleError, Dim, ElementType, TensorSpec, TensorSpecs, MAX_RANK,
};
use proptest::{collection::vec, prelude::*};

fn spec(element: ElementType, shape: &[Dim]) -> TensorSpec {
	TensorSpec { name: b"x".to_vec().try_into().unwrap(), element, shape: shape.to_vec().try_into().unwrap() }
}

fn element() -> impl Strategy<Value = ElementType> {
	(0u8..7).prop_map(|byte| ElementType::from_byte(byte).unwrap())
}

fn specs() -> impl Strategy<Value = Vec<TensorSpec>> {
	let tensor = (element(), any::<bool>(), vec(1u32..4, 0..3)).prop_map(|(element, batched, dims)| {
		let batch = batched.then_some(Dim::Batch);
		let shape: Vec<_> = batch.into_iter().chain(dims.into_iter().map(Dim::Fixed)).collect();
		spec(element, &shape)
	});
	vec(tensor, 1..=8)
}

/// A bundle that fits `specs` with `items` items.
fn bundle(specs: &[TensorSpec], items: u32, fill: u8) -> Vec<u8> {
	let mut bytes = Vec::new();
	for spec in specs {
		let dims: Vec<u32> = spec
			.shape
			.iter()
			.map(|dim| match dim {
				Dim::Fixed(length) => *length,
				Dim::Batch => items,
			})
			.collect();
		let length = dims.iter().product::<u32>() as usize * spec.element.size();
		push_tensor(&mut bytes, spec.element, &dims, &vec![fill; length]);
	}
	bytes
}

proptest! {
	#[test]
	fn what_is_written_is_read(specs in specs(), items in 1u32..5, fill in any::<u8>()) {
		let bytes = bundle(&specs, items, fill);
		let (tensors, read) = read_bundle(&specs, &bytes).unwrap();
		prop_assert_eq!(read, if specs.iter().any(TensorSpec::is_batched) { items } else { 1 });
		let mut again = Vec::new();
		for (tensor, spec) in tensors.iter().zip(&specs) {
			prop_assert_eq!(tensor.element, spec.element);
			prop_assert!(tensor.data.iter().all(|byte| *byte == fill));
			push_tensor(&mut again, tensor.element, &tensor.dims, tensor.data);
		}
		prop_assert_eq!(again, bytes);
	}

	#[test]
	fn missing_bytes_are_refused(specs in specs(), items in 1u32..5, cut in any::<prop::sample::Index>()) {
		let bytes = bundle(&specs, items, 0);
		let short = &bytes[..cut.index(bytes.len())];
		let truncated = matches!(read_bundle(&specs, short), Err(BundleError::Truncated { .. }));
		prop_assert!(truncated);
	}

	#[test]
	fn trailing_bytes_are_refused(specs in specs(), trailing in 1usize..20) {
		let mut bytes = bundle(&specs, 2, 0);
		bytes.resize(bytes.len() + trailing, 0);
		prop_assert_eq!(read_bundle(&specs, &bytes), Err(BundleError::Trailing { bytes: trailing as u32 }));
	}

	#[test]
	fn arbitrary_bytes_never_panic(specs in specs(), bytes in vec(any::<u8>(), 0..200)) {
		let _ = read_bundle(&specs, &bytes);
	}

	#[test]
	fn a_changed_byte_never_panics(
		specs in specs(),
		at in any::<prop::sample::Index>(),
		flip in 1u8..,
	) {
		let mut bytes = bundle(&specs, 2, 0);
		let at = at.index(bytes.len());
		bytes[at] ^= flip;
		let _ = read_bundle(&specs, &bytes);
	}

	#[test]
	fn arbitrary_specs_never_panic(encoded in vec(any::<u8>(), 0..200), bytes in vec(any::<u8>(), 0..64)) {
		if let Ok(specs) = TensorSpecs::decode(&mut &encoded[..]) {
			let _ = specs.iter().map(TensorSpec::is_valid).count();
			let _ = read_bundle(&specs, &bytes);
		}
	}
}

#[test]
fn the_layout_is_the_documented_one() {
	let mut bytes = Vec::new();
	push_tensor(&mut bytes, ElementType::I32, &[1, 2], &[1, 0, 0, 0, 2, 0, 0, 0]);
	assert_eq!(hex::encode(bytes), concat!("04", "02", "01000000", "02000000", "0100000002000000"));
}

#[test]
fn another_element_type_is_refused() {
	let specs = [spec(ElementType::F32, &[]), spec(ElementType::F32, &[Dim::Fixed(2)])];
	let sent = [spec(ElementType::F32, &[]), spec(ElementType::I32, &[Dim::Fixed(2)])];
	let error = Err(BundleError::ElementType { tensor: 1 });
	assert_eq!(read_bundle(&specs, &bundle(&sent, 1, 0)), error);
	// 255 is no element type at all.
	let mut bytes = bundle(&specs, 1, 0);
	bytes[6] = 255;
	assert_eq!(read_bundle(&specs, &bytes), error);
}

#[test]
fn another_shape_is_refused() {
	let specs = [spec(ElementType::U8, &[Dim::Fixed(2), Dim::Fixed(3)])];
	let error = Err(BundleError::Shape { tensor: 0 });
	for shape in [&[3, 2][..], &[6], &[2, 3, 1], &[]] {
		let shape: Vec<_> = shape.iter().copied().map(Dim::Fixed).collect();
		assert_eq!(read_bundle(&specs, &bundle(&[spec(ElementType::U8, &shape)], 1, 0)), error);
	}
}

#[test]
fn batches_must_be_alike_and_not_empty() {
	let specs = [spec(ElementType::U8, &[Dim::Batch]), spec(ElementType::U8, &[Dim::Batch, Dim::Fixed(2)])];
	let sent = |first: u32, second: u32| {
		let mut bytes = Vec::new();
		push_tensor(&mut bytes, ElementType::U8, &[first], &vec![0; first as usize]);
		push_tensor(&mut bytes, ElementType::U8, &[second, 2], &vec![0; 2 * second as usize]);
		bytes
	};
	assert_eq!(read_bundle(&specs, &sent(3, 3)).unwrap().1, 3);
	assert_eq!(read_bundle(&specs, &sent(3, 2)), Err(BundleError::Batch { tensor: 1 }));
	assert_eq!(read_bundle(&specs, &sent(0, 3)), Err(BundleError::Batch { tensor: 0 }));
	assert_eq!(read_bundle(&specs, &sent(3, 0)), Err(BundleError::Batch { tensor: 1 }));
}

#[test]
fn a_batch_beyond_the_bytes_is_refused() {
	let specs = [spec(ElementType::F64, &[Dim::Batch, Dim::Fixed(u32::MAX), Dim::Fixed(u32::MAX)])];
	let mut bytes = Vec::new();
	push_tensor(&mut bytes, ElementType::F64, &[u32::MAX, u32::MAX, u32::MAX], &[0; 8]);
	assert_eq!(read_bundle(&specs, &bytes), Err(BundleError::Truncated { tensor: 0 }));
}

#[test]
fn every_element_type_has_its_byte() {
	for byte in 0..=u8::MAX {
		assert_eq!(ElementType::from_byte(byte).map(|element| element as u8), (byte < 7).then_some(byte));
	}
	for byte in 0..7 {
		assert_eq!(codec::Encode::encode(&ElementType::from_byte(byte).unwrap()), [byte]);
	}
}

#[test]
fn specifications_that_make_no_sense_are_told_apart() {
	let valid = spec(ElementType::F32, &[Dim::Batch, Dim::Fixed(3)]);
	assert!(valid.is_valid());
	assert_eq!(valid.item_len(), Some(12));
	assert!(spec(ElementType::F32, &[]).is_valid());
	assert!(spec(ElementType::F32, &[Dim::Batch]).is_valid());

	assert!(!TensorSpec { name: Default::default(), ..valid.clone() }.is_valid());
	assert!(!TensorSpec { name: vec![0xff].try_into().unwrap(), ..valid }.is_valid());
	assert!(!spec(ElementType::F32, &[Dim::Fixed(0)]).is_valid());
	assert!(!spec(ElementType::F32, &[Dim::Batch, Dim::Batch]).is_valid());
	assert!(!spec(ElementType::F32, &[Dim::Fixed(3), Dim::Batch]).is_valid());
	assert!(!spec(ElementType::U8, &[Dim::Fixed(u32::MAX); MAX_RANK as usize]).is_valid());
	assert!(spec(ElementType::U8, &[Dim::Fixed(u32::MAX)]).is_valid());
	assert!(!spec(ElementType::F32, &[Dim::Fixed(1 << 30)]).is_valid());
}
