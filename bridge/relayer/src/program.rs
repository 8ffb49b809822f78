//! The whole program, behind its command line.

use std::{io::IsTerminal as _, process::ExitCode, time::Duration};

use anyhow::{bail, Context as _};
use deepnode_client::Client;
use tokio::{
	net::TcpListener,
	signal::unix::{signal, SignalKind},
	sync::watch,
};
use tracing_subscriber::EnvFilter;

use crate::{
	backoff::Backoff,
	base::{Base, Deployment},
	chain::Chain,
	cli::{Command, Ends, Service},
	health::Health,
	http::{self, Pages},
	metrics::Metrics,
	relay, watch as fisherman,
};

/// The first pause after a failure.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

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

/// Logs to the standard error. What cannot be written there is lost.
fn log(as_json: bool) {
	let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
	let builder =
		tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).log_internal_errors(false);
	if as_json {
		builder.json().init();
	} else {
		builder.with_ansi(std::io::stderr().is_terminal()).init();
	}
}

/// What a long run reports by, already served.
pub(crate) async fn report(service: &Service) -> anyhow::Result<Pages> {
	let pages = Pages { health: Health::default(), metrics: Metrics::new()? };
	let listener = TcpListener::bind(service.http).await.with_context(|| {
		format!("the address {} is taken or not this machine's; choose another with --http", service.http)
	})?;
	tracing::info!(http = %listener.local_addr()?, "serving health and metrics");
	tokio::spawn(http::serve(listener, pages.clone()));
	Ok(pages)
}

/// Connects to the nodes and to Base, trying until they answer; `None` where a signal ends the attempts. Contracts
/// that are on another chain are an error at once.
pub(crate) async fn connect(
	ends: &Ends,
	stop: &mut watch::Receiver<bool>,
) -> anyhow::Result<Option<(Vec<Chain>, Base)>> {
	let deployment = Deployment::read(&ends.deployment)?;
	let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
	loop {
		let attempt = tokio::select! {
			attempt = once(ends, deployment) => attempt,
			() = stopped(stop) => return Ok(None),
		};
		let error = match attempt {
			Ok(ends) => return Ok(Some(ends)),
			Err(error) if is_final(&error) => return Err(error),
			Err(error) => error,
		};
		let retry_in = backoff.failed(chance());
		tracing::warn!(error = format!("{error:#}"), ?retry_in, "cannot connect");
		tokio::select! {
			() = tokio::time::sleep(retry_in) => {},
			() = stopped(stop) => return Ok(None),
		}
	}
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

/// Any number.
pub(crate) fn chance() -> u32 {
	use std::hash::{BuildHasher as _, RandomState};
	RandomState::new().hash_one(()) as u32
}

/// Returns when the signal has come.
pub(crate) async fn stopped(stop: &mut watch::Receiver<bool>) {
	// The sender is gone only together with the process.
	let _ = stop.wait_for(|stop| *stop).await;
}

/// Becomes true at the first SIGTERM or SIGINT; the second ends the process.
pub(crate) fn stop_signal() -> anyhow::Result<watch::Receiver<bool>> {
	let (sender, receiver) = watch::channel(false);
	let mut terminate = signal(SignalKind::terminate())?;
	let mut interrupt = signal(SignalKind::interrupt())?;
	tokio::spawn(async move {
		let mut stopping = false;
		loop {
			tokio::select! {
				_ = terminate.recv() => {},
				_ = interrupt.recv() => {},
			}
			if stopping {
				tracing::warn!("a second signal: ending at once");
				std::process::exit(130);
			}
			stopping = true;
			tracing::info!("stopping; a second signal ends the relayer at once");
			sender.send_replace(true);
		}
	});
	Ok(receiver)
}
