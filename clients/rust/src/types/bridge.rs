//! The bridge to Base.

use deepnode_primitives::{
	bridge::{CallData, Message},
	Balance,
};
use sp_core::H160;

use crate::H256;

/// A message to Base and what has become of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BridgeMessage {
	/// The message, with its latest fee.
	pub message: Message,
	/// What its sender has on hold for it until it is told.
	pub held: Balance,
	/// Where it stands.
	pub state: MessageState,
}

/// Where a message was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
	/// The block whose messages root it is below.
	pub block: u32,
	/// Its position in that block's tree.
	pub index: u32,
}

/// Where a message stands on the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageState {
	/// It waits to be told.
	Queued,
	/// It was told, and has left the chain.
	Told(Place),
	/// It was told, and waits to be told again with a higher fee.
	Raised(Place),
	/// Base has refused it, and the chain has taken it back.
	Refused(Place),
}

impl MessageState {
	/// Where it was told last; `None` where it was not yet.
	pub const fn place(&self) -> Option<Place> {
		match self {
			Self::Queued => None,
			Self::Told(place) | Self::Raised(place) | Self::Refused(place) => Some(*place),
		}
	}
}

/// Where an account is paid out on Base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayoutInfo {
	/// To which address.
	pub address: H160,
	/// What it has earned in this epoch.
	pub earned: Balance,
	/// What it has on hold for its entry.
	pub deposit: Balance,
}

/// The settlement of an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettlementInfo {
	/// The number of the message that tells it.
	pub nonce: u64,
	/// The committed root of its claims.
	pub root: H256,
	/// What they add up to.
	pub total: Balance,
	/// How many there are.
	pub count: u32,
	/// Whether Base has refused it.
	pub refused: bool,
}

/// What the chain knows of the DN that Base keeps for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backing {
	/// What Base has locked for this chain's issuance.
	pub backed: Balance,
	/// The issuance: what is less has been burned since the last report.
	pub issuance: Balance,
}

/// What only the chain's governance does, or root on a development chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BridgeCall {
	/// Says where the gateway is.
	SetGateway {
		/// Base's chain id.
		base: u64,
		/// The gateway's address there.
		address: H160,
	},
	/// Ends the running epoch in the next block.
	EndEpoch,
	/// Has the timelock on Base schedule a call.
	SendGovernance {
		/// The contract that is called.
		target: H160,
		/// With what.
		data: CallData,
	},
	/// Says that Base has refused the message of this number.
	ReportRefusal(u64),
}
