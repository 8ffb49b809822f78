//! Reporting accomplices.

use anyhow::{ensure, Context as _, Result};
use deepnode_client::{AccountId, AuditPhase, Event, TaskInfo, TaskStatus, H256};
use deepnode_primitives::{content::sha256, TaskId};
use serde::Serialize;

use super::watch;
use crate::{amount::Amount, cli::Evidence, commands::Receipt, context::Context};

/// A report that was made.
#[derive(Serialize)]
struct Denounced {
	task: TaskId,
	reporter: String,
	bond: Amount,
	evidence: String,
	#[serde(flatten)]
	receipt: Receipt,
}

/// Reports that the answer on which the key's worker and others settled a task is false.
pub async fn run(context: &Context, task: TaskId, evidence: Evidence) -> Result<()> {
	let key = context.key()?;
	let hash = hash(&evidence)?;
	let client = context.client().await?;
	let found = client.task(task, None).await?;
	let found = watch::known(&client, task, found).await?;
	check(&found, &key.account())?;
	let transaction = client.denounce(&key, None, task, hash).await;
	let transaction = transaction.with_context(|| format!("cannot denounce task {task}"))?;
	let bond = transaction.events.iter().find_map(|event| match event {
		Event::TaskDenounced { bond, .. } => Some(Amount(*bond)),
		_ => None,
	});
	let denounced = Denounced {
		task,
		reporter: key.account().to_string(),
		bond: bond.context("the chain took the report without saying its bond")?,
		evidence: format!("{hash:?}"),
		receipt: Receipt::from(&transaction),
	};
	context.output.show(&denounced, text)
}

/// The hash that the chain publishes.
fn hash(evidence: &Evidence) -> Result<H256> {
	match evidence {
		Evidence::Hash(hash) => Ok(*hash),
		Evidence::File(path) => {
			let bytes = std::fs::read(path);
			Ok(sha256(&bytes.with_context(|| format!("cannot read the evidence in {}", path.display()))?).into())
		},
	}
}

/// Says what the chain would refuse before it costs a fee.
fn check(task: &TaskInfo, reporter: &AccountId) -> Result<()> {
	let TaskInfo { id, status, workers, audit, .. } = task;
	ensure!(
		matches!(status, TaskStatus::Settled { .. }),
		"task {id} is {}: only the answer of a settled task can be denounced",
		status.name()
	);
	ensure!(
		workers.len() > 1 && workers.contains(reporter),
		"only one of at least two workers that settled task {id} can denounce it, and {reporter} is none: \
		 sign with the worker's key"
	);
	ensure!(
		matches!(audit, AuditPhase::Lottery | AuditPhase::Spared),
		"task {id} is audited already, or has been: it is too late to denounce it"
	);
	Ok(())
}

fn text(denounced: &Denounced) -> String {
	let Denounced { task, bond, evidence, receipt, .. } = denounced;
	format!(
		"task {task} is denounced with a bond of {bond} (block {})\n\
		 Outsiders run it again now. If they agree on another answer, you are not slashed for it, have the bond \
		 back and get a part of what the others lose. If they come to the same answer, the bond is lost. If they \
		 come to nothing, or there are none, you have it back.\n\
		 The chain has only the evidence's hash, {evidence}: keep what it is of.\n\
		 See how it goes with `deepnode task result {task}`",
		receipt.block
	)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::standing::tests::task;

	const SETTLED: TaskStatus = TaskStatus::Settled { at: 9, digest: [1; 32] };

	fn account(number: u8) -> AccountId {
		AccountId::new([number; 32])
	}

	/// A settled task whose audit stands there.
	fn settled(audit: AuditPhase) -> TaskInfo {
		TaskInfo { audit, ..task(SETTLED, 2) }
	}

	#[test]
	fn an_accomplice_denounces_as_long_as_nobody_knows_of_an_audit() {
		for phase in [AuditPhase::Lottery, AuditPhase::Spared] {
			assert!(check(&settled(phase), &account(1)).is_ok());
		}
		for phase in [AuditPhase::Waiting, AuditPhase::Assigned, AuditPhase::Confirmed, AuditPhase::Lapsed] {
			let error = check(&settled(phase), &account(1)).unwrap_err().to_string();
			assert!(error.contains("too late"), "{error}");
		}
	}

	#[test]
	fn who_did_not_settle_the_task_with_another_is_told_so() {
		let spared = |workers| TaskInfo { audit: AuditPhase::Spared, ..task(SETTLED, workers) };
		for (task, reporter) in [(spared(2), 7), (spared(1), 0)] {
			let error = check(&task, &account(reporter)).unwrap_err().to_string();
			assert!(error.contains("sign with the worker's key"), "{error}");
		}
		let error = check(&task(TaskStatus::Committed, 2), &account(1)).unwrap_err().to_string();
		assert!(error.starts_with("task 7 is committed"), "{error}");
	}

	#[test]
	fn evidence_is_a_files_hash_or_the_hash_itself() {
		let file = tempfile::NamedTempFile::new().unwrap();
		std::fs::write(file.path(), b"letters").unwrap();
		let of_file = hash(&file.path().to_str().unwrap().parse().unwrap()).unwrap();
		assert_eq!(of_file, H256(sha256(b"letters")));
		assert_eq!(hash(&format!("{of_file:?}").parse().unwrap()).unwrap(), of_file);
		let missing = Evidence::File("no/such/file".into());
		assert!(hash(&missing).unwrap_err().to_string().contains("no/such/file"));
	}

	#[test]
	fn a_report_says_its_bond_and_what_comes_next() {
		let receipt = Receipt { block: 12, block_hash: String::new(), extrinsic_hash: String::new() };
		let reporter = account(1).to_string();
		let denounced =
			Denounced { task: 7, reporter, bond: "10DN".parse().unwrap(), evidence: "0x01".into(), receipt };
		let text = text(&denounced);
		for words in ["a bond of 10 DN (block 12)", "the bond is lost", "0x01", "deepnode task result 7"] {
			assert!(text.contains(words), "{text}");
		}
	}
}
