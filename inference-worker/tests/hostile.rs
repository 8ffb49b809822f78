//! What a model may try, and what becomes of it.

mod common;

use std::{
	fs,
	process::{Command, Stdio},
	time::{Duration, Instant},
};

use common::{bundle, children_of, fours, run};
use deepnode_primitives::{canonical::Answer, comparison::Comparison, task::ErrorCode, tensor::Dim};
use deepnode_worker::{
	canonical::canonical,
	engine::Tensor,
	sandbox::{RunError, Sandbox, SandboxError},
};

fn code<T>(result: Result<T, RunError>) -> ErrorCode {
	match result {
		Err(RunError::Answer { code, detail }) => {
			eprintln!("{code:?}: {detail}");
			code
		},
		Err(RunError::Local(error)) => panic!("the machine is to blame: {error}"),
		Ok(_) => panic!("it ran"),
	}
}

fn answer(outputs: &[Tensor]) -> Answer {
	let (_, declared) = fours().expect("declared");
	canonical(&declared, &Comparison::default(), 1, outputs).answer
}

#[tokio::test]
async fn a_memory_bomb_ends_in_its_own_process() {
	for config in common::engines() {
		let sandbox = Sandbox::start(config).await.expect("starts");
		let result = run(&sandbox, common::memory_bomb(), fours(), bundle(1, &[1.0; 4])).await;
		assert_eq!(code(result), ErrorCode::ResourcesExceeded);
		// The next model is none the wiser.
		assert!(run(&sandbox, common::unary("Relu"), fours(), bundle(1, &[1.0; 4])).await.is_ok());
	}
}

#[tokio::test]
async fn an_endless_computation_is_killed_when_it_has_had_its_processor_time() {
	for mut config in common::engines() {
		config.timeout = Duration::from_secs(2);
		let sandbox = Sandbox::start(config).await.expect("starts");
		let result = loop {
			let begun = Instant::now();
			let result = run(&sandbox, common::endless(), fours(), bundle(1, &[1.0; 4])).await;
			assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
			match result {
				Err(RunError::Local(error @ SandboxError::Starved { .. })) => eprintln!("once more: {error}"),
				result => break result,
			}
		};
		assert_eq!(code(result), ErrorCode::ResourcesExceeded);
		assert!(run(&sandbox, common::unary("Relu"), fours(), bundle(1, &[1.0; 4])).await.is_ok());
	}
}

#[tokio::test]
async fn what_is_not_finite_is_an_answer() {
	for config in common::engines() {
		let sandbox = Sandbox::start(config).await.expect("starts");
		let outputs =
			run(&sandbox, common::unary("Log"), fours(), bundle(1, &[1.0, 2.0, -1.0, 0.5])).await.expect("runs");
		assert_eq!(answer(&outputs), Answer::Error(ErrorCode::NotFinite));
		let outputs =
			run(&sandbox, common::unary("Exp"), fours(), bundle(1, &[1.0, 2.0, 50.0, 0.5])).await.expect("runs");
		assert_eq!(answer(&outputs), Answer::Error(ErrorCode::Overflow));
	}
}

#[tokio::test]
async fn inputs_and_models_that_do_not_fit_are_answers() {
	for config in common::engines() {
		let sandbox = Sandbox::start(config).await.expect("starts");
		let relu = || common::unary("Relu");
		assert_eq!(code(run(&sandbox, relu(), fours(), bundle(1, &[1.0; 5])).await), ErrorCode::InputInvalid);
		assert_eq!(code(run(&sandbox, relu(), fours(), b"nonsense".to_vec()).await), ErrorCode::InputInvalid);
		let dims = [Dim::Batch, Dim::Fixed(5)];
		let other = Some((common::specs(common::spec("x", &dims)), common::specs(common::spec("y", &dims))));
		assert_eq!(code(run(&sandbox, relu(), other, bundle(1, &[1.0; 5])).await), ErrorCode::ModelInvalid);
		assert_eq!(
			code(run(&sandbox, b"no model".to_vec(), fours(), bundle(1, &[1.0; 4])).await),
			ErrorCode::ModelInvalid
		);
		assert_eq!(
			code(run(&sandbox, common::unary("NoSuchOp"), fours(), bundle(1, &[1.0; 4])).await),
			ErrorCode::ModelInvalid
		);
		assert_eq!(
			code(run(&sandbox, common::unary("RandomNormalLike"), fours(), bundle(1, &[1.0; 4])).await),
			ErrorCode::ModelInvalid
		);
		// The graph leaves its output's width open, and the entry declares another.
		let open = common::model(
			&[common::node("Relu", &["x"], &["y"], &[])],
			&[],
			&[common::value("x", &[None, Some(4)])],
			&[common::value("y", &[None, None])],
		);
		let taken = common::specs(common::spec("x", &[Dim::Batch, Dim::Fixed(4)]));
		let given = common::specs(common::spec("y", &[Dim::Batch, Dim::Fixed(3)]));
		let outputs = run(&sandbox, open, Some((taken, given.clone())), bundle(1, &[1.0; 4])).await.expect("runs");
		let answer = canonical(&given, &Comparison::default(), 1, &outputs).answer;
		assert_eq!(answer, Answer::Error(ErrorCode::OutputInvalid));
	}
}

#[tokio::test]
async fn an_engine_that_is_not_there_is_the_operators_trouble() {
	let mut config = common::engines().remove(0);
	config.engine = deepnode_worker::engine::Kind::Ort;
	config.library = Some("/nonexistent/libonnxruntime.so.1.31.1".into());
	let error = Sandbox::start(config).await.err().expect("fails").to_string();
	assert!(error.contains("/nonexistent/libonnxruntime.so.1.31.1"), "{error}");
}

#[test]
fn no_child_outlives_a_worker_that_is_killed() {
	let directory = tempfile::tempdir().expect("a directory");
	let (model, input) = (directory.path().join("model.onnx"), directory.path().join("input"));
	fs::write(&model, common::endless()).expect("written");
	fs::write(&input, bundle(1, &[1.0; 4])).expect("written");
	let mut worker = Command::new(env!("CARGO_BIN_EXE_deepnode-worker"))
		.args(["infer", "--timeout", "60", "--model"])
		.arg(&model)
		.arg("--input")
		.arg(&input)
		.stdout(Stdio::null())
		.spawn()
		.expect("starts");
	let waited = |wanted: bool| {
		(0..100).any(|_| {
			std::thread::sleep(Duration::from_millis(50));
			children_of(worker.id()).is_empty() != wanted
		})
	};
	assert!(waited(true), "there is a child");
	std::thread::sleep(Duration::from_millis(500));
	let pid = worker.id();
	worker.kill().expect("killed");
	worker.wait().expect("gone");
	let gone = (0..100).any(|_| {
		std::thread::sleep(Duration::from_millis(50));
		children_of(pid).is_empty()
	});
	assert!(gone, "still there: {:?}", children_of(pid));
}
