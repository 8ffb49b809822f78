// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { MmrLeaf } from "../Types.sol";
import { Encoding } from "./Encoding.sol";
import { Hash } from "./Hash.sol";

/// @title Proofs in the chain's Merkle mountain range
/// @notice The range over `count` leaves is one perfect tree (a peak) per set bit of `count`, the largest on the left. Its root bags the
/// peaks from the right: `bag = H(bag ‖ next peak to the left)`.
///
/// A proof is: the siblings from the leaf up to its peak; then, if there are peaks to the right, those bagged into one item; then each
/// peak to the left, from right to left. Its length follows from index and count, and every item is used.
library MmrVerifier {
	/// @notice A root of zero, or a range without leaves, proves nothing.
	error EmptyRange();
	/// @notice The index lies beyond the last leaf.
	error MmrIndexOutOfRange(uint256 index, uint256 count);
	/// @notice The proof has not exactly the items that index and count ask for.
	error WrongMmrProofLength(uint256 given, uint256 needed);
	/// @notice The proof leads to another root.
	error WrongMmrRoot(bytes32 computed, bytes32 expected);
	/// @notice The upper three bits of a leaf's version change when its encoding becomes incompatible.
	error UnsupportedLeafVersion(uint8 version);

	/// @notice Reverts unless `leaf` is in the range that the commitment of block `blockNumber` signs as `root`.
	/// @dev The leaf's index is its parent's number, and the range has as many leaves as the block has a number.
	function verifyLeaf(bytes32 root, uint32 blockNumber, MmrLeaf calldata leaf, bytes32[] calldata items) internal pure {
		if (leaf.version >> 5 != 0) revert UnsupportedLeafVersion(leaf.version);
		verify(root, Encoding.mmrLeafHash(leaf), leaf.parentNumber, blockNumber, items);
	}

	/// @notice Reverts unless `leafHash` is at `index` among the `count` leaves under `root`.
	function verify(bytes32 root, bytes32 leafHash, uint256 index, uint256 count, bytes32[] calldata items) internal pure {
		if (root == 0 || count == 0) revert EmptyRange();
		if (index >= count) revert MmrIndexOutOfRange(index, count);
		(uint256 height, uint256 left, bool right) = locate(index, count);
		uint256 needed = height + left + (right ? 1 : 0);
		if (items.length != needed) revert WrongMmrProofLength(items.length, needed);

		// Up to the peak `used` is also the height of the node.
		bytes32 node = leafHash;
		uint256 used;
		unchecked {
			for (; used < height; ++used) {
				bytes32 sibling = Hash.item(items, used);
				node = (index >> used) & 1 == 1 ? Hash.pair(sibling, node) : Hash.pair(node, sibling);
			}
			if (right) node = Hash.pair(Hash.item(items, used++), node);
			for (; used < needed; ++used) {
				node = Hash.pair(node, Hash.item(items, used));
			}
		}
		if (node != root) revert WrongMmrRoot(node, root);
	}

	/// @notice The peak over leaf `index`: its height, the number of peaks to its left, and whether there are any to its right.
	/// @dev Walks the set bits of `count` from the highest. Peaks to the left start at multiples of their size, so the bits of `index`
	/// below `height` are the leaf's place under its peak. Needs `index < count`.
	function locate(uint256 index, uint256 count) internal pure returns (uint256 height, uint256 left, bool right) {
		uint256 differing = index ^ count;
		// The highest bit in which they differ is set in count and clear in index: it is the leaf's peak.
		while (differing >> (height + 1) != 0) ++height;
		for (uint256 above = count >> (height + 1); above != 0; above &= above - 1) {
			++left;
		}
		right = count & ((uint256(1) << height) - 1) != 0;
	}
}
