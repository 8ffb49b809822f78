//! What can be said of a task's input before it is fetched, and before any of it is in memory.
//!
//! A bundle of declared tensors and a number of items has one length, and an evaluation key has its parameter
//! set's. So whether a reference can be what the task says follows from the chain alone, and every worker
//! answers alike, whether or not it could have fetched the content.

use deepnode_primitives::{
	content::{ContentRef, Payload},
	tensor::{read_bundle, TensorSpec, TensorView},
};

/// The bytes of a bundle of so many items; `None` beyond `u64`, and for tensors that no entry can declare.
pub fn bundle_len(specs: &[TensorSpec], items: u32) -> Option<u64> {
	specs.iter().try_fold(0u64, |total, spec| {
		// The element type, the rank and the dimensions.
		let headers = 2u64.checked_add(4 * spec.shape.len() as u64)?;
		let repeated = if spec.is_batched() { items } else { 1 };
		let data = u64::from(spec.item_len()?).checked_mul(repeated.into())?;
		total.checked_add(headers)?.checked_add(data)
	})
}

/// Whether an input by reference has the length that its items take. The error says why it is invalid.
pub fn check_length(specs: &[TensorSpec], items: u32, input: &Payload) -> Result<(), String> {
	let Payload::Reference(ContentRef { length, .. }) = input else { return Ok(()) };
	match bundle_len(specs, items) {
		Some(due) if due == *length => Ok(()),
		Some(due) => Err(format!("the input is declared to have {length} bytes, and {items} items take {due}")),
		None => Err(format!("{items} items take more bytes than any content has")),
	}
}

/// The tensors of a bundle that holds as many items as the task was paid for. The error says why it is invalid.
pub fn tensors<'a>(specs: &[TensorSpec], items: u32, bundle: &'a [u8]) -> Result<Vec<TensorView<'a>>, String> {
	match read_bundle(specs, bundle) {
		Ok((tensors, found)) if found == items => Ok(tensors),
		Ok((_, found)) => Err(format!("the input holds {found} items, and the task is for {items}")),
		Err(error) => Err(error.to_string()),
	}
}

/// Whether a reference to an evaluation key has the length of the keys of a set of parameters. The error says
/// why it is invalid.
#[cfg(feature = "fhe")]
pub fn check_key_length(parameters: u32, key: &ContentRef) -> Result<(), String> {
	use deepnode_fhe::{params::by_id, wire::EvaluationKey};

	let set = by_id(parameters).map_err(|error| error.to_string())?;
	match EvaluationKey::len_for(set) {
		Some(due) if due as u64 == key.length => Ok(()),
		Some(due) => Err(format!("the evaluation key is declared to have {} bytes, and {due} are due", key.length)),
		None => Err(format!("parameter set {parameters} has no evaluation key")),
	}
}

/// A build without the engine for encrypted inputs has refused the task before.
#[cfg(not(feature = "fhe"))]
pub fn check_key_length(parameters: u32, _: &ContentRef) -> Result<(), String> {
	Err(format!("parameter set {parameters} is unknown to a build without the feature `fhe`"))
}

#[cfg(test)]
mod tests {
	use deepnode_primitives::tensor::{push_tensor, Dim, ElementType};

	use super::*;

	fn spec(element: ElementType, shape: &[Dim]) -> TensorSpec {
		let name = b"x".to_vec().try_into().expect("short");
		TensorSpec { name, element, shape: shape.to_vec().try_into().expect("few") }
	}

	fn reference(length: u64) -> ContentRef {
		ContentRef { hash: [0; 32], length, uris: Default::default() }
	}

	#[test]
	fn a_bundle_is_as_long_as_its_declared_tensors() {
		let specs = [
			spec(ElementType::F64, &[Dim::Batch, Dim::Fixed(3), Dim::Fixed(2)]),
			spec(ElementType::I32, &[Dim::Fixed(5)]),
			spec(ElementType::U8, &[]),
		];
		for items in [1, 2, 1000] {
			let mut bundle = Vec::new();
			push_tensor(&mut bundle, ElementType::F64, &[items, 3, 2], &vec![0; 48 * items as usize]);
			push_tensor(&mut bundle, ElementType::I32, &[5], &[0; 20]);
			push_tensor(&mut bundle, ElementType::U8, &[], &[0]);
			assert_eq!(bundle_len(&specs, items), Some(bundle.len() as u64));
			let length = bundle.len() as u64;
			assert_eq!(check_length(&specs, items, &Payload::Reference(reference(length))), Ok(()));
			for other in [0, length - 1, length + 1, u64::MAX] {
				assert!(check_length(&specs, items, &Payload::Reference(reference(other))).is_err(), "{other}");
			}
			assert_eq!(tensors(&specs, items, &bundle).map(|tensors| tensors.len()), Ok(3));
			assert!(tensors(&specs, items + 1, &bundle).is_err());
		}
	}

	#[test]
	fn no_number_of_items_overflows() {
		let widest = spec(ElementType::U8, &[Dim::Batch, Dim::Fixed(u32::MAX)]);
		let one = u64::from(u32::MAX) * u64::from(u32::MAX) + 10;
		assert_eq!(bundle_len(std::slice::from_ref(&widest), u32::MAX), Some(one));
		let many: [_; 8] = std::array::from_fn(|_| widest.clone());
		assert_eq!(bundle_len(&many, u32::MAX), None);
		assert!(check_length(&many, u32::MAX, &Payload::Reference(reference(u64::MAX))).is_err());
	}

	#[test]
	fn an_input_without_a_batch_is_one_item() {
		let specs = [spec(ElementType::U8, &[Dim::Fixed(2)])];
		let mut bundle = Vec::new();
		push_tensor(&mut bundle, ElementType::U8, &[2], &[0; 2]);
		assert!(tensors(&specs, 1, &bundle).is_ok());
		assert!(tensors(&specs, 2, &bundle).is_err());
	}

	#[cfg(feature = "fhe")]
	#[test]
	fn an_evaluation_key_has_the_length_of_its_parameter_set() {
		use deepnode_primitives::private::{BOOTSTRAP, LINEAR};

		assert_eq!(check_key_length(BOOTSTRAP, &reference(60_260_400)), Ok(()));
		for (parameters, length) in [(BOOTSTRAP, 60_260_399), (BOOTSTRAP, 1 << 30), (LINEAR, 0), (9, 60_260_400)] {
			assert!(check_key_length(parameters, &reference(length)).is_err(), "{parameters} {length}");
		}
	}
}
