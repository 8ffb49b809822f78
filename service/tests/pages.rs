//! The pages, as those who watch a program read them.

use std::{
	net::SocketAddr,
	sync::atomic::{AtomicBool, Ordering},
};

use axum::{routing::get, Router};
use deepnode_service::{bind, pages, serve, Readiness};
use prometheus::{IntCounter, Registry};
use tokio::{
	io::{AsyncReadExt as _, AsyncWriteExt as _},
	net::TcpStream,
};

const ANYWHERE: &str = "127.0.0.1:0";

/// What is ready as soon as the flag says so.
fn readiness(ready: &AtomicBool) -> Readiness {
	let reasons = if ready.load(Ordering::Relaxed) { vec![] } else { vec!["the node is not connected".into()] };
	Readiness::new((), reasons)
}

/// Serves what `pages` are, and says where.
async fn served(pages: Router) -> SocketAddr {
	let listener = bind(ANYWHERE.parse().expect("an address")).await.expect("bound");
	let address = listener.local_addr().expect("bound");
	tokio::spawn(serve(listener, pages));
	address
}

/// The status of a page, its headers, and what it says.
async fn page(address: SocketAddr, path: &str) -> (u16, String, String) {
	let mut stream = TcpStream::connect(address).await.expect("connects");
	let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
	stream.write_all(request.as_bytes()).await.expect("sent");
	let mut response = String::new();
	stream.read_to_string(&mut response).await.expect("read");
	let (head, body) = response.split_once("\r\n\r\n").expect("a head and a body");
	let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
	(status, head.to_lowercase(), body.into())
}

#[tokio::test]
async fn a_program_lives_before_it_is_ready() {
	static READY: AtomicBool = AtomicBool::new(false);
	let address = served(pages(|| readiness(&READY), Registry::new())).await;
	let live = |(status, _, body): (u16, String, String)| assert_eq!((status, &body[..]), (200, "live\n"));

	live(page(address, "/health/live").await);
	let (status, head, body) = page(address, "/health/ready").await;
	assert!(head.contains("content-type: application/json"), "{head}");
	assert_eq!((status, &body[..]), (503, r#"{"ready":false,"reasons":["the node is not connected"]}"#));

	READY.store(true, Ordering::Relaxed);
	live(page(address, "/health/live").await);
	let (status, _, body) = page(address, "/health/ready").await;
	assert_eq!((status, &body[..]), (200, r#"{"ready":true,"reasons":[]}"#));
}

#[tokio::test]
async fn counters_are_read_as_they_are_now() {
	static READY: AtomicBool = AtomicBool::new(true);
	let registry = Registry::new_custom(Some("program".into()), None).expect("a registry");
	let counter = IntCounter::new("tasks_total", "Tasks").expect("a counter");
	registry.register(Box::new(counter.clone())).expect("registered");
	let address = served(pages(|| readiness(&READY), registry)).await;
	for expected in ["program_tasks_total 0", "program_tasks_total 1"] {
		let (status, head, body) = page(address, "/metrics").await;
		assert_eq!(status, 200);
		assert!(head.contains("content-type: text/plain; version=0.0.4"), "{head}");
		assert!(body.lines().any(|line| line == expected), "{expected} is not in:\n{body}");
		counter.inc();
	}
}

#[tokio::test]
async fn a_program_adds_pages_of_its_own() {
	static READY: AtomicBool = AtomicBool::new(true);
	let own = Router::new().route("/own", get(|| async { "its own\n" }));
	let address = served(pages(|| readiness(&READY), Registry::new()).merge(own)).await;
	for (path, expected) in [("/own", 200), ("/health/live", 200), ("/health", 404)] {
		assert_eq!(page(address, path).await.0, expected, "{path}");
	}
}

#[tokio::test]
async fn an_address_that_is_taken_is_named_with_the_flag_that_chooses_another() {
	let first = bind(ANYWHERE.parse().expect("an address")).await.expect("bound");
	let taken = first.local_addr().expect("bound");
	let error = bind(taken).await.expect_err("taken");
	let said = format!("the address {taken} is taken or not this machine's; choose another with --http");
	assert_eq!(error.to_string(), said);
	let source = std::error::Error::source(&error).expect("why").to_string();
	assert!(source.contains("in use"), "{source}");
}
