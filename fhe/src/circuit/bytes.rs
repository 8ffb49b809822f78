//! A circuit's one encoding.

use codec::{DecodeAll, Encode};

use super::{Circuit, CircuitError, Plan};

/// The longest encoding that is read.
pub const MAX_BYTES: usize = 16 << 20;

impl Circuit {
	/// Its bytes: the same for the same circuit, always.
	pub fn to_bytes(&self) -> Vec<u8> {
		self.plan().encode()
	}

	/// Reads and checks a circuit. Bytes that [`Circuit::to_bytes`] would not write are refused.
	pub fn from_bytes(bytes: &[u8]) -> Result<Self, CircuitError> {
		if bytes.len() > MAX_BYTES {
			return Err(CircuitError::TooLong { found: bytes.len(), limit: MAX_BYTES });
		}
		let plan = Plan::decode_all(&mut &bytes[..]).map_err(|error| CircuitError::Unreadable(error.to_string()))?;
		if plan.encode() != bytes {
			return Err(CircuitError::Unreadable("it is not in its shortest form".into()));
		}
		Self::new(plan)
	}
}
