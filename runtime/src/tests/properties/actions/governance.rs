//! Governance changes what it can.

use super::{
	super::world::{root, World},
	somebody, text, Action,
};
use crate::{constants::currency::UNIT, Balance, RuntimeCall, TaskAssignment};
use deepnode_primitives::fees::FeeTable;
use deepnode_scoring::{metric::Metric, Unit};
use pallet_powr::types::Params;

/// What is changed, and how often each.
pub const ACTIONS: &[(usize, Action)] = &[(2, set_table), (1, set_params), (1, set_domain), (1, endow_audits)];

/// Root calls, or seldom another, who may not.
pub fn govern(world: &mut World, name: &'static str, call: impl Into<RuntimeCall>) {
	let who = if world.rng.percent(90) { root() } else { somebody(world) };
	world.send(name, &who, pallet_sudo::Call::sudo { call: Box::new(call.into()) });
}

fn set_table(world: &mut World) {
	let (usual, dear) = (FeeTable::default(), world.rng.below(200_000) as u32);
	let table = if world.rng.percent(60) {
		usual
	} else {
		FeeTable { creator: usual.creator - dear, treasury: usual.treasury + dear, ..usual }
	};
	govern(world, "set_table", pallet_fee_split::Call::set_table { table });
}

fn set_params(world: &mut World) {
	let params = Params { half_life: 1 + world.rng.below(10) as u32, max_idle: 3, ..Default::default() };
	govern(world, "set_params", pallet_powr::Call::set_params { params });
}

fn set_domain(world: &mut World) {
	let share = Unit::from_percent(world.rng.below(60) as u32);
	let domain = pallet_powr::Call::set_domain { name: text("text"), share, metric: Metric::Class, row: 5 * 1_024 };
	govern(world, "set_domain", domain);
}

fn endow_audits(world: &mut World) {
	let (dest, value) = (TaskAssignment::audit_fund().into(), world.rng.below(50) as Balance * UNIT);
	world.send("endow_audits", &root(), pallet_balances::Call::transfer_keep_alive { dest, value });
}
