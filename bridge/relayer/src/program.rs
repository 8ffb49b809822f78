//! The whole program, behind its command line.

use std::{process::ExitCode, time::Duration};

use anyhow::bail;
use deepnode_client::Client;
use deepnode_service::{bind, keep_trying, log, pages, serve, Backoff};
use tokio::sync::watch;

use crate::{
	base::{Base, Deployment},
	chain::Chain,
	cli::{Command, Ends, Service},
	health::Health,
	metrics::Metrics,
	relay, watch as fisherman,
};

/// The pauses after failures.
pub(crate) const PAUSES: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));

/// Does what the command line says.
pub fn main(command: Command) -> ExitCode {
	let as_json = match &command {
		Command::Run(run) => run.service.log_json,
		Command::Watch(watch) => watch.service.log_json,
		Command::Status(_) => false,
	};
	log(as_json);
	let done = tokio::runtime::Runtime::new().map_err(Into::into).and_then(|runtime| {
		runtime.block_on(async {
			match command {
				Command::Run(run) => relay::run(*run).await,
				Command::Watch(watch) => fisherman::run(watch).await,
				Command::Status(ends) => fisherman::status(ends).await,
			}
		})
	});
	match done {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("error: {error:#}");
			ExitCode::FAILURE
		},
	}
}

/// What a long run reports by, already served.
pub(crate) async fn report(service: &Service) -> anyhow::Result<(Health, Metrics)> {
	let (health, metrics) = (Health::default(), Metrics::new()?);
	let listener = bind(service.http).await?;
	tracing::info!(http = %listener.local_addr()?, "serving health and metrics");
	let shown = health.clone();
	tokio::spawn(serve(listener, pages(move || shown.readiness(), metrics.registry.clone())));
	Ok((health, metrics))
}

/// Connects to the nodes and to Base, trying until they answer; `None` where a signal ends the attempts. Contracts
/// that are on another chain are an error at once.
pub(crate) async fn connect(
	ends: &Ends,
	stop: &mut watch::Receiver<bool>,
) -> anyhow::Result<Option<(Vec<Chain>, Base)>> {
	let deployment = Deployment::read(&ends.deployment)?;
	let failed = |error: anyhow::Error, retry_in| {
		if is_final(&error) {
			return Err(error);
		}
		tracing::warn!(error = format!("{error:#}"), ?retry_in, "cannot connect");
		Ok(())
	};
	keep_trying(PAUSES, stop, || once(ends, deployment), failed).await
}

/// Connects to the nodes and to Base, or fails.
pub(crate) async fn once(ends: &Ends, deployment: Deployment) -> anyhow::Result<(Vec<Chain>, Base)> {
	let mut chains = Vec::new();
	for url in &ends.node {
		chains.push(Chain { client: Client::connect(url).await? });
	}
	let genesis: Vec<_> = chains.iter().map(|chain| chain.client.genesis_hash()).collect();
	if let Some(other) = genesis.iter().position(|hash| Some(hash) != genesis.first()) {
		bail!(OtherNode { url: ends.node.get(other).cloned().unwrap_or_default() });
	}
	let base = Base::connect(&ends.base_rpc, deployment).await?;
	Ok((chains, base))
}

/// Two nodes are of different chains.
#[derive(Debug, thiserror::Error)]
#[error("the node at {url} is of another chain than the first: name nodes of one chain with --node")]
struct OtherNode {
	url: String,
}

/// Whether trying again is of no use.
fn is_final(error: &anyhow::Error) -> bool {
	use crate::base::BaseError;
	error.is::<OtherNode>()
		|| matches!(error.downcast_ref(), Some(BaseError::OtherChain { .. } | BaseError::NoContract { .. }))
		|| matches!(error.downcast_ref(), Some(deepnode_client::Error::Incompatible(_)))
}
