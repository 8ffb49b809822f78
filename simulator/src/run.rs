//! One run: a scenario played from its first epoch to its last.

use deepnode_scoring::{fidelity, Unit};

use crate::{
	emission::Model,
	evaluators::Evaluator,
	pool::Pool,
	rng::Rng,
	rules::{Rules, Setup},
	strategy::Strategy,
	world::{Counts, Pots, Worker, World},
};

/// Who the actor under test is.
#[derive(Clone, Debug)]
pub struct Actor {
	/// What it does.
	pub strategy: Strategy,
	/// The part of all workers' stake that it holds or, where it has its own pool, of that pool's; for an
	/// evaluator's strategy the part of the evaluators.
	pub coalition: Unit,
	/// Whether model 0 is served by its workers and as many others as make `coalition` true, instead of by
	/// everybody.
	pub own_pool: bool,
	/// Into how many accounts of equal stake its workers' stake is split; 0 leaves them as they are.
	pub accounts: u32,
	/// How many tasks it asks for in an epoch, of model 0.
	pub requests: u32,
	/// What somebody outside pays it for every false answer that stands, in percent of a pair's fee.
	pub bribe: u32,
}

impl Actor {
	/// An actor with a part of the workers' stake, and nothing else.
	pub fn workers(strategy: Strategy, percent: u32) -> Self {
		Self { strategy, coalition: Unit::from_percent(percent), own_pool: false, accounts: 0, requests: 0, bribe: 0 }
	}

	/// The same holdings, used honestly. Whoever only paid itself no longer asks for anything.
	pub fn honest(&self) -> Self {
		let requests = if self.strategy == Strategy::Wash { 0 } else { self.requests };
		Self { strategy: Strategy::Honest, requests, ..self.clone() }
	}
}

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Outcome {
	/// What the actor gained or lost, in DN's smallest unit, with its costs and changes of its stake.
	pub profit: i128,
	/// What the actor's workers had at stake at first.
	pub staked: u128,
	/// What was counted.
	pub counts: Counts,
	/// All money at first and at the end.
	pub money: (i128, i128),
}

/// Plays a run. `side` is the holdings whose profit counts: those of the deviating strategy also in its
/// honest twin.
pub fn play(rules: &Rules, setup: &Setup, actor: &Actor, side: Strategy) -> Outcome {
	let mut world = found(rules, setup, actor, side);
	let before = world.money();
	let start: Vec<_> = world.workers.iter().map(|worker| worker.stake).collect();
	for epoch in 0..setup.epochs {
		for task in 0..setup.tasks + actor.requests {
			world.rng = Rng::new(setup.seed, (u64::from(epoch) << 24) | (u64::from(task) + 1));
			let own = task >= setup.tasks;
			let model = if own { 0 } else { world.rng.below(setup.models as u64) as usize };
			world.play(model, own);
		}
		world.rng = Rng::new(setup.seed, u64::from(epoch) << 24);
		world.end_epoch();
	}
	let after = world.money();
	let mut profit = 0i128;
	let mut staked = 0;
	if side.is_evaluators() {
		for evaluator in world.evaluators.iter().filter(|evaluator| evaluator.member) {
			profit += evaluator.balance as i128 - evaluator.cost as i128;
		}
	} else {
		for (worker, start) in world.workers.iter().zip(&start).filter(|(worker, _)| worker.member) {
			profit += worker.stake as i128 - *start as i128 + worker.balance - worker.cost as i128;
			staked += start;
		}
	}
	if matches!(side, Strategy::Wash | Strategy::CreatorLies | Strategy::UnderWeight) {
		profit += world.models[0].creator;
	}
	profit += world.pots.own_requests;
	if side != Strategy::Wash {
		// An answer is worth what it costs, and it is public whatever becomes of the task.
		profit += world.counts.own_paid as i128;
	}
	profit += i128::from(actor.bribe) * (setup.price / 100) as i128 * i128::from(world.counts.lies);
	Outcome { profit, staked, counts: world.counts, money: (before, after) }
}

/// Sets up the world.
fn found(rules: &Rules, setup: &Setup, actor: &Actor, side: Strategy) -> World {
	let mut rng = Rng::new(setup.seed, u64::MAX);
	let mut stakes: Vec<_> = (0..setup.workers)
		.map(|_| {
			let doubled = setup.stake << rng.below(5);
			doubled + doubled / 1_000 * u128::from(rng.below(1_000) as u32)
		})
		.collect();
	let total: u128 = stakes.iter().sum();
	// The members are the first whose stake reaches the coalition's part: the order is random already.
	let wanted = if side.is_evaluators() { 0 } else { actor.coalition.mul_floor(total) };
	let (wanted, cap) = if actor.own_pool { (total / 10, total / 10) } else { (wanted, total) };
	let wanted = if actor.own_pool && actor.coalition.is_zero() { 0 } else { wanted };
	let (mut members, mut held) = (0, 0);
	while held < wanted && held < cap && members < stakes.len() {
		held += stakes[members];
		members += 1;
	}
	if actor.accounts > 0 && members > 0 {
		let each = held / u128::from(actor.accounts);
		let split = std::iter::repeat_n(each, actor.accounts as usize);
		stakes.splice(..members, split);
		members = actor.accounts as usize;
	}
	let mut workers: Vec<_> = stakes
		.iter()
		.enumerate()
		.map(|(at, stake)| Worker {
			stake: *stake,
			liable: 0,
			fidelity: fidelity::START,
			balance: 0,
			cost: 0,
			partners: Default::default(),
			never: Default::default(),
			earned: 0,
			member: at < members,
			leaves: Vec::new(),
			copies_audits: rng.chance(setup.lazy_auditors),
		})
		.collect();
	// Of the actor's own pool, others hold the rest.
	let others = if actor.coalition.is_zero() { total } else { actor.coalition.saturating_reciprocal_mul(held) - held };
	let mut others_held = 0;
	let mut own_pool = members;
	while own_pool < workers.len() && others_held < others {
		others_held += stakes[own_pool];
		own_pool += 1;
	}
	let pools = (0..setup.models)
		.map(|model| {
			let size = if model == 0 && actor.own_pool { own_pool } else { workers.len() };
			for (leaf, worker) in workers.iter_mut().take(size).enumerate() {
				worker.leaves.push((model, leaf as u32));
			}
			Pool::new(workers.iter().take(size).enumerate().map(|(who, worker)| (who, worker.weight(rules))))
		})
		.collect();
	let models = (0..setup.models)
		.map(|_| {
			let quality = Unit::from_percent(80 + rng.below(16) as u32);
			Model::new(quality, Unit::from_percent(40 + rng.below(41) as u32))
		})
		.collect();
	let judges = if side.is_evaluators() { actor.coalition.mul_ceil(setup.evaluators) } else { 0 };
	World {
		rules: rules.clone(),
		setup: setup.clone(),
		strategy: actor.strategy,
		rng,
		workers,
		pools,
		models,
		evaluators: (0..setup.evaluators).map(|at| Evaluator::new(at < judges)).collect(),
		pots: Pots { emission: setup.pot, ..Default::default() },
		counts: Counts::default(),
		epoch: 0,
		tasks: 0,
		locks: Default::default(),
		odd_answers: 0,
	}
}
