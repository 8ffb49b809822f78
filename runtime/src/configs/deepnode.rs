//! DeepNode's own pallets.

use crate::{
	constants::{
		currency::{MILLIUNIT, UNIT},
		time::{DAYS, HOURS, MINUTES},
	},
	AccountId, Attestation, Balance, Balances, BaseBridge, BlockNumber, DataRegistry, FeeSplit, ModelRegistry, Powr,
	Runtime, RuntimeHoldReason, TaskAssignment,
};
use deepnode_primitives::{fees::FeeTable, traits::Models as _, ModelId};
use deepnode_scoring::{assurance::AssuranceParams, fidelity::FidelityParams};
use frame_support::{parameter_types, weights::Weight, PalletId};
use frame_system::EnsureRoot;
use pallet_powr::types::{DomainName, ModelDomains};

parameter_types! {
	/// The bond of every model.
	pub const BaseBond: Balance = 10 * UNIT;
	/// The bond for each byte of a model's entry.
	pub const ByteBond: Balance = MILLIUNIT;
	/// What the accounts of the validators', the treasury's and the community's pots come from.
	pub const FeesPalletId: PalletId = PalletId(*b"dn/feesp");
	/// The least stake of a worker.
	pub const MinStake: Balance = 100 * UNIT;
	/// How long a worker has to run a model and commit.
	pub const CommitWindow: BlockNumber = MINUTES;
	/// How long a worker has to reveal.
	pub const RevealWindow: BlockNumber = MINUTES / 2;
	/// How long a settled task can be looked at again.
	pub const AuditWindow: BlockNumber = 10 * MINUTES;
	/// How long a worker's stake stays after it has left.
	pub const UnbondingPeriod: BlockNumber = 7 * DAYS;
	/// How far ahead a task's deadline may lie.
	pub const MaxDeadline: BlockNumber = 24 * HOURS;
	/// The most items of one task.
	pub const MaxItems: u32 = 4_096;
	/// The deposit for a byte of input on chain.
	pub const TaskDepositPerByte: Balance = MILLIUNIT / 1_000;
	/// The deposit for a task besides.
	pub const TaskDepositBase: Balance = 10 * MILLIUNIT;
	/// A tenth of a fee is spent where the workers agree that there is no answer.
	pub const FailedPart: u32 = 100_000;
	/// A missed commit costs a thousandth of the stake.
	pub const MissedCommitSlash: u32 = 1_000;
	/// A withheld answer costs a tenth of the stake.
	pub const MissedRevealSlash: u32 = 100_000;
	/// An answer that the majority outvotes costs a twentieth of the stake.
	pub const WrongAnswerSlash: u32 = 50_000;
	/// An answer to a task without a majority costs a thousandth of the stake.
	pub const NoMajoritySlash: u32 = 1_000;
	/// A false agreement costs three tenths of the stake.
	pub const FalseAgreementSlash: u32 = 300_000;
	/// A requester without an answer for want of a majority gets at most a tenth of its fee besides.
	pub const CompensationPart: u32 = 100_000;
	/// The auditors who find a false agreement share a tenth of what it costs its workers.
	pub const FinderPart: u32 = 100_000;
	/// An accomplice who denounces a false agreement gets three tenths of what it costs the others.
	pub const TraitorPart: u32 = 300_000;
	/// The least bond of who denounces a task.
	pub const DenounceBond: Balance = 10 * UNIT;
	/// How often tasks are audited, and against whom that is enough.
	pub Assurances: AssuranceParams = AssuranceParams::default();
	/// How much verdicts move a worker's fidelity.
	pub Fidelity: FidelityParams = FidelityParams::default();
	/// What the audit fund's account comes from.
	pub const AuditFund: PalletId = PalletId(*b"dn/audit");
	/// The agenda uses at most a quarter of a block.
	pub AgendaWeight: Weight = super::system::RuntimeBlockWeights::get().max_block.div(4);

	/// What the account of the emission's pot comes from.
	pub const EmissionPot: PalletId = PalletId(*b"dn/emiss");
	/// An epoch of scores and emission lasts a day.
	pub const ScoreEpoch: BlockNumber = DAYS;
	/// Evaluators reveal their weights in its last two hours.
	pub const RevealWeights: BlockNumber = 2 * HOURS;
	/// How long after its opening an evaluation's tasks can be unsealed.
	pub const EvaluationWindow: BlockNumber = 6 * HOURS;
	/// The least stake of an evaluator in a domain.
	pub const MinEvaluatorStake: Balance = 1_000 * UNIT;
	/// The most models that a domain scores.
	pub const MaxModels: u32 = 1_000;
	/// Closing an epoch uses at most a tenth of a block.
	pub EpochWeight: Weight = super::system::RuntimeBlockWeights::get().max_block.div(10);
	/// The table that fees are divided by now.
	pub CurrentFeeTable: FeeTable = FeeSplit::table();
}

impl pallet_model_registry::Config for Runtime {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type DataSets = DataRegistry;
	type BaseBond = BaseBond;
	type ByteBond = ByteBond;
	type WeightInfo = pallet_model_registry::weights::SubstrateWeight<Runtime>;
}

impl pallet_data_registry::Config for Runtime {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type BaseBond = BaseBond;
	type ByteBond = ByteBond;
	type WeightInfo = pallet_data_registry::weights::SubstrateWeight<Runtime>;
}

impl pallet_fee_split::Config for Runtime {
	type Currency = Balances;
	type Payouts = BaseBridge;
	type AdminOrigin = EnsureRoot<AccountId>;
	type PalletId = FeesPalletId;
	type WeightInfo = pallet_fee_split::weights::SubstrateWeight<Runtime>;
}

impl pallet_task_assignment::Config for Runtime {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Models = ModelRegistry;
	type Rounds = Attestation;
	type Fees = FeeSplit;
	type Observer = Powr;
	type Receipts = BaseBridge;
	type Slashed = pallet_fee_split::ToTreasury<Runtime>;
	#[cfg(not(feature = "runtime-benchmarks"))]
	type Randomness = crate::randomness::CurrentBlockVrf;
	#[cfg(feature = "runtime-benchmarks")]
	type Randomness = crate::randomness::Benchmarked;
	type MinStake = MinStake;
	type CommitWindow = CommitWindow;
	type RevealWindow = RevealWindow;
	type AuditWindow = AuditWindow;
	type UnbondingPeriod = UnbondingPeriod;
	type MaxDeadline = MaxDeadline;
	type MaxItems = MaxItems;
	type DepositPerByte = TaskDepositPerByte;
	type DepositBase = TaskDepositBase;
	type FailedPart = FailedPart;
	type MissedCommitSlash = MissedCommitSlash;
	type MissedRevealSlash = MissedRevealSlash;
	type WrongAnswerSlash = WrongAnswerSlash;
	type NoMajoritySlash = NoMajoritySlash;
	type FalseAgreementSlash = FalseAgreementSlash;
	type CompensationPart = CompensationPart;
	type FinderPart = FinderPart;
	type TraitorPart = TraitorPart;
	type DenounceBond = DenounceBond;
	type Assurances = Assurances;
	type Fidelity = Fidelity;
	type AuditFund = AuditFund;
	type AgendaWeight = AgendaWeight;
	type WeightInfo = pallet_task_assignment::weights::SubstrateWeight<Runtime>;
}

impl pallet_attestation::Config for Runtime {
	type Tasks = TaskAssignment;
	type WeightInfo = pallet_attestation::weights::SubstrateWeight<Runtime>;
}

impl pallet_powr::Config for Runtime {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type AdminOrigin = EnsureRoot<AccountId>;
	type Models = Registries;
	type Tasks = TaskAssignment;
	type DataSets = DataRegistry;
	type FeeTable = CurrentFeeTable;
	#[cfg(not(feature = "runtime-benchmarks"))]
	type Randomness = crate::randomness::CurrentBlockVrf;
	#[cfg(feature = "runtime-benchmarks")]
	type Randomness = crate::randomness::Benchmarked;
	type PalletId = EmissionPot;
	type EpochLength = ScoreEpoch;
	type RevealLength = RevealWeights;
	type EvaluationWindow = EvaluationWindow;
	type MinEvaluatorStake = MinEvaluatorStake;
	type UnbondingPeriod = UnbondingPeriod;
	type MaxModels = MaxModels;
	type EpochWeight = EpochWeight;
	type WeightInfo = pallet_powr::weights::SubstrateWeight<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Registries;
}

/// What the registries tell those who keep scores.
pub struct Registries;

impl ModelDomains<AccountId> for Registries {
	fn domain(model: ModelId) -> Option<DomainName> {
		Some(pallet_model_registry::Models::<Runtime>::get(model)?.spec.domain)
	}

	fn creator(model: ModelId) -> Option<AccountId> {
		Some(pallet_model_registry::Models::<Runtime>::get(model)?.owner)
	}

	fn active(model: ModelId) -> bool {
		ModelRegistry::terms(model).is_some_and(|terms| terms.active)
	}
}
