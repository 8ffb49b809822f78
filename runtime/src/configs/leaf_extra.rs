//! What an MMR leaf says beyond the block before it and the next BEEFY authorities.

use sp_consensus_beefy::mmr::BeefyDataProvider;
use sp_core::H256;

use crate::BaseBridge;

/// The extra data of a leaf: 32 bytes, for the root of what light clients are to be told.
pub type LeafExtra = H256;

/// Provides the extra data of the leaf that a block appends: the hash of the roots of what its parent told to Base.
///
/// A leaf is stored off chain under its parent block's hash, so that two forks of one parent
/// write the same key: what this returns may depend on the block's ancestors only, never on the
/// block itself. The bridge writes its roots when a block ends, and Mmr reads them when the next
/// one begins, before anything else of it has run that could change them.
pub struct LeafExtraProvider;

impl BeefyDataProvider<LeafExtra> for LeafExtraProvider {
	fn extra_data() -> LeafExtra {
		BaseBridge::roots().leaf_extra()
	}
}
