use crate::{mock::*, Error, Event, Table};
use deepnode_primitives::fees::FeeTable;
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError::BadOrigin;

fn other_table() -> FeeTable {
	FeeTable { creator: 250_000, workers: 550_000, ..Default::default() }
}

#[test]
fn the_admin_changes_the_table() {
	run(|| {
		assert_ok!(FeeSplit::set_table(RuntimeOrigin::root(), other_table()));
		assert_eq!(Table::<Test>::get(), other_table());
		assert_eq!(events(), [Event::TableChanged { table: other_table() }]);
	});
}

#[test]
fn nobody_else_changes_the_table() {
	run(|| {
		assert_noop!(FeeSplit::set_table(RuntimeOrigin::signed(account(1)), other_table()), BadOrigin);
		assert_noop!(FeeSplit::set_table(RuntimeOrigin::none(), other_table()), BadOrigin);
	});
}

#[test]
fn a_table_that_does_not_add_up_is_refused() {
	run(|| {
		let table = FeeTable::default();
		for table in [
			FeeTable { burned: table.burned + 1, ..table },
			FeeTable { creator: table.creator - 1, ..table },
			// A million modulo 2^32.
			FeeTable { creator: u32::MAX, workers: table.creator + table.workers + 1, ..table },
		] {
			assert_noop!(FeeSplit::set_table(RuntimeOrigin::root(), table), Error::<Test>::TableDoesNotAddUp);
		}
	});
}
