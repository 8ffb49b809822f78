//! The claims of a settlement that Base has refused.

use crate::{mock::*, Claims, Error, Event, Settlements};
use deepnode_primitives::DN;
use frame_support::{assert_noop, assert_ok};

/// An epoch in which three accounts have earned 1, 2 and 3 DN.
fn settled() -> u64 {
	for number in 1..=3 {
		pay_out(number);
		earn(number, u128::from(number) * DN);
	}
	close_epoch()
}

fn refuse(epoch: u64) {
	let nonce = BaseBridge::settlement(epoch).unwrap().nonce;
	assert_ok!(BaseBridge::report_refusal(RuntimeOrigin::root(), nonce));
}

#[test]
fn each_claim_is_taken_back_once_by_its_account() {
	run(|| {
		let epoch = settled();
		let before: Vec<_> = (1..=3).map(balances).collect();
		let backing = BaseBridge::backing();
		refuse(epoch);
		assert_eq!(BaseBridge::backing(), backing, "nothing is back yet");
		events();
		for index in 0..3 {
			assert_ok!(BaseBridge::reclaim(signed(9), epoch, index));
			if index < 2 {
				assert_noop!(BaseBridge::reclaim(signed(9), epoch, index), Error::<Test>::UnknownClaim);
			}
			check();
		}
		let told = events();
		assert_eq!(told.len(), 3);
		assert!(told.iter().all(|event| matches!(event, Event::Reclaimed { epoch: at, .. } if *at == epoch)));
		for (number, (free, held)) in (1..=3).zip(before) {
			assert_eq!(balances(number), (free + u128::from(number) * DN, held));
		}
		assert_eq!(BaseBridge::backing().backed, backing.backed + 6 * DN);
		assert_eq!(Claims::<Test>::iter().count(), 0);
		assert!(!Settlements::<Test>::contains_key(epoch));
		assert_noop!(BaseBridge::reclaim(signed(9), epoch, 0), Error::<Test>::NotRefused);
	});
}

#[test]
fn nothing_is_taken_back_of_a_settlement_that_was_not_refused() {
	run(|| {
		let epoch = settled();
		assert_noop!(BaseBridge::reclaim(signed(1), epoch, 0), Error::<Test>::NotRefused);
		assert_noop!(BaseBridge::reclaim(signed(1), epoch + 1, 0), Error::<Test>::NotRefused);
		refuse(epoch);
		assert_noop!(BaseBridge::reclaim(signed(1), epoch, 3), Error::<Test>::UnknownClaim);
		assert_noop!(BaseBridge::reclaim(RuntimeOrigin::root(), epoch, 0), sp_runtime::DispatchError::BadOrigin);
	});
}

/// Whose claims were refused may notice late.
#[test]
fn refused_claims_are_kept_until_they_are_taken_back() {
	run(|| {
		let epoch = settled();
		refuse(epoch);
		assert_ok!(BaseBridge::reclaim(signed(1), epoch, 0));
		advance(300);
		assert_eq!(BaseBridge::claims(epoch).len(), 2);
		assert_ok!(BaseBridge::reclaim(signed(1), epoch, 1));
		assert_ok!(BaseBridge::reclaim(signed(1), epoch, 2));
		assert_eq!(BaseBridge::claims(epoch), []);
	});
}

/// DN that are owed to accounts are not reported as burned.
#[test]
fn what_can_still_be_taken_back_is_not_burned() {
	run(|| {
		let epoch = settled();
		refuse(epoch);
		events();
		close_epoch();
		assert!(!events().iter().any(|event| matches!(event, Event::BurnQueued { .. })));
		for index in 0..3 {
			assert_ok!(BaseBridge::reclaim(signed(1), epoch, index));
		}
	});
}
