use std::{
	io,
	sync::{Mutex, PoisonError},
};

use super::*;
use crate::{
	chain::H256,
	private::Ability,
	tasks::tests::{start, Entry, FakeChain, Moody},
};

/// Runs a service until `done`, with a block every few milliseconds.
async fn run_until(
	chain: Arc<FakeChain>,
	directory: &std::path::Path,
	grace: Duration,
	done: impl Fn(&FakeChain) -> bool,
) {
	let answerer = Arc::new(Moody::default());
	let attendant = Arc::new(start(&chain, &answerer, directory));
	let (stop, stopped) = watch::channel(false);
	let service = tokio::spawn(serve(attendant, Health::default(), stopped, grace));
	for _ in 0..500 {
		if done(&chain) {
			break;
		}
		chain.next_block();
		sleep(Duration::from_millis(5)).await;
	}
	assert!(done(&chain), "not done in time");
	stop.send_replace(true);
	for _ in 0..500 {
		if service.is_finished() {
			return;
		}
		chain.next_block();
		sleep(Duration::from_millis(5)).await;
	}
	panic!("the service did not stop");
}

fn all_closed(chain: &FakeChain) -> bool {
	chain.state.lock().expect("lock").tasks.values().all(|task| !task.assigned)
}

#[tokio::test]
async fn many_tasks_are_served_at_once() {
	let directory = tempfile::tempdir().expect("a directory");
	let chain = FakeChain::new();
	for task in 0..20 {
		chain.assign(task, true);
	}
	run_until(chain.clone(), directory.path(), Duration::from_secs(1), all_closed).await;
	assert_eq!(chain.state.lock().expect("lock").commitments.len(), 20);
}

#[tokio::test]
async fn open_tasks_are_finished_after_the_signal() {
	let directory = tempfile::tempdir().expect("a directory");
	let chain = FakeChain::new();
	chain.assign(1, false);
	let late = chain.clone();
	tokio::spawn(async move {
		sleep(Duration::from_millis(200)).await;
		late.change(1, Entry::others_commit);
	});
	let committed = |chain: &FakeChain| chain.entry(1).ours().is_some_and(|place| place.commitment.is_some());
	run_until(chain.clone(), directory.path(), Duration::from_secs(5), committed).await;
	assert!(all_closed(&chain), "the reveal came after the signal");
}

#[tokio::test]
async fn what_is_not_done_within_the_grace_goes_on_after_the_next_start() {
	let directory = tempfile::tempdir().expect("a directory");
	let chain = FakeChain::new();
	chain.assign(1, false);
	let committed = |chain: &FakeChain| chain.entry(1).ours().is_some_and(|place| place.commitment.is_some());
	run_until(chain.clone(), directory.path(), Duration::from_millis(50), committed).await;
	assert!(!all_closed(&chain));
	chain.change(1, Entry::others_commit);
	run_until(chain.clone(), directory.path(), Duration::from_secs(1), all_closed).await;
}

#[tokio::test]
async fn chunks_are_opened_for_a_task_that_is_no_assignment_any_more() {
	let directory = tempfile::tempdir().expect("a directory");
	let chain = FakeChain::new();
	chain.assign(1, true);
	let answerer = Arc::new(Moody { length: 5000, ..Default::default() });
	start(&chain, &answerer, directory.path()).attend(1, chain.heads.subscribe()).await;
	chain.change(1, |task| {
		assert!(!task.assigned);
		task.challenge(H256::repeat_byte(3));
	});
	let opened = |chain: &FakeChain| !chain.state.lock().expect("lock").openings.is_empty();
	run_until(chain.clone(), directory.path(), Duration::from_secs(1), opened).await;
	assert_eq!(chain.state.lock().expect("lock").openings, vec![1], "once");
}

/// What has been logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
	fn text(&self) -> String {
		String::from_utf8(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()).expect("UTF-8")
	}
}

impl io::Write for Log {
	fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
		self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
	}

	fn flush(&mut self) -> io::Result<()> {
		Ok(())
	}
}

#[tokio::test]
async fn a_worker_whose_program_lacks_the_engine_that_it_promised_says_so_once() {
	let (log, directory) = (Log::default(), tempfile::tempdir().expect("a directory"));
	let writer = log.clone();
	let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).with_ansi(false).finish();
	let _here = tracing::subscriber::set_default(subscriber);
	let (chain, answerer) = (FakeChain::new(), Arc::default());
	let attendant = Attendant { private: Ability::NotBuilt, ..start(&chain, &answerer, directory.path()) };
	let (_stop, stopped) = watch::channel(false);
	let service = tokio::spawn(serve(Arc::new(attendant), Health::default(), stopped, Duration::ZERO));
	for _ in 0..3 * CHECK_EVERY {
		chain.next_block();
		sleep(Duration::from_millis(5)).await;
	}
	service.abort();
	let text = log.text();
	let told: Vec<_> = text.lines().filter(|line| line.contains("ERROR")).collect();
	assert_eq!(told.len(), 1, "{text}");
	assert!(told[0].contains("join --no-private"), "{text}");
}

#[tokio::test]
async fn what_ended_long_ago_is_forgotten_when_the_chain_forgets_it() {
	let directory = tempfile::tempdir().expect("a directory");
	let chain = FakeChain::new();
	chain.assign(1, true);
	chain.assign(2, true);
	run_until(chain.clone(), directory.path(), Duration::from_secs(1), all_closed).await;
	chain.change(1, |task| task.places.clear());
	let first = chain.heads.borrow().number;
	let past = move |chain: &FakeChain| chain.heads.borrow().number > first + FORGET_AFTER + 3 * CHECK_EVERY;
	run_until(chain.clone(), directory.path(), Duration::from_secs(1), past).await;
	let answerer = Arc::new(Moody::default());
	let kept = start(&chain, &answerer, directory.path()).store.tasks().await.expect("read");
	assert_eq!(kept, vec![2], "an answer of a task that can still be audited is kept");
}
