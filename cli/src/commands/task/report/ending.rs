//! What a task's end came to, from the events of its block.

use deepnode_client::{AccountId, Event};
use deepnode_primitives::fees::Split;
use serde::Serialize;

use crate::{amount::Amount, output::hex, standing};

/// What a task's end came to for those who took part.
#[derive(Default, Serialize)]
pub struct Ending {
	/// Who answered, and where the fee went, where it was divided among them.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub settlement: Option<Settlement>,
	/// Who lost what.
	pub slashed: Vec<Moved>,
	/// Who got what out of that, and out of the audit fund.
	pub compensated: Vec<Moved>,
	/// The digest of the answer that overturned the settled one.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub auditors_digest: Option<String>,
}

/// DN that somebody lost or got, and what for.
#[derive(Serialize)]
pub struct Moved {
	pub account: String,
	pub amount: Amount,
	pub reason: &'static str,
}

/// Who was paid what.
#[derive(Serialize)]
pub struct Settlement {
	pub workers: Vec<String>,
	pub split: Parts,
}

/// Where a task's fee went.
#[derive(Serialize)]
pub struct Parts {
	pub creator: Amount,
	pub workers: Amount,
	pub per_worker: Amount,
	pub validators: Amount,
	pub treasury: Amount,
	pub community: Amount,
	pub burned: Amount,
}

impl From<Split> for Parts {
	fn from(split: Split) -> Self {
		Self {
			creator: Amount(split.creator),
			workers: Amount(split.workers),
			per_worker: Amount(split.per_worker),
			validators: Amount(split.validators),
			treasury: Amount(split.treasury),
			community: Amount(split.community),
			burned: Amount(split.burned),
		}
	}
}

impl Ending {
	/// What the events of the block in which a task ended say about it.
	pub fn of(events: Vec<Event>) -> Self {
		let mut ending = Self::default();
		for event in events {
			let moved = |account: AccountId, amount, reason| Moved {
				account: account.to_string(),
				amount: Amount(amount),
				reason,
			};
			match event {
				Event::TaskSettled { winners, split, .. } => {
					let workers = winners.iter().map(ToString::to_string).collect();
					ending.settlement = Some(Settlement { workers, split: split.into() });
				},
				Event::TaskOverturned { digest, .. } => ending.auditors_digest = digest.map(hex),
				Event::WorkerSlashed { worker, amount, offence, .. } => {
					ending.slashed.push(moved(worker, amount, standing::offence(offence)));
				},
				Event::WorkerCompensated { worker, amount, .. } => {
					ending.compensated.push(moved(worker, amount, "its run"));
				},
				Event::RequesterCompensated { requester, amount, .. } => {
					ending.compensated.push(moved(requester, amount, "no true answer"));
				},
				Event::AuditorPaid { auditor, amount, .. } => {
					ending.compensated.push(moved(auditor, amount, "its audit"));
				},
				Event::ReporterRewarded { reporter, amount, .. } => {
					ending.compensated.push(moved(reporter, amount, "its report"));
				},
				Event::WorkerRestored { worker, amount, .. } => {
					ending.compensated.push(moved(worker, amount, "outvoted though right"));
				},
				_ => {},
			}
		}
		ending
	}
}
