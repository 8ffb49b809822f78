//! Who there is, what they know, and what has come of what they did.

use super::{base::Base, invariants, rng::Rng};
use crate::{
	configs::bridge::KeepMessages,
	constants::currency::UNIT,
	tests::{
		blocks::{apply, Blocks},
		genesis,
	},
	AccountId, Balance, Balances, BaseBridge, BlockNumber, FeeSplit, Runtime, RuntimeCall, RuntimeEvent, System,
	TaskAssignment,
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
	/// The other end of the bridge.
	pub base: Base,
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
	/// The development chain's genesis, with models and workers, so that histories come to the point; the odd ones know
	/// the gateway on Base from the start.
	pub fn new(seed: u64) -> Self {
		let mut ext = genesis("development");
		let issued = ext.execute_with(Balances::total_issuance);
		let mut world = Self {
			ext,
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
			base: Base::new(issued),
		};
		world.within(|_| {
			for at in 0..WORKERS {
				let funds = (4_000 + 500 * at as Balance) * UNIT;
				Balances::transfer(&root(), &worker(at), funds, Preservation::Preserve).expect("root is rich");
			}
		});
		world.begin(1);
		world.settle_in();
		if !seed.is_multiple_of(2) {
			world.open_bridge();
		}
		world.done = 0;
		world
	}

	/// Works on the state, keeps count of what happened, and checks the invariants.
	pub fn within<R>(&mut self, work: impl FnOnce(&mut Self) -> R) -> R {
		let mut ext = std::mem::take(&mut self.ext);
		let done = ext.execute_with(|| {
			let burned = burned_by_fees();
			let done = work(self);
			self.base.burn(burned_by_fees() - burned);
			self.take_note();
			self.base.check();
			invariants::check();
			done
		});
		self.ext = ext;
		done
	}

	/// Notes the events since the last time.
	fn take_note(&mut self) {
		for record in System::read_events_no_consensus().skip(self.seen) {
			self.seen += 1;
			let mut role = None;
			match &record.event {
				RuntimeEvent::Balances(pallet_balances::Event::DustLost { amount, .. }) => self.base.burn(*amount),
				RuntimeEvent::FeeSplit(pallet_fee_split::Event::PartBurned { amount }) => {
					panic!("the treasury can receive {amount}")
				},
				RuntimeEvent::Powr(pallet_powr::Event::EmissionPaid { role: paid, .. }) => {
					role = Some(format!("{paid:?}"))
				},
				RuntimeEvent::BaseBridge(event) => role = self.base.hear(event),
				RuntimeEvent::ModelRegistry(_)
				| RuntimeEvent::DataRegistry(_)
				| RuntimeEvent::TaskAssignment(_)
				| RuntimeEvent::Attestation(_)
				| RuntimeEvent::FeeSplit(_)
				| RuntimeEvent::Powr(_) => {},
				_ => continue,
			}
			*self.events.entry(name(&record.event, role)).or_default() += 1;
		}
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
		let mut left = ahead;
		self.finish();
		// Nor is a block passed over that has something to tell Base.
		while left > 1 && self.ext.execute_with(BaseBridge::queued) > 0 {
			left -= 1;
			self.begin(1);
			self.finish();
		}
		self.begin(left);
	}

	/// Ends a block.
	fn finish(&mut self) {
		self.within(|world| {
			world.blocks.finish();
			invariants::check_roots();
		});
		self.ext.commit_all().expect("nothing is open");
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
		self.forget();
	}

	/// All that is told to Base is forgotten in time, but for claims that were refused.
	fn forget(&mut self) {
		use pallet_base_bridge::{Claims, Closing, CurrentEpoch, FirstKeptEpoch, Messages, Settlements, Told};
		self.advance(KeepMessages::get() + 1);
		let (told, epochs) = self.ext.execute_with(|| {
			(Told::<Runtime>::iter_keys().count(), CurrentEpoch::<Runtime>::get() - FirstKeptEpoch::<Runtime>::get())
		});
		(0..told as u64 + epochs + 2).for_each(|_| self.advance(1));
		self.within(|_| {
			assert!(!Closing::<Runtime>::exists(), "an epoch is closed");
			assert_eq!(Told::<Runtime>::iter_keys().count(), 0, "no block has messages");
			assert_eq!(Messages::<Runtime>::iter_keys().count(), 0, "no message is kept");
			assert!(
				Settlements::<Runtime>::iter_values().all(|it| it.refused),
				"nor a settlement that was not refused"
			);
			let mut claims = Claims::<Runtime>::iter_keys();
			assert!(claims.all(|(epoch, _)| Settlements::<Runtime>::contains_key(epoch)), "nor claims without one");
		});
	}
}

/// What the fee table has burned so far.
fn burned_by_fees() -> Balance {
	let totals = FeeSplit::totals();
	totals.tasks.burned + totals.transactions.burned
}

/// An event's pallet and name, and what else tells it from others.
fn name(of: &RuntimeEvent, role: Option<String>) -> String {
	let text = format!("{of:?}");
	let (pallet, event) = text.split_once('(').expect("a pallet's event is inside the runtime's");
	let variant = event.split([' ', '{', '(', ')']).next().unwrap_or_default();
	let last = |path: &str| path.rsplit("::").next().unwrap_or_default().to_string();
	let role = role.map_or_else(String::new, |role| format!(".{role}"));
	format!("{}.{}{role}", last(pallet), last(variant))
}
