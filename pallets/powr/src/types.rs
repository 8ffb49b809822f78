//! What the pallet keeps, and what it asks of its runtime.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use deepnode_primitives::{fees::FeeTable, Balance, DataSetId, ModelId};
use deepnode_scoring::{emission::EmissionParams, metric::Metric, powr::Exponents, Unit};
use frame_support::{traits::ConstU32, BoundedVec};
use scale_info::TypeInfo;

pub use deepnode_primitives::{
	entry::Domain as DomainName,
	seals::{DomainId, EpochIndex, Expected, MAX_EXPECTED_LEN, MAX_PAGES, MAX_WEIGHTS},
};

/// The most domains.
pub const MAX_DOMAINS: u16 = 32;
/// The most evaluators of one domain.
pub const MAX_EVALUATORS: u32 = 256;
/// How many models an evaluation draws, where the domain has as many.
pub const MAX_DRAWN: u32 = 4;
/// The most evaluations that are drawn in one block.
pub const MAX_DRAWS: u32 = 16;

/// A page of an evaluator's weights; the models in ascending order.
pub type WeightsPage = BoundedVec<(ModelId, Unit), ConstU32<MAX_WEIGHTS>>;
/// The hashes of all pages of an evaluator's weights.
pub type PageHashes = BoundedVec<[u8; 32], ConstU32<MAX_PAGES>>;

/// What the registry of models tells this pallet.
pub trait ModelDomains<AccountId> {
	/// The domain that the model declares, also after its retirement; `None` for no model.
	fn domain(model: ModelId) -> Option<DomainName>;
	/// Who owns the model, and is paid for its score.
	fn creator(model: ModelId) -> Option<AccountId>;
	/// Whether it accepts new tasks.
	fn active(model: ModelId) -> bool;
}

/// What benchmarks need to be set up elsewhere.
#[cfg(feature = "runtime-benchmarks")]
pub trait BenchmarkHelper<AccountId, BlockNumber> {
	/// An active model of this domain.
	fn model(domain: &DomainName, creator: &AccountId) -> ModelId;
	/// A task that settled like that, with this answer.
	fn settled(
		task: deepnode_primitives::traits::Settled<AccountId, BlockNumber>,
		output: deepnode_primitives::content::Payload,
	) -> deepnode_primitives::TaskId;
}

/// What governance can set.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Params {
	/// How much accuracy, relevance and utilisation count in a score.
	pub exponents: Exponents,
	/// How much of the pot an epoch gives, to whom, and how much at most for what a fee moved.
	pub emission: EmissionParams,
	/// The part of the pot that an epoch's evaluations may be paid from.
	pub evaluation: Unit,
	/// After how many epochs the past counts half, in each moving average.
	pub half_life: u32,
	/// How far a weight counts from its median, as a part of it.
	pub weight_band: Unit,
	/// How far an evaluator's average accuracy counts from its median, as a part of it.
	pub accuracy_band: Unit,
	/// How much the ratings count where all of a model's fees are rated.
	pub voice: Unit,
	/// What is kept of a model's accuracy when its workers do not agree.
	pub undecided: Unit,
	/// The part of its stake that an evaluator loses which commits weights and does not reveal them.
	pub silence: Unit,
	/// After how many epochs without a settled task a model leaves its domain's list; at least 1.
	pub max_idle: u32,
}

impl Default for Params {
	/// The emission's default, and besides a tenth of a thousandth of the pot for evaluations.
	fn default() -> Self {
		Self {
			exponents: Exponents::default(),
			emission: EmissionParams::default(),
			evaluation: Unit::from_parts(100_000),
			half_life: 7,
			weight_band: Unit::from_percent(20),
			accuracy_band: Unit::from_percent(20),
			voice: Unit::from_percent(20),
			undecided: Unit::from_percent(99),
			silence: Unit::from_parts(1_000_000),
			max_idle: 30,
		}
	}
}

impl Params {
	/// Whether the exponents and the emission's rows add up, no epoch gives more than the pot has, and a
	/// fee that is paid in a circle loses more than the emission pays for it under this fee table.
	pub fn is_valid(&self, fees: &FeeTable) -> bool {
		let given = self.emission.rate.deconstruct().saturating_add(self.evaluation.deconstruct());
		self.exponents.is_valid()
			&& self.emission.is_sound(fees)
			&& given <= Unit::one().deconstruct()
			&& self.max_idle > 0
	}
}

/// A domain: models that are judged beside each other.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Domain {
	/// What models declare.
	pub name: DomainName,
	/// Its part of the emission and of the evaluations' budget; all domains together have at most 1.
	pub share: Unit,
	/// How an answer is scored against the expected one.
	pub metric: Metric,
	/// How many elements of an answer belong to one item; at least 1.
	pub row: u32,
}

/// The epoch that is running.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Epoch<BlockNumber> {
	/// Its number.
	pub index: EpochIndex,
	/// The first block that it counts.
	pub started_at: BlockNumber,
	/// What all domains' evaluations together may be paid.
	pub budget: Balance,
}

/// A model on its domain's list.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct ModelRecord {
	/// Its domain.
	pub domain: DomainId,
	/// Where it is on the list.
	pub position: u32,
	/// A: the moving average of what known-answer tasks found.
	pub accuracy: Unit,
	/// R: the moving average of its consensus weight and ratings.
	pub relevance: Unit,
	/// U: its fees against the domain's median, at the last epoch's end.
	pub utilisation: Unit,
	/// The moving average of its net fees in an epoch.
	pub fees: Balance,
	/// PoWR, at the last epoch's end.
	pub score: Unit,
	/// Its net fees in the last epoch: what the cap of its creator's emission is a part of.
	pub earned: Balance,
	/// How many epochs in a row it had no settled task.
	pub idle: u32,
}

impl ModelRecord {
	/// A model of which nothing is known: half accurate, of no relevance yet.
	pub fn new(domain: DomainId, position: u32) -> Self {
		Self {
			domain,
			position,
			accuracy: Unit::from_percent(50),
			relevance: Unit::zero(),
			utilisation: Unit::zero(),
			fees: 0,
			score: Unit::zero(),
			earned: 0,
			idle: 0,
		}
	}
}

/// What a model's tasks paid in an epoch, and what their requesters think of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Usage {
	/// The fees.
	pub gross: Balance,
	/// The fees less the creator's row of each.
	pub net: Balance,
	/// Of the fees, those of rated tasks.
	pub rated: Balance,
	/// Each rated fee times its rating.
	pub praise: Balance,
}

/// A domain's sums in an epoch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Ledger {
	/// What all workers together earned.
	pub earned: Balance,
	/// What was paid for evaluations.
	pub spent: Balance,
}

/// An evaluator's place in a domain.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Seat<AccountId> {
	/// Whose it is.
	pub who: AccountId,
	/// What it has on hold for it.
	pub stake: Balance,
	/// The epoch in which it joined: it judges from the next on.
	pub since: EpochIndex,
}

/// The stake of an evaluator that has left a domain or was displaced.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Leaving<BlockNumber> {
	/// What is on hold.
	pub stake: Balance,
	/// The block from which it can be withdrawn.
	pub withdrawable_at: BlockNumber,
}

/// An evaluator that has committed weights in an epoch.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Voter<AccountId> {
	/// Who.
	pub who: AccountId,
	/// Its stake when it committed.
	pub stake: Balance,
}

/// The sealed weights of a voter.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Ballot {
	/// Its place among the voters.
	pub voter: u8,
	/// `blake2_256(("dn-weights", epoch, domain, evaluator, page hashes))`.
	pub commitment: [u8; 32],
	/// A bit for each page that is revealed.
	pub revealed: u16,
	/// Whether that is all of them.
	pub complete: bool,
}

/// What a voter's weights came to while an epoch is closed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Voice {
	/// Its stake; 0 for one that did not reveal everything.
	pub stake: Balance,
	/// The part of its evaluations' draws that it unsealed in time.
	pub diligence: Unit,
	/// The sum of the smaller of its weight and the median, over all models, in parts per billion.
	pub agreed: u64,
	/// The sum of the larger of them.
	pub of: u64,
}

/// What known-answer tasks of one evaluator found of a model in an epoch.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Judgement<AccountId> {
	/// The evaluator.
	pub who: AccountId,
	/// Its stake.
	pub stake: Balance,
	/// The sum of the accuracies, in parts per billion.
	pub sum: u64,
	/// How many they are.
	pub count: u32,
}

/// What an evaluator did in an epoch besides voting.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Work {
	/// How many models its finished evaluations had drawn.
	pub drawn: u32,
	/// How many of them it unsealed.
	pub judged: u32,
	/// What it was paid for them.
	pub spent: Balance,
}

/// One item that an evaluator puts to several models.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Evaluation<BlockNumber> {
	/// `blake2_256(("dn-item", evaluator, expected, salt))`: what is expected is fixed before the draw.
	pub item: [u8; 32],
	/// When it was opened.
	pub opened_at: BlockNumber,
	/// When its models were drawn; only tasks submitted after that count.
	pub drawn_at: Option<BlockNumber>,
	/// The models that were drawn, and which of them it has judged.
	pub models: BoundedVec<(ModelId, bool), ConstU32<MAX_DRAWN>>,
	/// The data set that is to be paid for it with the first judgement.
	pub data_set: Option<DataSetId>,
}

/// What an evaluator looks like from outside.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct EvaluatorInfo<BlockNumber> {
	/// Its stake in the domain; 0 for one that has left.
	pub stake: Balance,
	/// The epoch in which it joined.
	pub since: EpochIndex,
	/// Whether it has committed weights in the running epoch.
	pub committed: bool,
	/// Whether it has revealed all of them.
	pub revealed: bool,
	/// What it may still be paid for evaluations in the running epoch.
	pub budget: Balance,
	/// Its open evaluation.
	pub evaluation: Option<Evaluation<BlockNumber>>,
	/// Its stake that is unbonding.
	pub leaving: Option<Leaving<BlockNumber>>,
}

/// Where the epochs stand.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct EpochState<BlockNumber> {
	/// The epoch that is running.
	pub running: Epoch<BlockNumber>,
	/// The first block in which weights are revealed and no longer committed.
	pub reveal_from: BlockNumber,
	/// The earliest block in which the epoch ends.
	pub ends_at: BlockNumber,
	/// What the epoch that is being closed has to give, and what it has given.
	pub closing: Option<ClosingInfo>,
	/// What the pot has.
	pub pot: Balance,
}

/// How far the closing of an epoch is.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct ClosingInfo {
	/// The epoch.
	pub epoch: EpochIndex,
	/// The domain that is being worked on.
	pub domain: DomainId,
	/// What the epoch has to give.
	pub emission: Balance,
	/// What it has given.
	pub paid: Balance,
}

/// As what somebody is paid from the emission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Role {
	/// As a model's creator.
	Creator,
	/// As a worker.
	Worker,
	/// As an evaluator.
	Evaluator,
}
