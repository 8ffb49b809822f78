//! Relayers as processes, and what governance tells the chain of Base.

use std::{
	net::{SocketAddr, TcpListener},
	path::PathBuf,
	time::Duration,
};

use alloy::primitives::B256;
use anyhow::{ensure, Context as _, Result};
use deepnode_client::{keys, BridgeCall, Client};
use deepnode_relayer::{base::Deployment, chain::Chain, commitment::Signed};
use futures::StreamExt as _;
use tokio::{
	io::{AsyncReadExt as _, AsyncWriteExt as _},
	net::TcpStream,
};

use crate::{
	base::Base,
	node::{within, Node},
	process::Process,
	stage::Stage,
};

/// How long a relayer may take to be connected.
const READY: Duration = Duration::from_secs(60);
/// How long something may take to show.
const BECOMES: Duration = Duration::from_secs(120);
/// How long the validators may take to sign something.
const SIGNED: Duration = Duration::from_secs(180);

/// A relayer's process.
#[derive(Debug)]
pub struct Relayer {
	/// Its process; killed and started again as a scenario likes.
	pub process: Process,
	http: SocketAddr,
	plan: Plan,
}

/// How it is started, each time.
#[derive(Clone, Debug)]
struct Plan {
	stage: Stage,
	name: String,
	node: String,
	base: String,
	deployment: PathBuf,
	/// A fisherman has none.
	key: Option<B256>,
	more: Vec<String>,
}

impl Relayer {
	/// Starts a relayer with an account on Base.
	pub async fn start(stage: &Stage, name: &str, node: &Node, base: &Base, key: B256, more: &[&str]) -> Result<Self> {
		Self::begin(stage, name, node, base, Some(key), more).await
	}

	/// Starts a fisherman, who sends nothing.
	pub async fn watch(stage: &Stage, name: &str, node: &Node, base: &Base) -> Result<Self> {
		Self::begin(stage, name, node, base, None, &[]).await
	}

	async fn begin(
		stage: &Stage,
		name: &str,
		node: &Node,
		base: &Base,
		key: Option<B256>,
		more: &[&str],
	) -> Result<Self> {
		// A port that is free now, since it is asked at an address known beforehand.
		let http = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
		let plan = Plan {
			stage: stage.clone(),
			name: name.into(),
			node: node.url().into(),
			base: base.url().into(),
			deployment: base.deployment().to_owned(),
			key,
			more: more.iter().map(|word| (*word).to_owned()).collect(),
		};
		let process = plan.launch(http).await?;
		Ok(Self { process, http, plan })
	}

	/// Starts it again, with what it has on disk.
	pub async fn restart(&mut self) -> Result<()> {
		self.process.kill();
		self.process = self.plan.launch(self.http).await?;
		Ok(())
	}

	/// Starts it again on an empty disk.
	pub async fn restart_without_its_disk(&mut self) -> Result<()> {
		self.process.kill();
		std::fs::remove_dir_all(self.plan.data())?;
		self.restart().await
	}

	/// Waits until its page says that it is ready, or that it is not for a reason with these words.
	pub async fn becomes(&self, expected: Option<&str>) -> Result<()> {
		let what = expected.unwrap_or("it is ready");
		within(BECOMES, what, async {
			loop {
				let readiness = self.readiness().await?;
				let is = match expected {
					None => readiness["ready"] == true,
					Some(words) => readiness["reasons"].to_string().contains(words),
				};
				if is {
					return Ok(());
				}
				tokio::time::sleep(Duration::from_millis(500)).await;
			}
		})
		.await
	}

	/// Waits until a counter has reached a value.
	pub async fn counts(&self, name: &str, least: f64) -> Result<()> {
		within(BECOMES, &format!("{name} is {least}"), async {
			while self.metric(name).await? < least {
				tokio::time::sleep(Duration::from_millis(500)).await;
			}
			Ok(())
		})
		.await
	}

	/// A counter's value; 0 where there is none yet. The name is as Prometheus shows it, with labels.
	pub async fn metric(&self, name: &str) -> Result<f64> {
		let page = get(self.http, "/metrics").await?;
		let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
		line.map_or(Ok(0.0), |value| value.trim().parse().with_context(|| format!("{name} is {value}")))
	}

	/// What its page says of its readiness.
	pub async fn readiness(&self) -> Result<serde_json::Value> {
		let page = get(self.http, "/health/ready").await?;
		let (_, body) = page.split_once("\r\n\r\n").context("the page has no body")?;
		Ok(serde_json::from_str(body)?)
	}
}

impl Plan {
	/// What it keeps.
	fn data(&self) -> PathBuf {
		self.stage.file(format!("{}-data", self.name))
	}

	async fn launch(&self, http: SocketAddr) -> Result<Process> {
		let mut process = Process::start(&self.stage, &self.name, "deepnode-relayer", |command| {
			command.arg(if self.key.is_some() { "run" } else { "watch" });
			command.args(["--poll", "1", "--node", &self.node, "--base-rpc", &self.base, "--http", &http.to_string()]);
			command.arg("--deployment").arg(&self.deployment);
			if let Some(key) = &self.key {
				command.args(["--finality", "2"]).arg("--data-dir").arg(self.data());
				command.args(["--key", "env:RELAYER_KEY"]).env("RELAYER_KEY", key.to_string());
			}
			command.args(&self.more);
		})?;
		let begun = |line: &str| line.contains(" connected ") || line.contains(" watching");
		process.log_line(READY, |line| begun(line).then_some(())).await?;
		Ok(process)
	}
}

/// A page over HTTP, with its head.
async fn get(address: SocketAddr, path: &str) -> Result<String> {
	let mut stream = TcpStream::connect(address).await?;
	stream.write_all(format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n").as_bytes()).await?;
	let mut page = String::new();
	stream.read_to_string(&mut page).await?;
	ensure!(page.starts_with("HTTP/1."), "no page at {path}: {page}");
	Ok(page)
}

/// The first commitment above a block that the validators sign.
pub async fn signed_above(chain: &Chain, block: u32) -> Result<Signed> {
	let mut justifications = chain.client.beefy_justifications();
	within(SIGNED, &format!("a BEEFY commitment above block {block}"), async {
		loop {
			let bytes = justifications.next().await.context("the commitments have ended")?;
			let signed = Signed::decode(&bytes)?;
			if signed.block() > block {
				return Ok(signed);
			}
		}
	})
	.await
}

/// Names the gateway to the chain.
pub async fn set_gateway(client: &Client, base: &Base) -> Result<()> {
	let Deployment { chain_id: base, gateway, .. } = base.contracts;
	as_root(client, BridgeCall::SetGateway { base, address: gateway.0 .0.into() }).await
}

/// Ends the epoch of payouts in the next block.
pub async fn end_epoch(client: &Client) -> Result<()> {
	as_root(client, BridgeCall::EndEpoch).await
}

async fn as_root(client: &Client, call: BridgeCall) -> Result<()> {
	client.bridge_as_root(&keys::parse("//Alice")?, None, call).await?;
	Ok(())
}
