//! What an MMR leaf says beyond the block before it and the next BEEFY authorities.

use sp_consensus_beefy::mmr::BeefyDataProvider;
use sp_core::H256;

/// The extra data of a leaf: 32 bytes, for the root of what light clients are to be told.
pub type LeafExtra = H256;

/// Provides the extra data of the leaf that a block appends: so far nothing, 32 zero bytes.
///
/// A leaf is stored off chain under its parent block's hash, so that two forks of one parent
/// write the same key: what this returns may depend on the block's ancestors only, never on the
/// block itself.
pub struct LeafExtraProvider;

impl BeefyDataProvider<LeafExtra> for LeafExtraProvider {
	fn extra_data() -> LeafExtra {
		H256::zero()
	}
}
