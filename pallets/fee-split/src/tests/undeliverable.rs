use crate::{mock::*, Event, Totals};
use deepnode_primitives::{
	traits::{FeeSettlement, Lineage},
	Balance, DN,
};

/// An account that nobody has ever paid.
fn nobody() -> AccountId {
	account(99)
}

#[test]
fn a_part_below_the_existential_deposit_goes_to_the_treasury() {
	run(|| {
		// Half a percent of LEAST for each of the two.
		let amount = LEAST / 100;
		let split = FeeSplit::settle(1, fee(amount), lineage(&[account(1)], &[]), &[account(2), nobody()]);

		assert_eq!(System::providers(&nobody()), 0);
		assert_eq!(Balances::free_balance(FeeSplit::pots().treasury), LEAST + split.treasury + split.per_worker);
		assert_eq!(
			events(),
			[Event::PartRedirected { who: nobody(), amount: split.per_worker }, Event::FeeSplit { task: 1, split },]
		);
		let tasks = Totals::<Test>::get().tasks;
		assert_eq!(tasks.workers, split.per_worker);
		assert_eq!(tasks.treasury, split.treasury + split.per_worker);
		assert_eq!(tasks.total(), amount);
	});
}

#[test]
fn neither_a_data_sets_nor_a_parents_part_below_it_makes_an_account() {
	run(|| {
		let lineage = Lineage {
			owners: vec![account(1), account(98)],
			royalties: vec![100_000],
			data_sets: vec![(nobody(), 100_000)],
		};
		let split = FeeSplit::settle(1, fee(LEAST), lineage, &[account(2)]);
		let redirected = split.creator / 10;
		assert_eq!(
			events(),
			[
				Event::PartRedirected { who: account(98), amount: redirected },
				Event::PartRedirected { who: nobody(), amount: redirected },
				Event::FeeSplit { task: 1, split },
			]
		);
		let tasks = Totals::<Test>::get().tasks;
		assert_eq!((tasks.creators, tasks.total()), (split.creator - 2 * redirected, LEAST));
		assert_eq!(tasks.treasury, split.treasury + 2 * redirected);
	});
}

#[test]
fn a_part_that_makes_an_account_is_delivered() {
	run(|| {
		FeeSplit::settle(1, fee(DN), lineage(&[nobody()], &[]), &[account(2)]);
		assert_eq!(Balances::free_balance(nobody()), DN * 3 / 10);
	});
}

#[test]
fn pots_receive_the_smallest_part() {
	run(|| {
		FeeSplit::settle(1, fee(20), lineage(&[account(1)], &[]), &[account(2)]);
		// 8%, 6% and 5% of 20, rounded down but for the treasury.
		let pots = FeeSplit::pots();
		assert_eq!(Balances::free_balance(pots.validators), LEAST + 1);
		assert_eq!(Balances::free_balance(pots.community), LEAST + 1);
		assert_eq!(Balances::free_balance(pots.treasury), LEAST + 2);
		assert_eq!(Totals::<Test>::get().tasks.burned, 0);
	});
}

/// It cannot happen with pots that genesis made; were they gone, the books would still be right.
#[test]
fn what_even_the_treasury_cannot_receive_is_burned_and_said() {
	new_test_ext().execute_with(|| {
		let pots = FeeSplit::pots();
		for pot in pots.each() {
			<Balances as frame_support::traits::fungible::Mutate<_>>::set_balance(pot, 0);
		}
		let issued = Balances::total_issuance();
		let split = FeeSplit::settle(1, fee(1000), lineage(&[account(1)], &[]), &[account(2)]);

		let lost: Balance = split.validators + split.community + split.treasury;
		assert_eq!(
			events(),
			[
				Event::PartRedirected { who: pots.validators, amount: split.validators },
				Event::PartRedirected { who: pots.community, amount: split.community },
				Event::PartBurned { amount: lost },
				Event::FeeSplit { task: 1, split },
			]
		);
		let tasks = Totals::<Test>::get().tasks;
		assert_eq!(tasks.burned, split.burned + lost);
		assert_eq!((tasks.validators, tasks.community, tasks.treasury), (0, 0, 0));
		assert_eq!(tasks.total(), 1000);
		assert_eq!(Balances::total_issuance(), issued + 1000 - tasks.burned);
	});
}
