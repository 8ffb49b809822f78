//! Long answers: cut into chunks under a Merkle root, so that a chain that could not carry them can
//! still compare two of them, by a few chunks that randomness chooses when both are fixed.
//!
//! ```text
//! leaf 0:       the header: the canonical bytes without the outputs' data
//! leaf 1, ...:  the outputs' data in order, each output's in chunks of at most CHUNK_LEN bytes:
//!               of whole rows along the last axis, or, where a row is longer, without regard to rows
//! root:         the Merkle tree hash of RFC 6962: SHA-256(0x00, leaf), SHA-256(0x01, left, right)
//! digest:       SHA-256("dn-chunks", leaves u64 LE, root)
//! ```
//!
//! The header says how the data is cut, so that two answers of one header have the same chunks at the
//! same places. A digest binds the header, the number of leaves and each chunk.
//!
//! An answer that is wrong in a part `f` of its chunks is found out with chance `1 - (1 - f)^SAMPLES`,
//! which is more than `f`: what it saves by leaving out work is less than its share of the slash.

#[cfg(feature = "runtime-benchmarks")]
mod benchmark;
mod merkle;

use alloc::{collections::BTreeSet, vec::Vec};
use core::fmt;

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sha2::{Digest as _, Sha256};
use sp_core::{bounded::BoundedVec, ConstU32};

use self::merkle::{climb, leaf_hash, path, root};
use crate::{
	canonical::Malformed,
	comparison::Comparison,
	content::{sha256, ContentRef, Digest, Mismatch, MAX_INLINE_LEN},
	tensor::{take, MAX_RANK, MAX_TENSORS},
};

/// The most bytes of a chunk.
pub const CHUNK_LEN: u32 = 4096;
/// How many chunks are compared, beside the header; all of an answer that has no more.
pub const SAMPLES: u32 = 4;
/// The most bytes of a header.
pub const MAX_HEADER_LEN: u32 = 2 + MAX_TENSORS * (1 + 4 * MAX_RANK);
/// The most hashes of a proof: an answer of more than 2^20 leaves, which is 4 GiB, cannot be opened.
pub const MAX_PROOF_LEN: u32 = 20;

/// The tag of canonical outputs.
const OUTPUTS: u8 = 0;

/// A chunk's bytes.
pub type Chunk = BoundedVec<u8, ConstU32<CHUNK_LEN>>;
/// A header's bytes.
pub type HeaderBytes = BoundedVec<u8, ConstU32<MAX_HEADER_LEN>>;
/// The hashes beside a leaf's way to the root, the lowest first.
pub type Proof = BoundedVec<Digest, ConstU32<MAX_PROOF_LEN>>;

/// The digest of a canonical answer: the SHA-256 of one that the chain can carry, and the digest of its
/// chunks of a longer one. Bytes that are no canonical answer have their SHA-256.
pub fn answer_digest(bytes: &[u8]) -> Digest {
	let long = bytes.len() > MAX_INLINE_LEN as usize;
	let cut = long.then(|| Chunks::cut(bytes).ok()).flatten();
	cut.map_or_else(|| sha256(bytes), |chunks| chunks.digest())
}

/// Whether `bytes` are the answer that this reference names. The digest binds their length, whatever
/// the reference says of it.
pub fn verify(content: &ContentRef, bytes: &[u8]) -> Result<(), Mismatch> {
	let found = answer_digest(bytes);
	if found != content.hash {
		return Err(Mismatch::Hash { expected: content.hash, found });
	}
	Ok(())
}

/// Which of `chunks` chunks `seed` chooses, in ascending order: [`SAMPLES`] of them, or all where there
/// are no more. Every choice is equally likely.
pub fn sample(seed: &[u8; 32], chunks: u64) -> Vec<u64> {
	// Floyd's algorithm: a number drawn below `at` twice stands for `at` itself.
	let mut chosen = BTreeSet::new();
	for at in chunks.saturating_sub(SAMPLES.into())..chunks {
		let drawn = (seed, at).using_encoded(|bytes| below(&sha256(bytes), at.saturating_add(1)));
		if !chosen.insert(drawn) {
			chosen.insert(at);
		}
	}
	chosen.into_iter().collect()
}

/// A number below `bound`, the bias of which is below 2^-64.
fn below(hash: &Digest, bound: u64) -> u64 {
	let number = hash.first_chunk::<16>().map_or(0, |bytes| u128::from_le_bytes(*bytes));
	number.checked_rem(bound.into()).and_then(|rest| rest.try_into().ok()).unwrap_or(0)
}

/// How one output's data is cut.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Shape {
	/// Elements along its last axis.
	classes: u64,
	/// Bytes of its data.
	bytes: u64,
}

impl Shape {
	fn row(&self) -> u64 {
		self.classes.saturating_mul(4)
	}

	fn has_whole_rows(&self) -> bool {
		self.row() <= CHUNK_LEN.into()
	}

	/// Bytes of each of its chunks but the last.
	fn chunk(&self) -> u64 {
		let limit = u64::from(CHUNK_LEN);
		let cut = limit.checked_rem(self.row()).filter(|_| self.has_whole_rows()).unwrap_or(0);
		limit.saturating_sub(cut)
	}

	fn chunks(&self) -> u64 {
		self.bytes.div_ceil(self.chunk().max(1))
	}
}

/// Where a chunk lies.
struct Place {
	/// How many bytes it has.
	length: u64,
	/// How many elements its rows have; `None` where it is not cut along rows.
	classes: Option<u64>,
}

/// What a header says of the outputs.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Header(Vec<Shape>);

impl Header {
	/// Reads a header, and hands the bytes that follow each output's to `data`.
	fn read<'a>(
		mut rest: &'a [u8],
		mut data: impl FnMut(&Shape, &mut &'a [u8]) -> Option<()>,
	) -> Result<Self, Malformed> {
		let mut read = || {
			let [tag, count] = *take::<2>(&mut rest)?;
			if tag != OUTPUTS || u32::from(count) > MAX_TENSORS {
				return None;
			}
			let mut shapes = Vec::with_capacity(count.into());
			for _ in 0..count {
				let [rank] = *take::<1>(&mut rest)?;
				if u32::from(rank) > MAX_RANK {
					return None;
				}
				let mut shape = Shape { classes: 1, bytes: 4 };
				for _ in 0..rank {
					shape.classes = u32::from_le_bytes(*take::<4>(&mut rest)?).into();
					shape.bytes = shape.bytes.checked_mul(shape.classes).filter(|bytes| *bytes > 0)?;
				}
				data(&shape, &mut rest)?;
				shapes.push(shape);
			}
			shapes.iter().try_fold(1u64, |all, shape| all.checked_add(shape.chunks()))?;
			rest.is_empty().then_some(Self(shapes))
		};
		read().ok_or(Malformed)
	}

	/// How many chunks the outputs have together.
	fn chunks(&self) -> u64 {
		self.0.iter().fold(0, |all, shape| all.saturating_add(shape.chunks()))
	}

	fn place(&self, mut chunk: u64) -> Option<Place> {
		for shape in &self.0 {
			if let Some(next) = chunk.checked_sub(shape.chunks()) {
				chunk = next;
				continue;
			}
			let left = shape.bytes.checked_sub(chunk.checked_mul(shape.chunk())?)?;
			let classes = shape.has_whole_rows().then_some(shape.classes);
			return Some(Place { length: left.min(shape.chunk()), classes });
		}
		None
	}
}

/// An answer, cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunks<'a> {
	header: Vec<u8>,
	chunks: Vec<&'a [u8]>,
	leaves: Vec<Digest>,
}

impl<'a> Chunks<'a> {
	/// Cuts canonical outputs; an error code is no outputs.
	///
	/// # Complexity
	/// O(bytes).
	pub fn cut(bytes: &'a [u8]) -> Result<Self, Malformed> {
		let (mut header, mut chunks) = (Vec::new(), Vec::new());
		let mut headed = bytes;
		Header::read(bytes, |shape, rest| {
			let between = headed.len().checked_sub(rest.len())?;
			header.extend_from_slice(headed.get(..between)?);
			let (data, after) = rest.split_at_checked(shape.bytes.try_into().ok()?)?;
			chunks.extend(data.chunks(shape.chunk().try_into().ok()?));
			(*rest, headed) = (after, after);
			Some(())
		})?;
		header.extend_from_slice(headed);
		let leaves = core::iter::once(header.as_slice()).chain(chunks.iter().copied()).map(leaf_hash).collect();
		Ok(Self { header, chunks, leaves })
	}

	/// The answer's digest.
	pub fn digest(&self) -> Digest {
		digest(self.leaves.len() as u64, &root(&self.leaves))
	}

	/// What [`Opening::check`] accepts of this answer; `None` where its proofs are longer than
	/// [`MAX_PROOF_LEN`].
	///
	/// # Complexity
	/// O(chunks).
	pub fn open(&self, seed: &[u8; 32]) -> Option<Opening> {
		let prove = |leaf| Proof::try_from(path(&self.leaves, leaf)).ok();
		let samples = sample(seed, self.chunks.len() as u64).into_iter().map(|at| {
			let at = usize::try_from(at).ok()?;
			let chunk = self.chunks.get(at)?.to_vec().try_into().ok()?;
			Some(Sample { chunk, proof: prove(at.checked_add(1)?)? })
		});
		Some(Opening {
			header: self.header.clone().try_into().ok()?,
			proof: prove(0)?,
			samples: samples.collect::<Option<Vec<_>>>()?.try_into().ok()?,
		})
	}
}

/// A chunk and the proof that it is where the seed looks.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Sample {
	/// Its bytes.
	pub chunk: Chunk,
	/// The hashes beside its way to the root.
	pub proof: Proof,
}

/// The header and the chunks of a long answer that a seed has chosen, with proofs against its digest.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Opening {
	/// The header.
	pub header: HeaderBytes,
	/// The hashes beside its way to the root.
	pub proof: Proof,
	/// The chunks, in the order of [`sample`].
	pub samples: BoundedVec<Sample, ConstU32<SAMPLES>>,
}

/// An opening whose proofs hold.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Opened {
	/// The header.
	header: HeaderBytes,
	/// The chunks, each with its place among the data's chunks, in ascending order.
	samples: BoundedVec<(u64, Chunk), ConstU32<SAMPLES>>,
}

/// What is wrong with an opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotOpened {
	/// The header is none of canonical outputs.
	Header,
	/// There are more or fewer chunks than the seed chooses, or one has another length than the header
	/// says.
	Samples,
	/// A proof does not lead to the digest.
	Proof,
}

impl fmt::Display for NotOpened {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(match self {
			Self::Header => "the header is not one of canonical outputs",
			Self::Samples => "these are not the chunks that the seed chooses",
			Self::Proof => "a proof does not lead to the answer's digest",
		})
	}
}

impl core::error::Error for NotOpened {}

impl Opening {
	/// Checks that these are the header and the chunks that `seed` chooses of the answer with this digest.
	///
	/// # Complexity
	/// O(bytes) of the opening.
	pub fn check(self, answer: &Digest, seed: &[u8; 32]) -> Result<Opened, NotOpened> {
		let header = Header::read(&self.header, |_, _| Some(())).map_err(|_| NotOpened::Header)?;
		let chunks = header.chunks();
		let leaves = chunks.checked_add(1).ok_or(NotOpened::Header)?;
		let proven = |bytes: &[u8], leaf, proof: &[Digest]| {
			let root = climb(leaf_hash(bytes), leaf, leaves, proof).ok_or(NotOpened::Proof)?;
			(digest(leaves, &root) == *answer).then_some(()).ok_or(NotOpened::Proof)
		};
		proven(&self.header, 0, &self.proof)?;
		let chosen = sample(seed, chunks);
		if chosen.len() != self.samples.len() {
			return Err(NotOpened::Samples);
		}
		let mut samples = Vec::with_capacity(chosen.len());
		for (at, Sample { chunk, proof }) in chosen.into_iter().zip(self.samples) {
			let place = header.place(at).ok_or(NotOpened::Samples)?;
			if chunk.len() as u64 != place.length {
				return Err(NotOpened::Samples);
			}
			proven(&chunk, at.saturating_add(1), &proof)?;
			samples.push((at, chunk));
		}
		Ok(Opened { header: self.header, samples: samples.try_into().map_err(|_| NotOpened::Samples)? })
	}
}

impl Opened {
	/// Whether two answers that the same seed has opened agree as far as can be seen: their headers are
	/// equal, and their chunks agree by the comparison. [`Comparison::ArgMax`] compares the winners of a
	/// chunk of whole rows. Of a row that is longer than a chunk no piece shows the winner: there it asks
	/// that no element differs by more than `tau`, which makes rows agree whatever the others are.
	///
	/// # Complexity
	/// O(bytes) of the openings.
	pub fn agrees(&self, other: &Self, comparison: &Comparison) -> bool {
		let Ok(header) = Header::read(&self.header, |_, _| Some(())) else { return false };
		self.header == other.header
			&& self.samples.len() == other.samples.len()
			&& self.samples.iter().zip(&other.samples).all(|((at_a, a), (at_b, b))| {
				let Some(Place { classes, .. }) = header.place(*at_a) else { return false };
				let classes = classes.and_then(|classes| classes.try_into().ok());
				at_a == at_b && a.len() == b.len() && comparison.agrees_on(elements(a).zip(elements(b)), classes)
			})
	}
}

fn elements(bytes: &[u8]) -> impl Iterator<Item = i32> + '_ {
	bytes.chunks_exact(4).filter_map(|element| element.try_into().ok().map(i32::from_le_bytes))
}

fn digest(leaves: u64, root: &Digest) -> Digest {
	Sha256::new().chain_update(b"dn-chunks").chain_update(leaves.to_le_bytes()).chain_update(root).finalize().into()
}
