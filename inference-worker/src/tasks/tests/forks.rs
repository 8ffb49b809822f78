//! Forks: what is committed on one may end up on another, where the task's number stands for another task.

use super::*;

/// A worker that has just started, on the chain of a test.
struct Forked {
	chain: Arc<FakeChain>,
	answerer: Arc<Moody>,
	directory: tempfile::TempDir,
}

impl Forked {
	fn new(other_has_committed: bool) -> Self {
		let (chain, directory) = (FakeChain::new(), tempfile::tempdir().expect("a directory"));
		chain.assign(1, other_has_committed);
		Self { chain, answerer: Arc::default(), directory }
	}

	fn start(&self) -> Attendant<FakeChain, Moody> {
		start(&self.chain, &self.answerer, self.directory.path())
	}

	/// The commitment to what task 1 asks now, in a block.
	async fn commit(&self) -> H256 {
		step(&self.start(), 1).await.expect("committed");
		self.chain.entry(1).ours().and_then(|place| place.commitment).expect("a commitment")
	}

	/// The best fork becomes one on which task 1 asks this, and on which the worker's commitment is this.
	fn switch(&self, change: impl FnOnce(&mut Entry), commitment: Option<H256>) {
		self.chain.change(1, |entry| {
			change(entry);
			let ours = entry.ours_mut();
			(ours.commitment, ours.revealed) = (commitment, None);
		});
	}
}

#[tokio::test]
async fn a_fork_that_takes_the_commitment_back_gets_the_same_one_again() {
	let (chain, answerer, directory) = (FakeChain::new(), Arc::default(), tempfile::tempdir().expect("a directory"));
	chain.assign(1, true);
	start(&chain, &answerer, directory.path()).attend(1, chain.heads.subscribe()).await;
	chain.change(1, |entry| (entry.ours_mut().commitment, entry.ours_mut().revealed) = (None, None));
	start(&chain, &answerer, directory.path()).attend(1, chain.heads.subscribe()).await;
	let state = chain.state.lock().expect("lock");
	assert_eq!(state.commitments.len(), 2);
	assert_eq!(state.commitments[0], state.commitments[1]);
	assert_eq!(state.reveals, vec![1, 1]);
}

#[tokio::test]
async fn a_fork_that_gives_the_number_to_another_task_gets_another_answer() {
	let forked = Forked::new(false);
	let first = forked.commit().await;
	forked.switch(|entry| entry.input = vec![99], None);
	assert_ne!(forked.commit().await, first);
	// The same input for another number of items is another question.
	forked.switch(|entry| entry.items = 2, None);
	forked.commit().await;
	assert_eq!(forked.answerer.runs.load(Ordering::SeqCst), 3);
}

/// The pool keeps a commitment that a fork takes back, and puts it into the next fork's blocks: the worker may
/// have committed to what the number stands for there, or not yet.
#[tokio::test]
async fn a_commitment_of_a_fork_that_is_no_more_is_revealed_where_it_ends_up() {
	for answered_on_the_new_fork in [false, true] {
		let forked = Forked::new(true);
		let first = forked.commit().await;
		forked.switch(|entry| entry.input = vec![99], None);
		if answered_on_the_new_fork {
			forked.commit().await;
		}
		forked.switch(|_| (), Some(first));
		let next = step(&forked.start(), 1).await.expect("a step");
		let Next::Send(transaction) = next else { panic!("nothing is sent") };
		let Transaction::Reveal(record, _) = *transaction else { panic!("no reveal") };
		assert_eq!(record.commitment, first);
		assert_eq!(forked.chain.entry(1).seat(), Some(Seat::Done));
	}
}

#[tokio::test]
async fn each_of_two_forks_has_its_own_commitment_revealed() {
	let forked = Forked::new(true);
	let first = forked.commit().await;
	forked.switch(|entry| entry.input = vec![99], None);
	let second = forked.commit().await;
	for (input, commitment) in [(vec![1], first), (vec![99], second), (vec![1], first)] {
		forked.switch(|entry| entry.input = input, Some(commitment));
		step(&forked.start(), 1).await.expect("revealed");
		assert_eq!(forked.chain.entry(1).seat(), Some(Seat::Done));
	}
	assert_eq!(forked.answerer.runs.load(Ordering::SeqCst), 2);
}
