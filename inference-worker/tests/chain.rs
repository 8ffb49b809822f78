//! Two workers on a real chain, killed again and again. Runs where `DEEPNODE_TEST_NODE` names a
//! development node, such as `ws://127.0.0.1:9944` of `deepnode-node --dev --tmp`.

mod common;

use std::{
	fs,
	path::PathBuf,
	process::{Child, Command, Stdio},
	time::{Duration, Instant},
};

use deepnode_client::{keys, Client, Error, Event, ModelFile, ModelSpec, SubmitTask, TaskStatus};
use deepnode_primitives::{
	comparison::{Comparison, Quantisation},
	content::{sha256, ContentRef, Payload},
	task::Assurance,
	tensor::Dim,
	ModelId, TaskId, DN,
};

struct Worker {
	key: &'static str,
	url: String,
	data: PathBuf,
	models: PathBuf,
	process: Child,
}

impl Worker {
	fn start(key: &'static str, url: &str, data: PathBuf, models: PathBuf) -> Self {
		let process = Self::launch(key, url, &data, &models);
		Self { key, url: url.into(), data, models, process }
	}

	fn launch(key: &str, url: &str, data: &PathBuf, models: &PathBuf) -> Child {
		let log = fs::OpenOptions::new().create(true).append(true).open(data.with_extension("log")).expect("a log");
		Command::new(env!("CARGO_BIN_EXE_deepnode-worker"))
			.args(["run", "--node", url, "--key", key, "--http", "127.0.0.1:0", "--data-dir"])
			.arg(data)
			.arg("--file-root")
			.arg(models)
			.stdout(Stdio::null())
			.stderr(log)
			.spawn()
			.expect("starts")
	}

	/// SIGKILL, and a new start.
	fn kill_and_start(&mut self) {
		self.stop();
		self.process = Self::launch(self.key, &self.url, &self.data, &self.models);
	}

	fn stop(&mut self) {
		self.process.kill().expect("killed");
		self.process.wait().expect("gone");
	}
}

impl Drop for Worker {
	fn drop(&mut self) {
		self.stop();
		eprintln!("--- {}\n{}", self.key, fs::read_to_string(self.data.with_extension("log")).unwrap_or_default());
	}
}

async fn register(client: &Client, models: &std::path::Path) -> ModelId {
	let path = models.join("digits-mlp.onnx");
	let bytes = fs::read(&path).expect("there");
	let uri = format!("file://{}", path.display()).into_bytes();
	let content = ContentRef {
		hash: sha256(&bytes),
		length: bytes.len() as u64,
		uris: vec![uri.try_into().expect("short")].try_into().expect("few"),
	};
	let spec = ModelSpec {
		name: "digits".into(),
		domain: "vision/digits".into(),
		files: vec![ModelFile { name: "digits-mlp.onnx".into(), content }],
		opset: 17,
		inputs: common::specs(common::spec("pixels", &[Dim::Batch, Dim::Fixed(64)])),
		outputs: common::specs(common::spec("logits", &[Dim::Batch, Dim::Fixed(10)])),
		licence: "CC-BY-4.0".into(),
		price: DN / 100,
		comparison: Comparison::ArgMax { quantisation: Quantisation::default(), tau: 2 },
		runtime_class: None,
		fhe: None,
		parent: None,
		data_sets: vec![],
	};
	let owner = keys::parse("//Dave").expect("a key");
	let done = client.register_model(&owner, None, &spec).await.expect("registered");
	done.events
		.iter()
		.find_map(|event| match event {
			Event::ModelRegistered { model, .. } => Some(*model),
			_ => None,
		})
		.expect("its number")
}

async fn submit(client: &Client, model: ModelId, count: u32) -> Vec<TaskId> {
	let deadline = client.best_block().await.expect("a block").number + 100;
	let tasks = (0..count)
		.map(|at| SubmitTask {
			model,
			input: Payload::Inline(common::bundle(1, &[at as f32; 64]).try_into().expect("short")),
			items: 1,
			assurance: Assurance::Pair,
			deadline,
			max_fee: DN,
			seal: [at as u8; 32],
		})
		.collect();
	let sent = client.submit_many(&keys::parse("//Alice").expect("a key"), tasks).await;
	sent.into_iter()
		.map(|sent| {
			let events = sent.expect("submitted").events;
			events.iter().find_map(|event| match event {
				Event::TaskSubmitted { task, .. } => Some(*task),
				_ => None,
			})
		})
		.map(|task| task.expect("its number"))
		.collect()
}

/// Waits until the tasks are settled, and returns how many blocks each took. `between` runs every
/// second meanwhile.
async fn settled(client: &Client, tasks: &[TaskId], mut between: impl FnMut(u32)) -> Vec<u32> {
	let begun = Instant::now();
	for second in 0.. {
		let mut blocks = Vec::new();
		for task in tasks {
			let task = client.task(*task, None).await.expect("read").expect("there");
			match task.status {
				TaskStatus::Settled { at, .. } => blocks.push(at - task.submitted_at),
				TaskStatus::Refunded { reason, .. } => panic!("task {} was refunded: {reason:?}", task.id),
				_ => {},
			}
		}
		if blocks.len() == tasks.len() {
			return blocks;
		}
		assert!(begun.elapsed() < Duration::from_secs(240), "only {} of {} settled", blocks.len(), tasks.len());
		between(second);
		tokio::time::sleep(Duration::from_secs(1)).await;
	}
	unreachable!()
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_that_are_killed_again_and_again_serve_every_task() {
	let Ok(url) = std::env::var("DEEPNODE_TEST_NODE") else {
		eprintln!("DEEPNODE_TEST_NODE is not set: the worker is not tested against a chain");
		return;
	};
	let client = Client::connect(&url).await.expect("the node is there");
	let directory = tempfile::tempdir().expect("a directory");
	let models =
		PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/models/digits").canonicalize().expect("there");
	let mut workers: Vec<_> = ["//Bob", "//Charlie"]
		.into_iter()
		.map(|key| Worker::start(key, &url, directory.path().join(key.trim_matches('/')), models.clone()))
		.collect();
	let model = register(&client, &models).await;
	for worker in &workers {
		let key = keys::parse(worker.key).expect("a key");
		match client.join(&key, None, 1000 * DN, 200, None, true).await {
			Ok(_) => {},
			Err(Error::Dispatch(error)) if error.name == "AlreadyWorker" || error.name == "AlreadyJoined" => {},
			Err(error) => panic!("{error}"),
		}
		client.serve(&key, None, model).await.expect("serves");
	}
	let stake = |at: usize| {
		let (client, account) = (client.clone(), keys::parse(workers[at].key).expect("a key").account());
		async move { client.worker(&account, None).await.expect("read").expect("there").stake }
	};
	let before = (stake(0).await, stake(1).await);

	// Undisturbed: how many blocks from the submission to the settlement.
	tokio::time::sleep(Duration::from_secs(35)).await;
	let mut blocks = settled(&client, &submit(&client, model, 20).await, |_| {}).await;
	blocks.sort();
	eprintln!("undisturbed: blocks from submission to settlement {blocks:?}");
	// Killed, one or the other, every second second.
	let tasks = submit(&client, model, 20).await;
	let blocks = settled(&client, &tasks, |second| {
		if second % 2 == 0 {
			workers[second as usize / 2 % 2].kill_and_start();
		}
	})
	.await;
	eprintln!("killed: blocks from submission to settlement {blocks:?}");
	let stake = |at: usize| {
		let (client, account) = (client.clone(), keys::parse(workers[at].key).expect("a key").account());
		async move { client.worker(&account, None).await.expect("read").expect("there").stake }
	};
	assert_eq!((stake(0).await, stake(1).await), before, "nobody was slashed");
}
