//! The strict majority among answers.

use std::collections::BTreeSet;

use deepnode_primitives::{
	canonical::{Answer, Output},
	comparison::{Comparison, Quantisation},
	content::Digest,
	verdict::{majority, Majority},
};
use proptest::{collection::vec, prelude::*, sample::Index};

/// A symmetric relation between answers, some of which have equal digests: those agree.
#[derive(Clone, Debug)]
struct Answers {
	digests: Vec<Digest>,
	/// Which pairs of positions agree, the smaller one first.
	agree: BTreeSet<(usize, usize)>,
}

impl Answers {
	fn agree(&self, a: usize, b: usize) -> bool {
		a == b || self.digests[a] == self.digests[b] || self.agree.contains(&(a.min(b), a.max(b)))
	}

	fn majority(&self) -> Option<Majority> {
		majority(&self.digests, |a, b| self.agree(a, b))
	}

	fn len(&self) -> usize {
		self.digests.len()
	}

	/// How many agree with this one, itself included.
	fn degree(&self, at: usize) -> usize {
		(0..self.len()).filter(|other| self.agree(at, *other)).count()
	}

	/// The same answers in another order: `order[new] = old`.
	fn reordered(&self, order: &[usize]) -> Self {
		let digests = order.iter().map(|old| self.digests[*old]).collect();
		let pairs = (0..self.len()).flat_map(|b| (0..b).map(move |a| (a, b)));
		let agree = pairs.filter(|(a, b)| self.agree(order[*a], order[*b])).collect();
		Self { digests, agree }
	}
}

fn digest(byte: u8) -> Digest {
	[byte; 32]
}

/// Up to nine answers, of any relation. What has an equal digest has equal bytes, so it agrees with the
/// same others.
fn answers() -> impl Strategy<Value = Answers> {
	(0usize..=9).prop_flat_map(|len| (vec(0u8..12, len), vec(any::<bool>(), 12 * 12))).prop_map(|(kinds, relation)| {
		let related = |a: u8, b: u8| relation[usize::from(a.min(b)) * 12 + usize::from(a.max(b))];
		let pairs = (0..kinds.len()).flat_map(|b| (0..b).map(move |a| (a, b)));
		let agree = pairs.filter(|(a, b)| related(kinds[*a], kinds[*b])).collect();
		Answers { digests: kinds.into_iter().map(digest).collect(), agree }
	})
}

fn permutation(len: usize, picks: &[Index]) -> Vec<usize> {
	let mut left: Vec<_> = (0..len).collect();
	picks.iter().take(len).map(|pick| left.remove(pick.index(left.len()))).collect()
}

proptest! {
	#[test]
	fn the_order_of_answers_changes_nothing(answers in answers(), picks in vec(any::<Index>(), 9)) {
		let order = permutation(answers.len(), &picks);
		let other = answers.reordered(&order);
		match (answers.majority(), other.majority()) {
			(None, None) => {},
			(Some(one), Some(two)) => {
				prop_assert_eq!(answers.digests[one.representative], other.digests[two.representative]);
				let mut winners: Vec<_> = two.winners.iter().map(|at| order[*at]).collect();
				winners.sort_unstable();
				prop_assert_eq!(one.winners, winners);
			},
			(one, two) => prop_assert!(false, "{:?} and {:?}", one, two),
		}
	}

	/// Restates the definition, answer by answer.
	#[test]
	fn it_is_what_it_says(answers in answers()) {
		let majority_answers: Vec<_> =
			(0..answers.len()).filter(|at| answers.degree(*at) * 2 > answers.len()).collect();
		let Some(Majority { representative, winners }) = answers.majority() else {
			prop_assert!(majority_answers.is_empty());
			return Ok(());
		};
		prop_assert!(majority_answers.contains(&representative));
		let most = majority_answers.iter().map(|at| answers.degree(*at)).max().unwrap();
		prop_assert_eq!(answers.degree(representative), most);
		let smallest = majority_answers.iter().filter(|at| answers.degree(**at) == most);
		prop_assert_eq!(smallest.map(|at| answers.digests[*at]).min().unwrap(), answers.digests[representative]);
		let expected: Vec<_> = (0..answers.len())
			.filter(|at| majority_answers.iter().any(|majority| answers.agree(*at, *majority)))
			.collect();
		prop_assert_eq!(&winners, &expected);
		prop_assert!(winners.contains(&representative));
		prop_assert!(winners.len() * 2 > answers.len(), "winners are a strict majority");
	}

	/// Whatever the others answer, and whomever they agree with.
	#[test]
	fn an_honest_strict_majority_never_loses(
		mut answers in answers(),
		picks in vec(any::<Index>(), 9),
		extra in any::<Index>(),
	) {
		prop_assume!(answers.len() > 0);
		let least = answers.len() / 2 + 1;
		let honest = &permutation(answers.len(), &picks)[..least + extra.index(answers.len() - least + 1)];
		for a in honest {
			answers.agree.extend(honest.iter().filter(|b| a < *b).map(|b| (*a, *b)));
		}
		let Majority { representative, winners } = answers.majority().expect("they are more than half");
		prop_assert!(honest.iter().all(|at| winners.contains(at)));
		prop_assert!(honest.iter().any(|at| answers.agree(*at, representative)), "and what stands agrees with one");
	}

	#[test]
	fn each_pair_is_compared_once_at_most_and_equal_digests_never(answers in answers()) {
		let mut compared = BTreeSet::new();
		let found = majority(&answers.digests, |a, b| {
			assert_ne!(answers.digests[a], answers.digests[b]);
			assert!(compared.insert((a.min(b), a.max(b))), "once");
			answers.agree(a, b)
		});
		prop_assert_eq!(found, answers.majority());
	}

	/// Answers of one score each, under the comparison that models are registered with.
	#[test]
	fn close_scores_win_together(scores in vec(0i32..12, 1..6), tau in 0u32..4) {
		let Some(Majority { representative, winners }) = by_score(&scores, tau) else {
			let near = |score: &i32| scores.iter().filter(|other| score.abs_diff(**other) <= tau).count();
			prop_assert!(scores.iter().all(|score| near(score) * 2 <= scores.len()));
			return Ok(());
		};
		let spread = |at: &usize| scores[*at].abs_diff(scores[representative]);
		prop_assert!(winners.iter().all(|at| spread(at) <= 3 * tau), "majorities of a line overlap");
	}
}

/// The majority among answers of one score each.
fn by_score(scores: &[i32], tau: u32) -> Option<Majority> {
	let comparison = Comparison::Tolerance { quantisation: Quantisation::default(), tau };
	let answers: Vec<_> =
		scores.iter().map(|score| Answer::Outputs(vec![Output { dims: vec![1], data: vec![*score] }])).collect();
	let digests: Vec<_> = answers.iter().map(Answer::digest).collect();
	let bytes: Vec<_> = answers.iter().map(Answer::to_bytes).collect();
	majority(&digests, |a, b| comparison.agrees(&bytes[a], &bytes[b]).unwrap())
}

fn equal(kinds: &[u8]) -> Option<(Digest, Vec<usize>)> {
	let digests: Vec<_> = kinds.iter().copied().map(digest).collect();
	let found = majority(&digests, |_, _| false)?;
	Some((digests[found.representative], found.winners))
}

#[test]
fn half_is_no_majority() {
	assert_eq!(equal(&[]), None);
	assert_eq!(equal(&[7]), Some((digest(7), vec![0])));
	assert_eq!(equal(&[7, 8]), None);
	assert_eq!(equal(&[7, 8, 7]), Some((digest(7), vec![0, 2])));
	assert_eq!(equal(&[7, 7, 8, 8]), None);
	assert_eq!(equal(&[7, 7, 8, 9]), None);
	assert_eq!(equal(&[9, 7, 9, 8, 9]), Some((digest(9), vec![0, 2, 4])));
	assert_eq!(equal(&[9, 7, 9, 8, 6]), None);
}

#[test]
fn the_middle_of_a_chain_stands_for_its_ends() {
	// a ~ b ~ c, and a and c differ.
	let found = by_score(&[0, 2, 4], 2).unwrap();
	assert_eq!(found, Majority { representative: 1, winners: vec![0, 1, 2] });
	let found = by_score(&[4, 0, 2], 2).unwrap();
	assert_eq!(found, Majority { representative: 2, winners: vec![0, 1, 2] });
}

#[test]
fn the_ends_of_a_chain_alone_have_no_majority() {
	assert_eq!(by_score(&[0, 4], 2), None);
	// The middle agrees with two of four: half.
	assert_eq!(by_score(&[0, 9, 4, 7], 2), None);
}

#[test]
fn a_long_chain_has_a_middle() {
	// 2 of 4 agree with each end, 3 with each of the two between.
	let found = by_score(&[0, 2, 4, 6], 2).unwrap();
	assert_eq!(found.winners, [0, 1, 2, 3]);
	assert!([1, 2].contains(&found.representative));
	// Of five, 2 agree with each end, and 3 with each of the others.
	let found = by_score(&[8, 6, 4, 2, 0], 2).unwrap();
	assert_eq!(found.winners, [0, 1, 2, 3, 4]);
	assert!([1, 2, 3].contains(&found.representative));
}

#[test]
fn who_is_near_the_edge_of_a_majority_wins_and_who_is_beyond_it_loses() {
	let found = by_score(&[0, 1, 2, 4, 9], 2).unwrap();
	assert_eq!(found, Majority { representative: 2, winners: vec![0, 1, 2, 3] });
}
