//! What is to be submitted next, given what the chain has and what Base knows. Pure: asked anew at every turn, so
//! that it does not matter what this or any other relayer did before.

use std::collections::BTreeMap;

use deepnode_primitives::{bridge::AuthoritySet, Balance};

/// What the light client on Base knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LightClient {
	/// The latest block whose commitment it has.
	pub latest: u32,
	/// The set that signed it.
	pub current: AuthoritySet,
	/// The set of the session after.
	pub next: AuthoritySet,
}

/// A commitment that the node has the signatures for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Available {
	/// The block.
	pub block: u32,
	/// The set that signed it.
	pub set: u64,
}

/// Why a commitment is submitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
	/// A session has begun: without its commitment the light client cannot check any later one.
	Session,
	/// Something is to be proved under it.
	Proof,
	/// The light client has not heard of the chain for long.
	Heartbeat,
}

impl Why {
	/// Its name in logs and metrics.
	pub const fn name(self) -> &'static str {
		match self {
			Self::Session => "session",
			Self::Proof => "proof",
			Self::Heartbeat => "heartbeat",
		}
	}
}

/// Which commitment to submit next.
///
/// `sessions` are the first blocks of the sessions that are known, by the number of their set: each of them has a
/// commitment. `prove` is the latest block of which something is to be proved.
pub fn commitment(
	client: &LightClient,
	sessions: &BTreeMap<u64, u32>,
	available: Available,
	prove: Option<u32>,
	heartbeat: u32,
) -> Option<(u32, Why)> {
	let next = client.current.id.saturating_add(1);
	if available.set >= next {
		return sessions.get(&next).filter(|first| **first > client.latest).map(|first| (*first, Why::Session));
	}
	if available.set != client.current.id || available.block <= client.latest {
		return None;
	}
	// A block's roots are in the leaf that the next one appends.
	if prove.is_some_and(|block| client.latest <= block && block < available.block) {
		return Some((available.block, Why::Proof));
	}
	let silence = available.block.saturating_sub(client.latest);
	(silence >= heartbeat).then_some((available.block, Why::Heartbeat))
}

/// A message that the chain has told, once for each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
	/// Its number.
	pub nonce: u64,
	/// What is paid for its delivery.
	pub fee: Balance,
	/// Whether the chain itself sends it.
	pub of_chain: bool,
	/// The block that told it.
	pub block: u32,
}

/// The messages that are worth their delivery: of each number the one that pays most.
///
/// What the chain itself sends is delivered whatever it pays: without settlements nobody is paid.
pub fn wanted(told: impl IntoIterator<Item = Told>, least_fee: Balance) -> BTreeMap<u64, Told> {
	let mut best = BTreeMap::<u64, Told>::new();
	for message in told {
		let known = best.entry(message.nonce).or_insert(message);
		if (message.fee, message.block) > (known.fee, known.block) {
			*known = message;
		}
	}
	best.retain(|_, message| message.of_chain || message.fee >= least_fee);
	best
}

#[cfg(test)]
mod tests {
	use proptest::prelude::*;

	use super::*;

	const HEARTBEAT: u32 = 100;

	fn set(id: u64) -> AuthoritySet {
		AuthoritySet { id, ..AuthoritySet::default() }
	}

	fn client(latest: u32, id: u64) -> LightClient {
		LightClient { latest, current: set(id), next: set(id + 1) }
	}

	fn next(client: &LightClient, available: (u32, u64), prove: Option<u32>) -> Option<(u32, Why)> {
		let sessions = (0..20).map(|id| (id, id as u32 * 40 + 1)).collect();
		commitment(client, &sessions, Available { block: available.0, set: available.1 }, prove, HEARTBEAT)
	}

	#[test]
	fn every_session_is_told_in_order() {
		assert_eq!(next(&client(1, 0), (90, 2), Some(85)), Some((41, Why::Session)));
		assert_eq!(next(&client(41, 1), (90, 2), Some(85)), Some((81, Why::Session)));
		assert_eq!(next(&client(81, 2), (90, 2), Some(85)), Some((90, Why::Proof)));
	}

	#[test]
	fn nothing_is_told_without_a_reason() {
		assert_eq!(next(&client(10, 0), (30, 0), None), None);
		assert_eq!(next(&client(30, 0), (30, 0), Some(29)), None, "it can be proved already");
	}

	#[test]
	fn what_happened_in_the_committed_block_itself_waits_for_the_next() {
		assert_eq!(next(&client(10, 0), (30, 0), Some(30)), None);
		assert_eq!(next(&client(10, 0), (31, 0), Some(30)), Some((31, Why::Proof)));
		assert_eq!(next(&client(30, 0), (31, 0), Some(30)), Some((31, Why::Proof)));
	}

	#[test]
	fn silence_is_broken() {
		assert_eq!(next(&client(10, 0), (109, 0), None), None);
		assert_eq!(next(&client(10, 0), (110, 0), None), Some((110, Why::Heartbeat)));
	}

	#[test]
	fn a_node_that_is_behind_is_of_no_use() {
		assert_eq!(next(&client(90, 2), (60, 1), Some(95)), None);
		assert_eq!(next(&client(90, 2), (85, 2), Some(95)), None);
	}

	#[test]
	fn a_session_whose_first_block_is_not_known_yet_is_waited_for() {
		let available = Available { block: 50, set: 1 };
		assert_eq!(commitment(&client(5, 0), &BTreeMap::new(), available, Some(20), HEARTBEAT), None);
	}

	fn told(nonce: u64, fee: Balance, block: u32) -> Told {
		Told { nonce, fee, of_chain: false, block }
	}

	#[test]
	fn of_a_number_the_message_that_pays_most_is_delivered() {
		let wanted = wanted([told(0, 5, 1), told(0, 9, 4), told(0, 7, 8), told(1, 1, 3)], 2);
		assert_eq!(wanted.into_values().collect::<Vec<_>>(), [told(0, 9, 4)]);
	}

	#[test]
	fn what_the_chain_sends_is_delivered_for_nothing() {
		let settlement = Told { of_chain: true, ..told(3, 0, 9) };
		assert_eq!(wanted([settlement, told(4, 0, 9)], 1).into_values().collect::<Vec<_>>(), [settlement]);
	}

	proptest! {
		/// However the light client and the chain stand, submitting what the plan says reaches the latest session
		/// and proves what is to be proved, one session after the other and never backwards.
		#[test]
		fn the_plan_ends_with_everything_proved(
			lengths in prop::collection::vec(1u32..50, 1..30),
			begun in any::<prop::sample::Index>(),
			ahead in 0u32..50,
			back in 0u32..50,
		) {
			let firsts: Vec<u32> = lengths.iter().scan(1, |first, length| {
				let this = *first;
				*first += length;
				Some(this)
			}).collect();
			let sessions: BTreeMap<u64, u32> = (0..).zip(firsts.iter().copied()).collect();
			let last = firsts.len() as u64 - 1;
			let available = Available { block: firsts[last as usize] + ahead, set: last };
			let prove = available.block.checked_sub(1 + back);
			let begun = begun.index(firsts.len());
			let mut client = client(firsts[begun], begun as u64);
			while let Some((block, why)) = commitment(&client, &sessions, available, prove, HEARTBEAT) {
				prop_assert!(block > client.latest && block <= available.block);
				if why == Why::Session {
					prop_assert_eq!(block, sessions[&(client.current.id + 1)]);
					client.current.id += 1;
				}
				client.latest = block;
			}
			prop_assert_eq!(client.current.id, last);
			prop_assert!(prove.is_none_or(|block| client.latest > block), "{client:?} {prove:?}");
		}

		#[test]
		fn one_message_of_each_number_is_wanted_and_none_pays_more(
			told in prop::collection::vec((0u64..6, 0u128..20, 0u32..50, any::<bool>()), 0..40),
			least in 0u128..20,
		) {
			let told: Vec<_> =
				told.into_iter().map(|(nonce, fee, block, of_chain)| Told { nonce, fee, of_chain, block }).collect();
			for (nonce, chosen) in wanted(told.clone(), least) {
				prop_assert!(chosen.nonce == nonce && told.contains(&chosen));
				prop_assert!(told.iter().all(|other| other.nonce != nonce || other.fee <= chosen.fee));
				prop_assert!(chosen.of_chain || chosen.fee >= least);
			}
		}
	}
}
