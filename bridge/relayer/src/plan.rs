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
/// commitment. `prove` are the blocks of which something is to be proved.
pub fn commitment(
	client: &LightClient,
	sessions: &BTreeMap<u64, u32>,
	available: Available,
	prove: impl IntoIterator<Item = u32>,
	heartbeat: u32,
) -> Option<(u32, Why)> {
	match handover(client, sessions, available) {
		Handover::To(first) => return Some((first, Why::Session)),
		Handover::Unknown => return None,
		Handover::NotDue => {},
	}
	if available.set != client.current.id || available.block <= client.latest {
		return None;
	}
	// A block's roots are in the leaf that the next one appends: what the available block itself has told waits for a
	// later commitment, and what was told before does not wait for that.
	if prove.into_iter().any(|block| client.latest <= block && block < available.block) {
		return Some((available.block, Why::Proof));
	}
	let silence = available.block.saturating_sub(client.latest);
	(silence >= heartbeat).then_some((available.block, Why::Heartbeat))
}

/// Whether the light client is to be handed over to another session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handover {
	/// It follows the latest one.
	NotDue,
	/// To the one that begins in this block.
	To(u32),
	/// To one of which it is not known where it begins.
	Unknown,
}

/// Whether the light client is to be handed over to another session.
pub fn handover(client: &LightClient, sessions: &BTreeMap<u64, u32>, available: Available) -> Handover {
	let next = client.current.id.saturating_add(1);
	if available.set < next {
		return Handover::NotDue;
	}
	match sessions.get(&next) {
		Some(first) if *first > client.latest => Handover::To(*first),
		_ => Handover::Unknown,
	}
}

/// Up to which block the headers' sessions are known, where they have been read up to `read` and `sessions` are those
/// that are still known of them.
///
/// Sessions that the light client has left behind are forgotten. Where Base drops the block in which it did, it is back
/// at one of them, and they are read again.
pub fn known(client: &LightClient, sessions: &BTreeMap<u64, u32>, read: u32, available: Available) -> u32 {
	match handover(client, sessions, available) {
		Handover::Unknown => client.latest,
		Handover::NotDue | Handover::To(_) => read.max(client.latest),
	}
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

impl Told {
	/// Whether it is worth its delivery. What the chain itself sends is, whatever it pays: without settlements nobody
	/// is paid.
	pub const fn is_worth(&self, least_fee: Balance) -> bool {
		self.of_chain || self.fee >= least_fee
	}

	/// Whether it is to be delivered rather than `other`, the same message.
	pub fn is_better(&self, other: &Self) -> bool {
		(self.fee, self.block) > (other.fee, other.block)
	}

	/// Which of several messages comes first, the highest: what the chain itself sends, then what pays most.
	pub const fn rank(&self) -> (bool, Balance) {
		(self.of_chain, self.fee)
	}
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

	fn next(client: &LightClient, available: (u32, u64), prove: impl IntoIterator<Item = u32>) -> Option<(u32, Why)> {
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
	fn what_was_told_before_does_not_wait_for_a_block_without_messages() {
		assert_eq!(next(&client(10, 0), (30, 0), [12, 20, 30]), Some((30, Why::Proof)));
		assert_eq!(next(&client(10, 0), (30, 0), [9, 30]), None, "one can be proved already, the other not yet");
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

	#[test]
	fn a_session_is_read_again_where_base_has_dropped_the_handover_to_it() {
		// Another relayer has handed over to set 1, and what was before set 2 was forgotten.
		let sessions = BTreeMap::from([(2, 81)]);
		let available = Available { block: 90, set: 2 };
		assert_eq!(known(&client(41, 1), &sessions, 90, available), 90);
		assert_eq!(known(&client(5, 0), &sessions, 90, available), 5);
		assert_eq!(known(&client(5, 0), &BTreeMap::from([(1, 41), (2, 81)]), 90, available), 90);
	}

	#[test]
	fn headers_are_read_once() {
		let available = Available { block: 90, set: 2 };
		assert_eq!(known(&client(85, 2), &BTreeMap::new(), 70, available), 85);
		assert_eq!(known(&client(85, 2), &BTreeMap::new(), 88, available), 88);
		assert_eq!(known(&client(90, 3), &BTreeMap::new(), 85, available), 90, "a node that is behind");
	}

	#[test]
	fn a_message_that_pays_too_little_is_not_worth_its_delivery_unless_the_chain_sends_it() {
		let told = |fee, of_chain| Told { nonce: 0, fee, of_chain, block: 1 };
		assert!(told(5, false).is_worth(5) && !told(4, false).is_worth(5));
		assert!(told(0, true).is_worth(5));
		assert!(told(0, true).rank() > told(9, false).rank() && told(9, false).rank() > told(8, false).rank());
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

		/// However often Base drops blocks, so that the light client is back where it was, it follows in the end: of
		/// the sessions nothing is kept but what a relayer keeps.
		#[test]
		fn the_light_client_follows_whatever_base_drops(
			lengths in prop::collection::vec(1u32..50, 2..20),
			dropped in prop::collection::vec(prop::option::of(any::<prop::sample::Index>()), 0..40),
		) {
			let firsts: Vec<u32> = lengths.iter().scan(1, |first, length| {
				let this = *first;
				*first += length;
				Some(this)
			}).collect();
			let last = firsts.len() as u64 - 1;
			let available = Available { block: firsts[last as usize], set: last };
			let mut history = vec![client(firsts[0], 0)];
			let (mut sessions, mut read) = (BTreeMap::new(), 0);
			let mut dropped = dropped.into_iter();
			for _ in 0..100 {
				if let Some(Some(back)) = dropped.next() {
					history.truncate(back.index(history.len()) + 1);
				}
				let mut client = history[history.len() - 1];
				let from = known(&client, &sessions, read, available);
				let begun = (0..).zip(&firsts).filter(|(_, first)| **first > from && **first <= available.block);
				sessions.extend(begun.map(|(set, first)| (set, *first)));
				sessions.retain(|set, _| *set > client.current.id);
				read = from.max(available.block);
				let Some((block, _)) = commitment(&client, &sessions, available, None, HEARTBEAT) else { continue };
				client.current.id += 1;
				client.latest = block;
				history.push(client);
			}
			prop_assert_eq!(history[history.len() - 1].current.id, last);
		}
	}
}
