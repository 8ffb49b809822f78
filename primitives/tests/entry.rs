//! What registered entries have in common.

use deepnode_primitives::{
	content::{sha256, ContentRef, Uri, Uris},
	entry::{bond, check_files, check_labels, check_price, check_uris, manifest_digest, Flaw, Name},
	Balance, MAX_SUPPLY,
};

fn name(text: &[u8]) -> Name {
	text.to_vec().try_into().unwrap()
}

fn uris(uri: &[u8]) -> Uris {
	vec![Uri::try_from(uri.to_vec()).unwrap()].try_into().unwrap()
}

fn content(length: u64) -> ContentRef {
	ContentRef { hash: [7; 32], length, uris: uris(b"https://data.example/a") }
}

fn checked(files: &[(&[u8], ContentRef)]) -> Result<(), Flaw> {
	let files: Vec<_> = files.iter().map(|(text, content)| (name(text), content.clone())).collect();
	check_files(files.iter().map(|(name, content)| (name, content)))
}

#[test]
fn labels_are_text_and_not_empty() {
	assert_eq!(check_labels(b"digits", b"vision", b"MIT"), Ok(()));
	assert_eq!(check_labels(b"", b"vision", b"MIT"), Err(Flaw::EmptyName));
	assert_eq!(check_labels(b"digits", b"", b"MIT"), Err(Flaw::EmptyDomain));
	assert_eq!(check_labels(b"digits", b"vision", b""), Err(Flaw::EmptyLicence));
	assert_eq!(check_labels(b"digits", &[0xff], b"MIT"), Err(Flaw::InvalidUtf8));
}

#[test]
fn files_have_safe_names_of_their_own_and_content() {
	assert_eq!(checked(&[(b"a.onnx", content(1)), (b"b.bin", content(1))]), Ok(()));
	assert_eq!(checked(&[]), Err(Flaw::NoFiles));
	assert_eq!(checked(&[(b"", content(1))]), Err(Flaw::EmptyName));
	assert_eq!(checked(&[(b"../a", content(1))]), Err(Flaw::UnsafeFileName));
	assert_eq!(checked(&[(b"a", content(1)), (b"a", content(1))]), Err(Flaw::DuplicateFileName));
	assert_eq!(checked(&[(b"a", content(0))]), Err(Flaw::EmptyContent));
	assert_eq!(checked(&[(b"a", ContentRef { uris: uris(b""), ..content(1) })]), Err(Flaw::EmptyUri));
	assert_eq!(check_uris(&uris(&[0xff])), Err(Flaw::InvalidUtf8));
	assert_eq!(check_uris(&Uris::default()), Ok(()), "there may be none");
}

#[test]
fn a_price_is_at_most_all_that_there_is() {
	assert_eq!(check_price(0), Ok(()));
	assert_eq!(check_price(MAX_SUPPLY), Ok(()));
	assert_eq!(check_price(MAX_SUPPLY + 1), Err(Flaw::PriceTooHigh));
}

#[test]
fn a_bond_grows_with_the_bytes_and_never_overflows() {
	assert_eq!(bond(10, 3, 4), 22);
	assert_eq!(bond(Balance::MAX, Balance::MAX, usize::MAX), Balance::MAX);
}

#[test]
fn a_manifest_binds_names_hashes_and_lengths_in_their_order_and_no_uris() {
	let (a, b) = (content(1), ContentRef { uris: Uris::default(), ..content(1) });
	let digest = manifest_digest([(&b"a"[..], &a), (b"b", &b)]);
	assert_eq!(digest, manifest_digest([(&b"a"[..], &b), (b"b", &a)]), "only the URIs differ");
	assert_ne!(digest, manifest_digest([(&b"b"[..], &b), (b"a", &a)]));
	// dn-manifest, one file, its name's length in SCALE and its name, its hash, its length.
	let mut bytes = b"dn-manifest".to_vec();
	bytes.extend([4, 4, b'a']);
	bytes.extend([7; 32]);
	bytes.extend(1u64.to_le_bytes());
	assert_eq!(manifest_digest([(&b"a"[..], &a)]), sha256(&bytes));
}
