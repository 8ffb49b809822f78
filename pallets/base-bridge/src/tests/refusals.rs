use crate::{mock::*, types::*, Error, Event, HoldReason};
use deepnode_primitives::DN;
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError;

fn refuse(nonce: u64) -> sp_runtime::DispatchResult {
	BaseBridge::report_refusal(RuntimeOrigin::root(), nonce)
}

#[test]
fn a_refused_withdrawal_is_its_senders_again_but_for_the_fee() {
	run(|| {
		let issued = Balances::total_issuance();
		let nonce = told(1, 10 * DN, DN);
		events();
		assert_ok!(refuse(nonce));
		assert_eq!(events(), [Event::MessageRefused { nonce, refunded: 10 * DN }]);
		assert_eq!(balances(1), (FUNDS - DN, 0));
		assert_eq!(state(nonce), State::Refused(Place { at: 1, index: 0 }));
		assert_eq!(BaseBridge::backing(), Backing { backed: issued - DN, issuance: issued - DN });
	});
}

#[test]
fn it_is_refunded_exactly_once() {
	run(|| {
		let nonce = told(1, 10 * DN, 0);
		assert_ok!(refuse(nonce));
		assert_noop!(refuse(nonce), Error::<Test>::AlreadyRefused);
		assert_noop!(BaseBridge::raise_fee(signed(1), nonce, 5 * DN), Error::<Test>::AlreadyRefused);
		advance(60);
		assert_noop!(refuse(nonce), Error::<Test>::UnknownMessage);
		assert_eq!(balances(1), (FUNDS, 0));
	});
}

#[test]
fn only_what_was_told_can_be_refused_and_only_base_says_so() {
	run(|| {
		assert_ok!(withdraw(1, 10 * DN, 0));
		assert_noop!(refuse(0), Error::<Test>::NotTold);
		assert_noop!(refuse(1), Error::<Test>::UnknownMessage);
		advance(1);
		assert_noop!(BaseBridge::report_refusal(signed(1), 0), DispatchError::BadOrigin);
		assert_noop!(BaseBridge::report_refusal(RuntimeOrigin::none(), 0), DispatchError::BadOrigin);
	});
}

/// What was to be added to the fee has not left the chain: it is released, and the message not told again.
#[test]
fn one_that_waits_to_be_told_again_is_not() {
	run(|| {
		let nonce = told(1, 10 * DN, DN);
		assert_ok!(BaseBridge::raise_fee(signed(1), nonce, 3 * DN));
		assert_ok!(refuse(nonce));
		assert_eq!(balances(1), (FUNDS - DN, 0));
		assert_eq!(on_hold(HoldReason::Withdrawal, 1), 0);
		advance(1);
		assert_eq!((BaseBridge::told(2), BaseBridge::queued()), (vec![], 0));
		assert_eq!(balances(1), (FUNDS - DN, 0));
	});
}

#[test]
fn a_sender_who_has_gone_gets_a_new_account() {
	run(|| {
		use frame_support::traits::fungible::Mutate;
		let nonce = told(1, 10 * DN, 0);
		let rest = Balances::free_balance(account(1));
		<Balances as Mutate<_>>::transfer(
			&account(1),
			&account(2),
			rest,
			frame_support::traits::tokens::Preservation::Expendable,
		)
		.unwrap();
		assert_eq!(System::providers(&account(1)), 0);
		assert_ok!(refuse(nonce));
		assert_eq!(balances(1), (10 * DN, 0));
	});
}

#[test]
fn a_refused_call_gives_nobody_anything() {
	run(|| {
		assert_ok!(BaseBridge::send_governance(RuntimeOrigin::root(), address(9), Default::default()));
		advance(1);
		let backing = BaseBridge::backing();
		assert_ok!(refuse(0));
		assert_eq!(BaseBridge::backing(), backing);
		assert_noop!(refuse(0), Error::<Test>::AlreadyRefused);
	});
}
