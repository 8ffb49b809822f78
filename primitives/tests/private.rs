//! Entries for encrypted inputs, and references to evaluation keys.

use codec::MaxEncodedLen;
use deepnode_primitives::{
	comparison::Comparison,
	content::ContentRef,
	private::{
		fits, key_reference, read_key_reference, BOOTSTRAP, CIPHERTEXT, EVALUATION_KEY, KEY_REFERENCE_LEN, LINEAR,
		RESULT,
	},
	tensor::{Dim, ElementType, TensorSpec},
};

fn spec(name: &[u8], element: ElementType, shape: &[Dim]) -> TensorSpec {
	TensorSpec { name: name.to_vec().try_into().unwrap(), element, shape: shape.to_vec().try_into().unwrap() }
}

#[test]
fn each_set_has_its_tensors_and_the_exact_comparison() {
	let ciphertext = spec(CIPHERTEXT, ElementType::U8, &[Dim::Batch, Dim::Fixed(576)]);
	let key = spec(EVALUATION_KEY, ElementType::U8, &[Dim::Fixed(KEY_REFERENCE_LEN)]);
	let result = spec(RESULT, ElementType::I32, &[Dim::Batch, Dim::Fixed(100)]);
	let (linear, bootstrap) = ([ciphertext.clone()], [ciphertext.clone(), key.clone()]);
	let results = std::slice::from_ref(&result);
	let exact = Comparison::Exact;
	assert!(fits(LINEAR, &linear, results, &exact));
	assert!(fits(BOOTSTRAP, &bootstrap, results, &exact));

	assert!(!fits(0, &linear, results, &exact), "an unknown set");
	assert!(!fits(3, &bootstrap, results, &exact), "an unknown set");
	assert!(!fits(LINEAR, &bootstrap, results, &exact), "a key too many");
	assert!(!fits(BOOTSTRAP, &linear, results, &exact), "no key");
	assert!(!fits(LINEAR, &linear, results, &Comparison::default()), "ciphertexts are never nearly equal");
	assert!(!fits(LINEAR, &linear, &[], &exact), "no result");
	let floats = [spec(CIPHERTEXT, ElementType::F32, &[Dim::Batch, Dim::Fixed(64)])];
	assert!(!fits(LINEAR, &floats, results, &exact), "a plain input");
	let single = [spec(CIPHERTEXT, ElementType::U8, &[Dim::Fixed(576)])];
	assert!(!fits(LINEAR, &single, results, &exact), "no batch");
	let bytes = [spec(RESULT, ElementType::U8, &[Dim::Batch, Dim::Fixed(100)])];
	assert!(!fits(LINEAR, &linear, &bytes, &exact), "a canonical answer would hold four bytes for each");
}

#[test]
fn every_reference_fits_and_comes_back_and_nothing_hides_behind_it() {
	assert!(ContentRef::max_encoded_len() <= KEY_REFERENCE_LEN as usize);
	let uri = vec![b'u'; 256].try_into().unwrap();
	let key = ContentRef { hash: [7; 32], length: 60_260_400, uris: vec![uri; 4].try_into().unwrap() };
	let bytes = key_reference(&key);
	assert_eq!(bytes.len(), KEY_REFERENCE_LEN as usize);
	assert_eq!(read_key_reference(&bytes), Some(key));

	let mut hidden = bytes.clone();
	*hidden.last_mut().unwrap() = 1;
	assert_eq!(read_key_reference(&hidden), None);
	assert_eq!(read_key_reference(&bytes[..bytes.len() - 1]), None);
	assert_eq!(read_key_reference(&[0xff; KEY_REFERENCE_LEN as usize]), None);
	assert_eq!(read_key_reference(&[]), None);
}
