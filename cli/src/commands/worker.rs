//! Workers.

use anyhow::{bail, Context as _, Result};
use deepnode_client::{AccountId, Client, Keypair, TxInBlock, WorkerInfo};
use deepnode_primitives::{ModelId, TaskId};
use futures::future::try_join_all;
use serde::Serialize;

use crate::{
	amount::{Amount, Share},
	cli::Worker,
	context::Context,
	output::{fields, table},
};

#[derive(Serialize)]
struct Status {
	account: String,
	owner: String,
	stake: Amount,
	/// How much of the stake answers for tasks.
	liable: Amount,
	/// How much of it can answer for more.
	free: Amount,
	fidelity: Share,
	capacity: u16,
	active: u16,
	/// Whether it has said that it answers encrypted inputs.
	private: bool,
	models: Vec<ModelId>,
	tasks: Vec<TaskId>,
	#[serde(skip_serializing_if = "Option::is_none")]
	withdrawable_at: Option<u32>,
}

impl Status {
	fn new(account: &AccountId, worker: WorkerInfo, tasks: Vec<TaskId>) -> Self {
		Self {
			account: account.to_string(),
			owner: worker.owner.to_string(),
			stake: Amount(worker.stake),
			liable: Amount(worker.liable),
			// Slashes can leave less stake than answers for tasks.
			free: Amount(worker.stake.saturating_sub(worker.liable)),
			fidelity: Share(worker.fidelity),
			capacity: worker.capacity,
			active: worker.active,
			private: worker.private,
			models: worker.models,
			tasks,
			withdrawable_at: worker.leaving,
		}
	}

	fn models(&self) -> String {
		join(&self.models)
	}
}

fn join<T: ToString>(items: &[T]) -> String {
	if items.is_empty() {
		return "none".into();
	}
	items.iter().map(T::to_string).collect::<Vec<_>>().join(", ")
}

/// Runs a command about workers.
pub async fn run(context: &Context, command: Worker) -> Result<()> {
	match command {
		Worker::Join { stake, capacity, owner, no_private } => {
			let key = context.key()?;
			let client = context.client().await?;
			let least = client.limits(None).await?.min_stake;
			if stake.0 < least {
				bail!("a stake of {stake} is too low: a worker needs at least {}", Amount(least));
			}
			let transaction = client.join(&key, None, stake.0, capacity, owner.as_ref(), !no_private).await?;
			let next = match no_private {
				false => "serve models with `deepnode worker serve MODEL`",
				true => "serve models with `deepnode worker serve MODEL`, but none that is asked with encrypted inputs",
			};
			context.done(&transaction, format!("{} is a worker with a stake of {stake}; {next}", key.account()))
		},
		Worker::AddStake { amount } => {
			let key = context.key()?;
			let transaction = context.client().await?.add_stake(&key, None, amount.0).await?;
			context.done(&transaction, format!("added {amount} to the stake"))
		},
		Worker::Serve { models } => {
			let (client, key) = (context.client().await?, context.key()?);
			let transaction = for_each(&client, &key, &models, |nonce, model| client.serve(&key, nonce, model)).await?;
			context.done(&transaction, format!("serves {}", named(&models)))
		},
		Worker::Stop { models } => {
			let (client, key) = (context.client().await?, context.key()?);
			let stop = |nonce, model| client.stop_serving(&key, nonce, model);
			let transaction = for_each(&client, &key, &models, stop).await?;
			context.done(&transaction, format!("serves {} no more", named(&models)))
		},
		Worker::Leave => {
			let key = context.key()?;
			let client = context.client().await?;
			let transaction = client.leave(&key, None).await?;
			let from = client.worker(&key.account(), None).await?.and_then(|worker| worker.leaving);
			let from = from.map(|block| format!(" from block {block} on")).unwrap_or_default();
			context.done(
				&transaction,
				format!("takes no more tasks; `deepnode worker withdraw` gets the stake back{from}"),
			)
		},
		Worker::Withdraw => {
			let key = context.key()?;
			let client = context.client().await?;
			let best = client.best_block().await?;
			let worker = client.worker(&key.account(), Some(best.hash)).await?;
			if let Some(block) = worker.as_ref().and_then(|worker| worker.leaving).filter(|block| *block > best.number)
			{
				bail!("the stake can be withdrawn from block {block} on, and this is block {}", best.number);
			}
			if let Some(liable) = worker.map(|worker| worker.liable).filter(|liable| *liable > 0) {
				bail!("{} of the stake still answers for tasks: wait until the chain forgets them", Amount(liable));
			}
			let transaction = client.withdraw(&key, None).await?;
			context.done(&transaction, format!("{} has its stake back", key.account()))
		},
		Worker::Status { account } => {
			let account = context.account_or_own(account)?;
			let client = context.client().await?;
			let at = Some(client.best_block().await?.hash);
			let worker =
				client.worker(&account, at).await?.with_context(|| {
					format!("{account} is no worker; it becomes one with `deepnode worker join --stake AMOUNT --capacity N`")
				})?;
			let tasks = client.assignments(&account, at).await?;
			context.output.show(&Status::new(&account, worker, tasks), text)
		},
		Worker::List => {
			let workers = context.client().await?.workers(None).await?;
			let mut workers: Vec<_> =
				workers.into_iter().map(|(account, worker)| Status::new(&account, worker, Vec::new())).collect();
			workers.sort_by(|a, b| b.stake.cmp(&a.stake).then_with(|| a.account.cmp(&b.account)));
			context.output.show(&workers, |workers| {
				let row = |worker: &Status| {
					let Status { account, stake, free, fidelity, active, capacity, .. } = worker;
					let (stake, free, busy) = (stake.to_string(), free.to_string(), format!("{active}/{capacity}"));
					vec![account.clone(), stake, free, format!("{fidelity:.1}"), busy, worker.models()]
				};
				table(&["WORKER", ">STAKE", ">FREE", ">FIDELITY", ">BUSY", "MODELS"], workers.iter().map(row))
			})
		},
	}
}

/// Makes the same call for each model, all on their way at once, and returns the last.
async fn for_each<F>(
	client: &Client,
	key: &Keypair,
	models: &[ModelId],
	call: impl Fn(Option<u64>, ModelId) -> F,
) -> Result<TxInBlock>
where
	F: std::future::Future<Output = deepnode_client::Result<TxInBlock>>,
{
	let first = client.next_nonce(&key.account()).await?;
	let calls = models.iter().zip(first..).map(|(model, nonce)| {
		let call = call(Some(nonce), *model);
		async move { call.await.with_context(|| format!("model {model}")) }
	});
	try_join_all(calls).await?.pop().context("no models given")
}

fn named(models: &[ModelId]) -> String {
	format!("model{} {}", if models.len() == 1 { "" } else { "s" }, join(models))
}

fn text(status: &Status) -> String {
	let mut lines = vec![
		("worker", status.account.clone()),
		("owner", status.owner.clone()),
		("stake", format!("{}, of which {} answer for tasks", status.stake, status.liable)),
		("free stake", status.free.to_string()),
		("fidelity", format!("{:.1}", status.fidelity)),
		("busy", format!("{} of {} tasks", status.active, status.capacity)),
		("encrypted inputs", if status.private { "answered" } else { "not answered (--no-private)" }.into()),
		("models", status.models()),
		("tasks", join(&status.tasks)),
	];
	if let Some(block) = status.withdrawable_at {
		lines.push(("leaves", format!("its stake can be withdrawn from block {block} on")));
	}
	fields(&lines)
}

#[cfg(test)]
mod tests {
	use deepnode_primitives::DN;

	use super::*;

	fn worker() -> WorkerInfo {
		WorkerInfo {
			owner: AccountId::new([1; 32]),
			stake: 1000 * DN,
			liable: 10 * DN,
			capacity: 4,
			private: true,
			active: 1,
			fidelity: 524_999_999,
			models: vec![0],
			leaving: None,
		}
	}

	#[test]
	fn a_workers_stake_is_shown_with_what_of_it_is_free() {
		let status = Status::new(&AccountId::new([2; 32]), worker(), vec![7]);
		let json = serde_json::to_value(&status).unwrap();
		assert_eq!(json["liable"], (10 * DN).to_string());
		assert_eq!(json["free"], (990 * DN).to_string());
		assert_eq!(json["fidelity"], "52.4999999%");
		let text = text(&status);
		for words in ["1000 DN, of which 10 DN answer for tasks", "990 DN", "52.4%"] {
			assert!(text.contains(words), "{text}");
		}
	}

	#[test]
	fn a_status_says_whether_the_worker_answers_encrypted_inputs() {
		for (private, words) in [(true, "encrypted inputs  answered"), (false, "not answered (--no-private)")] {
			let status = Status::new(&AccountId::new([2; 32]), WorkerInfo { private, ..worker() }, vec![]);
			assert_eq!(serde_json::to_value(&status).unwrap()["private"], private);
			assert!(text(&status).contains(words), "{}", text(&status));
		}
	}

	#[test]
	fn no_stake_is_free_where_slashes_have_left_less_than_answers_for_tasks() {
		let worker = WorkerInfo { stake: 5 * DN, ..worker() };
		assert_eq!(Status::new(&AccountId::new([2; 32]), worker, vec![]).free, Amount(0));
	}
}
