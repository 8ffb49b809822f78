use crate::{mock::*, types::*, Error, Event, HoldReason, NextNonce};
use deepnode_primitives::{Balance, DN};
use frame_support::{assert_noop, assert_ok};
use sp_core::H160;
use sp_runtime::{ArithmeticError, TokenError};

#[test]
fn amount_and_fee_are_on_hold_until_the_message_is_told_and_then_burned() {
	run(|| {
		let issued = Balances::total_issuance();
		assert_ok!(withdraw(1, 10 * DN, DN));
		assert_eq!(
			events(),
			[Event::WithdrawalQueued { nonce: 0, sender: account(1), recipient: address(1), amount: 10 * DN, fee: DN }]
		);
		assert_eq!(on_hold(HoldReason::Withdrawal, 1), 11 * DN);
		let record = Record { message: release(0, 1, 10 * DN, DN), held: 11 * DN, state: State::Queued };
		assert_eq!(BaseBridge::message(0), Some(record));
		assert_eq!((Balances::total_issuance(), BaseBridge::backing().backed), (issued, issued));

		advance(1);
		let message = release(0, 1, 10 * DN, DN);
		assert_eq!(events(), [Event::MessageTold { index: 0, message: message.clone() }]);
		let place = Place { at: 1, index: 0 };
		assert_eq!(BaseBridge::message(0), Some(Record { message, held: 0, state: State::Told(place) }));
		assert_eq!(balances(1), (FUNDS - 11 * DN, 0));
		assert_eq!(Balances::total_issuance(), issued - 11 * DN);
		assert_eq!(BaseBridge::backing(), Backing { backed: issued - 11 * DN, issuance: issued - 11 * DN });
	});
}

#[test]
fn it_is_refused_until_the_gateway_is_known() {
	genesis(None).execute_with(|| {
		assert_noop!(withdraw(1, DN, 0), Error::<Test>::NoGateway);
		assert_ok!(BaseBridge::set_gateway(RuntimeOrigin::root(), BASE, GATEWAY));
		assert_ok!(withdraw(1, DN, 0));
		check();
	});
}

#[test]
fn nobody_is_sent_dust_and_zero_is_nobody() {
	run(|| {
		assert_noop!(withdraw(1, MinWithdrawal::get() - 1, 0), Error::<Test>::TooLittle);
		assert_noop!(withdraw(1, 0, DN), Error::<Test>::TooLittle);
		assert_noop!(BaseBridge::withdraw(signed(1), H160::zero(), DN, 0), Error::<Test>::ZeroAddress);
		assert_ok!(withdraw(1, MinWithdrawal::get(), 0));
	});
}

#[test]
fn nobody_sends_what_it_has_not_got() {
	run(|| {
		// The account stays alive.
		assert_noop!(withdraw(1, FUNDS - LEAST, 1), TokenError::FundsUnavailable);
		assert_noop!(withdraw(1, FUNDS, 0), TokenError::FundsUnavailable);
		assert_noop!(withdraw(1, Balance::MAX, 0), TokenError::FundsUnavailable);
		assert_noop!(withdraw(1, Balance::MAX, 1), ArithmeticError::Overflow);
		assert_noop!(withdraw(1, DN, Balance::MAX), ArithmeticError::Overflow);
		assert_noop!(withdraw(50, DN, 0), TokenError::FundsUnavailable);
		assert_ok!(withdraw(1, FUNDS - 2 * LEAST, LEAST));
		advance(1);
		assert_eq!(balances(1), (LEAST, 0));
	});
}

/// The chain's own messages have the sender zero: nobody may pass for it, not even by way of root.
#[test]
fn the_account_zero_sends_nothing() {
	run(|| {
		assert_noop!(BaseBridge::withdraw(signed(0), address(1), DN, 0), sp_runtime::DispatchError::BadOrigin);
		assert_noop!(
			BaseBridge::withdraw(RuntimeOrigin::root(), address(1), DN, 0),
			sp_runtime::DispatchError::BadOrigin
		);
	});
}

#[test]
fn numbers_count_from_zero_and_are_never_given_twice() {
	run(|| {
		for number in 1..=5 {
			assert_ok!(withdraw(number, DN, 0));
		}
		assert_eq!(NextNonce::<Test>::get(), 5);
		advance(2);
		let order: Vec<_> = [1, 2].into_iter().flat_map(BaseBridge::told).map(|message| message.nonce).collect();
		assert_eq!(order, [0, 1, 2, 3, 4]);
	});
}

/// All DN there are, and one: neither overflows anything.
#[test]
fn one_and_a_hundred_million_dn_are_sent_alike() {
	let all = deepnode_primitives::MAX_SUPPLY;
	run(|| {
		use frame_support::traits::fungible::Mutate;
		let minted = all - Balances::total_issuance();
		<Balances as Mutate<_>>::mint_into(&account(1), minted).unwrap();
		crate::Backed::<Test>::put(all);
		let whole = Balances::free_balance(account(1)) - LEAST;
		assert_ok!(withdraw(2, DN, 0));
		assert_ok!(withdraw(1, whole - DN, DN));
		advance(1);
		assert_eq!(BaseBridge::backing().backed, all - whole - DN);
		assert_eq!(BaseBridge::told(1)[1].sent(), whole);
		assert_ok!(BaseBridge::report_refusal(RuntimeOrigin::root(), 1));
		assert_eq!(balances(1), (LEAST + whole - DN, 0));
	});
}
