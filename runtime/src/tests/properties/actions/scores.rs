//! Models are judged: by evaluators, and by those who asked them.

use super::{
	super::{
		work::answer,
		world::{people, Item, World},
	},
	any_model, somebody, sorted,
	tasks::submit,
	time::go_to,
	Action,
};
use crate::{
	configs::deepnode::{RevealWeights, ScoreEpoch},
	constants::currency::UNIT,
	AccountId, Balance, Runtime, System,
};
use deepnode_primitives::seals::DomainId;
use deepnode_scoring::Unit;
use pallet_powr::{seals, types::Expected, Call, CurrentEpoch, Evaluations, Models, Unbonding};
use pallet_task_assignment::{types::TaskStatus, NextTaskId, Tasks};

/// What is tried to judge models, and how often each.
pub const ACTIONS: &[(usize, Action)] = &[
	(12, rate),
	(6, join),
	(1, leave),
	(2, withdraw),
	(10, evaluate),
	(24, ask_evaluation),
	(24, unseal),
	(14, commit_weights),
	(14, reveal_weights),
	(2, vote),
	(3, enlist),
];

fn rate(world: &mut World) {
	let settled = world.ext.execute_with(|| {
		let tasks = Tasks::<Runtime>::iter();
		let settled = tasks.filter(|(_, task)| matches!(task.status, TaskStatus::Settled { .. }));
		sorted(settled.map(|(id, task)| (id, task.requester)))
	});
	let (task, mut who) = world.rng.pick(&settled).cloned().unwrap_or((7, people()[0].clone()));
	if world.rng.percent(5) {
		who = somebody(world);
	}
	let rating = Unit::from_percent(world.rng.below(101) as u32);
	world.send("rate", &who, Call::rate { task, rating });
}

fn join(world: &mut World) {
	let (who, domain) = (somebody(world), any_domain(world));
	let amount = world.rng.below(3_000) as Balance * UNIT;
	world.send("join_domain", &who, Call::join { domain, amount });
}

fn leave(world: &mut World) {
	let (who, domain) = (somebody(world), any_domain(world));
	world.send("leave_domain", &who, Call::leave { domain });
}

/// One that has left has its stake back: mostly one that may.
fn withdraw(world: &mut World) {
	let other = (somebody(world), any_domain(world));
	let can = world.ext.execute_with(|| {
		let now = System::block_number();
		let can = Unbonding::<Runtime>::iter().filter(|(_, _, leaving)| leaving.withdrawable_at <= now);
		sorted(can.map(|(domain, who, _)| (who, domain)))
	});
	let (who, domain) = world.rng.pick(&can).cloned().filter(|_| !world.rng.percent(10)).unwrap_or(other);
	world.send("withdraw_stake", &who, Call::withdraw { domain });
}

/// The domain of the digits, seldom one that is not there at the start.
fn any_domain(world: &mut World) -> DomainId {
	world.rng.weighted(&[(9, 0), (1, 1)])
}

/// One of those who are evaluators at the start.
fn any_evaluator(world: &mut World) -> AccountId {
	people()[3 + world.rng.below(5)].clone()
}

/// An evaluator fixes what it expects of models that are to be drawn.
fn evaluate(world: &mut World) {
	let who = any_evaluator(world);
	let item = Item { class: world.rng.below(10) as u8, salt: world.rng.bytes(), tasks: Default::default() };
	let seal = seals::item(&who, &expected(item.class), &item.salt);
	let data_sets = world.ext.execute_with(|| sorted(pallet_data_registry::DataSets::<Runtime>::iter_keys()));
	let data_set = world.rng.pick(&data_sets).copied().filter(|_| world.rng.percent(40));
	let open = Call::open_evaluation { domain: 0, item: seal, data_set };
	if world.send("open_evaluation", &who, open) {
		world.items.insert(who, item);
	}
}

/// An evaluator's item is put to a model that was drawn for it, by somebody else.
fn ask_evaluation(world: &mut World) {
	let drawn = world.ext.execute_with(|| {
		let open = Evaluations::<Runtime>::iter().filter(|(_, _, it)| it.drawn_at.is_some());
		sorted(open.flat_map(|(_, who, it)| {
			let left: Vec<_> = it.models.into_iter().filter(|(_, judged)| !judged).collect();
			left.into_iter().map(move |(model, _)| (who.clone(), model))
		}))
	});
	let Some((who, model)) = world.rng.pick(&drawn).cloned() else { return };
	let Some(class) = world.items.get(&who).map(|item| item.class) else { return };
	let salt = world.rng.bytes();
	let task = world.ext.execute_with(NextTaskId::<Runtime>::get);
	submit(world, Some((model, class, seals::task(&who, &expected(class), &salt))));
	if world.classes.contains_key(&task) {
		world.items.entry(who).and_modify(|item| {
			item.tasks.insert(task, salt);
		});
	}
}

/// An evaluator shows that a settled task was its own.
fn unseal(world: &mut World) {
	let settled = world.ext.execute_with(|| {
		let tasks = Tasks::<Runtime>::iter();
		let settled = tasks.filter(|(_, task)| matches!(task.status, TaskStatus::Settled { .. }));
		sorted(settled.map(|(id, _)| id))
	});
	let known = world.items.iter().flat_map(|(who, item)| {
		let tasks = item.tasks.iter().filter(|(task, _)| settled.contains(task));
		tasks.map(move |(task, salt)| (who.clone(), item.class, item.salt, *task, *salt))
	});
	let known: Vec<_> = known.collect();
	let Some((who, class, item_salt, task, mut salt)) = world.rng.pick(&known).cloned() else { return };
	if world.rng.percent(5) {
		salt = world.rng.bytes();
	}
	let unseal = Call::unseal { domain: 0, task, expected: expected(class), salt, item_salt };
	if world.send("unseal", &who, unseal) {
		world.items.entry(who).and_modify(|item| {
			item.tasks.remove(&task);
		});
	}
}

/// An epoch's ballot as it is meant: most evaluators commit, and most of those reveal when it is time.
fn vote(world: &mut World) {
	for who in people().into_iter().skip(3) {
		if world.rng.percent(80) {
			commit_weights_of(world, who);
		}
	}
	go_to(world, ScoreEpoch::get() - RevealWeights::get());
	for who in people().into_iter().skip(3) {
		if world.rng.percent(80) {
			reveal_weights_of(world, who);
		}
	}
}

fn commit_weights(world: &mut World) {
	let who = any_evaluator(world);
	commit_weights_of(world, who);
}

fn commit_weights_of(world: &mut World, who: AccountId) {
	let (epoch, listed) = world.ext.execute_with(|| {
		let models = Models::<Runtime>::iter().filter(|(_, record)| record.domain == 0);
		(CurrentEpoch::<Runtime>::get().index, sorted(models.map(|(model, _)| model)))
	});
	let weights: Vec<_> =
		listed.into_iter().map(|model| (model, Unit::from_percent(20 + world.rng.below(60) as u32))).collect();
	let salt = world.rng.bytes();
	let commitment = seals::ballot(epoch, 0, &who, &[seals::page(&weights, &salt)]);
	if world.send("commit_weights", &who, Call::commit_weights { domain: 0, commitment }) {
		world.weights.insert((epoch, who), (weights, salt));
	}
}

fn reveal_weights(world: &mut World) {
	let who = any_evaluator(world);
	reveal_weights_of(world, who);
}

/// Reveals what an account has committed to in this epoch, if it has.
fn reveal_weights_of(world: &mut World, who: AccountId) {
	let epoch = world.ext.execute_with(|| CurrentEpoch::<Runtime>::get().index);
	let Some((weights, salt)) = world.weights.get(&(epoch, who.clone())).cloned() else { return };
	let pages = vec![seals::page(&weights, &salt)].try_into().expect("one page");
	let weights = weights.try_into().expect("few models");
	let reveal = Call::reveal_weights { domain: 0, pages, page: 0, weights, salt };
	world.send("reveal_weights", &who, reveal);
}

fn enlist(world: &mut World) {
	let (who, model) = (somebody(world), any_model(world));
	world.send("enlist", &who, Call::enlist { model, instead: None });
}

/// What an evaluator expects of an item of this class.
fn expected(class: u8) -> Expected {
	Expected::Answer(answer(10, 1, class, 0).to_bytes().try_into().expect("ten scores"))
}
