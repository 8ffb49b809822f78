//! What a light client on another chain can check: BEEFY commitments over a Merkle mountain range
//! (MMR) with one leaf for each block.

use super::{
	consensus::{KeyOwnerProof, MaxAuthorities, MaxSetIdSessionEntries, ReportLongevity},
	leaf_extra::{LeafExtra, LeafExtraProvider},
	staking::MaxNominators,
};
use crate::{BeefyMmrLeaf, Historical, Offences, Runtime};
use frame_support::parameter_types;
use sp_consensus_beefy::{ecdsa_crypto::AuthorityId as BeefyId, mmr::MmrLeafVersion};
use sp_runtime::traits::Keccak256;

parameter_types! {
	/// The version of the leaf's format. A change that old decoders cannot read raises the major
	/// part, the first.
	pub LeafVersion: MmrLeafVersion = MmrLeafVersion::new(0, 0);
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
