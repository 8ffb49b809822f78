use crate::{mock::*, types::Backing, Event};
use deepnode_primitives::{
	bridge::{Message, Payload},
	Balance, DN,
};
use frame_support::{
	assert_ok,
	traits::{
		fungible::Mutate,
		tokens::{Fortitude, Precision, Preservation},
	},
};
use sp_core::H256;

fn burn(number: u8, amount: Balance) {
	<Balances as Mutate<_>>::burn_from(
		&account(number),
		amount,
		Preservation::Preserve,
		Precision::Exact,
		Fortitude::Polite,
	)
	.unwrap();
}

fn told_burns() -> Vec<(u64, Balance)> {
	let told = (0..System::block_number()).flat_map(BaseBridge::told);
	told.filter_map(|message| match message.payload {
		Payload::Burn { epoch, amount } => Some((epoch, amount)),
		_ => None,
	})
	.collect()
}

#[test]
fn what_was_burned_is_told_when_the_epoch_ends() {
	run(|| {
		let issued = Balances::total_issuance();
		burn(1, 3 * DN);
		burn(2, 4 * DN);
		assert_eq!(BaseBridge::backing(), Backing { backed: issued, issuance: issued - 7 * DN });
		events();
		let epoch = close_epoch();
		let payload = Payload::Burn { epoch, amount: 7 * DN };
		let message = Message { nonce: 0, sender: H256::zero(), fee: ChainFee::get(), payload };
		assert_eq!(
			events(),
			[
				Event::EpochEnded { epoch },
				Event::BurnQueued { epoch, amount: 7 * DN },
				Event::MessageTold { index: 0, message }
			]
		);
		let left = issued - 7 * DN - ChainFee::get();
		assert_eq!(BaseBridge::backing(), Backing { backed: left, issuance: left });
	});
}

#[test]
fn what_leaves_with_messages_and_claims_is_not_burned() {
	run(|| {
		told(1, 10 * DN, DN);
		assert_ok!(withdraw(2, 10 * DN, DN));
		pay_out(3);
		earn(3, 5 * DN);
		close_epoch();
		close_epoch();
		assert_eq!(told_burns(), []);
		burn(1, 1);
		let epoch = close_epoch();
		assert_eq!(told_burns(), [(epoch, 1)]);
	});
}

/// What waits on hold is issued still; it must not look burned.
#[test]
fn what_is_on_hold_is_not_burned() {
	run(|| {
		for number in 1..=8 {
			assert_ok!(withdraw(number, DN, 0));
		}
		pay_out(9);
		earn(9, MinClaim::get() - 1);
		close_epoch();
		assert_eq!(told_burns(), []);
	});
}

#[test]
fn a_refused_burn_is_in_the_next_report() {
	run(|| {
		burn(1, 3 * DN);
		let first = close_epoch();
		assert_ok!(BaseBridge::report_refusal(RuntimeOrigin::root(), 0));
		burn(1, 2 * DN);
		let second = close_epoch();
		assert_eq!(told_burns(), [(first, 3 * DN), (second, 5 * DN)]);
	});
}

#[test]
fn a_chain_that_has_minted_says_so_and_reports_nothing() {
	new_test_ext().execute_with(|| {
		<Balances as Mutate<_>>::mint_into(&account(1), DN).unwrap();
		let backing = BaseBridge::backing();
		assert_eq!(BaseBridge::do_try_state(), Err("no more may be issued than Base has locked".into()));
		events();
		let epoch = close_epoch();
		assert_eq!(events(), [Event::EpochEnded { epoch }, Event::Unbacked { backing }]);
		burn(1, 3 * DN);
		close_epoch();
		assert_eq!(told_burns(), [(epoch + 1, 2 * DN)]);
		check();
	});
}

/// What is burned before there is a gateway is reported once there is one.
#[test]
fn burns_wait_for_a_gateway() {
	genesis(None).execute_with(|| {
		burn(1, 3 * DN);
		advance(30);
		assert_ok!(BaseBridge::set_gateway(RuntimeOrigin::root(), BASE, GATEWAY));
		burn(1, DN);
		let epoch = close_epoch();
		assert_eq!(told_burns(), [(epoch, 4 * DN)]);
		check();
	});
}
