//! What a transaction costs, and where its fee goes.

use crate::{
	constants::currency::{MILLIUNIT, UNIT},
	Balance, Balances, Runtime, RuntimeEvent,
};
use frame_support::{
	parameter_types,
	traits::{ConstU128, ConstU8},
	weights::{constants::WEIGHT_REF_TIME_PER_SECOND, ConstantMultiplier},
};
use pallet_transaction_payment::{FungibleAdapter, Multiplier, TargetedFeeAdjustment};
use sp_runtime::{FixedPointNumber, Perquintill};

/// The price of a second of computing, all of what a block offers.
const PER_SECOND: Balance = 10 * UNIT;

/// The price of a unit of weight. With it a transfer costs about 0.004 DN.
const PER_WEIGHT: Balance = PER_SECOND / WEIGHT_REF_TIME_PER_SECOND as Balance;

/// The price of a byte: 10 DN for a megabyte, so that neither the length nor the computing of a
/// block is the cheap way to fill it.
const PER_BYTE: Balance = MILLIUNIT / 100;

parameter_types! {
	/// How full a block is to be on average: above it fees rise, below it they fall.
	pub const TargetBlockFullness: Perquintill = Perquintill::from_percent(25);
	/// How fast fees rise: while blocks are full, by about a quarter within an hour.
	pub AdjustmentVariable: Multiplier = Multiplier::saturating_from_rational(3, 10_000);
	/// Fees never fall below the prices above, so that an idle chain is not cheap to fill.
	pub MinimumMultiplier: Multiplier = Multiplier::from_u32(1);
	/// Fees never rise above a thousand times the prices above.
	pub MaximumMultiplier: Multiplier = Multiplier::from_u32(1_000);
}

impl pallet_transaction_payment::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type OnChargeTransaction = FungibleAdapter<Balances, pallet_fee_split::TransactionFees<Self>>;
	type WeightToFee = ConstantMultiplier<Balance, ConstU128<PER_WEIGHT>>;
	type LengthToFee = ConstantMultiplier<Balance, ConstU128<PER_BYTE>>;
	type FeeMultiplierUpdate =
		TargetedFeeAdjustment<Self, TargetBlockFullness, AdjustmentVariable, MinimumMultiplier, MaximumMultiplier>;
	type OperationalFeeMultiplier = ConstU8<5>;
	type WeightInfo = pallet_transaction_payment::weights::SubstrateWeight<Runtime>;
}
