//! What anybody but a worker at its tasks does: what is tried next, and how.

mod bridge;
mod data;
mod governance;
mod models;
mod scores;
mod tasks;
mod time;
mod tokens;
mod workers;

use self::models::{active_models, close_enough, model_spec, same_class};
use super::world::{people, worker, World, WORKERS};
use crate::{constants::currency::UNIT, AccountId, Balance};
use deepnode_primitives::ModelId;

/// Something that is tried.
type Action = fn(&mut World);

/// What is tried, and how often each.
const ACTIONS: [&[(usize, Action)]; 9] = [
	tasks::ACTIONS,
	time::ACTIONS,
	models::ACTIONS,
	data::ACTIONS,
	workers::ACTIONS,
	scores::ACTIONS,
	governance::ACTIONS,
	tokens::ACTIONS,
	bridge::ACTIONS,
];

/// The domain of the genesis, in which answers are scored by their class.
const DIGITS: &str = "vision/digits";

impl World {
	/// Three models, of which one gives long answers, those who serve them, and those who judge them.
	pub fn settle_in(&mut self) {
		for (domain, scores, comparison) in
			[(DIGITS, 10, close_enough()), (DIGITS, 10, same_class()), ("text", 5 * 1_024, close_enough())]
		{
			let spec = model_spec(domain, scores, comparison);
			self.send("register", &people()[0], pallet_model_registry::Call::register { spec });
		}
		for at in 0..WORKERS {
			let (stake, capacity) = ((2_000 + 100 * at as Balance) * UNIT, 2 + at as u16 % 3);
			let join = pallet_task_assignment::Call::join { stake, capacity, owner: None, private: true };
			self.send("join", &worker(at), join);
			for model in 0..3 {
				if at % 4 != model as usize {
					self.send("serve", &worker(at), pallet_task_assignment::Call::serve { model });
				}
			}
		}
		for (at, who) in people().iter().enumerate().skip(3) {
			let amount = (1_000 + 500 * at as Balance) * UNIT;
			self.send("join_domain", who, pallet_powr::Call::join { domain: 0, amount });
		}
		self.advance(1);
	}

	/// Tries something.
	pub fn step(&mut self) {
		let action = self.rng.weighted(&ACTIONS.concat());
		action(self);
	}
}

/// One of the people, seldom somebody who is a worker.
fn somebody(world: &mut World) -> AccountId {
	if world.rng.percent(5) {
		return worker(world.rng.below(WORKERS));
	}
	people()[world.rng.below(8)].clone()
}

/// A model that takes tasks, seldom another.
fn any_model(world: &mut World) -> ModelId {
	let models = world.ext.execute_with(active_models);
	if world.rng.percent(5) {
		return world.rng.below(12) as ModelId;
	}
	world.rng.pick(&models).copied().unwrap_or(0)
}

fn text<T: TryFrom<Vec<u8>>>(text: &str) -> T {
	text.as_bytes().to_vec().try_into().ok().expect("a short text")
}

fn sorted<K: Ord>(keys: impl Iterator<Item = K>) -> Vec<K> {
	let mut keys: Vec<_> = keys.collect();
	keys.sort_unstable();
	keys
}
