//! What can be wrong with bytes from others, and with questions.

use crate::Digest;

/// Why bytes are not the frame that was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
	/// Too short or too long.
	#[error("{what} has {found} bytes where {expected} are due: it is truncated, padded or of another circuit")]
	Length {
		/// What was read.
		what: &'static str,
		/// Bytes that it must have.
		expected: usize,
		/// Bytes that it has.
		found: usize,
	},
	/// Not one of our frames.
	#[error("this is no frame of private inference: it begins with {found:02x?} instead of \"DNPI\"")]
	Magic {
		/// The first bytes.
		found: [u8; 4],
	},
	/// Another frame.
	#[error("this is {found} where {expected} is due")]
	Kind {
		/// What was expected.
		expected: &'static str,
		/// What it says it is.
		found: String,
	},
	/// A version that this build does not know.
	#[error("{what} has version {found} and this build reads version {expected}: update the older side")]
	Version {
		/// What was read.
		what: &'static str,
		/// The version that is read.
		expected: u8,
		/// The version found.
		found: u8,
	},
	/// Bytes that must be zero are not.
	#[error("{what} has {found:#06x} in the header's reserved bytes, which must be zero")]
	Reserved {
		/// What was read.
		what: &'static str,
		/// The bytes.
		found: u16,
	},
	/// No such parameter set.
	#[error("there is no FHE parameter set {id}: this build knows 1 (linear) and 2 (bootstrap)")]
	UnknownParameters {
		/// Its number.
		id: u32,
	},
	/// Another parameter set.
	#[error("{what} is for parameter set {found} where the circuit uses {expected}")]
	Parameters {
		/// What was read.
		what: &'static str,
		/// The set that was expected.
		expected: u32,
		/// The set found.
		found: u32,
	},
	/// A ciphertext for another circuit.
	#[error("{what} is for the circuit {} and not for {}", words(found), words(expected))]
	Circuit {
		/// What was read.
		what: &'static str,
		/// The circuit that was expected.
		expected: Digest,
		/// The circuit found.
		found: Digest,
	},
	/// Another number of ciphertexts.
	#[error("{what} says it has {found} ciphertexts where the circuit has {expected}")]
	Count {
		/// What was read.
		what: &'static str,
		/// The number that was expected.
		expected: u32,
		/// The number found.
		found: u32,
	},
	/// A parameter set without tables has no evaluation key.
	#[error("parameter set {id} needs no evaluation key")]
	NoEvaluationKey {
		/// Its number.
		id: u32,
	},
	/// Bits of a key's last byte that belong to no coefficient are set.
	#[error("{what} has bits set behind its last coefficient")]
	Padding {
		/// What was read.
		what: &'static str,
	},
}

/// Why a question cannot be answered.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EvaluationError {
	/// A ciphertext or key is not what the circuit takes.
	#[error(transparent)]
	Frame(#[from] FrameError),
	/// The circuit looks up tables, for which the requester's evaluation key is needed.
	#[error("the circuit has {bootstraps} table lookups, for which an evaluation key is needed")]
	NeedsKey {
		/// How many lookups.
		bootstraps: usize,
	},
}

/// Why a row of numbers is no input.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RowError {
	/// Too few or too many.
	#[error("the row has {found} numbers where the model takes {expected}")]
	Length {
		/// As many as the model takes.
		expected: u32,
		/// As many as there are.
		found: usize,
	},
	/// Not a number, or infinite.
	#[error("number {at} of the row is {value}: inputs must be finite")]
	NotFinite {
		/// Which, from 0.
		at: u32,
		/// The number.
		value: f32,
	},
}

fn words(digest: &Digest) -> String {
	digest.iter().take(4).map(|byte| format!("{byte:02x}")).chain(["...".into()]).collect()
}
