//! Which of many things a round looks at, where it cannot look at all of them. Pure.
//!
//! Anyone can have the chain tell as many messages as they pay for. What a round asks Base about them is bounded all the
//! same: it looks at those that matter most, and at so many of the others, which take turns.

/// What a round looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pick<K> {
	/// Those that matter most, in this order.
	pub best: Vec<K>,
	/// Those of the others whose turn it is, in this order.
	pub others: Vec<K>,
}

/// How many a round looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Most {
	/// Of those that matter most.
	pub best: usize,
	/// Of the others.
	pub others: usize,
}

impl<K: Copy + Ord> Pick<K> {
	/// Picks from things with their ranks. `last` is the last of the others that was looked at before.
	pub fn of<R: Ord>(among: impl IntoIterator<Item = (K, R)>, last: Option<K>, most: Most) -> Self {
		let mut best: Vec<(R, K)> = among.into_iter().map(|(key, rank)| (rank, key)).collect();
		let mut others = Vec::new();
		if best.len() > most.best {
			best.select_nth_unstable_by(most.best, |one, other| other.cmp(one));
			others = best.split_off(most.best);
		}
		best.sort_unstable_by(|one, other| other.cmp(one));
		let keys = |ranked: Vec<(R, K)>| ranked.into_iter().map(|(_, key)| key);
		Self { best: keys(best).collect(), others: next(keys(others), last, most.others) }
	}
}

/// Those whose turn it is: the first after `last`, and from the beginning again after the last of all.
pub fn next<K: Copy + Ord>(among: impl IntoIterator<Item = K>, last: Option<K>, most: usize) -> Vec<K> {
	let mut among: Vec<K> = among.into_iter().collect();
	among.sort_unstable();
	let before = among.partition_point(|key| last.is_some_and(|last| *key <= last));
	among.rotate_left(before);
	among.truncate(most);
	among
}

#[cfg(test)]
mod tests {
	use std::collections::BTreeSet;

	use proptest::prelude::*;

	use super::*;

	#[test]
	fn the_best_are_looked_at_first_and_the_others_in_turn() {
		let things = [(1, 0), (2, 9), (3, 0), (4, 5), (5, 0)];
		let most = Most { best: 2, others: 2 };
		let pick = Pick::of(things, None, most);
		assert_eq!(pick, Pick { best: vec![2, 4], others: vec![1, 3] });
		assert_eq!(Pick::of(things, Some(3), most), Pick { best: vec![2, 4], others: vec![5, 1] });
	}

	#[test]
	fn few_are_all_looked_at() {
		let pick = Pick::of([(7, 1), (8, 2)], None, Most { best: 5, others: 5 });
		assert_eq!(pick, Pick { best: vec![8, 7], others: vec![] });
		assert!(next::<u32>([], Some(3), 4).is_empty());
	}

	proptest! {
		/// Whatever comes and goes, nothing that stays is passed over.
		#[test]
		fn everything_has_its_turn(
			ranks in prop::collection::btree_map(0u16..500, 0u8..4, 1..80),
			comers in prop::collection::vec((500u16..600, 0u8..4), 0..40),
			best in 0usize..6,
			others in 1usize..6,
		) {
			let most = Most { best, others };
			let (mut seen, mut last) = (BTreeSet::new(), None);
			let mut comers = comers.into_iter();
			let mut things = ranks.clone();
			// One more comes in each round, for as long as any do.
			for _ in 0..ranks.len() + 40 + 1 {
				let pick = Pick::of(things.iter().map(|(key, rank)| (*key, *rank)), last, most);
				prop_assert!(pick.best.len() <= best && pick.others.len() <= others);
				let least = pick.best.iter().map(|key| things[key]).min();
				let beaten = things.iter().filter(|(key, _)| !pick.best.contains(key)).map(|(_, rank)| *rank).max();
				prop_assert!(beaten.is_none() || least.is_none() || beaten <= least);
				last = pick.others.last().copied().or(last);
				seen.extend(pick.best.into_iter().chain(pick.others));
				things.extend(comers.next());
			}
			prop_assert!(ranks.keys().all(|key| seen.contains(key)), "{:?} of {:?}", seen, ranks);
		}
	}
}
