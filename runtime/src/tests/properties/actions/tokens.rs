//! DN change hands.

use super::{super::world::World, somebody, Action};
use crate::{
	constants::currency::{EXISTENTIAL_DEPOSIT, UNIT},
	tests::blocks::fee,
	AccountId, Balance, Balances,
};
use pallet_balances::Call;

/// How, and how often each.
pub const ACTIONS: &[(usize, Action)] = &[(8, transfer), (5, spend)];

/// One of those who own nothing but what they are paid.
fn any_payee(world: &mut World) -> AccountId {
	AccountId::new([world.rng.below(4) as u8 + 1; 32])
}

/// Somebody pays another.
fn transfer(world: &mut World) {
	let (who, to) = (somebody(world), any_payee(world));
	let value = UNIT / 1_000 * world.rng.below(2_000) as Balance;
	world.send("transfer", &who, Call::transfer_allow_death { dest: to.into(), value });
}

/// One who was paid spends it, and is left with less than an account must hold.
fn spend(world: &mut World) {
	let (who, from) = (somebody(world), any_payee(world));
	let pay = |value| Call::transfer_allow_death { dest: who.clone().into(), value };
	let value = world.ext.execute_with(|| {
		let free = Balances::free_balance(&from);
		free.saturating_sub(fee(&from, pay(free).into())).saturating_sub(EXISTENTIAL_DEPOSIT / 2)
	});
	world.send("spend", &from, pay(value));
}
