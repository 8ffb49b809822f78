use crate::{mock::*, types::*, Claims, FirstKeptBlock, FirstKeptEpoch, Messages, Settlements, Told};
use deepnode_primitives::DN;
use frame_support::assert_ok;

/// `KeepMessages` of the tests.
const KEPT: u64 = 50;

#[test]
fn a_message_is_kept_for_its_time_and_no_longer() {
	run(|| {
		let nonce = told(1, DN, 0);
		advance(KEPT - 1);
		assert_eq!(System::block_number(), 1 + KEPT);
		assert!(BaseBridge::message(nonce).is_some());
		assert_eq!(BaseBridge::told(1).len(), 1);
		advance(1);
		assert_eq!(BaseBridge::message(nonce), None);
		assert_eq!((Messages::<Test>::iter().count(), Told::<Test>::iter().count()), (0, 0));
		assert_eq!(FirstKeptBlock::<Test>::get(), 2);
	});
}

#[test]
fn one_that_was_told_again_is_kept_from_then_on() {
	run(|| {
		let nonce = told(1, DN, 0);
		advance(20);
		assert_ok!(BaseBridge::raise_fee(signed(1), nonce, DN));
		advance(KEPT - 20);
		assert_eq!(BaseBridge::told(1), []);
		assert_eq!(state(nonce), State::Told(Place { at: 22, index: 0 }));
		assert_ok!(BaseBridge::report_refusal(RuntimeOrigin::root(), nonce));
		advance(20);
		assert!(BaseBridge::message(nonce).is_some());
		advance(1);
		assert_eq!(BaseBridge::message(nonce), None);
	});
}

/// Its first block may be forgotten in the very block that would tell it again.
#[test]
fn one_that_waits_to_be_told_again_is_kept() {
	run(|| {
		let nonce = told(1, DN, 0);
		advance(KEPT - 1);
		assert_ok!(BaseBridge::raise_fee(signed(1), nonce, DN));
		for number in 2..=8 {
			assert_ok!(withdraw(number, DN, 0));
		}
		advance(3);
		assert_eq!(state(nonce), State::Told(Place { at: 51, index: 0 }));
	});
}

#[test]
fn claims_are_kept_as_long_as_their_message() {
	run(|| {
		for number in 1..=5 {
			pay_out(number);
			earn(number, DN);
		}
		let epoch = close_epoch();
		let nonce = BaseBridge::settlement(epoch).unwrap().nonce;
		let told_at = state(nonce).over().unwrap().at;
		advance(told_at + KEPT - System::block_number());
		assert_eq!(BaseBridge::claims(epoch).len(), 5);
		advance(1);
		assert_eq!(BaseBridge::message(nonce), None);
		advance(4);
		assert_eq!(Settlements::<Test>::get(epoch), None);
		assert_eq!(Claims::<Test>::iter().count(), 0);
	});
}

#[test]
fn epochs_that_told_nothing_are_passed_over() {
	run(|| {
		advance(100);
		assert_eq!(BaseBridge::epoch().0, 5);
		assert!(FirstKeptEpoch::<Test>::get() >= 4);
	});
}
