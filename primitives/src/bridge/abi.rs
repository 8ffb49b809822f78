//! Words of 32 bytes, as `abi.encode` writes them.

use alloc::vec::Vec;

use sp_core::{H160, H256};

use super::keccak;

/// The bytes of a word.
pub(super) const WORD: usize = 32;

/// Words, one after the other.
#[derive(Default)]
pub(super) struct Words(Vec<u8>);

impl Words {
	/// Words that begin with a tag.
	pub(super) fn tagged(name: &str) -> Self {
		Self::default().word(keccak(name.as_bytes()).as_fixed_bytes())
	}

	pub(super) fn word(mut self, word: &[u8; WORD]) -> Self {
		self.0.extend_from_slice(word);
		self
	}

	pub(super) fn uint(mut self, number: impl Into<u128>) -> Self {
		self.0.extend_from_slice(&[0; 16]);
		self.0.extend_from_slice(&number.into().to_be_bytes());
		self
	}

	pub(super) fn address(mut self, address: &H160) -> Self {
		self.0.extend_from_slice(&[0; 12]);
		self.0.extend_from_slice(address.as_bytes());
		self
	}

	/// The bytes themselves, filled up with zeros to whole words.
	pub(super) fn padded(mut self, bytes: &[u8]) -> Self {
		self.0.extend_from_slice(bytes);
		self.0.resize(self.0.len().next_multiple_of(WORD), 0);
		self
	}

	pub(super) fn into_bytes(self) -> Vec<u8> {
		self.0
	}

	pub(super) fn hash(self) -> H256 {
		keccak(&self.0)
	}
}

/// Reads what [`Words`] has written, and nothing else.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
	fn bytes<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
		let (bytes, rest) = self.0.split_first_chunk()?;
		self.0 = rest;
		Some(bytes)
	}

	pub(super) fn word(&mut self) -> Option<H256> {
		self.bytes::<WORD>().map(H256::from)
	}

	pub(super) fn uint<T: TryFrom<u128>>(&mut self) -> Option<T> {
		let high = self.bytes::<16>()?;
		let low = self.bytes::<16>()?;
		T::try_from(u128::from_be_bytes(*low)).ok().filter(|_| *high == [0; 16])
	}

	pub(super) fn address(&mut self) -> Option<H160> {
		let high = self.bytes::<12>()?;
		let low = self.bytes::<20>()?;
		(*high == [0; 12]).then(|| H160::from(low))
	}

	pub(super) fn padded(&mut self, length: usize) -> Option<&'a [u8]> {
		let (bytes, rest) = self.0.split_at_checked(length)?;
		let (padding, rest) = rest.split_at_checked(length.next_multiple_of(WORD).saturating_sub(length))?;
		self.0 = rest;
		padding.iter().all(|byte| *byte == 0).then_some(bytes)
	}

	/// The value, if nothing is left to read.
	pub(super) fn end<T>(self, value: T) -> Option<T> {
		self.0.is_empty().then_some(value)
	}
}
