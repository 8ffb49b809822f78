//! Inputs and models that are not to be had: the worker says so while there is time to commit.

mod common;

use std::{
	io::{Read, Write},
	net::{TcpListener, TcpStream},
	path::Path,
	sync::Arc,
	time::{Duration, Instant},
};

use common::{
	bundle,
	chain::{content, file, OneModel, Running},
	fours, unary,
};
use deepnode_primitives::{
	canonical::Answer, comparison::Comparison, content::ContentRef, content::Payload, task::ErrorCode, TaskId,
};
use deepnode_worker::chain::Model;
use tokio::time::sleep;

/// How long workers have for their commitments here.
const WINDOW: Duration = Duration::from_secs(8);
/// From one block to the next.
const BLOCK: Duration = Duration::from_millis(50);

/// Handles every connection in a thread of its own.
fn server(handle: impl Fn(TcpStream) + Clone + Send + 'static) -> String {
	let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
	let address = listener.local_addr().expect("bound");
	std::thread::spawn(move || {
		for stream in listener.incoming().flatten() {
			let handle = handle.clone();
			std::thread::spawn(move || handle(stream));
		}
	});
	format!("http://{address}/content")
}

/// Reads the request and sends the head of the response.
fn begin(stream: &mut TcpStream, length: usize) {
	let _ = stream.read(&mut [0; 2048]);
	let _ = write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
}

fn hanging() -> String {
	server(|_stream| std::thread::sleep(Duration::from_secs(600)))
}

fn slow(length: usize) -> String {
	server(move |mut stream| {
		begin(&mut stream, length);
		while stream.write_all(b"x").is_ok() {
			std::thread::sleep(Duration::from_millis(200));
		}
	})
}

fn unreachable() -> String {
	let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
	format!("http://{}/content", listener.local_addr().expect("bound"))
}

fn good(bytes: Vec<u8>) -> String {
	server(move |mut stream| {
		begin(&mut stream, bytes.len());
		let _ = stream.write_all(&bytes);
	})
}

fn chain(graph: ContentRef) -> Arc<OneModel> {
	let (inputs, outputs) = fours().expect("declared");
	OneModel::new(Model { graph: Some(graph), inputs, outputs, comparison: Comparison::default(), fhe: None }, WINDOW)
}

/// Has the tasks answered, and returns each one's answer and the time until it was committed to.
async fn answers(chain: &Arc<OneModel>, folder: &Path, inputs: Vec<Payload>) -> Vec<(Answer, Duration)> {
	let running = Running::start(chain, folder).await;
	let count = inputs.len() as TaskId;
	for (id, input) in (0..).zip(inputs) {
		chain.assign(id, input);
	}
	chain.others_commit();
	let begun = Instant::now();
	let mut committed = vec![None; count as usize];
	while (0..count).any(|id| chain.task(id).revealed.is_none()) {
		assert!(begun.elapsed() < WINDOW, "not in time: {committed:?}");
		chain.next_block();
		sleep(BLOCK).await;
		for (id, at) in (0..).zip(&mut committed) {
			if at.is_none() && chain.task(id).commitment.is_some() {
				*at = Some(begun.elapsed());
			}
		}
	}
	running.stop().await;
	let answer = |id| {
		let revealed = chain.task(id).revealed.expect("revealed");
		Answer::from_bytes(revealed.inline().expect("short")).expect("canonical")
	};
	(0..).zip(committed).map(|(id, at)| (answer(id), at.expect("committed"))).collect()
}

/// The fetch ends in the middle of the window; a run and a block's time later is the commitment.
fn assert_in_time(committed: Duration) {
	assert!(committed < WINDOW / 2 + Duration::from_millis(1500), "{committed:?} of {WINDOW:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_input_that_does_not_come_is_answered_as_unavailable_in_time() {
	let folder = tempfile::tempdir().expect("a folder");
	let chain = chain(file(folder.path(), "model", &unary("Relu")));
	let bytes = bundle(1, &[1.0; 4]);
	let none = [vec![hanging()], vec![slow(bytes.len())], vec![unreachable()], vec![hanging(), unreachable()], vec![]];
	let mut inputs: Vec<_> = (10..).zip(none).map(|(at, uris)| reference(at, &uris)).collect();
	// All at once, on a worker that runs one model at once: they do not hold up one that has its input.
	inputs.push(Payload::Inline(bytes.clone().try_into().expect("short")));
	inputs
		.push(Payload::Reference(content(&bytes, &[hanging(), unreachable(), slow(bytes.len()), good(bytes.clone())])));
	let mut answers = answers(&chain, folder.path(), inputs).await;
	for what in ["a good mirror", "no need to fetch"] {
		let (answer, committed) = answers.pop().expect("an answer");
		assert!(matches!(answer, Answer::Outputs(_)), "{what}: {answer:?}");
		assert!(committed < WINDOW / 4, "{what}: {committed:?}");
	}
	for (answer, committed) in answers {
		assert_eq!(answer, Answer::Error(ErrorCode::InputUnavailable));
		assert_in_time(committed);
	}
}

/// An input that no two tasks share.
fn reference(at: u8, uris: &[String]) -> Payload {
	Payload::Reference(content(&bundle(1, &[f32::from(at); 4]), uris))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_does_not_come_is_answered_as_unavailable_in_time() {
	let folder = tempfile::tempdir().expect("a folder");
	let model = unary("Relu");
	let chain = chain(content(&model, &[hanging(), slow(model.len())]));
	let input = Payload::Inline(bundle(1, &[1.0; 4]).try_into().expect("short"));
	// Neither comes: the input's error is the one that both workers find.
	let inputs = vec![input, reference(1, &[hanging()])];
	let answers = answers(&chain, folder.path(), inputs).await;
	for ((answer, committed), code) in
		answers.into_iter().zip([ErrorCode::ModelUnavailable, ErrorCode::InputUnavailable])
	{
		assert_eq!(answer, Answer::Error(code));
		assert_in_time(committed);
	}
}
