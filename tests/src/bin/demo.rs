//! Asks a digit classifier, run by two workers, about handwritten digits it has never seen, and shows on a local Base what came of
//! it.

use std::{
	fs,
	io::{self, Write as _},
	path::PathBuf,
	process::ExitCode,
	time::{Duration, Instant},
};

use anyhow::{ensure, Context as _, Result};
use clap::Parser;
use comfy_table::{presets::UTF8_BORDERS_ONLY, CellAlignment, Table};
use deepnode_client::RefundReason;
use deepnode_primitives::{Balance, TaskId, DN};
use deepnode_tests::{
	anchor::{Anchored, Bridgehead},
	digits::Digits,
	follow::{percentile, End, History, Step, Tasks},
	ledger::{Books, Ledger},
	market::{Engine, Market},
	node::within,
	stage::Stage,
};
use serde_json::{json, Value};
use tokio::signal::unix::{signal, SignalKind};

/// How long the tasks may take, all together.
const LIMIT: Duration = Duration::from_secs(600);

/// Asks a digit classifier, run by two workers, about handwritten digits it has never seen.
#[derive(Debug, Parser)]
struct Options {
	/// How many tasks to submit, one image each.
	#[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u16).range(1..=450))]
	tasks: u16,
	/// How many of them to submit in each block.
	#[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u16).range(1..=450))]
	per_block: u16,
	/// The folder for the summary, and for everything else while the demo runs.
	#[arg(long, default_value = "target/demo")]
	out: PathBuf,
	/// Keep the chain's data and the logs.
	#[arg(long)]
	keep: bool,
	/// Leave out the local Base, on which the end is anchored, paid out and proved.
	#[arg(long)]
	no_base: bool,
}

// One thread: the processes live as long as the thread that starts them.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
	let options = Options::parse();
	let stopped = match stop_signal() {
		Ok(stopped) => stopped,
		Err(error) => return fail(&error),
	};
	let stage = match Stage::at(options.out.join("run"), options.keep) {
		Ok(stage) => stage,
		Err(error) => return fail(&error),
	};
	tokio::select! {
		result = run(&options, &stage) => match result {
			Ok(()) => {
				stage.passed();
				ExitCode::SUCCESS
			},
			Err(error) => fail(&error),
		},
		signal = stopped => {
			stage.passed();
			eprintln!("\nstopped; nothing is left running");
			ExitCode::from(128 + signal)
		},
	}
}

fn fail(error: &anyhow::Error) -> ExitCode {
	eprintln!("error: {error:#}");
	ExitCode::FAILURE
}

/// Ends at the first signal to stop, with its number.
fn stop_signal() -> Result<impl std::future::Future<Output = u8>> {
	let mut interrupt = signal(SignalKind::interrupt())?;
	let mut terminate = signal(SignalKind::terminate())?;
	let mut hangup = signal(SignalKind::hangup())?;
	Ok(async move {
		tokio::select! {
			_ = interrupt.recv() => libc::SIGINT as u8,
			_ = terminate.recv() => libc::SIGTERM as u8,
			_ = hangup.recv() => libc::SIGHUP as u8,
		}
	})
}

async fn run(options: &Options, stage: &Stage) -> Result<()> {
	let summary_file = options.out.join("summary.json");
	let _ = fs::remove_file(&summary_file);
	let engines = Engine::pair();
	let names = engines.each_ref().map(Engine::name);
	say(&format!("starting a node and two workers, which run {} and {}", names[0], names[1]));
	if names[0] == names[1] {
		say("  (there is no ONNX Runtime here: with it the workers would run one model with two programs)");
	}
	let market = Market::open(stage, &engines).await?;
	say(&format!("  node        {}", market.node.url()));
	say(&format!("  model {}     {} at {} an image", market.model, Digits::NAME, dn(market.price)));
	for worker in &market.workers {
		say(&format!("  worker      {} runs {}", worker.account(), worker.engine.name()));
	}

	let bridgehead = if options.no_base {
		None
	} else {
		say("starting a local Base with the contracts, and a relayer; the workers are paid out there");
		let bridgehead = Bridgehead::open(stage, &market).await?;
		say(&format!("  Base        {}", bridgehead.url()));
		Some(bridgehead)
	};

	let (images, per_block) = (usize::from(options.tasks), usize::from(options.per_block));
	let began = Instant::now();
	let block = market.client.best_block().await?;
	let before = Ledger::at(&market.client, block, market.accounts()).await?;
	let mut tasks = Tasks::after_now(&market.client).await?;
	say(&format!("submitting {images} tasks of one held-out image each, {per_block} in each block"));
	let ended = async { tokio::try_join!(market.ask_steadily(0..images, per_block), watch(&mut tasks, images)) };
	let (asked, after) = within(LIMIT, "the end of all tasks", ended).await?;
	let seconds = began.elapsed().as_secs_f64();
	let after = before.later(&market.client, after).await?;

	let histories: Vec<_> = asked.iter().filter_map(|task| tasks.histories().get(task)).collect();
	ensure!(histories.len() == images, "{} of {images} tasks are known", histories.len());
	let books = Books::balance(&before, &after, &histories, &market.creator, &market.requester.account())?;
	let answers = answers(&market, &asked, &histories).await?;
	let outcome = Outcome { histories: &histories, answers, books, before, after, engines: names, seconds };
	print(&market, &outcome);
	let mut summary = outcome.summary(&market.digits);
	if let Some(bridgehead) = bridgehead {
		let settled = asked.iter().zip(&outcome.answers).rev().find(|(_, answer)| answer.is_some());
		let (task, _) = settled.context("no task is settled, so there is no receipt to check on Base")?;
		say("settling the epoch, and waiting until it has arrived on Base");
		let anchored = bridgehead.close(&market, *task).await?;
		print_anchored(&anchored);
		summary["base"] = on_base(&anchored);
	} else {
		say(
			"left out (--no-base): the height anchored on a local Base, the amount settled and a receipt checked there",
		);
	}
	fs::write(&summary_file, format!("{summary:#}\n"))?;
	say(&format!("summary: {}", summary_file.display()));
	ensure!(outcome.settled() == images, "{} of {images} tasks have not settled", images - outcome.settled());
	Ok(())
}

/// Shows each block's progress until all tasks have ended, and returns the last block.
async fn watch(tasks: &mut Tasks, count: usize) -> Result<deepnode_client::Block> {
	let mut shown = None;
	loop {
		let block = tasks.advance().await?;
		let steps = [Step::Submitted, Step::Assigned, Step::Committed, Step::Disputed, Step::Ended];
		let at = steps.map(|step| tasks.count(step));
		let [submitted, assigned, committed, disputed, ended] = at;
		if shown != Some(at) {
			let settled = tasks.histories().values().filter(|history| history.split().is_some()).count();
			let refunded = ended - settled;
			let disputed = if disputed > 0 { format!("   disputed {disputed:>3}") } else { String::new() };
			say(&format!(
				"  block {:>4}   submitted {submitted:>3}   assigned {assigned:>3}   committed {committed:>3}   \
				 settled {settled:>3}   refunded {refunded:>3}{disputed}",
				block.number
			));
		}
		shown = Some(at);
		if ended == count {
			return Ok(block);
		}
	}
}

/// The digit that each settled task's agreed answer names, in the order of the images.
async fn answers(market: &Market, asked: &[TaskId], histories: &[&History]) -> Result<Vec<Option<i64>>> {
	let mut answers = Vec::with_capacity(asked.len());
	for (task, history) in asked.iter().zip(histories) {
		answers.push(match history.split() {
			Some(_) => {
				let output = market.client.task_output(*task, None).await?;
				let output = output.with_context(|| format!("task {task} is settled without an output"))?;
				Some(Digits::answer(output.inline().context("an answer is not on the chain")?)?)
			},
			None => None,
		});
	}
	Ok(answers)
}

/// What came of it all.
struct Outcome<'a> {
	histories: &'a [&'a History],
	/// The digit that each image's task was answered with.
	answers: Vec<Option<i64>>,
	books: Books,
	before: Ledger,
	after: Ledger,
	engines: [&'static str; 2],
	seconds: f64,
}

impl Outcome<'_> {
	fn settled(&self) -> usize {
		self.answers.iter().flatten().count()
	}

	/// How many tasks both workers answered alike: all but those whose answers differ, or never came.
	fn agreed(&self) -> usize {
		let agreed = |history: &&&History| {
			let ended = matches!(
				history.end,
				Some(End::Settled { .. } | End::Refunded { reason: RefundReason::Failed(_), .. })
			);
			ended && history.disputes == 0
		};
		self.histories.iter().filter(agreed).count()
	}

	/// How many tasks chance has chosen for an audit so far.
	fn audits(&self) -> usize {
		self.histories.iter().filter(|history| history.audit.opened).count()
	}

	/// How many answers are what `expected` says of their image.
	fn matching(&self, expected: impl Fn(usize) -> i64) -> usize {
		self.answers.iter().enumerate().filter(|(image, answer)| **answer == Some(expected(*image))).count()
	}

	/// The block after which so many percent of the tasks had ended, counted from each one's submission.
	fn latency(&self, percent: usize) -> Option<u32> {
		percentile(self.histories.iter().filter_map(|history| history.latency()), percent)
	}

	/// The part of the images that the classifier names right where it was trained.
	fn reference_accuracy(&self, digits: &Digits) -> f64 {
		let images = self.answers.len();
		let right = (0..images).filter(|image| digits.predicted(*image) == digits.label(*image)).count();
		right as f64 / images as f64
	}

	fn accuracy(&self, digits: &Digits) -> f64 {
		self.matching(|image| digits.label(image)) as f64 / self.settled().max(1) as f64
	}

	fn rows(&self) -> [(&'static str, Balance); 6] {
		let Books { tasks, .. } = &self.books;
		[
			("creator", tasks.creators),
			("workers", tasks.workers),
			("validators", tasks.validators),
			("treasury", tasks.treasury),
			("community", tasks.community),
			("burned", tasks.burned),
		]
	}

	fn summary(&self, digits: &Digits) -> Value {
		let mut summary = json!({
			"tasks": self.answers.len(),
			"settled": self.settled(),
			"refunded": self.answers.len() - self.settled(),
			"agreed": self.agreed(),
			"correct": self.matching(|image| digits.label(image)),
			"accuracy": self.accuracy(digits),
			"reference_accuracy": self.reference_accuracy(digits),
			"same_as_reference": self.matching(|image| digits.predicted(image)),
			"latency_blocks_p50": self.latency(50),
			"latency_blocks_p95": self.latency(95),
			"seconds": (self.seconds * 10.0).round() / 10.0,
			"engines": self.engines,
			"audits": self.audits(),
		});
		let burned_fees = self.books.transactions.burned;
		let amounts = [
			("fees_paid", self.books.paid),
			("audit_fund", self.books.audit_fees),
			("audits_paid", self.books.audits),
			("slashed", self.books.slashed),
			("transaction_fees", self.books.transaction_fees()),
			("transaction_fees_burned", burned_fees),
			("issuance_before", self.before.issuance),
			("issuance_after", self.after.issuance),
		];
		for (name, amount) in self.rows().into_iter().chain(amounts) {
			summary[name] = amount.to_string().into();
			summary[format!("{name}_dn")] = decimal(amount).into();
		}
		summary
	}
}

fn print(market: &Market, outcome: &Outcome) {
	let digits = &market.digits;
	let count = outcome.answers.len();
	let percent = |part: f64| format!("{:.1} %", part * 100.0);
	let blocks = |percent| outcome.latency(percent).map_or_else(|| "none".into(), |blocks| format!("{blocks} blocks"));
	let rows = [
		("tasks settled", format!("{} of {count}", outcome.settled())),
		("workers agreed on", format!("{} of {count}", outcome.agreed())),
		("right answers", percent(outcome.accuracy(digits))),
		("the classifier's own", percent(outcome.reference_accuracy(digits))),
		("same as its own answer", format!("{} of {count}", outcome.matching(|image| digits.predicted(image)))),
		("latency, median", blocks(50)),
		("latency, 95 %", blocks(95)),
		("chosen for an audit", format!("{} of {count}", outcome.audits())),
		("all together", format!("{:.1} s", outcome.seconds)),
	];
	table(rows.map(|(name, value)| [name.to_owned(), value, String::new()]));

	let books = &outcome.books;
	let share = |amount: Balance| percent(amount as f64 / books.paid.max(1) as f64);
	let fees = outcome.rows().map(|(name, amount)| [name.to_owned(), dn(amount), share(amount)]);
	let paid = [["fees of the tasks".to_owned(), dn(books.paid), String::new()]];
	let fund = [["audit fund".to_owned(), dn(books.audit_fees), "paid besides".to_owned()]];
	table(paid.into_iter().chain(fees).chain(fund));

	let gone = outcome.before.issuance - outcome.after.issuance;
	table([
		["all DN before".to_owned(), dn(outcome.before.issuance), String::new()],
		["all DN after".into(), dn(outcome.after.issuance), String::new()],
		["burned of the tasks' fees".into(), dn(books.tasks.burned), String::new()],
		["burned of transactions' fees".into(), dn(books.transactions.burned), String::new()],
		["gone".into(), dn(gone), "exactly what was burned".into()],
	]);
}

fn print_anchored(anchored: &Anchored) {
	let settled = match anchored.epoch {
		Some(epoch) => format!("in epoch {epoch}"),
		None => "too little to be paid out: run more tasks".into(),
	};
	let head = [["height anchored on Base".to_owned(), anchored.block.to_string(), String::new()]];
	let paid =
		anchored.paid.iter().map(|(address, amount)| ["paid on Base".to_owned(), dn(*amount), address.to_string()]);
	let tail = [
		["settled on Base".to_owned(), dn(anchored.settled()), settled],
		[
			"receipt checked on Base".into(),
			format!("task {}", anchored.task),
			format!("true, says {}", anchored.verifier),
		],
	];
	table(head.into_iter().chain(paid).chain(tail));
}

fn on_base(anchored: &Anchored) -> Value {
	json!({
		"anchored_block": anchored.block,
		"settled_epoch": anchored.epoch,
		"settled": anchored.settled().to_string(),
		"settled_dn": decimal(anchored.settled()),
		"receipt_of_task": anchored.task,
		"receipt_verified": true,
		"receipt_verifier": anchored.verifier.to_string(),
	})
}

fn table(rows: impl IntoIterator<Item = [String; 3]>) {
	let mut table = Table::new();
	table.load_preset(UTF8_BORDERS_ONLY).add_rows(rows);
	if let Some(column) = table.column_mut(1) {
		column.set_cell_alignment(CellAlignment::Right);
	}
	say(&table.to_string());
}

fn dn(amount: Balance) -> String {
	format!("{} DN", decimal(amount))
}

/// An amount in DN, with all the decimals that it has.
fn decimal(amount: Balance) -> String {
	let decimals = format!("{:018}", amount % DN);
	format!("{}.{}", amount / DN, decimals.trim_end_matches('0')).trim_end_matches('.').to_owned()
}

/// Prints a line. Where nobody reads any more there is nothing to say.
fn say(line: &str) {
	let _ = writeln!(io::stdout(), "{line}");
}
