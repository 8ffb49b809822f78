//! What happened in blocks.

use deepnode_primitives::{
	bridge::{Claim, Message, Receipt},
	content::Digest,
	fees::Split,
	Balance, DataSetId, ModelId, TaskId,
};
use sp_core::H160;
use subxt::events::Phase;

use crate::{
	blocks::Block,
	chain_config::ChainConfig,
	client::Client,
	convert,
	error::Result,
	types::{
		Backing, DomainId, EmissionRole, EpochIndex, ExtrinsicInfo, Offence, RefundReason, SettlementInfo, Weight,
	},
	AccountId, H256,
};

/// Something that happened on the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs)] // The variants' fields say what their names say.
pub enum Event {
	/// A model is in the registry.
	ModelRegistered { model: ModelId, owner: AccountId },
	/// A model has another price per item from now on.
	PriceChanged { model: ModelId, price: Balance },
	/// One of a model's files is to be fetched elsewhere.
	UrisChanged { model: ModelId, file: u8 },
	/// A model takes no new tasks.
	ModelRetired { model: ModelId },
	/// A retired model's last task was closed, and its bond was released.
	BondReturned { model: ModelId, owner: AccountId, amount: Balance },
	/// Nothing needs a retired model any more, and its entry is gone.
	ModelRemoved { model: ModelId },
	/// A worker has put up its stake.
	WorkerJoined { worker: AccountId, stake: Balance },
	/// A worker has added to its stake.
	StakeAdded { worker: AccountId, stake: Balance },
	/// A worker takes no more tasks, and can withdraw its stake from a block on.
	WorkerLeft { worker: AccountId, withdrawable_at: u32 },
	/// A worker that had left has its stake back.
	StakeWithdrawn { worker: AccountId, stake: Balance },
	/// A worker serves a model.
	ModelServed { worker: AccountId, model: ModelId },
	/// A worker serves a model no more.
	ModelDropped { worker: AccountId, model: ModelId },
	/// A task waits for its workers, with this fee in escrow, and this for its audit.
	TaskSubmitted { task: TaskId, requester: AccountId, model: ModelId, items: u32, fee: Balance, audit: Balance },
	/// A task's workers are drawn.
	TaskAssigned { task: TaskId, workers: Vec<AccountId> },
	/// A worker that did not commit is replaced.
	WorkerReplaced { task: TaskId, absent: AccountId, replacement: AccountId },
	/// A task waits for its workers again.
	TaskRequeued { task: TaskId },
	/// A worker has sealed its answer.
	Committed { task: TaskId, worker: AccountId },
	/// All workers of a task have committed.
	AnswersCommitted { task: TaskId },
	/// A worker has opened its answer.
	Revealed { task: TaskId, worker: AccountId, digest: Digest },
	/// Answers differ that are too long for the chain: the chunks of them that the seed chooses are to be opened.
	Challenged { task: TaskId, seed: H256, digests: Vec<Digest> },
	/// The chosen chunks of such an answer are opened.
	ChunksOpened { task: TaskId, digest: Digest },
	/// A task's answers so far have no majority: more workers are asked.
	TaskDisputed { task: TaskId },
	/// A majority of a task's answers agrees, and its fee is divided.
	TaskSettled { task: TaskId, digest: Digest, winners: Vec<AccountId>, losers: Vec<AccountId>, split: Split },
	/// A requester has this much of its fee back.
	TaskRefunded { task: TaskId, amount: Balance, reason: RefundReason },
	/// A worker lost stake.
	WorkerSlashed { worker: AccountId, task: TaskId, amount: Balance, offence: Offence },
	/// A worker whose partner did not reveal is paid from the partner's slash.
	WorkerCompensated { worker: AccountId, task: TaskId, amount: Balance },
	/// A requester whose task had no majority gets this besides its fee, from the workers' slashes.
	RequesterCompensated { requester: AccountId, task: TaskId, amount: Balance },
	/// A settled task is to be audited.
	AuditOpened { task: TaskId },
	/// Its auditors are drawn.
	AuditAssigned { task: TaskId, auditors: Vec<AccountId> },
	/// Its auditor contradicts the settled answer: more are asked.
	AuditContradicted { task: TaskId },
	/// An auditor is paid for its run.
	AuditorPaid { auditor: AccountId, task: TaskId, amount: Balance },
	/// The settled answer stands.
	AuditConfirmed { task: TaskId, auditors: Vec<AccountId>, losers: Vec<AccountId> },
	/// The auditors do not agree: the settled answer stands.
	AuditUndecided { task: TaskId },
	/// No auditor was found, or paid: the settled answer stands.
	AuditLapsed { task: TaskId },
	/// The settled answer was false; the digest is of the auditors' answer.
	TaskOverturned { task: TaskId, digest: Option<Digest>, auditors: Vec<AccountId>, losers: Vec<AccountId> },
	/// A worker says that it and others answered falsely.
	TaskDenounced { task: TaskId, reporter: AccountId, bond: Balance, evidence: H256 },
	/// Such a worker was right, and gets a part of what the others lost.
	ReporterRewarded { reporter: AccountId, task: TaskId, amount: Balance },
	/// Such a worker was wrong, and loses its bond.
	BondLost { reporter: AccountId, task: TaskId, amount: Balance },
	/// A worker that was outvoted, and that the auditors agree with, has back what it lost.
	WorkerRestored { worker: AccountId, task: TaskId, amount: Balance },
	/// A data set is in the registry.
	DataSetRegistered { data_set: DataSetId, owner: AccountId },
	/// One of a data set's files is to be fetched elsewhere.
	DataSetUrisChanged { data_set: DataSetId, file: u8 },
	/// A sealed data set's files are known now.
	DataSetPublished { data_set: DataSetId },
	/// The use of an item in an evaluation has another price from now on.
	EvaluationPriceChanged { data_set: DataSetId, price: Balance },
	/// A data set takes no new uses.
	DataSetRetired { data_set: DataSetId },
	/// Nothing needs a retired data set any more: its entry is gone, and its bond was released.
	DataSetRemoved { data_set: DataSetId, owner: AccountId, bond: Balance },
	/// Later epochs are closed by other parameters.
	ScoreParamsChanged,
	/// A domain was added or changed.
	DomainSet { domain: DomainId, name: String },
	/// A model is on its domain's list.
	ModelListed { model: ModelId, domain: DomainId },
	/// A model is on its domain's list no more.
	ModelDelisted { model: ModelId, domain: DomainId },
	/// An evaluator has joined a domain, or has added to its stake in it.
	EvaluatorJoined { evaluator: AccountId, domain: DomainId, stake: Balance },
	/// An evaluator has left a domain, or another has taken its place.
	EvaluatorLeft { evaluator: AccountId, domain: DomainId, withdrawable_at: u32 },
	/// An evaluator that had left has its stake back.
	EvaluatorStakeWithdrawn { evaluator: AccountId, domain: DomainId, stake: Balance },
	/// An evaluator has committed its weights for an epoch.
	WeightsCommitted { evaluator: AccountId, domain: DomainId, epoch: EpochIndex },
	/// An evaluator has revealed a page of its weights, perhaps the last.
	WeightsRevealed { evaluator: AccountId, domain: DomainId, page: u8, complete: bool },
	/// An evaluator did not reveal the weights that it had committed, and lost stake.
	EvaluatorSlashed { evaluator: AccountId, domain: DomainId, amount: Balance },
	/// An evaluation waits for its models to be drawn.
	EvaluationOpened { evaluator: AccountId, domain: DomainId },
	/// They are drawn.
	EvaluationDrawn { evaluator: AccountId, domain: DomainId, models: Vec<ModelId> },
	/// A known-answer task was unsealed and scored, and so much of its fee paid back.
	TaskUnsealed { task: TaskId, model: ModelId, evaluator: AccountId, accuracy: u32, reimbursed: Balance },
	/// A data set's owner was paid for an evaluation.
	DataSetPaid { data_set: DataSetId, owner: AccountId, amount: Balance },
	/// A requester has rated a task.
	TaskRated { task: TaskId, model: ModelId, rating: u32 },
	/// An epoch of scores has ended, and has so much to give.
	EpochEnded { epoch: EpochIndex, emission: Balance },
	/// Somebody was paid a part of an epoch's emission.
	EmissionPaid { who: AccountId, domain: DomainId, role: EmissionRole, amount: Balance },
	/// An epoch is closed, and has given so much.
	EpochClosed { epoch: EpochIndex, paid: Balance },
	/// The gateway on Base is known.
	GatewaySet { base: u64, address: H160 },
	/// DN wait to leave for Base.
	WithdrawalQueued { nonce: u64, sender: AccountId, recipient: H160, amount: Balance, fee: Balance },
	/// A message has a higher fee; where it was told already it is told again.
	FeeRaised { nonce: u64, fee: Balance },
	/// A call waits to be told to Base's timelock.
	GovernanceQueued { nonce: u64, target: H160 },
	/// A message is in this block's tree at this position, and its DN have left the chain.
	MessageTold { index: u32, message: Message },
	/// Base has refused a message, and its sender has so much back.
	MessageRefused { nonce: u64, refunded: Balance },
	/// A task has left a receipt in this block's tree at this position.
	ReceiptIssued { index: u32, receipt: Receipt },
	/// A block had as many receipts as it may: this task has left none.
	ReceiptOmitted { task: TaskId },
	/// An account is paid out at this address on Base; or here again.
	PayoutAddressSet { account: AccountId, address: Option<H160> },
	/// An epoch of settlements has ended.
	SettlementEpochEnded { epoch: u64 },
	/// What an account has earned has left the chain, to be claimed on Base.
	PaidOut { account: AccountId, claim: Claim },
	/// An epoch's settlement waits to be told.
	SettlementQueued { epoch: u64, settlement: SettlementInfo },
	/// What an account could not claim on Base is its own again.
	Reclaimed { epoch: u64, index: u32, account: AccountId, amount: Balance },
	/// What the chain has burned waits to be told.
	BurnQueued { epoch: u64, amount: Balance },
	/// More is issued than Base has locked for it.
	Unbacked { backing: Backing },
	/// An event that this crate has no type for.
	Other { pallet: String, name: String },
}

impl Event {
	/// The task that it is about.
	pub const fn task(&self) -> Option<TaskId> {
		match self {
			Self::TaskSubmitted { task, .. }
			| Self::TaskAssigned { task, .. }
			| Self::WorkerReplaced { task, .. }
			| Self::TaskRequeued { task }
			| Self::Committed { task, .. }
			| Self::AnswersCommitted { task }
			| Self::Revealed { task, .. }
			| Self::TaskSettled { task, .. }
			| Self::TaskRefunded { task, .. }
			| Self::WorkerSlashed { task, .. }
			| Self::WorkerCompensated { task, .. }
			| Self::Challenged { task, .. }
			| Self::ChunksOpened { task, .. }
			| Self::TaskDisputed { task }
			| Self::RequesterCompensated { task, .. }
			| Self::AuditOpened { task }
			| Self::AuditAssigned { task, .. }
			| Self::AuditContradicted { task }
			| Self::AuditorPaid { task, .. }
			| Self::AuditConfirmed { task, .. }
			| Self::AuditUndecided { task }
			| Self::AuditLapsed { task }
			| Self::TaskOverturned { task, .. }
			| Self::TaskDenounced { task, .. }
			| Self::ReporterRewarded { task, .. }
			| Self::BondLost { task, .. }
			| Self::WorkerRestored { task, .. }
			| Self::TaskUnsealed { task, .. }
			| Self::TaskRated { task, .. }
			| Self::ReceiptOmitted { task } => Some(*task),
			Self::ReceiptIssued { receipt, .. } => Some(receipt.task),
			_ => None,
		}
	}

	/// Reads an event; one that is not what this crate expects keeps its name.
	pub(crate) fn read(event: &subxt::events::Event<'_, ChainConfig>) -> Self {
		event
			.decode_as()
			.ok()
			.and_then(convert::event)
			.unwrap_or_else(|| Self::Other { pallet: event.pallet_name().into(), name: event.event_name().into() })
	}
}

impl Client {
	/// What happened in a block, in order.
	pub async fn events(&self, at: H256) -> Result<Vec<Event>> {
		let events = self.at(Some(at)).await?.events().fetch().await?;
		events.iter().map(|event| Ok(Event::read(&event?))).collect()
	}

	/// The transactions of a block and what its author put in, in order.
	pub async fn extrinsics(&self, at: H256) -> Result<Vec<ExtrinsicInfo>> {
		let at = self.at(Some(at)).await?;
		let (extrinsics, events) = (at.extrinsics().fetch().await?, at.events().fetch().await?);
		let mut found = Vec::with_capacity(extrinsics.len());
		for extrinsic in extrinsics.iter() {
			let extrinsic = extrinsic?;
			found.push(ExtrinsicInfo {
				pallet: extrinsic.pallet_name().into(),
				call: extrinsic.call_name().into(),
				bytes: u32::try_from(extrinsic.bytes().len()).unwrap_or(u32::MAX),
				weight: Weight::default(),
				events: Vec::new(),
			});
		}
		for event in events.iter() {
			let event = event?;
			let Phase::ApplyExtrinsic(at) = event.phase() else { continue };
			let Some(extrinsic) = found.get_mut(at as usize) else { continue };
			match event.decode_as().ok().and_then(convert::dispatched) {
				Some(weight) => extrinsic.weight = weight,
				None => extrinsic.events.push(Event::read(&event)),
			}
		}
		Ok(found)
	}

	/// What happened to a task from a block on, up to another, or up to the best block. The node must
	/// still have the blocks' state.
	pub async fn task_events(&self, task: TaskId, from: u32, to: Option<u32>) -> Result<Vec<(Block, Event)>> {
		let to = match to {
			Some(to) => to,
			None => self.best_block().await?.number,
		};
		let mut found = Vec::new();
		for number in from..=to {
			let Some(block) = self.block_at(number).await? else { break };
			let events = self.events(block.hash).await?;
			found.extend(events.into_iter().filter(|event| event.task() == Some(task)).map(|event| (block, event)));
		}
		Ok(found)
	}
}
