//! Where on Base commitments are looked for.

use sp_core::H256;

use crate::base::{Base, Result};

/// How many blocks of Base are searched at once.
const RANGE: u64 = 2_000;
/// How many of the latest blocks are searched again: a reorganisation may have put others in their places.
const AGAIN: u64 = 100;
/// How many roots the light client keeps.
const KEPT: usize = 64;
/// How many ranges of the past one look searches. What is kept is in the first few, unless sets have not moved on for long.
const PAST: usize = 32;

/// A block of the chain and the root that the light client took for it.
pub(super) type Taken = (u32, H256);

/// Which blocks of Base have been searched for commitments, and which are to be.
#[derive(Debug, Default)]
pub(super) struct Search {
	/// All blocks up to this one since the first look.
	to: Option<u64>,
	/// The latest block before the first look that is still to be searched.
	past: Option<u64>,
	/// How many commitments were found there.
	found: usize,
}

impl Search {
	/// The commitments up to the block `until` that were taken since the last look, and in the blocks just before it.
	pub(super) async fn new_ones(&mut self, base: &Base, until: u64) -> Result<Vec<Taken>> {
		let Some(to) = self.to else {
			(self.to, self.past) = (Some(until), Some(until));
			return Ok(Vec::new());
		};
		let (mut taken, mut from) = (Vec::new(), to.min(until).saturating_sub(AGAIN));
		while from <= until {
			let last = until.min(from.saturating_add(RANGE - 1));
			taken.extend(base.history(from, last).await?.commitments);
			from = last.saturating_add(1);
		}
		self.to = Some(until);
		Ok(taken)
	}

	/// The commitments that were taken before the first look: all that the light client may still keep.
	pub(super) async fn past_ones(&mut self, base: &Base) -> Result<Vec<Taken>> {
		let (mut taken, mut past, mut ranges) = (Vec::new(), self.past, 0);
		while let Some(last) = past.filter(|_| ranges < PAST) {
			let from = last.saturating_sub(RANGE - 1);
			let history = base.history(from, last).await?;
			taken.extend(history.commitments);
			let is_all = history.begins || self.found + taken.len() >= KEPT;
			past = from.checked_sub(1).filter(|_| !is_all);
			ranges += 1;
		}
		self.past = past;
		self.found += taken.len();
		Ok(taken)
	}
}

#[cfg(test)]
mod tests {
	use std::sync::{Arc, Mutex};

	use alloy::{primitives::B256, sol_types::SolEvent as _};
	use serde_json::{json, Value};

	use super::*;
	use crate::base::{
		abi::IBeefyClient::{CommitmentAccepted, Initialized},
		mock::Mock,
		Address,
	};

	/// A block of Base in which the light client took a block's commitment, or began.
	type Event = (u64, Option<u32>);

	/// The light client's past.
	#[derive(Clone, Default)]
	struct Past(Arc<Mutex<Vec<Event>>>);

	impl Past {
		fn of(events: impl IntoIterator<Item = Event>) -> Self {
			Self(Arc::new(Mutex::new(events.into_iter().collect())))
		}

		async fn start(&self) -> Mock {
			let past = self.0.clone();
			Mock::start(move |question| {
				let bound = |name: &str| {
					let number = question.parameters[0][name].as_str().unwrap();
					u64::from_str_radix(number.trim_start_matches("0x"), 16).unwrap()
				};
				let (from, to) = (bound("fromBlock"), bound("toBlock"));
				assert!(to - from < RANGE, "no endpoint gives so many blocks at once: {from} to {to}");
				let past = past.lock().unwrap();
				Ok(past.iter().filter(|(at, _)| (from..=to).contains(at)).map(|(at, block)| log(*at, *block)).collect())
			})
			.await
		}
	}

	fn root(block: u32) -> H256 {
		H256::from_low_u64_be(block.into())
	}

	fn log(at: u64, block: Option<u32>) -> Value {
		let data = match block {
			Some(block) => CommitmentAccepted {
				blockNumber: block,
				setId: 1,
				mmrRoot: root(block).0.into(),
				submitter: Address::ZERO,
			}
			.encode_log_data(),
			None => Initialized { version: 1 }.encode_log_data(),
		};
		json!({
			"address": Address::repeat_byte(2), "topics": data.topics(), "data": data.data, "blockNumber": format!("{at:#x}"),
			"blockHash": B256::ZERO, "transactionHash": B256::ZERO, "transactionIndex": "0x0", "logIndex": "0x0",
			"removed": false,
		})
	}

	async fn look(search: &mut Search, mock: &Mock, until: u64) -> Vec<u32> {
		let mut taken = search.new_ones(&mock.base, until).await.unwrap();
		taken.extend(search.past_ones(&mock.base).await.unwrap());
		assert!(taken.iter().all(|(block, found)| root(*block) == *found));
		taken.into_iter().map(|(block, _)| block).collect()
	}

	#[tokio::test]
	async fn what_was_taken_while_nobody_watched_is_found_by_the_first_look() {
		// 70 minutes of Base's blocks ago, and once a session since.
		let past = Past::of((0..36).map(|session| (1_000_000 - 2_100 + session * 60, Some(session as u32))));
		let mock = past.start().await;
		let found = look(&mut Search::default(), &mock, 1_000_000).await;
		assert!(found.contains(&0) && found.len() == 36, "{found:?}");
	}

	#[tokio::test]
	async fn the_past_is_searched_as_far_as_roots_are_kept_and_no_further() {
		let past = Past::of((0..500).map(|session| (session * 1_000, Some(session as u32))));
		let mock = past.start().await;
		let mut search = Search::default();
		let found = look(&mut search, &mock, 499_999).await;
		assert!((KEPT..KEPT + 2).contains(&found.len()), "{found:?}");
		assert_eq!(search.past, None);
		mock.take_asked();
		assert_eq!(look(&mut search, &mock, 500_000).await, [0u32; 0]);
		assert_eq!(mock.take_asked().len(), 1, "the past is searched once");
	}

	#[tokio::test]
	async fn the_search_ends_where_the_light_client_began_and_goes_on_in_later_looks() {
		let begun = 100_000;
		let past = Past::of([(begun, None), (begun + 5, Some(7))]);
		let mock = past.start().await;
		let mut search = Search::default();
		let until = begun + RANGE * PAST as u64 + 500;
		assert_eq!(look(&mut search, &mock, until).await, [0u32; 0]);
		assert_eq!(look(&mut search, &mock, until + 1).await, [7]);
		assert_eq!(search.past, None);
	}

	#[tokio::test]
	async fn what_a_reorganisation_brings_is_found() {
		let past = Past::of([(900, Some(3))]);
		let mock = past.start().await;
		let mut search = Search::default();
		assert_eq!(look(&mut search, &mock, 1_000).await, [3]);
		past.0.lock().unwrap().push((995, Some(8)));
		assert_eq!(look(&mut search, &mock, 1_001).await, [3, 8]);
		past.0.lock().unwrap().push((7_000, Some(9)));
		assert_eq!(look(&mut search, &mock, 9_000).await, [8, 9]);
	}
}
