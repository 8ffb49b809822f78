//! Evaluators: who they are, what they may do, and what came of it.

mod ask;
mod asked;
mod expected;
mod unseal;
mod weights;

use anyhow::{bail, ensure, Context as _, Result};
use deepnode_client::{
	AccountId, Client, DomainId, DomainInfo, EpochInfo, EvaluatorInfo, EvaluatorLimits, Event, Keypair, Metric,
	TaskStatus, H256,
};
use deepnode_primitives::{DataSetId, ModelId};
use serde::Serialize;

use crate::{
	amount::{Amount, Share},
	cli::{Evaluators, Keeping},
	context::Context,
	output::{fields, table},
	secrets::Secrets,
};

/// Runs a command about evaluators.
pub async fn run(context: &Context, command: Evaluators) -> Result<()> {
	match command {
		Evaluators::Domains => domains(context).await,
		Evaluators::Scores { domain } => scores(context, domain).await,
		Evaluators::List { domain } => list(context, &domain).await,
		Evaluators::Join { domain, stake } => join(context, &domain, stake).await,
		Evaluators::Leave { domain } => {
			let (client, key) = (context.client().await?, context.key()?);
			let domain = known(&client, &domain, None).await?;
			let transaction = client.leave_domain(&key, None, domain.id).await?;
			let from = transaction.events.iter().find_map(|event| match event {
				Event::EvaluatorLeft { withdrawable_at, .. } => Some(format!(" from block {withdrawable_at} on")),
				_ => None,
			});
			let from = from.unwrap_or_default();
			let next = format!("`deepnode evaluators withdraw --domain {}` gets the stake back{from}", domain.name);
			context.done(&transaction, format!("judges {} no more; {next}", domain.name))
		},
		Evaluators::Withdraw { domain } => withdraw(context, &domain).await,
		Evaluators::Status { account, domain } => {
			let account = context.account_or_own(account)?;
			let client = context.client().await?;
			let best = client.best_block().await?;
			let domain = known(&client, &domain, Some(best.hash)).await?;
			let epoch = client.score_epoch(Some(best.hash)).await?;
			let info = client.evaluator(domain.id, &account, Some(best.hash)).await?;
			let limits = client.evaluator_limits(Some(best.hash)).await?;
			ensure!(
				info.stake > 0 || info.leaving.is_some(),
				"{account} is no evaluator of {0}; it becomes one with `deepnode evaluators join --domain {0} --stake AMOUNT`",
				domain.name
			);
			context.output.show(&Status::new(&account, &domain, &epoch, info, &limits, best.number), text)
		},
		Evaluators::Enlist { model, instead } => {
			let (client, key) = (context.client().await?, context.key()?);
			let transaction = client.enlist(&key, None, model, instead).await?;
			context.done(&transaction, format!("model {model} is on its domain's list"))
		},
		Evaluators::Commit { domain, weights, file, keeping } => {
			weights::commit(context, &domain, weights, file, &keeping).await
		},
		Evaluators::Reveal { domain, keeping } => weights::reveal(context, &domain, &keeping).await,
		Evaluators::Ask(arguments) => ask::run(context, *arguments).await,
		Evaluators::Unseal { domain, keeping } => unseal::run(context, &domain, &keeping).await,
		Evaluators::Rate { task, rating } => {
			let (client, key) = (context.client().await?, context.key()?);
			let found = client
				.task(task, None)
				.await?
				.with_context(|| format!("there is no task {task}, or it is no longer kept"))?;
			ensure!(
				matches!(found.status, TaskStatus::Settled { .. }),
				"task {task} is {}: only a settled task can be rated",
				found.status.name()
			);
			ensure!(
				found.requester == key.account(),
				"only {}, who has asked and paid for task {task}, can rate it, and {} signs: use the requester's key",
				found.requester,
				key.account()
			);
			let transaction = client.rate(&key, None, task, rating.0).await?;
			context.done(&transaction, format!("task {task} of model {} is rated {rating}", found.model))
		},
	}
}

/// The domain of this name or number.
async fn known(client: &Client, named: &str, at: Option<H256>) -> Result<DomainInfo> {
	let domains = client.domains(at).await?;
	let number = named.parse::<DomainId>().ok();
	let found = domains.into_iter().find(|domain| domain.name == named || Some(domain.id) == number);
	found.with_context(|| {
		format!("there is no domain {named}; `deepnode evaluators domains` shows those that there are")
	})
}

/// Fails where the account cannot judge in this epoch, and says what to do about it.
fn ensure_judges(
	account: &AccountId,
	domain: &DomainInfo,
	info: &EvaluatorInfo,
	epoch: &EpochInfo,
	limits: &EvaluatorLimits,
) -> Result<()> {
	let name = &domain.name;
	if info.stake == 0 {
		bail!("{account} is no evaluator of {name}; it becomes one with `deepnode evaluators join --domain {name} --stake AMOUNT`");
	}
	ensure!(
		info.stake >= limits.min_stake,
		"a stake of {} is too low to judge: add {} with `deepnode evaluators join`",
		Amount(info.stake),
		Amount(limits.min_stake - info.stake)
	);
	ensure!(
		info.since < epoch.index,
		"{account} joined in epoch {}, and judges from the next on: wait until block {} or later",
		info.since,
		epoch.ends_at
	);
	Ok(())
}

/// What the key's account has sealed.
fn secrets(client: &Client, key: &Keypair, keeping: &Keeping) -> Result<Secrets> {
	Secrets::open(keeping.secrets.as_deref(), client.genesis_hash(), &key.account())
}

async fn join(context: &Context, domain: &str, stake: Amount) -> Result<()> {
	let key = context.key()?;
	let client = context.client().await?;
	let domain = known(&client, domain, None).await?;
	let before = client.evaluator(domain.id, &key.account(), None).await?.stake;
	let least = client.evaluator_limits(None).await?.min_stake;
	if before.saturating_add(stake.0) < least {
		bail!("a stake of {stake} is too low: an evaluator needs at least {}", Amount(least.saturating_sub(before)));
	}
	let transaction = client.join_domain(&key, None, domain.id, stake.0).await?;
	let epoch = client.score_epoch(Some(transaction.block.hash)).await?;
	let told = match before {
		0 => format!(
			"{} is an evaluator of {} with a stake of {stake}, and judges from epoch {} on, which begins in block {} or later",
			key.account(),
			domain.name,
			epoch.index + 1,
			epoch.ends_at
		),
		before => format!("the stake in {} is {}", domain.name, Amount(before.saturating_add(stake.0))),
	};
	context.done(&transaction, told)
}

async fn withdraw(context: &Context, domain: &str) -> Result<()> {
	let key = context.key()?;
	let client = context.client().await?;
	let best = client.best_block().await?;
	let domain = known(&client, domain, Some(best.hash)).await?;
	let info = client.evaluator(domain.id, &key.account(), Some(best.hash)).await?;
	let leaving = info.leaving.with_context(|| {
		format!(
			"{} has not left {1}; leave with `deepnode evaluators leave --domain {1}` first",
			key.account(),
			domain.name
		)
	})?;
	let block = leaving.withdrawable_at;
	ensure!(
		block <= best.number,
		"the stake can be withdrawn from block {block} on, and this is block {}: wait for it",
		best.number
	);
	let transaction = client.withdraw_from_domain(&key, None, domain.id).await?;
	context.done(&transaction, format!("{} has {} back", key.account(), Amount(leaving.stake)))
}

#[derive(Serialize)]
struct Domains {
	epoch: u32,
	block: u32,
	/// The first block in which weights are revealed and no longer committed.
	reveal_from: u32,
	/// The earliest block in which the epoch ends.
	ends_at: u32,
	pot: Amount,
	domains: Vec<Domain>,
}

#[derive(Serialize)]
struct Domain {
	id: DomainId,
	name: String,
	share: Share,
	metric: String,
	row: u32,
	evaluators: usize,
	stake: Amount,
}

async fn domains(context: &Context) -> Result<()> {
	let client = context.client().await?;
	let best = client.best_block().await?;
	let at = Some(best.hash);
	let epoch = client.score_epoch(at).await?;
	let mut shown = Domains {
		epoch: epoch.index,
		block: best.number,
		reveal_from: epoch.reveal_from,
		ends_at: epoch.ends_at,
		pot: Amount(epoch.pot),
		domains: Vec::new(),
	};
	for domain in client.domains(at).await? {
		let seats = client.evaluators(domain.id, at).await?;
		shown.domains.push(Domain {
			id: domain.id,
			name: domain.name,
			share: Share(domain.share),
			metric: metric(domain.metric),
			row: domain.row,
			evaluators: seats.len(),
			stake: Amount(seats.iter().map(|seat| seat.stake).sum()),
		});
	}
	context.output.show(&shown, |shown| {
		let row = |domain: &Domain| {
			vec![
				domain.id.to_string(),
				domain.name.clone(),
				domain.share.to_string(),
				format!("{} of {}", domain.metric, domain.row),
				domain.evaluators.to_string(),
				domain.stake.to_string(),
			]
		};
		let header = [">ID", "DOMAIN", ">EMISSION", "METRIC", ">EVALUATORS", ">STAKE"];
		let epoch = format!(
			"epoch {} at block {}: weights are committed until block {}, and revealed until block {} or later",
			shown.epoch, shown.block, shown.reveal_from, shown.ends_at
		);
		format!("{}\n\n{epoch}\nthe emission's pot has {}", table(&header, shown.domains.iter().map(row)), shown.pot)
	})
}

fn metric(metric: Metric) -> String {
	match metric {
		Metric::Class => "class".into(),
		Metric::TopK(k) => format!("top{k}"),
		Metric::L1 => "l1".into(),
		Metric::Cosine => "cosine".into(),
	}
}

#[derive(Serialize)]
struct Score {
	model: ModelId,
	domain: DomainId,
	score: Share,
	accuracy: Share,
	relevance: Share,
	utilisation: Share,
}

async fn scores(context: &Context, domain: Option<String>) -> Result<()> {
	let client = context.client().await?;
	let at = Some(client.best_block().await?.hash);
	let domain = match domain {
		Some(domain) => Some(known(&client, &domain, at).await?.id),
		None => None,
	};
	let scores = client.scores(at).await?.into_iter();
	let scores = scores.filter(|(_, score)| domain.is_none_or(|domain| score.domain == domain));
	let mut scores: Vec<_> = scores
		.map(|(model, score)| Score {
			model,
			domain: score.domain,
			score: Share(score.score),
			accuracy: Share(score.accuracy),
			relevance: Share(score.relevance),
			utilisation: Share(score.utilisation),
		})
		.collect();
	scores.sort_by(|a, b| (a.domain, b.score).cmp(&(b.domain, a.score)));
	context.output.show(&scores, |scores| {
		let row = |score: &Score| {
			let shares = [score.score, score.accuracy, score.relevance, score.utilisation];
			let shares = shares.iter().map(|share| format!("{share:.2}"));
			[score.model.to_string(), score.domain.to_string()].into_iter().chain(shares).collect()
		};
		let header = [">MODEL", ">DOMAIN", ">SCORE", ">ACCURACY", ">RELEVANCE", ">UTILISATION"];
		table(&header, scores.iter().map(row))
	})
}

#[derive(Serialize)]
struct Seat {
	account: String,
	stake: Amount,
	since: u32,
}

async fn list(context: &Context, domain: &str) -> Result<()> {
	let client = context.client().await?;
	let at = Some(client.best_block().await?.hash);
	let domain = known(&client, domain, at).await?;
	let seats = client.evaluators(domain.id, at).await?.into_iter();
	let mut seats: Vec<_> = seats
		.map(|seat| Seat { account: seat.account.to_string(), stake: Amount(seat.stake), since: seat.since })
		.collect();
	seats.sort_by(|a, b| b.stake.cmp(&a.stake).then_with(|| a.account.cmp(&b.account)));
	context.output.show(&seats, |seats| {
		let row = |seat: &Seat| vec![seat.account.clone(), seat.stake.to_string(), seat.since.to_string()];
		table(&["EVALUATOR", ">STAKE", ">SINCE EPOCH"], seats.iter().map(row))
	})
}

#[derive(Serialize)]
struct Status {
	account: String,
	domain: String,
	stake: Amount,
	since: u32,
	/// Whether it can judge in the running epoch.
	judges: bool,
	epoch: u32,
	block: u32,
	reveal_from: u32,
	ends_at: u32,
	committed: bool,
	revealed: bool,
	budget: Amount,
	#[serde(skip_serializing_if = "Option::is_none")]
	evaluation: Option<Evaluation>,
	#[serde(skip_serializing_if = "Option::is_none")]
	leaving: Option<Leaving>,
}

#[derive(Serialize)]
struct Evaluation {
	opened_at: u32,
	/// The last block in which its tasks can be unsealed.
	closes_at: u32,
	#[serde(skip_serializing_if = "Option::is_none")]
	drawn_at: Option<u32>,
	models: Vec<Drawn>,
	#[serde(skip_serializing_if = "Option::is_none")]
	data_set: Option<DataSetId>,
}

#[derive(Serialize)]
struct Drawn {
	model: ModelId,
	judged: bool,
}

#[derive(Serialize)]
struct Leaving {
	stake: Amount,
	withdrawable_at: u32,
}

impl Status {
	fn new(
		account: &AccountId,
		domain: &DomainInfo,
		epoch: &EpochInfo,
		info: EvaluatorInfo,
		limits: &EvaluatorLimits,
		block: u32,
	) -> Self {
		let judges = ensure_judges(account, domain, &info, epoch, limits).is_ok();
		Self {
			account: account.to_string(),
			domain: domain.name.clone(),
			stake: Amount(info.stake),
			since: info.since,
			judges,
			epoch: epoch.index,
			block,
			reveal_from: epoch.reveal_from,
			ends_at: epoch.ends_at,
			committed: info.committed,
			revealed: info.revealed,
			budget: Amount(info.budget),
			evaluation: info.evaluation.map(|evaluation| Evaluation {
				opened_at: evaluation.opened_at,
				closes_at: evaluation.opened_at.saturating_add(limits.evaluation_window),
				drawn_at: evaluation.drawn_at,
				models: evaluation.models.into_iter().map(|(model, judged)| Drawn { model, judged }).collect(),
				data_set: evaluation.data_set,
			}),
			leaving: info
				.leaving
				.map(|leaving| Leaving { stake: Amount(leaving.stake), withdrawable_at: leaving.withdrawable_at }),
		}
	}

	/// What is to be done with weights now.
	fn weights(&self) -> String {
		let Self { reveal_from, ends_at, block, .. } = self;
		match (self.committed, self.revealed, block < reveal_from) {
			(_, true, _) => "committed and revealed".into(),
			(true, false, true) => format!("committed; reveal them from block {reveal_from} to {ends_at}"),
			(true, false, false) => format!("committed; reveal them before block {ends_at}"),
			(false, _, true) => format!("not committed; that can be done until block {reveal_from}"),
			(false, _, false) => "not committed in this epoch".into(),
		}
	}
}

fn text(status: &Status) -> String {
	let judges = if status.judges { "judges" } else { "does not judge yet" };
	let mut lines = vec![
		("evaluator", status.account.clone()),
		("domain", status.domain.clone()),
		("stake", format!("{}, since epoch {}; {judges}", status.stake, status.since)),
		("epoch", format!("{} at block {}, until block {} or later", status.epoch, status.block, status.ends_at)),
		("weights", status.weights()),
		("budget", format!("{} for evaluations in this epoch", status.budget)),
	];
	if let Some(evaluation) = &status.evaluation {
		let model = |drawn: &Drawn| format!("\nmodel {}{}", drawn.model, if drawn.judged { ", judged" } else { "" });
		let models = match evaluation.drawn_at {
			Some(_) => evaluation.models.iter().map(model).collect(),
			None => "\nits models are not drawn yet".to_owned(),
		};
		lines.push(("evaluation", format!("can be unsealed until block {}{models}", evaluation.closes_at)));
	}
	if let Some(leaving) = &status.leaving {
		lines.push(("leaves", format!("{} can be withdrawn from block {} on", leaving.stake, leaving.withdrawable_at)));
	}
	fields(&lines)
}

#[cfg(test)]
pub(super) mod tests {
	use deepnode_client::EvaluationInfo;
	use deepnode_primitives::DN;

	use super::*;

	pub const LIMITS: EvaluatorLimits = EvaluatorLimits {
		min_stake: 1_000 * DN,
		evaluation_window: 7_200,
		epoch_length: 28_800,
		unbonding_period: 201_600,
	};

	pub fn domain() -> DomainInfo {
		DomainInfo { id: 0, name: "vision/digits".into(), share: 500_000_000, metric: Metric::Class, row: 10 }
	}

	pub fn account() -> AccountId {
		AccountId::new([1; 32])
	}

	fn epoch() -> EpochInfo {
		EpochInfo { index: 1, started_at: 28_800, reveal_from: 55_200, ends_at: 57_600, pot: 0 }
	}

	fn info() -> EvaluatorInfo {
		EvaluatorInfo {
			stake: 1_000 * DN,
			since: 0,
			committed: true,
			revealed: false,
			budget: DN,
			evaluation: Some(EvaluationInfo {
				item: [0; 32],
				opened_at: 30_000,
				drawn_at: Some(30_002),
				models: vec![(4, true), (5, false)],
				data_set: None,
			}),
			leaving: None,
		}
	}

	#[test]
	fn who_cannot_judge_is_told_why_and_what_to_do() {
		let judges = |change: fn(&mut EvaluatorInfo)| {
			let mut info = info();
			change(&mut info);
			ensure_judges(&account(), &domain(), &info, &epoch(), &LIMITS).map_err(|error| error.to_string())
		};
		assert_eq!(judges(|_| {}), Ok(()));
		for (change, said) in [
			((|info| info.stake = 0) as fn(&mut EvaluatorInfo), "join --domain vision/digits"),
			(|info| info.stake = 999 * DN, "add 1 DN"),
			(|info| info.since = 1, "wait until block 57600"),
		] {
			let error = judges(change).unwrap_err();
			assert!(error.contains(said), "{error}");
		}
	}

	#[test]
	fn a_status_says_what_is_due_and_until_when() {
		let at = |block| text(&Status::new(&account(), &domain(), &epoch(), info(), &LIMITS, block));
		assert!(at(40_000).contains("reveal them from block 55200 to 57600"), "{}", at(40_000));
		assert!(at(56_000).contains("reveal them before block 57600"), "{}", at(56_000));
		for words in
			["since epoch 0; judges", "1 DN for evaluations", "until block 37200\n", "model 4, judged", "model 5"]
		{
			assert!(at(40_000).contains(words), "{}", at(40_000));
		}
		let json = serde_json::to_value(Status::new(&account(), &domain(), &epoch(), info(), &LIMITS, 1)).unwrap();
		assert_eq!(json["evaluation"]["models"][1], serde_json::json!({ "model": 5, "judged": false }));
		assert!(json.get("leaving").is_none());
	}
}
