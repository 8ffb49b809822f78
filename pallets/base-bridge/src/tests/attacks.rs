//! What people may try, and what it gets them.

use crate::{mock::*, types::*, Error, Messages, PayoutsOf};
use deepnode_primitives::{Balance, DN};
use frame_support::{
	assert_noop, assert_ok,
	traits::{fungible::Mutate, tokens::Preservation},
};
use sp_runtime::TokenError;

fn transfer(from: u8, to: u8, amount: Balance) -> sp_runtime::DispatchResult {
	<Balances as Mutate<_>>::transfer(&account(from), &account(to), amount, Preservation::Expendable).map(|_| ())
}

/// Spending what is on its way to Base would be spending it twice.
#[test]
fn what_waits_to_leave_cannot_be_spent_here() {
	run(|| {
		assert_ok!(withdraw(1, FUNDS - 2 * DN, DN));
		assert!(transfer(1, 2, 2 * DN).is_err());
		assert_noop!(withdraw(1, DN, 0), TokenError::FundsUnavailable);
		pay_out(2);
		earn(2, 5 * DN);
		assert!(transfer(2, 3, FUNDS).is_err());
	});
}

/// Raise, have it refused, and have more back than was sent: the fee is not returned.
#[test]
fn a_raised_fee_cannot_be_turned_into_a_refund() {
	run(|| {
		let nonce = told(1, DN, 0);
		assert_ok!(BaseBridge::raise_fee(signed(1), nonce, 50 * DN));
		advance(1);
		assert_ok!(BaseBridge::report_refusal(RuntimeOrigin::root(), nonce));
		assert_eq!(balances(1), (FUNDS - 50 * DN, 0));
		let nonce = told(1, DN, 0);
		assert_ok!(BaseBridge::raise_fee(signed(1), nonce, 50 * DN));
		assert_ok!(BaseBridge::report_refusal(RuntimeOrigin::root(), nonce));
		assert_eq!(balances(1), (FUNDS - 50 * DN, 0), "one that was not told again is released");
	});
}

/// Raising by next to nothing would fill blocks at no cost.
#[test]
fn telling_again_costs_at_least_the_smallest_raise_each_time() {
	run(|| {
		let nonce = told(1, DN, 0);
		let mut fee = 0;
		for _ in 0..10 {
			assert_noop!(BaseBridge::raise_fee(signed(1), nonce, fee + 1), Error::<Test>::RaisedTooLittle);
			fee += MinRaise::get();
			assert_ok!(BaseBridge::raise_fee(signed(1), nonce, fee));
			advance(1);
		}
		assert_eq!(balances(1).0, FUNDS - DN - 10 * MinRaise::get());
	});
}

/// Every message in the state was paid for with what it sent, and is gone after a while.
#[test]
fn storage_is_not_filled_for_nothing() {
	run(|| {
		let mut sent = 0;
		for _ in 0..30 {
			while withdraw(1, MinWithdrawal::get(), 0).is_ok() {
				sent += 1;
			}
			advance(1);
		}
		assert!(Messages::<Test>::iter().count() as u128 <= sent);
		// So many are on their way, and each took its amount off the account.
		assert_eq!(
			balances(1).0 + balances(1).1,
			FUNDS - (sent - u128::from(BaseBridge::queued())) * MinWithdrawal::get()
		);
		advance(60);
		assert_eq!(Messages::<Test>::iter().count(), 0);
	});
}

/// Who takes all places has their deposits on hold as long as it does.
#[test]
fn places_for_payouts_cost_their_deposits() {
	run(|| {
		for number in 1..=5 {
			pay_out(number);
			assert_noop!(BaseBridge::withdraw(signed(number), address(1), FUNDS - DN, 0), TokenError::FundsUnavailable);
		}
		assert_eq!(PayoutsOf::<Test>::iter_values().map(|payout| payout.deposit).sum::<Balance>(), 5 * DN);
		close_epoch();
		assert_eq!(BaseBridge::claims(0), []);
	});
}

/// Accounts that come and go while an epoch is closed do not make more claims than there may be.
#[test]
fn claims_are_bounded_whoever_comes_and_goes() {
	run(|| {
		for number in 1..=5 {
			pay_out(number);
			earn(number, DN);
		}
		assert_ok!(BaseBridge::end_epoch(RuntimeOrigin::root()));
		advance(1);
		let mut next = 6;
		for _ in 0..8 {
			advance(1);
			// Whoever has been netted makes room for somebody else.
			let netted = (1..next)
				.find(|number| PayoutsOf::<Test>::get(account(*number)).is_some_and(|payout| payout.earned == 0));
			if let Some(number) = netted.filter(|_| next < 19) {
				assert_ok!(BaseBridge::set_payout_address(signed(number), None));
				pay_out(next);
				earn(next, DN);
				next += 1;
			}
			check();
		}
		assert!(BaseBridge::claims(0).len() <= 5);
		advance(60);
	});
}

/// A sender without anything but its holds can be refunded, and cannot be starved of its message.
#[test]
fn a_message_is_told_whatever_becomes_of_its_senders_balance() {
	run(|| {
		assert_ok!(withdraw(1, DN, 0));
		let free = balances(1).0;
		assert_ok!(transfer(1, 2, free - LEAST));
		advance(1);
		assert!(matches!(state(0), State::Told(_)));
		assert_eq!(balances(1), (LEAST, 0));
	});
}
