// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Hashing of inner nodes
/// @dev Proofs have some thirty items, so what is spent on each counts.
library Hash {
	/// @notice `keccak256(left ‖ right)`, without allocating memory.
	function pair(bytes32 left, bytes32 right) internal pure returns (bytes32 result) {
		assembly ("memory-safe") {
			mstore(0x00, left)
			mstore(0x20, right)
			result := keccak256(0x00, 0x40)
		}
	}

	/// @notice `items[i]`, where the caller has checked the length.
	function item(bytes32[] calldata items, uint256 i) internal pure returns (bytes32 result) {
		assembly ("memory-safe") {
			result := calldataload(add(items.offset, shl(5, i)))
		}
	}
}
