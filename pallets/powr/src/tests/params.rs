//! `set_params`.

use deepnode_primitives::{fees::FeeTable, DN};
use deepnode_scoring::powr::Exponents;
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError;

use crate::{mock::*, types::Params, Error, Parameters};

#[test]
fn governance_sets_them() {
	run(|| {
		assert_ok!(Powr::set_params(RuntimeOrigin::root(), generous()));
		assert_eq!(Parameters::<Test>::get(), generous());
		assert_noop!(Powr::set_params(signed(1), Params::default()), DispatchError::BadOrigin);
	});
}

#[test]
fn what_does_not_add_up_is_refused() {
	run(|| {
		let exponents = Exponents { accuracy: percent(50), ..Default::default() };
		let mut table = Params::default();
		table.emission.table.workers = percent(42);
		let mut rate = Params { evaluation: percent(1), ..Default::default() };
		rate.emission.rate = percent(100);
		let idle = Params { max_idle: 0, ..Default::default() };
		for params in [Params { exponents, ..Default::default() }, table, rate, idle] {
			assert_noop!(Powr::set_params(RuntimeOrigin::root(), params), Error::<Test>::InvalidParams);
		}
	});
}

#[test]
fn a_cap_that_makes_washing_pay_is_refused() {
	run(|| {
		let mut params = Params::default();
		params.emission.cap = percent(10);
		assert_noop!(Powr::set_params(RuntimeOrigin::root(), params), Error::<Test>::InvalidParams);
	});
}

#[test]
fn under_a_fee_table_that_makes_the_cap_unsound_no_fee_earns_emission() {
	run(|| {
		set_params(generous());
		let model = model(70);
		evaluators(&[(1, STAKE)]);
		settle(model, 100 * DN);
		Fees::set(FeeTable { workers: 600_000, validators: 30_000, treasury: 10_000, ..Default::default() });
		let before = (free(70), free(80));
		vote(&[(1, &[(model, 50)])]);
		assert_eq!((free(70), free(80)), before);
		Fees::set(FeeTable::default());
	});
}
