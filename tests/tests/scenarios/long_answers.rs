//! Batches of thousands of inputs, whose answers are too long for the chain.

use std::{collections::BTreeSet, time::Duration};

use anyhow::{Context as _, Result};
use deepnode_client::{Event, Weight};
use deepnode_primitives::{content::Digest, TaskId};
use deepnode_tests::{
	follow::{Blocks, End, History, Tasks},
	market::{Engine, Lie, Market},
	stage::Stage,
};

const MINUTE: Duration = Duration::from_secs(60);
/// How many images a batch has. Its answer of 80 kB is five times what the chain carries.
const BATCH: usize = 2_000;

#[tokio::test]
async fn a_batch_settles_by_equal_digests_for_what_one_task_costs_the_chain() -> Result<()> {
	let stage = Stage::new("long_answers_equal")?;
	let mut play = Play::open(&stage, [Engine::Tract, Engine::Tract]).await?;
	let one = play.ask_one().await?;
	let batch = play.ask_batch().await?;
	assert_eq!(play.challenged(batch), None, "equal digests need no look at the answers");
	play.check(batch).await?;

	let costs = [play.cost(one).await?, play.cost(batch).await?];
	report("equal digests", &costs);
	let [one, batch] = costs;
	assert_eq!(batch.extrinsics, one.extrinsics, "a submission, two commitments and two reveals");
	assert!(batch.bytes < 2 * one.bytes, "{batch:?} and {one:?}");
	stage.passed();
	Ok(())
}

/// The two workers never give the same answer, and always agree.
#[tokio::test]
async fn answers_that_differ_settle_by_chunks_that_their_workers_open() -> Result<()> {
	let stage = Stage::new("long_answers_differ")?;
	let mut play = Play::open(&stage, [Engine::Tract, Engine::Liar(Lie::Nudge)]).await?;
	let one = play.ask_one().await?;
	let batch = play.ask_batch().await?;
	play.check(batch).await?;
	play.check_opened(batch)?;

	let costs = [play.cost(one).await?, play.cost(batch).await?];
	report("chunks", &costs);
	let [one, batch] = costs;
	assert_eq!(batch.extrinsics, one.extrinsics + 2, "each worker opens its answer once");

	// One that is killed when it has revealed opens its answer after its restart: nobody else has it.
	let mut blocks = Blocks::after_now(&play.market.client).await?;
	let killed = play.market.workers[0].account().clone();
	let asked = play.market.ask_batch(&stage, BATCH).await?;
	let revealed = |event: &Event| match event {
		Event::Revealed { worker, digest, .. } if *worker == killed => Some(*digest),
		_ => None,
	};
	let (_, digest) = blocks.event(MINUTE, "the reveal", revealed).await?;
	play.market.worker(&killed)?.process.kill();
	let challenged = |event: &Event| match event {
		Event::Challenged { digests, .. } => Some(digests.contains(&digest)),
		_ => None,
	};
	let (at, awaited) = blocks.event(MINUTE, "the challenge", challenged).await?;
	assert!(awaited);
	play.market.worker(&killed)?.restart().await?;
	let opened = |event: &Event| matches!(event, Event::ChunksOpened { digest: of, .. } if *of == digest).then_some(());
	let (block, ()) = blocks.event(MINUTE, "the chunks of the restarted worker's answer", opened).await?;
	eprintln!("opened {} blocks after the challenge, by a worker that was killed before it", block.number - at.number);
	play.until_ended().await?;
	play.check(asked).await?;
	play.check_opened(asked)?;
	stage.passed();
	Ok(())
}

/// Two workers, and tasks that have ended.
struct Play {
	stage: Stage,
	market: Market,
	tasks: Tasks,
	asked: usize,
}

impl Play {
	async fn open(stage: &Stage, engines: [Engine; 2]) -> Result<Self> {
		let market = Market::open(stage, &engines).await?;
		let tasks = Tasks::after_now(&market.client).await?;
		Ok(Self { stage: stage.clone(), market, tasks, asked: 0 })
	}

	/// Has the workers answer one image.
	async fn ask_one(&mut self) -> Result<TaskId> {
		let task = self.market.ask(0..1).await?[0];
		self.until_ended().await?;
		Ok(task)
	}

	/// Has them answer a batch.
	async fn ask_batch(&mut self) -> Result<TaskId> {
		let task = self.market.ask_batch(&self.stage, BATCH).await?;
		self.until_ended().await?;
		Ok(task)
	}

	/// Waits for the end of one more task.
	async fn until_ended(&mut self) -> Result<()> {
		self.asked += 1;
		self.tasks.until_ended(self.asked, 2 * MINUTE).await?;
		Ok(())
	}

	fn history(&self, task: TaskId) -> &History {
		&self.tasks.histories()[&task]
	}

	/// The answers whose chunks were asked for.
	fn challenged(&self, task: TaskId) -> Option<BTreeSet<Digest>> {
		self.history(task).events.iter().find_map(|(_, event)| match event {
			Event::Challenged { digests, .. } => Some(digests.iter().copied().collect()),
			_ => None,
		})
	}

	/// A batch was settled by both workers, and its answer, as the requester gets it, is the true one.
	async fn check(&self, task: TaskId) -> Result<()> {
		let history = self.history(task);
		let Some(End::Settled { winners, losers, .. }) = &history.end else {
			panic!("task {task} ended with {:?}", history.end)
		};
		assert_eq!((winners.len(), losers.len()), (2, 0));
		assert_eq!(history.slashed, []);
		let number = task.to_string();
		let shown = self.market.command_line.run(None, &["task", "result", &number, "--fetch"]).await?;
		let classes = shown["answer"]["classes"].as_array().with_context(|| format!("no answer in {shown:#}"))?;
		let expected: Vec<_> = (0..BATCH).map(|image| self.market.digits.predicted(image)).collect();
		assert_eq!(*classes, expected, "the batch is answered as where the model was trained");
		Ok(())
	}

	/// Both answers of a task were challenged, and opened.
	fn check_opened(&self, task: TaskId) -> Result<()> {
		let challenged = self.challenged(task).context("the answers were not compared by their chunks")?;
		let opened = self.history(task).events.iter().filter_map(|(_, event)| match event {
			Event::ChunksOpened { digest, .. } => Some(*digest),
			_ => None,
		});
		assert_eq!(challenged.len(), 2);
		assert_eq!(opened.collect::<BTreeSet<_>>(), challenged);
		Ok(())
	}

	/// What the transactions about a task cost the chain.
	async fn cost(&self, task: TaskId) -> Result<Cost> {
		let client = &self.market.client;
		let numbers: BTreeSet<_> = self.history(task).events.iter().map(|(block, _)| *block).collect();
		let mut cost = Cost::default();
		for number in numbers {
			let block = client.block_at(number).await?.context("a block is gone")?;
			let extrinsics = client.extrinsics(block.hash).await?;
			let about = |event: &Event| event.task() == Some(task);
			for extrinsic in extrinsics.iter().filter(|extrinsic| extrinsic.events.iter().any(about)) {
				cost.extrinsics += 1;
				cost.bytes += extrinsic.bytes;
				cost.weight.ref_time += extrinsic.weight.ref_time;
				cost.weight.proof_size += extrinsic.weight.proof_size;
			}
		}
		Ok(cost)
	}
}

/// What transactions cost the chain.
#[derive(Clone, Copy, Debug, Default)]
struct Cost {
	extrinsics: u32,
	bytes: u32,
	weight: Weight,
}

/// Prints what a task of one image and a batch cost the chain, and the latter as so many of the former.
fn report(how: &str, [one, batch]: &[Cost; 2]) {
	eprintln!("what the transactions of a task cost the chain; the batch of {BATCH} is settled by {how}");
	eprintln!("{:22} {:>10} {:>10} {:>8}", "", "one image", "the batch", "ratio");
	let row = |name: &str, one: u64, batch: u64| {
		eprintln!("{name:22} {one:>10} {batch:>10} {:>8.2}", batch as f64 / one as f64);
	};
	row("extrinsics", one.extrinsics.into(), batch.extrinsics.into());
	row("bytes", one.bytes.into(), batch.bytes.into());
	row("weight, microseconds", one.weight.ref_time / 1_000_000, batch.weight.ref_time / 1_000_000);
	row("proof, bytes", one.weight.proof_size, batch.weight.proof_size);
}
