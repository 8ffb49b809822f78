//! What evaluators can and cannot do to a consensus.

use deepnode_primitives::MAX_SUPPLY;
use deepnode_scoring::{
	consensus::{agreement, clip, consensus, median, Vote},
	Unit,
};
use proptest::{collection::vec, prelude::*};

const ONE: u32 = 1_000_000_000;

fn unit() -> impl Strategy<Value = Unit> {
	prop_oneof![4 => (0..=ONE).prop_map(Unit::from_parts), 1 => Just(Unit::zero()), 1 => Just(Unit::one())]
}

/// Few enough different weights that some are equal, stakes that add up to at most all DN.
fn votes() -> impl Strategy<Value = Vec<Vote>> {
	let weight = prop_oneof![unit(), (0u32..8).prop_map(|eighths| Unit::from_parts(eighths * 125_000_000))];
	let stake = prop_oneof![Just(0u128), Just(1), 0..=MAX_SUPPLY / 40];
	vec((stake, weight).prop_map(|(stake, weight)| Vote { stake, weight }), 0..20)
}

fn vote(stake: u128, percent: u32) -> Vote {
	Vote { stake, weight: Unit::from_percent(percent) }
}

fn parts(unit: Unit) -> u128 {
	unit.deconstruct().into()
}

#[test]
fn the_median_is_where_half_of_the_stake_is() {
	assert_eq!(median(&mut []), None);
	assert_eq!(median(&mut [vote(0, 50)]), None, "without stake there is no say");
	assert_eq!(median(&mut [vote(1, 50)]), Some(Unit::from_percent(50)));
	assert_eq!(median(&mut [vote(1, 80), vote(1, 20)]), Some(Unit::from_percent(20)), "the lower one");
	assert_eq!(median(&mut [vote(1, 80), vote(2, 70), vote(1, 20)]), Some(Unit::from_percent(70)));
	assert_eq!(median(&mut [vote(3, 90), vote(1, 10), vote(1, 20)]), Some(Unit::from_percent(90)));
	assert_eq!(median(&mut [vote(0, 1), vote(1, 30)]), Some(Unit::from_percent(30)));
	assert_eq!(median(&mut [vote(MAX_SUPPLY / 2, 10), vote(MAX_SUPPLY / 2 + 1, 60)]), Some(Unit::from_percent(60)));
	assert_eq!(median(&mut [vote(u128::MAX, 1), vote(1, 2)]), None, "more stake than there can be");
	assert_eq!(consensus(&mut [vote(u128::MAX, 1)], Unit::one()), None);
	assert_eq!(consensus(&mut [], Unit::one()), None);
	assert_eq!(consensus(&mut [vote(MAX_SUPPLY, 100)], Unit::one()), Some(Unit::one()));
}

#[test]
fn clipping_is_two_sided() {
	let (median, band) = (Unit::from_percent(50), Unit::from_percent(20));
	assert_eq!(clip(Unit::zero(), median, band), Unit::from_percent(40));
	assert_eq!(clip(Unit::from_percent(45), median, band), Unit::from_percent(45));
	assert_eq!(clip(Unit::one(), median, band), Unit::from_percent(60));
	assert_eq!(clip(Unit::one(), Unit::from_percent(90), band), Unit::one());
}

/// A rival with a thousandth of the stake votes 0, a friend with as much votes 1.
#[test]
fn a_tiny_stake_neither_ruins_nor_makes_a_model() {
	let with = |percent| consensus(&mut [vote(999, 50), vote(1, percent)], Unit::from_percent(20)).unwrap();
	// A thousandth of a fifth of a half.
	assert_eq!(with(0), Unit::from_parts(499_900_000));
	assert_eq!(with(50), Unit::from_percent(50));
	assert_eq!(with(100), Unit::from_parts(500_100_000));
}

#[test]
fn agreement_falls_with_distance_on_both_sides() {
	let with_half = |percent| agreement(Unit::from_percent(percent), Unit::from_percent(50));
	assert_eq!(with_half(50), Unit::one());
	assert_eq!(with_half(25), Unit::from_percent(50));
	assert_eq!(with_half(100), Unit::from_percent(50));
	assert_eq!(with_half(0), Unit::zero());
	assert_eq!(agreement(Unit::zero(), Unit::zero()), Unit::one());
}

/// A copier of the last epoch's consensus against evaluators who see a model rise.
#[test]
fn copying_the_last_epoch_earns_less_where_scores_move() {
	let band = Unit::from_percent(20);
	let mut last = [vote(3, 38), vote(5, 40), vote(2, 43)];
	let copied = consensus(&mut last, band).unwrap();
	let mut now = [vote(3, 58), vote(5, 60), vote(2, 63), Vote { stake: 1, weight: copied }];
	let now = median(&mut now).unwrap();
	for seen in [58, 60, 63] {
		assert!(agreement(Unit::from_percent(seen), now) > agreement(copied, now));
	}
	assert!(agreement(copied, now) < Unit::from_percent(70));
}

proptest! {
	#[test]
	fn a_vote_split_into_many_is_the_same_vote(votes in votes(), at in any::<prop::sample::Index>(), cuts in vec(any::<u128>(), 0..6), band in unit()) {
		prop_assume!(!votes.is_empty());
		let mut split = votes.clone();
		let Vote { stake, weight } = split.swap_remove(at.index(votes.len()));
		let mut left = stake;
		for cut in cuts {
			let stake = cut % (left + 1);
			left -= stake;
			split.push(Vote { stake, weight });
		}
		split.push(Vote { stake: left, weight });
		prop_assert_eq!(median(&mut split.clone()), median(&mut votes.clone()));
		prop_assert_eq!(consensus(&mut split, band), consensus(&mut votes.clone(), band));
	}

	#[test]
	fn the_order_of_votes_does_not_matter(votes in votes(), band in unit()) {
		let mut reversed: Vec<_> = votes.iter().rev().copied().collect();
		prop_assert_eq!(median(&mut reversed.clone()), median(&mut votes.clone()));
		prop_assert_eq!(consensus(&mut reversed, band), consensus(&mut votes.clone(), band));
	}

	#[test]
	fn the_consensus_is_near_the_median_and_unanimity_is_exact(votes in votes(), weight in unit(), band in unit()) {
		if let Some(median) = median(&mut votes.clone()) {
			let consensus = consensus(&mut votes.clone(), band).unwrap();
			prop_assert!(consensus >= clip(Unit::zero(), median, band) && consensus <= clip(Unit::one(), median, band));
			let mut unanimous: Vec<_> = votes.iter().map(|vote| Vote { weight, ..*vote }).collect();
			prop_assert_eq!(deepnode_scoring::consensus::consensus(&mut unanimous, band), Some(weight));
		}
	}

	/// Everybody honest sees the same; the rest of the stake, less than half, says whatever it likes.
	#[test]
	fn a_minority_moves_the_consensus_by_its_share_of_the_band(
		honest in 1..=MAX_SUPPLY / 2, weight in unit(), rest in vec((any::<u128>(), unit()), 0..10), band in unit(),
	) {
		let mut votes = vec![Vote { stake: honest, weight }];
		let mut minority = 0;
		for (stake, weight) in rest {
			let stake = stake % (honest - minority);
			minority += stake;
			votes.push(Vote { stake, weight });
		}
		prop_assert_eq!(median(&mut votes), Some(weight));
		let got = consensus(&mut votes, band).unwrap();
		let radius = u128::from(band.mul_floor(u64::from(weight.deconstruct())));
		let moved = parts(got).abs_diff(parts(weight));
		// moved <= minority / all * band * weight, and a billionth of rounding.
		prop_assert!(moved.saturating_sub(1) * (honest + minority) <= minority * radius);
	}

	/// The same where honest weights differ: as long as the median stays, one voter is bound by its share.
	#[test]
	fn one_voter_moves_the_consensus_by_its_share_of_the_band(votes in votes(), stake in 1..=MAX_SUPPLY / 40, weight in unit(), band in unit()) {
		let with = |weight| {
			let mut all = votes.clone();
			all.push(Vote { stake, weight });
			let middle = median(&mut all).unwrap();
			(middle, consensus(&mut all, band).unwrap())
		};
		let (middle, got) = with(weight);
		let (honest_middle, honest) = with(middle);
		prop_assert_eq!(middle, honest_middle, "who votes the median does not move it");
		let total = votes.iter().map(|vote| vote.stake).sum::<u128>() + stake;
		let radius = u128::from(band.mul_floor(u64::from(middle.deconstruct())));
		prop_assert!(parts(got).abs_diff(parts(honest)).saturating_sub(1) * total <= stake * radius);
	}

	#[test]
	fn the_median_stays_among_an_honest_majority(honest in vec((1..=MAX_SUPPLY / 40, unit()), 1..10), rest in vec((any::<u128>(), unit()), 0..10)) {
		let mut votes: Vec<_> = honest.iter().map(|(stake, weight)| Vote { stake: *stake, weight: *weight }).collect();
		let (low, high) = (honest.iter().map(|vote| vote.1).min(), honest.iter().map(|vote| vote.1).max());
		let mut left = honest.iter().map(|vote| vote.0).sum::<u128>() - 1;
		for (stake, weight) in rest {
			let stake = stake % (left + 1);
			left -= stake;
			votes.push(Vote { stake, weight });
		}
		let median = median(&mut votes);
		prop_assert!(median >= low && median <= high);
	}

	#[test]
	fn clipping_is_idempotent_and_keeps_order(a in unit(), b in unit(), median in unit(), band in unit()) {
		let clipped = clip(a, median, band);
		prop_assert_eq!(clip(clipped, median, band), clipped);
		prop_assert_eq!(clip(median, median, band), median);
		prop_assert!(clip(a.min(b), median, band) <= clip(a.max(b), median, band));
	}

	/// Copying the median, were it known, earns what the median earns and no more.
	#[test]
	fn nobody_agrees_more_than_the_median(weight in unit(), median in unit()) {
		prop_assert_eq!(agreement(median, median), Unit::one());
		prop_assert_eq!(agreement(weight, median), agreement(median, weight));
		prop_assert!(agreement(weight, median) < Unit::one() || weight == median);
	}

	#[test]
	fn who_is_nearer_agrees_more(a in unit(), b in unit(), median in unit()) {
		let (low, high) = (a.min(b), a.max(b));
		if high <= median {
			prop_assert!(agreement(low, median) <= agreement(high, median));
		}
		if low >= median {
			prop_assert!(agreement(low, median) >= agreement(high, median));
		}
	}
}
