//! The `run` command: puts the parts together and takes them down in order.

use std::{fs, io, sync::Arc, time::Duration};

use anyhow::Context;
use tokio::{
	net::TcpListener,
	signal::unix::{signal, SignalKind},
	sync::watch,
	time::sleep,
};

use crate::{
	cache::Cache,
	chain::{keys, Chain, Keypair, Node},
	cli::Run,
	fetch::{Fetcher, Policy},
	health::Health,
	http::{self, Pages},
	metrics::Metrics,
	private::Ability,
	runner::{Answerer, Runner},
	sandbox::Sandbox,
	service,
	store::Store,
	tasks::Attendant,
};

const MIB: u64 = 1 << 20;

/// Serves tasks until a signal ends it. `wrap` makes what answers them of the worker's own [`Runner`],
/// which is the shipped worker's whole answer.
pub async fn run<A: Answerer>(args: Run, wrap: impl FnOnce(Runner) -> A) -> anyhow::Result<()> {
	outlive_full_disks()?;
	let key = keys::parse(&args.key)?;
	fs::create_dir_all(&args.data_dir)
		.with_context(|| format!("cannot make the directory {}", args.data_dir.display()))?;
	let metrics = Metrics::new()?;
	let health = Health::default();
	let outputs = Cache::open(&args.data_dir.join("outputs"), 1024 * MIB)?;
	let listener = TcpListener::bind(args.http).await.with_context(|| {
		format!("the address {} is taken or not this machine's; choose another with --http", args.http)
	})?;
	tracing::info!(account = %key.account(), node = args.node, http = %listener.local_addr()?, "starting");
	let pages = Pages { health: health.clone(), metrics: metrics.clone(), outputs: outputs.clone() };
	tokio::spawn(http::serve(listener, pages));

	let sandbox = Sandbox::start(args.engine.config()).await?;
	let about = sandbox.description();
	tracing::info!(engine = about.engine, "the sandbox works");
	match about.landlock {
		2 => {},
		1 => tracing::warn!("this kernel's Landlock is old: seccomp alone keeps models from a part of the files"),
		_ => tracing::warn!("this kernel lacks Landlock: seccomp alone keeps models from files; see --sandbox"),
	}
	let private = match args.private_config() {
		Some(config) => Some(Sandbox::start(config).await?),
		None => None,
	};
	let ability = Ability::of_this_build(private.is_some());
	match &private {
		Some(private) => tracing::info!(engine = private.description().engine, "answers encrypted inputs"),
		None => {
			let why = match ability {
				Ability::NotBuilt => "built without the feature `fhe`",
				Ability::Answers | Ability::SwitchedOff => "run with --no-fhe",
			};
			tracing::warn!(why, "does not answer encrypted inputs: its account joins with --no-private");
		},
	}
	let policy = Policy {
		file_roots: args.file_root,
		private_hosts: args.allow_private_hosts,
		longest: args.max_content.saturating_mul(MIB),
		..Policy::default()
	};
	let cache = Cache::open(&args.data_dir.join("content"), args.cache.saturating_mul(MIB))?;
	let fetcher = Fetcher::new(policy, cache, metrics.clone());
	let runner = Runner::new(sandbox, fetcher, metrics.clone(), args.concurrency).with_private(private);
	let answerer = Arc::new(wrap(runner));

	let stop = stop_signal()?;
	let Some(chain) = connect(&args.node, key, stop.clone()).await else { return Ok(()) };
	let store = Store::open(&args.data_dir, &chain.genesis(), chain.account())?;
	let (chain, public_url) = (Arc::new(chain), args.public_url);
	let attendant = Attendant { chain, answerer, store, outputs, public_url, private: ability, metrics };
	service::serve(Arc::new(attendant), health, stop, Duration::from_secs(args.grace)).await;
	tracing::info!("stopped");
	Ok(())
}

/// Tries until the node answers; `None` where a signal ends the attempts.
async fn connect(url: &str, key: Keypair, mut stop: watch::Receiver<bool>) -> Option<Node> {
	let mut pause = Duration::from_secs(1);
	loop {
		let attempt = tokio::select! {
			attempt = Node::connect(url, key.clone()) => attempt,
			_ = stop.wait_for(|stop| *stop) => return None,
		};
		match attempt {
			Ok(node) => {
				tracing::info!(genesis = ?node.genesis(), "connected");
				return Some(node);
			},
			Err(error) => tracing::warn!(%error, retry_in = ?pause, "the node is not reachable"),
		}
		tokio::select! {
			() = sleep(pause) => pause = pause.saturating_mul(2).min(Duration::from_secs(30)),
			_ = stop.wait_for(|stop| *stop) => return None,
		}
	}
}

/// Has a write beyond a limit on the size of files (`RLIMIT_FSIZE`) fail like one to a full disk. The
/// kernel's signal would end the process.
pub fn outlive_full_disks() -> io::Result<()> {
	signal(SignalKind::from_raw(libc::SIGXFSZ)).map(drop)
}

/// Becomes true at the first SIGTERM or SIGINT; the second ends the process.
fn stop_signal() -> anyhow::Result<watch::Receiver<bool>> {
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
			tracing::info!("stopping; a second signal ends the worker at once");
			sender.send_replace(true);
		}
	});
	Ok(receiver)
}
