// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Hashing of inner nodes
library Hash {
	/// @notice `keccak256(left ‖ right)`, without allocating memory.
	function pair(bytes32 left, bytes32 right) internal pure returns (bytes32 result) {
		assembly ("memory-safe") {
			mstore(0x00, left)
			mstore(0x20, right)
			result := keccak256(0x00, 0x40)
		}
	}
}
