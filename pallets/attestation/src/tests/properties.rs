//! Rounds of any answers in any order.

use deepnode_primitives::{
	canonical::Answer,
	traits::Rounds as _,
	verdict::{Audit, Verdict},
};
use frame_support::assert_ok;
use proptest::{collection::vec, prelude::*};

use crate::{mock::*, Rounds};

/// Answers of which some agree, some by steps only, and some with none.
fn answer() -> impl Strategy<Value = Answer> {
	(0i32..8).prop_map(|score| scores([score, 0, 0]))
}

/// A wave of these accounts commits, and reveals in the order of `order`.
fn play(answers: &[(u8, Answer)], order: &[u32]) -> Told {
	for (worker, answer) in answers {
		assert_ok!(commit(*worker, answer));
	}
	let mut turns: Vec<_> = answers.iter().zip(order).collect();
	turns.sort_by_key(|(_, turn)| **turn);
	for ((worker, answer), _) in turns {
		assert_ok!(reveal(*worker, answer));
		Attestation::do_try_state().unwrap();
	}
	told().pop().unwrap()
}

fn seated(first: u8, answers: Vec<Answer>) -> Vec<(u8, Answer)> {
	(first..).zip(answers).collect()
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	#[test]
	fn the_order_of_reveals_changes_nothing(
		workers in vec(answer(), 1..=5).prop_map(|answers| seated(10, answers)),
		auditors in vec(answer(), 1..=5).prop_map(|answers| seated(20, answers)),
		orders in (vec(any::<u32>(), 5), vec(any::<u32>(), 5)),
	) {
		let play_all = |order: &[u32]| {
			let mut all = None;
			run(|| {
				open(&workers.iter().map(|(worker, _)| *worker).collect::<Vec<_>>());
				let judged = play(&workers, order);
				let settled = Rounds::<Test>::get(TASK).unwrap().settled;
				let audited = settled.map(|_| {
					extend(&auditors.iter().map(|(auditor, _)| *auditor).collect::<Vec<_>>()).unwrap();
					play(&auditors, order)
				});
				Attestation::close(TASK);
				all = Some((judged, audited));
			});
			all.unwrap()
		};
		let (judged, audited) = play_all(&orders.0);
		prop_assert_eq!(&play_all(&orders.1), &(judged.clone(), audited.clone()));

		// Everybody has won or lost.
		if let Told::Judged(_, Verdict::Majority { winners, losers, .. }) = judged {
			prop_assert!(winners.len() * 2 > workers.len());
			prop_assert_eq!(winners.len() + losers.len(), workers.len());
		}
		match audited {
			Some(Told::Audited(_, Audit::Confirmed { auditors: winners, losers })) => {
				prop_assert_eq!(winners.len() + losers.len(), auditors.len());
			},
			Some(Told::Audited(_, Audit::Overturned { auditors: winners, losers, .. })) => {
				prop_assert!(winners.len() >= 4);
				prop_assert!(winners.len() + losers.len() > auditors.len(), "some worker was false");
				prop_assert!(losers.iter().all(|loser| !winners.contains(loser)));
			},
			_ => {},
		}
	}
}
