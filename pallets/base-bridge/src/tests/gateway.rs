use crate::{mock::*, types::Gateway, Error, Event};
use deepnode_primitives::{bridge::Domain, DN};
use frame_support::{assert_noop, assert_ok};
use sp_core::H160;
use sp_runtime::DispatchError;

#[test]
fn it_is_named_at_genesis_or_later() {
	new_test_ext().execute_with(|| assert_eq!(BaseBridge::domain(), Some(domain())));
	genesis(None).execute_with(|| {
		assert_eq!(BaseBridge::domain(), None);
		assert_ok!(BaseBridge::set_gateway(RuntimeOrigin::root(), 5, address(9)));
		assert_eq!(events(), [Event::GatewaySet { gateway: Gateway { base: 5, address: address(9) } }]);
		assert_eq!(BaseBridge::domain(), Some(Domain { chain: CHAIN, base: 5, gateway: address(9) }));
	});
}

/// A message that could be told to two gateways could take effect twice.
#[test]
fn it_is_corrected_until_there_is_a_message() {
	run(|| {
		assert_ok!(BaseBridge::set_gateway(RuntimeOrigin::root(), BASE, address(9)));
		assert_ok!(BaseBridge::set_gateway(RuntimeOrigin::root(), BASE, GATEWAY));
		assert_ok!(withdraw(1, DN, 0));
		assert_noop!(BaseBridge::set_gateway(RuntimeOrigin::root(), BASE, address(9)), Error::<Test>::GatewayInUse);
		advance(100);
		assert_noop!(BaseBridge::set_gateway(RuntimeOrigin::root(), BASE, address(9)), Error::<Test>::GatewayInUse);
	});
}

/// Claims are bound to it before there is a message.
#[test]
fn it_stays_while_an_epoch_is_closed() {
	run(|| {
		(1..=5).for_each(|number| {
			pay_out(number);
			earn(number, DN);
		});
		assert_ok!(BaseBridge::end_epoch(RuntimeOrigin::root()));
		advance(2);
		assert_eq!(crate::NextNonce::<Test>::get(), 0);
		assert_noop!(BaseBridge::set_gateway(RuntimeOrigin::root(), BASE, address(9)), Error::<Test>::GatewayInUse);
	});
}

#[test]
fn it_is_somewhere_and_governance_says_where() {
	genesis(None).execute_with(|| {
		assert_noop!(BaseBridge::set_gateway(signed(1), BASE, GATEWAY), DispatchError::BadOrigin);
		assert_noop!(BaseBridge::set_gateway(RuntimeOrigin::root(), BASE, H160::zero()), Error::<Test>::InvalidGateway);
		assert_noop!(BaseBridge::set_gateway(RuntimeOrigin::root(), 0, GATEWAY), Error::<Test>::InvalidGateway);
	});
}

#[test]
#[should_panic(expected = "neither the chain id nor the address may be zero")]
fn genesis_refuses_one_that_is_nowhere() {
	genesis(Some((BASE, H160::zero())));
}
