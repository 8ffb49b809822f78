//! Base, as far as DN are concerned: what is locked there for the chain, and what it makes of what it is told.

use crate::{Balance, Balances, BaseBridge, Runtime};
use deepnode_primitives::bridge::{Message, Payload};
use pallet_base_bridge::{types::Backing, Event};
use std::collections::{BTreeMap, BTreeSet};

/// The vault, and the messages that it has heard of.
pub struct Base {
	/// What is locked.
	locked: Balance,
	/// What is locked and neither issued on the chain nor burned there: it is on its way here, or lost on it.
	away: Balance,
	/// What is burned on the chain, and locked here until a message tells of it.
	burned: Balance,
	/// Every message as often as it was told, the oldest first.
	told: BTreeMap<u64, Vec<Message>>,
	/// Those that were delivered here.
	delivered: BTreeSet<u64>,
	/// Those of them that were refused.
	refused: BTreeSet<u64>,
}

impl Base {
	/// A vault that has locked so much.
	pub fn new(locked: Balance) -> Self {
		let (told, delivered, refused) = Default::default();
		Self { locked, away: 0, burned: 0, told, delivered, refused }
	}

	/// The chain has burned DN, and sends nothing for them.
	pub fn burn(&mut self, amount: Balance) {
		self.burned += amount;
	}

	/// Hears what the chain says. Returns what the event's name does not say of it.
	pub fn hear(&mut self, event: &Event<Runtime>) -> Option<String> {
		match event {
			Event::MessageTold { message, .. } => return Some(self.hear_message(message)),
			Event::PaidOut { claim, .. } => self.away += claim.amount,
			Event::BurnQueued { amount, .. } => {
				self.burned -= amount;
				self.away += amount;
			},
			Event::MessageRefused { nonce, refunded } => {
				assert!(self.refused.contains(nonce), "message {nonce} is taken back, and was not refused");
				let payload = &self.told[nonce][0].payload;
				self.away -= refunded;
				if let Payload::Burn { amount, .. } = payload {
					self.away -= amount;
					self.burned += amount;
				}
				return Some(format!("{:?}", payload.kind()));
			},
			Event::Reclaimed { amount, .. } => self.away -= amount,
			Event::ReceiptOmitted { task } => panic!("a block has room for the receipt of task {task}"),
			Event::Unbacked { backing } => panic!("something was minted: {backing:?}"),
			_ => {},
		}
		None
	}

	/// A sender's DN leave the chain when a message is told first, and what its fee was raised by when it is told again.
	/// Of the chain's own messages only the fee leaves with them, since their DN have left before.
	fn hear_message(&mut self, message: &Message) -> String {
		let tellings = self.told.entry(message.nonce).or_default();
		let before = tellings.last().map(|telling| telling.fee);
		self.away += match before {
			Some(fee) => message.fee - fee,
			None if message.sender.is_zero() => message.fee,
			None => message.sent(),
		};
		tellings.push(message.clone());
		let again = if before.is_some() { ".Again" } else { "" };
		format!("{:?}{again}", message.kind())
	}

	/// The messages that can still be delivered, each with whether the chain sends it itself and how often it was told.
	pub fn open(&self) -> Vec<(u64, bool, usize)> {
		let open = self.told.iter().filter(|(nonce, _)| !self.delivered.contains(nonce));
		open.map(|(nonce, tellings)| (*nonce, tellings[0].sender.is_zero(), tellings.len())).collect()
	}

	/// Whether the chain may be told that this message is refused: it is, or there is nothing to refuse.
	pub fn may_be_reported(&self, nonce: u64) -> bool {
		self.refused.contains(&nonce) || !self.told.contains_key(&nonce)
	}

	/// The messages that were refused.
	pub fn refused(&self) -> Vec<u64> {
		self.refused.iter().copied().collect()
	}

	/// Somebody delivers a message as it was told at some time, and is paid for it; it takes effect or is refused.
	pub fn deliver(&mut self, nonce: u64, telling: usize, accept: bool) {
		let Message { fee, payload, .. } = &self.told[&nonce][telling];
		let out = match payload {
			_ if !accept => 0,
			Payload::Release { amount, .. } | Payload::Burn { amount, .. } => *amount,
			Payload::Settlement { total, .. } => *total,
			Payload::Governance { .. } => 0,
		};
		self.locked -= fee + out;
		self.away -= fee + out;
		self.delivered.insert(nonce);
		if !accept {
			self.refused.insert(nonce);
		}
	}

	/// Panics where the vault does not hold exactly what is issued on the chain, what is burned there, and what is on its
	/// way; or where the chain knows otherwise.
	pub fn check(&self) {
		let issuance = Balances::total_issuance();
		assert_eq!(self.locked, issuance + self.burned + self.away, "only what is burned or sent to Base is gone");
		assert_eq!(BaseBridge::backing(), Backing { backed: issuance + self.burned, issuance }, "and the chain knows");
	}
}
