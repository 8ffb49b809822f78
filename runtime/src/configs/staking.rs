//! Who may validate: sessions, stake, and the election that turns the one into the other.

use super::consensus::MaxAuthorities;
use crate::{
	constants::{currency::UNIT, time::SESSIONS_PER_ERA},
	AccountId, Babe, Balance, Balances, Runtime, RuntimeEvent, RuntimeHoldReason, Session, SessionKeys, Staking,
	Timestamp,
};
use frame_election_provider_support::{
	bounds::{ElectionBounds, ElectionBoundsBuilder},
	onchain, SequentialPhragmen,
};
use frame_support::{
	parameter_types,
	traits::{ConstBool, ConstU128, ConstU32, Nothing},
};
use frame_system::EnsureRoot;
use pallet_session::disabling::UpToLimitWithReEnablingDisablingStrategy;
use sp_runtime::{
	traits::{ConvertInto, OpaqueKeys},
	Perbill,
};
use sp_staking::currency_to_vote::U128CurrencyToVote;

/// How many validators one account may nominate.
const MAX_NOMINATIONS: u32 = 16;

parameter_types! {
	/// How many sessions an era has.
	pub const SessionsPerEra: u32 = SESSIONS_PER_ERA;
	/// For how many eras stake stays bonded, and slashable, after it was asked back: 7 days.
	pub const BondingDuration: u32 = 28;
	/// How many eras pass between an offence and its slash, in which governance may cancel it.
	pub const SlashDeferDuration: u32 = 7;
	/// For how many eras exposures and rewards are kept. It exceeds [`BondingDuration`]: whoever
	/// can still be slashed for an era must have an exposure in it.
	pub const HistoryDepth: u32 = 84;
	/// How many nominators the weights of equivocation reports reckon with.
	pub const MaxNominators: u32 = 1_000;
	/// What an election takes into account. It runs inside one block: with these bounds the
	/// benchmarked weight of `SequentialPhragmen` is 75 ms, less than a tenth of a block.
	pub ElectionLimits: ElectionBounds = ElectionBoundsBuilder::default()
		.voters_count(MaxNominators::get().into())
		.targets_count(MaxAuthorities::get().into())
		.build();
}

impl pallet_session::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type ValidatorId = AccountId;
	type ValidatorIdOf = ConvertInto;
	type ShouldEndSession = Babe;
	type NextSessionRotation = Babe;
	type SessionManager = pallet_session::historical::NoteHistoricalRoot<Self, Staking>;
	type SessionHandler = <SessionKeys as OpaqueKeys>::KeyTypeIdProviders;
	type Keys = SessionKeys;
	type DisablingStrategy = UpToLimitWithReEnablingDisablingStrategy;
	type WeightInfo = pallet_session::weights::SubstrateWeight<Runtime>;
	type Currency = Balances;
	type KeyDeposit = ConstU128<UNIT>;
}

impl pallet_session::historical::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	// Staking knows the exposure of an offender by its era; its account is enough here.
	type FullIdentification = ();
	type FullIdentificationOf = pallet_staking::UnitIdentificationOf<Self>;
}

/// The election of an era's validators: sequential Phragmén within [`ElectionLimits`], in the block
/// that plans the era.
pub struct OnChainElection;

impl onchain::Config for OnChainElection {
	// Whoever exceeds a bound is left out, the weakest first, instead of the election failing.
	type Sort = ConstBool<true>;
	type System = Runtime;
	type Solver = SequentialPhragmen<AccountId, Perbill>;
	type MaxBackersPerWinner = MaxNominators;
	type MaxWinnersPerPage = MaxAuthorities;
	type DataProvider = Staking;
	type WeightInfo = frame_election_provider_support::weights::SubstrateWeight<Runtime>;
	type Bounds = ElectionLimits;
}

/// The sizes of the staking pallet's benchmarks.
pub struct StakingBenchmarks;

impl pallet_staking::BenchmarkingConfig for StakingBenchmarks {
	type MaxValidators = MaxAuthorities;
	type MaxNominators = MaxNominators;
}

impl pallet_staking::Config for Runtime {
	type OldCurrency = Balances;
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type CurrencyBalance = Balance;
	type UnixTime = Timestamp;
	type CurrencyToVote = U128CurrencyToVote;
	type ElectionProvider = onchain::OnChainExecution<OnChainElection>;
	type GenesisElectionProvider = onchain::OnChainExecution<OnChainElection>;
	type NominationsQuota = pallet_staking::FixedNominationsQuota<MAX_NOMINATIONS>;
	type HistoryDepth = HistoryDepth;
	type RewardRemainder = ();
	type RuntimeEvent = RuntimeEvent;
	// What is slashed is burned.
	type Slash = ();
	type Reward = ();
	type SessionsPerEra = SessionsPerEra;
	type BondingDuration = BondingDuration;
	type SlashDeferDuration = SlashDeferDuration;
	type AdminOrigin = EnsureRoot<AccountId>;
	type SessionInterface = Self;
	// The appchain mints nothing: validators live on their share of fees.
	type EraPayout = ();
	type NextNewSession = Session;
	type MaxExposurePageSize = ConstU32<512>;
	type MaxValidatorSet = MaxAuthorities;
	type VoterList = pallet_staking::UseNominatorsAndValidatorsMap<Self>;
	type TargetList = pallet_staking::UseValidatorsMap<Self>;
	type MaxUnlockingChunks = ConstU32<32>;
	type MaxControllersInDeprecationBatch = ConstU32<64>;
	type EventListeners = ();
	type Filter = Nothing;
	type BenchmarkingConfig = StakingBenchmarks;
	type WeightInfo = pallet_staking::weights::SubstrateWeight<Runtime>;
}
