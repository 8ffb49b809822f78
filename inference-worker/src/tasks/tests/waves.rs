//! Tasks that are answered in more than one wave. What the worker does follows from its seat.

use super::*;

/// Whether the next step is a commitment, or a reveal; `None` where nothing is sent.
fn sent(next: &Next) -> Option<&'static str> {
	match next {
		Next::Send(transaction) => Some(transaction.name()),
		Next::Wait | Next::Done => None,
	}
}

#[tokio::test]
async fn a_third_worker_in_a_dispute_waits_for_nobody() {
	let (chain, answerer, directory) = (FakeChain::new(), Arc::default(), tempfile::tempdir().expect("a directory"));
	chain.dispute(1);
	let attendant = start(&chain, &answerer, directory.path());
	assert_eq!(step(&attendant, 1).await.expect("no seat"), Next::Done);
	chain.change(1, |entry| entry.ask(&[true]));
	attendant.attend(1, chain.heads.subscribe()).await;
	assert_eq!(chain.entry(1).seat(), Some(Seat::Done));
	assert_eq!(chain.state.lock().expect("lock").reveals, vec![1]);
}

#[tokio::test]
async fn a_worker_of_a_later_wave_waits_for_its_own_wave_only() {
	let (chain, answerer, directory) = (FakeChain::new(), Arc::default(), tempfile::tempdir().expect("a directory"));
	chain.dispute(1);
	chain.change(1, |entry| entry.ask(&[true, false]));
	let attendant = start(&chain, &answerer, directory.path());
	assert_eq!(sent(&step(&attendant, 1).await.expect("a step")), Some("commitment"));
	assert_eq!(step(&attendant, 1).await.expect("a step"), Next::Wait);
	chain.change(1, Entry::others_commit);
	assert_eq!(sent(&step(&attendant, 1).await.expect("a step")), Some("reveal"));
}

#[tokio::test]
async fn a_worker_whose_answer_is_disputed_has_done_its_part() {
	let (chain, answerer, directory) = (FakeChain::new(), Arc::default(), tempfile::tempdir().expect("a directory"));
	chain.assign(1, true);
	let attendant = start(&chain, &answerer, directory.path());
	attendant.attend(1, chain.heads.subscribe()).await;
	chain.change(1, |entry| {
		entry.status = Status::Disputed;
		entry.assigned = true;
		entry.ask(&[false]);
	});
	// The third worker has not even committed, and the task is still among the assignments.
	assert_eq!(step(&attendant, 1).await.expect("a step"), Next::Done);
	assert_eq!(answerer.runs.load(Ordering::SeqCst), 1);
	assert_eq!(chain.state.lock().expect("lock").reveals, vec![1]);
}

#[tokio::test]
async fn an_auditor_answers_a_task_that_is_settled() {
	let (chain, answerer, directory) = (FakeChain::new(), Arc::default(), tempfile::tempdir().expect("a directory"));
	chain.dispute(1);
	chain.change(1, |entry| {
		entry.status = Status::Settled;
		entry.ask(&[true]);
	});
	let attendant = start(&chain, &answerer, directory.path());
	assert_eq!(sent(&step(&attendant, 1).await.expect("a step")), Some("commitment"));
	assert_eq!(sent(&step(&attendant, 1).await.expect("a step")), Some("reveal"));
	// It contradicts, and two more are asked: nothing more of this one.
	chain.change(1, |entry| entry.ask(&[false, false]));
	assert_eq!(step(&attendant, 1).await.expect("a step"), Next::Done);
}

#[tokio::test]
async fn an_auditor_that_is_asked_after_the_first_waits_for_its_partner() {
	let (chain, answerer, directory) = (FakeChain::new(), Arc::default(), tempfile::tempdir().expect("a directory"));
	chain.dispute(1);
	chain.change(1, |entry| {
		entry.status = Status::Settled;
		entry.ask(&[false]);
		entry.others_reveal();
		entry.ask(&[true, false]);
	});
	let attendant = start(&chain, &answerer, directory.path());
	assert_eq!(sent(&step(&attendant, 1).await.expect("a step")), Some("commitment"));
	assert_eq!(step(&attendant, 1).await.expect("a step"), Next::Wait);
	// Killed, and started again, it opens what it has sealed.
	drop(attendant);
	chain.change(1, Entry::others_commit);
	start(&chain, &answerer, directory.path()).attend(1, chain.heads.subscribe()).await;
	assert_eq!(chain.entry(1).seat(), Some(Seat::Done));
	assert_eq!(answerer.runs.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_overturned_task_asks_nothing_of_those_who_answered_it() {
	let (chain, answerer, directory) = (FakeChain::new(), Arc::default(), tempfile::tempdir().expect("a directory"));
	chain.assign(1, true);
	let attendant = start(&chain, &answerer, directory.path());
	attendant.attend(1, chain.heads.subscribe()).await;
	chain.change(1, |entry| {
		entry.ask(&[false, false, false]);
		entry.others_reveal();
		entry.status = Status::Overturned;
	});
	assert_eq!(step(&attendant, 1).await.expect("a step"), Next::Done);
	// The same where the round is closed, and where an auditor lost its seat before it committed.
	chain.change(1, |entry| entry.places.clear());
	assert_eq!(step(&attendant, 1).await.expect("a step"), Next::Done);
	let state = chain.state.lock().expect("lock");
	assert_eq!((state.commitments.len(), state.reveals.len()), (1, 1));
}

#[tokio::test]
async fn a_seat_that_is_taken_away_between_the_commitment_and_the_reveal_is_given_up() {
	let (chain, answerer, directory) = (FakeChain::new(), Arc::default(), tempfile::tempdir().expect("a directory"));
	chain.dispute(1);
	chain.change(1, |entry| entry.ask(&[true, false]));
	let attendant = start(&chain, &answerer, directory.path());
	step(&attendant, 1).await.expect("committed");
	chain.change(1, |entry| entry.places.retain(|place| !place.ours));
	assert_eq!(step(&attendant, 1).await.expect("a step"), Next::Done);
}

#[test]
fn a_seat_waits_for_its_wave_and_for_nothing_else() {
	let sealed = Some(H256::repeat_byte(1));
	for wave_committed in [false, true] {
		assert_eq!(Seat::new(None, false, wave_committed), Seat::MayCommit);
		assert_eq!(Seat::new(sealed, true, wave_committed), Seat::Done);
	}
	assert_eq!(Seat::new(sealed, false, false), Seat::Committed(H256::repeat_byte(1)));
	assert_eq!(Seat::new(sealed, false, true), Seat::MayReveal(H256::repeat_byte(1)));
}
