//! What a seal binds.

use crate::{manifest_digest, mock::*, DataFile, Manifest};
use codec::Encode;
use deepnode_primitives::content::{sha256, ContentRef};
use proptest::{array::uniform32, collection::vec, prelude::*};

fn file() -> impl Strategy<Value = DataFile> {
	("[a-z]{1,8}", uniform32(any::<u8>()), any::<u64>()).prop_map(|(name, hash, length)| DataFile {
		name: text(&name),
		content: ContentRef { hash, length, uris: Default::default() },
	})
}

proptest! {
	#[test]
	fn the_digest_does_not_know_the_uris(mut files in vec(file(), 1..8), uri in "[a-z]{1,20}", at in any::<prop::sample::Index>()) {
		let before = manifest_digest(&files);
		at.get_mut(&mut files).content.uris = uris(&[&uri]);
		prop_assert_eq!(manifest_digest(&files), before);
	}

	#[test]
	fn other_files_have_another_digest(files in vec(file(), 0..8), other in vec(file(), 0..8)) {
		prop_assert_eq!(files == other, manifest_digest(&files) == manifest_digest(&other));
	}

	#[test]
	fn names_hashes_lengths_and_order_are_bound(files in vec(file(), 2..8), at in any::<prop::sample::Index>()) {
		let digest = manifest_digest(&files);
		let changed = |change: fn(&mut DataFile)| {
			let mut files = files.clone();
			change(at.get_mut(&mut files));
			manifest_digest(&files)
		};
		prop_assert_ne!(changed(|file| file.name = text("other.bin")), digest);
		prop_assert_ne!(changed(|file| file.content.hash[31] ^= 1), digest);
		prop_assert_ne!(changed(|file| file.content.length ^= 1), digest);
		prop_assert_ne!(manifest_digest(&files[1..]), digest);
		let reversed: Vec<_> = files.iter().rev().cloned().collect();
		prop_assert_eq!(reversed == files, manifest_digest(&reversed) == digest);
	}
}

/// As other languages write it: see the pallet's documentation.
#[test]
fn the_digest_is_that_of_the_documented_bytes() {
	let mut bytes = b"dn-manifest".to_vec();
	bytes.push(2 << 2);
	for name in ["images.npy", "labels.npy"] {
		bytes.push((name.len() as u8) << 2);
		bytes.extend(name.as_bytes());
		bytes.extend(sha256(name.as_bytes()));
		bytes.extend(1000u64.to_le_bytes());
	}
	assert_eq!(manifest_digest(&files()), sha256(&bytes));
}

#[test]
fn sealing_does_not_change_the_digest() {
	let open = Manifest::Open(files());
	let sealed = Manifest::Sealed(open.digest());
	assert_eq!(open.digest(), sealed.digest());
	assert_eq!((open.files(), sealed.files()), (2, 0));
	assert!(sealed.is_sealed() && !open.is_sealed());
	assert_eq!(sealed.encoded_size(), 33);
}
