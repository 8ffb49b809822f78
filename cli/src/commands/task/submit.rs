//! Asking a model.

use std::{collections::BTreeMap, fs};

use anyhow::{bail, ensure, Context as _, Result};
use deepnode_client::{keys, Block, Client, Event, Keypair, Limits, ModelInfo, Quote, SubmitTask, TxInBlock};
use deepnode_primitives::{
	content::{sha256, ContentRef, Inline, Payload, MAX_INLINE_LEN},
	task::Assurance,
	TaskId,
};
use futures::StreamExt as _;
use serde::Serialize;

use super::{
	local,
	price::{OnHold, Prices},
	watch,
};
use crate::{
	amount::Amount,
	cli::{AssuranceKind, Submit},
	commands::{models, Receipt},
	context::Context,
	input::{self, Bundle, Reading},
	output::count,
	progress,
};

/// How many blocks more a task gets for each that is submitted with it.
const BLOCKS_PER_TASK: u32 = 4;
/// For how many waves of workers a task gets time: its own, two more where the answers have no majority, and
/// one instead of another in which somebody withholds its answer.
const WAVES: u32 = 4;

/// A task that was submitted.
#[derive(Serialize)]
struct Submitted {
	task: TaskId,
	items: u32,
	fee: Amount,
	audit_fee: Amount,
	deposit: Amount,
	#[serde(flatten)]
	receipt: Receipt,
}

/// Submits tasks, and follows them where that is asked for.
pub async fn run(context: &Context, arguments: Submit) -> Result<()> {
	let asked = Asked::new(context, arguments).await?;
	let model = &asked.model;
	ensure!(
		model.spec.fhe.is_none(),
		"model {} takes encrypted inputs: ask it with `deepnode private submit`",
		model.id
	);
	let bundles = read(&asked.arguments, model, &asked.limits)?;
	asked.submit(context, bundles).await
}

/// What is asked of which model.
pub struct Asked {
	key: Keypair,
	client: Client,
	best: Block,
	limits: Limits,
	/// The model.
	pub model: ModelInfo,
	/// What was typed.
	pub arguments: Submit,
}

impl Asked {
	/// Looks the model up.
	pub async fn new(context: &Context, arguments: Submit) -> Result<Self> {
		let key = context.key()?;
		let client = context.client().await?;
		let best = client.best_block().await?;
		let model = client.model(arguments.model, Some(best.hash)).await?;
		let model = model.with_context(|| models::unknown(arguments.model))?;
		ensure!(model.active, "model {} is retired: choose another from `deepnode models list`", model.id);
		let limits = client.limits(Some(best.hash)).await?;
		Ok(Self { key, client, best, limits, model, arguments })
	}

	/// Submits these inputs.
	pub async fn submit(self, context: &Context, bundles: Vec<Bundle>) -> Result<()> {
		check(&self.arguments, &bundles, &self.limits)?;
		submit(context, self, bundles).await
	}
}

async fn submit(context: &Context, asked: Asked, bundles: Vec<Bundle>) -> Result<()> {
	let Asked { key, client, best, limits, model, arguments } = asked;
	let deadline = best.number.saturating_add(deadline(arguments.deadline, bundles.len(), &limits)?);
	let (workers, _) = client.pool(model.id, Some(best.hash)).await?;
	let seats = assurance(arguments.assurance).seats();
	if workers < seats {
		eprintln!(
			"warning: model {} has {}, and a task needs {seats}: it waits until more serve it, or is refunded",
			model.id,
			count(workers as usize, "worker"),
		);
	}
	let mut prices = Prices::new(&client, &model, assurance(arguments.assurance), best.hash);
	let mut tasks = Vec::with_capacity(bundles.len());
	let mut on_hold = OnHold::default();
	for bundle in bundles {
		let quote = prices.quote(bundle.items).await?;
		let task = task(&arguments, &model, bundle, deadline, &quote)?;
		on_hold.add(quote.total(), prices.deposit(&task.input).await?);
		tasks.push(task);
	}
	on_hold.check(&key.account(), client.account(&key.account(), Some(best.hash)).await?.free)?;

	let bar = progress::counter(&context.output, tasks.len(), "submitting");
	let mut submitted = BTreeMap::new();
	let mut failed = None;
	{
		let mut results = std::pin::pin!(client.submit_stream(&key, tasks));
		while let Some((at, result)) = results.next().await {
			bar.inc(1);
			match result
				.map_err(anyhow::Error::from)
				.and_then(|transaction| receipt(&transaction, on_hold.deposits[at]))
			{
				Ok(receipt) => drop(submitted.insert(at, receipt)),
				Err(error) => drop(failed.get_or_insert(error)),
			}
		}
	}
	bar.finish_and_clear();
	let submitted: Vec<_> = submitted.into_values().collect();
	if let Some(error) = failed {
		let done = match &submitted[..] {
			[] => "cannot submit the task".into(),
			some => format!(
				"some tasks could not be submitted, but {} could ({})",
				count(some.len(), "task"),
				some.iter().map(|submitted| submitted.task.to_string()).collect::<Vec<_>>().join(", ")
			),
		};
		return Err(error.context(done));
	}
	if arguments.watch {
		let tasks: Vec<_> = submitted.iter().map(|submitted| submitted.task).collect();
		return watch::run(context, &client, &tasks, Some(&key.account())).await;
	}
	context.output.show(&submitted, |submitted| {
		let line = |submitted: &Submitted| {
			let Submitted { task, items, fee, audit_fee, receipt, .. } = submitted;
			let items = count(*items as usize, "item");
			format!("task {task}: {items} for {fee}, and {audit_fee} for audits (block {})", receipt.block)
		};
		let lines: Vec<_> = submitted.iter().map(line).collect();
		let tasks: Vec<_> = submitted.iter().map(|submitted| submitted.task.to_string()).collect();
		let deposits = Amount(submitted.iter().map(|submitted| submitted.deposit.0).sum());
		format!(
			"{}\ndeposits of {deposits} come back when the chain forgets its tasks\nfollow with `deepnode task watch {}`",
			lines.join("\n"),
			tasks.join(" ")
		)
	})
}

/// The bundles of the inputs, as large as the chain takes them.
fn read(arguments: &Submit, model: &ModelInfo, limits: &Limits) -> Result<Vec<Bundle>> {
	let reading = Reading { rows: arguments.rows.clone(), pixel_max: arguments.pixel_max, invert: arguments.invert };
	let per_task = arguments.each.then_some(1).or(arguments.batch);
	let bundles = input::bundles(&model.spec.inputs, &arguments.inputs, &reading, per_task)?;
	check(arguments, &bundles, limits)?;
	Ok(bundles)
}

/// Whether the chain takes these inputs.
fn check(arguments: &Submit, bundles: &[Bundle], limits: &Limits) -> Result<()> {
	let fits = |bundle: &Bundle| arguments.input_uri.is_some() || bundle.bytes.len() <= MAX_INLINE_LEN as usize;
	if let Some(bundle) = bundles.iter().find(|bundle| !fits(bundle) || bundle.items > limits.max_items) {
		let by_bytes = u64::from(bundle.items) * u64::from(MAX_INLINE_LEN) / bundle.bytes.len() as u64;
		let most = by_bytes.saturating_sub(1).clamp(1, limits.max_items.into());
		let advice = match bundle.items {
			1 => "put it where workers can fetch it and name the place with --input-uri".into(),
			_ => format!(
				"cut it into tasks with --batch {most}, or name a place where workers can fetch it with --input-uri"
			),
		};
		bail!(
			"the input has {} and {} bytes, and a task on chain takes at most {} and {MAX_INLINE_LEN} bytes: {advice}",
			count(bundle.items as usize, "item"),
			bundle.bytes.len(),
			count(limits.max_items as usize, "item"),
		);
	}
	let by_itself = arguments.input_uri.is_some() || arguments.save_input.is_some();
	ensure!(
		!by_itself || bundles.len() == 1,
		"--input-uri and --save-input are for one task, and these inputs make {}: submit them one by one",
		bundles.len()
	);
	Ok(())
}

/// A level of assurance, as it was typed.
pub const fn assurance(kind: AssuranceKind) -> Assurance {
	match kind {
		AssuranceKind::Single => Assurance::Single,
		AssuranceKind::Pair => Assurance::Pair,
		AssuranceKind::Panel => Assurance::Panel,
	}
}

/// A deadline in blocks from now that the chain takes. Where none is asked for it leaves room for disputes, and
/// for many tasks that wait for each other's workers.
pub fn deadline(asked: Option<u32>, tasks: usize, limits: &Limits) -> Result<u32> {
	// The submission is a block or more ahead, and the draw one more.
	let least = limits.commit_window.saturating_add(limits.reveal_window).saturating_add(3);
	let most = limits.max_deadline;
	match asked {
		Some(blocks) if (least..=most).contains(&blocks) => Ok(blocks),
		Some(blocks) => bail!("a deadline of {blocks} blocks cannot be kept: choose from {least} to {most}"),
		None => {
			let queue = u32::try_from(tasks).unwrap_or(u32::MAX).saturating_mul(BLOCKS_PER_TASK);
			Ok(least.saturating_mul(WAVES).saturating_add(queue).min(most))
		},
	}
}

fn task(arguments: &Submit, model: &ModelInfo, bundle: Bundle, deadline: u32, quote: &Quote) -> Result<SubmitTask> {
	let (items, total) = (bundle.items, Amount(quote.total()));
	let max_fee = arguments.max_fee.unwrap_or(total);
	ensure!(
		max_fee >= total,
		"the task costs {total} ({} for {}, and {} for audits), which is more than --max-fee {max_fee}",
		Amount(quote.fee),
		count(items as usize, "item"),
		Amount(quote.audit),
	);
	Ok(SubmitTask {
		model: model.id,
		input: payload(arguments, bundle.bytes)?,
		items,
		assurance: assurance(arguments.assurance),
		deadline,
		max_fee: max_fee.0,
		seal: keys::random().map_err(deepnode_client::Error::from)?,
	})
}

/// The input on chain where it is small, else by reference.
fn payload(arguments: &Submit, bytes: Vec<u8>) -> Result<Payload> {
	if let Some(path) = &arguments.save_input {
		fs::write(path, &bytes).with_context(|| format!("cannot write the input to {}", path.display()))?;
	}
	let bytes = match Inline::try_from(bytes) {
		Ok(inline) => return Ok(Payload::Inline(inline)),
		Err(bytes) => bytes,
	};
	let uri = arguments.input_uri.as_ref().context("an input that is too large for the chain needs --input-uri")?;
	let uris = models::to_uris(std::slice::from_ref(uri))?;
	if let Some(path) = local(uri) {
		fs::write(&path, &bytes).with_context(|| format!("cannot write the input to {}", path.display()))?;
	}
	Ok(Payload::Reference(ContentRef { hash: sha256(&bytes), length: bytes.len() as u64, uris }))
}

fn receipt(transaction: &TxInBlock, deposit: u128) -> Result<Submitted> {
	transaction
		.events
		.iter()
		.find_map(|event| match event {
			Event::TaskSubmitted { task, items, fee, audit, .. } => Some(Submitted {
				task: *task,
				items: *items,
				fee: Amount(*fee),
				audit_fee: Amount(*audit),
				deposit: Amount(deposit),
				receipt: transaction.into(),
			}),
			_ => None,
		})
		.context("the chain took the task without saying its number")
}

#[cfg(test)]
mod tests {
	use deepnode_client::ModelSpec;

	use super::*;
	use crate::cli::Task;

	const LIMITS: Limits = Limits {
		min_stake: 0,
		commit_window: 20,
		reveal_window: 10,
		audit_window: 200,
		unbonding_period: 300,
		max_deadline: 1000,
		max_items: 256,
		deposit_base: 0,
		deposit_per_byte: 0,
	};

	fn arguments(line: &str) -> Submit {
		use clap::Parser as _;
		let words = ["deepnode", "task", "submit", "--model", "0"];
		let cli = crate::cli::Cli::try_parse_from(words.into_iter().chain(line.split_whitespace())).unwrap();
		match cli.command {
			crate::cli::Command::Task(Task::Submit(arguments)) => *arguments,
			other => panic!("{other:?}"),
		}
	}

	fn model() -> ModelInfo {
		use deepnode_primitives::{
			comparison::Comparison,
			tensor::{Dim, ElementType, TensorSpecs},
		};
		let pixels = crate::tensor::tests::spec(ElementType::F32, &[Dim::Batch, Dim::Fixed(64)]);
		let tensors = TensorSpecs::try_from(vec![pixels]).unwrap();
		let spec = ModelSpec {
			name: "m".into(),
			domain: "d".into(),
			files: vec![],
			opset: 17,
			inputs: tensors.clone(),
			outputs: tensors,
			licence: "MIT".into(),
			price: 10u128.pow(16),
			comparison: Comparison::default(),
			runtime_class: None,
			fhe: None,
			parent: None,
			data_sets: vec![],
		};
		let owner = keys::parse("//Alice").unwrap().account();
		ModelInfo { id: 0, owner, spec, active: true, open_tasks: 0, bond: 0, registered_at: 0 }
	}

	/// What a pair is paid for so many items at 0.01 DN, with the audits' part that the chain asks for.
	fn quote(items: u32) -> Quote {
		let fee = u128::from(items) * 10u128.pow(16);
		Quote { fee, audit: fee / 80, bound: 0 }
	}

	const DIGITS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/models/digits/heldout.npy");

	#[test]
	fn an_input_that_is_too_large_for_the_chain_comes_with_advice_that_works() {
		let error = read(&arguments(DIGITS), &model(), &LIMITS).unwrap_err().to_string();
		assert!(error.contains("450 items and 115210 bytes"), "{error}");
		let most = error.split("--batch ").nth(1).unwrap().split(',').next().unwrap();
		let cut = read(&arguments(&format!("{DIGITS} --batch {most}")), &model(), &LIMITS).unwrap();
		assert!(cut.iter().all(|bundle| bundle.bytes.len() <= MAX_INLINE_LEN as usize));
		assert_eq!(cut.iter().map(|bundle| bundle.items).sum::<u32>(), 450);
	}

	#[test]
	fn a_large_input_is_written_where_its_uri_says_and_bound_by_its_hash() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("input");
		let uri = models::file_uri(&path).unwrap();
		let arguments = arguments(&format!("{DIGITS} --rows 0..200 --input-uri {uri}"));
		let bundle = read(&arguments, &model(), &LIMITS).unwrap().remove(0);
		let quote = quote(bundle.items);
		let task = task(&arguments, &model(), bundle, 100, &quote).unwrap();
		let Payload::Reference(content) = task.input else { panic!("by reference") };
		assert_eq!(content.verify(&fs::read(path).unwrap()), Ok(()));
		assert_eq!(task.items, 200);
	}

	#[test]
	fn a_price_beyond_what_the_requester_allows_is_told_with_both_its_parts() {
		let arguments = arguments(&format!("{DIGITS} --rows 0..3 --max-fee 0.03"));
		let bundle = read(&arguments, &model(), &LIMITS).unwrap().remove(0);
		let error = task(&arguments, &model(), bundle, 100, &quote(3)).unwrap_err().to_string();
		let expected = "the task costs 0.030375 DN (0.03 DN for 3 items, and 0.000375 DN for audits), which is more \
			than --max-fee 0.03 DN";
		assert_eq!(error, expected);
	}

	#[test]
	fn a_task_may_cost_its_quote_unless_more_is_allowed() {
		let of = |more: &str| {
			let arguments = arguments(&format!("{DIGITS} --rows 0..3 {more}"));
			let bundle = read(&arguments, &model(), &LIMITS).unwrap().remove(0);
			task(&arguments, &model(), bundle, 100, &quote(3)).unwrap()
		};
		assert_eq!(of("").max_fee, quote(3).total());
		assert_eq!(of("--max-fee 0.5").max_fee, 5 * 10u128.pow(17));
		for (kind, assurance) in [("single", Assurance::Single), ("pair", Assurance::Pair), ("panel", Assurance::Panel)]
		{
			assert_eq!(of(&format!("--assurance {kind}")).assurance, assurance);
		}
	}

	#[test]
	fn deadlines_are_those_that_the_chain_can_keep() {
		let three_waves = 3 * (LIMITS.commit_window + LIMITS.reveal_window);
		assert!(deadline(None, 1, &LIMITS).unwrap() > three_waves, "there is room for a dispute");
		assert_eq!(deadline(None, 1, &LIMITS).unwrap(), 136);
		assert_eq!(deadline(None, 100, &LIMITS).unwrap(), 532, "many tasks wait for each other's workers");
		assert_eq!(deadline(None, usize::MAX, &LIMITS).unwrap(), 1000);
		assert_eq!(deadline(Some(50), 100, &LIMITS).unwrap(), 50);
		assert!(deadline(Some(5), 1, &LIMITS).unwrap_err().to_string().contains("from 33 to 1000"));
		assert!(deadline(Some(1001), 1, &LIMITS).is_err());
	}

	#[test]
	fn seals_differ() {
		let arguments = arguments(&format!("{DIGITS} --rows 0..2 --each"));
		let tasks: Vec<_> = read(&arguments, &model(), &LIMITS)
			.unwrap()
			.into_iter()
			.map(|bundle| task(&arguments, &model(), bundle, 100, &quote(1)).unwrap())
			.collect();
		assert_ne!(tasks[0].seal, tasks[1].seal);
	}
}
