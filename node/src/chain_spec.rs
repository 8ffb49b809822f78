//! The chains that the node knows by name.

use deepnode_runtime::{genesis_config_presets::get_preset, opaque::Block, RuntimeGenesisConfig, WASM_BINARY};
use sc_chain_spec::{json_merge, ChainSpecExtension, ChainType, GenericChainSpec, Properties};
use serde::{Deserialize, Serialize};
use serde_json::{json, Value};
use sp_core::{
	bytes::to_hex,
	storage::{well_known_keys, StorageMap},
};
use sp_genesis_builder::{DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET};
use sp_runtime::BuildStorage;

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

/// A chain that the node knows by name, from one of the runtime's genesis presets.
pub struct Known {
	name: &'static str,
	id: &'static str,
	chain_type: ChainType,
	preset: &'static str,
}

impl Known {
	/// A chain of one validator, Alice, for development.
	pub const DEVELOPMENT: Self = Self {
		name: "DeepNode Development",
		id: "deepnode_dev",
		chain_type: ChainType::Development,
		preset: DEV_RUNTIME_PRESET,
	};

	/// A chain of four validators on one machine: Alice, Bob, Charlie and Dave.
	pub const LOCAL: Self = Self {
		name: "DeepNode Local Testnet",
		id: "deepnode_local",
		chain_type: ChainType::Local,
		preset: LOCAL_TESTNET_RUNTIME_PRESET,
	};

	/// The chain that `--chain` means by this word.
	pub fn named(word: &str) -> Option<Self> {
		match word {
			"dev" => Some(Self::DEVELOPMENT),
			"" | "local" => Some(Self::LOCAL),
			_ => None,
		}
	}

	/// What the preset changes of the default genesis configuration.
	fn patch(&self) -> Result<Value, String> {
		let preset = self.preset;
		let json = get_preset(&preset.into()).ok_or_else(|| format!("the runtime has no genesis preset `{preset}`"))?;
		serde_json::from_slice(&json).map_err(|error| format!("the genesis preset `{preset}` is not JSON: {error}"))
	}

	/// The specification as people read it: it names what differs from the default genesis.
	pub fn readable(&self) -> Result<ChainSpec, String> {
		Ok(ChainSpec::builder(wasm()?, Extensions::default())
			.with_name(self.name)
			.with_id(self.id)
			.with_protocol_id(PROTOCOL_ID)
			.with_chain_type(self.chain_type.clone())
			.with_genesis_config_patch(self.patch()?)
			.with_properties(properties())
			.build())
	}

	/// The specification as nodes run it: it lists the genesis state. The runtime's native code makes
	/// that, which is the same as its WASM blob's and need not be compiled first, a matter of seconds at
	/// each start.
	pub fn raw(&self) -> Result<ChainSpec, String> {
		let explain = |error: serde_json::Error| format!("the genesis preset `{}` is invalid: {error}", self.preset);
		let mut config = serde_json::to_value(RuntimeGenesisConfig::default()).map_err(explain)?;
		json_merge(&mut config, self.patch()?);
		let mut genesis = serde_json::from_value::<RuntimeGenesisConfig>(config).map_err(explain)?.build_storage()?;
		genesis.top.insert(well_known_keys::CODE.into(), wasm()?.into());
		let children: serde_json::Map<_, _> = genesis
			.children_default
			.iter()
			.map(|(key, child)| (to_hex(key, false), Value::Object(hex_map(&child.data))))
			.collect();
		let mut spec = serde_json::to_value(Extensions::default()).map_err(explain)?;
		json_merge(
			&mut spec,
			json!({
				"name": self.name,
				"id": self.id,
				"chainType": self.chain_type,
				"bootNodes": [],
				"protocolId": PROTOCOL_ID,
				"properties": properties(),
				"genesis": { "raw": { "top": hex_map(&genesis.top), "childrenDefault": children } },
			}),
		);
		ChainSpec::from_json_bytes(serde_json::to_vec(&spec).map_err(explain)?)
	}
}

/// Keys and values as a chain specification has them.
fn hex_map(storage: &StorageMap) -> serde_json::Map<String, Value> {
	storage.iter().map(|(key, value)| (to_hex(key, false), to_hex(value, false).into())).collect()
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn native_code_and_wasm_make_the_same_genesis() {
		for known in [Known::DEVELOPMENT, Known::LOCAL] {
			let by_wasm = known.readable().unwrap().build_storage().unwrap();
			let natively = known.raw().unwrap().build_storage().unwrap();
			assert_eq!(by_wasm.top.keys().collect::<Vec<_>>(), natively.top.keys().collect::<Vec<_>>());
			assert!(by_wasm.top == natively.top, "{}: a value differs", known.name);
			assert!(by_wasm.children_default == natively.children_default, "{}: a child trie differs", known.name);
		}
	}

	#[test]
	fn both_forms_of_a_specification_say_the_same_about_its_chain() {
		for known in [Known::DEVELOPMENT, Known::LOCAL] {
			let [readable, raw] = [known.readable().unwrap(), known.raw().unwrap()].map(|spec| {
				let mut json: Value = serde_json::from_str(&spec.as_json(false).unwrap()).unwrap();
				json.as_object_mut().unwrap().remove("genesis");
				json
			});
			assert_eq!(readable, raw);
		}
	}
}
