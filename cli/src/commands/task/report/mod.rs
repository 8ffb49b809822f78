//! What has become of a task.

mod ending;
pub mod long;
mod npy;
mod text;

#[cfg(feature = "fhe")]
pub use long as content;
pub use npy::write_npy;
pub use text::{summary, text};

use std::collections::{btree_map::Entry, BTreeMap};

use anyhow::Result;
use deepnode_client::{AccountId, Client, Event, ModelSpec, TaskInfo, TaskStatus};
use deepnode_primitives::{content::Payload, Balance, ModelId, TaskId};
use serde::Serialize;

use self::ending::Ending;
use crate::{amount::Amount, answer::Decoded, output::hex, standing};

/// What has become of a task.
#[derive(Serialize)]
pub struct Report {
	pub task: TaskId,
	model: ModelId,
	pub status: &'static str,
	/// The status in words.
	#[serde(skip)]
	standing: String,
	requester: String,
	items: u32,
	assurance: &'static str,
	fee: Amount,
	audit_fee: Amount,
	deposit: Amount,
	submitted_at: u32,
	deadline: u32,
	#[serde(skip_serializing_if = "Option::is_none")]
	ended_at: Option<u32>,
	#[serde(skip_serializing_if = "Option::is_none")]
	refund_reason: Option<String>,
	/// How many times workers have been asked so far, while the task has not ended.
	#[serde(skip_serializing_if = "Option::is_none")]
	waves: Option<usize>,
	/// Who serves it now or, once it is settled, whose answers agree with the settled one.
	workers: Vec<String>,
	/// Whom the majority outvoted, and what that cost them.
	losers: Vec<Loser>,
	#[serde(skip_serializing_if = "Option::is_none")]
	audit: Option<Audit>,
	#[serde(skip_serializing_if = "Option::is_none")]
	digest: Option<String>,
	#[serde(skip_serializing_if = "Option::is_none")]
	pub answer: Option<Decoded>,
	/// Where the answer is, where the chain does not carry it.
	#[serde(skip_serializing_if = "Vec::is_empty")]
	answer_at: Vec<String>,
	/// Why it is not shown.
	#[serde(skip_serializing_if = "Option::is_none")]
	answer_error: Option<String>,
	/// What was paid and lost in the block in which the task ended, as long as the node has it.
	#[serde(flatten)]
	ending: Option<Ending>,
}

/// A worker that was outvoted.
#[derive(Serialize)]
struct Loser {
	account: String,
	slashed: Amount,
}

/// Where a task's audit stands.
#[derive(Serialize)]
struct Audit {
	phase: &'static str,
	meaning: &'static str,
	auditors: Vec<String>,
}

impl Report {
	/// Everything that is known of a task. `models` are those that have been asked for before. With `fetch`
	/// an answer that the chain does not carry is fetched from the hosts that it names.
	pub async fn new(
		client: &Client,
		task: TaskInfo,
		models: &mut BTreeMap<ModelId, Option<ModelSpec>>,
		fetch: bool,
	) -> Result<Self> {
		let mut report = Self::of(&task);
		if let Some(at) = report.ended_at {
			report.ending = events(client, task.id, at).await?.map(Ending::of);
		}
		if matches!(task.status, TaskStatus::Settled { .. }) {
			report.find_answer(client, models, fetch).await?;
		}
		Ok(report)
	}

	/// What the task's own entry says.
	fn of(task: &TaskInfo) -> Self {
		let (ended_at, digest, reason) = match &task.status {
			TaskStatus::Submitted | TaskStatus::Assigned | TaskStatus::Committed | TaskStatus::Disputed => {
				(None, None, None)
			},
			TaskStatus::Settled { at, digest } => (Some(*at), Some(hex(digest)), None),
			TaskStatus::Refunded { at, reason } => (Some(*at), None, Some(standing::refund(reason))),
			TaskStatus::Overturned { at } => (Some(*at), None, None),
		};
		let loser = |(account, slashed): &(AccountId, Balance)| Loser {
			account: account.to_string(),
			slashed: Amount(*slashed),
		};
		Self {
			task: task.id,
			model: task.model,
			status: task.status.name(),
			standing: standing::describe(task, None),
			requester: task.requester.to_string(),
			items: task.items,
			assurance: standing::assurance(task.assurance),
			fee: Amount(task.fee),
			audit_fee: Amount(task.audit_fee),
			deposit: Amount(task.deposit),
			submitted_at: task.submitted_at,
			deadline: task.deadline,
			ended_at,
			refund_reason: reason,
			waves: ended_at.is_none().then(|| standing::waves(task.assurance, task.workers.len())),
			workers: task.workers.iter().map(ToString::to_string).collect(),
			losers: task.losers.iter().map(loser).collect(),
			audit: standing::phase(task.audit).map(|phase| Audit {
				phase,
				meaning: standing::audit(task.audit, task.auditors.len()),
				auditors: task.auditors.iter().map(ToString::to_string).collect(),
			}),
			digest,
			answer: None,
			answer_at: Vec::new(),
			answer_error: None,
			ending: None,
		}
	}

	/// Why an answer that there is is not known here, to be put after what that prevents.
	pub fn answer_error(&self) -> String {
		self.answer_error.as_ref().map(|why| format!(": {why}")).unwrap_or_default()
	}

	/// Reads the answer of a settled task from where it is.
	async fn find_answer(
		&mut self,
		client: &Client,
		models: &mut BTreeMap<ModelId, Option<ModelSpec>>,
		fetch: bool,
	) -> Result<()> {
		if let Entry::Vacant(entry) = models.entry(self.model) {
			entry.insert(client.model(self.model, None).await?.map(|model| model.spec));
		}
		// A retired model's entry can be gone before its answers are.
		let model = models.get(&self.model).and_then(Option::as_ref);
		match client.task_output(self.task, None).await? {
			Some(Payload::Inline(bytes)) => {
				self.answer = model.map(|model| Decoded::read(&bytes, model)).transpose()?;
			},
			Some(Payload::Reference(content)) => {
				match long::read(&content, fetch).await {
					Ok(bytes) => self.answer = model.map(|model| Decoded::read(&bytes, model)).transpose()?,
					Err(error) => self.answer_error = Some(error.to_string()),
				}
				self.answer_at = content.uris_utf8().into_iter().map(str::to_owned).collect();
			},
			None => {},
		}
		Ok(())
	}
}

/// What happened to a task in a block; `None` where the node no longer has its events.
async fn events(client: &Client, task: TaskId, at: u32) -> Result<Option<Vec<Event>>> {
	match client.task_events(task, at, Some(at)).await {
		Ok(events) => Ok(Some(events.into_iter().map(|(_, event)| event).collect())),
		Err(deepnode_client::Error::UnknownBlock(_)) => Ok(None),
		Err(error) => Err(error.into()),
	}
}

#[cfg(test)]
mod tests {
	use deepnode_client::{AuditPhase, Offence, RefundReason};
	use deepnode_primitives::fees::FeeTable;

	use super::*;
	use crate::standing::tests::task;

	fn account(number: u8) -> AccountId {
		AccountId::new([number; 32])
	}

	/// A task that three answered, of whom the third was outvoted.
	fn settled() -> TaskInfo {
		TaskInfo {
			losers: vec![(account(2), 50)],
			audit: AuditPhase::Waiting,
			auditors: vec![account(3)],
			..task(TaskStatus::Settled { at: 9, digest: [1; 32] }, 2)
		}
	}

	fn json(report: &Report) -> serde_json::Value {
		serde_json::to_value(report).unwrap()
	}

	#[test]
	fn losers_and_the_audit_are_reported_from_the_tasks_own_entry() {
		let report = Report::of(&settled());
		let json = json(&report);
		assert_eq!(json["losers"], serde_json::json!([{ "account": account(2).to_string(), "slashed": "50" }]));
		assert_eq!((&json["audit"]["phase"], &json["audit_fee"]), (&"waiting".into(), &"125".into()));
		assert_eq!(json["audit"]["auditors"], serde_json::json!([account(3).to_string()]));
		assert!(json.get("waves").is_none(), "it has ended");
		let text = text(&report);
		assert!(text.contains(&format!("{}, which lost 0.00000000000000005 DN", account(2))), "{text}");
		assert!(text.contains("the auditors so far do not confirm the answer"), "{text}");
		assert!(text.contains("ask an archive node"), "{text}");
	}

	#[test]
	fn a_dispute_says_how_often_workers_were_asked() {
		let report = Report::of(&task(TaskStatus::Disputed, 3));
		let json = json(&report);
		assert_eq!((&json["status"], &json["waves"]), (&"disputed".into(), &2.into()));
		assert_eq!(json["workers"].as_array().map(Vec::len), Some(3));
		assert!(json.get("audit").is_none() && json.get("settlement").is_none(), "{json:#}");
		let text = text(&report);
		assert!(text.contains("3 answers without a majority") && text.contains("2 times"), "{text}");
	}

	#[test]
	fn what_a_settlement_paid_and_cost_is_read_from_its_events() {
		let split = FeeTable::default().split(10_000, 3);
		let winners = vec![account(0), account(1)];
		let mut report = Report::of(&settled());
		report.ending = Some(Ending::of(vec![
			Event::WorkerSlashed { worker: account(2), task: 7, amount: 50, offence: Offence::WrongAnswer },
			Event::WorkerCompensated { worker: account(0), task: 7, amount: 20 },
			Event::TaskSettled { task: 7, digest: [1; 32], winners, losers: vec![account(2)], split },
		]));
		let json = json(&report);
		assert_eq!(json["settlement"]["split"]["per_worker"], split.per_worker.to_string());
		assert_eq!(json["slashed"][0]["reason"], "wrong answer");
		assert_eq!(json["compensated"][0]["amount"], "20");
		let text = text(&report);
		assert!(text.contains("(its run)"), "{text}");
		assert!(!text.contains("slashed"), "who was outvoted is told once: {text}");
	}

	#[test]
	fn an_overturned_task_says_who_lost_and_who_has_its_fee_back() {
		let mut report =
			Report::of(&TaskInfo { audit: AuditPhase::Overturned, ..task(TaskStatus::Overturned { at: 40 }, 0) });
		report.ending = Some(Ending::of(vec![
			Event::WorkerSlashed { worker: account(1), task: 7, amount: 300, offence: Offence::FalseAgreement },
			Event::RequesterCompensated { requester: account(9), task: 7, amount: 10_000 },
			Event::AuditorPaid { auditor: account(3), task: 7, amount: 30 },
			Event::TaskOverturned { task: 7, digest: Some([2; 32]), auditors: vec![account(3)], losers: vec![] },
		]));
		let json = json(&report);
		assert_eq!((&json["status"], &json["ended_at"]), (&"overturned".into(), &40.into()));
		assert_eq!(json["auditors_digest"], hex([2; 32]));
		assert_eq!(json["compensated"][0]["amount"], "10000");
		let text = text(&report);
		assert!(text.contains("(false agreement)") && text.contains("(no true answer)"), "{text}");
		assert!(text.contains("auditors have found the settled answer false"), "{text}");
	}

	#[test]
	fn a_refund_says_what_each_worker_lost_for_it() {
		let refunded = TaskStatus::Refunded { at: 8, reason: RefundReason::Disagreed };
		let mut report = Report::of(&task(refunded, 0));
		let slashed = |worker| Event::WorkerSlashed { worker, task: 7, amount: 1, offence: Offence::NoMajority };
		report.ending = Some(Ending::of((0..5).map(|worker| slashed(account(worker))).collect()));
		let json = json(&report);
		assert_eq!(json["slashed"].as_array().map(Vec::len), Some(5));
		assert!(json["refund_reason"].as_str().unwrap().contains("no majority"));
		assert_eq!(text(&report).matches("(no majority)").count(), 5);
	}

	#[test]
	fn several_tasks_are_shown_in_short() {
		let reports = [Report::of(&settled()), Report::of(&task(TaskStatus::Disputed, 2))];
		let shown = summary(&reports);
		assert!(shown.contains("waiting") && shown.contains("waits for 1 more worker"), "{shown}");
	}
}
