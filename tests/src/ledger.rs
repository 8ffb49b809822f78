//! Where DN is, and where it went.

use std::collections::BTreeMap;

use anyhow::{bail, ensure, Context as _, Result};
use deepnode_client::{AccountId, Block, Client, Delivered, Event, FeeTotals, Offence, Pot, Pots};
use deepnode_primitives::{
	fees::{FeeTable, Split},
	Balance,
};

use crate::follow::History;

/// What accounts, pots and the whole chain hold in one block.
#[derive(Clone, Debug)]
pub struct Ledger {
	/// The block.
	pub block: Block,
	/// All DN.
	pub issuance: Balance,
	/// Where fees have gone so far.
	pub fees: FeeTotals,
	/// The network's pots.
	pub pots: Pots,
	/// The audit fund, with what of it is on hold for audits.
	pub audit_fund: Pot,
	/// What accounts have, free and on hold.
	pub accounts: BTreeMap<AccountId, Balance>,
	/// What of that is on hold, and why.
	pub held: BTreeMap<AccountId, Vec<(String, Balance)>>,
}

impl Ledger {
	/// Reads it in a block.
	pub async fn at(client: &Client, block: Block, accounts: impl IntoIterator<Item = AccountId>) -> Result<Self> {
		let at = Some(block.hash);
		let (mut balances, mut held) = (BTreeMap::new(), BTreeMap::new());
		for account in accounts {
			let info = client.account(&account, at).await?;
			balances.insert(account.clone(), info.total);
			held.insert(account, info.held);
		}
		let audit_fund = client.audit_fund(at).await?;
		held.insert(audit_fund.account.clone(), client.account(&audit_fund.account, at).await?.held);
		Ok(Self {
			block,
			issuance: client.total_issuance(at).await?,
			fees: client.fee_totals(at).await?,
			pots: client.pots(at).await?,
			audit_fund,
			accounts: balances,
			held,
		})
	}

	/// The same accounts in another block.
	pub async fn later(&self, client: &Client, block: Block) -> Result<Self> {
		Self::at(client, block, self.accounts.keys().cloned()).await
	}

	/// What an account has more than in an earlier ledger; negative where it has less.
	pub fn gain(&self, since: &Self, account: &AccountId) -> i128 {
		let balance = |ledger: &Self| ledger.accounts.get(account).copied().unwrap_or_default() as i128;
		balance(self) - balance(since)
	}

	/// What an account has on hold for a reason.
	pub fn held(&self, account: &AccountId, reason: &str) -> Balance {
		let held = self.held.get(account).into_iter().flatten();
		held.filter(|(why, _)| why == reason).map(|(_, amount)| amount).sum()
	}

	/// What everybody in it has together.
	fn total(&self) -> Balance {
		let Pots { validators, treasury, community } = &self.pots;
		let pots = [validators, treasury, community, &self.audit_fund].map(|pot| pot.balance);
		self.accounts.values().chain(&pots).sum()
	}
}

/// Where the fees of some tasks went, and what was lost and gained over them, held against everything that
/// the chain says about it.
#[derive(Clone, Debug)]
pub struct Books {
	/// The fees of the settled tasks.
	pub paid: Balance,
	/// Where they went.
	pub tasks: Delivered,
	/// What the settled tasks paid into the audit fund besides.
	pub audit_fees: Balance,
	/// What the audit fund paid to auditors.
	pub audits: Balance,
	/// What workers lost, stakes and bonds.
	pub slashed: Balance,
	/// What of that others got. The treasury has the rest.
	pub compensated: Balance,
	/// Where the fees of the transactions in the same blocks went.
	pub transactions: Delivered,
}

impl Books {
	/// What the transactions cost.
	pub fn transaction_fees(&self) -> Balance {
		total(&self.transactions)
	}

	/// Balances the books of tasks that were submitted between two ledgers, in which nothing else was going
	/// on: the tasks' events, the fee table, the chain's own totals, the balance of everybody who is
	/// paid, pays or loses, and all DN that exist. They agree to the last unit, or this is an error that
	/// says which do not. The tasks' histories end with the later ledger's block; it does not matter what
	/// is still going on there.
	pub fn balance(
		before: &Ledger,
		after: &Ledger,
		tasks: &[&History],
		creator: &AccountId,
		requester: &AccountId,
	) -> Result<Self> {
		let mut flows = Flows::default();
		for task in tasks {
			flows.add(task, creator)?;
		}
		let Flows { mut accounts, paid, delivered, audit_fees, audits, slashed, compensated } = flows;
		let fees = subtract(&after.fees.tasks, &before.fees.tasks);
		let transactions = subtract(&after.fees.transactions, &before.fees.transactions);
		ensure!(fees == delivered, "the chain's totals say {fees:?}, the tasks' events {delivered:?}");

		*accounts.entry(requester.clone()).or_default() -= total(&transactions) as i128;
		if let Some(stranger) = accounts.keys().find(|account| !after.accounts.contains_key(account)) {
			bail!("{stranger} takes part, and is not in the ledger");
		}
		for account in after.accounts.keys() {
			let gain = after.gain(before, account);
			let expected = accounts.get(account).copied().unwrap_or_default();
			ensure!(gain == expected, "{account} has {gain} more, and should have {expected}");
		}

		let pots = |ledger: &Ledger| {
			let Pots { validators, treasury, community } = &ledger.pots;
			[validators, treasury, community, &ledger.audit_fund].map(|pot| pot.balance as i128)
		};
		let given = |fees: &Delivered| [fees.validators, fees.treasury, fees.community, 0].map(|part| part as i128);
		let besides = [0, (slashed - compensated) as i128, 0, audit_fees as i128 - audits as i128];
		for (at, name) in ["validators' pot", "treasury", "community's pot", "audit fund"].into_iter().enumerate() {
			let gain = pots(after)[at] - pots(before)[at];
			let expected = given(&delivered)[at] + given(&transactions)[at] + besides[at];
			ensure!(gain == expected, "the {name} has {gain} more, and was given {expected}");
		}

		let gone = before.issuance.checked_sub(after.issuance).context("there are more DN than before")?;
		let burned = delivered.burned + transactions.burned;
		ensure!(gone == burned, "{gone} DN units are gone, and {burned} were burned");
		let missing = before.total() as i128 - after.total() as i128;
		ensure!(missing == gone as i128, "those in the ledger have {missing} less together, and {gone} are gone");
		Ok(Self { paid, tasks: delivered, audit_fees, audits, slashed, compensated, transactions })
	}
}

/// What tasks have moved, by their events.
#[derive(Debug, Default)]
struct Flows {
	/// What each account has more for it; negative where it has less.
	accounts: BTreeMap<AccountId, i128>,
	paid: Balance,
	delivered: Delivered,
	audit_fees: Balance,
	audits: Balance,
	slashed: Balance,
	compensated: Balance,
}

/// What is taken from some and given to others over one verdict.
#[derive(Debug, Default)]
struct Verdict {
	taken: Balance,
	given: Balance,
}

impl Flows {
	/// Adds what a task's events say.
	fn add(&mut self, task: &History, creator: &AccountId) -> Result<()> {
		let mut verdict = Verdict::default();
		let mut requester = None;
		let mut last_block = 0;
		for (block, event) in &task.events {
			if *block != last_block {
				self.end(&mut verdict);
				last_block = *block;
			}
			match event {
				Event::TaskSubmitted { requester: who, .. } => requester = Some(who),
				Event::WorkerSlashed { worker, amount, offence: Offence::MissedCommit, .. } => {
					// It compensates nobody.
					self.gain(worker, -(*amount as i128));
					self.slashed += amount;
				},
				Event::WorkerSlashed { worker: who, amount, .. } | Event::BondLost { reporter: who, amount, .. } => {
					self.gain(who, -(*amount as i128));
					verdict.taken += amount;
				},
				Event::WorkerCompensated { worker: who, amount, .. }
				| Event::RequesterCompensated { requester: who, amount, .. }
				| Event::AuditorPaid { auditor: who, amount, .. }
				| Event::ReporterRewarded { reporter: who, amount, .. }
				| Event::WorkerRestored { worker: who, amount, .. } => {
					self.gain(who, *amount as i128);
					verdict.given += amount;
				},
				Event::TaskSettled { winners, split, .. } => {
					self.end(&mut verdict);
					let requester = requester.context("a task was settled that was not submitted")?;
					self.settle(task, creator, requester, winners, split)?;
				},
				Event::TaskRefunded { amount, reason, .. } => {
					self.end(&mut verdict);
					let price = task.price();
					ensure!(*amount == price, "no books are kept of a refund of {amount} of {price} ({reason:?})");
				},
				_ => self.end(&mut verdict),
			}
		}
		self.end(&mut verdict);
		Ok(())
	}

	fn settle(
		&mut self,
		task: &History,
		creator: &AccountId,
		requester: &AccountId,
		winners: &[AccountId],
		split: &Split,
	) -> Result<()> {
		let expected = FeeTable::default().split(task.fee, winners.len() as u32);
		ensure!(*split == expected, "a fee of {} was split as {split:?}, not {expected:?}", task.fee);
		ensure!(split.total() == Some(task.fee), "a fee of {} became {:?}", task.fee, split.total());
		self.gain(requester, -(task.price() as i128));
		self.gain(creator, split.creator as i128);
		winners.iter().for_each(|winner| self.gain(winner, split.per_worker as i128));
		self.delivered = add(&self.delivered, split);
		self.paid += task.fee;
		self.audit_fees += task.audit_fee;
		Ok(())
	}

	/// Ends a verdict: where more is given than taken the audit fund pays the difference.
	fn end(&mut self, verdict: &mut Verdict) {
		let Verdict { taken, given } = std::mem::take(verdict);
		self.slashed += taken;
		self.compensated += given.min(taken);
		self.audits += given.saturating_sub(taken);
	}

	fn gain(&mut self, account: &AccountId, amount: i128) {
		*self.accounts.entry(account.clone()).or_default() += amount;
	}
}

fn add(sum: &Delivered, split: &Split) -> Delivered {
	let split = Delivered {
		creators: split.creator,
		workers: split.workers,
		validators: split.validators,
		treasury: split.treasury,
		community: split.community,
		burned: split.burned,
	};
	combine(sum, &split, |sum, part| sum + part)
}

fn subtract(later: &Delivered, earlier: &Delivered) -> Delivered {
	combine(later, earlier, |later, earlier| later - earlier)
}

fn total(delivered: &Delivered) -> Balance {
	let Delivered { creators, workers, validators, treasury, community, burned } = delivered;
	creators + workers + validators + treasury + community + burned
}

fn combine(one: &Delivered, other: &Delivered, operation: impl Fn(Balance, Balance) -> Balance) -> Delivered {
	Delivered {
		creators: operation(one.creators, other.creators),
		workers: operation(one.workers, other.workers),
		validators: operation(one.validators, other.validators),
		treasury: operation(one.treasury, other.treasury),
		community: operation(one.community, other.community),
		burned: operation(one.burned, other.burned),
	}
}

#[cfg(test)]
mod tests {
	use deepnode_client::H256;
	use deepnode_primitives::TaskId;

	use super::*;

	const TASK: TaskId = 0;
	const FEE: Balance = 1_001;
	const AUDIT_FEE: Balance = 13;
	const REWARD: Balance = 250;
	const CREATOR: u8 = 8;
	const REQUESTER: u8 = 9;

	fn account(number: u8) -> AccountId {
		AccountId::new([number; 32])
	}

	fn ledger() -> Ledger {
		let pot = |number| Pot { account: account(number), balance: 100_000 };
		let accounts = (0..10).map(|number| (account(number), 10_000)).collect();
		Ledger {
			block: Block { number: 0, hash: H256::zero() },
			issuance: 1_000_000,
			fees: FeeTotals::default(),
			pots: Pots { validators: pot(100), treasury: pot(101), community: pot(102) },
			audit_fund: pot(103),
			accounts,
			held: BTreeMap::new(),
		}
	}

	/// A task that five answered, of whom two were outvoted, and whose audit confirmed the answer.
	fn disputed_task() -> History {
		let (winners, losers) = (vec![account(0), account(1), account(2)], vec![account(3), account(4)]);
		let split = FeeTable::default().split(FEE, 3);
		let lacking = REWARD - split.per_worker;
		let requester = account(REQUESTER);
		let submitted = Event::TaskSubmitted { task: TASK, requester, model: 0, items: 1, fee: FEE, audit: AUDIT_FEE };
		let slashed =
			|who| Event::WorkerSlashed { worker: account(who), task: TASK, amount: 500, offence: Offence::WrongAnswer };
		let compensated = |who| Event::WorkerCompensated { worker: account(who), task: TASK, amount: lacking };
		let mut events = vec![(1, submitted), (5, slashed(3)), (5, slashed(4))];
		events.extend([0, 1, 2].map(|who| (5, compensated(who))));
		events.push((5, Event::TaskSettled { task: TASK, digest: [0; 32], winners, losers, split }));
		events.push((9, Event::AuditorPaid { auditor: account(5), task: TASK, amount: REWARD }));
		events.push((9, Event::AuditConfirmed { task: TASK, auditors: vec![account(5)], losers: vec![] }));
		let mut history = History::default();
		events.into_iter().for_each(|(block, event)| history.note(block, event));
		history
	}

	/// The ledger after that task.
	fn after() -> Ledger {
		let split = FeeTable::default().split(FEE, 3);
		let mut ledger = ledger();
		let mut gain = |number: u8, amount: i128| {
			let balance = ledger.accounts.get_mut(&account(number)).unwrap();
			*balance = balance.checked_add_signed(amount).unwrap();
		};
		[0, 1, 2, 5].into_iter().for_each(|worker| gain(worker, REWARD as i128));
		[3, 4].into_iter().for_each(|worker| gain(worker, -500));
		gain(CREATOR, split.creator as i128);
		gain(REQUESTER, -((FEE + AUDIT_FEE) as i128));
		ledger.pots.validators.balance += split.validators;
		ledger.pots.treasury.balance += split.treasury + 1_000 - 3 * (REWARD - split.per_worker);
		ledger.pots.community.balance += split.community;
		ledger.audit_fund.balance = ledger.audit_fund.balance + AUDIT_FEE - REWARD;
		ledger.issuance -= split.burned;
		ledger.fees.tasks = add(&Delivered::default(), &split);
		ledger
	}

	fn balance(after: &Ledger) -> Result<Books> {
		Books::balance(&ledger(), after, &[&disputed_task()], &account(CREATOR), &account(REQUESTER))
	}

	#[test]
	fn the_books_of_a_dispute_and_an_audit_balance() {
		let books = balance(&after()).unwrap();
		assert_eq!((books.paid, books.audit_fees, books.audits), (FEE, AUDIT_FEE, REWARD));
		assert_eq!((books.slashed, books.compensated), (1_000, 3 * (REWARD - FEE / 2 / 3)));
	}

	#[test]
	fn a_single_unit_that_is_elsewhere_is_found() {
		let wrong: [fn(&mut Ledger); 6] = [
			|ledger| *ledger.accounts.get_mut(&account(6)).unwrap() += 1,
			|ledger| *ledger.accounts.get_mut(&account(3)).unwrap() -= 1,
			|ledger| ledger.pots.treasury.balance -= 1,
			|ledger| ledger.audit_fund.balance += 1,
			|ledger| ledger.issuance += 1,
			|ledger| ledger.fees.tasks.creators += 1,
		];
		for change in wrong {
			let mut ledger = after();
			change(&mut ledger);
			assert!(balance(&ledger).is_err());
		}
	}

	#[test]
	fn an_auditor_is_paid_from_what_another_lost_before_the_fund_pays() {
		let mut history = History::default();
		let lost = Event::WorkerSlashed { worker: account(1), task: TASK, amount: 300, offence: Offence::WrongAnswer };
		let paid = |who| Event::AuditorPaid { auditor: account(who), task: TASK, amount: REWARD };
		for event in [lost, paid(2), paid(3)] {
			history.note(7, event);
		}
		let mut flows = Flows::default();
		flows.add(&history, &account(CREATOR)).unwrap();
		assert_eq!((flows.slashed, flows.compensated, flows.audits), (300, 300, 2 * REWARD - 300));
	}

	#[test]
	fn whoever_takes_part_must_be_in_the_ledger() {
		let mut ledger = after();
		ledger.accounts.remove(&account(5));
		assert!(balance(&ledger).unwrap_err().to_string().contains("is not in the ledger"));
	}
}
