//! Canonical answers: the bytes that two workers must produce alike.
//!
//! ```text
//! outputs:  0x00, count u8, then for each output in registry order:
//!           rank u8, dimensions u32 LE each, data i32 LE each, row-major
//! error:    0x01, error code u8
//! ```
//!
//! There are at most 8 outputs of at most 8 dimensions, and no dimension is zero: a declared output
//! never has an empty one, and the length of what does could be read differently by a 32-bit runtime
//! and a 64-bit worker. An answer's digest is the SHA-256 of these bytes, or that of their
//! [chunks](crate::chunks) where they are more than the chain takes.

use alloc::vec::Vec;
use core::fmt;

use crate::{
	chunks::answer_digest,
	content::Digest,
	task::ErrorCode,
	tensor::{count, take, MAX_RANK, MAX_TENSORS},
};

const OUTPUTS: u8 = 0;
const ERROR: u8 = 1;

/// One quantised output tensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
	/// Its dimensions, outermost first; none is 0.
	pub dims: Vec<u32>,
	/// Its elements, row-major; as many as the product of the dimensions.
	pub data: Vec<i32>,
}

/// What a worker answers: the model's outputs, or why there are none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
	/// The model's outputs, in registry order.
	Outputs(Vec<Output>),
	/// The run failed.
	Error(ErrorCode),
}

impl Answer {
	/// The canonical bytes.
	///
	/// An answer with too many outputs or dimensions, with an empty dimension or with another number of
	/// elements than its dimensions say has none: what comes back for it is not to be sent.
	pub fn to_bytes(&self) -> Vec<u8> {
		match self {
			Self::Error(code) => alloc::vec![ERROR, *code as u8],
			Self::Outputs(outputs) => {
				let mut bytes = alloc::vec![OUTPUTS, count(outputs.len())];
				for Output { dims, data } in outputs {
					bytes.push(count(dims.len()));
					dims.iter().for_each(|dim| bytes.extend_from_slice(&dim.to_le_bytes()));
					data.iter().for_each(|element| bytes.extend_from_slice(&element.to_le_bytes()));
				}
				bytes
			},
		}
	}

	/// What names the answer: the SHA-256 of the canonical bytes or, of an answer that is too long for the
	/// chain, the digest of its [chunks](crate::chunks).
	pub fn digest(&self) -> Digest {
		answer_digest(&self.to_bytes())
	}

	/// Whether this names an error. Errors are two bytes long: who names one by a reference hides it.
	pub fn is_error_digest(digest: &Digest) -> bool {
		let codes = (0..=u8::MAX).map_while(ErrorCode::from_byte);
		codes.map(Self::Error).any(|error| error.digest() == *digest)
	}

	/// Reads canonical bytes.
	pub fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
		Ok(match View::parse(bytes)? {
			View::Error(code) => Self::Error(code),
			View::Outputs(outputs) => Self::Outputs(
				outputs
					.into_iter()
					.map(|output| Output { data: output.elements().collect(), dims: output.dims })
					.collect(),
			),
		})
	}
}

/// Bytes that are no canonical answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

impl fmt::Display for Malformed {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str("these bytes are not the canonical encoding of an answer")
	}
}

impl core::error::Error for Malformed {}

/// A canonical answer that borrows its data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum View<'a> {
	/// The model's outputs.
	Outputs(Vec<OutputView<'a>>),
	/// The run failed.
	Error(ErrorCode),
}

/// One output that borrows its data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputView<'a> {
	/// Its dimensions, outermost first.
	pub dims: Vec<u32>,
	/// Its elements, 4 bytes each.
	data: &'a [u8],
}

impl OutputView<'_> {
	/// Its elements, row-major.
	pub fn elements(&self) -> impl Iterator<Item = i32> + '_ {
		self.data.chunks_exact(4).filter_map(|chunk| chunk.try_into().ok().map(i32::from_le_bytes))
	}
}

impl<'a> View<'a> {
	/// Reads canonical bytes without copying their data. Any byte too many or too few is refused, so
	/// that an answer has one encoding.
	pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
		let mut rest = bytes;
		let [tag, second] = *take::<2>(&mut rest).ok_or(Malformed)?;
		let view = match tag {
			ERROR => Self::Error(ErrorCode::from_byte(second).ok_or(Malformed)?),
			OUTPUTS if u32::from(second) <= MAX_TENSORS => {
				let mut outputs = Vec::with_capacity(second.into());
				for _ in 0..second {
					outputs.push(OutputView::parse(&mut rest)?);
				}
				Self::Outputs(outputs)
			},
			_ => return Err(Malformed),
		};
		rest.is_empty().then_some(view).ok_or(Malformed)
	}
}

impl<'a> OutputView<'a> {
	fn parse(rest: &mut &'a [u8]) -> Result<Self, Malformed> {
		let [rank] = *take::<1>(rest).ok_or(Malformed)?;
		if u32::from(rank) > MAX_RANK {
			return Err(Malformed);
		}
		let mut dims = Vec::with_capacity(rank.into());
		let mut length = 4usize;
		for _ in 0..rank {
			let dim = u32::from_le_bytes(*take::<4>(rest).ok_or(Malformed)?);
			if dim == 0 {
				return Err(Malformed);
			}
			length = length.checked_mul(dim as usize).ok_or(Malformed)?;
			dims.push(dim);
		}
		let (data, after) = rest.split_at_checked(length).ok_or(Malformed)?;
		*rest = after;
		Ok(Self { dims, data })
	}
}
