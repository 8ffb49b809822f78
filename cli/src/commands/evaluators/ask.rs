//! Known-answer tasks.

use anyhow::{bail, ensure, Context as _, Result};
use deepnode_client::{
	keys, seals, AccountId, Client, DomainInfo, Error, EvaluationInfo, Event, Expected, Keypair, SubmitTask,
	TaskStatus, MAX_EXPECTED_LEN,
};
use deepnode_primitives::{
	canonical::{Answer, Output},
	comparison::Quantisation,
	content::{Inline, Payload, MAX_INLINE_LEN},
	tensor::{read_bundle, Dim, ElementType, TensorSpec},
	ModelId, TaskId,
};
use futures::StreamExt as _;
use serde::Serialize;

use super::{ensure_judges, known, secrets};
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
		None => open(&client, &key, &domain, &expected, &arguments, &mut secrets).await?,
	};
	let evaluation = drawn(context, &client, &account, &domain, seals::item(&account, &expected, &salt)?).await?;
	ensure!(
		!evaluation.models.is_empty(),
		"no model was drawn: none of {} is listed and active; a model comes on the list with a settled task",
		domain.name
	);
	drop_ended(&client, &mut secrets, salt).await?;

	let closes_at = closes(&evaluation);
	let mut report = Report { domain: domain.name.clone(), closes_at, tasks: vec![], failed: vec![] };
	let bar = progress::counter(&context.output, evaluation.models.len(), "asking");
	for model in evaluation.models.iter().filter(|(_, judged)| !judged).map(|(model, _)| *model) {
		let asked = of(&secrets, salt).and_then(|item| item.tasks.iter().find(|asked| asked.model == model)?.task);
		let asked = match asked {
			Some(task) => Ok(task),
			None => ask(&client, (&account, &asker), model, &arguments, (&expected, salt), &mut secrets).await,
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

/// The canonical answer that is expected, or its digest.
fn expected(arguments: &Ask, domain: &DomainInfo) -> Result<Expected> {
	let expectation = &arguments.expected;
	let row = domain.row;
	let data = match (&expectation.class[..], &expectation.values, expectation.digest) {
		(_, _, Some(digest)) => return Ok(Expected::Digest(digest)),
		(_, Some(values), None) => {
			let quantisation = Quantisation { k: arguments.k, scale_millionths: arguments.scale };
			quantised(values, row, &quantisation)?
		},
		(classes, None, None) => {
			if let Some(class) = classes.iter().find(|class| **class >= row) {
				bail!("{} has the classes 0 to {}, and not {class}", domain.name, row.saturating_sub(1));
			}
			classes.iter().flat_map(|class| (0..row).map(move |at| i32::from(at == *class))).collect()
		},
	};
	let items = u32::try_from(data.len())?.checked_div(row).context("the domain's row is empty")?;
	let bytes = Answer::Outputs(vec![Output { dims: vec![items, row], data }]).to_bytes();
	ensure!(
		bytes.len() <= MAX_EXPECTED_LEN,
		"the expected answers to {} have {} bytes, and {MAX_EXPECTED_LEN} at most can be unsealed: ask for fewer items, \
		 or say only the --digest of the whole answer",
		count(items as usize, "item"),
		bytes.len()
	);
	Ok(Expected::Answer(bytes))
}

/// Values in rows of so many, as canonical answers have them.
fn quantised(values: &str, row: u32, quantisation: &Quantisation) -> Result<Vec<i32>> {
	let name = b"values".to_vec().try_into().ok().context("a name is too long")?;
	let shape = vec![Dim::Batch, Dim::Fixed(row)].try_into().ok().context("too many dimensions")?;
	let spec = [TensorSpec { name, element: ElementType::F64, shape }];
	let mut data = Vec::new();
	for Bundle { bytes, .. } in input::bundles(&spec, &[values.to_owned()], &Reading::default(), None)? {
		let (tensors, _) = read_bundle(&spec, &bytes).map_err(|error| anyhow::anyhow!("{values}: {error:?}"))?;
		for element in tensors.iter().flat_map(|tensor| tensor.data.chunks_exact(8)) {
			let value = f64::from_le_bytes(element.try_into()?);
			let quantised = quantisation.quantise(value);
			data.push(quantised.map_err(|_| anyhow::anyhow!("{value} is too large for --k {}", quantisation.k))?);
		}
	}
	Ok(data)
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
	secrets: &mut Secrets,
) -> Result<[u8; 32]> {
	let salt = keys::random().map_err(Error::from)?;
	let sealed = seals::item(&key.account(), expected, &salt)?;
	let item = Item { domain: domain.id, expected: expected.into(), salt, tasks: Vec::new() };
	secrets.change(|kept| {
		// A domain has one evaluation at a time: what was asked before can be unsealed no more.
		kept.items.retain(|other| other.domain != domain.id);
		kept.items.push(item);
	})?;
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

/// Forgets tasks of an item that have no answer, so that their models can be asked again.
async fn drop_ended(client: &Client, secrets: &mut Secrets, salt: [u8; 32]) -> Result<()> {
	let asked = of(secrets, salt).map(|item| item.tasks.clone()).unwrap_or_default();
	let mut going_on = Vec::new();
	for asked in asked {
		let Some(task) = asked.task else { continue };
		let status = client.task(task, None).await?.map(|task| task.status);
		if status.is_some_and(|status| matches!(status, TaskStatus::Settled { .. }) || !status.is_final()) {
			going_on.push(asked);
		}
	}
	secrets.change(|kept| {
		kept.items.iter_mut().filter(|item| item.salt == salt).for_each(|item| item.tasks = going_on.clone())
	})
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
	let of_item = |item_salt| move |kept: &&mut Item| kept.salt == item_salt;
	secrets.change(|kept| {
		if let Some(kept) = kept.items.iter_mut().find(of_item(item)) {
			kept.tasks.push(Asked { model, salt, task: None });
		}
	})?;
	let transaction = client.submit(asker, None, task).await?;
	let number = transaction.events.iter().find_map(|event| match event {
		Event::TaskSubmitted { task, .. } => Some(*task),
		_ => None,
	});
	let number = number.context("the chain took the task without saying its number")?;
	secrets.change(|kept| {
		let tasks = kept.items.iter_mut().find(of_item(item)).map(|item| &mut item.tasks);
		if let Some(asked) = tasks.and_then(|tasks| tasks.iter_mut().find(|asked| asked.salt == salt)) {
			asked.task = Some(number);
		}
	})?;
	Ok(number)
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
mod tests {
	use clap::Parser as _;
	use deepnode_client::H256;
	use deepnode_primitives::canonical::View;

	use super::{
		super::tests::{account, domain},
		*,
	};
	use crate::cli::{Cli, Command, Evaluators};

	const DIGITS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/models/digits/heldout.npy");

	fn arguments(line: &str) -> Ask {
		let words = ["deepnode", "evaluators", "ask", "--domain", "vision/digits"];
		match Cli::try_parse_from(words.into_iter().chain(line.split_whitespace())).unwrap().command {
			Command::Evaluators(Evaluators::Ask(arguments)) => *arguments,
			other => panic!("{other:?}"),
		}
	}

	fn elements(expected: &Expected) -> Vec<i32> {
		let Expected::Answer(bytes) = expected else { panic!("{expected:?}") };
		let View::Outputs(outputs) = View::parse(bytes).unwrap() else { panic!("an error") };
		outputs.iter().flat_map(|output| output.elements()).collect()
	}

	#[test]
	fn a_class_is_a_row_in_which_it_wins() {
		let two = expected(&arguments("x --class 3 --class 0"), &domain()).unwrap();
		assert_eq!(elements(&two), [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
		let error = expected(&arguments("x --class 10"), &domain()).unwrap_err().to_string();
		assert_eq!(error, "vision/digits has the classes 0 to 9, and not 10");
	}

	#[test]
	fn values_are_as_fine_as_the_models_declare_them() {
		let pairs = DomainInfo { row: 2, ..domain() };
		let values = expected(&arguments("x --values [[0.5,-1],[2,0]] --k 8"), &pairs).unwrap();
		assert_eq!(elements(&values), [128, -256, 512, 0]);
		let error = expected(&arguments("x --values [[1,2,3]]"), &pairs).unwrap_err().to_string();
		assert!(error.contains("[1, 3]") && error.contains('2'), "{error}");
		let error = expected(&arguments("x --values [[1e9,0]] --k 24"), &pairs).unwrap_err().to_string();
		assert!(error.contains("too large for --k 24"), "{error}");
	}

	#[test]
	fn more_than_can_be_unsealed_is_told_with_its_length() {
		let many = (0..200).map(|_| "--class 3").collect::<Vec<_>>().join(" ");
		let error = expected(&arguments(&format!("x {many}")), &domain()).unwrap_err().to_string();
		assert!(error.contains("200 items") && error.contains("4096") && error.contains("--digest"), "{error}");
		let digest = format!("x --digest 0x{}", "1f".repeat(32));
		assert_eq!(expected(&arguments(&digest), &domain()).unwrap(), Expected::Digest([0x1f; 32]));
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
		let item = Item { domain: 0, expected: (&expected).into(), salt: [4; 32], tasks: vec![] };
		secrets.change(|kept| kept.items.push(item.clone())).unwrap();
		let sealed = |salt| seals::item(&account(), &expected, &[salt; 32]).unwrap();
		let open =
			|salt| EvaluationInfo { item: sealed(salt), opened_at: 1, drawn_at: None, models: vec![], data_set: None };
		assert_eq!(find(&secrets, &account(), &open(4)).unwrap(), Some(item));
		assert_eq!(find(&secrets, &account(), &open(5)).unwrap(), None);
	}
}
