//! What befalls a sandbox from outside says nothing about its model, and is no answer.

mod common;

use std::{
	process::Command,
	time::{Duration, Instant},
};

use common::{bundle, children_of, engines, fours, unary};
use deepnode_primitives::content::sha256;
use deepnode_worker::sandbox::{
	protocol::{identity, Load},
	Config, Lease, RunError, Sandbox, SandboxError,
};
use tokio::{sync::Mutex, time::sleep};

/// The children of this process are the sandboxes of one test at a time.
static CHILDREN: Mutex<()> = Mutex::const_new(());

/// Sends a signal to all sandboxes of this process.
fn signal(name: &str) {
	let children = children_of(std::process::id());
	assert!(!children.is_empty(), "there is a child");
	// One that has just ended is no error here.
	Command::new("kill").arg(format!("-{name}")).args(children).status().expect("sent");
}

/// A sandbox with these limits of processor time, and a model in it.
async fn loaded(timeout: Duration, model: Vec<u8>) -> Lease {
	let sandbox = Sandbox::start(Config { timeout, ..engines().remove(0) }).await.expect("starts");
	let declared = fours();
	let identity = identity(&sha256(&model), &declared);
	sandbox.load(identity, Load { model, declared }).await.expect("loads").0
}

#[tokio::test]
async fn a_sandbox_that_somebody_ends_is_no_answer() {
	let _alone = CHILDREN.lock().await;
	// The kernel out of memory, a service manager.
	for name in ["KILL", "TERM"] {
		let lease = loaded(Duration::from_secs(60), common::endless()).await;
		let run = tokio::spawn(lease.run(bundle(1, &[1.0; 4])));
		sleep(Duration::from_millis(300)).await;
		assert!(!run.is_finished(), "it computes");
		signal(name);
		let error = run.await.expect("joined").expect_err("it is gone");
		assert!(matches!(error, RunError::Local(SandboxError::Killed(_))), "{name}: {error}");
	}
}

#[tokio::test]
async fn a_machine_that_gives_a_run_no_processor_time_gives_no_answer() {
	let _alone = CHILDREN.lock().await;
	let timeout = Duration::from_secs(1);
	let lease = loaded(timeout, common::endless()).await;
	signal("STOP");
	let begun = Instant::now();
	let error = lease.run(bundle(1, &[1.0; 4])).await.expect_err("it does not run");
	assert!(matches!(error, RunError::Local(SandboxError::Starved { .. })), "{error}");
	assert!(begun.elapsed() >= 2 * timeout, "after {:?}", begun.elapsed());
}

#[tokio::test]
async fn a_run_that_was_paused_for_longer_than_it_may_compute_is_answered_all_the_same() {
	let _alone = CHILDREN.lock().await;
	let lease = loaded(Duration::from_secs(3), unary("Relu")).await;
	signal("STOP");
	let run = tokio::spawn(lease.run(bundle(1, &[1.0; 4])));
	sleep(Duration::from_millis(3500)).await;
	assert!(!run.is_finished(), "it is waited for");
	signal("CONT");
	assert!(run.await.expect("joined").is_ok());
}
