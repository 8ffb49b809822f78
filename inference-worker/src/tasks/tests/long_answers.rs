//! Long answers that are compared by chunks of them.

use super::*;

const SEED: H256 = H256::repeat_byte(5);

fn lengthy() -> Arc<Moody> {
	Arc::new(Moody { length: 5000, ..Default::default() })
}

/// A chain on which our long answer to task 1 is revealed, and its worker's folder.
async fn revealed() -> (Arc<FakeChain>, tempfile::TempDir) {
	let (chain, directory) = (FakeChain::new(), tempfile::tempdir().expect("a directory"));
	chain.assign(1, true);
	start(&chain, &lengthy(), directory.path()).attend(1, chain.heads.subscribe()).await;
	assert_eq!(chain.entry(1).seat(), Some(Seat::Done));
	(chain, directory)
}

fn opened(chain: &FakeChain) -> Vec<TaskId> {
	chain.state.lock().expect("lock").openings.clone()
}

#[tokio::test]
async fn the_chunks_that_a_challenge_chooses_are_opened_after_any_number_of_restarts() {
	let (chain, directory) = revealed().await;
	chain.change(1, |entry| entry.challenge(SEED));
	chain.state.lock().expect("lock").failure = Some("connection lost".into());
	for _ in 0..3 {
		assert!(step(&start(&chain, &lengthy(), directory.path()), 1).await.is_err());
	}
	chain.state.lock().expect("lock").failure = None;
	let answerer = lengthy();
	let attendant = start(&chain, &answerer, directory.path());
	attendant.attend(1, chain.heads.subscribe()).await;
	assert_eq!(opened(&chain), [1]);
	assert_eq!(attendant.metrics.opened.get(), 1);
	assert_eq!(answerer.runs.load(Ordering::SeqCst), 0, "the model did not run again");
}

#[tokio::test]
async fn each_challenge_is_answered_and_an_answer_that_is_opened_is_not_opened_twice() {
	let (chain, directory) = revealed().await;
	let attendant = start(&chain, &lengthy(), directory.path());
	for seed in [1, 2] {
		chain.change(1, |entry| entry.challenge(H256::repeat_byte(seed)));
		assert!(matches!(step(&attendant, 1).await, Ok(Next::Send(_))));
		assert_eq!(step(&attendant, 1).await.expect("a step"), Next::Done);
	}
	assert_eq!(opened(&chain), [1, 1]);
}

#[tokio::test]
async fn a_challenge_of_others_alone_asks_nothing() {
	let (chain, directory) = revealed().await;
	chain.change(1, |entry| entry.challenge = Some((SEED, vec![[1; 32]])));
	let attendant = start(&chain, &lengthy(), directory.path());
	assert_eq!(step(&attendant, 1).await.expect("a step"), Next::Done);
}

#[tokio::test]
async fn that_somebody_else_was_faster_is_no_error() {
	let (chain, directory) = revealed().await;
	chain.change(1, |entry| entry.challenge(SEED));
	let attendant = start(&chain, &lengthy(), directory.path());
	let Ok(Next::Send(opening)) = attendant.next(1, H256::zero(), Instant::now()).await else { panic!("an opening") };
	chain.change(1, |entry| entry.challenge = Some((SEED, vec![[1; 32]])));
	let error = attendant.send(1, *opening).await.expect_err("too late");
	attendant.complain(1, &error, &mut String::new());
	let said = deepnode_service::render(&attendant.metrics.registry).expect("metrics");
	assert!(!said.contains("failures_total{"), "{said}");
	assert_eq!(step(&attendant, 1).await.expect("a step"), Next::Done);
}

/// A refused opening costs a fee, so that not everybody with the same answer sends one at once.
#[tokio::test]
async fn who_revealed_the_same_answer_later_leaves_the_first_some_time_to_open_it() {
	let (chain, directory) = revealed().await;
	chain.change(1, |entry| {
		entry.challenge(SEED);
		entry.others_reveal();
		entry.places.sort_by_key(|place| place.ours);
		entry.places[0].revealed = entry.places[1].revealed.clone();
	});
	let attendant = start(&chain, &lengthy(), directory.path());
	assert_eq!(step(&attendant, 1).await.expect("a step"), Next::Wait);
	let seen = Instant::now() - TURN;
	let next = attendant.next(1, H256::zero(), seen).await.expect("a step");
	assert!(matches!(next, Next::Send(_)), "the first did not");
}

#[tokio::test]
async fn an_answer_that_does_not_fit_its_commitment_is_told_and_not_sent() {
	let (chain, directory) = revealed().await;
	chain.change(1, |entry| entry.challenge(SEED));
	let attendant = start(&chain, &lengthy(), directory.path());
	let record = record_of(&attendant, 1).await;
	let short = Record { answer: vec![1, 2], ..record };
	let error = attendant.send(1, Transaction::OpenChunks(short, SEED)).await.expect_err("not cut");
	assert!(matches!(error, StepError::Unopenable), "{error}");
	assert!(opened(&chain).is_empty());
}
