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
		if (root == 0) revert EmptyTree();
		bytes32 computed = rootFrom(leaf, index, count, items);
		if (computed != root) revert WrongTreeRoot(computed, root);
	}

	/// @notice The committed root to which a proof leads: never zero. Reverts if the proof has not the shape that index and count ask for.
	function rootFrom(bytes32 leaf, uint256 index, uint256 count, bytes32[] calldata items) internal pure returns (bytes32) {
		if (count == 0) revert EmptyTree();
		if (index >= count) revert LeafIndexOutOfRange(index, count);
		uint256 needed = length(index, count);
		if (items.length != needed) revert WrongProofLength(items.length, needed);
		bytes32 node = leaf;
		uint256 i = index;
		unchecked {
			uint256 used;
			for (uint256 width = count; width > 1; width = (width + 1) >> 1) {
				if (i & 1 == 1) node = Hash.pair(Hash.item(items, used++), node);
				else if (i + 1 < width) node = Hash.pair(node, Hash.item(items, used++));
				i >>= 1;
			}
		}
		return Encoding.committedRoot(count, node);
	}

	/// @notice How many items the proof of leaf `index` among `count` has.
	function length(uint256 index, uint256 count) internal pure returns (uint256 items) {
		unchecked {
			for (uint256 width = count; width > 1; width = (width + 1) >> 1) {
				if (index & 1 == 1 || index + 1 < width) ++items;
				index >>= 1;
			}
		}
	}
}
