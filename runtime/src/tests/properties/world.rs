//! Who there is, what they know, and what has come of what they did.

use super::{invariants, rng::Rng};
use crate::{
	constants::currency::UNIT,
	tests::{
		blocks::{apply, Blocks},
		genesis,
	},
	AccountId, Balance, Balances, BlockNumber, FeeSplit, Runtime, RuntimeCall, RuntimeEvent, System, TaskAssignment,
};
use deepnode_primitives::{canonical::Answer, ModelId, TaskId};
use frame_support::traits::{fungible::Mutate, tokens::Preservation};
use sp_keyring::Sr25519Keyring;
use std::collections::{BTreeMap, VecDeque};

/// How many accounts are workers at the start.
pub const WORKERS: usize = 24;
/// How many actions are told when something does not hold.
const REMEMBERED: usize = 40;
/// How often time goes on until a history has come to its end, and how far each time: together longer than any task
/// and its audit.
const REST: (usize, BlockNumber) = (60, 600);

/// A worker's answer, until it is revealed and after.
#[derive(Clone)]
pub struct Sealed {
	/// Its salt.
	pub salt: [u8; 32],
	/// What it says.
	pub answer: Answer,
}

/// What an evaluator put to models that were drawn for it.
#[derive(Clone)]
pub struct Item {
	/// The class that it expects.
	pub class: u8,
	/// The salt of the item.
	pub salt: [u8; 32],
	/// The salts of its tasks.
	pub tasks: BTreeMap<TaskId, [u8; 32]>,
}

/// An account's weights in an epoch, with their salt.
pub type Weights = (Vec<(ModelId, deepnode_scoring::Unit)>, [u8; 32]);

/// A history of the runtime.
pub struct World {
	/// The state.
	pub ext: sp_io::TestExternalities,
	blocks: Blocks,
	/// What happens.
	pub rng: Rng,
	/// How often each kind of command was tried, and how often it succeeded.
	pub commands: BTreeMap<&'static str, (usize, usize)>,
	/// How often each event came about.
	pub events: BTreeMap<String, usize>,
	/// How many transactions were sent, and how often time went on.
	pub done: usize,
	seen: usize,
	log: VecDeque<String>,
	/// The class of each task's input.
	pub classes: BTreeMap<TaskId, u8>,
	/// What was committed to.
	pub sealed: BTreeMap<(TaskId, AccountId), Sealed>,
	/// The evaluators' open items.
	pub items: BTreeMap<AccountId, Item>,
	/// The evaluators' weights, by the epoch.
	pub weights: BTreeMap<(u32, AccountId), Weights>,
	/// The files of sealed data sets.
	pub sealed_files: BTreeMap<u32, pallet_data_registry::Files>,
}

impl Drop for World {
	fn drop(&mut self) {
		if std::thread::panicking() {
			eprintln!("the last actions before:");
			self.log.iter().for_each(|action| eprintln!("  {action}"));
		}
	}
}

/// A worker's account.
pub fn worker(at: usize) -> AccountId {
	AccountId::new([100 + at as u8; 32])
}

/// Those who are neither workers nor root: requesters, creators, contributors, evaluators.
pub fn people() -> Vec<AccountId> {
	use Sr25519Keyring::*;
	[Bob, Charlie, Dave, Eve, Ferdie, BobStash, CharlieStash, DaveStash].map(|who| who.to_account_id()).into()
}

/// The account that is root.
pub fn root() -> AccountId {
	Sr25519Keyring::Alice.to_account_id()
}

impl World {
	/// The development chain's genesis, with models and workers, so that histories come to the point.
	pub fn new(seed: u64) -> Self {
		let mut world = Self {
			ext: genesis("development"),
			blocks: Blocks::new(seed),
			rng: Rng(seed),
			commands: BTreeMap::new(),
			events: BTreeMap::new(),
			done: 0,
			seen: 0,
			log: VecDeque::new(),
			classes: BTreeMap::new(),
			sealed: BTreeMap::new(),
			items: BTreeMap::new(),
			weights: BTreeMap::new(),
			sealed_files: BTreeMap::new(),
		};
		world.within(|_| {
			for at in 0..WORKERS {
				let funds = (4_000 + 500 * at as Balance) * UNIT;
				Balances::transfer(&root(), &worker(at), funds, Preservation::Preserve).expect("root is rich");
			}
		});
		world.begin(1);
		world.settle_in();
		world.done = 0;
		world
	}

	/// Works on the state, keeps count of what happened, and checks the invariants.
	pub fn within<R>(&mut self, work: impl FnOnce(&mut Self) -> R) -> R {
		let mut ext = std::mem::take(&mut self.ext);
		let done = ext.execute_with(|| {
			let before = Balances::total_issuance();
			let burned = burned_by_fees();
			let done = work(self);
			let burned = burned_by_fees() - burned + self.take_note();
			assert_eq!(Balances::total_issuance(), before - burned, "only what is burned is gone");
			invariants::check();
			done
		});
		self.ext = ext;
		done
	}

	/// Notes the events since the last time. Returns how much dust they say was lost.
	fn take_note(&mut self) -> Balance {
		let mut dust = 0;
		for record in System::read_events_no_consensus().skip(self.seen) {
			self.seen += 1;
			match &record.event {
				RuntimeEvent::Balances(pallet_balances::Event::DustLost { amount, .. }) => dust += amount,
				RuntimeEvent::FeeSplit(pallet_fee_split::Event::PartBurned { amount }) => {
					panic!("the treasury can receive {amount}")
				},
				RuntimeEvent::ModelRegistry(_)
				| RuntimeEvent::DataRegistry(_)
				| RuntimeEvent::TaskAssignment(_)
				| RuntimeEvent::Attestation(_)
				| RuntimeEvent::FeeSplit(_)
				| RuntimeEvent::Powr(_) => {},
				_ => continue,
			}
			*self.events.entry(name(&record.event)).or_default() += 1;
		}
		dust
	}

	/// Begins a block, `ahead` blocks after the last.
	fn begin(&mut self, ahead: BlockNumber) {
		self.seen = 0;
		self.within(|world| world.blocks.begin(ahead));
	}

	/// Ends the block and begins another, `ahead` blocks later.
	pub fn advance(&mut self, ahead: BlockNumber) {
		self.done += 1;
		self.note(format!("on by {ahead} blocks"));
		self.ext.execute_with(|| self.blocks.finish());
		self.ext.commit_all().expect("nothing is open");
		self.begin(ahead);
	}

	/// Somebody sends a transaction; whether it succeeded. Where the block is full it comes in the next.
	pub fn send(&mut self, name: &'static str, who: &AccountId, call: impl Into<RuntimeCall>) -> bool {
		let call = call.into();
		self.done += 1;
		let (tried, _) = self.commands.entry(name).or_default();
		*tried += 1;
		let mut outcome = self.within(|_| apply(who, call.clone()));
		if outcome == Err(sp_runtime::transaction_validity::InvalidTransaction::ExhaustsResources.into()) {
			self.advance(1);
			outcome = self.within(|_| apply(who, call));
		}
		self.note(match &outcome {
			Ok(Ok(_)) => format!("{name} of {who}"),
			Ok(Err(refused)) => format!("{name} of {who}: {:?}", refused.error),
			Err(invalid) => format!("{name} of {who}: {invalid:?}"),
		});
		let done = matches!(outcome, Ok(Ok(_)));
		if done {
			self.commands.entry(name).or_default().1 += 1;
		}
		done
	}

	fn note(&mut self, action: String) {
		if self.log.len() == REMEMBERED {
			self.log.pop_front();
		}
		self.log.push_back(action);
	}

	/// Nobody does anything any more: the epoch ends and is closed, every task ends and is forgotten, and nobody answers
	/// for any.
	pub fn rest(&mut self) {
		self.end_epoch();
		let (times, ahead) = REST;
		(0..times).for_each(|_| self.advance(ahead));
		self.within(|_| {
			let tasks: Vec<_> = pallet_task_assignment::Tasks::<Runtime>::iter().collect();
			assert!(tasks.is_empty(), "every task ends, but not {tasks:?} at {}", System::block_number());
			assert_eq!(pallet_attestation::Answers::<Runtime>::iter().count(), 0, "with its answers");
			assert_eq!(pallet_attestation::Openings::<Runtime>::iter().count(), 0, "and their chunks");
			for worker in pallet_task_assignment::Workers::<Runtime>::iter_values() {
				assert_eq!((worker.active, worker.liable), (0, 0), "nobody answers for what is over");
			}
			let fund = frame_system::Account::<Runtime>::get(TaskAssignment::audit_fund()).data;
			assert_eq!(fund.reserved, 0, "nothing is set aside for no audit");
		});
	}
}

/// What the fee table has burned so far.
fn burned_by_fees() -> Balance {
	let totals = FeeSplit::totals();
	totals.tasks.burned + totals.transactions.burned
}

/// An event's pallet and name, and as what somebody was paid.
fn name(of: &RuntimeEvent) -> String {
	let text = format!("{of:?}");
	let (pallet, event) = text.split_once('(').expect("a pallet's event is inside the runtime's");
	let variant = event.split([' ', '{', '(', ')']).next().unwrap_or_default();
	let last = |path: &str| path.rsplit("::").next().unwrap_or_default().to_string();
	let role = match of {
		RuntimeEvent::Powr(pallet_powr::Event::EmissionPaid { role, .. }) => format!(".{role:?}"),
		_ => String::new(),
	};
	format!("{}.{}{role}", last(pallet), last(variant))
}
