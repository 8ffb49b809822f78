//! Workers come, serve models, and go.

use super::{
	super::world::{worker, World, WORKERS},
	any_model, sorted, Action,
};
use crate::{constants::currency::UNIT, AccountId, Balance, Runtime, System};
use pallet_task_assignment::{Call, Workers};

/// What workers try besides their tasks, and how often each.
pub const ACTIONS: &[(usize, Action)] =
	&[(6, join), (12, serve), (3, stop_serving), (4, add_stake), (2, leave), (4, withdraw)];

/// One of those who are workers at the start.
pub fn any_worker(world: &mut World) -> AccountId {
	worker(world.rng.below(WORKERS))
}

fn join(world: &mut World) {
	let (who, stake) = (any_worker(world), world.rng.below(2_000) as Balance * UNIT);
	let owner = if world.rng.percent(30) { Some(any_worker(world)) } else { None };
	let (capacity, private) = (world.rng.below(4) as u16, world.rng.percent(50));
	world.send("join", &who, Call::join { stake, capacity, owner, private });
}

fn serve(world: &mut World) {
	let (who, model) = (any_worker(world), any_model(world));
	world.send("serve", &who, Call::serve { model });
}

fn stop_serving(world: &mut World) {
	let (who, model) = (any_worker(world), any_model(world));
	world.send("stop_serving", &who, Call::stop_serving { model });
}

fn add_stake(world: &mut World) {
	let (who, amount) = (any_worker(world), world.rng.below(500) as Balance * UNIT);
	world.send("add_stake", &who, Call::add_stake { amount });
}

fn leave(world: &mut World) {
	let who = any_worker(world);
	world.send("leave", &who, Call::leave {});
}

/// One that has left has its stake back: mostly one that may.
fn withdraw(world: &mut World) {
	let other = any_worker(world);
	let can = world.ext.execute_with(|| {
		let now = System::block_number();
		let left = Workers::<Runtime>::iter().filter(|(_, worker)| worker.leaving.is_some_and(|at| at <= now));
		sorted(left.filter(|(_, worker)| (worker.active, worker.liable) == (0, 0)).map(|(who, _)| who))
	});
	let who = world.rng.pick(&can).cloned().filter(|_| !world.rng.percent(10)).unwrap_or(other);
	world.send("withdraw", &who, Call::withdraw {});
}
