// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { RootsProof } from "../Types.sol";
import { IBeefyClient } from "../interfaces/IBeefyClient.sol";
import { Encoding } from "./Encoding.sol";
import { MmrVerifier } from "./MmrVerifier.sol";

/// @title What a block told, under a commitment that the light client knows
library Proofs {
	/// @notice The client does not know a root of that block, or no longer does: make the proof under a later one.
	error UnknownRoot(uint32 blockNumber);
	/// @notice The three roots are not those of the leaf.
	error WrongLeafExtra(bytes32 computed, bytes32 expected);

	/// @notice Reverts unless the three roots are those of the block `proof.leaf.parentNumber`.
	function verifyRoots(IBeefyClient client, RootsProof calldata proof) internal view {
		bytes32 mmrRoot = client.rootAt(proof.rootBlock);
		if (mmrRoot == 0) revert UnknownRoot(proof.rootBlock);
		bytes32 extra = Encoding.leafExtra(proof.messagesRoot, proof.settlementRoot, proof.receiptsRoot);
		if (extra != proof.leaf.leafExtra) revert WrongLeafExtra(extra, proof.leaf.leafExtra);
		MmrVerifier.verifyLeaf(mmrRoot, proof.rootBlock, proof.leaf, proof.mmrItems);
	}
}
