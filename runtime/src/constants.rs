//! The figures that the configuration of several pallets shares.

/// Amounts of DN.
pub mod currency {
	use crate::Balance;

	/// One DN. It has 18 decimals, like its ERC-20 on Base.
	pub const UNIT: Balance = 1_000_000_000_000_000_000;

	/// A thousandth of a DN.
	pub const MILLIUNIT: Balance = UNIT / 1_000;

	/// What an account must hold to exist.
	pub const EXISTENTIAL_DEPOSIT: Balance = MILLIUNIT;

	/// No more DN than this ever exist.
	pub const MAX_SUPPLY: Balance = 100_000_000 * UNIT;
}

/// Times.
pub mod time {
	use crate::BlockNumber;

	/// How often a block is expected, in milliseconds.
	pub const MILLISECS_PER_BLOCK: u64 = 3_000;

	/// How long a BABE slot lasts, in milliseconds. It cannot change once the chain has started.
	pub const SLOT_DURATION: u64 = MILLISECS_PER_BLOCK;

	/// How many slots make up an epoch, which is also a session: 2 minutes.
	///
	/// A BEEFY authority set is handed over to the next by a commitment in each session, a new
	/// validator waits two sessions, and a test of either has to see one go by, so sessions are
	/// short. The price is one mandatory commitment for each that a light client elsewhere has to
	/// follow. Like the slot's duration it is fixed for a chain's lifetime.
	pub const EPOCH_DURATION_IN_SLOTS: u64 = 40;

	/// How many sessions make up an era, the period for which validators are elected: 6 hours.
	pub const SESSIONS_PER_ERA: u32 = 180;

	/// How many blocks a minute has.
	pub const MINUTES: BlockNumber = 60_000 / (MILLISECS_PER_BLOCK as BlockNumber);

	/// How many blocks an hour has.
	pub const HOURS: BlockNumber = 60 * MINUTES;

	/// How many blocks a day has.
	pub const DAYS: BlockNumber = 24 * HOURS;
}

/// The first configuration of BABE.
///
/// A slot has a primary author with probability `c`, and a secondary one otherwise. Primary and
/// secondary blocks both carry a VRF output, on which [`CurrentBlockVrf`](crate::CurrentBlockVrf)
/// relies.
pub const BABE_GENESIS_EPOCH_CONFIG: sp_consensus_babe::BabeEpochConfiguration =
	sp_consensus_babe::BabeEpochConfiguration {
		c: (1, 4),
		allowed_slots: sp_consensus_babe::AllowedSlots::PrimaryAndSecondaryVRFSlots,
	};
