//! Who of several relayers goes first.
//!
//! Relayers do not know each other. Each waits a time of its own before it sends something, drawn from its address
//! and what it is about to send, and then looks whether another has sent it: two seldom send the same, and none is
//! always the last.

use std::{
	collections::HashMap,
	hash::Hash,
	time::{Duration, Instant},
};

use alloy::primitives::{keccak256, Address};

/// When what has come up may be sent.
#[derive(Debug)]
pub struct Turns<K> {
	account: Address,
	longest: Duration,
	due: HashMap<K, Instant>,
}

impl<K: Copy + Eq + Hash + std::fmt::Debug> Turns<K> {
	/// For the relayer of this address; nothing waits for more than `longest`.
	pub fn new(account: Address, longest: Duration) -> Self {
		Self { account, longest, due: HashMap::new() }
	}

	/// Whether it is this relayer's turn to send `what`; the first question starts the wait.
	pub fn is_due(&mut self, what: K, now: Instant) -> bool {
		let pause = pause(&self.account, &format!("{what:?}"), self.longest);
		*self.due.entry(what).or_insert_with(|| now + pause) <= now
	}

	/// Forgets what is not to be sent any more.
	pub fn keep(&mut self, still: impl Fn(&K) -> bool) {
		self.due.retain(|what, _| still(what));
	}
}

fn pause(account: &Address, what: &str, longest: Duration) -> Duration {
	let hash = keccak256([account.as_slice(), what.as_bytes()].concat());
	let [first, second, ..] = hash.0;
	longest.mul_f64(f64::from(u16::from_be_bytes([first, second])) / f64::from(u16::MAX))
}

#[cfg(test)]
mod tests {
	use super::*;

	const LONGEST: Duration = Duration::from_secs(8);

	#[test]
	fn a_relayer_waits_once_and_not_for_long() {
		let mut turns = Turns::new(Address::repeat_byte(1), LONGEST);
		let now = Instant::now();
		turns.is_due(7, now);
		assert!(turns.is_due(7, now + LONGEST));
		turns.keep(|what| *what != 7);
		assert!(turns.due.is_empty());
	}

	#[test]
	fn two_relayers_have_different_turns_and_each_goes_first_sometimes() {
		let pauses = |account| move |nonce: u64| pause(&Address::repeat_byte(account), &nonce.to_string(), LONGEST);
		let (first, second) = (pauses(1), pauses(2));
		let ahead = (0..1000).filter(|nonce| first(*nonce) < second(*nonce)).count();
		assert!((400..600).contains(&ahead), "{ahead}");
		let close = (0..1000).filter(|nonce| first(*nonce).abs_diff(second(*nonce)) < LONGEST / 8).count();
		assert!(close < 300, "{close} of 1000 within a second");
	}

	#[test]
	fn without_a_wait_everything_is_due_at_once() {
		let mut turns = Turns::new(Address::repeat_byte(1), Duration::ZERO);
		assert!(turns.is_due(1, Instant::now()));
	}
}
