//! Workers that lie, and what disputes cost them, and nobody else.

use std::time::Duration;

use anyhow::{Context as _, Result};
use deepnode_client::{AccountId, Event, Offence};
use deepnode_primitives::{
	fees::{part, FeeTable},
	Balance, TaskId,
};
use deepnode_tests::{
	digits::Digits,
	follow::{AuditEnd, End, History, Tasks},
	ledger::{Books, Ledger},
	market::{Engine, Lie, Market, ASSURANCE, STAKE},
	stage::Stage,
};

const MINUTE: Duration = Duration::from_secs(60);
/// How many tasks are submitted in one block. So all are drawn before the first dispute is over, as long as a
/// liar weighs as much as anybody.
const PER_BLOCK: usize = 12;
/// What a wrong answer costs, in parts of the stake per million.
const WRONG_ANSWER: u32 = 50_000;

/// A liar is drawn for two tasks in five, and with each of the others. So it is a case of 3 in a million that
/// there are fewer disputes than asked for.
#[tokio::test]
async fn a_liar_among_five_loses_each_dispute_and_nobody_else_loses_anything() -> Result<()> {
	const TASKS: usize = 36;
	const LEAST_DISPUTES: usize = 3;
	let stage = Stage::new("lying_worker")?;
	let [one, other] = Engine::pair();
	let engines = [Engine::Liar(Lie::Constant), one.clone(), other.clone(), one, other];
	let mut play = Play::open(&stage, &engines, TASKS).await?;
	play.tasks.until_ended(TASKS, 2 * MINUTE).await?;
	// Two honest outsiders at least are there for each audit.
	let end = play.tasks.until_audited(MINUTE).await?;
	let (after, books) = play.check(end).await?;

	let disputes = play.histories().filter(|history| history.disputes > 0).count();
	assert!(disputes >= LEAST_DISPUTES, "the liar was drawn only {disputes} times");
	assert!(play.histories().all(|history| history.disputes <= 1), "a third worker decides each dispute");
	let mut audits = 0;
	for history in play.histories().filter(|history| history.audit.opened) {
		assert_eq!(history.audit.end, Some(AuditEnd::Confirmed), "auditors find the honest answer too");
		for auditor in history.audit.auditors.iter().filter(|auditor| !play.liars.contains(auditor)) {
			assert_eq!(audit_pay(history, auditor), play.reward(), "{auditor} is paid for its audit");
			audits += play.reward();
		}
	}
	assert_eq!(books.compensated + books.audits, audits, "nobody else is paid but out of the fees");
	assert_eq!(after.held(&after.audit_fund.account, "set aside for audits"), 0);
	stage.passed();
	Ok(())
}

/// Where both liars answer, in one task of five at first, five are asked. Their three winners share a fee
/// that is for two, and the losers pay the rest. The sixth worker is there for an audit, which may have taken
/// an outsider before. A case of 5 in 100,000 has no such task.
#[tokio::test]
async fn liars_who_contradict_each_other_pay_for_all_the_runs_that_it_takes() -> Result<()> {
	const TASKS: usize = 45;
	let stage = Stage::new("lying_workers")?;
	let [one, other] = Engine::pair();
	let engines = [Engine::Liar(Lie::Constant), Engine::Liar(Lie::Perturb), one.clone(), other.clone(), one, other];
	let mut play = Play::open(&stage, &engines, TASKS).await?;
	let end = play.tasks.until_ended(TASKS, 2 * MINUTE).await?;
	let (_, books) = play.check(end).await?;

	let five: Vec<_> = play.histories().filter(|history| history.disputes == 2).collect();
	assert!(!five.is_empty(), "no task was answered by both liars");
	let lacking = play.reward() - FeeTable::default().split(play.market.quote.fee, 3).per_worker;
	for history in &five {
		let Some(End::Settled { winners, losers, .. }) = &history.end else { unreachable!("checked before") };
		assert_eq!((winners.len(), losers.len()), (3, 2));
		assert!(winners.iter().all(|winner| history.compensated(winner) == lacking), "{:?}", history.events);
	}
	assert!(books.compensated >= 3 * lacking * five.len() as Balance);
	stage.passed();
	Ok(())
}

/// A market with liars in it, and tasks that are on their way.
struct Play {
	market: Market,
	before: Ledger,
	tasks: Tasks,
	asked: Vec<TaskId>,
	liars: Vec<AccountId>,
}

impl Play {
	async fn open(stage: &Stage, engines: &[Engine], count: usize) -> Result<Self> {
		let market = Market::open(stage, engines).await?;
		let lies = market.workers.iter().filter(|worker| matches!(worker.engine, Engine::Liar(_)));
		let liars = lies.map(|worker| worker.account().clone()).collect();
		let block = market.client.best_block().await?;
		let before = Ledger::at(&market.client, block, market.accounts()).await?;
		let tasks = Tasks::after_now(&market.client).await?;
		let asked = market.ask_steadily(0..count, PER_BLOCK).await?;
		Ok(Self { market, before, tasks, asked, liars })
	}

	/// What has happened to the tasks, in the order of their images.
	fn histories(&self) -> impl Iterator<Item = &History> {
		self.asked.iter().map(|task| &self.tasks.histories()[task])
	}

	/// What one run earns.
	fn reward(&self) -> Balance {
		FeeTable::default().split(self.market.quote.fee, ASSURANCE.seats()).per_worker
	}

	/// All tasks have ended well for everybody but the liars, and every unit is accounted for.
	async fn check(&self, end: deepnode_client::Block) -> Result<(Ledger, Books)> {
		let Market { client, quote, requester, creator, digits, .. } = &self.market;
		let requester = requester.account();
		let after = self.before.later(client, end).await?;
		let histories: Vec<_> = self.histories().collect();
		let books = Books::balance(&self.before, &after, &histories, creator, &requester)?;

		let mut deposits = 0;
		for (image, (task, history)) in self.asked.iter().zip(&histories).enumerate() {
			self.check_task(*task, history);
			let output = client.task_output(*task, Some(end.hash)).await?;
			let output = output.with_context(|| format!("task {task} is settled without an output"))?;
			let answer = Digits::answer(output.inline().context("an answer is not on the chain")?)?;
			assert_eq!(answer, digits.predicted(image), "task {task} is not answered as where the model was trained");
			deposits += client.task(*task, Some(end.hash)).await?.context("a task is gone")?.deposit;
		}

		// The requester pays for answers and audits, whatever they took. Its deposits stay its own.
		let count = self.asked.len() as Balance;
		assert_eq!((books.paid, books.audit_fees), (quote.fee * count, quote.audit * count));
		let spent = -after.gain(&self.before, &requester);
		assert_eq!(spent, (quote.total() * count + books.transaction_fees()) as i128);
		assert_eq!(after.held(&requester, "task fees in escrow"), 0);
		assert_eq!(after.held(&requester, "task deposits"), deposits);
		assert_eq!(self.before.issuance - after.issuance, books.tasks.burned + books.transactions.burned);

		// Each slash is a part of what those before it have left, and only liars are slashed.
		let slashes: Vec<_> =
			histories.iter().flat_map(|history| history.slashed.iter().chain(&history.audit.slashed)).collect();
		for worker in &self.market.workers {
			let worker = worker.account();
			let mut lost: Vec<_> =
				slashes.iter().filter(|(who, ..)| who == worker).map(|(_, amount, _)| *amount).collect();
			assert!(lost.is_empty() || self.liars.contains(worker), "the honest {worker} lost {lost:?}");
			lost.sort_unstable_by(|a, b| b.cmp(a));
			let mut stake = STAKE;
			for amount in &lost {
				assert_eq!(*amount, part(stake, WRONG_ANSWER), "of {lost:?}");
				stake -= amount;
			}
			let found = client.worker(worker, Some(end.hash)).await?.context("a worker is gone")?;
			assert_eq!((found.stake, after.held(worker, "worker stake")), (stake, stake), "{worker}");
		}
		assert_eq!(books.slashed, slashes.iter().map(|(_, amount, _)| amount).sum());
		assert!(slashes.iter().all(|(.., offence)| *offence == Offence::WrongAnswer), "{slashes:?}");
		Ok((after, books))
	}

	/// The honest have won and have a run's whole reward each; the liars have lost, and are slashed once each.
	fn check_task(&self, task: TaskId, history: &History) {
		let Some(End::Settled { winners, losers, split, .. }) = &history.end else {
			panic!("task {task} ended with {:?}", history.end)
		};
		assert!(winners.iter().all(|winner| !self.liars.contains(winner)), "a liar has won task {task}");
		assert!(losers.iter().all(|loser| self.liars.contains(loser)), "an honest worker has lost task {task}");
		assert_eq!(losers.is_empty(), history.disputes == 0, "task {task} is in dispute where somebody lies");
		let slashed: Vec<_> = history.slashed.iter().map(|(who, _, _)| who.clone()).collect();
		assert_eq!(slashed, *losers, "each liar is slashed over task {task}");
		for winner in winners {
			let earned = split.per_worker + history.compensated(winner);
			assert_eq!(earned, self.reward(), "{winner} has earned its run of task {task}");
		}
	}
}

/// What an auditor was paid for a task.
fn audit_pay(history: &History, auditor: &AccountId) -> Balance {
	let paid = |event: &Event| match event {
		Event::AuditorPaid { auditor: who, amount, .. } if who == auditor => Some(*amount),
		_ => None,
	};
	history.events.iter().filter_map(|(_, event)| paid(event)).sum()
}
