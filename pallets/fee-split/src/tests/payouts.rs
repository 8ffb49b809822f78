//! Who is paid is told to those who pay accounts out elsewhere.

use crate::mock::*;
use deepnode_primitives::{
	traits::{FeeSettlement, Lineage},
	DN,
};

#[test]
fn owners_data_sets_and_workers_are_told_with_what_they_got() {
	run(|| {
		let lineage =
			Lineage { data_sets: vec![(account(3), 100_000)], ..lineage(&[account(1), account(2)], &[200_000]) };
		FeeSplit::settle(0, fee(100 * DN), lineage, &[account(4), account(5)]);
		let earned = [(1, 21), (2, 6), (3, 3), (4, 25), (5, 25)];
		assert_eq!(Earned::get(), earned.map(|(who, amount)| (account(who), amount * DN)));
	});
}

#[test]
fn one_that_cannot_receive_its_part_has_earned_nothing() {
	run(|| {
		FeeSplit::settle(0, fee(LEAST / 100), lineage(&[account(99)], &[]), &[account(2)]);
		assert_eq!(Earned::get(), [(account(99), 0), (account(2), LEAST / 200)]);
	});
}

#[test]
fn pots_are_paid_here() {
	run(|| {
		FeeSplit::settle(0, fee(100 * DN), lineage(&[], &[]), &[]);
		assert_eq!(Earned::get(), []);
	});
}
