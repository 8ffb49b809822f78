//! Randomness that nobody knew when what it decides was fixed.

use crate::{Block, BlockNumber, Hash, Runtime};
use codec::Encode;
use frame_support::traits::Randomness;
use sp_consensus_babe::digests::{CompatibleDigestItem, PreDigest};
use sp_core::sr25519::vrf::VrfPreOutput;
use sp_runtime::{traits::Block as BlockT, DigestItem};

/// The randomness of the block being executed, from its author's VRF output.
///
/// Each block carries, in its header, the output of a verifiable random function (VRF) that BABE
/// checked: only the author's secret key could compute it, and it could compute no other. The
/// result is `blake2_256` of the subject, that output and the parent block's hash.
///
/// It is meant for a draw over something that an *earlier* block fixed (a task, say), and it
/// returns the current block's number as the time since which it is known, so that a caller can
/// hold its own record of when the matter was fixed against it.
///
/// # What is unpredictable
///
/// Before the block is out, its VRF output is known to nobody but its author. The parent's hash
/// is known to nobody before the parent is out, not even to this block's author, who knows its
/// own VRF outputs for the epoch at the epoch's start and could otherwise choose a matter, and the
/// slot to submit it for, to its liking. The parent's author in turn cannot steer the result by
/// what it puts in its block, since it does not know the VRF output that follows.
///
/// # What bias is left
///
/// - An author that dislikes the result can skip its block, and forgo what the block pays, after
///   which the next author's result decides: one bit for each slot skipped. It can as well choose
///   among competing parents where there are any.
/// - One author of two blocks in a row knows the second's VRF output while it writes the first,
///   and can steer the result through the first's hash. It can even do so for a matter that the
///   first block fixes, so a caller that draws in the very next block accepts that; waiting for
///   `n` blocks asks for `n + 1` in a row.
/// - Nothing is hidden from the author itself: do not let it, having seen the result, change what
///   is drawn over in the same block.
///
/// # Where there is none
///
/// Outside of a block's execution (a call through a runtime API, genesis) there is no VRF output.
/// Then the result is the same function of zeros, said to be known since block 0, so that a caller
/// which compares block numbers does not take it for randomness.
pub struct CurrentBlockVrf;

impl Randomness<Hash, BlockNumber> for CurrentBlockVrf {
	fn random(subject: &[u8]) -> (Hash, BlockNumber) {
		let digest = frame_system::Pallet::<Runtime>::digest();
		match vrf_pre_output(&digest.logs) {
			Some(output) => (
				mix(subject, &output.encode(), frame_system::Pallet::<Runtime>::parent_hash()),
				frame_system::Pallet::<Runtime>::block_number(),
			),
			None => (mix(subject, &[0; 32], Hash::zero()), 0),
		}
	}
}

/// What stands in for [`CurrentBlockVrf`] in benchmarks, which call the pallets outside of any block:
/// as much work, and always of the current block.
#[cfg(feature = "runtime-benchmarks")]
pub struct Benchmarked;

#[cfg(feature = "runtime-benchmarks")]
impl Randomness<Hash, BlockNumber> for Benchmarked {
	fn random(subject: &[u8]) -> (Hash, BlockNumber) {
		let (random, _) = CurrentBlockVrf::random(subject);
		(random, frame_system::Pallet::<Runtime>::block_number())
	}
}

/// The author's VRF output in a block's digest: absent if BABE wrote none.
fn vrf_pre_output(logs: &[DigestItem]) -> Option<VrfPreOutput> {
	let pre_digest: PreDigest = logs.iter().find_map(|log| log.as_babe_pre_digest())?;
	pre_digest.vrf_signature().map(|signature| signature.pre_output.clone())
}

fn mix(subject: &[u8], vrf_pre_output: &[u8], parent: <Block as BlockT>::Hash) -> Hash {
	// `subject` is encoded with its length, so that no two triples encode alike.
	sp_io::hashing::blake2_256(&(subject, vrf_pre_output, parent).encode()).into()
}
