//! The chains that the node knows by name.

use deepnode_runtime::{genesis_config_presets::get_preset, opaque::Block, WASM_BINARY};
use sc_chain_spec::{ChainSpecExtension, ChainType, GenericChainSpec, Properties};
use serde::{Deserialize, Serialize};
use sp_genesis_builder::{DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET};

/// What a chain's specification may say to nodes beyond its genesis.
#[derive(Default, Clone, Serialize, Deserialize, ChainSpecExtension)]
#[serde(rename_all = "camelCase")]
pub struct Extensions {
	/// Blocks of a known hash, where the chain forked.
	pub fork_blocks: sc_client_api::ForkBlocks<Block>,
	/// Blocks that are invalid whatever their execution says.
	pub bad_blocks: sc_client_api::BadBlocks<Block>,
	/// From where light clients start. The RPC method `sync_state_genSyncSpec` fills it in.
	pub light_sync_state: sc_sync_state_rpc::LightSyncStateExtension,
}

/// The specification of a chain: its name, its peers and its genesis.
pub type ChainSpec = GenericChainSpec<Extensions>;

/// What the names of the network's protocols begin with.
const PROTOCOL_ID: &str = "deepnode";

/// How wallets show DN and addresses.
fn properties() -> Properties {
	let mut properties = Properties::new();
	properties.insert("tokenSymbol".into(), "DN".into());
	properties.insert("tokenDecimals".into(), 18.into());
	properties.insert("ss58Format".into(), 42.into());
	properties
}

fn wasm() -> Result<&'static [u8], String> {
	WASM_BINARY.ok_or_else(|| {
		"this node was built without a runtime (SKIP_WASM_BUILD was set): build it again without \
		 SKIP_WASM_BUILD, or give a chain specification file with --chain PATH"
			.into()
	})
}

/// The runtime's genesis preset of this name. The runtime's native code makes it, which is the same as
/// its WASM blob's and need not be compiled first, a matter of seconds at each start.
fn preset(name: &str) -> Result<serde_json::Value, String> {
	let json = get_preset(&name.into()).ok_or_else(|| format!("the runtime has no genesis preset `{name}`"))?;
	serde_json::from_slice(&json).map_err(|error| format!("the genesis preset `{name}` is not JSON: {error}"))
}

/// A chain of one validator, Alice, for development.
pub fn development() -> Result<ChainSpec, String> {
	Ok(ChainSpec::builder(wasm()?, Extensions::default())
		.with_name("DeepNode Development")
		.with_id("deepnode_dev")
		.with_protocol_id(PROTOCOL_ID)
		.with_chain_type(ChainType::Development)
		.with_genesis_config_patch(preset(DEV_RUNTIME_PRESET)?)
		.with_properties(properties())
		.build())
}

/// A chain of four validators on one machine: Alice, Bob, Charlie and Dave.
pub fn local() -> Result<ChainSpec, String> {
	Ok(ChainSpec::builder(wasm()?, Extensions::default())
		.with_name("DeepNode Local Testnet")
		.with_id("deepnode_local")
		.with_protocol_id(PROTOCOL_ID)
		.with_chain_type(ChainType::Local)
		.with_genesis_config_patch(preset(LOCAL_TESTNET_RUNTIME_PRESET)?)
		.with_properties(properties())
		.build())
}
