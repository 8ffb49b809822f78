//! DeepNode's own pallets.

use crate::{
	constants::{
		currency::{MILLIUNIT, UNIT},
		time::{DAYS, HOURS, MINUTES},
	},
	AccountId, Attestation, Balance, Balances, BlockNumber, FeeSplit, ModelRegistry, Runtime,
	RuntimeHoldReason, TaskAssignment,
};
use frame_support::{parameter_types, weights::Weight, PalletId};
use frame_system::EnsureRoot;

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
	pub const TaskDepositPerByte: Balance = MILLIUNIT / 100;
	/// The deposit for a task besides.
	pub const TaskDepositBase: Balance = 10 * MILLIUNIT;
	/// A tenth of a fee is spent where the workers agree that there is no answer.
	pub const FailedPart: u32 = 100_000;
	/// A missed commit costs a thousandth of the stake.
	pub const MissedCommitSlash: u32 = 1_000;
	/// A withheld answer costs a fiftieth of the stake.
	pub const MissedRevealSlash: u32 = 20_000;
	/// The agenda uses at most a quarter of a block.
	pub AgendaWeight: Weight = super::system::RuntimeBlockWeights::get().max_block.div(4);
}

impl pallet_model_registry::Config for Runtime {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type BaseBond = BaseBond;
	type ByteBond = ByteBond;
	type WeightInfo = pallet_model_registry::weights::SubstrateWeight<Runtime>;
}

impl pallet_fee_split::Config for Runtime {
	type Currency = Balances;
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
	type AgendaWeight = AgendaWeight;
	type WeightInfo = pallet_task_assignment::weights::SubstrateWeight<Runtime>;
}

impl pallet_attestation::Config for Runtime {
	type Tasks = TaskAssignment;
	type WeightInfo = pallet_attestation::weights::SubstrateWeight<Runtime>;
}
