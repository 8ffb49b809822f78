//! Saying aloud what was expected of models.

use anyhow::{Context as _, Result};
use deepnode_client::{seals, Event, Expected, TaskStatus};
use deepnode_primitives::{ModelId, TaskId};
use serde::Serialize;

use super::{asked, known, secrets};
use crate::{
	amount::{Amount, Share},
	cli::Keeping,
	commands::Receipt,
	context::Context,
	output::{count, table},
	progress,
	secrets::Secrets,
};

#[derive(Serialize)]
struct Report {
	unsealed: Vec<Unsealed>,
	/// The tasks that cannot be unsealed now, and why.
	others: Vec<Other>,
}

#[derive(Serialize)]
struct Unsealed {
	task: TaskId,
	model: ModelId,
	accuracy: Share,
	/// What the evaluator has back of the fee.
	reimbursed: Amount,
	#[serde(flatten)]
	receipt: Receipt,
}

#[derive(Serialize)]
struct Other {
	task: TaskId,
	model: ModelId,
	status: String,
}

/// Unseals all tasks of the open evaluation that are settled.
pub async fn run(context: &Context, domain: &str, keeping: &Keeping) -> Result<()> {
	let key = context.key()?;
	let account = key.account();
	let client = context.client().await?;
	let best = client.best_block().await?;
	let at = Some(best.hash);
	let domain = known(&client, domain, at).await?;
	let mut secrets = secrets(&client, &key, keeping)?;
	let open = client.evaluator(domain.id, &account, at).await?.evaluation;
	let open = open.with_context(|| {
		format!(
			"{account} has no open evaluation in {0}; open one with `deepnode evaluators ask --domain {0} ...`",
			domain.name
		)
	})?;
	let sealing = |secrets: &Secrets| {
		let mut items = secrets.kept().items.iter();
		let item = items.find(|item| {
			let sealed = seals::item(&account, &(&item.expected).into(), &item.salt);
			sealed.is_ok_and(|sealed| sealed == open.item)
		});
		item.cloned().with_context(|| {
			format!("what was asked is not in {}; name the folder that has it with --secrets", secrets.path().display())
		})
	};
	let salt = sealing(&secrets)?.salt;
	asked::find(&client, &mut secrets, &account, salt, best.hash).await?;
	let item = sealing(&secrets)?;
	let mut report = Report { unsealed: Vec::new(), others: Vec::new() };
	let bar = progress::counter(&context.output, item.tasks.len(), "unsealing");
	for asked in &item.tasks {
		bar.inc(1);
		let (Some(task), model) = (asked.task, asked.model) else { continue };
		let is_judged = report.unsealed.iter().any(|unsealed| unsealed.model == model);
		if is_judged || open.models.contains(&(model, true)) {
			report.others.push(Other { task, model, status: "judged already".into() });
			continue;
		}
		let status = client.task(task, at).await?.map(|task| task.status);
		if !matches!(status, Some(TaskStatus::Settled { .. })) {
			let status = status.map_or("no longer kept", |status| status.name());
			report.others.push(Other { task, model, status: status.into() });
			continue;
		}
		let expected = Expected::from(&item.expected);
		let transaction = client.unseal(&key, None, domain.id, task, expected, (asked.salt, item.salt)).await;
		let transaction = transaction.with_context(|| {
			format!("cannot unseal task {task} of model {model}; {} before it", count(report.unsealed.len(), "task"))
		})?;
		let scored = transaction.events.iter().find_map(|event| match event {
			Event::TaskUnsealed { accuracy, reimbursed, .. } => Some((Share(*accuracy), Amount(*reimbursed))),
			_ => None,
		});
		let (accuracy, reimbursed) = scored.context("the chain unsealed the task without saying its score")?;
		report.unsealed.push(Unsealed { task, model, accuracy, reimbursed, receipt: Receipt::from(&transaction) });
	}
	bar.finish_and_clear();
	context.output.show(&report, text)
}

fn text(report: &Report) -> String {
	let unsealed = report.unsealed.iter().map(|unsealed| {
		let Unsealed { task, model, accuracy, reimbursed, receipt } = unsealed;
		let told = format!("unsealed (block {})", receipt.block);
		vec![task.to_string(), model.to_string(), told, accuracy.to_string(), reimbursed.to_string()]
	});
	let others = report.others.iter().map(|other| {
		vec![other.task.to_string(), other.model.to_string(), other.status.clone(), String::new(), String::new()]
	});
	table(&[">TASK", ">MODEL", "STATUS", ">ACCURACY", ">REIMBURSED"], unsealed.chain(others))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn what_was_unsealed_and_what_was_not_are_told_apart() {
		let receipt = Receipt { block: 12, block_hash: String::new(), extrinsic_hash: String::new() };
		let unsealed =
			Unsealed { task: 7, model: 1, accuracy: Share(1_000_000_000), reimbursed: "1DN".parse().unwrap(), receipt };
		let other = Other { task: 8, model: 2, status: "committed".into() };
		let report = Report { unsealed: vec![unsealed], others: vec![other] };
		let shown = text(&report);
		for words in ["unsealed (block 12)", "100%", "1 DN", "committed"] {
			assert!(shown.contains(words), "{shown}");
		}
		let json = serde_json::to_value(&report).unwrap();
		assert_eq!(
			(&json["unsealed"][0]["accuracy"], &json["others"][0]["status"]),
			(&"100%".into(), &"committed".into())
		);
	}
}
