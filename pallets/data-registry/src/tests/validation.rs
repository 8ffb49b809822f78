//! Each rule has its own error, and each can be met.

use crate::{mock::*, DataSetSpec, Error, Files, Manifest, MAX_ROYALTY};
use deepnode_primitives::{
	content::{Uri, Uris},
	fees::MILLION,
	MAX_SUPPLY,
};
use frame_support::{assert_noop, assert_ok};
use frame_system::Pallet as System;

fn refused(spec: DataSetSpec, error: Error<Test>) {
	new_test_ext().execute_with(|| {
		assert_noop!(DataRegistry::register(signed(1), spec), error);
		assert_eq!(System::<Test>::event_count(), 0);
	});
}

fn accepted(spec: DataSetSpec) {
	run(|| {
		assert_ok!(DataRegistry::register(signed(1), spec));
	});
}

/// `spec` with one thing changed.
fn with(change: impl FnOnce(&mut DataSetSpec)) -> DataSetSpec {
	let mut spec = spec();
	change(&mut spec);
	spec
}

/// `spec` with something about its files changed.
fn with_files(change: impl FnOnce(&mut Files)) -> DataSetSpec {
	let mut files = files();
	change(&mut files);
	DataSetSpec { manifest: Manifest::Open(files), ..spec() }
}

fn not_utf8<T: TryFrom<Vec<u8>>>() -> T {
	vec![0xc3, 0x28].try_into().ok().unwrap()
}

#[test]
fn texts_are_not_empty() {
	refused(with(|spec| spec.name = text("")), Error::EmptyName);
	refused(with(|spec| spec.domain = text("")), Error::EmptyDomain);
	refused(with(|spec| spec.licence = text("")), Error::EmptyLicence);
	refused(with_files(|files| files[1].name = text("")), Error::EmptyName);
	refused(with_files(|files| files[1].content.uris = uris(&["https://a", ""])), Error::EmptyUri);
}

#[test]
fn texts_are_utf8() {
	refused(with(|spec| spec.name = not_utf8()), Error::InvalidUtf8);
	refused(with(|spec| spec.domain = not_utf8()), Error::InvalidUtf8);
	refused(with(|spec| spec.licence = not_utf8()), Error::InvalidUtf8);
	refused(with_files(|files| files[1].name = not_utf8()), Error::InvalidUtf8);
	let invalid: Uris = vec![not_utf8::<Uri>()].try_into().unwrap();
	refused(with_files(|files| files[1].content.uris = invalid), Error::InvalidUtf8);
	accepted(with(|spec| spec.name = text("数字")));
}

#[test]
fn there_is_a_file() {
	refused(with_files(|files| files.truncate(0)), Error::NoFiles);
	accepted(with_files(|files| files.truncate(1)));
	// Where to find it can be said later, or elsewhere.
	accepted(with_files(|files| files[0].content.uris = Default::default()));
}

#[test]
fn files_are_not_empty() {
	refused(with_files(|files| files[1].content.length = 0), Error::EmptyContent);
}

#[test]
fn files_have_names_of_their_own() {
	refused(with_files(|files| files[1].name = files[0].name.clone()), Error::DuplicateFileName);
	accepted(with_files(|files| files[1].content = files[0].content.clone()));
}

#[test]
fn files_have_names_that_are_safe_on_disk() {
	for name in ["/etc/passwd", "../x", "..", ".", "a/b", "a\\b", "c:x", "a\0", "a\nb", "a\u{7f}", "a\u{85}"] {
		refused(with_files(|files| files[1].name = text(name)), Error::UnsafeFileName);
	}
	for name in ["...", "train.npy", ".hidden", "a b", "größe"] {
		accepted(with_files(|files| files[1].name = text(name)));
	}
}

/// Nothing is known of the files yet; publishing them is held to the rules.
#[test]
fn any_seal_is_accepted() {
	accepted(with(|spec| spec.manifest = Manifest::Sealed([0; 32])));
}

#[test]
fn there_is_an_item() {
	refused(with(|spec| spec.items = 0), Error::NoItems);
	accepted(with(|spec| spec.items = 1));
}

#[test]
fn the_royalty_is_at_most_a_quarter() {
	refused(with(|spec| spec.royalty = MAX_ROYALTY + 1), Error::RoyaltyTooHigh);
	accepted(with(|spec| spec.royalty = MAX_ROYALTY));
	accepted(with(|spec| spec.royalty = 0));
	// A model may declare four.
	const { assert!(MAX_ROYALTY * 4 <= MILLION) };
}

#[test]
fn the_evaluation_price_is_at_most_everything() {
	refused(with(|spec| spec.evaluation_price = MAX_SUPPLY + 1), Error::PriceTooHigh);
	accepted(with(|spec| spec.evaluation_price = MAX_SUPPLY));
	accepted(with(|spec| spec.evaluation_price = 0));
}
