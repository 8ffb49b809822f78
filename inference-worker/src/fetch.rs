//! Gets content by its hash from whatever URI has it. Nothing is used before its length and hash are
//! those that the chain names, so it does not matter who served it.
//!
//! The URIs are tried in their order, each with a head start on the next that a failure ends at once;
//! those that have begun go on side by side. So one that hangs, or gives a byte a second, costs the head
//! start and no more, and the whole takes no longer than its [`Budget`].

use std::{
	collections::HashMap,
	net::IpAddr,
	path::PathBuf,
	sync::{Arc, Mutex, PoisonError, Weak},
	time::Duration,
};

use deepnode_primitives::content::{ContentRef, Digest, Mismatch};
use futures::{stream::FuturesUnordered, StreamExt, TryStreamExt};
use object_store::{
	aws::AmazonS3Builder,
	client::{DnsError, DnsFuture, DnsResolver},
	http::HttpBuilder,
	local::LocalFileSystem,
	path::Path as ObjectPath,
	ClientOptions, ObjectStore, ObjectStoreExt, RetryConfig,
};
use tokio::time::{sleep_until, timeout, timeout_at, Instant};
use url::Url;

use crate::{
	cache::{Cache, DiskError, Held},
	metrics::Metrics,
};

/// How many origins' HTTP clients are kept.
const MAX_CLIENTS: usize = 64;
/// How long a URI that failed rests at first; twice as long each time after.
const PAUSE: Duration = Duration::from_millis(200);

/// What may be fetched from where, and for how long it is tried.
#[derive(Clone, Debug)]
pub struct Policy {
	/// Below these directories `file://` URIs are read; elsewhere not, or a stranger could ask this
	/// machine whether it has a file.
	pub file_roots: Vec<PathBuf>,
	/// Whether hosts on this machine and on private networks may be asked.
	pub private_hosts: bool,
	/// The longest content, in bytes.
	pub longest: u64,
	/// How long one attempt at one URI may go without a byte.
	pub stall: Duration,
	/// How long a URI is alone before the next is tried besides.
	pub head_start: Duration,
}

impl Default for Policy {
	fn default() -> Self {
		Self {
			file_roots: Vec::new(),
			private_hosts: false,
			longest: 1 << 30,
			stall: Duration::from_secs(10),
			head_start: Duration::from_secs(2),
		}
	}
}

/// Until when content is sought.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
	/// Until then a URI that failed is tried again.
	pub retry: Instant,
	/// Then it is over, even if bytes arrive.
	pub end: Instant,
}

impl Budget {
	/// Everything until then.
	pub const fn until(end: Instant) -> Self {
		Self { retry: end, end }
	}
}

/// Why content cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
	/// No URI gave the content.
	#[error("no URI gave the content {hash}: {}", .attempts.join("; "))]
	Unavailable {
		/// Its hash.
		hash: String,
		/// What each attempt came to.
		attempts: Vec<String>,
	},
	/// The content is declared longer than this worker takes.
	#[error("the content {hash} has {length} bytes, more than the {longest} of --max-content")]
	TooLong {
		/// Its hash.
		hash: String,
		/// Its declared length.
		length: u64,
		/// The limit.
		longest: u64,
	},
	/// This machine cannot keep it: nothing is said about the content.
	#[error(transparent)]
	Disk(#[from] DiskError),
}

/// Why one attempt at one URI failed.
#[derive(Debug, thiserror::Error)]
enum AttemptError {
	#[error("not a URI: {0}")]
	Uri(#[from] url::ParseError),
	#[error("scheme {0:?}: use file, http, https or s3")]
	Scheme(String),
	#[error("not below a directory that --file-root names")]
	FileRoot,
	#[error("{0} is on a private network; allow it with --allow-private-hosts")]
	Private(String),
	#[error(transparent)]
	Store(#[from] object_store::Error),
	#[error("no byte within {0:?}")]
	Stalled(Duration),
	#[error("it goes on after the declared {0} bytes")]
	Longer(u64),
	#[error("{} bytes where {} are declared", .found, .expected)]
	Length { expected: u64, found: u64 },
	#[error("its hash is {0}")]
	Hash(String),
	#[error(transparent)]
	Disk(#[from] DiskError),
}

impl AttemptError {
	/// Whether another attempt can help.
	fn may_pass(&self) -> bool {
		!matches!(self, Self::Uri(_) | Self::Scheme(_) | Self::FileRoot | Self::Private(_))
	}
}

/// How one URI fares.
struct Source<'a> {
	uri: &'a str,
	/// When it is tried next; `None` while it is being tried, and when no attempt can help.
	next: Option<Instant>,
	pause: Duration,
	/// What its last attempt came to.
	reason: Option<String>,
}

/// Gets content, and keeps it in the cache.
pub struct Fetcher {
	policy: Policy,
	cache: Cache,
	metrics: Metrics,
	/// One lock for each content that is being fetched, so that it is fetched once as a rule.
	running: Mutex<HashMap<Digest, Weak<tokio::sync::Mutex<()>>>>,
	/// HTTP clients by origin.
	clients: Mutex<HashMap<String, Arc<dyn ObjectStore>>>,
}

impl Fetcher {
	/// A fetcher with its cache.
	pub fn new(policy: Policy, cache: Cache, metrics: Metrics) -> Self {
		Self { policy, cache, metrics, running: Mutex::default(), clients: Mutex::default() }
	}

	/// Has the content on this disk: from the cache, or from the first URI that gives it.
	pub async fn get(&self, content: &ContentRef, budget: Budget) -> Result<Held, FetchError> {
		let hash = || hex::encode(content.hash);
		if content.length > self.policy.longest {
			return Err(FetchError::TooLong { hash: hash(), length: content.length, longest: self.policy.longest });
		}
		let running = self.lock_of(content.hash);
		// An attempt that began earlier may have more time, or other URIs: who has waited for it for half of
		// its own time goes on alone.
		let now = Instant::now();
		let patience = now + budget.end.saturating_duration_since(now) / 2;
		let _one = timeout_at(patience, running.lock()).await;
		if let Some(held) = self.cache.find(content).await {
			self.metrics.cache_hits.inc();
			return Ok(held);
		}
		self.metrics.cache_misses.inc();
		self.fetch(content, budget).await
	}

	fn lock_of(&self, hash: Digest) -> Arc<tokio::sync::Mutex<()>> {
		let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
		running.retain(|_, lock| lock.strong_count() > 0);
		if let Some(lock) = running.get(&hash).and_then(Weak::upgrade) {
			return lock;
		}
		let lock = Arc::default();
		running.insert(hash, Arc::downgrade(&lock));
		lock
	}

	/// Tries the URIs until one gives the content or the budget is spent.
	async fn fetch(&self, content: &ContentRef, budget: Budget) -> Result<Held, FetchError> {
		let begun = Instant::now();
		// However short the budget, every URI has its time.
		let fair = budget.end.saturating_duration_since(begun) / 8;
		let head_start = self.policy.head_start.min(fair);
		let mut sources: Vec<_> = (0..)
			.zip(content.uris_utf8())
			.map(|(at, uri)| Source {
				uri,
				next: Some(begun + head_start.saturating_mul(at)),
				pause: PAUSE,
				reason: None,
			})
			.collect();
		let mut attempts = FuturesUnordered::new();
		loop {
			let now = Instant::now();
			for (at, source) in sources.iter_mut().enumerate() {
				if source.next.is_some_and(|next| next <= now) {
					source.next = None;
					let uri = source.uri;
					attempts.push(async move { (at, self.attempt(uri, content).await) });
				}
			}
			let next = sources.iter().filter_map(|source| source.next).min();
			if attempts.is_empty() && next.is_none() {
				break;
			}
			let (at, error) = tokio::select! {
				Some((at, outcome)) = attempts.next() => match outcome {
					Ok(held) => return Ok(held),
					Err(AttemptError::Disk(error)) => return Err(error.into()),
					Err(error) => (at, error),
				},
				() = sleep_until(next.unwrap_or(budget.end)), if next.is_some() => continue,
				() = sleep_until(budget.end) => break,
			};
			if let Some(source) = sources.get_mut(at) {
				tracing::debug!(source.uri, %error, "an attempt to fetch failed");
				let next = Instant::now() + source.pause;
				source.next = Some(next).filter(|next| error.may_pass() && *next < budget.retry);
				source.pause = source.pause.saturating_mul(2);
				source.reason = Some(error.to_string());
			}
			// Whoever waits only for its turn need not wait for the failed one any longer.
			if let Some(untried) = sources.iter_mut().find(|source| source.reason.is_none() && source.next.is_some()) {
				untried.next = Some(Instant::now());
			}
		}
		let late = format!("not there within {:.1?}", begun.elapsed());
		let mut attempts: Vec<_> = sources
			.into_iter()
			.map(|source| format!("{}: {}", source.uri, source.reason.as_ref().unwrap_or(&late)))
			.collect();
		if attempts.is_empty() {
			attempts.push("none is given".into());
		}
		Err(FetchError::Unavailable { hash: hex::encode(content.hash), attempts })
	}

	async fn attempt(&self, uri: &str, content: &ContentRef) -> Result<Held, AttemptError> {
		let stall = self.policy.stall;
		let stalled = |_| AttemptError::Stalled(stall);
		let url = Url::parse(uri)?;
		let (store, path) = self.store(&url)?;
		let mut stream = timeout(stall, store.get(&path)).await.map_err(stalled)??.into_stream();
		let mut draft = self.cache.draft(content).await?;
		while let Some(part) = timeout(stall, stream.try_next()).await.map_err(stalled)?? {
			let (next, fits) = draft.write(part).await?;
			if !fits {
				return Err(AttemptError::Longer(content.length));
			}
			draft = next;
		}
		draft.finish().await?.map_err(|mismatch| match mismatch {
			Mismatch::Length { expected, found } => AttemptError::Length { expected, found },
			Mismatch::Hash { found, .. } => AttemptError::Hash(hex::encode(found)),
		})
	}

	fn store(&self, url: &Url) -> Result<(Arc<dyn ObjectStore>, ObjectPath), AttemptError> {
		match url.scheme() {
			"file" => self.file(url),
			"http" | "https" => {
				self.check_host(url)?;
				let store = self.http(url.origin().ascii_serialization())?;
				Ok((store, ObjectPath::from_url_path(url.path()).map_err(object_store::Error::from)?))
			},
			"s3" => {
				// Region, endpoint and credentials are the operator's, from the usual AWS_ variables.
				let anonymous = std::env::var_os("AWS_ACCESS_KEY_ID").is_none();
				let store = AmazonS3Builder::from_env()
					.with_url(url.as_str())
					.with_skip_signature(anonymous)
					.with_retry(no_retries())
					.build()?;
				Ok((Arc::new(store), ObjectPath::from_url_path(url.path()).map_err(object_store::Error::from)?))
			},
			other => Err(AttemptError::Scheme(other.into())),
		}
	}

	/// The client of one origin. Making one is slow, so it is kept.
	fn http(&self, origin: String) -> Result<Arc<dyn ObjectStore>, AttemptError> {
		let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
		if let Some(client) = clients.get(&origin) {
			return Ok(client.clone());
		}
		let client: Arc<dyn ObjectStore> = Arc::new(
			HttpBuilder::new()
				.with_url(&origin)
				.with_retry(no_retries())
				.with_client_options(self.client_options())
				.build()?,
		);
		if clients.len() >= MAX_CLIENTS {
			clients.clear();
		}
		clients.insert(origin, client.clone());
		Ok(client)
	}

	/// A file is read only where its real path, links resolved, lies below a root.
	fn file(&self, url: &Url) -> Result<(Arc<dyn ObjectStore>, ObjectPath), AttemptError> {
		let path = url.to_file_path().map_err(|()| AttemptError::FileRoot)?;
		let missing = |source: std::io::Error| {
			AttemptError::Store(object_store::Error::NotFound {
				path: path.display().to_string(),
				source: source.into(),
			})
		};
		let inside = |path: &std::path::Path| {
			self.policy.file_roots.iter().any(|root| root.canonicalize().is_ok_and(|root| path.starts_with(root)))
		};
		// Whether a file outside the roots exists stays unsaid.
		if self.policy.file_roots.is_empty() {
			return Err(AttemptError::FileRoot);
		}
		let real = path.canonicalize().map_err(missing)?;
		if !inside(&real) || !real.is_file() {
			return Err(AttemptError::FileRoot);
		}
		let object = ObjectPath::from_absolute_path(&real).map_err(object_store::Error::from)?;
		Ok((Arc::new(LocalFileSystem::new()), object))
	}

	fn check_host(&self, url: &Url) -> Result<(), AttemptError> {
		let address = match url.host() {
			Some(url::Host::Ipv4(address)) => IpAddr::V4(address),
			Some(url::Host::Ipv6(address)) => IpAddr::V6(address),
			// Names are checked when they are resolved.
			_ => return Ok(()),
		};
		if self.policy.private_hosts || is_public(&address) {
			Ok(())
		} else {
			Err(AttemptError::Private(address.to_string()))
		}
	}

	fn client_options(&self) -> ClientOptions {
		let options = ClientOptions::new()
			.with_allow_http(true)
			.with_connect_timeout(self.policy.stall.min(Duration::from_secs(5)))
			.with_timeout_disabled();
		if self.policy.private_hosts {
			options
		} else {
			options.with_dns_resolver(Arc::new(PublicOnly))
		}
	}
}

/// The fetcher itself tries again.
fn no_retries() -> RetryConfig {
	RetryConfig { max_retries: 0, retry_timeout: Duration::from_secs(1), ..Default::default() }
}

/// Resolves names to public addresses only: a task must not make its workers knock at doors inside
/// their operators' networks.
#[derive(Debug)]
struct PublicOnly;

impl DnsResolver for PublicOnly {
	fn resolve(&self, host: &str) -> DnsFuture {
		let host = host.to_owned();
		Box::pin(async move {
			let found: Vec<IpAddr> =
				tokio::net::lookup_host((host.as_str(), 0)).await?.map(|address| address.ip()).collect();
			let public: Vec<IpAddr> = found.iter().copied().filter(is_public).collect();
			if public.is_empty() && !found.is_empty() {
				return Err(DnsError::from(AttemptError::Private(host).to_string()));
			}
			Ok(public)
		})
	}
}

/// Whether an address is one of the open internet.
fn is_public(address: &IpAddr) -> bool {
	match address {
		IpAddr::V4(v4) => {
			let [a, b, ..] = v4.octets();
			!(v4.is_private()
				|| v4.is_loopback()
				|| v4.is_link_local()
				|| v4.is_broadcast()
				|| v4.is_documentation()
				|| v4.is_multicast()
				|| a == 0 || a >= 240
				|| (a == 100 && (64..128).contains(&b))
				|| (a == 192 && b == 0)
				|| (a == 198 && (18..20).contains(&b)))
		},
		IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
			Some(v4) => is_public(&IpAddr::V4(v4)),
			// 2000::/3 are the addresses that are routed at all; 2002::/16 and 64:ff9b::/96 embed others.
			None => v6.segments()[0] & 0xe000 == 0x2000 && v6.segments()[0] != 0x2002,
		},
	}
}

#[cfg(test)]
mod tests;
