//! What an entry for encrypted inputs looks like, and how a task names its evaluation key.
//!
//! Such a model's first file is an integer circuit. A task brings one ciphertext for each item and, where the
//! circuit looks tables up, one reference to the requester's evaluation key, which is too large for the chain and
//! is used again and again. What comes back is one ciphertext for each item, as 32 bit words, so that a canonical answer
//! holds its very bytes.

use alloc::vec::Vec;
use codec::{Decode, Encode};

use crate::{
	comparison::Comparison,
	content::ContentRef,
	tensor::{Dim, ElementType, TensorSpec},
};

/// Linear circuits, without an evaluation key.
pub const LINEAR: u32 = 1;
/// Circuits that look tables up.
pub const BOOTSTRAP: u32 = 2;

/// The class of machines that give the same ciphertexts for the same table lookups: x86-64 with AVX2 and FMA.
pub const RUNTIME_CLASS: u16 = 1;

/// The name of the tensor of encrypted inputs, one for each item.
pub const CIPHERTEXT: &[u8] = b"ciphertext";
/// The name of the tensor that refers to the evaluation key.
pub const EVALUATION_KEY: &[u8] = b"evaluation_key";
/// The name of the tensor of encrypted results, one for each item.
pub const RESULT: &[u8] = b"result";

/// Bytes of a reference to an evaluation key: a [`ContentRef`] of any length, and zeros.
pub const KEY_REFERENCE_LEN: u32 = 1088;

/// Whether a set of parameters is known, and these are an entry's tensors and comparison under it.
pub fn fits(parameters: u32, inputs: &[TensorSpec], outputs: &[TensorSpec], comparison: &Comparison) -> bool {
	let items = |spec: &TensorSpec, name: &[u8], element| {
		*spec.name == *name && spec.element == element && matches!(spec.shape[..], [Dim::Batch, Dim::Fixed(_)])
	};
	let key = |spec: &TensorSpec| {
		*spec.name == *EVALUATION_KEY
			&& spec.element == ElementType::U8
			&& spec.shape[..] == [Dim::Fixed(KEY_REFERENCE_LEN)]
	};
	let inputs = match (parameters, inputs) {
		(LINEAR, [ciphertext]) => items(ciphertext, CIPHERTEXT, ElementType::U8),
		(BOOTSTRAP, [ciphertext, reference]) => items(ciphertext, CIPHERTEXT, ElementType::U8) && key(reference),
		_ => false,
	};
	let outputs = matches!(outputs, [result] if items(result, RESULT, ElementType::I32));
	inputs && outputs && *comparison == Comparison::Exact
}

/// A reference to an evaluation key, as a task's tensor holds it.
pub fn key_reference(key: &ContentRef) -> Vec<u8> {
	let mut bytes = key.encode();
	bytes.resize(KEY_REFERENCE_LEN as usize, 0);
	bytes
}

/// Reads such a tensor; `None` where it holds no reference, or anything behind it.
pub fn read_key_reference(bytes: &[u8]) -> Option<ContentRef> {
	let mut rest = bytes;
	let key = ContentRef::decode(&mut rest).ok()?;
	let whole = bytes.len() == KEY_REFERENCE_LEN as usize && rest.iter().all(|byte| *byte == 0);
	whole.then_some(key)
}
