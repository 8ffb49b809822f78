//! The relayer knows the contracts as the compiler does.

use std::{
	collections::BTreeSet,
	fs,
	path::{Path, PathBuf},
	process::Command,
};

use anyhow::{ensure, Context as _, Result};
use deepnode_relayer::base::abi::{
	IBeefyClient::{IBeefyClientCalls, IBeefyClientEvents},
	IGateway::IGatewayCalls,
	IReceiptVerifier::IReceiptVerifierCalls,
	ISettlement::ISettlementCalls,
	IToken::ITokenCalls,
	Refusals::RefusalsErrors,
};
use deepnode_tests::stage::repository;
use serde_json::Value;

/// The errors that Solidity itself gives.
const BUILT_IN: [&str; 2] = ["Error(string)", "Panic(uint256)"];

#[test]
fn calls_events_and_errors_are_those_of_the_contracts() -> Result<()> {
	let artifacts = built()?;
	for (contract, calls) in [
		("BeefyClient", IBeefyClientCalls::SIGNATURES),
		("Gateway", IGatewayCalls::SIGNATURES),
		("Settlement", ISettlementCalls::SIGNATURES),
		("ReceiptVerifier", IReceiptVerifierCalls::SIGNATURES),
		("DeepNodeToken", ITokenCalls::SIGNATURES),
	] {
		let artifact = artifact(&artifacts.join(format!("{contract}.sol/{contract}.json")))?;
		let known = artifact["methodIdentifiers"].as_object().context("no methods")?;
		for call in calls {
			assert!(known.contains_key(*call), "{contract} does not answer {call}");
		}
	}

	let beefy_client = artifact(&artifacts.join("BeefyClient.sol/BeefyClient.json"))?;
	let events = signatures(&beefy_client, "event");
	for event in IBeefyClientEvents::SIGNATURES {
		assert!(events.contains(*event), "the light client does not emit {event}");
	}

	let mut errors: BTreeSet<String> = BUILT_IN.iter().map(|error| (*error).to_owned()).collect();
	for folder in fs::read_dir(&artifacts)? {
		let folder = folder?.path();
		if !folder.is_dir() {
			continue;
		}
		for file in fs::read_dir(folder)? {
			let file = file?.path();
			if file.extension().is_some_and(|extension| extension == "json") {
				errors.extend(signatures(&artifact(&file)?, "error"));
			}
		}
	}
	for error in RefusalsErrors::SIGNATURES {
		assert!(errors.contains(*error), "no contract refuses anything with {error}");
	}
	Ok(())
}

/// Where the compiler has put what it says of the contracts.
fn built() -> Result<PathBuf> {
	let contracts = repository("bridge/contracts");
	let forge = contracts.join("bin/forge");
	ensure!(
		forge.exists(),
		"forge is not installed: run `npm ci` in bridge/contracts (scripts/setup does it), which puts it at {}",
		forge.display()
	);
	let output = Command::new(&forge).arg("build").current_dir(&contracts).output()?;
	let said = String::from_utf8_lossy(&output.stderr);
	ensure!(output.status.success(), "the contracts do not compile: {said}");
	Ok(contracts.join("out"))
}

fn artifact(path: &Path) -> Result<Value> {
	let text = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
	Ok(serde_json::from_slice(&text)?)
}

/// The signatures of a kind in a contract's interface. Neither events nor errors have structures in them.
fn signatures(artifact: &Value, kind: &str) -> BTreeSet<String> {
	let entries = artifact["abi"].as_array().into_iter().flatten().filter(|entry| entry["type"] == kind);
	entries
		.map(|entry| {
			let inputs = entry["inputs"].as_array().into_iter().flatten();
			let types: Vec<_> = inputs.filter_map(|input| input["type"].as_str()).collect();
			format!("{}({})", entry["name"].as_str().unwrap_or_default(), types.join(","))
		})
		.collect()
}
