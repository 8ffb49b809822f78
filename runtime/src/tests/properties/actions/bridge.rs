//! DN leave for Base, earnings are paid out there, and what Base refuses comes back.

use super::{
	super::world::{root, World},
	governance::govern,
	somebody, sorted,
	workers::any_worker,
	Action,
};
use crate::{
	configs::bridge::{MessagesPerBlock, MinRaise, MinWithdrawal},
	constants::currency::{EXISTENTIAL_DEPOSIT, UNIT},
	tests::blocks::fee as transaction_fee,
	AccountId, Balance, Balances, Runtime, RuntimeCall,
};
use deepnode_primitives::bridge::MAX_CALL_LEN;
use pallet_base_bridge::{types::State, Call, Messages, NextNonce, Settlements};
use sp_core::H160;

/// What is tried with the bridge, and how often each.
pub const ACTIONS: &[(usize, Action)] = &[
	(14, withdraw),
	(2, withdraw_much),
	(12, raise_fee),
	(10, set_payout_address),
	(24, deliver),
	(16, report_refusal),
	(8, reclaim),
	(3, send_governance),
	(6, set_gateway),
	(3, end_epoch),
];

/// Base's chain id.
const BASE: u64 = 8453;

impl World {
	/// Says where the gateway is: from now on DN can leave.
	pub fn open_bridge(&mut self) {
		let call = RuntimeCall::from(Call::set_gateway { base: BASE, address: H160([0xba; 20]) });
		self.send("set_gateway", &root(), pallet_sudo::Call::sudo { call: Box::new(call) });
	}
}

/// An address on Base, seldom that of nobody.
fn address(world: &mut World) -> H160 {
	let number = if world.rng.percent(4) { 0 } else { 1 + world.rng.below(9) as u8 };
	H160([number; 20])
}

/// A worker, or somebody else: who has earned something.
fn anybody(world: &mut World) -> AccountId {
	if world.rng.percent(60) {
		any_worker(world)
	} else {
		somebody(world)
	}
}

fn withdraw(world: &mut World) {
	let (who, recipient) = (anybody(world), address(world));
	let fee = UNIT / 1_000 * world.rng.below(2_000) as Balance;
	let fee = world.rng.weighted(&[(8, fee), (4, 0), (1, Balance::MAX)]);
	let some = MinWithdrawal::get() + UNIT / 1_000 * world.rng.below(60_000) as Balance;
	// All that can leave, where the account is to stay.
	let all = world.ext.execute_with(|| {
		let paid = transaction_fee(&who, Call::withdraw { recipient, amount: some, fee }.into());
		let free = Balances::free_balance(&who);
		free.saturating_sub(paid).saturating_sub(EXISTENTIAL_DEPOSIT).saturating_sub(fee)
	});
	let least = MinWithdrawal::get();
	let amount = world.rng.weighted(&[
		(20, some),
		(3, least),
		(2, least - 1),
		(1, 0),
		(1, all),
		(2, all.saturating_add(EXISTENTIAL_DEPOSIT)),
		(1, Balance::MAX),
	]);
	world.send("withdraw_to_base", &who, Call::withdraw { recipient, amount, fee });
}

/// More at once than a block tells.
fn withdraw_much(world: &mut World) {
	let (who, recipient) = (anybody(world), address(world));
	let times = MessagesPerBlock::get() as usize + world.rng.below(40);
	let call = RuntimeCall::from(Call::withdraw { recipient, amount: MinWithdrawal::get(), fee: UNIT / 1_000 });
	world.send("withdraw_much", &who, pallet_utility::Call::batch { calls: vec![call; times] });
}

/// A message's sender, or seldom another, offers more for it.
fn raise_fee(world: &mut World) {
	let known = world.ext.execute_with(|| sorted(Messages::<Runtime>::iter_keys()));
	let nonce = world.rng.pick(&known).copied().unwrap_or(3);
	let (sender, fee) = world.ext.execute_with(|| {
		let record = Messages::<Runtime>::get(nonce);
		record.map_or((None, 0), |record| (record.sender(), record.message.fee))
	});
	let who = sender.filter(|_| !world.rng.percent(5)).unwrap_or_else(|| somebody(world));
	let (least, more) = (MinRaise::get(), UNIT / 1_000 * world.rng.below(1_000) as Balance);
	let more = world.rng.weighted(&[(8, least + more), (4, least), (1, least - 1), (1, 0), (1, Balance::MAX)]);
	world.send("raise_fee", &who, Call::raise_fee { nonce, fee: fee.saturating_add(more) });
}

fn set_payout_address(world: &mut World) {
	let (who, address) = (anybody(world), address(world));
	let address = Some(address).filter(|_| !world.rng.percent(20));
	world.send("set_payout_address", &who, Call::set_payout_address { address });
}

/// Somebody delivers a message on Base, those of the chain itself first; some are refused there.
fn deliver(world: &mut World) {
	let open = world.base.open();
	let own: Vec<_> = open.iter().filter(|(_, own, _)| *own).copied().collect();
	let from = if own.is_empty() || world.rng.percent(50) { open } else { own };
	let Some((nonce, _, tellings)) = world.rng.pick(&from).copied() else { return };
	let (telling, accept) = (world.rng.below(tellings), world.rng.percent(40));
	world.done += 1;
	world.base.deliver(nonce, telling, accept);
}

/// Root says that Base has refused a message: mostly one that it has refused and that is not taken back yet.
fn report_refusal(world: &mut World) {
	let refused = world.base.refused();
	let (open, next) = world.ext.execute_with(|| {
		let is_open = |nonce: &u64| {
			let record = Messages::<Runtime>::get(nonce);
			record.is_some_and(|record| !matches!(record.state, State::Refused(_)))
		};
		(refused.into_iter().filter(is_open).collect::<Vec<_>>(), NextNonce::<Runtime>::get())
	});
	let other = world.rng.below(next as usize + 2) as u64;
	let nonce = world.rng.pick(&open).copied().filter(|_| !world.rng.percent(15)).unwrap_or(other);
	// Whoever reports what was not refused makes DN of nothing: Base's word is what this trusts.
	if world.base.may_be_reported(nonce) {
		govern(world, "report_refusal", Call::report_refusal { nonce });
	}
}

/// Somebody takes back a claim for its account: mostly one of a settlement that was refused.
fn reclaim(world: &mut World) {
	let who = somebody(world);
	let refused = world.ext.execute_with(|| {
		let refused = Settlements::<Runtime>::iter().filter(|(_, settlement)| settlement.refused);
		sorted(refused.map(|(epoch, settlement)| (epoch, settlement.count)))
	});
	let (epoch, count) = world.rng.pick(&refused).copied().unwrap_or((2, 3));
	let index = world.rng.below(count as usize + 1) as u32;
	world.send("reclaim", &who, Call::reclaim { epoch, index });
}

fn send_governance(world: &mut World) {
	let target = address(world);
	let data = vec![7; world.rng.below(MAX_CALL_LEN as usize + 1)];
	let data = data.try_into().expect("it is no longer than it may be");
	govern(world, "send_governance", Call::send_governance { target, data });
}

/// It can be said anew until the first message.
fn set_gateway(world: &mut World) {
	let (base, address) = (world.rng.weighted(&[(9, BASE), (1, 0)]), address(world));
	govern(world, "set_gateway", Call::set_gateway { base, address });
}

fn end_epoch(world: &mut World) {
	govern(world, "end_settlement_epoch", Call::end_epoch {});
}
