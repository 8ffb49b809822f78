//! Encrypted inputs in the sandbox: answered, or refused with a reason, and the worker lives.
#![cfg(feature = "fhe")]

mod common;

use std::{fs, path::Path, sync::Arc, time::Duration};

use common::chain::file;
use deepnode_fhe::{
	circuit::Circuit,
	convert::{convert, Options},
	keys::ClientKey,
	params::{BOOTSTRAP, LINEAR},
};
use deepnode_primitives::{
	canonical::Answer,
	comparison::Comparison,
	content::{sha256, ContentRef, Payload},
	private::{self, key_reference, CIPHERTEXT, EVALUATION_KEY, KEY_REFERENCE_LEN, RESULT},
	task::ErrorCode,
	tensor::{push_tensor, Dim, ElementType, TensorSpec},
};
use deepnode_worker::{
	cache::Cache,
	chain::Model,
	engine::{Kind, Tensor},
	fetch::{Fetcher, Policy},
	metrics::Metrics,
	runner::{Answerer, Question, Runner},
	sandbox::{
		protocol::{identity, Load},
		Config, Lease, RunError, Sandbox,
	},
};
use tokio::time::Instant;

fn config() -> Config {
	Config {
		program: env!("CARGO_BIN_EXE_deepnode-worker").into(),
		timeout: Duration::from_secs(60),
		memory: 1 << 30,
		..Config::new(Kind::Fhe, None)
	}
}

fn models() -> &'static Path {
	Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/models"))
}

fn rows(name: &str, width: usize) -> Vec<Vec<f32>> {
	// The data of a .npy file of f32 follow its header of 128 bytes.
	let bytes = fs::read(models().join(name)).expect("committed");
	let numbers: Vec<_> = bytes[128..].as_chunks::<4>().0.iter().map(|number| f32::from_le_bytes(*number)).collect();
	numbers.chunks(width).map(<[f32]>::to_vec).collect()
}

fn linear() -> Circuit {
	let onnx = fs::read(models().join("digits/digits-linear.onnx")).expect("committed");
	let options = Options { calibration: rows("digits/calibration.npy", 64), ..Default::default() };
	convert(&onnx, &options).expect("converts").circuit
}

fn forest() -> Circuit {
	let onnx = fs::read(models().join("breast-cancer/tumours-forest.onnx")).expect("committed");
	convert(&onnx, &Options::default()).expect("converts").circuit
}

async fn load(sandbox: &Arc<Sandbox>, circuit: &Circuit) -> Lease {
	let model = circuit.to_bytes();
	let identity = identity(&sha256(&model), &None);
	sandbox.load(identity, Load { model, declared: None }).await.expect("a circuit loads").0
}

fn bundle(circuit: &Circuit, items: u32, ciphertexts: &[u8]) -> Vec<u8> {
	let mut bundle = Vec::new();
	push_tensor(&mut bundle, ElementType::U8, &[items, circuit.input_len() as u32], ciphertexts);
	if circuit.evaluation_key_len().is_some() {
		// The worker follows the reference; the sandbox only checks that it has the declared length.
		push_reference(&mut bundle, &ContentRef { hash: [0; 32], length: 0, uris: Default::default() });
	}
	bundle
}

fn push_reference(bundle: &mut Vec<u8>, key: &ContentRef) {
	push_tensor(bundle, ElementType::U8, &[KEY_REFERENCE_LEN], &key_reference(key));
}

/// The registry's entry of a circuit that looks tables up.
fn entry(circuit: &Circuit, graph: ContentRef) -> Model {
	let spec = |name: &[u8], element, shape: &[Dim]| TensorSpec {
		name: name.to_vec().try_into().expect("short"),
		element,
		shape: shape.to_vec().try_into().expect("few"),
	};
	let ciphertext = spec(CIPHERTEXT, ElementType::U8, &[Dim::Batch, Dim::Fixed(circuit.input_len() as u32)]);
	let key = spec(EVALUATION_KEY, ElementType::U8, &[Dim::Fixed(KEY_REFERENCE_LEN)]);
	let result = spec(RESULT, ElementType::I32, &[Dim::Batch, Dim::Fixed(circuit.result_len() as u32 / 4)]);
	Model {
		graph: Some(graph),
		inputs: vec![ciphertext, key].try_into().expect("few"),
		outputs: vec![result].try_into().expect("one"),
		comparison: Comparison::Exact,
		fhe: Some(private::BOOTSTRAP),
	}
}

fn refused<T>(result: Result<T, RunError>) -> (ErrorCode, String) {
	match result {
		Err(RunError::Answer { code, detail }) => (code, detail),
		Err(RunError::Local(error)) => panic!("the machine is to blame: {error}"),
		Ok(_) => panic!("it ran"),
	}
}

fn frames<'a>(circuit: &Circuit, outputs: &'a [Tensor]) -> Vec<&'a [u8]> {
	let [result] = outputs else { panic!("one output") };
	assert_eq!(result.element, ElementType::I32 as u8);
	assert_eq!(result.dims[1] as usize * 4, circuit.result_len());
	result.data.chunks(circuit.result_len()).collect()
}

#[tokio::test]
async fn a_batch_of_encrypted_rows_is_answered_as_in_the_clear() {
	let (circuit, key) = (linear(), ClientKey::generate(&LINEAR));
	let rows = &rows("digits/heldout.npy", 64)[..3];
	let ciphertexts: Vec<u8> = rows.iter().flat_map(|row| key.encrypt(&circuit, row).expect("encrypts")).collect();
	let sandbox = Sandbox::start(config()).await.expect("starts");
	let outputs = load(&sandbox, &circuit).await.run(bundle(&circuit, 3, &ciphertexts)).await.expect("runs");
	for (row, frame) in rows.iter().zip(frames(&circuit, &outputs)) {
		let expected = circuit.evaluate_clear(&circuit.quantise(row).expect("a row"));
		assert_eq!(key.decrypt(&circuit, frame).expect("a result"), expected);
	}
}

#[tokio::test]
async fn hostile_ciphertexts_and_circuits_are_refused_with_a_reason() {
	let (circuit, key) = (linear(), ClientKey::generate(&LINEAR));
	let good = key.encrypt(&circuit, &rows("digits/heldout.npy", 64)[0]).expect("encrypts");
	let sandbox = Sandbox::start(config()).await.expect("starts");
	let mut other_circuit = good.clone();
	other_circuit[16] ^= 1;
	let other_set = [&good[..8], &[2], &good[9..]].concat();
	for (ciphertext, reason) in [
		(vec![0x5a; good.len()], "no frame of private inference"),
		(other_set, "parameter set 2"),
		(other_circuit, "for the circuit"),
	] {
		let lease = load(&sandbox, &circuit).await;
		let (code, detail) = refused(lease.run(bundle(&circuit, 1, &ciphertext)).await);
		assert_eq!(code, ErrorCode::InputInvalid, "{detail}");
		assert!(detail.contains(reason), "{detail}");
	}
	// Of another length it is not even a bundle of this model.
	let lease = load(&sandbox, &circuit).await;
	assert_eq!(refused(lease.run(bundle(&circuit, 1, &good[1..])).await).0, ErrorCode::InputInvalid);

	let bytes = circuit.to_bytes();
	for model in [bytes[1..].to_vec(), bytes[..bytes.len() - 1].to_vec(), b"garbage".to_vec()] {
		let identity = identity(&sha256(&model), &None);
		let (code, detail) = refused(sandbox.load(identity, Load { model, declared: None }).await);
		assert_eq!(code, ErrorCode::ModelInvalid, "{detail}");
	}
	assert!(load(&sandbox, &circuit).await.run(bundle(&circuit, 1, &good)).await.is_ok(), "and it goes on");
}

#[tokio::test]
async fn a_child_keeps_a_requesters_key_and_refuses_what_is_none() {
	let (circuit, client) = (forest(), ClientKey::generate(&BOOTSTRAP));
	let row = &rows("breast-cancer/heldout.npy", 30)[0];
	let input = bundle(&circuit, 1, &client.encrypt(&circuit, row).expect("encrypts"));
	let key = client.evaluation_key().expect("has one").to_bytes();
	let sandbox = Sandbox::start(config()).await.expect("starts");

	let (code, detail) = refused(load(&sandbox, &circuit).await.run(input.clone()).await);
	assert_eq!(code, ErrorCode::InputInvalid);
	assert!(detail.contains("evaluation key is needed"), "{detail}");
	let mut wrong_set = key.clone();
	wrong_set[8] = 1;
	for (hostile, reason) in [
		(&key[..key.len() - 1], "60260399 bytes where 60260400 are due"),
		(&[&key[..], &[0]].concat(), "60260401 bytes where 60260400 are due"),
		(&wrong_set, "parameter set 1"),
		(&b"garbage"[..], "no frame"),
	] {
		let (code, detail) = refused(load(&sandbox, &circuit).await.give_key([9; 32], hostile).await);
		assert_eq!(code, ErrorCode::InputInvalid);
		assert!(detail.contains(reason), "{detail}");
	}

	let digest = sha256(&key);
	let mut lease = load(&sandbox, &circuit).await;
	lease.give_key(digest, &key).await.expect("a key");
	let outputs = lease.run(input.clone()).await.expect("runs");
	let expected = circuit.evaluate_clear(&circuit.quantise(row).expect("a row"));
	assert_eq!(client.decrypt(&circuit, frames(&circuit, &outputs)[0]).expect("a result"), expected);

	// The child is warm with the key: it is found, and gives the same bytes again without being given it anew.
	let identity = identity(&sha256(&circuit.to_bytes()), &None);
	let mut warm = sandbox.warm(&identity, Some(&digest)).expect("is idle");
	warm.give_key(digest, b"not looked at").await.expect("it has the key");
	assert_eq!(warm.run(input).await.expect("runs"), outputs);
}

#[tokio::test]
async fn keys_and_items_that_are_not_what_the_task_says_are_refused_before_they_are_fetched() {
	let (circuit, client) = (forest(), ClientKey::generate(&BOOTSTRAP));
	let folder = tempfile::tempdir().expect("a folder");
	let model = entry(&circuit, file(folder.path(), "circuit", &circuit.to_bytes()));
	let metrics = Metrics::new().expect("metrics");
	let cache = Cache::open(&folder.path().join("content"), 1 << 30).expect("opens");
	let policy = Policy { file_roots: vec![folder.path().join("roots")], ..Policy::default() };
	let plain = Sandbox::start(Config { engine: Kind::Tract, ..config() }).await.expect("starts");
	let sandbox = Sandbox::start(config()).await.expect("starts");
	let fetcher = Fetcher::new(policy, cache, metrics.clone());
	let runner = Runner::new(plain, fetcher, metrics, 1).with_private(Some(sandbox));
	let row = client.encrypt(&circuit, &rows("breast-cancer/heldout.npy", 30)[0]).expect("encrypts");
	let answer = async |key: &ContentRef, items: u32| {
		let mut bundle = Vec::new();
		push_tensor(&mut bundle, ElementType::U8, &[1, circuit.input_len() as u32], &row);
		push_reference(&mut bundle, key);
		let input = Payload::Reference(file(folder.path(), "input", &bundle));
		let question = Question { id: 0, model: model.clone(), input, items };
		runner.answer(&question, Instant::now() + Duration::from_secs(60)).await.expect("no trouble").answer
	};

	let key = client.evaluation_key().expect("has one").to_bytes();
	let nowhere = |length: u64| ContentRef { hash: [7; 32], length, uris: Default::default() };
	for length in [0, key.len() as u64 - 1, key.len() as u64 + 1, 1 << 30] {
		assert_eq!(answer(&nowhere(length), 1).await, Answer::Error(ErrorCode::InputInvalid), "{length}");
	}
	assert_eq!(answer(&nowhere(key.len() as u64), 2).await, Answer::Error(ErrorCode::InputInvalid));
	assert_eq!(answer(&nowhere(key.len() as u64), 1).await, Answer::Error(ErrorCode::InputUnavailable));
	let good = file(folder.path(), "key", &key);
	let answered = answer(&good, 1).await;
	assert!(matches!(answered, Answer::Outputs(_)), "{answered:?}");
}
