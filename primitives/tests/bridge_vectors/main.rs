//! The vectors that hold the contracts to the chain's encodings, in `bridge/contracts/test/vectors`.
//!
//! They are made here, from the same numbers every time. After a change of an encoding, write them anew with
//! `DEEPNODE_WRITE_VECTORS=1 cargo test -p deepnode-primitives --test bridge_vectors`.

mod commitments;
mod leaves;
mod proofs;
mod table;

use std::path::PathBuf;

use table::Table;

/// The largest file that is still pleasant to keep.
const LARGEST: usize = 1 << 20;

fn folder() -> PathBuf {
	[env!("CARGO_MANIFEST_DIR"), "..", "bridge", "contracts", "test", "vectors"].iter().collect()
}

fn check(name: &str, table: Table) {
	let (path, json) = (folder().join(name).with_extension("json"), table.to_json());
	assert!(json.len() < LARGEST, "{name} has {} bytes", json.len());
	if std::env::var_os("DEEPNODE_WRITE_VECTORS").is_some() {
		std::fs::write(&path, &json).expect("bridge/contracts/test/vectors is writable");
	}
	let committed = std::fs::read_to_string(&path).unwrap_or_default();
	assert!(
		committed == json,
		"{} is not what the code gives now; write it anew with DEEPNODE_WRITE_VECTORS=1 cargo test -p \
		 deepnode-primitives --test bridge_vectors",
		path.display(),
	);
}

#[test]
fn messages() {
	check("messages", leaves::messages());
}

#[test]
fn claims() {
	check("claims", leaves::claims());
}

#[test]
fn receipts() {
	check("receipts", leaves::receipts());
}

#[test]
fn leaf_extras() {
	check("leaf_extras", leaves::leaf_extras());
}

#[test]
fn mmr_leaves() {
	check("mmr_leaves", leaves::mmr_leaves());
}

#[test]
fn tree_proofs() {
	check("tree_proofs", proofs::tree_proofs());
}

#[test]
fn mmr_proofs() {
	check("mmr_proofs", proofs::mmr_proofs());
}

#[test]
fn authority_sets() {
	check("authority_sets", commitments::authority_sets());
}

#[test]
fn commitments() {
	let [commitments, messages, receipts] = commitments::chain();
	check("commitments", commitments);
	check("message_proofs", messages);
	check("receipt_proofs", receipts);
}
