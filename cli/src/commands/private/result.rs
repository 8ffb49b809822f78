//! Decrypting an answer.

use std::path::Path;

use anyhow::{bail, ensure, Context as _, Result};
use deepnode_client::TaskStatus;
use deepnode_fhe::{circuit::Circuit, keys::ClientKey};
use deepnode_primitives::{canonical::Answer, content::Payload, TaskId};
use serde::Serialize;

use super::{circuit, ensure_private, keys};
use crate::{
	commands::{
		models,
		task::{content, known},
	},
	context::Context,
	standing, Unanswered,
};

#[derive(Serialize)]
struct Decrypted {
	task: TaskId,
	items: Vec<Item>,
}

/// The answer about one row.
#[derive(Serialize)]
struct Item {
	#[serde(skip_serializing_if = "Option::is_none")]
	class: Option<usize>,
	#[serde(skip_serializing_if = "Option::is_none")]
	probability: Option<f64>,
	scores: Vec<f64>,
	/// The circuit's outputs, as they were decrypted.
	integers: Vec<i64>,
}

/// Gets a settled task's answer, decrypts it and shows it.
pub async fn run(context: &Context, task: TaskId, key: &Path, file: Option<&Path>, fetch: bool) -> Result<()> {
	let key = keys::read(key)?;
	let client = context.client().await?;
	let found = known(&client, task, client.task(task, None).await?).await?;
	match &found.status {
		TaskStatus::Settled { .. } => {},
		TaskStatus::Refunded { .. } => bail!(Unanswered::Refunded(standing::describe(&found, None))),
		TaskStatus::Overturned { .. } => bail!(Unanswered::Overturned(standing::describe(&found, None))),
		_ => bail!("task {task} has no answer yet: {}", standing::describe(&found, None)),
	}
	let model = client.model(found.model, None).await?.with_context(|| models::unknown(found.model))?;
	ensure_private(&model)?;
	let circuit = circuit(&model.spec, file, fetch).await?;
	let bytes = match client.task_output(task, None).await?.context("the chain has forgotten the answer")? {
		Payload::Inline(bytes) => bytes.into_inner(),
		Payload::Reference(content) => content::read(&content, fetch).await.context("cannot get the answer")?,
	};
	let decrypted = Decrypted { task, items: decrypt(&bytes, &circuit, &key)? };
	context.output.show(&decrypted, |decrypted| decrypted.items.iter().map(text).collect::<Vec<_>>().join("\n"))
}

/// The items of a canonical answer whose words are result frames.
fn decrypt(answer: &[u8], circuit: &Circuit, key: &ClientKey) -> Result<Vec<Item>> {
	let outputs = match Answer::from_bytes(answer)? {
		Answer::Outputs(outputs) => outputs,
		Answer::Error(code) => bail!("the workers agreed on an error: {code:?}"),
	};
	let [result] = &outputs[..] else { bail!("the answer has {} outputs where one is due", outputs.len()) };
	let bytes: Vec<u8> = result.data.iter().flat_map(|word| word.to_le_bytes()).collect();
	ensure!(bytes.len().is_multiple_of(circuit.result_len()), "the answer is no number of whole results");
	let item = |frame: &[u8]| {
		let integers = key.decrypt(circuit, frame)?;
		let answer = circuit.plan().reading.read(&integers);
		Ok(Item { class: answer.class, probability: answer.probability, scores: answer.scores, integers })
	};
	bytes.chunks(circuit.result_len()).map(item).collect()
}

fn text(item: &Item) -> String {
	let scores = item.scores.iter().map(|score| format!("{score:.4}")).collect::<Vec<_>>().join(" ");
	match (item.class, item.probability) {
		(Some(class), Some(probability)) => {
			format!("class {class} (probability of 1: {probability:.4}; score {scores})")
		},
		(Some(class), None) => format!("class {class} (scores {scores})"),
		(None, _) => format!("scores {scores}"),
	}
}
