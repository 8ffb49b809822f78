// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Encoding } from "./Encoding.sol";
import { Hash } from "./Hash.sol";

/// @title Proofs in the binary Merkle trees that the chain commits to
/// @notice Neighbours are hashed; a node without a neighbour moves up unchanged. The number of leaves is part of the root, so the shape
/// of a proof follows from index and count: a level at which the node moves up has no item.
library MerkleTree {
	/// @notice The committed root of an empty list is zero, and nothing is proven under it.
	error EmptyTree();
	/// @notice The index lies beyond the last leaf.
	error LeafIndexOutOfRange(uint256 index, uint256 count);
	/// @notice The proof has not exactly the items that index and count ask for.
	error WrongProofLength(uint256 given, uint256 needed);
	/// @notice The proof leads to another root.
	error WrongTreeRoot(bytes32 computed, bytes32 expected);

	/// @notice Reverts unless `leaf` is at `index` among the `count` leaves under the committed root `root`.
	function verify(bytes32 root, bytes32 leaf, uint256 index, uint256 count, bytes32[] calldata items) internal pure {
		if (root == 0 || count == 0) revert EmptyTree();
		if (index >= count) revert LeafIndexOutOfRange(index, count);
		bytes32 node = leaf;
		uint256 used;
		uint256 i = index;
		for (uint256 width = count; width > 1; width = (width + 1) >> 1) {
			if (i & 1 == 1 || i + 1 < width) {
				if (used == items.length) revert WrongProofLength(items.length, length(index, count));
				node = i & 1 == 1 ? Hash.pair(items[used], node) : Hash.pair(node, items[used]);
				++used;
			}
			i >>= 1;
		}
		if (used != items.length) revert WrongProofLength(items.length, used);
		bytes32 computed = Encoding.committedRoot(count, node);
		if (computed != root) revert WrongTreeRoot(computed, root);
	}

	/// @notice How many items the proof of leaf `index` among `count` has.
	function length(uint256 index, uint256 count) internal pure returns (uint256 items) {
		for (uint256 width = count; width > 1; width = (width + 1) >> 1) {
			if (index & 1 == 1 || index + 1 < width) ++items;
			index >>= 1;
		}
	}
}
