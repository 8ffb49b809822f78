//! The bridge to Base.

use sp_core::H160;

use super::{account, runtime, Static};
use crate::{
	events::Event,
	runtime::runtime_types::{
		deepnode_runtime::RuntimeCall,
		pallet_base_bridge::{pallet::Call, types as bridge},
	},
	types::{Backing, BridgeCall, BridgeMessage, MessageState, PayoutInfo, Place, SettlementInfo},
};

pub(crate) fn message(record: bridge::Record<u32>) -> BridgeMessage {
	BridgeMessage { message: record.message.0, held: record.held, state: state(record.state) }
}

fn state(state: bridge::State<u32>) -> MessageState {
	use bridge::State as S;
	let place = |place: bridge::Place<u32>| Place { block: place.at, index: place.index };
	match state {
		S::Queued => MessageState::Queued,
		S::Told(at) => MessageState::Told(place(at)),
		S::Raised(at) => MessageState::Raised(place(at)),
		S::Refused(at) => MessageState::Refused(place(at)),
	}
}

pub(crate) fn payout(payout: bridge::Payout) -> PayoutInfo {
	PayoutInfo { address: address(payout.address), earned: payout.earned, deposit: payout.deposit }
}

pub(crate) fn settlement(settlement: bridge::Settlement) -> SettlementInfo {
	let bridge::Settlement { nonce, root, total, count, refused } = settlement;
	SettlementInfo { nonce, root: root.0.into(), total, count, refused }
}

pub(crate) fn backing(backing: bridge::Backing) -> Backing {
	Backing { backed: backing.backed, issuance: backing.issuance }
}

fn address(address: subxt::utils::H160) -> H160 {
	address.0.into()
}

pub(crate) fn to_address(address: H160) -> subxt::utils::H160 {
	address.0.into()
}

pub(crate) fn to_call(call: BridgeCall) -> RuntimeCall {
	RuntimeCall::BaseBridge(match call {
		BridgeCall::SetGateway { base, address } => Call::set_gateway { base, address: to_address(address) },
		BridgeCall::EndEpoch => Call::end_epoch,
		BridgeCall::SendGovernance { target, data } => {
			let data = runtime::BoundedVec(data.into_inner());
			Call::send_governance { target: to_address(target), data }
		},
		BridgeCall::ReportRefusal(nonce) => Call::report_refusal { nonce },
	})
}

pub(super) fn event(event: runtime::base_bridge::Event) -> Event {
	use runtime::base_bridge::Event as E;
	match event {
		E::GatewaySet { gateway } => Event::GatewaySet { base: gateway.base, address: address(gateway.address) },
		E::WithdrawalQueued { nonce, sender, recipient, amount, fee } => {
			Event::WithdrawalQueued { nonce, sender: account(sender), recipient: address(recipient), amount, fee }
		},
		E::FeeRaised { nonce, fee } => Event::FeeRaised { nonce, fee },
		E::GovernanceQueued { nonce, target } => Event::GovernanceQueued { nonce, target: address(target) },
		E::MessageTold { index, message: Static(message) } => Event::MessageTold { index, message },
		E::MessageRefused { nonce, refunded } => Event::MessageRefused { nonce, refunded },
		E::ReceiptIssued { index, receipt: Static(receipt) } => Event::ReceiptIssued { index, receipt },
		E::ReceiptOmitted { task } => Event::ReceiptOmitted { task },
		E::PayoutAddressSet { account: who, address: to } => {
			Event::PayoutAddressSet { account: account(who), address: to.map(address) }
		},
		E::EpochEnded { epoch } => Event::SettlementEpochEnded { epoch },
		E::PaidOut { account: who, claim: Static(claim) } => Event::PaidOut { account: account(who), claim },
		E::SettlementQueued { epoch, settlement: it } => Event::SettlementQueued { epoch, settlement: settlement(it) },
		E::Reclaimed { epoch, index, account: who, amount } => {
			Event::Reclaimed { epoch, index, account: account(who), amount }
		},
		E::BurnQueued { epoch, amount } => Event::BurnQueued { epoch, amount },
		E::Unbacked { backing: it } => Event::Unbacked { backing: backing(it) },
	}
}
