//! The `run` command: puts the parts together and takes them down in order.

use std::{convert::Infallible, fs, io, sync::Arc, time::Duration};

use anyhow::Context;
use deepnode_service::{bind, keep_trying, pages, serve, stop_signal, Backoff};
use tokio::{
	signal::unix::{signal, SignalKind},
	sync::watch,
};

use crate::{
	cache::Cache,
	chain::{keys, Chain, Keypair, Node},
	cli::Run,
	fetch::{Fetcher, Policy},
	health::Health,
	http,
	metrics::Metrics,
	private::Ability,
	runner::{Answerer, Runner},
	sandbox::Sandbox,
	service,
	store::Store,
	tasks::Attendant,
};

const MIB: u64 = 1 << 20;
/// The pauses between attempts to connect.
const PAUSES: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(30));

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
	let listener = bind(args.http).await?;
	tracing::info!(account = %key.account(), node = args.node, http = %listener.local_addr()?, "starting");
	let shown = health.clone();
	let pages = pages(move || shown.readiness(), metrics.registry.clone()).merge(http::outputs(outputs.clone()));
	tokio::spawn(serve(listener, pages));

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

	let mut stop = stop_signal("the worker")?;
	let Some(chain) = connect(&args.node, key, &mut stop).await else { return Ok(()) };
	let store = Store::open(&args.data_dir, &chain.genesis(), chain.account())?;
	let (chain, public_url) = (Arc::new(chain), args.public_url);
	let attendant = Attendant { chain, answerer, store, outputs, public_url, private: ability, metrics };
	service::serve(Arc::new(attendant), health, stop, Duration::from_secs(args.grace)).await;
	tracing::info!("stopped");
	Ok(())
}

/// Tries until the node answers; `None` where a signal ends the attempts.
async fn connect(url: &str, key: Keypair, stop: &mut watch::Receiver<bool>) -> Option<Node> {
	let attempt = || Node::connect(url, key.clone());
	let Ok(node) = keep_trying(PAUSES, stop, attempt, |error, retry_in| {
		tracing::warn!(%error, ?retry_in, "the node is not reachable");
		Ok::<_, Infallible>(())
	})
	.await;
	node.inspect(|node| tracing::info!(genesis = ?node.genesis(), "connected"))
}

/// Has a write beyond a limit on the size of files (`RLIMIT_FSIZE`) fail like one to a full disk. The
/// kernel's signal would end the process.
pub fn outlive_full_disks() -> io::Result<()> {
	signal(SignalKind::from_raw(libc::SIGXFSZ)).map(drop)
}
