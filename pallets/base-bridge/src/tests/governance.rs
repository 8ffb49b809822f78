use crate::{mock::*, Error, Event};
use deepnode_primitives::bridge::{CallData, Message, Payload};
use frame_support::{assert_noop, assert_ok};
use sp_core::{H160, H256};
use sp_runtime::DispatchError;

#[test]
fn a_call_is_told_to_the_timelock() {
	run(|| {
		let data: CallData = vec![7; 1024].try_into().unwrap();
		assert_ok!(BaseBridge::send_governance(RuntimeOrigin::root(), address(9), data.clone()));
		let payload = Payload::Governance { target: address(9), data };
		let message = Message { nonce: 0, sender: H256::zero(), fee: ChainFee::get(), payload };
		assert_eq!(events(), [Event::GovernanceQueued { nonce: 0, target: address(9) }]);
		advance(1);
		assert_eq!(events(), [Event::MessageTold { index: 0, message }]);
		assert_eq!(BaseBridge::backing().backed, Balances::total_issuance());
	});
}

#[test]
fn only_governance_sends_calls_and_only_somewhere() {
	run(|| {
		assert_noop!(BaseBridge::send_governance(signed(1), address(9), Default::default()), DispatchError::BadOrigin);
		assert_noop!(
			BaseBridge::send_governance(RuntimeOrigin::root(), H160::zero(), Default::default()),
			Error::<Test>::ZeroAddress
		);
	});
	genesis(None).execute_with(|| {
		assert_noop!(
			BaseBridge::send_governance(RuntimeOrigin::root(), address(9), Default::default()),
			Error::<Test>::NoGateway
		);
	});
}
