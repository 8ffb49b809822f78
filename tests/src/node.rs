//! Nodes.

use std::{process::Command, time::Duration};

use anyhow::{Context as _, Result};
use deepnode_client::Client;
use subxt::rpcs::client::{rpc_params, RpcClient};

use crate::{process::Process, stage::Stage};

/// How long a node may take to answer: it compiles the runtime's WASM first.
const READY: Duration = Duration::from_secs(180);

/// The validators of a local network.
const VALIDATORS: [&str; 4] = ["alice", "bob", "charlie", "dave"];

/// A running node.
#[derive(Debug)]
pub struct Node {
	url: String,
	/// Its process.
	pub process: Process,
}

impl Node {
	/// A development chain's only validator.
	pub async fn dev(stage: &Stage) -> Result<Self> {
		let arrange = |command: &mut Command| {
			command.arg("--dev");
		};
		Self::start(stage, "node", "0", arrange).await
	}

	/// The four validators of a local network, who know each other.
	pub async fn four_validators(stage: &Stage) -> Result<Vec<Self>> {
		let mut nodes: Vec<Self> = Vec::new();
		for name in VALIDATORS {
			let bootnode = match nodes.first() {
				Some(first) => Some(first.address().await?),
				None => None,
			};
			nodes.push(Self::validator(stage, name, "0", bootnode.as_deref()).await?);
		}
		Ok(nodes)
	}

	/// Stops all validators of a local network, and starts them again with what they have on disk. Each answers where
	/// it did before.
	pub async fn restart_validators(stage: &Stage, nodes: &mut [&mut Self]) -> Result<()> {
		for node in nodes.iter_mut() {
			node.process.kill();
		}
		let mut first = None;
		for node in nodes {
			let port = node.url.rsplit(':').next().context("a URL has a port")?.to_owned();
			let name = node.process.name().to_owned();
			**node = Self::validator(stage, &name, &port, first.as_deref()).await?;
			if first.is_none() {
				first = Some(node.address().await?);
			}
		}
		Ok(())
	}

	/// Starts a validator of a local network that finds the others by one of them.
	async fn validator(stage: &Stage, name: &str, port: &str, bootnode: Option<&str>) -> Result<Self> {
		let arrange = |command: &mut Command| {
			command.args(["--chain", "local", "--validator", "--no-mdns"]).arg(format!("--{name}"));
			// Without a key in its base path a validator does not start, and these have no past.
			command.arg("--unsafe-force-node-key-generation");
			if let Some(address) = bootnode {
				command.args(["--bootnodes", address]);
			}
		};
		Self::start(stage, name, port, arrange).await
	}

	/// Starts a node that listens on this machine only, for RPC on `port`, where it is not 0, and otherwise on ports
	/// that the system chooses.
	async fn start(stage: &Stage, name: &str, port: &str, arrange: impl FnOnce(&mut Command)) -> Result<Self> {
		let mut process = Process::start(stage, name, "deepnode-node", |command| {
			command.args(["--rpc-port", port, "--listen-addr", "/ip4/127.0.0.1/tcp/0", "--rpc-max-connections", "200"]);
			command.args(["--no-prometheus", "--no-telemetry", "--disable-log-color"]);
			command.arg("--base-path").arg(stage.file(format!("{name}-data")));
			arrange(command);
		})?;
		let port = process.log_line(READY, rpc_port).await?;
		Ok(Self { url: format!("ws://127.0.0.1:{port}"), process })
	}

	/// Where it answers.
	pub fn url(&self) -> &str {
		&self.url
	}

	/// A client of the chain through it.
	pub async fn client(&self) -> Result<Client> {
		Ok(Client::connect(&self.url).await?)
	}

	/// Its RPC methods, for what the client has no words for.
	pub async fn rpc(&self) -> Result<RpcClient> {
		Ok(RpcClient::from_insecure_url(&self.url).await?)
	}

	/// Where its peers find it.
	async fn address(&self) -> Result<String> {
		let rpc = self.rpc().await?;
		loop {
			let addresses: Vec<String> = rpc.request("system_localListenAddresses", rpc_params![]).await?;
			match addresses.into_iter().find(|address| address.starts_with("/ip4/127.0.0.1/tcp/")) {
				Some(address) => return Ok(address),
				None => tokio::time::sleep(Duration::from_millis(200)).await,
			}
		}
	}
}

/// The port in a node's `Running JSON-RPC server: addr=127.0.0.1:9944,[::1]:9944`.
fn rpc_port(line: &str) -> Option<u16> {
	let (_, addresses) = line.split_once("Running JSON-RPC server: addr=127.0.0.1:")?;
	let digits = addresses.split(|character: char| !character.is_ascii_digit()).next()?;
	digits.parse().ok()
}

/// Waits for at most `within`, and says what did not happen in it.
pub async fn within<T>(limit: Duration, what: &str, wait: impl std::future::Future<Output = Result<T>>) -> Result<T> {
	tokio::time::timeout(limit, wait).await.with_context(|| format!("not within {limit:?}: {what}"))?
}
