//! What has become of a task.

use std::{
	collections::{btree_map::Entry, BTreeMap},
	fs,
	path::Path,
};

use anyhow::{ensure, Context as _, Result};
use deepnode_client::{Client, Event, ModelSpec, TaskInfo, TaskStatus};
use deepnode_primitives::{content::Payload, fees::Split, ModelId, TaskId};
use npyz::WriterBuilder as _;
use serde::Serialize;

use super::local;
use crate::{
	amount::Amount,
	answer::{Decoded, DecodedOutput, Values},
	output::{count, fields, hex, table},
	progress,
};

/// How many of a row's values are shown.
const SHOWN_VALUES: usize = 8;

/// What has become of a task.
#[derive(Serialize)]
pub struct Report {
	pub task: TaskId,
	model: ModelId,
	pub status: &'static str,
	requester: String,
	items: u32,
	fee: Amount,
	submitted_at: u32,
	deadline: u32,
	#[serde(skip_serializing_if = "Option::is_none")]
	ended_at: Option<u32>,
	#[serde(skip_serializing_if = "Option::is_none")]
	refund_reason: Option<String>,
	#[serde(skip_serializing_if = "Option::is_none")]
	digest: Option<String>,
	#[serde(skip_serializing_if = "Option::is_none")]
	pub answer: Option<Decoded>,
	/// Where the answer is, where the chain does not carry it.
	#[serde(skip_serializing_if = "Vec::is_empty")]
	answer_at: Vec<String>,
	/// Who answered; of the block in which the task ended, as long as the node has it.
	#[serde(skip_serializing_if = "Option::is_none")]
	settlement: Option<Settlement>,
}

/// Who was paid what.
#[derive(Serialize)]
struct Settlement {
	workers: Vec<String>,
	split: Parts,
}

/// Where a task's fee went.
#[derive(Serialize)]
struct Parts {
	creator: Amount,
	workers: Amount,
	per_worker: Amount,
	validators: Amount,
	treasury: Amount,
	community: Amount,
	burned: Amount,
}

impl From<Split> for Parts {
	fn from(split: Split) -> Self {
		Self {
			creator: Amount(split.creator),
			workers: Amount(split.workers),
			per_worker: Amount(split.per_worker),
			validators: Amount(split.validators),
			treasury: Amount(split.treasury),
			community: Amount(split.community),
			burned: Amount(split.burned),
		}
	}
}

impl Report {
	/// Everything that is known of a task. `models` are those that have been asked for before.
	pub async fn new(
		client: &Client,
		task: TaskInfo,
		models: &mut BTreeMap<ModelId, Option<ModelSpec>>,
	) -> Result<Self> {
		let mut report = Self {
			task: task.id,
			model: task.model,
			status: task.status.name(),
			requester: task.requester.to_string(),
			items: task.items,
			fee: Amount(task.fee),
			submitted_at: task.submitted_at,
			deadline: task.deadline,
			ended_at: None,
			refund_reason: None,
			digest: None,
			answer: None,
			answer_at: Vec::new(),
			settlement: None,
		};
		match task.status {
			TaskStatus::Submitted | TaskStatus::Assigned | TaskStatus::Committed => {},
			TaskStatus::Refunded { at, reason } => {
				report.ended_at = Some(at);
				report.refund_reason = Some(progress::refund(&reason));
			},
			TaskStatus::Settled { at, digest } => {
				report.ended_at = Some(at);
				report.digest = Some(hex(digest));
				report.settlement = settlement(client, task.id, at).await?;
				if let Entry::Vacant(entry) = models.entry(task.model) {
					entry.insert(client.model(task.model, None).await?.map(|model| model.spec));
				}
				// A retired model's entry can be gone before its answers are.
				let model = models.get(&task.model).and_then(Option::as_ref);
				match client.task_output(task.id, None).await? {
					Some(Payload::Inline(bytes)) => {
						report.answer = model.map(|model| Decoded::read(&bytes, model)).transpose()?;
					},
					Some(Payload::Reference(content)) => {
						let bytes =
							content.uris_utf8().into_iter().filter_map(local).find_map(|path| fs::read(path).ok());
						let bytes = bytes.filter(|bytes| content.verify(bytes).is_ok());
						report.answer = match (bytes, model) {
							(Some(bytes), Some(model)) => Some(Decoded::read(&bytes, model)?),
							_ => None,
						};
						report.answer_at = content.uris_utf8().into_iter().map(str::to_owned).collect();
					},
					None => {},
				}
			},
		}
		Ok(report)
	}
}

/// Who was paid what; `None` where the node no longer has the block's events.
async fn settlement(client: &Client, task: TaskId, at: u32) -> Result<Option<Settlement>> {
	let events = match client.task_events(task, at, Some(at)).await {
		Ok(events) => events,
		Err(deepnode_client::Error::UnknownBlock(_)) => return Ok(None),
		Err(error) => return Err(error.into()),
	};
	Ok(events.into_iter().find_map(|(_, event)| match event {
		Event::TaskSettled { winners, split, .. } => {
			Some(Settlement { workers: winners.iter().map(ToString::to_string).collect(), split: split.into() })
		},
		_ => None,
	}))
}

/// Writes an answer's values: one file, or one for each output with its name in the file's.
pub fn write_npy(path: &Path, answer: &Decoded) -> Result<()> {
	ensure!(!answer.outputs.is_empty(), "the answer is an error and has no values");
	for output in &answer.outputs {
		let path = match answer.outputs.len() {
			1 => path.to_owned(),
			_ => {
				let name: String =
					output.name.chars().map(|letter| if letter.is_alphanumeric() { letter } else { '-' }).collect();
				let stem = path.file_stem().unwrap_or_default().to_string_lossy();
				path.with_file_name(format!("{stem}-{name}.npy"))
			},
		};
		let write = || {
			let file = std::io::BufWriter::new(fs::File::create(&path)?);
			let shape: Vec<u64> = output.shape.iter().map(|dim| u64::from(*dim)).collect();
			match &output.values {
				Values::Float(values) => write_array(file, &shape, values),
				Values::Integer(values) => write_array(file, &shape, values),
			}
		};
		write().with_context(|| format!("cannot write {}", path.display()))?;
	}
	Ok(())
}

fn write_array<T: npyz::AutoSerialize + Copy>(
	file: impl std::io::Write,
	shape: &[u64],
	values: &[T],
) -> std::io::Result<()> {
	let mut writer = npyz::WriteOptions::new().default_dtype().shape(shape).writer(file).begin_nd()?;
	writer.extend(values.iter().copied())?;
	writer.finish()
}

/// Everything that is known of one task.
pub fn text(report: &Report) -> String {
	let mut lines = vec![
		("task", format!("{} for model {}, {}", report.task, report.model, count(report.items as usize, "item"))),
		("status", status(report)),
		("requester", report.requester.clone()),
		("fee", report.fee.to_string()),
	];
	if let Some(digest) = &report.digest {
		lines.push(("digest", digest.clone()));
	}
	if let Some(Settlement { workers, split }) = &report.settlement {
		lines.push(("workers", workers.join("\n")));
		let parts = [
			("creator", split.creator),
			("workers", split.workers),
			("validators", split.validators),
			("treasury", split.treasury),
			("community", split.community),
			("burned", split.burned),
		];
		let parts = parts.map(|(name, amount)| vec![name.into(), amount.to_string()]);
		let table = table(&["FEE TO", ">AMOUNT"], parts);
		lines.push(("split", table));
	} else if report.digest.is_some() {
		lines.push(("workers", "the node no longer has the block's events; ask an archive node".into()));
	}
	let answer = match &report.answer {
		Some(answer) => format!("\n\n{}", values(answer)),
		None if report.answer_at.is_empty() => String::new(),
		None => format!("\n\nThe answer is at {}", report.answer_at.join(" and ")),
	};
	fields(&lines) + &answer
}

fn status(report: &Report) -> String {
	let at = report.ended_at.map(|block| format!(" in block {block}")).unwrap_or_default();
	let why = report.refund_reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
	format!("{}{at}{why}", report.status)
}

/// An answer's values, a row of them to a line.
fn values(answer: &Decoded) -> String {
	if let Some(error) = answer.error {
		return format!("The answer is an error: {error}");
	}
	answer.outputs.iter().map(|output| one_output(output, answer)).collect::<Vec<_>>().join("\n\n")
}

fn one_output(output: &DecodedOutput, answer: &Decoded) -> String {
	let texts = output.texts();
	let classes = answer.classes.as_ref().filter(|_| answer.outputs.len() == 1);
	let rows = texts.chunks(output.row_length()).enumerate().map(|(at, row)| {
		let mut cells = vec![at.to_string()];
		cells.extend(classes.map(|classes| classes.get(at).map(usize::to_string).unwrap_or_default()));
		let more =
			if row.len() > SHOWN_VALUES { format!("  ... {} more", row.len() - SHOWN_VALUES) } else { String::new() };
		let shown = row.iter().take(SHOWN_VALUES).map(String::as_str).collect::<Vec<_>>().join("  ");
		cells.push(shown + &more);
		cells
	});
	let name = format!("{} {:?}", output.name.to_uppercase(), output.shape);
	match classes {
		Some(_) => table(&[">ITEM", ">CLASS", &name], rows),
		None => table(&[">ROW", &name], rows),
	}
}

/// Tasks and their answers in short.
pub fn summary(reports: &[Report]) -> String {
	let row = |report: &Report| {
		let answer = match &report.answer {
			Some(Decoded { error: Some(error), .. }) => format!("error: {error}"),
			Some(Decoded { classes: Some(classes), .. }) => {
				let shown = classes.iter().take(2 * SHOWN_VALUES).map(usize::to_string).collect::<Vec<_>>().join(" ");
				let more = classes.len().saturating_sub(2 * SHOWN_VALUES);
				format!("class {shown}{}", if more > 0 { format!(" ... {more} more") } else { String::new() })
			},
			Some(Decoded { outputs, .. }) => outputs
				.iter()
				.map(|output| format!("{} {:?}", output.name, output.shape))
				.collect::<Vec<_>>()
				.join(", "),
			None => String::new(),
		};
		vec![report.task.to_string(), status(report), report.items.to_string(), report.fee.to_string(), answer]
	};
	table(&[">TASK", "STATUS", ">ITEMS", ">FEE", "ANSWER"], reports.iter().map(row))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn an_answer_is_written_as_npy() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("out.npy");
		let output = |name: &str, values| DecodedOutput { name: name.into(), shape: vec![1, 2], values, decimals: 1 };
		let mut answer =
			Decoded { outputs: vec![output("a", Values::Float(vec![0.5, -1.0]))], classes: None, error: None };
		write_npy(&path, &answer).unwrap();
		let file = npyz::NpyFile::new(fs::File::open(&path).unwrap()).unwrap();
		assert_eq!(file.shape(), [1, 2]);
		assert_eq!(file.into_vec::<f64>().unwrap(), [0.5, -1.0]);
		answer.outputs.push(output("b/c", Values::Integer(vec![1, 2])));
		write_npy(&path, &answer).unwrap();
		assert!(folder.path().join("out-a.npy").exists() && folder.path().join("out-b-c.npy").exists());
	}
}
