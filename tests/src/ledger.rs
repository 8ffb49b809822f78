//! Where DN is, and where it went.

use std::collections::BTreeMap;

use anyhow::{bail, ensure, Result};
use deepnode_client::{AccountId, Block, Client, Delivered, FeeTotals, Pots};
use deepnode_primitives::{
	fees::{FeeTable, Split},
	Balance,
};

use crate::follow::{End, History};

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
	/// What accounts have, free and on hold.
	pub accounts: BTreeMap<AccountId, Balance>,
}

impl Ledger {
	/// Reads it in a block.
	pub async fn at(client: &Client, block: Block, accounts: impl IntoIterator<Item = AccountId>) -> Result<Self> {
		let at = Some(block.hash);
		let mut balances = BTreeMap::new();
		for account in accounts {
			let total = client.account(&account, at).await?.total;
			balances.insert(account, total);
		}
		Ok(Self {
			block,
			issuance: client.total_issuance(at).await?,
			fees: client.fee_totals(at).await?,
			pots: client.pots(at).await?,
			accounts: balances,
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
}

/// Where the fees of some tasks went, held against everything that the chain says about it.
#[derive(Clone, Debug)]
pub struct Books {
	/// The fees of the settled tasks.
	pub paid: Balance,
	/// Where they went.
	pub tasks: Delivered,
	/// Where the fees of the transactions in the same blocks went.
	pub transactions: Delivered,
}

impl Books {
	/// What the transactions cost.
	pub fn transaction_fees(&self) -> Balance {
		total(&self.transactions)
	}

	/// Balances the books of tasks that were submitted and ended between two ledgers, in which nothing
	/// else was going on: the tasks' events, the fee table, the chain's own totals, the balance of
	/// everybody who is paid or pays, and all DN that exist. They agree to the last unit, or this is an
	/// error that says which do not.
	pub fn balance(
		before: &Ledger,
		after: &Ledger,
		tasks: &[&History],
		creator: &AccountId,
		requester: &AccountId,
	) -> Result<Self> {
		let mut paid = 0;
		let mut sum = Delivered::default();
		let mut earned = BTreeMap::<&AccountId, Balance>::new();
		for task in tasks {
			match &task.end {
				Some(End::Settled { winners, split, .. }) => {
					let expected = FeeTable::default().split(task.fee, winners.len() as u32);
					ensure!(*split == expected, "a fee of {} was split as {split:?}, not {expected:?}", task.fee);
					ensure!(split.total() == Some(task.fee), "a fee of {} became {:?}", task.fee, split.total());
					winners.iter().for_each(|winner| *earned.entry(winner).or_default() += split.per_worker);
					sum = add(&sum, split);
					paid += task.fee;
				},
				Some(End::Refunded { amount, .. }) if *amount == task.fee => {},
				end => bail!("no books are kept of a task that ended with {end:?}"),
			}
		}
		*earned.entry(creator).or_default() += sum.creators;

		let fees = subtract(&after.fees.tasks, &before.fees.tasks);
		let transactions = subtract(&after.fees.transactions, &before.fees.transactions);
		ensure!(fees == sum, "the chain's totals say {fees:?}, the tasks' events {sum:?}");
		for (account, amount) in earned {
			let gain = after.gain(before, account);
			ensure!(gain == amount as i128, "{account} has {gain} more, and earned {amount}");
		}
		let held = |ledger: &Ledger| {
			let Pots { validators, treasury, community } = &ledger.pots;
			[validators, treasury, community].map(|pot| pot.balance as i128)
		};
		let given = |fees: &Delivered| [fees.validators, fees.treasury, fees.community].map(|part| part as i128);
		let pots = ["validators'", "treasury's", "community's"].into_iter().enumerate();
		for (at, name) in pots {
			let gain = held(after)[at] - held(before)[at];
			let expected = given(&sum)[at] + given(&transactions)[at];
			ensure!(gain == expected, "the {name} pot has {gain} more, and was given {expected}");
		}
		let for_transactions = total(&transactions);
		let spent = -after.gain(before, requester);
		ensure!(
			spent == (paid + for_transactions) as i128,
			"the requester has {spent} less, and paid {paid} for tasks and {for_transactions} for transactions"
		);
		let gone = before.issuance - after.issuance;
		let burned = sum.burned + transactions.burned;
		ensure!(gone == burned, "{gone} DN units are gone, and {burned} were burned");
		Ok(Self { paid, tasks: sum, transactions })
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
