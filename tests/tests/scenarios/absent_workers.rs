//! Workers that disappear in the middle of their work, for a while or for good.

use std::time::Duration;

use anyhow::{Context as _, Result};
use deepnode_client::{Event, Offence, RefundReason};
use deepnode_tests::{
	follow::{Blocks, End, Tasks},
	market::{Engine, Market},
	stage::Stage,
};

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_worker_killed_between_commit_and_reveal_reveals_after_its_restart() -> Result<()> {
	let stage = Stage::new("killed_between_commit_and_reveal")?;
	let mut market = Market::open(&stage, &Engine::pair()).await?;
	let mut tasks = Tasks::after_now(&market.client).await?;
	let mut blocks = Blocks::after_now(&market.client).await?;

	// Nobody can reveal before both have committed: with the second worker held up, the first is
	// certainly killed after its commit and before its reveal.
	market.workers[1].process.pause();
	let first = market.workers[0].account().clone();
	let task = market.ask(0..1).await?[0];
	let committed = |event: &Event| match event {
		Event::Committed { worker, .. } => Some(worker.clone()),
		_ => None,
	};
	let (_, worker) = blocks.event(MINUTE, "the first commit", committed).await?;
	assert_eq!(worker, first);
	market.worker(&first)?.process.kill();
	market.workers[1].process.resume();
	let all_committed = |event: &Event| matches!(event, Event::AnswersCommitted { .. }).then_some(());
	blocks.event(MINUTE, "the second commit", all_committed).await?;
	market.worker(&first)?.restart().await?;

	tasks.until_ended(1, 2 * MINUTE).await?;
	let history = &tasks.histories()[&task];
	let Some(End::Settled { winners, .. }) = &history.end else { panic!("the task ended with {:?}", history.end) };
	assert!(winners.contains(&first), "the restarted worker is paid");
	assert_eq!(history.slashed, [], "nobody is slashed");
	stage.passed();
	Ok(())
}

#[tokio::test]
async fn a_dead_worker_is_replaced_by_a_third() -> Result<()> {
	let stage = Stage::new("dead_worker_is_replaced")?;
	let [one, other] = Engine::pair();
	let mut market = Market::open(&stage, &[one.clone(), other, one]).await?;
	let mut tasks = Tasks::after_now(&market.client).await?;

	// Two of three serve a task: the dead one is drawn for some of eight, but for bad luck of 1 in 6,561.
	let dead = market.workers[0].account().clone();
	market.workers[0].process.kill();
	let asked = market.ask(0..8).await?;
	tasks.until_ended(asked.len(), 4 * MINUTE).await?;

	let mut replacements = 0;
	for task in &asked {
		let history = &tasks.histories()[task];
		let Some(End::Settled { winners, .. }) = &history.end else {
			panic!("task {task} ended with {:?}", history.end)
		};
		assert!(winners.len() == 2 && !winners.contains(&dead), "the two who are alive are paid: {winners:?}");
		replacements += history.replaced.len();
		assert!(history.replaced.iter().all(|(absent, _)| *absent == dead), "{:?}", history.replaced);
		assert_eq!(history.slashed.len(), history.replaced.len(), "who is replaced is slashed, once");
		assert!(history
			.slashed
			.iter()
			.all(|(who, amount, offence)| { *who == dead && *amount > 0 && *offence == Offence::MissedCommit }));
	}
	assert!(replacements > 0, "the dead worker was never drawn");
	stage.passed();
	Ok(())
}

#[tokio::test]
async fn a_task_that_cannot_be_answered_is_refunded_by_its_deadline() -> Result<()> {
	let stage = Stage::new("refunded_by_its_deadline")?;
	let mut market = Market::open(&stage, &Engine::pair()).await?;
	let mut tasks = Tasks::after_now(&market.client).await?;
	let limits = market.client.limits(None).await?;

	market.workers[0].process.kill();
	let requester = market.requester.account();
	let head = market.client.best_block().await?.number;
	let deadline = head + limits.commit_window + limits.reveal_window + 5;
	let task = market.ask_until(market.model, market.digits.input(0)?, deadline).await?;
	let held = market.client.account(&requester, None).await?.held;
	let price = market.quote.total();
	assert!(held.iter().any(|(_, amount)| *amount == price), "fee and audit are in escrow: {held:?}");

	let end = tasks.until_ended(1, 4 * MINUTE).await?;
	let history = &tasks.histories()[&task];
	let refund = End::Refunded { amount: price, reason: RefundReason::Expired };
	assert_eq!(history.end, Some(refund), "the requester has everything back");
	assert!(history.ended_at.context("it has ended")? <= deadline, "{:?} is after {deadline}", history.ended_at);
	let held = market.client.account(&requester, Some(end.hash)).await?.held;
	assert!(held.iter().all(|(_, amount)| *amount != price), "nothing is in escrow any more: {held:?}");
	stage.passed();
	Ok(())
}
