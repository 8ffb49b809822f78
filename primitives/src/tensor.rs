//! Tensors as the registry declares them and as a task's input carries them.
//!
//! An input is a *bundle*: for each input of the model, in registry order,
//!
//! ```text
//! element type  u8          (see ElementType's discriminants)
//! rank          u8          at most 8
//! dimensions    u32 LE each
//! data          the elements, little endian, row-major
//! ```
//!
//! with nothing between or after. A chain node and a worker read it with the same code. It looks at
//! the headers only; the worker answers for the data (a `Bool` that is neither 0 nor 1 is an invalid
//! input).

use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::fmt;
use scale_info::TypeInfo;
use sp_core::{bounded::BoundedVec, ConstU32};

/// The most inputs, or outputs, of a model.
pub const MAX_TENSORS: u32 = 8;
/// The most dimensions of a tensor.
pub const MAX_RANK: u32 = 8;
/// The longest name of a tensor, in bytes.
pub const MAX_TENSOR_NAME_LEN: u32 = 64;

/// What a tensor is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
#[repr(u8)]
pub enum ElementType {
	/// IEEE 754 binary32.
	F32 = 0,
	/// IEEE 754 binary64.
	F64 = 1,
	/// Signed 8 bits.
	I8 = 2,
	/// Unsigned 8 bits.
	U8 = 3,
	/// Signed 32 bits.
	I32 = 4,
	/// Signed 64 bits.
	I64 = 5,
	/// One byte, 0 or 1.
	Bool = 6,
}

impl ElementType {
	/// The bytes of one element.
	pub const fn size(self) -> usize {
		match self {
			Self::I8 | Self::U8 | Self::Bool => 1,
			Self::F32 | Self::I32 => 4,
			Self::F64 | Self::I64 => 8,
		}
	}

	/// Whether elements are floating point numbers.
	pub const fn is_float(self) -> bool {
		matches!(self, Self::F32 | Self::F64)
	}

	/// The type that a bundle's byte names.
	pub const fn from_byte(byte: u8) -> Option<Self> {
		Some(match byte {
			0 => Self::F32,
			1 => Self::F64,
			2 => Self::I8,
			3 => Self::U8,
			4 => Self::I32,
			5 => Self::I64,
			6 => Self::Bool,
			_ => return None,
		})
	}
}

/// One dimension of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Dim {
	/// Always this long, at least 1.
	Fixed(u32),
	/// As long as the batch has items. Only a tensor's first dimension can be it.
	Batch,
}

/// A tensor's name, element type and shape.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct TensorSpec {
	/// Its name in the model's graph, in UTF-8.
	pub name: BoundedVec<u8, ConstU32<MAX_TENSOR_NAME_LEN>>,
	/// Its element type.
	pub element: ElementType,
	/// Its dimensions, outermost first.
	pub shape: BoundedVec<Dim, ConstU32<MAX_RANK>>,
}

/// A model's inputs, or its outputs, in the order that its graph gives them.
pub type TensorSpecs = BoundedVec<TensorSpec, ConstU32<MAX_TENSORS>>;

impl TensorSpec {
	/// Whether the specification makes sense: a name, no zero dimension, a batch only in front, an
	/// item of less than 4 GiB.
	pub fn is_valid(&self) -> bool {
		self.item_len().is_some()
			&& !self.name.is_empty()
			&& core::str::from_utf8(&self.name).is_ok()
			&& self.shape.iter().enumerate().all(|(at, dim)| match dim {
				Dim::Fixed(length) => *length > 0,
				Dim::Batch => at == 0,
			})
	}

	/// The bytes of one item's elements; `None` beyond `u32`.
	pub fn item_len(&self) -> Option<u32> {
		self.shape.iter().try_fold(self.element.size() as u32, |len, dim| match dim {
			Dim::Fixed(length) => len.checked_mul(*length),
			Dim::Batch => Some(len),
		})
	}

	/// Whether the first dimension is the batch.
	pub fn is_batched(&self) -> bool {
		matches!(self.shape.first(), Some(Dim::Batch))
	}
}

/// A tensor inside a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorView<'a> {
	/// Its element type.
	pub element: ElementType,
	/// Its dimensions, outermost first.
	pub dims: Vec<u32>,
	/// Its elements, little endian, row-major.
	pub data: &'a [u8],
}

/// What is wrong with a bundle. `tensor` counts the model's inputs from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BundleError {
	/// The bundle ends inside this tensor.
	Truncated {
		/// Which tensor.
		tensor: u8,
	},
	/// Bytes follow the last tensor.
	Trailing {
		/// How many.
		bytes: u32,
	},
	/// This tensor has another element type than the model declares.
	ElementType {
		/// Which tensor.
		tensor: u8,
	},
	/// This tensor has another shape than the model declares.
	Shape {
		/// Which tensor.
		tensor: u8,
	},
	/// The tensors do not agree on the number of items, or there is none.
	Batch {
		/// The tensor that disagrees.
		tensor: u8,
	},
}

impl fmt::Display for BundleError {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Truncated { tensor } => write!(f, "the bundle ends inside tensor {tensor}"),
			Self::Trailing { bytes } => write!(f, "{bytes} bytes follow the bundle's last tensor"),
			Self::ElementType { tensor } => {
				write!(f, "tensor {tensor} has another element type than the model declares")
			},
			Self::Shape { tensor } => write!(f, "tensor {tensor} has another shape than the model declares"),
			Self::Batch { tensor } => {
				write!(f, "tensor {tensor} is an empty batch, or its batch is not as long as the others'")
			},
		}
	}
}

impl core::error::Error for BundleError {}

/// Appends one tensor to a bundle.
pub fn push_tensor(bundle: &mut Vec<u8>, element: ElementType, dims: &[u32], data: &[u8]) {
	bundle.push(element as u8);
	bundle.push(count(dims.len()));
	dims.iter().for_each(|dim| bundle.extend_from_slice(&dim.to_le_bytes()));
	bundle.extend_from_slice(data);
}

/// Reads a bundle against the model's inputs and returns its tensors and the number of items.
///
/// The number of items is the length of the batch dimension; it is 1 where no input has one.
///
/// # Complexity
/// O(inputs), whatever the length of the data.
pub fn read_bundle<'a>(specs: &[TensorSpec], bytes: &'a [u8]) -> Result<(Vec<TensorView<'a>>, u32), BundleError> {
	let mut rest = bytes;
	let mut items = None;
	let mut tensors = Vec::with_capacity(specs.len());
	for (at, spec) in specs.iter().enumerate() {
		let tensor = count(at);
		let truncated = BundleError::Truncated { tensor };
		let [element, rank] = *take::<2>(&mut rest).ok_or(truncated)?;
		if ElementType::from_byte(element) != Some(spec.element) {
			return Err(BundleError::ElementType { tensor });
		}
		if usize::from(rank) != spec.shape.len() {
			return Err(BundleError::Shape { tensor });
		}
		let mut dims = Vec::with_capacity(spec.shape.len());
		let mut length = spec.element.size();
		for dim in &spec.shape {
			let found = u32::from_le_bytes(*take::<4>(&mut rest).ok_or(truncated)?);
			match dim {
				Dim::Fixed(expected) if *expected != found => return Err(BundleError::Shape { tensor }),
				Dim::Fixed(_) => {},
				Dim::Batch if found == 0 || items.is_some_and(|items| items != found) => {
					return Err(BundleError::Batch { tensor })
				},
				Dim::Batch => items = Some(found),
			}
			dims.push(found);
			length = length.checked_mul(found as usize).ok_or(truncated)?;
		}
		let (data, after) = rest.split_at_checked(length).ok_or(truncated)?;
		rest = after;
		tensors.push(TensorView { element: spec.element, dims, data });
	}
	if rest.is_empty() {
		Ok((tensors, items.unwrap_or(1)))
	} else {
		Err(BundleError::Trailing { bytes: rest.len().try_into().unwrap_or(u32::MAX) })
	}
}

/// A number of tensors or dimensions as its byte. One beyond every bound stays beyond it.
pub(crate) fn count(number: usize) -> u8 {
	number.try_into().unwrap_or(u8::MAX)
}

/// Takes `N` bytes off the front of `rest`.
pub(crate) fn take<'a, const N: usize>(rest: &mut &'a [u8]) -> Option<&'a [u8; N]> {
	let (head, after) = rest.split_first_chunk::<N>()?;
	*rest = after;
	Some(head)
}
