//! What a light client on another chain can check: BEEFY commitments over a Merkle mountain range
//! (MMR) with one leaf for each block; and what is told to Base below those leaves.

use super::{
	consensus::{KeyOwnerProof, MaxAuthorities, MaxSetIdSessionEntries, ReportLongevity},
	leaf_extra::{LeafExtra, LeafExtraProvider},
	staking::MaxNominators,
};
use crate::{
	constants::{
		currency::{MILLIUNIT, UNIT},
		time::DAYS,
	},
	AccountId, Balance, Balances, BeefyMmrLeaf, BlockNumber, FeeSplit, Historical, Offences, Runtime,
	RuntimeHoldReason,
};
use frame_support::parameter_types;
use frame_system::EnsureRoot;
use sp_consensus_beefy::{ecdsa_crypto::AuthorityId as BeefyId, mmr::MmrLeafVersion};
use sp_runtime::traits::Keccak256;

parameter_types! {
	/// The version of the leaf's format. A change that old decoders cannot read raises the major
	/// part, the first.
	pub LeafVersion: MmrLeafVersion = MmrLeafVersion::new(0, 0);

	/// The treasury pays the fees of the chain's own messages to Base.
	pub ChainFeeAccount: AccountId = FeeSplit::pots().treasury;
	/// What whoever delivers one of them is paid.
	pub const ChainMessageFee: Balance = UNIT;
	/// The least that can be sent to Base.
	pub const MinWithdrawal: Balance = 100 * MILLIUNIT;
	/// The least by which the fee of a message can be raised.
	pub const MinRaise: Balance = 10 * MILLIUNIT;
	/// How many messages may wait to be told.
	pub const MaxQueued: u32 = 2_048;
	/// How many messages one block tells.
	pub const MessagesPerBlock: u32 = 32;
	/// How many receipts one block has: more than tasks can settle in it.
	pub const ReceiptsPerBlock: u32 = 1_024;
	/// How long a message is kept after it was told, so that Base's refusal of it can be reported.
	pub const KeepMessages: BlockNumber = 90 * DAYS;
	/// An epoch of settlements and burn reports lasts a day.
	pub const SettlementEpoch: BlockNumber = DAYS;
	/// How many accounts may be paid out on Base.
	pub const MaxPayouts: u32 = 8_192;
	/// The deposit of each of them.
	pub const PayoutDeposit: Balance = 10 * UNIT;
	/// The least that is paid out on Base at once.
	pub const MinClaim: Balance = 100 * MILLIUNIT;
	/// How many accounts a block looks at when an epoch is closed.
	pub const ClaimsPerBlock: u32 = 64;
}

impl pallet_beefy::Config for Runtime {
	type BeefyId = BeefyId;
	type MaxAuthorities = MaxAuthorities;
	type MaxNominators = MaxNominators;
	type MaxSetIdSessionEntries = MaxSetIdSessionEntries;
	type OnNewValidatorSet = BeefyMmrLeaf;
	type AncestryHelper = BeefyMmrLeaf;
	type WeightInfo = ();
	type KeyOwnerProof = KeyOwnerProof<BeefyId>;
	type EquivocationReportSystem = pallet_beefy::EquivocationReportSystem<Self, Offences, Historical, ReportLongevity>;
}

impl pallet_mmr::Config for Runtime {
	const INDEXING_PREFIX: &'static [u8] = sp_mmr_primitives::INDEXING_PREFIX;
	// The EVM's hash, so that contracts verify proofs cheaply.
	type Hashing = Keccak256;
	type LeafData = BeefyMmrLeaf;
	type OnNewRoot = pallet_beefy_mmr::DepositBeefyDigest<Runtime>;
	type BlockHashProvider = pallet_mmr::DefaultBlockHashProvider<Runtime>;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = ();
}

impl pallet_beefy_mmr::Config for Runtime {
	type LeafVersion = LeafVersion;
	type BeefyAuthorityToMerkleLeaf = pallet_beefy_mmr::BeefyEcdsaToEthereum;
	type LeafExtra = LeafExtra;
	type BeefyDataProvider = LeafExtraProvider;
	type WeightInfo = ();
}

impl pallet_base_bridge::Config for Runtime {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type AdminOrigin = EnsureRoot<AccountId>;
	type BaseOrigin = EnsureRoot<AccountId>;
	type FeeAccount = ChainFeeAccount;
	type ChainFee = ChainMessageFee;
	type MinWithdrawal = MinWithdrawal;
	type MinRaise = MinRaise;
	type MaxQueued = MaxQueued;
	type MessagesPerBlock = MessagesPerBlock;
	type ReceiptsPerBlock = ReceiptsPerBlock;
	type KeepMessages = KeepMessages;
	type EpochLength = SettlementEpoch;
	type MaxPayouts = MaxPayouts;
	type PayoutDeposit = PayoutDeposit;
	type MinClaim = MinClaim;
	type ClaimsPerBlock = ClaimsPerBlock;
	type WeightInfo = pallet_base_bridge::weights::SubstrateWeight<Runtime>;
}
