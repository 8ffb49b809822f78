//! What the chain says, in types of one's own: they stay where the runtime's layout changes.

use deepnode_primitives::{
	comparison::Comparison,
	content::{ContentRef, Digest},
	task::{Assurance, ErrorCode},
	tensor::TensorSpecs,
	Balance, DataSetId, ModelId, TaskId,
};

use crate::{AccountId, H256};

mod bridge;
mod data_sets;
mod evaluators;

pub use bridge::*;
pub use data_sets::*;
pub use evaluators::*;

/// A model in the registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelInfo {
	/// Its number.
	pub id: ModelId,
	/// Who owns it and earns the creator's share.
	pub owner: AccountId,
	/// What it is and on which terms it serves.
	pub spec: ModelSpec,
	/// Whether it takes new tasks; a retired model only finishes what it has.
	pub active: bool,
	/// How many of its tasks are not closed.
	pub open_tasks: u32,
	/// What its owner has on hold for it.
	pub bond: Balance,
	/// The block of its registration.
	pub registered_at: u32,
}

/// What a model is and on which terms it serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelSpec {
	/// Its name.
	pub name: String,
	/// What it is for; models of one domain compete.
	pub domain: String,
	/// Its files; the first is the graph.
	pub files: Vec<ModelFile>,
	/// The version of the ONNX operator set.
	pub opset: u16,
	/// The inputs that a task must bring.
	pub inputs: TensorSpecs,
	/// The outputs that a task gets.
	pub outputs: TensorSpecs,
	/// The SPDX expression of its licence.
	pub licence: String,
	/// What one item costs.
	pub price: Balance,
	/// When two answers agree.
	pub comparison: Comparison,
	/// The class of runtimes that its workers must use; any where it is `None`.
	pub runtime_class: Option<u16>,
	/// The FHE parameters of encrypted inputs; `None` where inputs are plain.
	pub fhe: Option<u32>,
	/// The model that it descends from, and what it owes it.
	pub parent: Option<Parent>,
	/// The data sets that it declares, which it owes their royalties.
	pub data_sets: Vec<DataSetId>,
}

/// One file of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelFile {
	/// Its name.
	pub name: String,
	/// What it contains and where to fetch it.
	pub content: ContentRef,
}

/// A model's parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parent {
	/// The parent.
	pub model: ModelId,
	/// What the child owes it of all that it receives, in parts per million.
	pub royalty: u32,
}

/// A worker and its stake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerInfo {
	/// Who runs it: two workers of one owner never serve one task.
	pub owner: AccountId,
	/// What it has on hold.
	pub stake: Balance,
	/// How much of the stake answers for tasks that are not forgotten.
	pub liable: Balance,
	/// How many tasks it serves at once.
	pub capacity: u16,
	/// Whether it has said that it answers encrypted inputs.
	pub private: bool,
	/// How many it serves now.
	pub active: u16,
	/// How far its word has proved good, in parts per billion.
	pub fidelity: u32,
	/// The models that it serves.
	pub models: Vec<ModelId>,
	/// The block from which its stake may leave, once it has said that it leaves.
	pub leaving: Option<u32>,
}

/// A task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskInfo {
	/// Its number.
	pub id: TaskId,
	/// Who asked and pays.
	pub requester: AccountId,
	/// What is asked.
	pub model: ModelId,
	/// How many items the input has.
	pub items: u32,
	/// How surely the answer is checked.
	pub assurance: Assurance,
	/// What is, or was, in escrow for it.
	pub fee: Balance,
	/// What is, or was, in escrow besides, for the audit fund.
	pub audit_fee: Balance,
	/// How much of the stake of each of its workers and auditors answers for it.
	pub bound: Balance,
	/// What is on hold for its storage.
	pub deposit: Balance,
	/// The last block in which it can settle.
	pub deadline: u32,
	/// Random for an ordinary task; a sealed expectation for a known-answer task.
	pub seal: [u8; 32],
	/// The block of its submission.
	pub submitted_at: u32,
	/// Where it stands.
	pub status: TaskStatus,
	/// Who serves it now or, once it is settled, whose answers agree with the settled one.
	pub workers: Vec<AccountId>,
	/// Whose answers the majority outvoted, with what each lost for it.
	pub losers: Vec<(AccountId, Balance)>,
	/// Where the audit of the settled task stands.
	pub audit: AuditPhase,
	/// Who audits it or has done so.
	pub auditors: Vec<AccountId>,
}

/// Where the audit of a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditPhase {
	/// The task is not settled.
	None,
	/// Chance is to decide in the next block whether the task is audited.
	Lottery,
	/// Chance has chosen it: the next block draws the first auditor, and until then nobody may reveal.
	Chosen,
	/// Chance has spared it; a report can still bring an audit about.
	Spared,
	/// It waits for auditors.
	Waiting,
	/// Auditors are drawn; they run the model and commit.
	Assigned,
	/// They have committed; they reveal.
	Committed,
	/// Over: the settled answer stands.
	Confirmed,
	/// Over: no two of three auditors agreed, so that the settled answer stands.
	Undecided,
	/// Over: too few auditors were found, or nothing was there to pay them.
	Lapsed,
	/// Over: the settled answer was false.
	Overturned,
}

/// What a task costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
	/// What the fee table divides when the task is settled.
	pub fee: Balance,
	/// What the audit fund gets then.
	pub audit: Balance,
	/// How much free stake a worker needs to be drawn for the task.
	pub bound: Balance,
}

impl Quote {
	/// What is put on hold for the task besides its deposit.
	pub const fn total(&self) -> Balance {
		self.fee.saturating_add(self.audit)
	}
}

/// Where a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskStatus {
	/// It waits for its workers to be drawn.
	Submitted,
	/// Its workers are drawn; they run the model and commit.
	Assigned,
	/// All of them have committed; they reveal.
	Committed,
	/// The answers so far have no majority: it waits for more workers.
	Disputed,
	/// A majority agreed, and the fee is divided.
	Settled {
		/// In which block.
		at: u32,
		/// The digest of the agreed answer.
		digest: Digest,
	},
	/// The requester has its money back, or what was not spent of it.
	Refunded {
		/// In which block.
		at: u32,
		/// Why.
		reason: RefundReason,
	},
	/// It was settled, and auditors found that falsely so: the requester has its fee back.
	Overturned {
		/// In which block.
		at: u32,
	},
}

impl TaskStatus {
	/// Whether the task has ended.
	pub const fn is_final(&self) -> bool {
		matches!(self, Self::Settled { .. } | Self::Refunded { .. } | Self::Overturned { .. })
	}

	/// The status in one word.
	pub const fn name(&self) -> &'static str {
		match self {
			Self::Submitted => "submitted",
			Self::Assigned => "assigned",
			Self::Committed => "committed",
			Self::Disputed => "disputed",
			Self::Settled { .. } => "settled",
			Self::Refunded { .. } => "refunded",
			Self::Overturned { .. } => "overturned",
		}
	}
}

/// Why a requester has its money back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundReason {
	/// It could not be answered before its deadline.
	Expired,
	/// No majority agreed, and no more workers can be asked.
	Disagreed,
	/// A majority agrees that the task cannot be answered. A fixed part of the fee pays it.
	Failed(ErrorCode),
	/// Too many workers were absent.
	Abandoned,
}

/// What a worker lost stake for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offence {
	/// It was assigned and did not commit in time.
	MissedCommit,
	/// It committed and did not reveal in time.
	MissedReveal,
	/// Most workers of the task, or most of its auditors, answered otherwise.
	WrongAnswer,
	/// It answered a task on which no majority agreed.
	NoMajority,
	/// It was of the majority that settled a task, and auditors found otherwise.
	FalseAgreement,
}

/// What a worker has done for a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatInfo {
	/// What it committed to, once it has.
	pub commitment: Option<H256>,
	/// Whether every worker of the round has committed, so that it may reveal.
	pub may_reveal: bool,
	/// The digest that it revealed, once it has.
	pub revealed: Option<Digest>,
	/// The chunks of its answer that are to be opened, as long as nobody has opened them.
	pub opening: Option<DueOpening>,
}

/// Chunks of a long answer that are to be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueOpening {
	/// What chooses them.
	pub seed: H256,
	/// How many others who revealed the same answer come first. One opening is enough, and only the
	/// first is free.
	pub turn: u32,
}

/// Long answers of a task that differ, and whose chosen chunks are to be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChallengeInfo {
	/// What chooses the chunks.
	pub seed: H256,
	/// The digests of the answers that are not opened yet.
	pub awaited: Vec<Digest>,
}

/// A task to submit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmitTask {
	/// The model.
	pub model: ModelId,
	/// The input: a bundle of tensors.
	pub input: deepnode_primitives::content::Payload,
	/// How many items it has.
	pub items: u32,
	/// How surely the answer is checked.
	pub assurance: Assurance,
	/// The last block in which it can settle.
	pub deadline: u32,
	/// The most that it may cost.
	pub max_fee: Balance,
	/// 32 bytes; random for an ordinary task.
	pub seal: [u8; 32],
}

/// A transaction in a block, or what the block's author put in, and what it cost the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtrinsicInfo {
	/// The pallet that it called.
	pub pallet: String,
	/// The call.
	pub call: String,
	/// How long it is.
	pub bytes: u32,
	/// What it weighed.
	pub weight: Weight,
	/// What it caused, in order.
	pub events: Vec<crate::Event>,
}

/// What work costs the chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weight {
	/// Time, in picoseconds of the reference machine.
	pub ref_time: u64,
	/// How much of the state a proof of it has, in bytes.
	pub proof_size: u64,
}

/// An account's DN.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountInfo {
	/// How many transactions it has made.
	pub nonce: u32,
	/// What it can spend, apart from the existential deposit and what is frozen.
	pub free: Balance,
	/// What is on hold, and why.
	pub held: Vec<(String, Balance)>,
	/// What cannot be spent though it is free.
	pub frozen: Balance,
	/// Everything together.
	pub total: Balance,
}

/// Where fees have gone since the first block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FeeTotals {
	/// The fees of settled tasks.
	pub tasks: Delivered,
	/// The fees of transactions.
	pub transactions: Delivered,
}

/// What has been delivered to whom.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
	/// To creators and their lineages.
	pub creators: Balance,
	/// To workers.
	pub workers: Balance,
	/// To the validators' pot.
	pub validators: Balance,
	/// To the treasury, with what nobody else could receive.
	pub treasury: Balance,
	/// To the community's pot.
	pub community: Balance,
	/// Out of existence.
	pub burned: Balance,
}

/// The accounts that collect the network's parts of the fees, and what they hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pots {
	/// For validators and their nominators.
	pub validators: Pot,
	/// The treasury.
	pub treasury: Pot,
	/// Community rewards.
	pub community: Pot,
}

/// An account that collects a part of the fees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pot {
	/// The account.
	pub account: AccountId,
	/// What it holds.
	pub balance: Balance,
}

/// The bounds and periods that the runtime sets; periods in blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
	/// The least stake of a worker.
	pub min_stake: Balance,
	/// How long a worker has to commit.
	pub commit_window: u32,
	/// How long a worker has to reveal once all have committed.
	pub reveal_window: u32,
	/// How long an ended task is kept.
	pub audit_window: u32,
	/// How long a stake stays after its worker has left.
	pub unbonding_period: u32,
	/// How far ahead a deadline may lie.
	pub max_deadline: u32,
	/// The most items of one task.
	pub max_items: u32,
	/// What every task costs as a deposit.
	pub deposit_base: Balance,
	/// What each byte of an input on chain costs as a deposit besides.
	pub deposit_per_byte: Balance,
}
