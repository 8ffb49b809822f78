// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Hash } from "./Hash.sol";

/// @title Validator sets: their lists, and the signatures of a quorum
/// @notice A list is `bytes` with 20 for each validator, in the order of their index.
library Authorities {
	/// @notice A list of n addresses was needed and `given` were handed in.
	error WrongListLength(uint256 given, uint256 needed);
	/// @notice The list is not that of the set.
	error WrongListRoot(bytes32 computed, bytes32 expected);
	/// @notice The bit field has not exactly one bit for each validator, in words of 256.
	error WrongBitfieldLength(uint256 words, uint256 needed);
	/// @notice A bit beyond the last validator is set.
	error PaddingBitSet(uint256 lastWord);
	/// @notice Fewer validators signed than a quorum.
	error NoQuorum(uint256 signers, uint256 needed);
	/// @notice There are not 65 bytes for each bit that is set.
	error WrongSignaturesLength(uint256 given, uint256 needed);
	/// @notice A validator's key had no address, so that nothing it signs can be told from a failed recovery.
	error ZeroAuthority(uint256 validator);
	/// @notice Of a signature's two forms only that with the lower s counts.
	error HighS(uint256 validator, uint256 s);
	/// @notice The signature is not the validator's.
	error WrongSigner(uint256 validator, address recovered, address expected);

	uint256 private constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

	/// @notice How many of n validators must sign: all but the largest number that is less than a third.
	function quorum(uint256 n) internal pure returns (uint256) {
		return n - (n - 1) / 3;
	}

	/// @notice The addresses as a list, which is only as good as its root.
	function pack(address[] calldata addresses) internal pure returns (bytes memory list) {
		uint256 n = addresses.length;
		list = new bytes(n * 20);
		assembly ("memory-safe") {
			let to := add(list, 0x20)
			let from := addresses.offset
			let last := sub(n, 1)
			// The last one is written by itself: a whole word there would end beyond the list.
			for { let i := 0 } lt(i, last) { i := add(i, 1) } {
				mstore(to, shl(96, calldataload(from)))
				to := add(to, 20)
				from := add(from, 0x20)
			}
			let mask := sub(shl(96, 1), 1)
			mstore(to, or(shl(96, calldataload(from)), and(mload(to), mask)))
		}
	}

	/// @notice The Merkle root over a list, as `binary_merkle_tree::merkle_root` computes it: each address is hashed once.
	function root(bytes memory list) internal pure returns (bytes32 result) {
		uint256 width = list.length / 20;
		bytes32[] memory nodes = new bytes32[](width);
		assembly ("memory-safe") {
			let from := add(list, 0x20)
			let to := add(nodes, 0x20)
			for { let end := add(to, shl(5, width)) } lt(to, end) { to := add(to, 0x20) } {
				mstore(to, keccak256(from, 20))
				from := add(from, 20)
			}
			// Each level is written over the one below it: a parent never lies beyond its children.
			for { } gt(width, 1) { } {
				let pairs := shr(1, width)
				from := add(nodes, 0x20)
				to := from
				for { let end := add(to, shl(5, pairs)) } lt(to, end) { to := add(to, 0x20) } {
					mstore(to, keccak256(from, 0x40))
					from := add(from, 0x40)
				}
				if and(width, 1) {
					mstore(to, mload(from))
					pairs := add(pairs, 1)
				}
				width := pairs
			}
			result := mload(add(nodes, 0x20))
		}
	}

	/// @notice Reverts unless a quorum of the list signed `digest`.
	/// @param list All n validators.
	/// @param bitfield Validator i is bit i % 256 of word i / 256.
	/// @param signatures `r ‖ s ‖ v` for each bit that is set, in their order; v is 27 or 28, or 0 or 1.
	function verifyQuorum(bytes32 digest, bytes memory list, uint256[] calldata bitfield, bytes calldata signatures) internal view {
		uint256 n = list.length / 20;
		_checkBitfield(n, bitfield, signatures.length);
		uint256 used;
		for (uint256 w; w < bitfield.length; ++w) {
			uint256 validator = w << 8;
			for (uint256 bits = bitfield[w]; bits != 0; bits >>= 1) {
				if (bits & 1 == 1) {
					_checkSignature(digest, validator, _at(list, validator), signatures, used);
					used += 65;
				}
				unchecked {
					++validator;
				}
			}
		}
	}

	function _checkBitfield(uint256 n, uint256[] calldata bitfield, uint256 signaturesLength) private pure {
		uint256 words = (n + 255) >> 8;
		if (bitfield.length != words) revert WrongBitfieldLength(bitfield.length, words);
		uint256 lastWord = bitfield[words - 1];
		// Where n is a multiple of 256 the last word has no padding.
		if (n & 255 != 0 && lastWord >> (n & 255) != 0) revert PaddingBitSet(lastWord);
		uint256 signers;
		for (uint256 w; w < words; ++w) {
			for (uint256 bits = bitfield[w]; bits != 0; bits &= bits - 1) {
				unchecked {
					++signers;
				}
			}
		}
		if (signers < quorum(n)) revert NoQuorum(signers, quorum(n));
		if (signaturesLength != signers * 65) revert WrongSignaturesLength(signaturesLength, signers * 65);
	}

	/// @dev The caller has checked that all signatures are there.
	function _checkSignature(bytes32 digest, uint256 validator, address expected, bytes calldata signatures, uint256 offset) private view {
		uint256 s;
		address recovered;
		assembly ("memory-safe") {
			let from := add(signatures.offset, offset)
			let free := mload(0x40)
			s := calldataload(add(from, 0x20))
			let v := byte(0, calldataload(add(from, 0x40)))
			mstore(free, digest)
			mstore(add(free, 0x20), add(v, mul(27, lt(v, 27))))
			mstore(add(free, 0x40), calldataload(from))
			mstore(add(free, 0x60), s)
			// Where nothing is recovered the precompile returns nothing, and the zero stays.
			mstore(0x00, 0)
			pop(staticcall(gas(), 1, free, 0x80, 0x00, 0x20))
			recovered := mload(0x00)
		}
		if (expected == address(0)) revert ZeroAuthority(validator);
		if (s > HALF_ORDER) revert HighS(validator, s);
		if (recovered != expected) revert WrongSigner(validator, recovered, expected);
	}

	/// @dev The caller has checked that the list is that long.
	function _at(bytes memory list, uint256 index) private pure returns (address authority) {
		assembly ("memory-safe") {
			authority := shr(96, mload(add(add(list, 0x20), mul(index, 20))))
		}
	}
}
