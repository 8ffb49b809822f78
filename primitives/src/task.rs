//! Words about tasks that every part of the system shares.

use core::fmt;

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// The most workers that answer one task before it is settled.
pub const MAX_SEATS: u32 = 5;

/// The most outsiders that re-run a task in one audit: one, then three, then all of them, as long as they
/// neither confirm the settled answer nor overturn it.
pub const MAX_AUDITORS: u32 = 5;

/// How many auditors must agree on another answer to overturn the settled one.
pub const OVERTURNING: u32 = 4;

/// How surely a requester wants the answer checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Assurance {
	/// One node, audited more often.
	Single,
	/// One model, two nodes.
	Pair,
	/// Three nodes at once.
	Panel,
}

impl Assurance {
	/// How many workers answer at first.
	pub const fn seats(&self) -> u32 {
		match self {
			Self::Single => 1,
			Self::Pair => 2,
			Self::Panel => 3,
		}
	}
}

/// How many workers answer in all when `seats` answers do not come to a strict majority: two become
/// three, and three [`MAX_SEATS`]; `None` where no more are asked.
pub const fn escalation(seats: u32) -> Option<u32> {
	match seats {
		2 => Some(3),
		3 | 4 => Some(MAX_SEATS),
		_ => None,
	}
}

/// How many auditors there are in all when `auditors` of them neither confirm nor overturn; `None` where no
/// more are asked.
pub const fn audit_escalation(auditors: u32) -> Option<u32> {
	match auditors {
		0 => Some(1),
		1 | 2 => Some(3),
		3 | 4 => Some(MAX_AUDITORS),
		_ => None,
	}
}

/// Why a worker has no outputs to give. A canonical answer carries one byte of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
#[repr(u8)]
pub enum ErrorCode {
	/// No URI gave the input that its hash names.
	InputUnavailable = 0,
	/// The input does not fit the model's tensor specifications.
	InputInvalid = 1,
	/// No URI gave the model that its hash names.
	ModelUnavailable = 2,
	/// The model cannot be loaded, or asks for what is not allowed.
	ModelInvalid = 3,
	/// An output holds a NaN or an infinity.
	NotFinite = 4,
	/// An output, quantised, is beyond 32 bits.
	Overflow = 5,
	/// The outputs are not those that the model's entry declares.
	OutputInvalid = 6,
	/// The run used more time or memory than a task may.
	ResourcesExceeded = 7,
}

impl ErrorCode {
	/// The code that an answer's byte names.
	pub const fn from_byte(byte: u8) -> Option<Self> {
		Some(match byte {
			0 => Self::InputUnavailable,
			1 => Self::InputInvalid,
			2 => Self::ModelUnavailable,
			3 => Self::ModelInvalid,
			4 => Self::NotFinite,
			5 => Self::Overflow,
			6 => Self::OutputInvalid,
			7 => Self::ResourcesExceeded,
			_ => return None,
		})
	}

	/// Whether it speaks of its worker and not of the task: this worker could not fetch what it needed, and has
	/// run nothing. Others may well have been able to, or may be later, so that it contradicts nobody.
	pub const fn is_unavailable(self) -> bool {
		matches!(self, Self::InputUnavailable | Self::ModelUnavailable)
	}
}

impl fmt::Display for ErrorCode {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(match self {
			Self::InputUnavailable => "no URI gave the input that its hash names",
			Self::InputInvalid => "the input does not fit the model's tensors",
			Self::ModelUnavailable => "no URI gave the model that its hash names",
			Self::ModelInvalid => "the model cannot be loaded, or asks for what is not allowed",
			Self::NotFinite => "an output holds a NaN or an infinity",
			Self::Overflow => "an output, quantised, is beyond 32 bits",
			Self::OutputInvalid => "the outputs are not those that the model declares",
			Self::ResourcesExceeded => "the run used more time or memory than a task may",
		})
	}
}

impl core::error::Error for ErrorCode {}
