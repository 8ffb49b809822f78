//! Known-answer tasks.

use anyhow::{bail, ensure, Context as _, Result};
use deepnode_client::{
	keys, seals, AccountId, Block, Client, DomainInfo, Error, EvaluationInfo, Event, Expected, Keypair, SubmitTask,
};
use deepnode_primitives::{
	content::{Inline, Payload, MAX_INLINE_LEN},
	tensor::TensorSpec,
	ModelId, TaskId,
};
use futures::StreamExt as _;
use serde::Serialize;

use super::{
	asked::{self, Progress},
	ensure_judges,
	expected::expected,
	known, secrets,
};
use crate::{
	amount::Amount,
	cli::Ask,
	commands::task::{assurance, deadline},
	context::Context,
	input::{self, Bundle, Reading},
	output::count,
	progress,
	secrets::{Asked, Item, Secrets},
};

/// For so many blocks an evaluation may be missing before it is taken for gone.
const MISSING: u32 = 5;

#[derive(Serialize)]
struct Report {
	domain: String,
	/// The last block in which the tasks can be unsealed.
	closes_at: u32,
	tasks: Vec<Submitted>,
	/// The models that could not be asked, and why.
	#[serde(skip_serializing_if = "Vec::is_empty")]
	failed: Vec<Failed>,
}

#[derive(Serialize)]
struct Submitted {
	task: TaskId,
	model: ModelId,
}

#[derive(Serialize)]
struct Failed {
	model: ModelId,
	error: String,
}

/// Opens an evaluation, or goes on with it, and asks the models that were drawn for it.
pub async fn run(context: &Context, arguments: Ask) -> Result<()> {
	let key = context.key()?;
	let account = key.account();
	let asker = match &arguments.from {
		Some(source) => keys::parse(source).map_err(Error::from)?,
		None => key.clone(),
	};
	let client = context.client().await?;
	let best = client.best_block().await?;
	let at = Some(best.hash);
	let domain = known(&client, &arguments.domain, at).await?;
	let expected = expected(&arguments, &domain)?;
	let limits = client.evaluator_limits(at).await?;
	let info = client.evaluator(domain.id, &account, at).await?;
	ensure_judges(&account, &domain, &info, &client.score_epoch(at).await?, &limits)?;
	let mut secrets = secrets(&client, &key, &arguments.keeping)?;
	let closes = |evaluation: &EvaluationInfo| evaluation.opened_at.saturating_add(limits.evaluation_window);
	let salt = match info.evaluation.filter(|evaluation| closes(evaluation) >= best.number) {
		Some(open) => {
			let item = find(&secrets, &account, &open)?;
			let asked = item.filter(|item| Expected::from(&item.expected) == expected);
			asked.map(|item| item.salt).with_context(|| {
				format!(
					"an evaluation of another item is open until block {}: unseal its tasks with `deepnode evaluators \
					 unseal --domain {}`, or wait for that block",
					closes(&open),
					domain.name
				)
			})?
		},
		None => {
			let window = limits.evaluation_window;
			open(&client, &key, &domain, &expected, &arguments, (best.number, window), &mut secrets).await?
		},
	};
	let evaluation = drawn(context, &client, &account, &domain, seals::item(&account, &expected, &salt)?).await?;
	ensure!(
		!evaluation.models.is_empty(),
		"no model was drawn: none of {} is listed and active; a model comes on the list with a settled task",
		domain.name
	);
	let best = client.best_block().await?;
	let found = asked::find(&client, &mut secrets, &account, salt, best.hash).await?;
	let drawn_at = evaluation.drawn_at.unwrap_or_default();

	let closes_at = closes(&evaluation);
	let mut report = Report { domain: domain.name.clone(), closes_at, tasks: vec![], failed: vec![] };
	let bar = progress::counter(&context.output, evaluation.models.len(), "asking");
	for model in evaluation.models.iter().filter(|(_, judged)| !judged).map(|(model, _)| *model) {
		let progress = of(&secrets, salt).map(|item| asked::progress(item, model, &found, drawn_at, best.number));
		let asked = match progress.unwrap_or(Progress::ToAsk) {
			Progress::Asked(task) => Ok(task),
			Progress::OnItsWay(until) => Err(on_its_way(until)),
			Progress::ToAsk => {
				ask(&client, (&account, &asker), model, &arguments, (&expected, salt), &mut secrets).await
			},
		};
		match asked {
			Ok(task) => report.tasks.push(Submitted { task, model }),
			Err(error) => report.failed.push(Failed { model, error: format!("{error:#}") }),
		}
		bar.inc(1);
	}
	bar.finish_and_clear();
	if let ([], [failed, ..]) = (&report.tasks[..], &report.failed[..]) {
		bail!("none of the models that were drawn could be asked; model {}: {}", failed.model, failed.error);
	}
	context.output.show(&report, text)
}

fn text(report: &Report) -> String {
	let mut lines: Vec<_> =
		report.tasks.iter().map(|asked| format!("task {} asks model {}", asked.task, asked.model)).collect();
	lines.extend(report.failed.iter().map(|failed| format!("model {} is not asked: {}", failed.model, failed.error)));
	lines.push(format!(
		"when they are settled, and before block {}, unseal them with `deepnode evaluators unseal --domain {}`",
		report.closes_at, report.domain
	));
	lines.join("\n")
}

/// Why a model is not asked whose task may still come.
fn on_its_way(until: u32) -> anyhow::Error {
	anyhow::anyhow!(
		"it was asked before, and the task may still come into a block up to {until}: give the command again then, and \
		 it goes on with that task, or asks again where it has not come"
	)
}

/// The kept item of an open evaluation.
fn find(secrets: &Secrets, account: &AccountId, evaluation: &EvaluationInfo) -> Result<Option<Item>> {
	for item in &secrets.kept().items {
		if seals::item(account, &(&item.expected).into(), &item.salt)? == evaluation.item {
			return Ok(Some(item.clone()));
		}
	}
	Ok(None)
}

/// The kept item with this salt.
fn of(secrets: &Secrets, salt: [u8; 32]) -> Option<&Item> {
	secrets.kept().items.iter().find(|item| item.salt == salt)
}

/// Opens an evaluation, and returns what seals its item.
async fn open(
	client: &Client,
	key: &Keypair,
	domain: &DomainInfo,
	expected: &Expected,
	arguments: &Ask,
	(now, window): (u32, u32),
	secrets: &mut Secrets,
) -> Result<[u8; 32]> {
	let salt = keys::random().map_err(Error::from)?;
	let sealed = seals::item(&key.account(), expected, &salt)?;
	let until = now.saturating_add(Client::TRANSACTION_LIFE).saturating_add(window);
	let item = Item { domain: domain.id, expected: expected.into(), salt, tasks: Vec::new(), until };
	secrets.change(|kept| kept.keep_item(item, now))?;
	let opened = client.open_evaluation(key, None, domain.id, sealed, arguments.data_set).await;
	opened.context("cannot open an evaluation")?;
	Ok(salt)
}

/// Waits until the models of an evaluation are drawn.
async fn drawn(
	context: &Context,
	client: &Client,
	account: &AccountId,
	domain: &DomainInfo,
	item: [u8; 32],
) -> Result<EvaluationInfo> {
	let bar = progress::waiting(&context.output, "waiting until models are drawn");
	let mut blocks = client.best_blocks();
	let mut missing = 0;
	while let Some(block) = blocks.next().await {
		let found = client.evaluator(domain.id, account, Some(block?.hash)).await?.evaluation;
		// A fork may not have it yet.
		missing = if found.is_some() { 0 } else { missing + 1 };
		ensure!(missing < MISSING, "the evaluation is gone: has {account} lost its place in {}?", domain.name);
		let drawn = found.filter(|evaluation| evaluation.item == item && evaluation.drawn_at.is_some());
		if let Some(evaluation) = drawn {
			bar.finish_and_clear();
			return Ok(evaluation);
		}
	}
	bail!("the chain's blocks have ended")
}

/// Asks a model, with the seal of a known-answer task of the evaluator.
async fn ask(
	client: &Client,
	(evaluator, asker): (&AccountId, &Keypair),
	model: ModelId,
	arguments: &Ask,
	(expected, item): (&Expected, [u8; 32]),
	secrets: &mut Secrets,
) -> Result<TaskId> {
	let best = client.best_block().await?;
	let at = Some(best.hash);
	let found = client.model(model, at).await?.with_context(|| format!("model {model} is gone"))?;
	let limits = client.limits(at).await?;
	let Bundle { bytes, items } = bundle(arguments, &found.spec.inputs)?;
	let level = assurance(arguments.assurance);
	let quote = client.quote(model, items, level, at).await?.context("the fee is more than can exist")?;
	let total = Amount(quote.total());
	let max_fee = arguments.max_fee.unwrap_or(total);
	ensure!(max_fee >= total, "a task costs {total}, which is more than --max-fee {max_fee}");
	let salt = keys::random().map_err(Error::from)?;
	let task = SubmitTask {
		model,
		input: Payload::Inline(Inline::try_from(bytes).ok().context("the input is too large for the chain")?),
		items,
		assurance: level,
		deadline: best.number.saturating_add(deadline(None, 1, &limits)?),
		max_fee: max_fee.0,
		seal: seals::task(evaluator, expected, &salt)?,
	};
	secrets.change(|kept| {
		if let Some(kept) = kept.items.iter_mut().find(|kept| kept.salt == item) {
			kept.tasks.push(Asked { model, salt, task: None, until: at_most_until(&best) });
		}
	})?;
	let sent = client.submit(asker, None, task).await;
	let until = match &sent {
		Ok(_) => None,
		Err(Error::Lost { until, .. }) => Some(*until),
		// It went nowhere, or failed in its block: what is wrong can be mended at once.
		Err(_) => Some(0),
	};
	if let Some(until) = until {
		change(secrets, item, &salt, |asked| asked.until = until)?;
	}
	let transaction = sent?;
	let number = transaction.events.iter().find_map(|event| match event {
		Event::TaskSubmitted { task, .. } => Some(*task),
		_ => None,
	});
	let number = number.context("the chain took the task without saying its number")?;
	change(secrets, item, &salt, |asked| asked.task = Some(number))?;
	Ok(number)
}

/// The last block that a transaction can come into that is sent in this one, and in a few after it.
const fn at_most_until(best: &Block) -> u32 {
	best.number.saturating_add(Client::TRANSACTION_LIFE)
}

/// Changes what is kept of a task, which asks for the item with the first salt and is sealed by the second.
fn change(secrets: &mut Secrets, item: [u8; 32], salt: &[u8; 32], change: impl FnOnce(&mut Asked)) -> Result<()> {
	secrets.change(|kept| {
		let item = kept.items.iter_mut().find(|kept| kept.salt == item);
		if let Some(asked) = item.and_then(|item| item.tasks.iter_mut().find(|asked| asked.salt == *salt)) {
			change(asked);
		}
	})
}

/// The one bundle that the inputs make for a model.
fn bundle(arguments: &Ask, specs: &[TensorSpec]) -> Result<Bundle> {
	let reading = Reading { rows: arguments.rows.clone(), pixel_max: arguments.pixel_max, invert: arguments.invert };
	let mut bundles = input::bundles(specs, &arguments.inputs, &reading, None)?;
	let bundle = bundles.pop().context("there is no input")?;
	let classes = arguments.expected.class.len();
	ensure!(
		classes == 0 || classes == bundle.items as usize,
		"the inputs hold {}, and {} given: give a --class for each",
		count(bundle.items as usize, "item"),
		if classes == 1 { "1 class is".into() } else { format!("{classes} classes are") }
	);
	ensure!(
		bundle.bytes.len() <= MAX_INLINE_LEN as usize,
		"the input has {} bytes, and the chain takes {MAX_INLINE_LEN} at most: ask for fewer items with --rows",
		bundle.bytes.len()
	);
	Ok(bundle)
}

#[cfg(test)]
pub mod tests {
	use clap::Parser as _;
	use deepnode_client::H256;
	use deepnode_primitives::tensor::{Dim, ElementType};

	use super::{super::tests::account, *};
	use crate::cli::{Cli, Command, Evaluators};

	const DIGITS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/models/digits/heldout.npy");

	pub fn arguments(line: &str) -> Ask {
		let words = ["deepnode", "evaluators", "ask", "--domain", "vision/digits"];
		match Cli::try_parse_from(words.into_iter().chain(line.split_whitespace())).unwrap().command {
			Command::Evaluators(Evaluators::Ask(arguments)) => *arguments,
			other => panic!("{other:?}"),
		}
	}

	#[test]
	fn there_is_an_expectation_for_each_item_and_the_input_fits_the_chain() {
		let pixels = crate::tensor::tests::spec(ElementType::F32, &[Dim::Batch, Dim::Fixed(64)]);
		let specs = [pixels];
		assert_eq!(bundle(&arguments(&format!("{DIGITS} --rows 0..2 --class 3 --class 8")), &specs).unwrap().items, 2);
		let error = bundle(&arguments(&format!("{DIGITS} --rows 0..2 --class 3")), &specs).unwrap_err().to_string();
		assert_eq!(error, "the inputs hold 2 items, and 1 class is given: give a --class for each");
		let digest = format!("{DIGITS} --digest 0x{}", "1f".repeat(32));
		let error = bundle(&arguments(&digest), &specs).unwrap_err().to_string();
		assert!(error.contains("--rows"), "{error}");
	}

	#[test]
	fn an_open_evaluation_is_known_by_what_was_sealed_for_it() {
		let folder = tempfile::tempdir().unwrap();
		let mut secrets = Secrets::open(Some(folder.path()), H256::zero(), &account()).unwrap();
		let expected = Expected::Digest([3; 32]);
		let item = Item { domain: 0, expected: (&expected).into(), salt: [4; 32], tasks: vec![], until: 9 };
		secrets.change(|kept| kept.items.push(item.clone())).unwrap();
		let sealed = |salt| seals::item(&account(), &expected, &[salt; 32]).unwrap();
		let open =
			|salt| EvaluationInfo { item: sealed(salt), opened_at: 1, drawn_at: None, models: vec![], data_set: None };
		assert_eq!(find(&secrets, &account(), &open(4)).unwrap(), Some(item));
		assert_eq!(find(&secrets, &account(), &open(5)).unwrap(), None);
	}
}
