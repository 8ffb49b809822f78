//! Domains, their scores, and those who judge them. Numbers in `[0, 1]` are in parts per billion.

use deepnode_primitives::{seals, Balance, DataSetId, ModelId};

use crate::AccountId;

pub use deepnode_primitives::seals::{DomainId, EpochIndex};

/// The most weights of one page.
pub const MAX_WEIGHTS: usize = seals::MAX_WEIGHTS as usize;
/// The most pages of weights.
pub const MAX_PAGES: usize = seals::MAX_PAGES as usize;
/// The longest expected answer that is unsealed, in bytes.
pub const MAX_EXPECTED_LEN: usize = seals::MAX_EXPECTED_LEN as usize;

/// A domain: models that are judged beside each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainInfo {
	/// Its number.
	pub id: DomainId,
	/// What models declare.
	pub name: String,
	/// Its part of the emission.
	pub share: u32,
	/// How an answer is scored against the expected one.
	pub metric: Metric,
	/// How many elements of an answer belong to one item.
	pub row: u32,
}

/// How an answer is scored against the expected one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
	/// Whether the same class wins.
	Class,
	/// Whether the expected class is among so many best.
	TopK(u8),
	/// How far elements are from each other.
	L1,
	/// The angle between them.
	Cosine,
}

/// A listed model's score, and what it is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScoreInfo {
	/// Its domain.
	pub domain: DomainId,
	/// What known-answer tasks found of it.
	pub accuracy: u32,
	/// What evaluators and requesters think of it.
	pub relevance: u32,
	/// What it is used, beside the others.
	pub utilisation: u32,
	/// PoWR, at the last epoch's end.
	pub score: u32,
}

/// Where the epochs of scores stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochInfo {
	/// The number of the running one.
	pub index: EpochIndex,
	/// Its first block.
	pub started_at: u32,
	/// The first block in which weights are revealed and no longer committed.
	pub reveal_from: u32,
	/// The earliest block in which it ends.
	pub ends_at: u32,
	/// What the emission's pot has.
	pub pot: Balance,
}

/// What an account is as an evaluator of a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvaluatorInfo {
	/// Its stake; nothing for one that has left, or never joined.
	pub stake: Balance,
	/// The epoch in which it joined: it judges from the next on.
	pub since: EpochIndex,
	/// Whether it has committed weights in the running epoch.
	pub committed: bool,
	/// Whether it has revealed all of them.
	pub revealed: bool,
	/// What it may still be paid for evaluations in the running epoch.
	pub budget: Balance,
	/// Its open evaluation.
	pub evaluation: Option<EvaluationInfo>,
	/// Its stake that is unbonding.
	pub leaving: Option<LeavingStake>,
}

/// A stake that can be withdrawn from a block on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeavingStake {
	/// How much.
	pub stake: Balance,
	/// The block.
	pub withdrawable_at: u32,
}

/// One item that an evaluator puts to several models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvaluationInfo {
	/// What seals the expected answer.
	pub item: [u8; 32],
	/// The block of its opening.
	pub opened_at: u32,
	/// The block in which its models were drawn: only tasks that were submitted from then on count.
	pub drawn_at: Option<u32>,
	/// The models, and whether each is judged.
	pub models: Vec<(ModelId, bool)>,
	/// The data set that is paid for it with the first judgement.
	pub data_set: Option<DataSetId>,
}

/// The sealed weights of an evaluator in an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BallotInfo {
	/// What it has committed to.
	pub commitment: [u8; 32],
	/// A bit for each page that is revealed.
	pub revealed: u16,
	/// Whether that is all of them.
	pub complete: bool,
}

/// An evaluator of a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvaluatorSeat {
	/// Who.
	pub account: AccountId,
	/// Its stake.
	pub stake: Balance,
	/// The epoch in which it joined.
	pub since: EpochIndex,
}

/// What an evaluator expects of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
	/// A canonical answer of at most [`MAX_EXPECTED_LEN`] bytes, against which the settled one is scored by
	/// the domain's metric.
	Answer(Vec<u8>),
	/// The digest of a canonical answer: the settled one is right or wrong.
	Digest([u8; 32]),
}

/// A page of weights and the salt that seals it: models in ascending order, with their weights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeightsPage {
	/// The weights.
	pub weights: Vec<(ModelId, u32)>,
	/// The salt.
	pub salt: [u8; 32],
}

/// As what somebody is paid from the emission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmissionRole {
	/// As a model's creator.
	Creator,
	/// As a worker.
	Worker,
	/// As an evaluator.
	Evaluator,
}

/// The bounds and periods of evaluators; periods in blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvaluatorLimits {
	/// The least stake in a domain.
	pub min_stake: Balance,
	/// How long after its opening an evaluation's tasks can be unsealed.
	pub evaluation_window: u32,
	/// The least length of an epoch.
	pub epoch_length: u32,
	/// How long a stake stays after its evaluator has left.
	pub unbonding_period: u32,
}
