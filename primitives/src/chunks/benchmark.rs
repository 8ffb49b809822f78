//! The longest answer that can be opened, which nobody has to hold.

use alloc::vec::Vec;

use super::{
	digest,
	merkle::{leaf_hash, node_hash},
	sample, Chunk, Opening, Proof, Sample, CHUNK_LEN, MAX_PROOF_LEN, OUTPUTS,
};
use crate::content::Digest;

impl Opening {
	/// The opening of an answer of as many leaves as can be, of rows of 1024 scores in which the first
	/// class wins, but for the second half, where `class` does with `score`; with the answer's digest.
	pub fn benchmark(seed: &[u8; 32], class: usize, score: i32) -> Option<(Digest, Self)> {
		let chunk = |class: usize, score: i32| {
			let mut row = alloc::vec![[0; 4]; CHUNK_LEN as usize >> 2];
			*row.get_mut(class)? = score.to_le_bytes();
			Chunk::try_from(row.concat()).ok()
		};
		let (common, own) = (chunk(0, 1_000)?, chunk(class, score)?);
		let (leaves, top) = (1u64 << MAX_PROOF_LEN, MAX_PROOF_LEN.checked_sub(1)?);
		let half = leaves >> 1;
		let rows = u32::try_from(leaves.checked_sub(1)?).ok()?;
		let mut header = alloc::vec![OUTPUTS, 1, 2];
		[rows, CHUNK_LEN >> 2].iter().for_each(|dim| header.extend_from_slice(&dim.to_le_bytes()));
		// The roots of full trees of each height: of the first half's chunks, of the second's, and of the
		// first half's with the header.
		let first = (leaf_hash(&common), leaf_hash(&own), leaf_hash(&header));
		let grow = |(a, b, c): &(Digest, Digest, Digest)| Some((node_hash(a, a), node_hash(b, b), node_hash(c, a)));
		let levels: Vec<_> = core::iter::successors(Some(first), grow).take(MAX_PROOF_LEN as usize).collect();
		let prove = |leaf: u64| -> Option<Proof> {
			let beside = (0..).zip(&levels).map(|(level, (a, b, c))| match (leaf >> level) ^ 1 {
				0 => *c,
				_ if level == top || leaf >= half => *b,
				_ => *a,
			});
			beside.collect::<Vec<_>>().try_into().ok()
		};
		let samples = sample(seed, rows.into()).into_iter().map(|at| {
			let leaf = at.checked_add(1)?;
			Some(Sample { chunk: if leaf < half { common.clone() } else { own.clone() }, proof: prove(leaf)? })
		});
		let samples = samples.collect::<Option<Vec<_>>>()?.try_into().ok()?;
		let (_, right, left) = levels.last()?;
		let opening = Self { header: header.try_into().ok()?, proof: prove(0)?, samples };
		Some((digest(leaves, &node_hash(left, right)), opening))
	}
}
