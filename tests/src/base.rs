//! A local Base: anvil, with the bridge's contracts on it.

use std::{
	fs,
	path::{Path, PathBuf},
	process::Stdio,
	time::Duration,
};

use alloy::{
	network::{EthereumWallet, TransactionBuilder as _},
	primitives::{address, b256, Address, Bytes, B256, U256},
	providers::{DynProvider, Provider as _, ProviderBuilder},
	rpc::types::{TransactionReceipt, TransactionRequest},
	signers::local::PrivateKeySigner,
};
use anyhow::{ensure, Context as _, Result};
use deepnode_primitives::{bridge::AuthoritySet, Balance};
use deepnode_relayer::{base::Deployment, chain::Chain, commitment::Signed, proof::Anchor};
use serde_json::{json, Value};
use tokio::process::Command;

use crate::{
	process::Process,
	stage::{repository, Stage},
};

/// How long anvil may take to answer.
const READY: Duration = Duration::from_secs(30);
/// Seconds between two blocks.
const BLOCK_TIME: &str = "1";
/// Whose account deploys the contracts and has what of DN is not in the vault: the first of anvil's.
const DEPLOYER: B256 = b256!("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");
/// The relayers' and users' accounts: the next of anvil's.
pub const ACCOUNTS: [B256; 4] = [
	b256!("59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"),
	b256!("5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a"),
	b256!("7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6"),
	b256!("47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a"),
];

/// A local Base with the bridge's contracts on it.
#[derive(Debug)]
pub struct Base {
	/// anvil's process.
	pub process: Process,
	url: String,
	deployment: PathBuf,
	/// Where the contracts are.
	pub contracts: Deployment,
}

impl Base {
	/// Starts anvil, and deploys the contracts for a chain as it is when its validators have signed something.
	pub async fn start(stage: &Stage, chain: &Chain, signed: &Signed) -> Result<Self> {
		let (process, url) = anvil(stage).await?;
		let deployment = stage.file("base.json");
		let parameters = stage.file("parameters.json");
		fs::write(&parameters, format!("{:#}", parameters_for(chain, signed).await?))?;
		deploy(&url, &parameters, &deployment).await?;
		let contracts = Deployment::read(&deployment)?;
		Ok(Self { process, url, deployment, contracts })
	}

	/// Where it answers.
	pub fn url(&self) -> &str {
		&self.url
	}

	/// The file with the contracts' addresses.
	pub fn deployment(&self) -> &Path {
		&self.deployment
	}

	/// The contracts, as the relayer and the command line ask them.
	pub async fn ask(&self) -> Result<deepnode_relayer::base::Base> {
		Ok(deepnode_relayer::base::Base::connect(&self.url.parse()?, self.contracts).await?)
	}

	/// A provider that signs with a key.
	fn provider(&self, key: B256) -> Result<DynProvider> {
		let wallet = EthereumWallet::new(PrivateKeySigner::from_bytes(&key)?);
		Ok(ProviderBuilder::new().wallet(wallet).connect_http(self.url.parse()?).erased())
	}

	/// Sends a call, signed with a key, and waits until it is in a block.
	pub async fn send(&self, key: B256, to: Address, data: Bytes) -> Result<TransactionReceipt> {
		let request = TransactionRequest::default().with_to(to).with_input(data);
		let receipt = self.provider(key)?.send_transaction(request).await?.get_receipt().await?;
		ensure!(receipt.status(), "the call of {to} came to nothing");
		Ok(receipt)
	}

	/// Makes a call without sending anything, and returns what it gives; an error where the contract refuses it.
	pub async fn call(&self, to: Address, data: Bytes) -> Result<Bytes> {
		let request = TransactionRequest::default().with_to(to).with_input(data);
		Ok(self.provider(DEPLOYER)?.call(request).await?)
	}

	/// Sends a call as a contract itself, whose key nobody has.
	pub async fn send_as(&self, from: Address, to: Address, data: Bytes) -> Result<()> {
		let provider = ProviderBuilder::new().connect_http(self.url.parse()?);
		let client = provider.client();
		let _: Value = client.request("anvil_setBalance", (from, U256::from(10).pow(U256::from(18)))).await?;
		let _: Value = client.request("anvil_impersonateAccount", (from,)).await?;
		let request = TransactionRequest::default().with_from(from).with_to(to).with_input(data);
		let hash: B256 = client.request("eth_sendTransaction", (request,)).await?;
		let receipt = loop {
			match provider.get_transaction_receipt(hash).await? {
				Some(receipt) => break receipt,
				None => tokio::time::sleep(Duration::from_millis(200)).await,
			}
		};
		ensure!(receipt.status(), "the call of {to} came to nothing");
		Ok(())
	}

	/// Has blocks come by themselves, or none come at all.
	pub async fn mine(&self, on: bool) -> Result<()> {
		let provider = ProviderBuilder::new().connect_http(self.url.parse()?);
		let seconds: u64 = if on { BLOCK_TIME.parse()? } else { 0 };
		let _: Value = provider.client().request("evm_setIntervalMining", (seconds,)).await?;
		Ok(())
	}

	/// What an address has, in DN's smallest unit.
	pub async fn balance(&self, account: Address) -> Result<Balance> {
		Ok(self.ask().await?.balance_of(account, deepnode_relayer::base::BlockId::latest()).await?)
	}
}

/// The address of a key.
pub fn address_of(key: B256) -> Result<Address> {
	Ok(PrivateKeySigner::from_bytes(&key)?.address())
}

/// Starts anvil on a port that the system chooses, with the rules of Base and blocks that come by themselves.
async fn anvil(stage: &Stage) -> Result<(Process, String)> {
	let program = contracts("bin/anvil");
	ensure!(
		program.exists(),
		"anvil is not installed: run `npm ci` in bridge/contracts (scripts/setup does it), which puts it at {}",
		program.display()
	);
	let mut process = Process::start_file(stage, "anvil", &program, |command| {
		command.args(["--network", "optimism", "--host", "127.0.0.1", "--port", "0"]);
		command.args(["--block-time", BLOCK_TIME, "--slots-in-an-epoch", "1"]);
	})?;
	let listening = |line: &str| line.strip_prefix("Listening on ").map(|address| address.trim().to_owned());
	let address = process.log_line(READY, listening).await?;
	Ok((process, format!("http://{address}")))
}

/// What the deployment is to be: the example's parameters, for this chain.
async fn parameters_for(chain: &Chain, signed: &Signed) -> Result<Value> {
	let example = contracts("deploy/anvil.json");
	let text = fs::read(&example).with_context(|| format!("cannot read {}", example.display()))?;
	let mut parameters: Value = serde_json::from_slice(&text)?;
	let block = signed.block();
	let anchor = Anchor { block, root: signed.commitment.mmr_root };
	let current = chain.validators(signed.set(), block).await?.summary();
	// The leaf of the commitment's own block names the next set.
	let next = chain.prove(block - 1, anchor).await?.leaf.next_set;
	let set = |set: AuthoritySet| json!({ "id": set.id.to_string(), "len": set.len.to_string(), "root": set.root });
	let backing = chain.client.backing(None).await?;
	parameters["chain"] = json!(chain.client.genesis_hash());
	parameters["holder"] = json!(address_of(DEPLOYER)?);
	parameters["vault"] = json!(backing.backed.to_string());
	parameters["client"]["blockNumber"] = json!(block.to_string());
	parameters["client"]["mmrRoot"] = json!(anchor.root);
	parameters["client"]["current"] = set(current);
	parameters["client"]["next"] = set(next);
	Ok(parameters)
}

/// Runs the contracts' deployment script.
async fn deploy(url: &str, parameters: &Path, addresses: &Path) -> Result<()> {
	let script = contracts("bin/deploy");
	let mut command = Command::new(&script);
	command.arg(parameters).arg(addresses).args(["--rpc-url", url, "--broadcast"]);
	command.env("DEEPNODE_DEPLOYER_KEY", DEPLOYER.to_string()).stdin(Stdio::null()).kill_on_drop(true);
	let output = command.output().await.with_context(|| format!("cannot run {}", script.display()))?;
	ensure!(
		output.status.success(),
		"{} has failed ({}):\n{}{}",
		script.display(),
		output.status,
		String::from_utf8_lossy(&output.stdout),
		String::from_utf8_lossy(&output.stderr)
	);
	Ok(())
}

/// A file of the contracts' folder.
fn contracts(path: &str) -> PathBuf {
	repository("bridge/contracts").join(path)
}

/// Who has what the tests send to: nobody's address, without a past.
pub const NOBODY: Address = address!("00000000000000000000000000000000deadbeef");
