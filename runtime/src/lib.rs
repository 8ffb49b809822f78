#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
// The macro that puts the pallets together writes types without documentation.
#![allow(missing_docs)]
// That macro goes deeper with every pallet.
#![recursion_limit = "256"]
// A runtime that panics stops the chain: what could panic is ruled out or written as a `Result`.
#![cfg_attr(
	not(test),
	deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]

extern crate alloc;

use alloc::vec::Vec;
use sp_runtime::{
	generic, impl_opaque_keys,
	traits::{BlakeTwo256, IdentifyAccount, Verify},
	MultiAddress,
};
use sp_version::RuntimeVersion;

pub mod apis;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarks;
pub mod configs;
pub mod constants;
pub mod genesis_config_presets;
pub mod randomness;
mod signature;
#[cfg(test)]
mod tests;

pub use configs::leaf_extra::LeafExtra;
pub use randomness::CurrentBlockVrf;
pub use signature::{Signature, Signer};
#[cfg(feature = "std")]
pub use wasm::*;

/// The runtime's WASM blob, none where `SKIP_WASM_BUILD` left it out.
#[cfg(feature = "std")]
#[allow(missing_docs)]
mod wasm {
	include!(concat!(env!("OUT_DIR"), "/wasm_binary.rs"));
}

/// Index of a block.
pub type BlockNumber = u32;

/// The name of an account: 32 bytes that its public key determines.
pub type AccountId = <<Signature as Verify>::Signer as IdentifyAccount>::AccountId;

/// An amount of DN, in its smallest part (see [`constants::currency`]).
pub type Balance = u128;

/// How many transactions an account has sent.
pub type Nonce = u32;

/// The hash of blocks, of the state and of most data on chain.
pub type Hash = sp_core::H256;

/// How a transaction names an account.
pub type Address = MultiAddress<AccountId, ()>;

/// A block header as the runtime knows it.
pub type Header = generic::Header<BlockNumber, BlakeTwo256>;

/// A block with decoded transactions.
pub type Block = generic::Block<Header, UncheckedExtrinsic>;

/// What a transaction carries besides its call; checked in this order.
///
/// `AuthorizeCall` comes first, so that a call which a pallet authorises by its own content needs
/// neither signer nor fee.
pub type TxExtension = (
	frame_system::AuthorizeCall<Runtime>,
	frame_system::CheckNonZeroSender<Runtime>,
	frame_system::CheckSpecVersion<Runtime>,
	frame_system::CheckTxVersion<Runtime>,
	frame_system::CheckGenesis<Runtime>,
	frame_system::CheckEra<Runtime>,
	frame_system::CheckNonce<Runtime>,
	frame_system::CheckWeight<Runtime>,
	pallet_transaction_payment::ChargeTransactionPayment<Runtime>,
	frame_metadata_hash_extension::CheckMetadataHash<Runtime>,
	frame_system::WeightReclaim<Runtime>,
);

/// A transaction, not yet checked.
pub type UncheckedExtrinsic = generic::UncheckedExtrinsic<Address, RuntimeCall, Signature, TxExtension>;

/// What the signer of a transaction signs.
pub type SignedPayload = generic::SignedPayload<RuntimeCall, TxExtension>;

/// Runs blocks.
pub type Executive =
	frame_executive::Executive<Runtime, Block, frame_system::ChainContext<Runtime>, Runtime, AllPalletsWithSystem>;

/// The types with which a node handles blocks without knowing what their transactions mean, so
/// that it can follow the chain through upgrades of the runtime.
pub mod opaque {
	use super::BlockNumber;
	use sp_runtime::{generic, traits::BlakeTwo256};

	pub use sp_runtime::OpaqueExtrinsic as UncheckedExtrinsic;

	/// A block header.
	pub type Header = generic::Header<BlockNumber, BlakeTwo256>;
	/// A block whose transactions are bytes.
	pub type Block = generic::Block<Header, UncheckedExtrinsic>;
	/// The number or hash of a block.
	pub type BlockId = generic::BlockId<Block>;
}

impl_opaque_keys! {
	/// The keys with which a validator takes part in a session.
	pub struct SessionKeys {
		/// Votes on finality.
		pub grandpa: Grandpa,
		/// Authors blocks.
		pub babe: Babe,
		/// Signs commitments for light clients on other chains.
		pub beefy: Beefy,
		/// Announces the validator's network addresses.
		pub authority_discovery: AuthorityDiscovery,
	}
}

/// The version of this runtime. A change of behaviour raises `spec_version`; a change of how
/// transactions are encoded raises `transaction_version` too.
#[sp_version::runtime_version]
pub const VERSION: RuntimeVersion = RuntimeVersion {
	spec_name: alloc::borrow::Cow::Borrowed("deepnode"),
	impl_name: alloc::borrow::Cow::Borrowed("deepnode"),
	authoring_version: 1,
	spec_version: 1,
	impl_version: 1,
	apis: apis::RUNTIME_API_VERSIONS,
	transaction_version: 1,
	system_version: 1,
};

// Indices are part of every transaction's encoding: an index in use is never given to another
// pallet. Those from 50 on are DeepNode's own.
//
// The order is that in which hooks run and genesis is built. It matters in three places: Authorship comes
// before Session, because the author of a block that ends a session belongs to the old one; Mmr comes after
// Session, so that a session's first leaf already commits to the next BEEFY authorities; BaseBridge is the last,
// so that it finds all that is issued at genesis, and a block's messages and receipts when the block ends.
#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeFreezeReason,
		RuntimeHoldReason,
		RuntimeSlashReason,
		RuntimeLockId,
		RuntimeTask,
		RuntimeViewFunction
	)]
	pub struct Runtime;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;

	#[runtime::pallet_index(1)]
	pub type Utility = pallet_utility;

	#[runtime::pallet_index(2)]
	pub type Babe = pallet_babe;

	#[runtime::pallet_index(3)]
	pub type Timestamp = pallet_timestamp;

	#[runtime::pallet_index(4)]
	pub type Authorship = pallet_authorship;

	#[runtime::pallet_index(5)]
	pub type Balances = pallet_balances;

	#[runtime::pallet_index(6)]
	pub type TransactionPayment = pallet_transaction_payment;

	#[runtime::pallet_index(7)]
	pub type Staking = pallet_staking;

	#[runtime::pallet_index(8)]
	pub type Session = pallet_session;

	#[runtime::pallet_index(9)]
	pub type Historical = pallet_session::historical;

	#[runtime::pallet_index(10)]
	pub type Offences = pallet_offences;

	#[runtime::pallet_index(11)]
	pub type Grandpa = pallet_grandpa;

	#[runtime::pallet_index(12)]
	pub type AuthorityDiscovery = pallet_authority_discovery;

	#[runtime::pallet_index(13)]
	pub type Beefy = pallet_beefy;

	#[runtime::pallet_index(14)]
	pub type Mmr = pallet_mmr;

	#[runtime::pallet_index(15)]
	pub type BeefyMmrLeaf = pallet_beefy_mmr;

	#[runtime::pallet_index(16)]
	pub type Sudo = pallet_sudo;

	#[runtime::pallet_index(50)]
	pub type ModelRegistry = pallet_model_registry;

	#[runtime::pallet_index(51)]
	pub type TaskAssignment = pallet_task_assignment;

	#[runtime::pallet_index(52)]
	pub type Attestation = pallet_attestation;

	#[runtime::pallet_index(53)]
	pub type FeeSplit = pallet_fee_split;

	#[runtime::pallet_index(54)]
	pub type DataRegistry = pallet_data_registry;

	#[runtime::pallet_index(55)]
	pub type Powr = pallet_powr;

	#[runtime::pallet_index(56)]
	pub type BaseBridge = pallet_base_bridge;
}
