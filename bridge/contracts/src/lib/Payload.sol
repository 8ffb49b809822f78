// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Payloads of messages towards Base
/// @notice Each function says whether the bytes are the `abi.encode` of its types, and never reverts: a message whose payload is
/// malformed is refused, so that it does not block anything and can be refunded.
library Payload {
	/// @notice `(address recipient, uint128 amount)`.
	function release(bytes calldata p) internal pure returns (bool ok, address recipient, uint128 amount) {
		if (p.length != 64 || _word(p, 0) >> 160 != 0 || _word(p, 1) >> 128 != 0) return (false, address(0), 0);
		return (true, address(uint160(_word(p, 0))), uint128(_word(p, 1)));
	}

	/// @notice `(uint64 epoch, bytes32 root, uint128 total, uint32 count)`.
	function settlement(bytes calldata p) internal pure returns (bool ok, uint64 epoch, bytes32 root, uint128 total, uint32 count) {
		if (p.length != 128 || _word(p, 0) >> 64 != 0 || _word(p, 2) >> 128 != 0 || _word(p, 3) >> 32 != 0) {
			return (false, 0, 0, 0, 0);
		}
		return (true, uint64(_word(p, 0)), bytes32(_word(p, 1)), uint128(_word(p, 2)), uint32(_word(p, 3)));
	}

	/// @notice `(uint64 epoch, uint128 amount)`.
	function burn(bytes calldata p) internal pure returns (bool ok, uint64 epoch, uint128 amount) {
		if (p.length != 64 || _word(p, 0) >> 64 != 0 || _word(p, 1) >> 128 != 0) return (false, 0, 0);
		return (true, uint64(_word(p, 0)), uint128(_word(p, 1)));
	}

	/// @notice `(address target, bytes data)`.
	function governance(bytes calldata p) internal pure returns (bool ok, address target, bytes calldata data) {
		data = p[:0];
		if (p.length < 96 || _word(p, 0) >> 160 != 0 || _word(p, 1) != 64) return (false, address(0), data);
		uint256 length = _word(p, 2);
		uint256 room = p.length - 96;
		// The data is padded to a whole number of words, and nothing follows.
		if (length > room || room != ((length + 31) & ~uint256(31))) return (false, address(0), data);
		return (true, address(uint160(_word(p, 0))), p[96:96 + length]);
	}

	/// @dev The caller has checked that the payload is that long.
	function _word(bytes calldata p, uint256 index) private pure returns (uint256 word) {
		assembly ("memory-safe") {
			word := calldataload(add(p.offset, shl(5, index)))
		}
	}
}
