//! Between the runtime's types and this crate's.

use deepnode_primitives::{
	content::{Digest, Uris},
	entry::{MAX_DOMAIN_LEN as MAX_DOMAIN, MAX_FILES, MAX_NAME_LEN as MAX_NAME},
	tensor::{TensorSpec, TensorSpecs},
	Balance, ModelId, TaskId,
};
use subxt::utils::Static;

use crate::{
	error::{Error, Result},
	events::Event,
	runtime::{
		self,
		runtime_types::{
			bounded_collections::bounded_vec::BoundedVec,
			frame_support::traits::tokens::misc::IdAmount,
			pallet_attestation::types as attestation,
			pallet_base_bridge::pallet::HoldReason as BridgeHold,
			pallet_fee_split::types as fee_split,
			pallet_model_registry::types as registry,
			pallet_task_assignment::{pallet::HoldReason as TaskHold, types as tasks},
		},
	},
	types::*,
	AccountId,
};

pub(crate) mod bridge;
pub(crate) mod data_sets;
pub(crate) mod evaluators;

pub(crate) fn account(id: subxt::utils::AccountId32) -> AccountId {
	AccountId::new(id.0)
}

pub(crate) fn to_account(id: &AccountId) -> subxt::utils::AccountId32 {
	subxt::utils::AccountId32(*AsRef::<[u8; 32]>::as_ref(id))
}

fn accounts(ids: Vec<subxt::utils::AccountId32>) -> Vec<AccountId> {
	ids.into_iter().map(account).collect()
}

pub(crate) fn worker(worker: tasks::worker::Worker<subxt::utils::AccountId32, u32>) -> WorkerInfo {
	WorkerInfo {
		owner: account(worker.owner),
		stake: worker.stake,
		liable: worker.liable,
		capacity: worker.capacity,
		private: worker.private,
		active: worker.active,
		fidelity: worker.fidelity.0,
		models: worker.models.0.into_iter().map(|(model, _)| model).collect(),
		leaving: worker.leaving,
	}
}

pub(crate) fn task(id: TaskId, task: tasks::task::Task<subxt::utils::AccountId32, u32>) -> TaskInfo {
	TaskInfo {
		id,
		requester: account(task.requester),
		model: task.model,
		items: task.items,
		assurance: task.assurance.0,
		fee: task.fee,
		audit_fee: task.audit_fee,
		bound: task.bound,
		deposit: task.deposit,
		deadline: task.deadline,
		seal: task.seal,
		submitted_at: task.submitted_at,
		status: status(task.status),
		workers: accounts(task.workers.0),
		losers: task.losers.0.into_iter().map(|(who, amount)| (account(who), amount)).collect(),
		audit: audit_phase(task.audit.phase),
		auditors: accounts(task.audit.auditors.0),
	}
}

fn audit_phase(phase: tasks::audit::AuditPhase) -> AuditPhase {
	use tasks::audit::AuditPhase as P;
	match phase {
		P::None => AuditPhase::None,
		P::Lottery => AuditPhase::Lottery,
		P::Chosen => AuditPhase::Chosen,
		P::Spared => AuditPhase::Spared,
		P::Waiting => AuditPhase::Waiting,
		P::Assigned => AuditPhase::Assigned,
		P::Committed => AuditPhase::Committed,
		P::Confirmed => AuditPhase::Confirmed,
		P::Undecided => AuditPhase::Undecided,
		P::Lapsed => AuditPhase::Lapsed,
		P::Overturned => AuditPhase::Overturned,
	}
}

fn status(status: tasks::task::TaskStatus<u32>) -> TaskStatus {
	use tasks::task::TaskStatus as S;
	match status {
		S::Submitted => TaskStatus::Submitted,
		S::Assigned => TaskStatus::Assigned,
		S::Committed => TaskStatus::Committed,
		S::Disputed => TaskStatus::Disputed,
		S::Settled { at, digest } => TaskStatus::Settled { at, digest },
		S::Refunded { at, reason } => TaskStatus::Refunded { at, reason: refund_reason(reason) },
		S::Overturned { at } => TaskStatus::Overturned { at },
	}
}

fn refund_reason(reason: tasks::task::RefundReason) -> RefundReason {
	use tasks::task::RefundReason as R;
	match reason {
		R::Expired => RefundReason::Expired,
		R::Disagreed => RefundReason::Disagreed,
		R::Failed(code) => RefundReason::Failed(code.0),
		R::Abandoned => RefundReason::Abandoned,
	}
}

fn offence(offence: tasks::worker::Offence) -> Offence {
	use tasks::worker::Offence as O;
	match offence {
		O::MissedCommit => Offence::MissedCommit,
		O::MissedReveal => Offence::MissedReveal,
		O::WrongAnswer => Offence::WrongAnswer,
		O::NoMajority => Offence::NoMajority,
		O::FalseAgreement => Offence::FalseAgreement,
	}
}

type Round = attestation::Round<subxt::utils::AccountId32>;

type Seat = attestation::Seat<subxt::utils::AccountId32>;

/// Everybody's seat, the workers' first. Those of earlier waves have all committed and revealed.
fn seats(round: &Round) -> impl Iterator<Item = &Seat> {
	round.seats.0.iter().chain(&round.auditors.0)
}

pub(crate) fn seat(round: Round, worker: &AccountId) -> Option<SeatInfo> {
	let may_reveal = !round.sealed && seats(&round).all(|seat| seat.commitment.is_some());
	let at = seats(&round).position(|seat| seat.worker == to_account(worker))?;
	let Seat { commitment, revealed, .. } = seats(&round).nth(at)?;
	let due = |digest: &Digest| {
		let challenge = round.challenge.as_ref().filter(|challenge| challenge.awaited.0.contains(digest))?;
		let turn = seats(&round).take(at).filter(|seat| seat.revealed == Some(*digest)).count() as u32;
		Some(DueOpening { seed: challenge.seed?, turn })
	};
	let opening = revealed.as_ref().and_then(due);
	Some(SeatInfo { commitment: *commitment, may_reveal, revealed: *revealed, opening })
}

/// The comparison of long answers that is going on, once chance has chosen their chunks.
pub(crate) fn challenge(round: Round) -> Option<ChallengeInfo> {
	let challenge = round.challenge?;
	Some(ChallengeInfo { seed: challenge.seed?, awaited: challenge.awaited.0 })
}

pub(crate) fn round_progress(round: Round) -> (u32, u32) {
	let count = |done: fn(&Seat) -> bool| round.seats.0.iter().filter(|seat| done(seat)).count() as u32;
	(count(|seat| seat.commitment.is_some()), count(|seat| seat.revealed.is_some()))
}

pub(crate) fn fee_totals(totals: fee_split::FeeTotals) -> FeeTotals {
	let delivered = |delivered: fee_split::Delivered| Delivered {
		creators: delivered.creators,
		workers: delivered.workers,
		validators: delivered.validators,
		treasury: delivered.treasury,
		community: delivered.community,
		burned: delivered.burned,
	};
	FeeTotals { tasks: delivered(totals.tasks), transactions: delivered(totals.transactions) }
}

pub(crate) fn model(id: ModelId, model: registry::Model<subxt::utils::AccountId32, u32>, open_tasks: u32) -> ModelInfo {
	ModelInfo {
		id,
		owner: account(model.owner),
		spec: spec(model.spec),
		active: matches!(model.status, registry::Status::Active),
		open_tasks,
		bond: model.bond,
		registered_at: model.registered_at,
	}
}

fn spec(spec: registry::ModelSpec) -> ModelSpec {
	let file = |file: registry::ModelFile| ModelFile { name: text(file.name), content: file.content.0 };
	let registry::Format::Onnx = spec.format;
	ModelSpec {
		name: text(spec.name),
		domain: text(spec.domain),
		files: spec.files.0.into_iter().map(file).collect(),
		opset: spec.opset,
		inputs: tensors(spec.inputs),
		outputs: tensors(spec.outputs),
		licence: text(spec.licence),
		price: spec.price,
		comparison: spec.comparison.0,
		runtime_class: match spec.runtime_class {
			registry::RuntimeClass::Any => None,
			registry::RuntimeClass::Class(class) => Some(class),
		},
		fhe: spec.fhe,
		parent: spec.parent.map(|parent| Parent { model: parent.model, royalty: parent.royalty }),
		data_sets: spec.data_sets.0,
	}
}

/// The registry only takes UTF-8, so nothing is lost.
fn text(bytes: BoundedVec<u8>) -> String {
	String::from_utf8_lossy(&bytes.0).into_owned()
}

/// The runtime bounds tensors as the primitives do, so none is cut off.
fn tensors(specs: BoundedVec<Static<TensorSpec>>) -> TensorSpecs {
	TensorSpecs::truncate_from(specs.0.into_iter().map(|spec| spec.0).collect())
}

/// The registry's entry; the bounds are those of `pallet-model-registry`.
pub(crate) fn to_spec(spec: &ModelSpec) -> Result<registry::ModelSpec> {
	let file = |file: &ModelFile| {
		Ok(registry::ModelFile {
			name: bounded("a file's name", file.name.as_bytes(), MAX_NAME)?,
			content: Static(file.content.clone()),
		})
	};
	for (what, length, limit) in [
		("the list of files", spec.files.len(), MAX_FILES),
		("the list of data sets", spec.data_sets.len(), MAX_DATA_SETS),
	] {
		if length > limit as usize {
			return Err(Error::too_long(what, length, limit));
		}
	}
	Ok(registry::ModelSpec {
		name: bounded("the model's name", spec.name.as_bytes(), MAX_NAME)?,
		domain: bounded("the domain", spec.domain.as_bytes(), MAX_DOMAIN)?,
		files: BoundedVec(spec.files.iter().map(file).collect::<Result<_>>()?),
		format: registry::Format::Onnx,
		opset: spec.opset,
		inputs: to_tensors(&spec.inputs),
		outputs: to_tensors(&spec.outputs),
		licence: bounded("the licence", spec.licence.as_bytes(), MAX_NAME)?,
		price: spec.price,
		comparison: Static(spec.comparison),
		runtime_class: spec.runtime_class.map_or(registry::RuntimeClass::Any, registry::RuntimeClass::Class),
		fhe: spec.fhe,
		parent: spec.parent.map(|parent| registry::Parent { model: parent.model, royalty: parent.royalty }),
		data_sets: BoundedVec(spec.data_sets.clone()),
	})
}

const MAX_DATA_SETS: u32 = 4;

fn bounded(what: &'static str, bytes: &[u8], limit: u32) -> Result<BoundedVec<u8>> {
	match bytes.len() {
		length if length > limit as usize => Err(Error::too_long(what, length, limit)),
		_ => Ok(BoundedVec(bytes.to_vec())),
	}
}

fn to_tensors(specs: &TensorSpecs) -> BoundedVec<Static<TensorSpec>> {
	BoundedVec(specs.iter().cloned().map(Static).collect())
}

pub(crate) fn to_uris(uris: Uris) -> BoundedVec<BoundedVec<u8>> {
	BoundedVec(uris.into_iter().map(|uri| BoundedVec(uri.into_inner())).collect())
}

/// What is on hold and why, in words.
pub(crate) fn holds(holds: BoundedVec<IdAmount<runtime::HoldReason, Balance>>) -> Vec<(String, Balance)> {
	holds.0.into_iter().map(|hold| (reason(&hold.id), hold.amount)).collect()
}

fn reason(reason: &runtime::HoldReason) -> String {
	use runtime::HoldReason as R;
	match reason {
		R::TaskAssignment(TaskHold::WorkerStake) => "worker stake".into(),
		R::TaskAssignment(TaskHold::TaskFee) => "task fees in escrow".into(),
		R::TaskAssignment(TaskHold::TaskDeposit) => "task deposits".into(),
		R::TaskAssignment(TaskHold::Denouncement) => "bonds of denouncements".into(),
		R::TaskAssignment(TaskHold::AuditReward) => "set aside for audits".into(),
		R::ModelRegistry(_) => "model bonds".into(),
		R::DataRegistry(_) => "data set bonds".into(),
		R::Powr(_) => "evaluator stakes".into(),
		R::BaseBridge(BridgeHold::Withdrawal) => "waiting to leave for Base".into(),
		R::BaseBridge(BridgeHold::Payout) => "earned, to be paid out on Base".into(),
		R::BaseBridge(BridgeHold::PayoutDeposit) => "deposit of a payout address".into(),
		#[allow(unreachable_patterns)]
		other => format!("{other:?}"),
	}
}

/// What an extrinsic weighed, where the event says that it was applied.
pub(crate) fn dispatched(event: runtime::Event) -> Option<Weight> {
	use runtime::system::Event as System;
	let runtime::Event::System(
		System::ExtrinsicSuccess { dispatch_info } | System::ExtrinsicFailed { dispatch_info, .. },
	) = event
	else {
		return None;
	};
	let weight = dispatch_info.weight;
	Some(Weight { ref_time: weight.ref_time, proof_size: weight.proof_size })
}

/// An event, where this crate has a type for it.
pub(crate) fn event(event: runtime::Event) -> Option<Event> {
	use runtime::{
		attestation::Event as Attestation, model_registry::Event as Registry, task_assignment::Event as Tasks,
		Event as E,
	};
	Some(match event {
		E::ModelRegistry(event) => match event {
			Registry::ModelRegistered { model, owner } => Event::ModelRegistered { model, owner: account(owner) },
			Registry::PriceChanged { model, price } => Event::PriceChanged { model, price },
			Registry::UrisChanged { model, file } => Event::UrisChanged { model, file },
			Registry::ModelRetired { model } => Event::ModelRetired { model },
			Registry::BondReturned { model, owner, amount } => {
				Event::BondReturned { model, owner: account(owner), amount }
			},
			Registry::ModelRemoved { model } => Event::ModelRemoved { model },
		},
		E::TaskAssignment(event) => match event {
			Tasks::WorkerJoined { worker, stake } => Event::WorkerJoined { worker: account(worker), stake },
			Tasks::StakeAdded { worker, stake } => Event::StakeAdded { worker: account(worker), stake },
			Tasks::WorkerLeft { worker, withdrawable_at } => {
				Event::WorkerLeft { worker: account(worker), withdrawable_at }
			},
			Tasks::StakeWithdrawn { worker, stake } => Event::StakeWithdrawn { worker: account(worker), stake },
			Tasks::ModelServed { worker, model } => Event::ModelServed { worker: account(worker), model },
			Tasks::ModelDropped { worker, model } => Event::ModelDropped { worker: account(worker), model },
			Tasks::TaskSubmitted { task, requester, model, items, fee, audit } => {
				Event::TaskSubmitted { task, requester: account(requester), model, items, fee, audit }
			},
			Tasks::TaskAssigned { task, workers } => Event::TaskAssigned { task, workers: accounts(workers) },
			Tasks::WorkerReplaced { task, absent, replacement } => {
				Event::WorkerReplaced { task, absent: account(absent), replacement: account(replacement) }
			},
			Tasks::TaskRequeued { task } => Event::TaskRequeued { task },
			Tasks::AnswersCommitted { task } => Event::AnswersCommitted { task },
			Tasks::TaskDisputed { task } => Event::TaskDisputed { task },
			Tasks::TaskSettled { task, digest, winners, losers, split } => Event::TaskSettled {
				task,
				digest,
				winners: accounts(winners),
				losers: accounts(losers),
				split: split.0,
			},
			Tasks::TaskRefunded { task, amount, reason } => {
				Event::TaskRefunded { task, amount, reason: refund_reason(reason) }
			},
			Tasks::WorkerSlashed { worker, task, amount, offence: why } => {
				Event::WorkerSlashed { worker: account(worker), task, amount, offence: offence(why) }
			},
			Tasks::WorkerCompensated { worker, task, amount } => {
				Event::WorkerCompensated { worker: account(worker), task, amount }
			},
			Tasks::RequesterCompensated { requester, task, amount } => {
				Event::RequesterCompensated { requester: account(requester), task, amount }
			},
			Tasks::AuditOpened { task } => Event::AuditOpened { task },
			Tasks::AuditAssigned { task, auditors } => Event::AuditAssigned { task, auditors: accounts(auditors) },
			Tasks::AuditContradicted { task } => Event::AuditContradicted { task },
			Tasks::AuditorPaid { auditor, task, amount } => {
				Event::AuditorPaid { auditor: account(auditor), task, amount }
			},
			Tasks::AuditConfirmed { task, auditors, losers } => {
				Event::AuditConfirmed { task, auditors: accounts(auditors), losers: accounts(losers) }
			},
			Tasks::AuditUndecided { task } => Event::AuditUndecided { task },
			Tasks::AuditLapsed { task } => Event::AuditLapsed { task },
			Tasks::TaskOverturned { task, digest, auditors, losers } => {
				Event::TaskOverturned { task, digest, auditors: accounts(auditors), losers: accounts(losers) }
			},
			Tasks::TaskDenounced { task, reporter, bond, evidence } => {
				Event::TaskDenounced { task, reporter: account(reporter), bond, evidence: evidence.0.into() }
			},
			Tasks::ReporterRewarded { reporter, task, amount } => {
				Event::ReporterRewarded { reporter: account(reporter), task, amount }
			},
			Tasks::BondLost { reporter, task, amount } => Event::BondLost { reporter: account(reporter), task, amount },
			Tasks::WorkerRestored { worker, task, amount } => {
				Event::WorkerRestored { worker: account(worker), task, amount }
			},
		},
		E::Attestation(event) => match event {
			Attestation::Committed { task, worker } => Event::Committed { task, worker: account(worker) },
			Attestation::Revealed { task, worker, digest } => Event::Revealed { task, worker: account(worker), digest },
			Attestation::Challenged { task, seed, digests } => Event::Challenged { task, seed: seed.0.into(), digests },
			Attestation::ChunksOpened { task, digest } => Event::ChunksOpened { task, digest },
		},
		E::DataRegistry(event) => data_sets::event(event),
		E::Powr(event) => evaluators::event(event),
		E::BaseBridge(event) => bridge::event(event),
		_ => return None,
	})
}

#[cfg(test)]
mod tests {
	use deepnode_primitives::{
		comparison::Comparison,
		content::ContentRef,
		tensor::{Dim, ElementType},
	};

	use super::*;

	fn model_spec() -> ModelSpec {
		let pixels = TensorSpec {
			name: b"pixels".to_vec().try_into().unwrap(),
			element: ElementType::F32,
			shape: vec![Dim::Batch, Dim::Fixed(64)].try_into().unwrap(),
		};
		let uri = b"file:///m.onnx".to_vec().try_into().unwrap();
		let content = ContentRef { hash: [7; 32], length: 9, uris: vec![uri].try_into().unwrap() };
		ModelSpec {
			name: "Ziffern \u{1d7d9}".into(),
			domain: "vision/digits".into(),
			files: vec![ModelFile { name: "m.onnx".into(), content }],
			opset: 17,
			inputs: vec![pixels.clone()].try_into().unwrap(),
			outputs: vec![pixels].try_into().unwrap(),
			licence: "Apache-2.0".into(),
			price: u128::MAX,
			comparison: Comparison::default(),
			runtime_class: Some(3),
			fhe: Some(4),
			parent: Some(Parent { model: 5, royalty: 6 }),
			data_sets: vec![7, 8],
		}
	}

	#[test]
	fn a_model_comes_back_from_the_runtimes_types_as_it_went() {
		assert_eq!(spec(to_spec(&model_spec()).unwrap()), model_spec());
	}

	#[test]
	fn what_is_too_long_for_the_registry_is_told_by_name_and_length() {
		let refused = |change: fn(&mut ModelSpec)| {
			let mut spec = model_spec();
			change(&mut spec);
			to_spec(&spec).unwrap_err().to_string()
		};
		let text = refused(|spec| spec.domain = "d".repeat(33));
		assert_eq!(text, "the domain is 33 long, and the chain takes at most 32");
		assert!(refused(|spec| spec.name = "n".repeat(65)).contains("the model's name is 65 long"));
		assert!(refused(|spec| spec.files = vec![spec.files[0].clone(); 9]).contains("the list of files is 9 long"));
	}

	#[test]
	fn accounts_are_the_same_bytes() {
		let id = AccountId::new([9; 32]);
		assert_eq!(account(to_account(&id)), id);
	}

	#[test]
	fn the_calls_are_those_of_the_committed_metadata() {
		use subxt::{client::OfflineClient, config::substrate::SpecVersionForRange, SubstrateConfig};
		let metadata = subxt::Metadata::decode_from(include_bytes!("../metadata.scale")).unwrap();
		let config = SubstrateConfig::builder()
			.set_metadata_for_spec_versions([(1, std::sync::Arc::new(metadata))])
			.set_spec_version_for_block_ranges([SpecVersionForRange {
				block_range: 0..u64::MAX,
				spec_version: 1,
				transaction_version: 1,
			}])
			.build();
		let at = OfflineClient::new_with_config(config).at_block(0u64).unwrap();
		let register = runtime::tx().model_registry().register(to_spec(&model_spec()).unwrap());
		let encoded = at.tx().call_data(&register).unwrap();
		assert!(encoded.len() > 100, "{encoded:?}");
		at.tx().validate(&runtime::tx().attestation().commit(1, Default::default())).unwrap();
	}
}
