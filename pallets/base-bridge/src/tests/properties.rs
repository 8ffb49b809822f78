//! Any sequence of what people, governance and Base may do, against a vault that believes what it is told.

use std::collections::BTreeMap;

use deepnode_primitives::{
	bridge::{Claim, Message, Payload},
	Balance, TaskId, DN,
};
use frame_support::traits::{
	fungible::Mutate,
	tokens::{Fortitude, Precision, Preservation},
};
use proptest::{collection::vec, prelude::*};

use crate::{mock::*, types::State, Event};

#[derive(Clone, Debug)]
enum Deed {
	Withdraw(u8, Balance, Balance),
	Raise(u64, Balance),
	PayOut(u8, bool),
	Earn(u8, Balance),
	Burn(u8, Balance),
	Govern,
	Settle(TaskId),
	Deliver(u64),
	Refuse(u64),
	Reclaim(u64, u32),
	ClaimThere(u64),
	EndEpoch,
	Blocks(u64),
}

fn deeds() -> impl Strategy<Value = Deed> {
	let who = 1u8..6;
	let amount = || prop_oneof![0..DN / 5, 0..20 * DN, Just(FUNDS), Just(Balance::MAX)];
	prop_oneof![
		4 => (who.clone(), amount(), amount()).prop_map(|(who, amount, fee)| Deed::Withdraw(who, amount, fee)),
		3 => (0u64..30, amount()).prop_map(|(nonce, fee)| Deed::Raise(nonce, fee)),
		2 => (1u8..9, any::<bool>()).prop_map(|(who, on)| Deed::PayOut(who, on)),
		3 => (1u8..9, 0..2 * DN).prop_map(|(who, amount)| Deed::Earn(who, amount)),
		1 => (who, 0..DN).prop_map(|(who, amount)| Deed::Burn(who, amount)),
		1 => Just(Deed::Govern),
		1 => any::<TaskId>().prop_map(Deed::Settle),
		3 => (0u64..30).prop_map(Deed::Deliver),
		3 => (0u64..30).prop_map(Deed::Refuse),
		2 => (0u64..5, 0u32..5).prop_map(|(epoch, index)| Deed::Reclaim(epoch, index)),
		2 => (0u64..5).prop_map(Deed::ClaimThere),
		2 => Just(Deed::EndEpoch),
		4 => (1u64..6).prop_map(Deed::Blocks),
	]
}

/// Base, as far as DN are concerned: the vault, and what has become of each message there.
struct Base {
	vault: Balance,
	/// What the newest telling of each message says.
	told: BTreeMap<u64, Message>,
	/// Which took effect, and which were refused.
	done: BTreeMap<u64, bool>,
	/// What is set aside for claims.
	claimable: BTreeMap<u64, Balance>,
}

impl Base {
	fn hear(&mut self) {
		for event in events() {
			if let Event::MessageTold { message, .. } = event {
				self.told.insert(message.nonce, message);
			}
		}
	}

	/// Delivers a message: whoever does is paid, and it takes effect or is refused.
	fn deliver(&mut self, nonce: u64, refuse: bool) {
		let Some(message) = self.told.get(&nonce).filter(|_| !self.done.contains_key(&nonce)) else { return };
		self.vault = self.vault.checked_sub(message.fee).expect("the vault pays every fee");
		self.done.insert(nonce, !refuse);
		if refuse {
			return;
		}
		let out = match message.payload {
			Payload::Release { amount, .. } | Payload::Burn { amount, .. } => amount,
			Payload::Settlement { epoch, total, .. } => {
				assert_eq!(self.claimable.insert(epoch, total), None, "an epoch is settled once");
				total
			},
			Payload::Governance { .. } => 0,
		};
		self.vault = self.vault.checked_sub(out).expect("the vault pays whatever it is told");
	}

	/// What has been told, has not been delivered, and would take so much out of the vault.
	fn in_flight(&self) -> Balance {
		let open = self.told.values().filter(|message| !self.done.contains_key(&message.nonce));
		open.map(|message| match message.payload {
			Payload::Burn { amount, .. } => amount + message.fee,
			_ => message.sent(),
		})
		.sum()
	}

	/// Claims that can neither be claimed nor are back on the chain: of settlements that are refused, or not told yet.
	fn owed(&self) -> Balance {
		let closing = crate::Closing::<Test>::get().map_or(0, |closing| closing.total);
		let waiting = crate::Messages::<Test>::iter_values().filter(|record| record.state == State::Queued);
		let waiting: Balance = waiting
			.filter(|record| record.sender().is_none())
			.map(|record| match record.message.payload {
				Payload::Settlement { total, .. } => total,
				Payload::Burn { amount, .. } => amount,
				_ => 0,
			})
			.sum();
		closing + waiting
	}
}

fn unreclaimed() -> Balance {
	let refused = crate::Settlements::<Test>::iter().filter(|(_, settlement)| settlement.refused);
	refused.flat_map(|(epoch, _)| BaseBridge::claims(epoch)).map(|claim: Claim| claim.amount).sum()
}

fn act(deed: &Deed, base: &mut Base) {
	match *deed {
		Deed::Withdraw(who, amount, fee) => {
			let _ = withdraw(who, amount, fee);
		},
		Deed::Raise(nonce, fee) => {
			let sender = BaseBridge::message(nonce).and_then(|record| record.sender());
			let _ = BaseBridge::raise_fee(RuntimeOrigin::signed(sender.unwrap_or(account(1))), nonce, fee);
		},
		Deed::PayOut(who, on) => {
			let _ = BaseBridge::set_payout_address(signed(who), on.then(|| address(who)));
		},
		Deed::Earn(who, amount) => {
			if amount >= LEAST {
				earn(who, amount);
			}
		},
		Deed::Burn(who, amount) => {
			let (polite, exact) = (Fortitude::Polite, Precision::Exact);
			let _ = <Balances as Mutate<_>>::burn_from(&account(who), amount, Preservation::Preserve, exact, polite);
		},
		Deed::Govern => {
			let _ = BaseBridge::send_governance(RuntimeOrigin::root(), address(9), Default::default());
		},
		Deed::Settle(task) => issue(task),
		Deed::Deliver(nonce) => base.deliver(nonce, false),
		Deed::Refuse(nonce) => {
			// The chain hears of a refusal after Base has decided it, and maybe more than once.
			base.deliver(nonce, true);
			if base.done.get(&nonce) == Some(&false) {
				let _ = BaseBridge::report_refusal(RuntimeOrigin::root(), nonce);
			}
		},
		Deed::Reclaim(epoch, index) => {
			let _ = BaseBridge::reclaim(signed(9), epoch, index);
		},
		Deed::ClaimThere(epoch) => {
			base.claimable.entry(epoch).and_modify(|left| *left = 0);
		},
		Deed::EndEpoch => {
			let _ = BaseBridge::end_epoch(RuntimeOrigin::root());
		},
		Deed::Blocks(blocks) => {
			for _ in 0..blocks {
				advance(1);
				base.hear();
			}
		},
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(192))]

	/// The invariant of the token, after each of them: what Base has locked covers what is issued here, what is on its
	/// way, and what accounts can still take back.
	#[test]
	fn the_vault_covers_the_issuance_and_what_is_on_its_way(deeds in vec(deeds(), 1..80)) {
		new_test_ext().execute_with(|| {
			let mut base = Base {
				vault: Balances::total_issuance(),
				told: BTreeMap::new(),
				done: BTreeMap::new(),
				claimable: BTreeMap::new(),
			};
			for deed in &deeds {
				act(deed, &mut base);
				base.hear();
				check();
				let needed = Balances::total_issuance() + base.in_flight() + base.owed() + unreclaimed();
				assert!(base.vault >= needed, "{deed:?}: {} locked, {needed} needed", base.vault);
			}
			// Whatever waits is told, and then nothing is on hold for it.
			advance(60);
			assert_eq!(BaseBridge::queued(), 0);
			check();
		});
	}
}
