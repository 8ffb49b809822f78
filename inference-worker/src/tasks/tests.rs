use std::{
	collections::BTreeMap,
	path::Path,
	sync::{
		atomic::{AtomicU32, Ordering},
		Mutex,
	},
};

use deepnode_primitives::{
	canonical::Output, chunks::verify, comparison::Comparison, content::Digest, task::ErrorCode, ModelId,
};
use futures::{Stream, StreamExt};

use super::*;
use crate::{
	canonical::Canonical,
	chain::{AccountId, Asked, Model, Registration, H256},
	sandbox::SandboxError,
};

/// Where a task on the fake chain stands. The worker is not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
	/// Its workers answer it for the first time.
	Open,
	/// Their answers had no majority, and more are asked.
	Disputed,
	/// They had, and it is audited perhaps.
	Settled,
	/// An audit has shown another answer.
	Overturned,
}

/// A seat on the fake chain.
#[derive(Clone)]
pub struct Place {
	/// Whether it is the worker's under test.
	pub ours: bool,
	/// Those who were asked together.
	pub wave: u32,
	pub commitment: Option<H256>,
	pub revealed: Option<Payload>,
}

/// One task on the fake chain.
#[derive(Clone)]
pub struct Entry {
	pub input: Vec<u8>,
	pub items: u32,
	pub status: Status,
	/// Whether it is among the worker's assignments.
	pub assigned: bool,
	pub places: Vec<Place>,
	/// What chooses chunks of its long answers, and the answers that wait for theirs.
	pub challenge: Option<(H256, Vec<Digest>)>,
}

impl Entry {
	/// Seats for the worker (`true`) and others, who are asked together after all those before.
	pub fn ask(&mut self, seats: &[bool]) {
		let wave = self.places.last().map_or(0, |place| place.wave + 1);
		let place = |ours: &bool| Place { ours: *ours, wave, commitment: None, revealed: None };
		self.assigned |= seats.contains(&true);
		self.places.extend(seats.iter().map(place));
	}

	/// The others who have been asked so far commit.
	pub fn others_commit(&mut self) {
		for place in self.places.iter_mut().filter(|place| !place.ours) {
			place.commitment = Some(H256::repeat_byte(0xee));
		}
	}

	/// The others who have been asked so far reveal.
	pub fn others_reveal(&mut self) {
		self.others_commit();
		for place in self.places.iter_mut().filter(|place| !place.ours) {
			place.revealed = Some(Payload::Inline(Default::default()));
		}
	}

	pub fn ours(&self) -> Option<&Place> {
		self.places.iter().find(|place| place.ours)
	}

	pub fn ours_mut(&mut self) -> &mut Place {
		self.places.iter_mut().find(|place| place.ours).expect("a seat")
	}

	/// Our long answer, revealed before, is challenged.
	pub fn challenge(&mut self, seed: H256) {
		let digest = self.ours().and_then(|place| place.revealed.as_ref()).expect("revealed").digest();
		self.challenge = Some((seed, vec![[1; 32], digest]));
	}

	fn seat(&self) -> Option<Seat> {
		let ours = self.ours()?;
		let revealed = ours.revealed.as_ref().map(Payload::digest);
		let challenge =
			self.challenge.as_ref().filter(|(_, awaited)| revealed.is_some_and(|own| awaited.contains(&own)));
		if let (Some((seed, _)), Some(commitment)) = (challenge, ours.commitment) {
			let before = self.places.iter().take_while(|place| !place.ours);
			let turn = before.filter(|place| place.revealed.as_ref().map(Payload::digest) == revealed).count() as u32;
			return Some(Seat::MayOpen { commitment, seed: *seed, turn });
		}
		let mut wave = self.places.iter().filter(|place| place.wave == ours.wave);
		let committed = wave.all(|place| place.commitment.is_some());
		Some(Seat::new(ours.commitment, ours.revealed.is_some(), committed))
	}
}

#[derive(Default)]
pub struct State {
	pub tasks: BTreeMap<TaskId, Entry>,
	/// Every commitment that ever got into a block.
	pub commitments: Vec<(TaskId, H256)>,
	pub reveals: Vec<TaskId>,
	pub openings: Vec<TaskId>,
	/// The next transactions fail with this.
	pub failure: Option<String>,
}

/// How long workers have on the fake chain.
pub const WINDOW: Duration = Duration::from_secs(60);

/// A chain in memory with one worker on it.
pub struct FakeChain {
	pub state: Mutex<State>,
	account: AccountId,
	pub heads: watch::Sender<Block>,
}

impl FakeChain {
	pub fn new() -> Arc<Self> {
		Arc::new(Self {
			state: Mutex::default(),
			account: AccountId::new([7; 32]),
			heads: watch::Sender::new(block(1)),
		})
	}

	/// Gives the task to the worker and another one.
	pub fn assign(&self, task: TaskId, other_has_committed: bool) {
		let mut entry = Entry {
			input: vec![task as u8],
			items: 1,
			status: Status::Open,
			assigned: false,
			places: Vec::new(),
			challenge: None,
		};
		entry.ask(&[true, false]);
		if other_has_committed {
			entry.others_commit();
		}
		self.state.lock().expect("lock").tasks.insert(task, entry);
	}

	/// A task that two others have answered, at odds with each other.
	pub fn dispute(&self, task: TaskId) {
		let mut entry = Entry {
			input: vec![task as u8],
			items: 1,
			status: Status::Disputed,
			assigned: false,
			places: Vec::new(),
			challenge: None,
		};
		entry.ask(&[false, false]);
		entry.others_reveal();
		self.state.lock().expect("lock").tasks.insert(task, entry);
	}

	pub fn next_block(&self) -> Block {
		let next = block(self.heads.borrow().number + 1);
		self.heads.send_replace(next);
		next
	}

	pub fn entry(&self, task: TaskId) -> Entry {
		self.state.lock().expect("lock").tasks[&task].clone()
	}

	pub fn change(&self, task: TaskId, change: impl FnOnce(&mut Entry)) {
		change(self.state.lock().expect("lock").tasks.get_mut(&task).expect("there"));
	}

	fn refuse(&self) -> Result<(), ChainError> {
		self.state.lock().expect("lock").failure.clone().map_or(Ok(()), |failure| Err(ChainError::Fake(failure)))
	}
}

pub fn block(number: u32) -> Block {
	Block { number, hash: H256::from_low_u64_be(number.into()) }
}

impl Chain for FakeChain {
	fn genesis(&self) -> H256 {
		H256::repeat_byte(9)
	}
	fn account(&self) -> &AccountId {
		&self.account
	}
	fn blocks(&self) -> impl Stream<Item = Result<Block, ChainError>> + Send + Unpin {
		let mut heads = self.heads.subscribe();
		heads.mark_changed();
		futures::stream::unfold(heads, |mut heads| async move {
			heads.changed().await.ok()?;
			let block = *heads.borrow_and_update();
			Some((Ok(block), heads))
		})
		.boxed()
	}
	async fn worker(&self, _: H256) -> Result<Option<Registration>, ChainError> {
		Ok(Some(Registration { capacity: 9, private: true, models: vec![0], leaving: false }))
	}
	async fn assignments(&self, _: H256) -> Result<Vec<TaskId>, ChainError> {
		let state = self.state.lock().expect("lock");
		Ok(state.tasks.iter().filter(|(_, task)| task.assigned).map(|(id, _)| *id).collect())
	}
	async fn awaiting_chunks(&self, tasks: &[TaskId], _: H256) -> Result<Vec<TaskId>, ChainError> {
		let state = self.state.lock().expect("lock");
		let due = |task: &&TaskId| {
			let seat = state.tasks.get(task).and_then(Entry::seat);
			matches!(seat, Some(Seat::MayOpen { .. }))
		};
		Ok(tasks.iter().filter(due).copied().collect())
	}
	async fn commit_window(&self, _: H256) -> Result<Duration, ChainError> {
		Ok(WINDOW)
	}
	async fn asked(&self, task: TaskId, _: H256) -> Result<Option<Asked>, ChainError> {
		Ok(self.state.lock().expect("lock").tasks.get(&task).map(|task| Asked { model: 0, items: task.items }))
	}
	async fn input(&self, task: TaskId, _: H256) -> Result<Option<Payload>, ChainError> {
		let state = self.state.lock().expect("lock");
		Ok(state.tasks.get(&task).map(|task| Payload::Inline(task.input.clone().try_into().expect("short"))))
	}
	async fn model(&self, _: ModelId, _: H256) -> Result<Option<Model>, ChainError> {
		let (inputs, outputs) = Default::default();
		Ok(Some(Model { graph: None, inputs, outputs, comparison: Comparison::default(), fhe: None }))
	}
	async fn seat(&self, task: TaskId, _: H256) -> Result<Option<Seat>, ChainError> {
		let state = self.state.lock().expect("lock");
		Ok(state.tasks.get(&task).and_then(Entry::seat))
	}
	async fn commit(&self, task: TaskId, commitment: H256) -> Result<Block, ChainError> {
		self.refuse()?;
		{
			let mut state = self.state.lock().expect("lock");
			let entry = state.tasks.get_mut(&task).expect("there");
			assert_eq!(entry.seat(), Some(Seat::MayCommit));
			entry.ours_mut().commitment = Some(commitment);
			state.commitments.push((task, commitment));
		}
		Ok(self.next_block())
	}
	async fn reveal(&self, id: TaskId, salt: [u8; 32], digest: Digest, output: Payload) -> Result<Block, ChainError> {
		self.refuse()?;
		{
			let mut state = self.state.lock().expect("lock");
			let entry = state.tasks.get_mut(&id).expect("there");
			assert_eq!(output.digest(), digest);
			let expected = commitment(&self.genesis(), id, &self.account, &salt, &digest);
			assert_eq!(entry.seat(), Some(Seat::MayReveal(expected)), "the reveal does not open the commitment");
			entry.ours_mut().revealed = Some(output);
			entry.assigned = false;
			state.reveals.push(id);
		}
		Ok(self.next_block())
	}
	async fn open_chunks(&self, id: TaskId, digest: Digest, opening: Opening) -> Result<Block, ChainError> {
		self.refuse()?;
		{
			let mut state = self.state.lock().expect("lock");
			let (seed, awaited) = state.tasks.get_mut(&id).expect("there").challenge.as_mut().expect("a challenge");
			if !awaited.contains(&digest) {
				return Err(ChainError::Fake("overtaken".into()));
			}
			opening.check(&digest, &seed.0).expect("the chunks that the seed chooses");
			awaited.retain(|other| *other != digest);
			state.openings.push(id);
		}
		Ok(self.next_block())
	}
}

/// Never gives the same answer twice, as the worst engine would.
#[derive(Default)]
pub struct Moody {
	pub runs: AtomicU32,
	pub length: usize,
	pub broken: std::sync::atomic::AtomicBool,
}

impl Answerer for Moody {
	async fn answer(&self, _: &Question, _: Instant) -> Result<Canonical, Trouble> {
		if self.broken.load(Ordering::SeqCst) {
			return Err(SandboxError::Unusable("no memory".into()).into());
		}
		let run = self.runs.fetch_add(1, Ordering::SeqCst);
		let data = vec![run as i32; self.length.max(1)];
		Ok(Canonical { answer: Answer::Outputs(vec![Output { dims: vec![data.len() as u32], data }]), reason: None })
	}
	async fn prepare(&self, _: &Model) {}
}

/// A worker that has just started, with whatever the directory holds from before.
pub fn start(chain: &Arc<FakeChain>, answerer: &Arc<Moody>, directory: &Path) -> Attendant<FakeChain, Moody> {
	Attendant {
		chain: chain.clone(),
		answerer: answerer.clone(),
		store: Store::open(directory, &chain.genesis(), chain.account()).expect("opens"),
		outputs: Cache::open(&directory.join("outputs"), 1 << 20).expect("opens"),
		public_url: Some("http://worker.example/".into()),
		private: Ability::Answers,
		metrics: Metrics::new().expect("metrics"),
	}
}

/// One step, and what it wants sent.
async fn step(attendant: &Attendant<FakeChain, Moody>, task: TaskId) -> Result<Next, StepError> {
	let next = attendant.next(task, H256::zero(), Instant::now()).await?;
	if let Next::Send(transaction) = &next {
		attendant.send(task, (**transaction).clone()).await?;
	}
	Ok(next)
}

/// What is kept of a task's question as the chain has it now.
async fn record_of(attendant: &Attendant<FakeChain, Moody>, task: TaskId) -> Record {
	let question = attendant.question(task, H256::zero()).await.expect("asked").digest();
	attendant.store.answered(task, question).await.expect("read").expect("kept")
}

#[tokio::test]
async fn a_task_is_committed_and_then_revealed() {
	let (chain, answerer, directory) = (FakeChain::new(), Arc::default(), tempfile::tempdir().expect("a directory"));
	chain.assign(1, true);
	let attendant = start(&chain, &answerer, directory.path());
	attendant.attend(1, chain.heads.subscribe()).await;
	assert_eq!(chain.entry(1).seat(), Some(Seat::Done));
	assert_eq!(attendant.metrics.revealed.get(), 1);
}

#[tokio::test]
async fn a_worker_killed_after_every_step_never_changes_its_answer() {
	let (chain, answerer, directory) = (FakeChain::new(), Arc::default(), tempfile::tempdir().expect("a directory"));
	chain.assign(1, false);
	// The commitment is kept, but its transaction is lost with the process.
	chain.state.lock().expect("lock").failure = Some("connection lost".into());
	for _ in 0..3 {
		assert!(step(&start(&chain, &answerer, directory.path()), 1).await.is_err());
	}
	let kept = record_of(&start(&chain, &answerer, directory.path()), 1).await;
	chain.state.lock().expect("lock").failure = None;
	assert!(matches!(step(&start(&chain, &answerer, directory.path()), 1).await, Ok(Next::Send(_))));
	assert_eq!(chain.entry(1).seat(), Some(Seat::Committed(kept.commitment)));
	// The others are late: there is nothing to do but wait.
	for _ in 0..3 {
		assert!(matches!(step(&start(&chain, &answerer, directory.path()), 1).await, Ok(Next::Wait)));
	}
	chain.change(1, Entry::others_commit);
	assert!(matches!(step(&start(&chain, &answerer, directory.path()), 1).await, Ok(Next::Send(_))));
	assert!(matches!(step(&start(&chain, &answerer, directory.path()), 1).await, Ok(Next::Done)));
	assert_eq!(answerer.runs.load(Ordering::SeqCst), 1, "the model ran once");
	assert_eq!(chain.state.lock().expect("lock").commitments.len(), 1);
}

#[tokio::test]
async fn a_commitment_from_elsewhere_is_an_error_and_no_panic() {
	let (chain, answerer, directory) = (FakeChain::new(), Arc::default(), tempfile::tempdir().expect("a directory"));
	chain.assign(1, true);
	chain.change(1, |entry| entry.ours_mut().commitment = Some(H256::repeat_byte(1)));
	let error = step(&start(&chain, &answerer, directory.path()), 1).await.expect_err("unknown");
	assert!(matches!(error, StepError::Foreign(_)), "{error}");
}

#[tokio::test]
async fn trouble_of_the_machine_is_no_answer() {
	let (chain, answerer, directory) =
		(FakeChain::new(), Arc::new(Moody::default()), tempfile::tempdir().expect("a directory"));
	chain.assign(1, true);
	answerer.broken.store(true, Ordering::SeqCst);
	let attendant = start(&chain, &answerer, directory.path());
	assert!(matches!(step(&attendant, 1).await, Err(StepError::Answer(Trouble::Sandbox(_)))));
	assert_eq!(chain.entry(1).seat(), Some(Seat::MayCommit));
	assert_eq!(attendant.store.tasks().await.expect("read"), Vec::<TaskId>::new());
	answerer.broken.store(false, Ordering::SeqCst);
	assert!(matches!(step(&attendant, 1).await, Ok(Next::Send(_))));
}

#[tokio::test]
async fn a_long_answer_is_revealed_by_reference_and_can_be_fetched() {
	let (chain, directory) = (FakeChain::new(), tempfile::tempdir().expect("a directory"));
	let answerer = Arc::new(Moody { length: 5000, ..Default::default() });
	chain.assign(1, true);
	let attendant = start(&chain, &answerer, directory.path());
	attendant.attend(1, chain.heads.subscribe()).await;
	let Some(Payload::Reference(content)) = chain.entry(1).ours_mut().revealed.clone() else { panic!("inline") };
	assert_eq!(content.uris_utf8(), vec![format!("http://worker.example/outputs/{}", hex::encode(content.hash))]);
	let bytes = attendant.outputs.answer(content.hash).await.expect("kept");
	assert_eq!(verify(&content, &bytes), Ok(()));
}

#[tokio::test]
async fn an_error_code_is_an_answer_like_any_other() {
	struct Failing;
	impl Answerer for Failing {
		async fn answer(&self, _: &Question, _: Instant) -> Result<Canonical, Trouble> {
			Ok(Canonical::error(ErrorCode::NotFinite, "a NaN"))
		}
		async fn prepare(&self, _: &Model) {}
	}
	let (chain, answerer, directory) =
		(FakeChain::new(), Arc::<Moody>::default(), tempfile::tempdir().expect("a directory"));
	chain.assign(1, true);
	let Attendant { chain, store, outputs, public_url, private, metrics, .. } =
		start(&chain, &answerer, directory.path());
	let attendant = Attendant { answerer: Arc::new(Failing), chain, store, outputs, public_url, private, metrics };
	attendant.attend(1, attendant.chain.heads.subscribe()).await;
	let revealed = attendant.chain.entry(1).ours_mut().revealed.clone().expect("revealed");
	assert_eq!(revealed.inline(), Some(&Answer::Error(ErrorCode::NotFinite).to_bytes()[..]));
}

#[tokio::test]
async fn a_long_answer_that_nobody_could_fetch_is_not_committed_to() {
	let (chain, directory) = (FakeChain::new(), tempfile::tempdir().expect("a directory"));
	let answerer = Arc::new(Moody { length: 5000, ..Default::default() });
	chain.assign(1, true);
	let attendant = Attendant { public_url: None, ..start(&chain, &answerer, directory.path()) };
	let error = step(&attendant, 1).await.expect_err("not published");
	assert!(error.to_string().contains("--public-url"), "{error}");
	assert_eq!(chain.entry(1).seat(), Some(Seat::MayCommit));
}

#[test]
fn fetching_gets_half_of_what_is_left_of_the_commit_window() {
	let seen = Instant::now();
	let allowed = |passed| fetch_by(seen + passed, seen, WINDOW) - (seen + passed);
	assert_eq!(allowed(Duration::ZERO), WINDOW / 2);
	assert_eq!(allowed(WINDOW / 2), WINDOW / 4);
	assert_eq!(allowed(2 * WINDOW), LEAST_FETCH);
}

mod forks;
mod long_answers;
mod waves;
