//! What the pallet stores and shows.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use deepnode_primitives::{bridge::Message, Balance};
use scale_info::TypeInfo;
use sp_core::{H160, H256};
use sp_runtime::AccountId32;

/// The other end of the bridge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Gateway {
	/// Base's chain id.
	pub base: u64,
	/// The gateway's address there.
	pub address: H160,
}

/// Where a message was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Place<BlockNumber> {
	/// The block whose messages root it is below.
	pub at: BlockNumber,
	/// Its position in that block's tree.
	pub index: u32,
}

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub enum State<BlockNumber> {
	/// It waits to be told.
	Queued,
	/// It was told, and has left the chain.
	Told(Place<BlockNumber>),
	/// It was told, and waits to be told again with a higher fee.
	Raised(Place<BlockNumber>),
	/// Base has refused it after it was told here, and the chain has taken it back.
	Refused(Place<BlockNumber>),
}

impl<BlockNumber: Copy> State<BlockNumber> {
	/// Whether it is in the queue.
	pub(crate) const fn waits(&self) -> bool {
		matches!(self, Self::Queued | Self::Raised(_))
	}

	/// Where it was told last, if nothing more is to happen to it here.
	pub(crate) const fn over(&self) -> Option<Place<BlockNumber>> {
		match self {
			Self::Told(place) | Self::Refused(place) => Some(*place),
			Self::Queued | Self::Raised(_) => None,
		}
	}
}

/// A message and what has become of it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Record<BlockNumber> {
	/// The message, with its latest fee.
	pub message: Message,
	/// What its sender has on hold for it, and what is burned when it is told.
	pub held: Balance,
	/// Where it stands.
	pub state: State<BlockNumber>,
}

impl<BlockNumber> Record<BlockNumber> {
	/// Who sends it; nobody where it is the chain itself.
	pub fn sender(&self) -> Option<AccountId32> {
		(!self.message.sender.is_zero()).then(|| AccountId32::new(self.message.sender.0))
	}
}

/// A message of a block, with the fee that it was told with there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Telling {
	/// The message's number.
	pub nonce: u64,
	/// Its fee then.
	pub fee: Balance,
}

/// The positions of a queue that are in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct QueueEnds {
	/// The first.
	pub first: u64,
	/// The one after the last.
	pub end: u64,
}

impl QueueEnds {
	/// How many wait.
	pub const fn len(&self) -> u64 {
		self.end.saturating_sub(self.first)
	}

	/// Whether nobody waits.
	pub const fn is_empty(&self) -> bool {
		self.len() == 0
	}
}

/// An account that is paid out on Base.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Payout {
	/// To which address there.
	pub address: H160,
	/// What it has earned since it was last paid out: on hold until then.
	pub earned: Balance,
	/// The deposit for this entry.
	pub deposit: Balance,
}

/// An epoch that has ended, and whose payouts are netted page by page.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct ClosingEpoch {
	/// The epoch.
	pub epoch: u64,
	/// The last account that has been looked at.
	pub after: Option<AccountId32>,
	/// How many claims there are so far.
	pub claims: u32,
	/// What they add up to.
	pub total: Balance,
}

/// What an account can claim on Base.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Earned {
	/// Who earned it.
	pub account: AccountId32,
	/// Who can claim it.
	pub address: H160,
	/// How much it is.
	pub amount: Balance,
}

/// The settlement of an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Settlement {
	/// The number of the message that tells it.
	pub nonce: u64,
	/// The committed root of its claims.
	pub root: H256,
	/// What they add up to.
	pub total: Balance,
	/// How many there are.
	pub count: u32,
	/// Whether Base has refused it, so that its claims are taken back here.
	pub refused: bool,
}

/// What the chain knows of the DN that Base keeps for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Backing {
	/// What Base has locked for this chain's issuance.
	pub backed: Balance,
	/// The issuance: what is less than `backed` has been burned since the last report.
	pub issuance: Balance,
}
