// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { AuthoritySet } from "../../src/Types.sol";
import { Trees } from "./Trees.sol";
import { VM } from "./Vm.sol";

/// @title Validators with keys
library Validators {
	struct Group {
		uint64 id;
		uint256[] keys;
		address[] addresses;
		bytes32 root;
	}

	/// @notice `n` validators, the same for the same seed.
	function make(uint64 id, string memory seed, uint256 n) internal pure returns (Group memory group) {
		group.id = id;
		group.keys = new uint256[](n);
		group.addresses = new address[](n);
		for (uint256 i; i < n; ++i) {
			group.keys[i] = uint256(keccak256(abi.encode(seed, i))) >> 1;
			group.addresses[i] = VM.addr(group.keys[i]);
		}
		group.root = rootOf(group.addresses);
	}

	/// @notice The root as `binary_merkle_tree::merkle_root` computes it.
	function rootOf(address[] memory addresses) internal pure returns (bytes32) {
		bytes32[] memory leaves = new bytes32[](addresses.length);
		for (uint256 i; i < leaves.length; ++i) {
			leaves[i] = keccak256(abi.encodePacked(addresses[i]));
		}
		return Trees.merkleRoot(leaves);
	}

	function set(Group memory group) internal pure returns (AuthoritySet memory) {
		return AuthoritySet(group.id, uint32(group.keys.length), group.root);
	}

	function quorum(Group memory group) internal pure returns (uint256) {
		return group.keys.length - (group.keys.length - 1) / 3;
	}

	/// @notice The signatures of `signers` validators beginning with number `first`, and their bits.
	function sign(Group memory group, bytes32 digest, uint256 first, uint256 signers)
		internal
		pure
		returns (uint256[] memory bitfield, bytes memory signatures)
	{
		bitfield = new uint256[]((group.keys.length + 255) / 256);
		bytes[] memory parts = new bytes[](signers);
		for (uint256 i; i < signers; ++i) {
			uint256 validator = first + i;
			bitfield[validator / 256] |= 1 << (validator % 256);
			parts[i] = signOne(group.keys[validator], digest);
		}
		signatures = join(parts);
	}

	function signOne(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
		(uint8 v, bytes32 r, bytes32 s) = VM.sign(key, digest);
		return abi.encodePacked(r, s, v);
	}

	function join(bytes[] memory parts) internal pure returns (bytes memory all) {
		all = new bytes(parts.length * 65);
		for (uint256 i; i < parts.length; ++i) {
			bytes memory part = parts[i];
			assembly ("memory-safe") {
				let to := add(add(all, 0x20), mul(i, 65))
				mstore(to, mload(add(part, 0x20)))
				mstore(add(to, 0x20), mload(add(part, 0x40)))
				mstore8(add(to, 0x40), byte(0, mload(add(part, 0x60))))
			}
		}
	}
}
