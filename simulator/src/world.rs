//! Who is there, and who holds what.

use std::collections::VecDeque;

use deepnode_primitives::Balance;
use deepnode_scoring::{
	fidelity::{self, Mark},
	Unit,
};

use crate::{
	emission::Model,
	evaluators::Evaluator,
	pool::Pool,
	rng::Rng,
	rules::{Rules, Setup},
	strategy::Strategy,
};

/// A worker's number.
pub type Id = usize;

/// The most workers that one never meets again; the oldest falls out.
const MAX_NEVER: usize = 32;

/// A worker.
pub struct Worker {
	/// What it has at stake.
	pub stake: Balance,
	/// How much of that answers for tasks.
	pub liable: Balance,
	/// How far its word has proved good.
	pub fidelity: Unit,
	/// What it was paid, less what it paid.
	pub balance: i128,
	/// What its runs have cost it. That leaves the system.
	pub cost: Balance,
	/// Its last partners.
	pub partners: VecDeque<Id>,
	/// Whom it never meets again.
	pub never: VecDeque<Id>,
	/// What it earned of fees in this epoch, for the emission.
	pub earned: Balance,
	/// Whether it belongs to the actor under test.
	pub member: bool,
	/// Its pools and its leaf in each.
	pub leaves: Vec<(usize, u32)>,
	/// Whether it copies when it audits, though it belongs to nobody.
	pub copies_audits: bool,
}

impl Worker {
	/// The stake that answers for nothing yet.
	pub fn free(&self) -> Balance {
		self.stake.saturating_sub(self.liable)
	}

	/// What it weighs in a draw.
	pub fn weight(&self, rules: &Rules) -> Balance {
		if self.stake < rules.min_stake {
			0
		} else {
			fidelity::weigh(self.stake, self.fidelity)
		}
	}
}

/// Everything outside the workers that holds money, in DN's smallest unit.
#[derive(Clone, Debug, Default)]
pub struct Pots {
	/// Validators and nominators.
	pub validators: Balance,
	/// The treasury.
	pub treasury: Balance,
	/// Community rewards.
	pub community: Balance,
	/// What was burned.
	pub burned: Balance,
	/// What pays for audits.
	pub audit_fund: Balance,
	/// What is left of the emission.
	pub emission: Balance,
	/// Ordinary requesters: less what they paid.
	pub requesters: i128,
	/// The actor's requests: less what it paid.
	pub own_requests: i128,
}

/// What is counted about the actor and its victims.
#[derive(Clone, Debug, Default)]
pub struct Counts {
	/// What ordinary requesters have paid.
	pub paid: Balance,
	/// What the actor has paid for its own tasks, also where it got it back.
	pub own_paid: Balance,
	/// What of it went for false answers that stood.
	pub lost: Balance,
	/// False answers that stood, given by the actor.
	pub lies: u64,
	/// The first epoch in which a member was slashed for what it did on purpose.
	pub detected: Option<u32>,
	/// Tasks that were settled.
	pub settled: u64,
	/// Tasks whose requester was refunded.
	pub refunded: u64,
	/// Settled answers that an audit overturned.
	pub overturned: u64,
	/// True answers among them.
	pub wrongly_overturned: u64,
	/// What workers outside the actor were slashed.
	pub outsiders_slashed: Balance,
	/// The emission paid so far, and the actor's part of it.
	pub emission: (Balance, Balance),
}

/// The state of a run.
pub struct World {
	pub rules: Rules,
	pub setup: Setup,
	pub strategy: Strategy,
	pub rng: Rng,
	pub workers: Vec<Worker>,
	pub pools: Vec<Pool>,
	pub models: Vec<Model>,
	pub evaluators: Vec<Evaluator>,
	pub pots: Pots,
	pub counts: Counts,
	pub epoch: u32,
	/// How many tasks there have been.
	pub tasks: u64,
	/// Bounds that are still locked: until which task, whose, how much.
	pub locks: VecDeque<(u64, Id, Balance)>,
	/// How many answers so far were like no other.
	pub odd_answers: u64,
}

impl World {
	/// Takes a part of a worker's stake, at least `least`, as far as there is stake; returns how much.
	pub fn slash(&mut self, who: Id, part: Unit, least: Balance, deliberate: bool) -> Balance {
		let worker = &mut self.workers[who];
		let amount = part.mul_floor(worker.stake).max(least).min(worker.stake);
		worker.stake -= amount;
		if worker.member && deliberate {
			self.counts.detected.get_or_insert(self.epoch);
		}
		if !worker.member {
			self.counts.outsiders_slashed += amount;
		}
		self.reweigh(who);
		amount
	}

	/// Moves a worker's fidelity.
	pub fn mark(&mut self, who: Id, mark: Mark) {
		let worker = &mut self.workers[who];
		let band = fidelity::band(worker.fidelity);
		worker.fidelity = fidelity::after(worker.fidelity, mark, &self.rules.fidelity);
		if fidelity::band(worker.fidelity) != band {
			self.reweigh(who);
		}
	}

	/// Pays a worker.
	pub fn pay(&mut self, who: Id, amount: Balance) {
		self.workers[who].balance += amount as i128;
	}

	fn reweigh(&mut self, who: Id) {
		let weight = self.workers[who].weight(&self.rules);
		for (model, leaf) in &self.workers[who].leaves {
			self.pools[*model].set_weight(*leaf, weight);
		}
	}

	/// Locks a task's bound of a worker's stake.
	pub fn lock(&mut self, who: Id, bound: Balance) {
		self.workers[who].liable += bound;
		self.locks.push_back((self.tasks + self.setup.audit_window, who, bound));
	}

	/// Frees what is forgotten by now.
	pub fn unlock(&mut self) {
		while let Some((until, who, bound)) = self.locks.front().copied() {
			if until > self.tasks {
				break;
			}
			self.locks.pop_front();
			self.workers[who].liable -= bound;
		}
	}

	/// Remembers who worked together.
	pub fn meet(&mut self, together: &[Id]) {
		let memory = self.rules.memory as usize;
		for who in together {
			for partner in together.iter().filter(|partner| *partner != who) {
				let partners = &mut self.workers[*who].partners;
				partners.push_back(*partner);
				if partners.len() > memory {
					partners.pop_front();
				}
			}
		}
	}

	/// Keeps those apart who agreed on a false answer.
	pub fn part(&mut self, liars: &[Id]) {
		for who in liars {
			for other in liars.iter().filter(|other| *other != who) {
				let never = &mut self.workers[*who].never;
				if !never.contains(other) {
					never.push_back(*other);
				}
				if never.len() > MAX_NEVER {
					never.pop_front();
				}
			}
		}
	}

	/// All money there is: no rule makes or loses any.
	pub fn money(&self) -> i128 {
		let workers: i128 = self.workers.iter().map(|worker| worker.stake as i128 + worker.balance).sum();
		let creators: i128 = self.models.iter().map(|model| model.creator).sum();
		let evaluators: i128 = self.evaluators.iter().map(|evaluator| evaluator.balance as i128).sum();
		let pots = &self.pots;
		let held = [pots.validators, pots.treasury, pots.community, pots.burned, pots.audit_fund, pots.emission];
		workers
			+ creators
			+ evaluators
			+ held.iter().map(|pot| *pot as i128).sum::<i128>()
			+ pots.requesters
			+ pots.own_requests
	}
}
