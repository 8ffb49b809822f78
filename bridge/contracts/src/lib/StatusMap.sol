// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What became of each message: four bits per nonce, 64 in a word
/// @notice A nonce whose four bits are zero has not been seen, so this is the bitmap against replay as well.
library StatusMap {
	struct Map {
		mapping(uint256 word => uint256) words;
	}

	/// @notice The status of a nonce.
	function get(Map storage map, uint64 nonce) internal view returns (uint8) {
		return uint8((map.words[nonce >> 6] >> ((nonce & 63) << 2)) & 0xf);
	}

	/// @notice Sets the status of a nonce.
	function set(Map storage map, uint64 nonce, uint8 status) internal {
		uint256 shift = (nonce & 63) << 2;
		uint256 word = map.words[nonce >> 6];
		map.words[nonce >> 6] = (word & ~(uint256(0xf) << shift)) | (uint256(status) << shift);
	}
}
