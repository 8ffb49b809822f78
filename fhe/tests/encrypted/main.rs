//! Circuits on ciphertexts: what is decrypted is what the clear reference says.
//!
//! One binary, so that one evaluation key serves all of it.

#[path = "../common/mod.rs"]
mod common;
mod determinism;
mod models;
mod tables;

use std::sync::OnceLock;

use deepnode_fhe::{bootstrap::ServerKey, keys::ClientKey, params::BOOTSTRAP, wire::EvaluationKey, workers::Workers};

/// A requester's keys, and the evaluation key as a worker has it.
pub struct Keys {
	/// The client key.
	pub client: ClientKey,
	/// The evaluation key's frame.
	pub evaluation: Vec<u8>,
	/// The evaluation key, ready.
	pub server: ServerKey,
}

/// The keys of this process.
pub fn keys() -> &'static Keys {
	static KEYS: OnceLock<Keys> = OnceLock::new();
	KEYS.get_or_init(|| {
		let client = ClientKey::generate(&BOOTSTRAP);
		let evaluation = client.evaluation_key().unwrap().to_bytes();
		assert_eq!(Some(evaluation.len()), EvaluationKey::len_for(&BOOTSTRAP));
		let read = EvaluationKey::from_bytes(&evaluation, &BOOTSTRAP).unwrap();
		Keys { client, server: ServerKey::new(read).unwrap(), evaluation }
	})
}

/// All cores.
pub fn workers() -> Workers {
	Workers::new(std::thread::available_parallelism().map_or(1, usize::from)).unwrap()
}
