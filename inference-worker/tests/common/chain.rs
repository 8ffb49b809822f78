//! A chain in memory, as one worker sees it, and the worker.

use std::{
	collections::BTreeMap,
	fs,
	path::{Path, PathBuf},
	sync::{Arc, Mutex, MutexGuard, PoisonError},
	time::Duration,
};

use deepnode_primitives::{
	chunks::Opening,
	commitment::commitment,
	content::{sha256, ContentRef, Digest, Payload},
	ModelId, TaskId,
};
use deepnode_worker::{
	cache::Cache,
	chain::{AccountId, Asked, Block, Chain, ChainError, Model, Registration, Seat, H256},
	engine::Kind,
	fetch::{Fetcher, Policy},
	health::Health,
	metrics::Metrics,
	private::Ability,
	runner::Runner,
	sandbox::{Config, Sandbox},
	service,
	store::Store,
	tasks::Attendant,
};
use futures::{Stream, StreamExt};
use tokio::{sync::watch, task::JoinHandle};

type Result<T> = std::result::Result<T, ChainError>;

/// A task that the worker serves with others.
#[derive(Clone)]
pub struct Task {
	pub input: Payload,
	/// How many items it is paid for.
	pub items: u32,
	/// Whether the others have committed.
	pub others_committed: bool,
	pub commitment: Option<H256>,
	pub revealed: Option<Payload>,
}

/// One model and its tasks, with one worker on it.
pub struct OneModel {
	/// How long workers have for their commitments.
	pub window: Duration,
	model: Model,
	account: AccountId,
	tasks: Mutex<BTreeMap<TaskId, Task>>,
	heads: watch::Sender<Block>,
}

impl OneModel {
	pub fn new(model: Model, window: Duration) -> Arc<Self> {
		let (account, heads) = (AccountId::new([7; 32]), watch::Sender::new(block(1)));
		Arc::new(Self { window, model, account, tasks: Mutex::default(), heads })
	}

	fn tasks(&self) -> MutexGuard<'_, BTreeMap<TaskId, Task>> {
		self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
	}

	/// Has the worker asked about one item.
	pub fn assign(&self, id: TaskId, input: Payload) {
		self.assign_items(id, input, 1);
	}

	/// Has the worker asked about so many items.
	pub fn assign_items(&self, id: TaskId, input: Payload, items: u32) {
		self.tasks().insert(id, Task { input, items, others_committed: false, commitment: None, revealed: None });
	}

	/// The others of a task commit.
	pub fn others_commit_to(&self, id: TaskId) {
		self.tasks().get_mut(&id).expect("a task").others_committed = true;
	}

	/// The others of every task that there is commit.
	pub fn others_commit(&self) {
		self.tasks().values_mut().for_each(|task| task.others_committed = true);
	}

	pub fn task(&self, id: TaskId) -> Task {
		self.tasks()[&id].clone()
	}

	pub fn next_block(&self) {
		let next = block(self.heads.borrow().number + 1);
		self.heads.send_replace(next);
	}

	fn change(&self, id: TaskId, change: impl FnOnce(&mut Task)) -> Result<Block> {
		change(self.tasks().get_mut(&id).expect("a task"));
		self.next_block();
		let block = *self.heads.borrow();
		Ok(block)
	}
}

fn block(number: u32) -> Block {
	Block { number, hash: H256::from_low_u64_be(number.into()) }
}

fn seat(task: &Task) -> Seat {
	Seat::new(task.commitment, task.revealed.is_some(), task.others_committed && task.commitment.is_some())
}

impl Chain for OneModel {
	fn genesis(&self) -> H256 {
		H256::repeat_byte(9)
	}
	fn account(&self) -> &AccountId {
		&self.account
	}
	fn blocks(&self) -> impl Stream<Item = Result<Block>> + Send + Unpin {
		let mut heads = self.heads.subscribe();
		heads.mark_changed();
		futures::stream::unfold(heads, |mut heads| async move {
			heads.changed().await.ok()?;
			let block = *heads.borrow_and_update();
			Some((Ok(block), heads))
		})
		.boxed()
	}
	async fn worker(&self, _: H256) -> Result<Option<Registration>> {
		Ok(None)
	}
	async fn assignments(&self, _: H256) -> Result<Vec<TaskId>> {
		Ok(self.tasks().iter().filter(|(_, task)| task.revealed.is_none()).map(|(id, _)| *id).collect())
	}
	async fn awaiting_chunks(&self, _: &[TaskId], _: H256) -> Result<Vec<TaskId>> {
		Ok(Vec::new())
	}
	async fn commit_window(&self, _: H256) -> Result<Duration> {
		Ok(self.window)
	}
	async fn asked(&self, id: TaskId, _: H256) -> Result<Option<Asked>> {
		Ok(self.tasks().get(&id).map(|task| Asked { model: 0, items: task.items }))
	}
	async fn input(&self, id: TaskId, _: H256) -> Result<Option<Payload>> {
		Ok(self.tasks().get(&id).map(|task| task.input.clone()))
	}
	async fn model(&self, _: ModelId, _: H256) -> Result<Option<Model>> {
		Ok(Some(self.model.clone()))
	}
	async fn seat(&self, id: TaskId, _: H256) -> Result<Option<Seat>> {
		Ok(self.tasks().get(&id).map(seat))
	}
	async fn commit(&self, id: TaskId, commitment: H256) -> Result<Block> {
		self.change(id, |task| {
			assert_eq!(seat(task), Seat::MayCommit, "task {id}");
			task.commitment = Some(commitment);
		})
	}
	async fn reveal(&self, id: TaskId, salt: [u8; 32], digest: Digest, output: Payload) -> Result<Block> {
		let opened = commitment(&self.genesis(), id, &self.account, &salt, &digest);
		self.change(id, |task| {
			assert_eq!(seat(task), Seat::MayReveal(opened), "task {id}");
			assert_eq!(output.digest(), digest, "task {id}");
			task.revealed = Some(output);
		})
	}
	async fn open_chunks(&self, id: TaskId, _: Digest, _: Opening) -> Result<Block> {
		panic!("nobody challenges the answers to task {id}")
	}
}

/// A worker as the program puts it together, on a chain in memory.
pub struct Running {
	pub service: JoinHandle<()>,
	stop: watch::Sender<bool>,
}

impl Running {
	/// A worker with this folder that runs one model at once.
	pub async fn start(chain: &Arc<OneModel>, folder: &Path) -> Self {
		let metrics = Metrics::new().expect("metrics");
		let cache = Cache::open(&folder.join("content"), 1 << 30).expect("opens");
		let file_roots = vec![folder.join("roots")];
		let policy = Policy { file_roots, private_hosts: true, ..Policy::default() };
		let program = PathBuf::from(env!("CARGO_BIN_EXE_deepnode-worker"));
		let sandbox = Sandbox::start(Config { program, ..Config::new(Kind::Tract, None) }).await.expect("starts");
		let fetcher = Fetcher::new(policy, cache, metrics.clone());
		let attendant = Attendant {
			chain: chain.clone(),
			answerer: Arc::new(Runner::new(sandbox, fetcher, metrics.clone(), 1)),
			store: Store::open(folder, &chain.genesis(), chain.account()).expect("the store opens"),
			outputs: Cache::open(&folder.join("outputs"), 1 << 30).expect("opens"),
			public_url: Some("http://worker.example".into()),
			private: Ability::of_this_build(false),
			metrics,
		};
		let (stop, stopped) = watch::channel(false);
		let service = service::serve(Arc::new(attendant), Health::default(), stopped, Duration::from_millis(1));
		Self { stop, service: tokio::spawn(service) }
	}

	/// Ends it as a signal does, and waits until it is gone.
	pub async fn stop(self) {
		self.stop.send_replace(true);
		self.service.await.expect("the service ends in order");
		// The last of its tasks are being dropped, and with them the store's file.
		tokio::time::sleep(Duration::from_millis(200)).await;
	}
}

/// A file that the worker of this folder may read.
pub fn file(folder: &Path, name: &str, bytes: &[u8]) -> ContentRef {
	let path = folder.join("roots").join(name);
	fs::create_dir_all(folder.join("roots")).expect("made");
	fs::write(&path, bytes).expect("written");
	content(bytes, &[format!("file://{}", path.display())])
}

/// Content that is said to be there.
pub fn content(bytes: &[u8], uris: &[String]) -> ContentRef {
	let uris: Vec<_> = uris.iter().map(|uri| uri.clone().into_bytes().try_into().expect("short")).collect();
	ContentRef { hash: sha256(bytes), length: bytes.len() as u64, uris: uris.try_into().expect("few") }
}
