//! Content by its hash.

use deepnode_primitives::content::{sha256, ContentRef, Mismatch, Payload};
use proptest::{collection::vec, prelude::*};

fn reference(bytes: &[u8]) -> ContentRef {
	ContentRef { hash: sha256(bytes), length: bytes.len() as u64, uris: Default::default() }
}

proptest! {
	#[test]
	fn only_the_content_itself_is_accepted(bytes in vec(any::<u8>(), 0..99), other in vec(any::<u8>(), 0..99)) {
		let content = reference(&bytes);
		prop_assert_eq!(content.verify(&bytes), Ok(()));
		prop_assert_eq!(content.verify(&other).is_ok(), bytes == other);
	}

	#[test]
	fn a_payload_has_one_digest_inline_or_not(bytes in vec(any::<u8>(), 0..99)) {
		let inline = Payload::Inline(bytes.clone().try_into().unwrap());
		let by_reference = Payload::Reference(reference(&bytes));
		prop_assert_eq!(inline.digest(), by_reference.digest());
		prop_assert_eq!(inline.inline(), Some(&bytes[..]));
		prop_assert_eq!(by_reference.inline(), None);
	}
}

#[test]
fn a_mismatch_says_what_it_found() {
	let content = reference(b"abc");
	assert_eq!(content.verify(b"abcd"), Err(Mismatch::Length { expected: 3, found: 4 }));
	let error = content.verify(b"abd").unwrap_err();
	assert_eq!(error, Mismatch::Hash { expected: sha256(b"abc"), found: sha256(b"abd") });
	assert!(error.to_string().contains(&hex::encode(sha256(b"abc"))));
}

#[test]
fn the_hash_is_sha256() {
	let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
	assert_eq!(hex::encode(sha256(b"abc")), expected);
}

#[test]
fn uris_that_are_not_utf8_are_left_out() {
	let uris = vec![b"https://a".to_vec().try_into().unwrap(), vec![0xff].try_into().unwrap()];
	let content = ContentRef { uris: uris.try_into().unwrap(), ..reference(b"") };
	assert_eq!(content.uris_utf8(), ["https://a"]);
}
