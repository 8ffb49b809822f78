//! What the chain tells the gateway.

use alloc::vec::Vec;
use core::fmt;

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::{bounded::BoundedVec, ConstU32, H160, H256};

use super::{
	abi::{Reader, Words, WORD},
	keccak, Domain, MESSAGE_TAG,
};
use crate::Balance;

/// The direction of a message from the chain towards Base.
pub const TOWARDS_BASE: u8 = 0;

/// The longest call data of a governance message, in bytes.
pub const MAX_CALL_LEN: u32 = 1024;

/// The call data of a governance message.
pub type CallData = BoundedVec<u8, ConstU32<MAX_CALL_LEN>>;

/// Where the call data of a governance message begins: after two words.
const DATA_OFFSET: u8 = 2 * WORD as u8;

/// What a message is for.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[repr(u8)]
pub enum Kind {
	/// DN leave the vault.
	Release = 0,
	/// Claims can be paid.
	Settlement = 1,
	/// The vault burns what the chain has burned.
	Burn = 2,
	/// The timelock schedules a call.
	Governance = 3,
}

impl Kind {
	/// The kind that a message's number names.
	pub const fn from_number(number: u8) -> Option<Self> {
		Some(match number {
			0 => Self::Release,
			1 => Self::Settlement,
			2 => Self::Burn,
			3 => Self::Governance,
			_ => return None,
		})
	}
}

impl fmt::Display for Kind {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(match self {
			Self::Release => "release",
			Self::Settlement => "settlement",
			Self::Burn => "burn",
			Self::Governance => "governance",
		})
	}
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Payload {
	/// DN leave the vault.
	Release {
		/// Who gets them.
		recipient: H160,
		/// How many.
		amount: Balance,
	},
	/// Claims can be paid.
	Settlement {
		/// The epoch in which they were earned.
		epoch: u64,
		/// The committed root of the claims, in the order of their index.
		root: H256,
		/// What all claims add up to.
		total: Balance,
		/// How many claims there are.
		count: u32,
	},
	/// The vault burns what the chain has burned.
	Burn {
		/// The epoch that has ended.
		epoch: u64,
		/// How much the chain has burned since the last report.
		amount: Balance,
	},
	/// The timelock schedules a call.
	Governance {
		/// The contract that is called.
		target: H160,
		/// With what.
		data: CallData,
	},
}

/// Bytes that are not the payload of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
	/// The kind.
	pub kind: Kind,
	/// How many bytes there were.
	pub length: usize,
}

impl fmt::Display for Malformed {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let Self { kind, length } = self;
		write!(f, "these {length} bytes are not the payload of a {kind} message, encoded as bridge/README.md says")
	}
}

impl core::error::Error for Malformed {}

impl Payload {
	/// What the message is for.
	pub const fn kind(&self) -> Kind {
		match self {
			Self::Release { .. } => Kind::Release,
			Self::Settlement { .. } => Kind::Settlement,
			Self::Burn { .. } => Kind::Burn,
			Self::Governance { .. } => Kind::Governance,
		}
	}

	/// The DN that leave the chain with it: none for a burn, which tells of what is gone already.
	pub const fn sent(&self) -> Balance {
		match self {
			Self::Release { amount, .. } => *amount,
			Self::Settlement { total, .. } => *total,
			Self::Burn { .. } | Self::Governance { .. } => 0,
		}
	}

	/// The payload as `abi.encode` writes it.
	pub fn to_abi(&self) -> Vec<u8> {
		let words = Words::default();
		match self {
			Self::Release { recipient, amount } => words.address(recipient).uint(*amount),
			Self::Settlement { epoch, root, total, count } => {
				words.uint(*epoch).word(root.as_fixed_bytes()).uint(*total).uint(*count)
			},
			Self::Burn { epoch, amount } => words.uint(*epoch).uint(*amount),
			Self::Governance { target, data } => {
				words.address(target).uint(DATA_OFFSET).uint(data.len() as u64).padded(data)
			},
		}
		.into_bytes()
	}

	/// Reads a payload: exactly the bytes that [`Self::to_abi`] gives.
	pub fn from_abi(kind: Kind, bytes: &[u8]) -> Result<Self, Malformed> {
		Self::read(kind, Reader(bytes)).ok_or(Malformed { kind, length: bytes.len() })
	}

	fn read(kind: Kind, mut words: Reader<'_>) -> Option<Self> {
		let payload = match kind {
			Kind::Release => Self::Release { recipient: words.address()?, amount: words.uint()? },
			Kind::Settlement => Self::Settlement {
				epoch: words.uint()?,
				root: words.word()?,
				total: words.uint()?,
				count: words.uint()?,
			},
			Kind::Burn => Self::Burn { epoch: words.uint()?, amount: words.uint()? },
			Kind::Governance => {
				let target = words.address()?;
				words.uint::<u8>().filter(|offset| *offset == DATA_OFFSET)?;
				let length = words.uint::<u32>().filter(|length| *length <= MAX_CALL_LEN)?;
				let data = words.padded(length as usize)?.to_vec().try_into().ok()?;
				Self::Governance { target, data }
			},
		};
		words.end(payload)
	}
}

/// A message towards Base.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Message {
	/// Its number; the first is 0. Only one message of a number ever takes effect.
	pub nonce: u64,
	/// The account that sends it, zero for the chain itself.
	pub sender: H256,
	/// What whoever delivers it is paid out of the vault.
	pub fee: Balance,
	/// What it says.
	pub payload: Payload,
}

impl Message {
	/// What it is for.
	pub const fn kind(&self) -> Kind {
		self.payload.kind()
	}

	/// The DN that leave the chain with it, fee included.
	pub fn sent(&self) -> Balance {
		self.payload.sent().saturating_add(self.fee)
	}

	/// Its leaf in the messages' tree of the block that tells it.
	pub fn leaf(&self, domain: &Domain) -> H256 {
		Words::tagged(MESSAGE_TAG)
			.word(domain.chain.as_fixed_bytes())
			.uint(domain.base)
			.address(&domain.gateway)
			.uint(TOWARDS_BASE)
			.uint(self.nonce)
			.uint(self.kind() as u8)
			.word(self.sender.as_fixed_bytes())
			.uint(self.fee)
			.word(keccak(&self.payload.to_abi()).as_fixed_bytes())
			.hash()
	}
}
