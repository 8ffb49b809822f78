//! Who writes blocks and who finalises them: BABE, GRANDPA, and what becomes of those who do both
//! or neither as they should.

use super::staking::{BondingDuration, MaxNominators, SessionsPerEra};
use crate::{
	constants::time::{EPOCH_DURATION_IN_SLOTS, MILLISECS_PER_BLOCK},
	Historical, Offences, Runtime, RuntimeEvent, Session, Staking,
};
use frame_support::{parameter_types, traits::KeyOwnerProofSystem};
use sp_core::crypto::KeyTypeId;

parameter_types! {
	/// How many slots an epoch has.
	pub const EpochDuration: u64 = EPOCH_DURATION_IN_SLOTS;
	/// How often a block is expected, in milliseconds.
	pub const ExpectedBlockTime: u64 = MILLISECS_PER_BLOCK;
	/// How many authorities there may be at once, in each of the consensus protocols.
	pub const MaxAuthorities: u32 = 100;
	/// For how many blocks the report of an equivocation can be included: as long as the
	/// offender's stake is still bonded.
	pub const ReportLongevity: u64 =
		MaxSetIdSessionEntries::get().saturating_mul(EPOCH_DURATION_IN_SLOTS);
	/// How many authority set ids are mapped to sessions, for as long as a report is possible.
	pub const MaxSetIdSessionEntries: u64 =
		(BondingDuration::get() as u64).saturating_mul(SessionsPerEra::get() as u64);
}

/// The proof that an authority's key of kind `Key` belonged to a validator in a past session.
pub type KeyOwnerProof<Key> = <Historical as KeyOwnerProofSystem<(KeyTypeId, Key)>>::Proof;

impl pallet_babe::Config for Runtime {
	type EpochDuration = EpochDuration;
	type ExpectedBlockTime = ExpectedBlockTime;
	// Epochs follow the sessions of `pallet_session`.
	type EpochChangeTrigger = pallet_babe::ExternalTrigger;
	type DisabledValidators = Session;
	type WeightInfo = ();
	type MaxAuthorities = MaxAuthorities;
	type MaxNominators = MaxNominators;
	type KeyOwnerProof = KeyOwnerProof<pallet_babe::AuthorityId>;
	type EquivocationReportSystem = pallet_babe::EquivocationReportSystem<Self, Offences, Historical, ReportLongevity>;
}

impl pallet_grandpa::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = ();
	type MaxAuthorities = MaxAuthorities;
	type MaxNominators = MaxNominators;
	type MaxSetIdSessionEntries = MaxSetIdSessionEntries;
	type KeyOwnerProof = KeyOwnerProof<pallet_grandpa::AuthorityId>;
	type EquivocationReportSystem =
		pallet_grandpa::EquivocationReportSystem<Self, Offences, Historical, ReportLongevity>;
}

impl pallet_authorship::Config for Runtime {
	type FindAuthor = pallet_session::FindAccountFromAuthorIndex<Self, crate::Babe>;
	type EventHandler = Staking;
}

impl pallet_authority_discovery::Config for Runtime {
	type MaxAuthorities = MaxAuthorities;
}

impl pallet_offences::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type IdentificationTuple = pallet_session::historical::IdentificationTuple<Self>;
	type OnOffenceHandler = Staking;
}
