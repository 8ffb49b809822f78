//! A runtime of this pallet alone, with a keeper of the tasks that writes down what it is told and does
//! what a test wants.

use std::{cell::RefCell, rc::Rc};

use deepnode_primitives::{
	canonical::{Answer, Output},
	commitment::commitment,
	comparison::Comparison,
	content::{sha256, ContentRef, Inline, Payload, Uri, Uris},
	traits::{Rounds as _, Tasks},
	verdict::{Audit, Verdict},
	TaskId,
};
use frame_support::{assert_ok, derive_impl, parameter_types, weights::Weight};
use sp_core::H256;
use sp_runtime::{traits::IdentityLookup, AccountId32, BuildStorage, DispatchError, DispatchResult};

use crate as pallet_attestation;

type Block = frame_system::mocking::MockBlock<Test>;
pub type AccountId = AccountId32;

/// The task of most tests.
pub const TASK: TaskId = 7;

#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeFreezeReason,
		RuntimeHoldReason,
		RuntimeSlashReason,
		RuntimeLockId,
		RuntimeTask,
		RuntimeViewFunction
	)]
	pub struct Test;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;
	#[runtime::pallet_index(1)]
	pub type Attestation = pallet_attestation;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountId = AccountId;
	type Lookup = IdentityLookup<AccountId>;
}

impl pallet_attestation::Config for Test {
	type Tasks = Keeper;
	type WeightInfo = ();
}

parameter_types! {
	/// Whether the keeper calls a challenge where long answers differ.
	pub static Challenges: bool = true;
	/// Whether the keeper unseals a round as soon as everybody has committed.
	pub static Unseals: bool = true;
}

/// What the keeper was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
	AllCommitted(TaskId),
	Disputed(TaskId),
	Judged(TaskId, Verdict<AccountId>),
	Audited(TaskId, Audit<AccountId>),
}

type Reaction = Rc<dyn Fn(&Told) -> DispatchResult>;

thread_local! {
	static TOLD: RefCell<Vec<Told>> = RefCell::default();
	static REACTION: RefCell<Option<Reaction>> = RefCell::default();
}

/// Writes down what it is told, and does what [`when_told`] says.
pub struct Keeper;

impl Keeper {
	fn hear(told: Told) -> DispatchResult {
		TOLD.with_borrow_mut(|all| all.push(told.clone()));
		let reaction = REACTION.with_borrow(Clone::clone);
		reaction.map_or(Ok(()), |reaction| reaction(&told))
	}
}

impl Tasks<AccountId> for Keeper {
	fn all_committed(task: TaskId) -> DispatchResult {
		Self::hear(Told::AllCommitted(task))?;
		if Unseals::get() {
			Attestation::unseal(task)?;
		}
		Ok(())
	}

	fn disputed(task: TaskId) -> Result<bool, DispatchError> {
		Self::hear(Told::Disputed(task))?;
		Ok(Challenges::get())
	}

	fn judged(task: TaskId, verdict: Verdict<AccountId>) -> DispatchResult {
		Self::hear(Told::Judged(task, verdict))
	}

	fn audited(task: TaskId, audit: Audit<AccountId>) -> DispatchResult {
		Self::hear(Told::Audited(task, audit))
	}

	fn judged_weight() -> Weight {
		Weight::from_parts(1_000_000_000, 1_000)
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_task(comparison: Comparison) -> (TaskId, Vec<AccountId>) {
		let workers = accounts(&[10, 11, 12, 13, 14]);
		Attestation::open(TASK, &workers, comparison).unwrap();
		(TASK, workers)
	}
}

/// What the keeper does from now on when it is told something.
pub fn when_told(reaction: impl Fn(&Told) -> DispatchResult + 'static) {
	REACTION.set(Some(Rc::new(reaction)));
}

/// What the keeper was told since the last time.
pub fn told() -> Vec<Told> {
	TOLD.take()
}

/// A majority on this answer.
pub fn majority(answer: &Answer, winners: &[u8], losers: &[u8]) -> Told {
	let outcome = outcome(answer);
	Told::Judged(TASK, Verdict::Majority { outcome, winners: accounts(winners), losers: accounts(losers) })
}

pub fn disagreed() -> Told {
	Told::Judged(TASK, Verdict::Disagreed)
}

pub fn new_test_ext() -> sp_io::TestExternalities {
	let storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
	let mut ext = sp_io::TestExternalities::new(storage);
	ext.execute_with(|| System::set_block_number(1));
	TOLD.take();
	REACTION.take();
	Challenges::set(true);
	Unseals::set(true);
	ext
}

/// Runs `test`, and checks the invariants after it.
pub fn run(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		test();
		Attestation::do_try_state().unwrap();
	});
}

pub fn account(number: u8) -> AccountId {
	AccountId32::new([number; 32])
}

pub fn accounts(numbers: &[u8]) -> Vec<AccountId> {
	numbers.iter().copied().map(account).collect()
}

pub fn signed(number: u8) -> RuntimeOrigin {
	RuntimeOrigin::signed(account(number))
}

/// The events of this pallet.
pub fn events() -> Vec<crate::Event<Test>> {
	let events = System::read_events_no_consensus().filter_map(|record| match record.event {
		RuntimeEvent::Attestation(event) => Some(event),
		_ => None,
	});
	events.collect()
}

/// Opens the round of [`TASK`] with the default comparison.
pub fn open(workers: &[u8]) {
	assert_ok!(Attestation::open(TASK, &accounts(workers), Comparison::default()));
}

/// Asks more in [`TASK`].
pub fn extend(more: &[u8]) -> DispatchResult {
	Attestation::extend(TASK, &accounts(more))
}

/// An answer for one item.
pub fn scores(scores: [i32; 3]) -> Answer {
	Answer::Outputs(vec![Output { dims: vec![1, 3], data: scores.to_vec() }])
}

pub fn inline(bytes: Vec<u8>) -> Payload {
	Payload::Inline(Inline::try_from(bytes).expect("few bytes"))
}

/// Content of `length` bytes that is kept at these places.
pub fn reference(length: u64, places: &[&str]) -> Payload {
	let uri = |place: &&str| Uri::try_from(place.as_bytes().to_vec()).unwrap();
	let uris = Uris::try_from(places.iter().map(uri).collect::<Vec<_>>()).unwrap();
	Payload::Reference(ContentRef { hash: sha256(&length.to_le_bytes()), length, uris })
}

/// The salt of a worker.
pub fn salt(worker: u8) -> [u8; 32] {
	[worker ^ 0xa5; 32]
}

pub fn sealed(worker: u8, task: TaskId, digest: [u8; 32]) -> H256 {
	commitment(&System::block_hash(0), task, &account(worker), &salt(worker), &digest)
}

pub fn commit(worker: u8, answer: &Answer) -> DispatchResult {
	commit_to(worker, answer.digest())
}

/// Commits to whatever has this digest.
pub fn commit_to(worker: u8, digest: [u8; 32]) -> DispatchResult {
	Attestation::commit(signed(worker), TASK, sealed(worker, TASK, digest)).map(drop).map_err(|failed| failed.error)
}

pub fn reveal(worker: u8, answer: &Answer) -> DispatchResult {
	reveal_output(worker, &inline(answer.to_bytes()))
}

pub fn reveal_output(worker: u8, output: &Payload) -> DispatchResult {
	Attestation::reveal(signed(worker), TASK, salt(worker), output.digest(), output.clone())
		.map(drop)
		.map_err(|failed| failed.error)
}

/// All of these commit, then reveal their answers.
pub fn wave(answers: &[(u8, &Answer)]) {
	answers.iter().for_each(|(worker, answer)| {
		assert_ok!(commit(*worker, answer));
	});
	answers.iter().for_each(|(worker, answer)| {
		assert_ok!(reveal(*worker, answer));
	});
}

/// What an answer says.
pub fn outcome(answer: &Answer) -> deepnode_primitives::verdict::Outcome {
	use deepnode_primitives::verdict::Outcome;
	match answer {
		Answer::Outputs(_) => Outcome::Outputs(answer.digest()),
		Answer::Error(code) => Outcome::Failed(*code),
	}
}
