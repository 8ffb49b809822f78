use crate::{mock::*, Event, ToTreasury, Totals};
use deepnode_primitives::DN;
use frame_support::traits::{fungible::Mutate, OnUnbalanced};

#[test]
fn the_treasury_gets_a_slash_whole_and_no_fee_is_counted() {
	run(|| {
		ToTreasury::<Test>::on_unbalanced(fee(3 * DN));
		ToTreasury::<Test>::on_unbalanced(fee(0));
		assert_eq!(Balances::free_balance(FeeSplit::pots().treasury), LEAST + 3 * DN);
		assert_eq!(Totals::<Test>::get(), Default::default());
		assert!(events().is_empty());
	});
}

#[test]
fn a_slash_that_the_treasury_cannot_receive_is_burned_and_said() {
	new_test_ext().execute_with(|| {
		Balances::set_balance(&FeeSplit::pots().treasury, 0);
		let issued = Balances::total_issuance();
		ToTreasury::<Test>::on_unbalanced(fee(LEAST - 1));
		assert_eq!(Balances::total_issuance(), issued);
		assert_eq!(events(), [Event::PartBurned { amount: LEAST - 1 }]);
	});
}
