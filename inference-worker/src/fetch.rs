//! Gets content by its hash from whatever URI has it. Nothing is used before its length and hash are
//! those that the chain names, so it does not matter who served it.

use std::{
	collections::HashMap,
	net::IpAddr,
	path::PathBuf,
	sync::{Arc, Mutex, PoisonError, Weak},
	time::Duration,
};

use deepnode_primitives::content::{ContentRef, Digest, Mismatch};
use futures::TryStreamExt;
use object_store::{
	aws::AmazonS3Builder,
	client::{DnsError, DnsFuture, DnsResolver},
	http::HttpBuilder,
	local::LocalFileSystem,
	path::Path as ObjectPath,
	ClientOptions, ObjectStore, ObjectStoreExt, RetryConfig,
};
use prost::bytes::Bytes;
use tokio::time::{sleep, timeout, Instant};
use url::Url;

use crate::{cache::Cache, metrics::Metrics};

/// How many origins' HTTP clients are kept.
const MAX_CLIENTS: usize = 64;

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
	/// How long one attempt at one URI may take.
	pub attempt: Duration,
	/// How long all attempts together may take.
	pub total: Duration,
}

impl Default for Policy {
	fn default() -> Self {
		Self {
			file_roots: Vec::new(),
			private_hosts: false,
			longest: 1 << 30,
			attempt: Duration::from_secs(15),
			total: Duration::from_secs(30),
		}
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
	#[error("no answer within {0:?}")]
	Late(Duration),
	#[error("it goes on after the declared {0} bytes")]
	Longer(u64),
	#[error("{} bytes where {} are declared", .found, .expected)]
	Length { expected: u64, found: u64 },
	#[error("its hash is {0}")]
	Hash(String),
}

impl AttemptError {
	/// Whether another attempt can help.
	fn may_pass(&self) -> bool {
		!matches!(self, Self::Uri(_) | Self::Scheme(_) | Self::FileRoot | Self::Private(_))
	}
}

/// Gets content, and keeps it in the cache.
pub struct Fetcher {
	policy: Policy,
	cache: Cache,
	metrics: Metrics,
	/// One lock for each content that is being fetched, so that it is fetched once.
	running: Mutex<HashMap<Digest, Weak<tokio::sync::Mutex<()>>>>,
	/// HTTP clients by origin.
	clients: Mutex<HashMap<String, Arc<dyn ObjectStore>>>,
}

impl Fetcher {
	/// A fetcher with its cache.
	pub fn new(policy: Policy, cache: Cache, metrics: Metrics) -> Self {
		Self { policy, cache, metrics, running: Mutex::default(), clients: Mutex::default() }
	}

	/// The content, from the cache or from the first URI that has it.
	pub async fn get(&self, content: &ContentRef) -> Result<Bytes, FetchError> {
		let hash = || hex::encode(content.hash);
		if content.length > self.policy.longest {
			return Err(FetchError::TooLong { hash: hash(), length: content.length, longest: self.policy.longest });
		}
		let running = self.lock_of(content.hash);
		let _one = running.lock().await;
		if let Some(bytes) = self.cache.get(content).await {
			self.metrics.cache_hits.inc();
			return Ok(bytes);
		}
		self.metrics.cache_misses.inc();
		let bytes = self.fetch(content).await.map_err(|attempts| FetchError::Unavailable { hash: hash(), attempts })?;
		// A cache that cannot be written costs time, not the task.
		if let Err(error) = self.cache.put(content.hash, bytes.clone()).await {
			tracing::warn!(%error, "the content is not cached; check the space below --data-dir");
		}
		Ok(bytes)
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

	/// Each URI in turn, in rounds with growing pauses, until the time is over.
	async fn fetch(&self, content: &ContentRef) -> Result<Bytes, Vec<String>> {
		let end = Instant::now() + self.policy.total;
		let mut pause = Duration::from_millis(200);
		let mut uris: Vec<&str> = content.uris_utf8();
		if uris.is_empty() {
			return Err(vec!["none is given".into()]);
		}
		// What each URI came to last. One that is cut short by the end of all attempts keeps its reason.
		let mut reasons: Vec<(&str, String)> = Vec::new();
		loop {
			let mut next = Vec::new();
			for uri in uris {
				let left = end.saturating_duration_since(Instant::now()).min(self.policy.attempt);
				let outcome = timeout(left, self.attempt(uri, content)).await;
				let error = match outcome.unwrap_or(Err(AttemptError::Late(left))) {
					Ok(bytes) => return Ok(bytes),
					Err(error) => error,
				};
				tracing::debug!(uri, %error, "an attempt to fetch failed");
				if error.may_pass() {
					next.push(uri);
				}
				match reasons.iter_mut().find(|(of, _)| *of == uri) {
					Some(_) if left < self.policy.attempt => {},
					Some((_, reason)) => *reason = error.to_string(),
					None => reasons.push((uri, error.to_string())),
				}
			}
			if next.is_empty() || Instant::now() + pause >= end {
				return Err(reasons.into_iter().map(|(uri, reason)| format!("{uri}: {reason}")).collect());
			}
			uris = next;
			sleep(pause).await;
			pause = pause.saturating_mul(2);
		}
	}

	async fn attempt(&self, uri: &str, content: &ContentRef) -> Result<Bytes, AttemptError> {
		let url = Url::parse(uri)?;
		let (store, path) = self.store(&url)?;
		let mut stream = store.get(&path).await?.into_stream();
		let mut bytes = Vec::with_capacity(usize::try_from(content.length).unwrap_or_default());
		while let Some(part) = stream.try_next().await? {
			if (bytes.len() as u64).saturating_add(part.len() as u64) > content.length {
				return Err(AttemptError::Longer(content.length));
			}
			bytes.extend_from_slice(&part);
		}
		content.verify(&bytes).map_err(|mismatch| match mismatch {
			Mismatch::Length { expected, found } => AttemptError::Length { expected, found },
			Mismatch::Hash { found, .. } => AttemptError::Hash(hex::encode(found)),
		})?;
		Ok(bytes.into())
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
			.with_connect_timeout(Duration::from_secs(5))
			.with_timeout(self.policy.attempt);
		if self.policy.private_hosts {
			options
		} else {
			options.with_dns_resolver(Arc::new(PublicOnly))
		}
	}
}

/// This crate's own rounds are the retries.
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
mod tests {
	use std::{io::Write, net::TcpListener};

	use deepnode_primitives::content::sha256;

	use super::*;

	fn content(bytes: &[u8], uris: &[String]) -> ContentRef {
		let uris: Vec<_> = uris.iter().map(|uri| uri.clone().into_bytes().try_into().expect("short")).collect();
		ContentRef { hash: sha256(bytes), length: bytes.len() as u64, uris: uris.try_into().expect("few") }
	}

	struct Setup {
		_directory: tempfile::TempDir,
		root: PathBuf,
		fetcher: Fetcher,
	}

	fn setup() -> Setup {
		let directory = tempfile::tempdir().expect("a directory");
		let root = directory.path().join("root");
		std::fs::create_dir_all(&root).expect("made");
		let cache = Cache::open(&directory.path().join("cache"), 1 << 20).expect("opens");
		let policy = Policy {
			file_roots: vec![root.clone()],
			private_hosts: true,
			total: Duration::from_millis(1200),
			attempt: Duration::from_millis(500),
			longest: 1 << 20,
		};
		let fetcher = Fetcher::new(policy, cache, Metrics::new().expect("metrics"));
		Setup { _directory: directory, root, fetcher }
	}

	/// Serves one body to every connection, after `status`.
	fn serve(status: &'static str, body: Vec<u8>) -> String {
		let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
		let port = listener.local_addr().expect("bound").port();
		std::thread::spawn(move || {
			for stream in listener.incoming() {
				let Ok(mut stream) = stream else { break };
				let mut request = [0; 2048];
				let _ = std::io::Read::read(&mut stream, &mut request);
				let _ =
					write!(stream, "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
				let _ = stream.write_all(&body);
			}
		});
		format!("http://127.0.0.1:{port}/a%20b/content")
	}

	#[tokio::test]
	async fn each_uri_is_tried_until_one_has_the_content() {
		let setup = setup();
		let file = setup.root.join("content");
		std::fs::write(&file, b"hello").expect("written");
		let uris = [
			"gopher://example.org/x".to_owned(),
			format!("file://{}/missing", setup.root.display()),
			serve("500 Internal Server Error", b"no".to_vec()),
			serve("200 OK", b"hellO".to_vec()),
		];
		let mut wanted = content(b"hello", &uris);
		let error = setup.fetcher.get(&wanted).await.expect_err("none has it").to_string();
		for sign in ["gopher", "missing", "500", "its hash is"] {
			assert!(error.contains(sign), "{error}");
		}
		wanted.uris = content(b"", &[uris[1].clone(), format!("file://{}", file.display())]).uris;
		assert_eq!(setup.fetcher.get(&wanted).await.expect("found"), "hello");
		// From now on the cache has it.
		std::fs::remove_file(file).expect("removed");
		assert_eq!(setup.fetcher.get(&wanted).await.expect("cached"), "hello");
	}

	#[tokio::test]
	async fn http_content_is_fetched_and_checked() {
		let setup = setup();
		let uri = serve("200 OK", vec![7; 5000]);
		assert_eq!(setup.fetcher.get(&content(&[7; 5000], &[uri])).await.expect("found").len(), 5000);
	}

	#[tokio::test]
	async fn content_that_is_longer_than_declared_is_not_read_to_its_end() {
		let setup = setup();
		let mut wanted = content(b"hello", &[serve("200 OK", b"hello and much more".to_vec())]);
		let error = setup.fetcher.get(&wanted).await.expect_err("longer").to_string();
		assert!(error.contains("after the declared 5 bytes"), "{error}");
		wanted.length = 1 << 40;
		assert!(matches!(setup.fetcher.get(&wanted).await, Err(FetchError::TooLong { .. })));
	}

	#[tokio::test]
	async fn files_outside_the_roots_are_not_read() {
		let setup = setup();
		let outside = setup.root.parent().expect("has one").join("secret");
		std::fs::write(&outside, b"hello").expect("written");
		std::os::unix::fs::symlink(&outside, setup.root.join("link")).expect("linked");
		for uri in [
			format!("file://{}", outside.display()),
			format!("file://{}/../secret", setup.root.display()),
			format!("file://{}/link", setup.root.display()),
		] {
			let error = setup.fetcher.get(&content(b"hello", &[uri])).await.expect_err("refused").to_string();
			assert!(error.contains("--file-root"), "{error}");
		}
	}

	#[test]
	fn private_addresses_are_known() {
		for private in
			["127.0.0.1", "10.1.2.3", "169.254.169.254", "100.64.0.1", "::1", "fe80::1", "fd00::1", "::ffff:10.0.0.1"]
		{
			assert!(!is_public(&private.parse().expect("an address")), "{private}");
		}
		for public in ["1.1.1.1", "2606:4700::1111"] {
			assert!(is_public(&public.parse().expect("an address")), "{public}");
		}
	}

	#[tokio::test]
	async fn private_hosts_are_refused_unless_allowed() {
		let mut setup = setup();
		setup.fetcher.policy.private_hosts = false;
		let by_name = serve("200 OK", b"hello".to_vec()).replace("127.0.0.1", "localhost");
		for uri in [serve("200 OK", b"hello".to_vec()), by_name] {
			assert!(setup.fetcher.get(&content(b"hello", &[uri])).await.is_err());
		}
	}
}
