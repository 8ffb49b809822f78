//! The first states of the development chains.
//!
//! A preset is JSON that patches the default genesis configuration. The node makes its chain
//! specifications from presets by name, and so does any other tool: it needs the WASM blob only.

use crate::{
	configs::deepnode::{AuditFund, EmissionPot},
	constants::{currency::UNIT, BABE_GENESIS_EPOCH_CONFIG},
	AccountId, BabeConfig, Balance, BalancesConfig, PowrConfig, RuntimeGenesisConfig, SessionConfig, SessionKeys,
	StakingConfig, SudoConfig,
};
use alloc::{string::ToString, vec, vec::Vec};
use frame_support::build_struct_json_patch;
use pallet_staking::StakerStatus;
use serde_json::Value;
use sp_core::crypto::get_public_from_string_or_panic;
use sp_genesis_builder::{PresetId, DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET};
use sp_keyring::Sr25519Keyring;
use sp_runtime::traits::AccountIdConversion;

/// What each of the well-known accounts has at the start.
pub const ENDOWMENT: Balance = 1_000_000 * UNIT;

/// What a validator has staked at the start, out of its endowment.
pub const VALIDATOR_BOND: Balance = 100_000 * UNIT;

/// What the emission's pot has at the start: all that is ever emitted.
pub const EMISSION: Balance = 40_000_000 * UNIT;

/// What the audit fund has at the start, until tasks have paid for their audits.
pub const AUDITS: Balance = 10_000 * UNIT;

/// A validator at genesis: whose stake it is, and the seed of its session keys.
type Validator = (Sr25519Keyring, &'static str);

const ALICE: Validator = (Sr25519Keyring::AliceStash, "Alice");
const BOB: Validator = (Sr25519Keyring::BobStash, "Bob");
const CHARLIE: Validator = (Sr25519Keyring::CharlieStash, "Charlie");
const DAVE: Validator = (Sr25519Keyring::DaveStash, "Dave");

/// The session keys that a node started with `--alice` and the like has: `//Alice` in each kind.
fn session_keys(seed: &str) -> SessionKeys {
	SessionKeys {
		grandpa: get_public_from_string_or_panic::<sp_consensus_grandpa::AuthorityId>(seed),
		babe: get_public_from_string_or_panic::<sp_consensus_babe::AuthorityId>(seed),
		beefy: get_public_from_string_or_panic::<sp_consensus_beefy::ecdsa_crypto::AuthorityId>(seed),
		authority_discovery: get_public_from_string_or_panic::<sp_authority_discovery::AuthorityId>(seed),
	}
}

/// A chain of these validators, where the well-known accounts are rich and Alice is root.
fn testnet(validators: &[Validator]) -> Value {
	let people = Sr25519Keyring::well_known().map(|account| (account.to_account_id(), ENDOWMENT));
	let pots = [
		(EmissionPot::get().into_account_truncating(), EMISSION),
		(AuditFund::get().into_account_truncating(), AUDITS),
	];
	let balances: Vec<(AccountId, Balance)> = people.chain(pots).collect();
	let keys: Vec<(AccountId, AccountId, SessionKeys)> = validators
		.iter()
		.map(|(stash, seed)| (stash.to_account_id(), stash.to_account_id(), session_keys(seed)))
		.collect();
	let stakers: Vec<_> = validators
		.iter()
		.map(|(stash, _)| {
			let stash = stash.to_account_id();
			(stash.clone(), stash, VALIDATOR_BOND, StakerStatus::Validator)
		})
		.collect();

	build_struct_json_patch!(RuntimeGenesisConfig {
		balances: BalancesConfig { balances },
		babe: BabeConfig { epoch_config: BABE_GENESIS_EPOCH_CONFIG },
		session: SessionConfig { keys },
		staking: StakingConfig { validator_count: validators.len() as u32, minimum_validator_count: 1, stakers },
		powr: PowrConfig { domains: vec![("vision/digits".into(), 500_000, "class".into(), 10)] },
		sudo: SudoConfig { key: Some(Sr25519Keyring::Alice.to_account_id()) },
	})
}

/// The preset of this name, as JSON.
pub fn get_preset(id: &PresetId) -> Option<Vec<u8>> {
	let patch = match id.as_str() {
		DEV_RUNTIME_PRESET => testnet(&[ALICE]),
		LOCAL_TESTNET_RUNTIME_PRESET => testnet(&[ALICE, BOB, CHARLIE, DAVE]),
		_ => return None,
	};
	Some(patch.to_string().into_bytes())
}

/// The names of all presets.
pub fn preset_names() -> Vec<PresetId> {
	vec![PresetId::from(DEV_RUNTIME_PRESET), PresetId::from(LOCAL_TESTNET_RUNTIME_PRESET)]
}
