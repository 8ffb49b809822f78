use crate::{mock::*, types::*, Error, Event, HoldReason, PayoutsOf};
use deepnode_primitives::{traits::Payouts as _, DN};
use frame_support::{assert_noop, assert_ok};
use sp_core::H160;
use sp_runtime::TokenError;

fn set(number: u8, address: Option<H160>) -> sp_runtime::DispatchResult {
	BaseBridge::set_payout_address(signed(number), address)
}

#[test]
fn what_an_account_with_an_address_earns_is_on_hold() {
	run(|| {
		assert_ok!(set(1, Some(address(7))));
		assert_eq!(events(), [Event::PayoutAddressSet { account: account(1), address: Some(address(7)) }]);
		assert_eq!(on_hold(HoldReason::PayoutDeposit, 1), DN);
		earn(1, 5 * DN);
		earn(1, 2 * DN);
		let payout = Payout { address: address(7), earned: 7 * DN, deposit: DN };
		assert_eq!(BaseBridge::payout(account(1)), Some(payout));
		assert_eq!(balances(1), (FUNDS - DN, 8 * DN));
	});
}

#[test]
fn others_are_paid_here() {
	run(|| {
		earn(1, 5 * DN);
		assert_eq!(balances(1), (FUNDS + 5 * DN, 0));
		assert_eq!(BaseBridge::payout(account(1)), None);
	});
}

#[test]
fn without_an_address_everything_is_its_own_again() {
	run(|| {
		pay_out(1);
		earn(1, 5 * DN);
		assert_ok!(set(1, None));
		assert_eq!(balances(1), (FUNDS + 5 * DN, 0));
		assert_eq!(PayoutsOf::<Test>::count(), 0);
		assert_noop!(set(1, None), Error::<Test>::NoPayoutAddress);
	});
}

#[test]
fn another_address_costs_no_other_deposit_and_keeps_what_is_earned() {
	run(|| {
		pay_out(1);
		earn(1, 5 * DN);
		assert_ok!(set(1, Some(address(8))));
		let payout = Payout { address: address(8), earned: 5 * DN, deposit: DN };
		assert_eq!(BaseBridge::payout(account(1)), Some(payout));
		assert_eq!(balances(1), (FUNDS - DN, 6 * DN));
	});
}

#[test]
fn only_so_many_accounts_are_paid_out() {
	run(|| {
		(1..=5).for_each(pay_out);
		assert_noop!(set(6, Some(address(6))), Error::<Test>::TooManyPayouts);
		assert_ok!(set(5, Some(address(9))));
		assert_ok!(set(5, None));
		assert_ok!(set(6, Some(address(6))));
	});
}

#[test]
fn an_entry_costs_its_deposit_and_zero_is_no_address() {
	run(|| {
		assert_noop!(set(1, Some(H160::zero())), Error::<Test>::ZeroAddress);
		assert_noop!(set(50, Some(address(1))), TokenError::FundsUnavailable);
	});
}

/// A payment that cannot be put on hold is not lost: it stays where it was paid.
#[test]
fn what_cannot_be_held_stays_its_own() {
	run(|| {
		pay_out(1);
		let more_than_it_has = FUNDS + DN;
		BaseBridge::earned(&account(1), more_than_it_has);
		assert_eq!(BaseBridge::payout(account(1)).map(|payout| payout.earned), Some(0));
		assert_eq!(balances(1), (FUNDS - DN, DN));
		BaseBridge::earned(&account(1), 0);
		assert_eq!(balances(1), (FUNDS - DN, DN));
	});
}
