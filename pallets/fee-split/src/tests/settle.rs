use crate::{mock::*, Delivered, Event, Totals};
use deepnode_primitives::{
	fees::{FeeTable, Split, MILLION},
	traits::{FeeSettlement, Lineage},
	Balance, DN,
};
use frame_support::assert_ok;
use proptest::{collection::vec, prelude::*};

fn balance(number: u8) -> Balance {
	Balances::free_balance(account(number))
}

#[test]
fn everybody_gets_what_the_table_gives() {
	run(|| {
		let issued = Balances::total_issuance();
		let split = FeeSplit::settle(7, fee(100 * DN), lineage(&[account(1)], &[]), &[account(2), account(3)]);

		assert_eq!(split, FeeTable::default().split(100 * DN, 2));
		assert_eq!(balance(1), 40 * DN);
		assert_eq!(balance(2), 35 * DN);
		assert_eq!(balance(3), 35 * DN);
		let pots = FeeSplit::pots();
		assert_eq!(Balances::free_balance(pots.validators), LEAST + 8 * DN);
		assert_eq!(Balances::free_balance(pots.treasury), LEAST + 6 * DN);
		assert_eq!(Balances::free_balance(pots.community), LEAST + 5 * DN);
		// The credit was issued for the test, and 1% of it is gone.
		assert_eq!(Balances::total_issuance(), issued + 99 * DN);
		assert_eq!(events(), [Event::FeeSplit { task: 7, split }]);
	});
}

#[test]
fn a_lineage_shares_the_creators_part() {
	run(|| {
		let owners = [account(1), account(2), account(3)];
		FeeSplit::settle(0, fee(100 * DN), lineage(&owners, &[200_000, 500_000]), &[account(9)]);
		assert_eq!(balance(1), 34 * DN);
		assert_eq!(balance(2), 13 * DN);
		assert_eq!(balance(3), 13 * DN);
		assert_eq!(Totals::<Test>::get().tasks.creators, 30 * DN);
	});
}

#[test]
fn data_sets_share_the_creators_part() {
	run(|| {
		let data_sets = vec![(account(3), 50_000), (account(4), 250_000)];
		let lineage = Lineage { data_sets, ..lineage(&[account(1), account(2)], &[100_000]) };
		FeeSplit::settle(0, fee(100 * DN), lineage, &[account(9)]);
		// 60%, 10%, 5% and 25% of 30 DN.
		assert_eq!([1, 2, 3, 4].map(balance), [28 * DN, 13 * DN, 11 * DN + DN / 2, 17 * DN + DN / 2]);
		assert_eq!(Totals::<Test>::get().tasks.creators, 30 * DN);
	});
}

#[test]
fn one_account_may_be_all_of_them() {
	run(|| {
		let lineage =
			Lineage { data_sets: vec![(account(1), 200_000)], ..lineage(&[account(1), account(1)], &[100_000]) };
		FeeSplit::settle(0, fee(100 * DN), lineage, &[account(1), account(1)]);
		assert_eq!(balance(1), 90 * DN);
	});
}

#[test]
fn without_a_lineage_the_creators_part_is_the_treasurys() {
	run(|| {
		FeeSplit::settle(0, fee(100 * DN), lineage(&[], &[]), &[account(2), account(3)]);
		assert_eq!(balance(2), 35 * DN);
		assert_eq!(Balances::free_balance(FeeSplit::pots().treasury), LEAST + 36 * DN);
		let tasks = Totals::<Test>::get().tasks;
		assert_eq!((tasks.creators, tasks.treasury, tasks.total()), (0, 36 * DN, 100 * DN));
	});
}

#[test]
fn without_winners_the_workers_part_is_the_treasurys() {
	run(|| {
		FeeSplit::settle(0, fee(100 * DN), lineage(&[account(1)], &[]), &[]);
		assert_eq!(balance(1), 40 * DN);
		assert_eq!(Balances::free_balance(FeeSplit::pots().treasury), LEAST + 56 * DN);
	});
}

#[test]
fn a_fee_of_nothing_pays_nobody() {
	run(|| {
		let issued = Balances::total_issuance();
		let split = FeeSplit::settle(3, fee(0), lineage(&[account(1)], &[]), &[account(99)]);
		assert_eq!(split, Split::default());
		assert_eq!(Totals::<Test>::get(), Default::default());
		assert_eq!(Balances::total_issuance(), issued);
		assert_eq!(events(), [Event::FeeSplit { task: 3, split }]);
	});
}

#[test]
fn a_changed_table_divides_the_next_fee() {
	run(|| {
		let table = FeeTable { creator: 0, workers: MILLION, validators: 0, treasury: 0, community: 0, burned: 0 };
		assert_ok!(FeeSplit::set_table(RuntimeOrigin::root(), table));
		FeeSplit::settle(0, fee(100 * DN), lineage(&[account(1)], &[]), &[account(2)]);
		assert_eq!((balance(1), balance(2)), (10 * DN, 110 * DN));
	});
}

#[test]
fn totals_add_up_over_tasks() {
	run(|| {
		for task in 0..3 {
			FeeSplit::settle(task, fee(10 * DN), lineage(&[account(1)], &[]), &[account(2)]);
		}
		let expected = Delivered::from(FeeTable::default().split(30 * DN, 1));
		assert_eq!(Totals::<Test>::get().tasks, expected);
		assert_eq!(Totals::<Test>::get().transactions, Delivered::default());
	});
}

/// What a draw promises a worker before the task runs.
#[test]
fn a_workers_reward_is_known_before() {
	run(|| {
		for workers in [1, 2, 3, 5] {
			let winners: Vec<_> = (1..=workers).map(account).collect();
			let promised = <FeeSplit as FeeSettlement<_, _>>::worker_reward(7 * DN + 1, workers.into());
			let split = FeeSplit::settle(0, fee(7 * DN + 1), lineage(&[], &[]), &winners);
			assert_eq!(split.per_worker, promised);
		}
		assert_eq!(<FeeSplit as FeeSettlement<_, _>>::worker_reward(DN, 0), 0);
	});
}

#[test]
fn the_workers_row_is_the_tables() {
	run(|| {
		assert_eq!(<FeeSplit as FeeSettlement<_, _>>::workers_row(), 500_000);
		let table = FeeTable { creator: 350_000, workers: 450_000, ..Default::default() };
		assert_ok!(FeeSplit::set_table(RuntimeOrigin::root(), table));
		assert_eq!(<FeeSplit as FeeSettlement<_, _>>::workers_row(), 450_000);
	});
}

/// Totals near the largest number stay there instead of wrapping around or stopping settlements.
#[test]
fn totals_saturate() {
	run(|| {
		Totals::<Test>::mutate(|totals| totals.tasks.workers = Balance::MAX);
		FeeSplit::settle(0, fee(10 * DN), lineage(&[account(1)], &[]), &[account(2)]);
		assert_eq!(Totals::<Test>::get().tasks.workers, Balance::MAX);
		assert_eq!(balance(2), 15 * DN);
	});
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	/// Whatever is paid, whoever can or cannot receive it: balances and issuance change by the fee.
	#[test]
	fn no_unit_is_lost_or_made(
		amount in prop_oneof![0..200 * DN, 0..1000u128, 0..1u128 << 100],
		owners in vec(0u8..20, 0..6),
		royalties in vec(0..=MILLION, 0..6),
		data_sets in vec((0u8..20, 0..=MILLION), 0..5),
		winners in vec(0u8..20, 0..6),
	) {
		run(|| {
			let issued = Balances::total_issuance();
			let owners: Vec<_> = owners.iter().copied().map(account).collect();
			let winners: Vec<_> = winners.iter().copied().map(account).collect();
			let data_sets = data_sets.iter().map(|(owner, royalty)| (account(*owner), *royalty)).collect();
			let lineage = Lineage { data_sets, ..lineage(&owners, &royalties) };
			let split = FeeSplit::settle(0, fee(amount), lineage, &winners);
			assert_eq!(split.total(), Some(amount));

			let tasks = Totals::<Test>::get().tasks;
			assert_eq!(tasks.total(), amount);
			assert_eq!(tasks.burned, split.burned);
			assert_eq!(Balances::total_issuance(), issued + amount - tasks.burned);
			let held: Balance = frame_system::Account::<Test>::iter_values().map(|account| account.data.free).sum();
			assert_eq!(held, Balances::total_issuance());
		});
	}
}
