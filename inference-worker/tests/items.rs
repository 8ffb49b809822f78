//! A task is answered for as many items as it is paid for, whatever its input holds.

mod common;

use std::{net::TcpListener, path::Path, sync::Arc, time::Duration};

use common::{
	bundle,
	chain::{content, file, OneModel, Running},
	fours, unary,
};
use deepnode_primitives::{
	canonical::Answer,
	comparison::Comparison,
	content::{ContentRef, Payload},
	task::ErrorCode,
	TaskId,
};
use deepnode_worker::chain::Model;
use tokio::time::sleep;

/// Long enough that nothing which has to be waited for is answered here.
const WINDOW: Duration = Duration::from_secs(600);

fn chain(graph: ContentRef) -> Arc<OneModel> {
	let (inputs, outputs) = fours().expect("declared");
	OneModel::new(Model { graph: Some(graph), inputs, outputs, comparison: Comparison::default(), fhe: None }, WINDOW)
}

/// What the worker answers to these inputs, each for so many items.
async fn answers(chain: &Arc<OneModel>, folder: &Path, tasks: Vec<(Payload, u32)>) -> Vec<Answer> {
	let count = tasks.len() as TaskId;
	for (id, (input, items)) in (0..).zip(tasks) {
		chain.assign_items(id, input, items);
	}
	chain.others_commit();
	let running = Running::start(chain, folder).await;
	for _ in 0..600 {
		if (0..count).all(|id| chain.task(id).revealed.is_some()) {
			break;
		}
		chain.next_block();
		sleep(Duration::from_millis(50)).await;
	}
	running.stop().await;
	let answer = |id| {
		let revealed = chain.task(id).revealed.unwrap_or_else(|| panic!("task {id} is not answered"));
		Answer::from_bytes(revealed.inline().expect("short")).expect("canonical")
	};
	(0..count).map(answer).collect()
}

fn rows(count: u32) -> Vec<u8> {
	bundle(count, &vec![1.0; 4 * count as usize])
}

/// Somebody who takes connections and never says a word.
fn hanging() -> String {
	let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
	let address = listener.local_addr().expect("bound");
	std::thread::spawn(move || listener.incoming().collect::<Vec<_>>());
	format!("http://{address}/content")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_input_of_more_or_fewer_items_than_are_paid_for_is_invalid() {
	let folder = tempfile::tempdir().expect("a folder");
	let chain = chain(file(folder.path(), "model", &unary("Relu")));
	let many = || Payload::Reference(file(folder.path(), "input", &rows(400)));
	let one = || Payload::Inline(rows(1).try_into().expect("short"));
	let tasks = vec![(many(), 400), (one(), 1), (many(), 1), (many(), 399), (many(), 401), (one(), 2)];
	let answers = answers(&chain, folder.path(), tasks).await;
	let (paid, unpaid) = answers.split_at(2);
	for (answer, items) in paid.iter().zip([400, 1]) {
		let Answer::Outputs(outputs) = answer else { panic!("{answer:?}") };
		assert_eq!(outputs[0].dims, [items, 4]);
	}
	for answer in unpaid {
		assert_eq!(*answer, Answer::Error(ErrorCode::InputInvalid));
	}
}

/// The number of items in the input itself is another than both its length and the task say.
#[tokio::test(flavor = "multi_thread")]
async fn an_input_whose_headers_lie_is_invalid() {
	let folder = tempfile::tempdir().expect("a folder");
	let chain = chain(file(folder.path(), "model", &unary("Relu")));
	let mut lying = rows(2);
	lying[2] = 1;
	let input = Payload::Reference(file(folder.path(), "input", &lying));
	let answers = answers(&chain, folder.path(), vec![(input, 2)]).await;
	assert_eq!(answers, [Answer::Error(ErrorCode::InputInvalid)]);
}

/// So who could not fetch it says the same as who could.
#[tokio::test(flavor = "multi_thread")]
async fn an_input_of_a_length_that_its_items_do_not_take_is_invalid_without_being_fetched() {
	let folder = tempfile::tempdir().expect("a folder");
	let chain = chain(content(&unary("Relu"), &[hanging()]));
	let reference = |bytes: &[u8]| Payload::Reference(content(bytes, &[hanging()]));
	let huge = Payload::Reference(ContentRef { length: u64::MAX, ..content(b"", &[hanging()]) });
	let tasks = vec![(reference(&rows(400)), 1), (reference(&rows(1)[1..]), 1), (reference(b""), 1), (huge, 1)];
	let answers = answers(&chain, folder.path(), tasks).await;
	assert_eq!(answers, vec![Answer::Error(ErrorCode::InputInvalid); 4]);
}
