// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Trees as the chain builds them
/// @notice Written apart from the verifiers: whole levels are built and proofs are read off them.
library Trees {
	/// @notice A mountain range: `levels[h][i]` is the root over the leaves from `i * 2^h` to `(i + 1) * 2^h`.
	struct Range {
		bytes32[][] levels;
	}

	function append(Range storage range, bytes32 leaf) internal {
		bytes32 node = leaf;
		for (uint256 h;; ++h) {
			if (range.levels.length == h) range.levels.push();
			bytes32[] storage level = range.levels[h];
			level.push(node);
			if (level.length % 2 == 1) return;
			node = inner(level[level.length - 2], node);
		}
	}

	/// @notice The peaks over the first `count` leaves, from left to right, and the height of each.
	function peaks(Range storage range, uint256 count) internal view returns (bytes32[] memory nodes, uint256[] memory heights) {
		nodes = new bytes32[](64);
		heights = new uint256[](64);
		uint256 n;
		uint256 start;
		for (uint256 down; down < 32; ++down) {
			uint256 h = 31 - down;
			if (count / 2 ** h % 2 == 0) continue;
			nodes[n] = range.levels[h][start / 2 ** h];
			heights[n++] = h;
			start += 2 ** h;
		}
		assembly {
			mstore(nodes, n)
			mstore(heights, n)
		}
	}

	function rangeRoot(Range storage range, uint256 count) internal view returns (bytes32) {
		(bytes32[] memory nodes,) = peaks(range, count);
		return bag(nodes, 0);
	}

	/// @notice Bags the peaks from number `from` on.
	function bag(bytes32[] memory nodes, uint256 from) internal pure returns (bytes32 bagged) {
		bagged = nodes[nodes.length - 1];
		for (uint256 i = nodes.length - 1; i > from; --i) {
			bagged = inner(bagged, nodes[i - 1]);
		}
	}

	function rangeProof(Range storage range, uint256 index, uint256 count) internal view returns (bytes32[] memory items) {
		(bytes32[] memory nodes, uint256[] memory heights) = peaks(range, count);
		uint256 peak;
		uint256 end;
		while (index >= end + 2 ** heights[peak]) end += 2 ** heights[peak++];
		bool right = peak + 1 < nodes.length;
		items = new bytes32[](heights[peak] + peak + (right ? 1 : 0));
		uint256 n;
		for (; n < heights[peak]; ++n) {
			uint256 place = index / 2 ** n;
			items[n] = range.levels[n][place % 2 == 0 ? place + 1 : place - 1];
		}
		if (right) items[n++] = bag(nodes, peak + 1);
		for (; peak > 0; --peak) {
			items[n++] = nodes[peak - 1];
		}
	}

	/// @notice The Merkle root of a list of leaves.
	function merkleRoot(bytes32[] memory leaves) internal pure returns (bytes32) {
		bytes32[] memory level = leaves;
		while (level.length > 1) level = parents(level);
		return level[0];
	}

	/// @notice The committed root of a list of leaves.
	function root(bytes32[] memory leaves) internal pure returns (bytes32) {
		if (leaves.length == 0) return 0;
		return keccak256(abi.encode(keccak256("deepnode.bridge.tree.v1"), leaves.length, merkleRoot(leaves)));
	}

	function proof(bytes32[] memory leaves, uint256 index) internal pure returns (bytes32[] memory items) {
		items = new bytes32[](64);
		uint256 n;
		for (bytes32[] memory level = leaves; level.length > 1; level = parents(level)) {
			uint256 sibling = index % 2 == 0 ? index + 1 : index - 1;
			if (sibling < level.length) items[n++] = level[sibling];
			index /= 2;
		}
		assembly {
			mstore(items, n)
		}
	}

	function parents(bytes32[] memory level) internal pure returns (bytes32[] memory above) {
		above = new bytes32[]((level.length + 1) / 2);
		for (uint256 i; i < above.length; ++i) {
			above[i] = 2 * i + 1 < level.length ? inner(level[2 * i], level[2 * i + 1]) : level[2 * i];
		}
	}

	function inner(bytes32 left, bytes32 right) internal pure returns (bytes32) {
		return keccak256(bytes.concat(left, right));
	}
}
