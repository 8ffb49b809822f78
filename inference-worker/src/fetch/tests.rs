use std::{io::Write, net::TcpListener};

use deepnode_primitives::content::sha256;

use prost::bytes::Bytes;

use super::*;

fn content(bytes: &[u8], uris: &[String]) -> ContentRef {
	let uris: Vec<_> = uris.iter().map(|uri| uri.clone().into_bytes().try_into().expect("short")).collect();
	ContentRef { hash: sha256(bytes), length: bytes.len() as u64, uris: uris.try_into().expect("few") }
}

/// How long fetching may take here.
const BUDGET: Duration = Duration::from_millis(1500);

struct Setup {
	directory: tempfile::TempDir,
	root: PathBuf,
	fetcher: Fetcher,
}

impl Setup {
	/// The content's bytes within the budget, and within a little more in any case.
	async fn get(&self, content: &ContentRef) -> Result<Bytes, FetchError> {
		let begun = Instant::now();
		let held = self.fetcher.get(content, Budget::until(begun + BUDGET)).await;
		assert!(begun.elapsed() < BUDGET + Duration::from_millis(500), "late: {:?}", begun.elapsed());
		Ok(held?.read().await.expect("read"))
	}

	/// What lies in the cache's directory.
	fn cached(&self) -> usize {
		std::fs::read_dir(self.directory.path().join("cache")).expect("read").count()
	}
}

fn setup() -> Setup {
	let directory = tempfile::tempdir().expect("a directory");
	let root = directory.path().join("root");
	std::fs::create_dir_all(&root).expect("made");
	let cache = Cache::open(&directory.path().join("cache"), 1 << 20).expect("opens");
	let policy = Policy {
		file_roots: vec![root.clone()],
		private_hosts: true,
		longest: 1 << 20,
		stall: Duration::from_millis(500),
		head_start: Duration::from_millis(100),
	};
	let fetcher = Fetcher::new(policy, cache, Metrics::new().expect("metrics"));
	Setup { directory, root, fetcher }
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
			let _ = write!(stream, "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
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
	let error = setup.get(&wanted).await.expect_err("none has it").to_string();
	for sign in ["gopher", "missing", "500", "its hash is"] {
		assert!(error.contains(sign), "{error}");
	}
	wanted.uris = content(b"", &[uris[1].clone(), format!("file://{}", file.display())]).uris;
	assert_eq!(setup.get(&wanted).await.expect("found"), "hello");
	// From now on the cache has it.
	std::fs::remove_file(file).expect("removed");
	assert_eq!(setup.get(&wanted).await.expect("cached"), "hello");
}

#[tokio::test]
async fn http_content_is_fetched_and_checked() {
	let setup = setup();
	let uri = serve("200 OK", vec![7; 5000]);
	assert_eq!(setup.get(&content(&[7; 5000], &[uri])).await.expect("found").len(), 5000);
}

#[tokio::test]
async fn content_that_is_longer_than_declared_is_not_read_to_its_end() {
	let setup = setup();
	let mut wanted = content(b"hello", &[serve("200 OK", b"hello and much more".to_vec())]);
	let error = setup.get(&wanted).await.expect_err("longer").to_string();
	assert!(error.contains("after the declared 5 bytes"), "{error}");
	wanted.length = 1 << 40;
	assert!(matches!(setup.get(&wanted).await, Err(FetchError::TooLong { .. })));
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
		let error = setup.get(&content(b"hello", &[uri])).await.expect_err("refused").to_string();
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
		assert!(setup.get(&content(b"hello", &[uri])).await.is_err());
	}
}

/// Takes connections and never says a word.
fn hang() -> String {
	let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
	let port = listener.local_addr().expect("bound").port();
	std::thread::spawn(move || listener.incoming().collect::<Vec<_>>());
	format!("http://127.0.0.1:{port}/content")
}

/// Sends a body's first bytes, one every `pause`.
fn drip(pause: Duration, body: &'static [u8]) -> String {
	let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
	let port = listener.local_addr().expect("bound").port();
	std::thread::spawn(move || {
		for stream in listener.incoming() {
			std::thread::spawn(move || {
				let Ok(mut stream) = stream else { return };
				let mut request = [0; 2048];
				let _ = std::io::Read::read(&mut stream, &mut request);
				let _ = write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
				for byte in body {
					std::thread::sleep(pause);
					if stream.write_all(&[*byte]).is_err() {
						return;
					}
				}
			});
		}
	});
	format!("http://127.0.0.1:{port}/content")
}

/// A port that nobody listens at.
fn unreachable() -> String {
	let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
	format!("http://{}/content", listener.local_addr().expect("bound"))
}

/// Slower than any budget here.
fn slow() -> String {
	drip(Duration::from_millis(400), b"hello, with many more bytes than there is time for")
}

#[tokio::test]
async fn one_good_mirror_among_bad_ones_is_enough_wherever_it_stands() {
	let good = serve("200 OK", b"hello".to_vec());
	for place in 0..4 {
		let setup = setup();
		let mut uris = vec![hang(), slow(), unreachable()];
		uris.insert(place, good.clone());
		let begun = Instant::now();
		assert_eq!(setup.get(&content(b"hello", &uris)).await.expect("found"), "hello");
		let elapsed = begun.elapsed();
		assert!(elapsed < BUDGET / 2, "place {place}: {elapsed:?}, so a bad mirror cost more than its head start");
		assert_eq!(setup.cached(), 1, "what other mirrors began is removed");
	}
}

#[tokio::test]
async fn where_no_mirror_is_good_that_is_said_before_the_budget_is_over() {
	let body = b"hello, with many more bytes than there is time for";
	for uris in [vec![hang()], vec![slow()], vec![unreachable()], vec![hang(), slow(), unreachable(), hang()]] {
		let setup = setup();
		let error = setup.get(&content(body, &uris)).await.expect_err("none has it");
		let FetchError::Unavailable { attempts, .. } = &error else { panic!("{error}") };
		assert_eq!(attempts.len(), uris.len(), "each URI is accounted for: {attempts:?}");
		assert_eq!(setup.cached(), 0, "nothing of it stays");
	}
}

#[tokio::test]
async fn a_slow_mirror_that_makes_it_in_time_is_heard_to_its_end() {
	let setup = setup();
	let uri = drip(Duration::from_millis(100), b"hello");
	let begun = Instant::now();
	assert_eq!(setup.get(&content(b"hello", &[uri])).await.expect("found"), "hello");
	assert!(begun.elapsed() > setup.fetcher.policy.head_start * 4, "it was too fast to show anything");
}

#[tokio::test]
async fn a_mirror_that_recovers_is_tried_again() {
	let setup = setup();
	let file = setup.root.join("content");
	let late = file.clone();
	tokio::spawn(async move {
		tokio::time::sleep(Duration::from_millis(300)).await;
		std::fs::write(late, b"hello").expect("written");
	});
	let uri = format!("file://{}", file.display());
	assert_eq!(setup.get(&content(b"hello", &[uri])).await.expect("found"), "hello");
}

#[tokio::test]
async fn who_waits_for_anothers_attempt_goes_on_alone_in_time() {
	let long = Budget::until(Instant::now() + 100 * BUDGET);
	for (uri, there) in [(hang(), false), (serve("200 OK", b"hello".to_vec()), true)] {
		let setup = setup();
		// The other's place for it is bad for long.
		let others = content(b"hello", &[hang()]);
		tokio::select! {
			_ = setup.fetcher.get(&others, long) => panic!("the other's attempt has ended"),
			outcome = async {
				tokio::time::sleep(Duration::from_millis(50)).await;
				setup.get(&content(b"hello", &[uri])).await
			} => assert_eq!(outcome.is_ok(), there, "{outcome:?}"),
		}
	}
}

#[tokio::test]
async fn content_that_several_tasks_need_is_fetched_once() {
	let setup = setup();
	let wanted = content(b"hello", &[drip(Duration::from_millis(40), b"hello")]);
	let (one, other) = futures::join!(setup.get(&wanted), setup.get(&wanted));
	assert_eq!((one.expect("found"), other.expect("found")), ("hello".into(), "hello".into()));
	assert_eq!((setup.fetcher.metrics.cache_misses.get(), setup.fetcher.metrics.cache_hits.get()), (1, 1));
}

#[tokio::test]
async fn what_arrives_may_go_on_when_nothing_is_tried_again_any_more() {
	let setup = setup();
	let now = Instant::now();
	let budget = Budget { retry: now, end: now + 4 * BUDGET };
	let uri = drip(Duration::from_millis(200), b"hello");
	assert!(setup.fetcher.get(&content(b"hello", &[unreachable(), uri]), budget).await.is_ok());
	let gone = setup.fetcher.get(&content(b"hellO", &[unreachable()]), budget).await;
	assert!(gone.is_err() && now.elapsed() < 2 * BUDGET, "{:?}", now.elapsed());
}
