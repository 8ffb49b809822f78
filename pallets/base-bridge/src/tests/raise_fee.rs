use crate::{mock::*, types::*, Error, Event, HoldReason};
use deepnode_primitives::{bridge::Message, Balance, DN};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::{ArithmeticError, TokenError};

fn raise(number: u8, nonce: u64, fee: Balance) -> sp_runtime::DispatchResult {
	BaseBridge::raise_fee(signed(number), nonce, fee)
}

#[test]
fn a_message_that_waits_is_told_once_with_the_higher_fee() {
	run(|| {
		assert_ok!(withdraw(1, 10 * DN, DN));
		assert_ok!(raise(1, 0, 3 * DN));
		assert_eq!(on_hold(HoldReason::Withdrawal, 1), 13 * DN);
		assert_eq!(BaseBridge::queued(), 1);
		events();
		advance(2);
		assert_eq!(events(), [Event::MessageTold { index: 0, message: release(0, 1, 10 * DN, 3 * DN) }]);
		assert_eq!(balances(1), (FUNDS - 13 * DN, 0));
	});
}

#[test]
fn a_message_that_was_told_is_told_again_under_its_number() {
	run(|| {
		let nonce = told(1, 10 * DN, DN);
		assert_ok!(raise(1, nonce, 3 * DN));
		assert_eq!(on_hold(HoldReason::Withdrawal, 1), 2 * DN);
		assert_eq!(state(nonce), State::Raised(Place { at: 1, index: 0 }));
		assert_ok!(withdraw(2, DN, 0));
		advance(1);
		// Second in the queue, but first in its block: the other came later.
		assert_eq!(state(nonce), State::Told(Place { at: 2, index: 0 }));
		assert_eq!(balances(1), (FUNDS - 13 * DN, 0), "only the difference is burned the second time");
		assert_eq!(BaseBridge::backing().backed, Balances::total_issuance());

		let first = release(nonce, 1, 10 * DN, DN);
		let second = Message { fee: 3 * DN, ..first.clone() };
		assert_eq!(BaseBridge::told(1), [first], "proofs of the first stay possible");
		assert_eq!(BaseBridge::told(2), [second, release(1, 2, DN, 0)]);
	});
}

#[test]
fn it_is_raised_more_than_once_and_told_once_for_each_block() {
	run(|| {
		let nonce = told(1, 10 * DN, 0);
		for fee in 1..=3 {
			assert_ok!(raise(1, nonce, fee * DN));
			assert_eq!(BaseBridge::queued(), 1);
		}
		advance(1);
		assert_eq!(BaseBridge::told(2), [release(nonce, 1, 10 * DN, 3 * DN)]);
		assert_ok!(raise(1, nonce, 4 * DN));
		advance(1);
		assert_eq!(BaseBridge::told(3), [release(nonce, 1, 10 * DN, 4 * DN)]);
		assert_eq!(balances(1), (FUNDS - 14 * DN, 0));
	});
}

#[test]
fn only_its_sender_raises_it_and_only_up() {
	run(|| {
		let nonce = told(1, 10 * DN, DN);
		assert_noop!(raise(2, nonce, 2 * DN), Error::<Test>::NotSender);
		assert_noop!(raise(1, nonce + 1, 2 * DN), Error::<Test>::UnknownMessage);
		assert_noop!(raise(1, nonce, DN), Error::<Test>::RaisedTooLittle);
		assert_noop!(raise(1, nonce, 0), Error::<Test>::RaisedTooLittle);
		assert_noop!(raise(1, nonce, DN + MinRaise::get() - 1), Error::<Test>::RaisedTooLittle);
		assert_noop!(raise(1, nonce, 2 * FUNDS), TokenError::FundsUnavailable);
		assert_noop!(raise(1, nonce, Balance::MAX), TokenError::FundsUnavailable);
		assert_ok!(raise(1, nonce, DN + MinRaise::get()));
	});
}

#[test]
fn one_that_waits_cannot_be_raised_beyond_all_numbers() {
	run(|| {
		use frame_support::traits::fungible::Mutate;
		// More than can exist, to reach the sum that is on hold.
		<Balances as Mutate<_>>::mint_into(&account(1), Balance::MAX - Balances::total_issuance()).unwrap();
		crate::Backed::<Test>::put(Balance::MAX);
		assert_ok!(withdraw(1, DN, 0));
		assert_noop!(raise(1, 0, Balance::MAX), TokenError::FundsUnavailable);
		crate::Messages::<Test>::mutate_extant(0, |record| record.held = Balance::MAX);
		assert_noop!(raise(1, 0, DN), ArithmeticError::Overflow);
		crate::Messages::<Test>::mutate_extant(0, |record| record.held = DN);
	});
}

#[test]
fn the_chains_own_messages_are_raised_by_nobody() {
	run(|| {
		assert_ok!(BaseBridge::send_governance(RuntimeOrigin::root(), address(9), Default::default()));
		assert_noop!(raise(1, 0, 2 * DN), Error::<Test>::NotSender);
		advance(1);
		assert_noop!(raise(100, 0, 2 * DN), Error::<Test>::NotSender);
	});
}
