//! The clients are generated from `clients/rust/metadata.scale`: it must be this runtime's metadata.
//!
//! After a change of the runtime's interface, write it anew with
//! `DEEPNODE_WRITE_METADATA=1 cargo test -p deepnode-runtime --test metadata`.

use deepnode_runtime::Runtime;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../clients/rust/metadata.scale");

#[test]
fn the_committed_metadata_is_the_runtimes() {
	let metadata = Runtime::metadata_at_version(16).expect("the runtime has metadata v16");
	if std::env::var_os("DEEPNODE_WRITE_METADATA").is_some() {
		std::fs::write(PATH, &*metadata).expect("clients/rust is writable");
	}
	let committed = std::fs::read(PATH).unwrap_or_default();
	assert!(
		committed == *metadata,
		"clients/rust/metadata.scale ({} bytes) is not the runtime's metadata ({} bytes); write it anew with \
		 DEEPNODE_WRITE_METADATA=1 cargo test -p deepnode-runtime --test metadata",
		committed.len(),
		metadata.len(),
	);
}
