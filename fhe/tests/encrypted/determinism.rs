//! The same bytes in, the same bytes out: in every process and with any number of threads.

use std::{fs, path::Path, process::Command};

use deepnode_fhe::{
	bootstrap::ServerKey, circuit::Circuit, evaluate::evaluate, params::BOOTSTRAP, sha256, wire::EvaluationKey,
	workers::Workers,
};

use super::{common, keys};

/// Where the second process finds its question. Set by the test that starts it.
const QUESTION: &str = "DEEPNODE_FHE_TEST_QUESTION";
const THREADS: &str = "DEEPNODE_FHE_TEST_THREADS";

fn digest_in(folder: &Path, threads: usize) -> String {
	let read = |name: &str| fs::read(folder.join(name)).unwrap();
	let circuit = Circuit::from_bytes(&read("circuit")).unwrap();
	let key = EvaluationKey::from_bytes(&read("key"), &BOOTSTRAP).unwrap();
	let workers = Workers::new(threads).unwrap();
	hex::encode(sha256(&evaluate(&circuit, &read("input"), ServerKey::new(key).as_ref(), &workers).unwrap()))
}

#[test]
fn processes_and_thread_counts_agree_to_the_bit() {
	// The other process: the same test, told where to look.
	if let Some(folder) = std::env::var_os(QUESTION) {
		let threads = std::env::var(THREADS).unwrap().parse().unwrap();
		fs::write(Path::new(&folder).join(format!("digest-{threads}")), digest_in(Path::new(&folder), threads))
			.unwrap();
		return;
	}
	let model = common::perceptron();
	let circuit = model.convert().circuit;
	let input = keys().client.encrypt(&circuit, &model.rows[0]).unwrap();
	let here = evaluate(&circuit, &input, Some(&keys().server), &Workers::new(3).unwrap()).unwrap();
	let expected = hex::encode(sha256(&here));

	let folder = std::env::temp_dir().join(format!("deepnode-fhe-{}", std::process::id()));
	fs::create_dir_all(&folder).unwrap();
	for (name, bytes) in [("circuit", &circuit.to_bytes()), ("key", &keys().evaluation), ("input", &input)] {
		fs::write(folder.join(name), bytes).unwrap();
	}
	for threads in [1, 2] {
		let child = Command::new(std::env::current_exe().unwrap())
			.args(["--exact", "determinism::processes_and_thread_counts_agree_to_the_bit"])
			.env(QUESTION, &folder)
			.env(THREADS, threads.to_string())
			.output()
			.unwrap();
		assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
		let digest = fs::read_to_string(folder.join(format!("digest-{threads}"))).unwrap();
		assert_eq!(digest, expected, "{threads} threads in another process");
	}
	fs::remove_dir_all(&folder).unwrap();
}
