//! A transaction on its way, and what to do about it. Pure.

use alloy::primitives::{Address, Bytes, TxHash};
use serde::{Deserialize, Serialize};

use super::{fees::Fees, Outcome};

/// What a transaction is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
	/// The light client is given a block's commitment.
	Commitment(u32),
	/// A message is delivered.
	Message(u64),
	/// What the rate limit holds back is paid.
	Drain,
	/// Claims of an epoch are paid, beginning with this one.
	Push {
		/// The epoch.
		epoch: u64,
		/// The first claim.
		first: u32,
	},
	/// Its number is to be used up, no more.
	Nothing,
}

impl Purpose {
	/// Its name in logs and metrics.
	pub const fn name(self) -> &'static str {
		match self {
			Self::Commitment(_) => "commitment",
			Self::Message(_) => "message",
			Self::Drain => "drain",
			Self::Push { .. } => "push",
			Self::Nothing => "nothing",
		}
	}
}

/// A transaction on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
	/// Its number among the account's.
	pub nonce: u64,
	/// What it is for.
	pub purpose: Purpose,
	/// What it calls.
	pub to: Address,
	/// With what.
	pub data: Bytes,
	/// How much gas it may use.
	pub gas: u64,
	/// What it offers for it.
	pub fees: Fees,
	/// It and those that it replaced, under their hashes; none for one that an earlier process has forgotten.
	pub hashes: Vec<TxHash>,
	/// It itself, signed.
	pub raw: Bytes,
	/// When it was sent, in seconds since 1970.
	pub sent: u64,
	/// Whether it was in a block when it was last looked at.
	pub mined: bool,
}

/// What the node says of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
	/// It is in a block.
	Mined(Outcome),
	/// It waits.
	Waiting,
	/// The node does not know it.
	Missing,
	/// Another transaction of its number is in a block.
	Superseded,
}

/// What to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
	/// Nothing yet.
	Wait,
	/// It is over.
	Conclude(Outcome),
	/// It is over without an outcome: another has its number.
	Forget,
	/// Send it again as it is.
	SendAgain,
	/// Send it again with a better offer.
	Replace,
}

/// What to do about a transaction. `settled` is the latest block on Base that counts as unchangeable, `now` is in
/// seconds since 1970, and what waits for longer than `patience` seconds is stuck.
pub fn decide(pending: &Pending, seen: Seen, settled: u64, now: u64, patience: u64) -> Decision {
	let stuck = now.saturating_sub(pending.sent) >= patience;
	match seen {
		Seen::Mined(outcome) if outcome.block <= settled => Decision::Conclude(outcome),
		Seen::Mined(_) => Decision::Wait,
		Seen::Superseded => Decision::Forget,
		Seen::Waiting | Seen::Missing if stuck => Decision::Replace,
		Seen::Missing => Decision::SendAgain,
		Seen::Waiting => Decision::Wait,
	}
}

/// The number of the next transaction: the first that neither a block nor one of `pending` has.
pub fn next_nonce(mined: u64, pending: &[Pending]) -> u64 {
	let mut taken: Vec<u64> = pending.iter().map(|pending| pending.nonce).filter(|nonce| *nonce >= mined).collect();
	taken.sort_unstable();
	taken.into_iter().fold(mined, |next, nonce| if nonce == next { next.saturating_add(1) } else { next })
}

/// What a node means by its refusal of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
	/// It has it already.
	Known,
	/// Another transaction of its number is in a block.
	NonceUsed,
	/// Another transaction of its number waits, and offers too much for it to be replaced.
	Underpriced,
	/// The account cannot pay for it.
	Funds,
	/// Anything else.
	Other,
}

/// What a node means. Nodes agree on the meaning and not on the words; these are those of geth, reth and anvil.
pub fn refusal(reason: &str) -> Refusal {
	const WORDS: [(&str, Refusal); 9] = [
		("already known", Refusal::Known),
		("already imported", Refusal::Known),
		("already in pool", Refusal::Known),
		("nonce too low", Refusal::NonceUsed),
		("replacement transaction underpriced", Refusal::Underpriced),
		("replacement underpriced", Refusal::Underpriced),
		("transaction underpriced", Refusal::Underpriced),
		("insufficient funds", Refusal::Funds),
		("exceeds the balance", Refusal::Funds),
	];
	let reason = reason.to_lowercase();
	WORDS.iter().find(|(words, _)| reason.contains(words)).map_or(Refusal::Other, |(_, meaning)| *meaning)
}

#[cfg(test)]
mod tests {
	use proptest::prelude::*;

	use super::*;

	const PATIENCE: u64 = 60;

	fn pending(nonce: u64) -> Pending {
		Pending {
			nonce,
			purpose: Purpose::Message(3),
			to: Address::ZERO,
			data: Bytes::new(),
			gas: 21_000,
			fees: Fees::default(),
			hashes: vec![TxHash::ZERO],
			raw: Bytes::new(),
			sent: 1000,
			mined: false,
		}
	}

	fn decided(seen: Seen, settled: u64, now: u64) -> Decision {
		decide(&pending(0), seen, settled, now, PATIENCE)
	}

	#[test]
	fn a_mined_transaction_is_over_once_its_block_cannot_change() {
		let outcome = Outcome { block: 50, succeeded: true, gas: 1, price: 1 };
		assert_eq!(decided(Seen::Mined(outcome), 49, 9999), Decision::Wait);
		assert_eq!(decided(Seen::Mined(outcome), 50, 1001), Decision::Conclude(outcome));
	}

	#[test]
	fn a_transaction_that_a_reorganisation_took_back_is_sent_again() {
		assert_eq!(decided(Seen::Missing, 0, 1001), Decision::SendAgain);
	}

	#[test]
	fn a_stuck_transaction_is_replaced() {
		assert_eq!(decided(Seen::Waiting, 0, 1059), Decision::Wait);
		assert_eq!(decided(Seen::Waiting, 0, 1060), Decision::Replace);
		assert_eq!(decided(Seen::Missing, 0, 1060), Decision::Replace);
	}

	#[test]
	fn a_transaction_whose_number_another_has_is_forgotten() {
		assert_eq!(decided(Seen::Superseded, 0, 9999), Decision::Forget);
	}

	#[test]
	fn a_clock_that_was_set_back_replaces_nothing() {
		assert_eq!(decided(Seen::Waiting, 0, 5), Decision::Wait);
	}

	#[test]
	fn the_next_number_fills_a_gap_first() {
		assert_eq!(next_nonce(5, &[]), 5);
		assert_eq!(next_nonce(5, &[pending(5), pending(6)]), 7);
		assert_eq!(next_nonce(5, &[pending(7), pending(5)]), 6);
		assert_eq!(next_nonce(8, &[pending(5), pending(6)]), 8);
	}

	#[test]
	fn nodes_words_are_understood() {
		for (words, meaning) in [
			("already known (code -32000)", Refusal::Known),
			("transaction already imported (code -32003)", Refusal::Known),
			("nonce too low: next nonce 5, tx nonce 4", Refusal::NonceUsed),
			("replacement transaction underpriced", Refusal::Underpriced),
			("Insufficient funds for gas * price + value", Refusal::Funds),
			("intrinsic gas too low", Refusal::Other),
		] {
			assert_eq!(refusal(words), meaning, "{words}");
		}
	}

	proptest! {
		#[test]
		fn the_next_number_is_free_and_leaves_no_gap(mined in 0u64..50, taken in prop::collection::vec(0u64..60, 0..20)) {
			let pending: Vec<_> = taken.iter().map(|nonce| pending(*nonce)).collect();
			let next = next_nonce(mined, &pending);
			prop_assert!(next >= mined && !taken.contains(&next));
			prop_assert!((mined..next).all(|nonce| taken.contains(&nonce)));
		}
	}
}
