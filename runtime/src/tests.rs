//! What must hold of the runtime as a whole.

mod blocks;
mod properties;

use crate::{apis::api, configs::consensus::ReportLongevity, constants::currency::*, genesis_config_presets::*, *};
use codec::{Decode, Encode};
use frame_support::traits::Randomness;
use serde_json::Value;
use sp_consensus_babe::digests::{CompatibleDigestItem, PreDigest, SecondaryPlainPreDigest, SecondaryVRFPreDigest};
use sp_core::{crypto::VrfSecret, sr25519, Pair};
use sp_keyring::Sr25519Keyring;
use sp_runtime::{BuildStorage, Digest, DigestItem};

mod bridge;

/// Applies a preset's patch to the default configuration, as the node does.
fn merge(base: &mut Value, patch: Value) {
	match (base, patch) {
		(Value::Object(base), Value::Object(patch)) => {
			for (key, value) in patch {
				merge(base.entry(key).or_insert(Value::Null), value);
			}
		},
		(base, patch) => *base = patch,
	}
}

fn genesis_json(preset: &str) -> Value {
	let mut json = serde_json::to_value(RuntimeGenesisConfig::default()).unwrap();
	let patch = get_preset(&preset.into()).expect("the preset exists");
	merge(&mut json, serde_json::from_slice(&patch).expect("a preset is JSON"));
	json
}

fn genesis(preset: &str) -> sp_io::TestExternalities {
	let config: RuntimeGenesisConfig = serde_json::from_value(genesis_json(preset)).unwrap();
	config.build_storage().unwrap().into()
}

#[test]
fn every_preset_builds_through_the_runtime_api() {
	for preset in preset_names() {
		sp_io::TestExternalities::default().execute_with(|| {
			let json = genesis_json(&preset).to_string().into_bytes();
			let request = json.encode();
			let answer = api::dispatch("GenesisBuilder_build_state", &request).unwrap();
			let result = sp_genesis_builder::Result::decode(&mut &answer[..]).unwrap();
			assert_eq!(result, Ok(()), "{preset}");
		});
	}
}

#[test]
fn no_preset_issues_more_than_the_maximum_supply() {
	for preset in preset_names() {
		genesis(&preset).execute_with(|| {
			let issued = Balances::total_issuance();
			assert!(issued > 0, "{preset}");
			assert!(issued <= MAX_SUPPLY, "{preset} issues {issued}");
		});
	}
}

#[test]
fn presets_elect_their_validators_at_genesis() {
	for (preset, seeds) in [("development", vec!["Alice"]), ("local_testnet", vec!["Alice", "Bob", "Charlie", "Dave"])]
	{
		genesis(preset).execute_with(|| {
			let mut elected = Session::validators();
			let mut expected: Vec<AccountId> = seeds
				.iter()
				.map(|seed| sr25519::Pair::from_string(&format!("//{seed}//stash"), None).unwrap())
				.map(|pair| pair.public().into())
				.collect();
			elected.sort();
			expected.sort();
			assert_eq!(elected, expected);
			assert_eq!(Babe::authorities().len(), seeds.len());
			assert_eq!(Grandpa::grandpa_authorities().len(), seeds.len());
			assert_eq!(Beefy::validator_set().map(|set| set.len()), Some(seeds.len()));
			assert_eq!(AuthorityDiscovery::authorities().len(), seeds.len());
			assert_eq!(pallet_sudo::Key::<Runtime>::get(), Some(Sr25519Keyring::Alice.to_account_id()));
		});
	}
}

#[test]
fn an_unknown_preset_is_none() {
	assert_eq!(get_preset(&"mainnet".into()), None);
}

#[test]
fn offences_can_be_reported_as_long_as_stake_is_bonded() {
	use crate::configs::staking::*;
	assert!(HistoryDepth::get() > BondingDuration::get());
	assert!(SlashDeferDuration::get() < BondingDuration::get());
	assert_eq!(ReportLongevity::get(), 28 * 180 * 40);
}

#[test]
fn a_transfer_costs_between_a_thousandth_and_a_hundredth_of_a_dn() {
	use frame_support::dispatch::GetDispatchInfo;
	genesis("development").execute_with(|| {
		let call = RuntimeCall::Balances(pallet_balances::Call::transfer_keep_alive {
			dest: Sr25519Keyring::Bob.to_account_id().into(),
			value: UNIT,
		});
		// A signed transfer has about 150 bytes.
		let fee = TransactionPayment::compute_fee(150, &call.get_dispatch_info(), 0);
		assert!((MILLIUNIT..10 * MILLIUNIT).contains(&fee), "{fee}");
	});
}

fn vrf_digest(slot: u64) -> Digest {
	let data = sr25519::vrf::VrfTranscript::new(b"test", &[(b"slot", &slot.to_le_bytes())]);
	let vrf_signature = Sr25519Keyring::Alice.pair().vrf_sign(&data.into_sign_data());
	let digest = SecondaryVRFPreDigest { authority_index: 0, slot: slot.into(), vrf_signature };
	Digest { logs: vec![<DigestItem as CompatibleDigestItem>::babe_pre_digest(PreDigest::SecondaryVRF(digest))] }
}

fn random_in(number: BlockNumber, parent: Hash, digest: &Digest, subject: &[u8]) -> (Hash, u32) {
	sp_io::TestExternalities::default().execute_with(|| {
		System::set_block_number(number - 1);
		System::initialize(&number, &parent, digest);
		CurrentBlockVrf::random(subject)
	})
}

#[test]
fn randomness_depends_on_the_vrf_the_parent_and_the_subject() {
	let parent = Hash::repeat_byte(1);
	let (seed, known_since) = random_in(9, parent, &vrf_digest(1), b"task");
	assert_eq!(known_since, 9);
	assert_eq!(random_in(9, parent, &vrf_digest(1), b"task").0, seed);
	assert_ne!(random_in(9, parent, &vrf_digest(2), b"task").0, seed);
	assert_ne!(random_in(9, Hash::repeat_byte(2), &vrf_digest(1), b"task").0, seed);
	assert_ne!(random_in(9, parent, &vrf_digest(1), b"other").0, seed);
}

#[test]
fn without_a_vrf_output_randomness_is_known_since_genesis() {
	let plain = SecondaryPlainPreDigest { authority_index: 0, slot: 1.into() };
	let digest =
		Digest { logs: vec![<DigestItem as CompatibleDigestItem>::babe_pre_digest(PreDigest::SecondaryPlain(plain))] };
	assert_eq!(random_in(9, Hash::repeat_byte(1), &digest, b"task").1, 0);
	assert_eq!(random_in(9, Hash::repeat_byte(1), &Digest::default(), b"task").1, 0);
}
