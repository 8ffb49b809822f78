//! The whole way of a task, many times at once: every answer agreed, every DN where it belongs.

use std::time::Duration;

use anyhow::Result;
use deepnode_tests::{
	digits::Digits,
	follow::{percentile, Tasks},
	ledger::{Books, Ledger},
	market::{Engine, Market},
	stage::Stage,
};

const TASKS: usize = 60;
/// How many of them are submitted in one block.
const PER_BLOCK: usize = 6;

#[tokio::test]
async fn two_workers_agree_on_sixty_tasks_and_every_unit_of_their_fees_is_accounted_for() -> Result<()> {
	let stage = Stage::new("settles_fifty_tasks")?;
	let market = Market::open(&stage, &Engine::pair()).await?;
	let block = market.client.best_block().await?;
	let before = Ledger::at(&market.client, block, market.accounts()).await?;
	let mut tasks = Tasks::after_now(&market.client).await?;

	let asked = market.ask_steadily(0..TASKS, PER_BLOCK).await?;
	let end = tasks.until_ended(TASKS, Duration::from_secs(180)).await?;
	let histories: Vec<_> = asked.iter().map(|task| &tasks.histories()[task]).collect();

	let after = before.later(&market.client, end).await?;
	let books = Books::balance(&before, &after, &histories, &market.creator, &market.requester.account())?;
	assert_eq!(market.quote.fee, market.price, "two workers share an item's price");
	assert_eq!(books.paid, market.quote.fee * TASKS as u128, "every task is settled and pays its fee");
	assert_eq!(books.audit_fees, market.quote.audit * TASKS as u128, "every task pays for its part of the audits");
	assert_eq!(books.audits, 0, "there are no outsiders to audit what two workers agree on");
	assert_eq!(books.slashed, 0, "nobody loses anything");
	assert!(before.issuance > after.issuance, "something is burned");

	let mut same = 0;
	for (image, (task, history)) in asked.iter().zip(&histories).enumerate() {
		assert!(history.split().is_some(), "task {task} ended with {:?}", history.end);
		let output = market.client.task_output(*task, None).await?.expect("a settled task has an output");
		let answer = Digits::answer(output.inline().expect("ten scores are on the chain"))?;
		same += usize::from(answer == market.digits.predicted(image));
	}
	assert_eq!(same, TASKS, "the chain's answers are those of the classifier where it was trained");

	let latency = percentile(histories.iter().filter_map(|history| history.latency()), 50);
	assert!(latency <= Some(4), "a task takes {latency:?} blocks in the median");

	stage.passed();
	Ok(())
}
