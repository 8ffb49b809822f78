//! Questions that nobody but the requester can read, and answers that the chain verifies all the same.

use std::{
	fs,
	path::{Path, PathBuf},
	time::Duration,
};

use anyhow::{ensure, Context as _, Result};
use deepnode_client::{keys, Event, RefundReason, SubmitTask};
use deepnode_fhe::circuit::Circuit;
use deepnode_primitives::{
	content::{sha256, ContentRef, Payload},
	private::{key_reference, KEY_REFERENCE_LEN},
	task::ErrorCode,
	tensor::{push_tensor, ElementType},
	ModelId, TaskId,
};
use deepnode_tests::{
	command_line::CommandLine,
	follow::{End, Tasks},
	market::{Engine, Market, ASSURANCE, CREATOR, REQUESTER},
	stage::{repository, Stage},
	tap::Tap,
};
use serde_json::Value;

const MINUTE: Duration = Duration::from_secs(60);

/// A model that is asked privately.
struct Private {
	model: ModelId,
	circuit: Circuit,
	circuit_file: PathBuf,
	client_key: PathBuf,
	rows: PathBuf,
	rows_of: Vec<Vec<f32>>,
	labels: Vec<i64>,
	predicted: Vec<i64>,
}

/// What is registered: the folder and the name of the model, whether it is calibrated, and the keys.
const LINEAR: (&str, &str, bool, &str) = ("digits", "digits-linear", true, "linear");
const PERCEPTRON: (&str, &str, bool, &str) = ("digits", "digits-mlp", true, "bootstrap");
const FOREST: (&str, &str, bool, &str) = ("breast-cancer", "tumours-forest", false, "bootstrap");

fn text(path: &Path) -> Result<&str> {
	path.to_str().context("a path is not UTF-8")
}

impl Private {
	/// Converts and registers a model by the command line, as its creator would.
	async fn register(
		command_line: &CommandLine,
		stage: &Stage,
		(folder, name, calibrated, keys): (&str, &str, bool, &str),
	) -> Result<Self> {
		let folder = repository("tests/models").join(folder).canonicalize()?;
		let onnx = folder.join(format!("{name}.onnx"));
		let circuit_file = stage.file(format!("{name}.circuit"));
		let calibration = folder.join("calibration.npy");
		let mut convert = vec!["private", "convert", text(&onnx)?, "--out", text(&circuit_file)?];
		if calibrated {
			convert.extend(["--calibration", text(&calibration)?]);
		}
		command_line.run(None, &convert).await?;
		let register = ["models", "register", text(&onnx)?, "--circuit", text(&circuit_file)?, "--domain", "private"];
		let terms = ["--price", "0.01DN", "--licence", "CC-BY-4.0", "--name", name];
		let printed = command_line.run(Some(CREATOR), &[&register[..], &terms[..]].concat()).await?;
		let model = printed["model"].as_u64().context("no model's number")?.try_into()?;

		let rows = folder.join("heldout.npy");
		let bytes = fs::read(&rows)?;
		let file = npyz::NpyFile::new(&bytes[..])?;
		let width = file.shape()[1] as usize;
		let rows_of = file.into_vec::<f32>()?.chunks(width).map(<[f32]>::to_vec).collect();
		let labels = npyz::NpyFile::new(&fs::read(folder.join("heldout_labels.npy"))?[..])?.into_vec()?;
		let manifest: Value = serde_json::from_slice(&fs::read(folder.join("manifest.json"))?)?;
		let predicted = serde_json::from_value(manifest["models"][name]["predicted"].clone())?;
		let circuit = Circuit::from_bytes(&fs::read(&circuit_file)?)?;
		let client_key = stage.file(format!("{keys}.key"));
		Ok(Self { model, circuit, circuit_file, client_key, rows, rows_of, labels, predicted })
	}

	/// Asks about rows, one task each, by the command line, as a requester would.
	async fn ask(&self, command_line: &CommandLine, rows: std::ops::Range<usize>) -> Result<Vec<TaskId>> {
		let (model, range) = (self.model.to_string(), format!("{}..{}", rows.start, rows.end));
		let whom = ["private", "submit", "--model", &model, "--client-key", text(&self.client_key)?];
		let what = ["--circuit", text(&self.circuit_file)?, text(&self.rows)?, "--rows", &range, "--each"];
		let printed = command_line.run(Some(REQUESTER), &[&whom[..], &what[..]].concat()).await?;
		let tasks = printed.as_array().context("no list of tasks")?;
		tasks.iter().map(|task| task["task"].as_u64().context("no task's number")).collect()
	}

	/// Decrypts a task's answer by the command line: its integers and its class.
	async fn answer(&self, command_line: &CommandLine, task: TaskId) -> Result<(Vec<i64>, i64)> {
		let task = task.to_string();
		let whom = ["private", "result", &task, "--client-key", text(&self.client_key)?];
		let how = ["--circuit", text(&self.circuit_file)?, "--fetch"];
		let printed = command_line.run(None, &[&whom[..], &how[..]].concat()).await?;
		let item = &printed["items"][0];
		let class = item["class"].as_i64().context("no class")?;
		Ok((serde_json::from_value(item["integers"].clone())?, class))
	}

	/// What the circuit says about a row in the clear.
	fn reference(&self, row: usize) -> Result<Vec<i64>> {
		Ok(self.circuit.evaluate_clear(&self.circuit.quantise(&self.rows_of[row])?))
	}

	/// A task's input with this ciphertext and, where the model takes one, this key.
	fn bundle(&self, ciphertext: &[u8], key: Option<&ContentRef>) -> Vec<u8> {
		let mut bundle = Vec::new();
		push_tensor(&mut bundle, ElementType::U8, &[1, self.circuit.input_len() as u32], ciphertext);
		if let Some(key) = key {
			push_tensor(&mut bundle, ElementType::U8, &[KEY_REFERENCE_LEN], &key_reference(key));
		}
		bundle
	}
}

#[tokio::test]
async fn workers_answer_what_they_cannot_read_and_agree_to_the_bit() -> Result<()> {
	let stage = Stage::new("private_inference")?;
	let market = Market::open(&stage, &[Engine::Tract, Engine::Tract]).await?;
	let command_line = &market.command_line;
	for keys in ["linear", "bootstrap"] {
		let file = stage.file(format!("{keys}.key"));
		command_line.run(None, &["private", "keygen", text(&file)?, "--parameters", keys]).await?;
	}
	let mut models = Vec::new();
	for which in [LINEAR, PERCEPTRON, FOREST] {
		let private = Private::register(command_line, &stage, which).await?;
		market.serve(private.model).await?;
		models.push(private);
	}
	let mut tasks = Tasks::after_now(&market.client).await?;

	// Everything that the requester sends goes through here.
	let tap = Tap::open(market.node.url()).await?;
	let tapped = CommandLine::new(&tap.url());
	let mut asked = Vec::new();
	for (private, rows, at_once) in [(&models[0], 0..40, 10), (&models[1], 0..6, 2), (&models[2], 0..6, 2)] {
		for first in rows.clone().step_by(at_once) {
			let these = first..rows.end.min(first + at_once);
			let submitted = private.ask(&tapped, these.clone()).await?;
			asked.extend(these.zip(submitted).map(|(row, task)| (private, row, task)));
			tasks.until_ended(asked.len(), 4 * MINUTE).await?;
		}
	}
	assert!(asked.len() >= 50);

	let (mut right, mut float_right) = (0, 0);
	for (private, row, task) in &asked {
		let history = &tasks.histories()[task];
		let Some(End::Settled { winners, losers, .. }) = &history.end else { panic!("{task}: {:?}", history.end) };
		assert_eq!((winners.len(), losers.len(), history.disputes), (2, 0, 0), "the digests of task {task} agree");
		let (integers, class) = private.answer(command_line, *task).await?;
		assert_eq!(integers, private.reference(*row)?, "task {task} answers as the circuit in the clear");
		right += usize::from(class == private.labels[*row]);
		float_right += usize::from(private.predicted[*row] == private.labels[*row]);
	}
	eprintln!("{} private tasks, {right} right; the floating point models {float_right}", asked.len());
	assert!(right.abs_diff(float_right) <= 1);

	hostile_inputs_are_refunded(&market, &stage, &models, &mut tasks, asked.len()).await?;
	client_keys_are_nowhere(&market, &stage, &tap, &models).await?;
	stage.passed();
	Ok(())
}

/// Garbage ends in the task's error, which both workers give alike, and they live on.
async fn hostile_inputs_are_refunded(
	market: &Market,
	stage: &Stage,
	models: &[Private],
	tasks: &mut Tasks,
	before: usize,
) -> Result<()> {
	let [linear, perceptron, _] = models else { anyhow::bail!("three models") };
	let published = |name: &str, bytes: &[u8]| {
		let path = stage.file(name);
		fs::write(&path, bytes)?;
		let uri = format!("file://{}", path.display()).into_bytes().try_into().ok().context("a long path")?;
		let uris = vec![uri].try_into().ok().context("one URI")?;
		anyhow::Ok(ContentRef { hash: sha256(bytes), length: bytes.len() as u64, uris })
	};
	let key = fs::read(stage.file("bootstrap.key.evaluation"))?;
	let input = |private: &Private| {
		let client = deepnode_fhe::keys::ClientKey::from_bytes(&fs::read(&private.client_key)?)?;
		anyhow::Ok(client.encrypt(&private.circuit, &private.rows_of[0])?)
	};
	let (good, good_linear) = (input(perceptron)?, input(linear)?);
	let mut other_set = good_linear.clone();
	other_set[8] = 2;
	let mut other_circuit = good_linear.clone();
	other_circuit[20] ^= 1;
	let oversized = [&key[..], &[0; 8]].concat();
	let mut wrong_key = key.clone();
	wrong_key[8] = 1;
	let absent = ContentRef { hash: [9; 32], length: key.len() as u64, uris: Default::default() };
	let truncated = published("truncated", &key[..key.len() - 1])?;
	let garbage = published("garbage", b"garbage")?;
	let (oversized, wrong_key) = (published("oversized", &oversized)?, published("wrong-key", &wrong_key)?);
	let whole = published("whole", &key)?;
	let mut unreadable = perceptron.bundle(&good, Some(&whole));
	*unreadable.last_mut().context("a bundle")? = 1;

	let invalid = ErrorCode::InputInvalid;
	let questions = [
		("garbage for a ciphertext", linear, linear.bundle(&vec![0xa5; good_linear.len()], None), invalid),
		("a ciphertext of another parameter set", linear, linear.bundle(&other_set, None), invalid),
		("a ciphertext for another circuit", linear, linear.bundle(&other_circuit, None), invalid),
		("a truncated key", perceptron, perceptron.bundle(&good, Some(&truncated)), invalid),
		("an oversized key", perceptron, perceptron.bundle(&good, Some(&oversized)), invalid),
		("garbage for a key", perceptron, perceptron.bundle(&good, Some(&garbage)), invalid),
		("a key of another parameter set", perceptron, perceptron.bundle(&good, Some(&wrong_key)), invalid),
		("a reference that hides something", perceptron, unreadable, invalid),
		("a key that is nowhere", perceptron, perceptron.bundle(&good, Some(&absent)), ErrorCode::InputUnavailable),
	];
	let mut submitted = Vec::new();
	for (what, private, bundle, code) in questions {
		let quote = market.client.quote(private.model, 1, ASSURANCE, None).await?.context("no price")?;
		let deadline = market.client.best_block().await?.number + 100;
		let input = Payload::Inline(bundle.try_into().ok().context("it fits the chain")?);
		let (max_fee, seal) = (quote.total(), keys::random()?);
		let task = SubmitTask { model: private.model, input, items: 1, assurance: ASSURANCE, deadline, max_fee, seal };
		let events = market.client.submit(&market.requester, None, task).await?.events;
		let number = events.iter().find_map(|event| match event {
			Event::TaskSubmitted { task, .. } => Some(*task),
			_ => None,
		});
		submitted.push((what, number.context("a task has no number")?, code));
	}
	tasks.until_ended(before + submitted.len(), 4 * MINUTE).await?;
	for (what, task, code) in &submitted {
		let history = &tasks.histories()[task];
		let refunded =
			matches!(&history.end, Some(End::Refunded { reason: RefundReason::Failed(found), .. }) if found == code);
		assert!(refunded, "{what}: {:?}", history.end);
		assert_eq!((history.disputes, history.slashed.len()), (0, 0), "{what}");
	}

	// The workers are as they were.
	let after = perceptron.ask(&market.command_line, 7..8).await?[0];
	tasks.until_ended(before + submitted.len() + 1, 2 * MINUTE).await?;
	assert_eq!(perceptron.answer(&market.command_line, after).await?.0, perceptron.reference(7)?);
	Ok(())
}

/// No part of a client key is on the chain, in what was sent to it, or on a node's or worker's disk.
async fn client_keys_are_nowhere(market: &Market, stage: &Stage, tap: &Tap, models: &[Private]) -> Result<()> {
	let heard = tap.heard();
	let mut places = vec![("what the requester sent".to_owned(), heard.clone())];
	for task in 0..market.client.next_task(None).await? {
		if let Some(Payload::Inline(bytes)) = market.client.task_input(task, None).await? {
			places.push((format!("the input of task {task}"), bytes.into_inner()));
		}
	}
	for entry in fs::read_dir(stage.path())? {
		let path = entry?.path();
		let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
		if name.starts_with("node") || name.starts_with("worker") {
			read_all(&path, &mut places)?;
		}
	}
	ensure!(places.iter().any(|(name, _)| name.contains("node-data")), "the chain's files were read");
	ensure!(places.iter().any(|(name, _)| name.contains("worker-bob-data")), "a worker's files were read");

	// That the search finds what is there: the circuit's hash is in every encrypted input.
	let hash = hex(&models[0].circuit.digest());
	assert!(contains(&heard, hash.as_bytes()), "what was sent is overheard");

	// Beyond its header, each 16 bytes of a key: chance makes such a match less than once in 2^80 runs.
	let mut parts = Vec::new();
	for key in ["linear.key", "bootstrap.key"] {
		let key = fs::read(stage.file(key))?;
		parts.extend(key[16..].as_chunks::<16>().0.iter().flat_map(|part| [part.to_vec(), hex(part).into_bytes()]));
	}
	assert_eq!(parts.len(), 2 * (16 + 23));
	for (place, bytes) in &places {
		assert!(!contains_any(bytes, &parts), "a part of a client key is in {place}");
	}
	Ok(())
}

fn read_all(path: &Path, places: &mut Vec<(String, Vec<u8>)>) -> Result<()> {
	if path.is_dir() {
		for entry in fs::read_dir(path)? {
			read_all(&entry?.path(), places)?;
		}
	} else if path.is_file() {
		places.push((path.display().to_string(), fs::read(path)?));
	}
	Ok(())
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
	contains_any(bytes, &[part.to_vec()])
}

/// Whether any of the parts is in there, in one pass: most places do not have a part's first two bytes.
fn contains_any(bytes: &[u8], parts: &[Vec<u8>]) -> bool {
	let mut begins = vec![false; 1 << 16];
	let pair = |bytes: &[u8]| usize::from(bytes[0]) << 8 | usize::from(bytes[1]);
	parts.iter().for_each(|part| begins[pair(part)] = true);
	let mut places = bytes.windows(2).enumerate().filter(|(_, window)| begins[pair(window)]);
	places.any(|(at, _)| parts.iter().any(|part| bytes[at..].starts_with(part)))
}

fn hex(bytes: &[u8]) -> String {
	bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
