use crate::{mock::*, Delivered, Totals, TransactionFees};
use deepnode_primitives::{fees::FeeTable, Balance, DN};
use frame_support::{
	dispatch::{DispatchInfo, PostDispatchInfo},
	traits::OnUnbalanced,
};
use pallet_transaction_payment::OnChargeTransaction;

type Charge = <Test as pallet_transaction_payment::Config>::OnChargeTransaction;

/// Account 1 pays for a transaction as the runtime makes it pay.
fn transact(expected: Balance, actual: Balance, tip: Balance) {
	let call = RuntimeCall::System(frame_system::Call::remark { remark: vec![] });
	let info = DispatchInfo::default();
	let paid = <Charge as OnChargeTransaction<Test>>::withdraw_fee(&account(1), &call, &info, expected, tip).unwrap();
	<Charge as OnChargeTransaction<Test>>::correct_and_deposit_fee(
		&account(1),
		&info,
		&PostDispatchInfo::default(),
		actual,
		tip,
		paid,
	)
	.unwrap();
}

#[test]
fn fees_and_tips_go_to_the_network() {
	run(|| {
		let issued = Balances::total_issuance();
		transact(3 * DN, 2 * DN, DN);

		assert_eq!(Balances::free_balance(account(1)), 8 * DN);
		let pots = FeeSplit::pots();
		assert_eq!(Balances::free_balance(pots.validators), LEAST + 2 * DN * 40 / 100);
		assert_eq!(Balances::free_balance(pots.treasury), LEAST + 2 * DN * 30 / 100);
		assert_eq!(Balances::free_balance(pots.community), LEAST + 2 * DN * 25 / 100);
		assert_eq!(Balances::total_issuance(), issued - 2 * DN * 5 / 100);
	});
}

#[test]
fn totals_are_kept_apart_from_those_of_tasks() {
	run(|| {
		transact(DN, DN, 0);
		transact(DN, DN, 0);
		let totals = Totals::<Test>::get();
		assert_eq!(totals.tasks, Delivered::default());
		assert_eq!(totals.transactions, FeeTable::default().network().split(2 * DN, 0).into());
	});
}

#[test]
fn a_fee_of_nothing_changes_nothing() {
	run(|| {
		transact(0, 0, 0);
		TransactionFees::<Test>::on_unbalanced(fee(0));
		assert_eq!(Totals::<Test>::get(), Default::default());
		assert!(events().is_empty());
	});
}

#[test]
fn the_smallest_fee_is_accounted_for() {
	run(|| {
		for amount in 1..30 {
			TransactionFees::<Test>::on_unbalanced(fee(amount));
		}
		assert_eq!(Totals::<Test>::get().transactions.total(), (1..30).sum::<Balance>());
	});
}
