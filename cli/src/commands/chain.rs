//! The chain as a whole.

use anyhow::Result;
use deepnode_client::{Delivered, Pot};
use serde::Serialize;

use crate::{
	amount::{Amount, Part},
	cli::Chain,
	context::Context,
	output::{count, fields, table},
};

#[derive(Serialize)]
struct Status {
	node: String,
	url: String,
	chain: String,
	genesis: String,
	runtime: u32,
	peers: u32,
	syncing: bool,
	best: Block,
	finalized: Block,
	models: usize,
	workers: usize,
	tasks: u64,
	total_issuance: Amount,
}

#[derive(Serialize)]
struct Block {
	number: u32,
	hash: String,
}

impl From<deepnode_client::Block> for Block {
	fn from(block: deepnode_client::Block) -> Self {
		Self { number: block.number, hash: format!("{:?}", block.hash) }
	}
}

/// Runs a command about the chain.
pub async fn run(context: &Context, command: Chain) -> Result<()> {
	let Chain::Status = command;
	let client = context.client().await?;
	let best = client.best_block().await?;
	let at = Some(best.hash);
	let (info, finalized, models, workers, tasks, issuance) = futures::try_join!(
		client.node_info(),
		client.finalized_block(),
		client.models(at),
		client.workers(at),
		client.next_task(at),
		client.total_issuance(at)
	)?;
	let status = Status {
		node: info.node,
		url: client.url().into(),
		chain: info.chain,
		genesis: format!("{:?}", client.genesis_hash()),
		runtime: info.spec_version,
		peers: info.peers,
		syncing: info.syncing,
		best: best.into(),
		finalized: finalized.into(),
		models: models.len(),
		workers: workers.len(),
		tasks,
		total_issuance: Amount(issuance),
	};
	context.output.show(&status, |status| {
		fields(&[
			("chain", format!("{} (runtime {})", status.chain, status.runtime)),
			("genesis", status.genesis.clone()),
			("node", format!("{} at {}", status.node, status.url)),
			("peers", format!("{}{}", status.peers, if status.syncing { ", catching up" } else { "" })),
			("best block", format!("{} {}", status.best.number, status.best.hash)),
			("finalized", format!("{} {}", status.finalized.number, status.finalized.hash)),
			("models", status.models.to_string()),
			("workers", status.workers.to_string()),
			("tasks", format!("{} so far", count(status.tasks as usize, "task"))),
			("DN in all", status.total_issuance.to_string()),
		])
	})
}

#[derive(Serialize)]
struct Balances {
	total_issuance: Amount,
	rows: Vec<Row>,
	total: Fees,
	/// What is there to pay audits from.
	audit_fund: Holding,
}

/// An account and what it holds.
#[derive(Serialize)]
struct Holding {
	account: String,
	holds: Amount,
}

/// One destination of fees.
#[derive(Serialize)]
struct Row {
	to: &'static str,
	share: String,
	#[serde(flatten)]
	fees: Fees,
	#[serde(skip_serializing_if = "Option::is_none")]
	account: Option<String>,
	#[serde(skip_serializing_if = "Option::is_none")]
	holds: Option<Amount>,
}

#[derive(Clone, Copy, Serialize)]
struct Fees {
	from_tasks: Amount,
	from_transactions: Amount,
}

/// Shows where all fees went.
pub async fn balances(context: &Context) -> Result<()> {
	let client = context.client().await?;
	let at = Some(client.best_block().await?.hash);
	let (totals, table, pots, issuance, fund) = futures::try_join!(
		client.fee_totals(at),
		client.fee_table(at),
		client.pots(at),
		client.total_issuance(at),
		client.audit_fund(at)
	)?;
	let row = |to, share: u32, pick: fn(&Delivered) -> u128, pot: Option<&Pot>| Row {
		to,
		share: Part(share).to_string(),
		fees: Fees { from_tasks: Amount(pick(&totals.tasks)), from_transactions: Amount(pick(&totals.transactions)) },
		account: pot.map(|pot| pot.account.to_string()),
		holds: pot.map(|pot| Amount(pot.balance)),
	};
	let rows = vec![
		row("creators", table.creator, |fees| fees.creators, None),
		row("workers", table.workers, |fees| fees.workers, None),
		row("validators", table.validators, |fees| fees.validators, Some(&pots.validators)),
		row("treasury", table.treasury, |fees| fees.treasury, Some(&pots.treasury)),
		row("community", table.community, |fees| fees.community, Some(&pots.community)),
		row("burned", table.burned, |fees| fees.burned, None),
	];
	let sum = |pick: fn(&Fees) -> Amount| Amount(rows.iter().map(|row| pick(&row.fees).0).sum());
	let total = Fees { from_tasks: sum(|fees| fees.from_tasks), from_transactions: sum(|fees| fees.from_transactions) };
	let audit_fund = Holding { account: fund.account.to_string(), holds: Amount(fund.balance) };
	let balances = Balances { total_issuance: Amount(issuance), rows, total, audit_fund };
	context.output.show(&balances, text)
}

fn text(balances: &Balances) -> String {
	let cells = |to: &str, share: String, fees: &Fees, holds: String| {
		vec![to.to_owned(), share, fees.from_tasks.to_string(), fees.from_transactions.to_string(), holds]
	};
	let rows = balances.rows.iter().map(|row| {
		let holds = row.holds.map(|holds| holds.to_string()).unwrap_or_default();
		cells(row.to, row.share.clone(), &row.fees, holds)
	});
	let total = cells("together", String::new(), &balances.total, String::new());
	let fees = table(
		&["FEES TO", ">SHARE", ">OF TASKS", ">OF TRANSACTIONS", ">ACCOUNT HOLDS"],
		rows.chain(std::iter::once(total)),
	);
	let Balances { total_issuance, audit_fund, .. } = balances;
	format!("{fees}\n\nDN in all: {total_issuance}\nfor audits: {}", audit_fund.holds)
}
