// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { MerkleTree } from "../../src/lib/MerkleTree.sol";
import { Test } from "../utils/Test.sol";
import { Trees } from "../utils/Trees.sol";

/// @notice Proofs in committed trees of every shape, and what must not pass for one.
contract MerkleTreeTest is Test {
	uint256 private constant MOST = 200;

	function leavesOf(uint256 n) private pure returns (bytes32[] memory leaves) {
		leaves = new bytes32[](n);
		for (uint256 i; i < n; ++i) {
			leaves[i] = keccak256(abi.encode("leaf", i));
		}
	}

	function verify(bytes32 root, bytes32 leaf, uint256 index, uint256 count, bytes32[] calldata items) external pure {
		MerkleTree.verify(root, leaf, index, count, items);
	}

	function shape(uint256 index, uint256 count)
		private
		pure
		returns (uint256 i, uint256 n, bytes32[] memory leaves, bytes32[] memory items)
	{
		n = bound(count, 1, MOST);
		i = bound(index, 0, n - 1);
		leaves = leavesOf(n);
		items = Trees.proof(leaves, i);
	}

	function test_everyLeafOfEverySmallTree() public view {
		for (uint256 n = 1; n <= 40; ++n) {
			bytes32[] memory leaves = leavesOf(n);
			for (uint256 i; i < n; ++i) {
				this.verify(Trees.root(leaves), leaves[i], i, n, Trees.proof(leaves, i));
			}
		}
	}

	function testFuzz_anyLeaf(uint256 index, uint256 count) public view {
		(uint256 i, uint256 n, bytes32[] memory leaves, bytes32[] memory items) = shape(index, count);
		this.verify(Trees.root(leaves), leaves[i], i, n, items);
	}

	function testFuzz_noOtherIndexPasses(uint256 index, uint256 count, uint256 other) public {
		(uint256 i, uint256 n, bytes32[] memory leaves, bytes32[] memory items) = shape(index, count);
		vm.assume(n > 1);
		other = bound(other, 0, n - 1);
		vm.assume(other != i);
		bytes32 root = Trees.root(leaves);
		vm.expectRevert();
		this.verify(root, leaves[i], other, n, items);
	}

	function test_aPromotedLeafHasOneIndex() public {
		// `verify_proof` of binary-merkle-tree 16.1.2 takes the short proof of the last of five leaves for several indices.
		bytes32[] memory leaves = leavesOf(5);
		bytes32 root = Trees.root(leaves);
		bytes32[] memory items = Trees.proof(leaves, 4);
		vm.assertEq(items.length, 1);
		this.verify(root, leaves[4], 4, 5, items);
		for (uint256 other; other < 16; ++other) {
			if (other == 4) continue;
			vm.expectRevert();
			this.verify(root, leaves[4], other, 5, items);
		}
	}

	function testFuzz_anIndexBeyondTheLastLeafIsRefused(uint256 index, uint256 count, uint256 beyond) public {
		(uint256 i, uint256 n, bytes32[] memory leaves, bytes32[] memory items) = shape(index, count);
		beyond = bound(beyond, n, type(uint256).max - 1);
		bytes32 root = Trees.root(leaves);
		vm.expectRevert(abi.encodeWithSelector(MerkleTree.LeafIndexOutOfRange.selector, beyond, n));
		this.verify(root, leaves[i], beyond, n, items);
	}

	function testFuzz_noOtherCountPasses(uint256 index, uint256 count, uint256 other) public {
		(uint256 i, uint256 n, bytes32[] memory leaves, bytes32[] memory items) = shape(index, count);
		other = bound(other, 0, 2 * MOST);
		vm.assume(other != n);
		bytes32 root = Trees.root(leaves);
		vm.expectRevert();
		this.verify(root, leaves[i], i, other, items);
	}

	function testFuzz_anyChangedItemIsRefused(uint256 index, uint256 count, uint256 place, bytes32 by) public {
		(uint256 i, uint256 n, bytes32[] memory leaves, bytes32[] memory items) = shape(index, count);
		vm.assume(n > 1 && by != 0);
		bytes32 root = Trees.root(leaves);
		items[bound(place, 0, items.length - 1)] ^= by;
		vm.expectPartialRevert(MerkleTree.WrongTreeRoot.selector);
		this.verify(root, leaves[i], i, n, items);
	}

	function testFuzz_aShortProofIsRefused(uint256 index, uint256 count, uint256 length) public {
		(uint256 i, uint256 n, bytes32[] memory leaves, bytes32[] memory items) = shape(index, count);
		vm.assume(n > 1);
		uint256 needed = items.length;
		length = bound(length, 0, needed - 1);
		assembly {
			mstore(items, length)
		}
		bytes32 root = Trees.root(leaves);
		vm.expectRevert(abi.encodeWithSelector(MerkleTree.WrongProofLength.selector, length, needed));
		this.verify(root, leaves[i], i, n, items);
	}

	function testFuzz_anExtraItemIsRefused(uint256 index, uint256 count, bytes32 extra, bool atTheEnd) public {
		(uint256 i, uint256 n, bytes32[] memory leaves, bytes32[] memory items) = shape(index, count);
		bytes32[] memory more = new bytes32[](items.length + 1);
		for (uint256 k; k < items.length; ++k) {
			more[atTheEnd ? k : k + 1] = items[k];
		}
		more[atTheEnd ? items.length : 0] = extra;
		bytes32 root = Trees.root(leaves);
		vm.expectRevert(abi.encodeWithSelector(MerkleTree.WrongProofLength.selector, items.length + 1, items.length));
		this.verify(root, leaves[i], i, n, more);
	}

	function testFuzz_aDuplicatedItemIsRefused(uint256 index, uint256 count, uint256 place) public {
		(uint256 i, uint256 n, bytes32[] memory leaves, bytes32[] memory items) = shape(index, count);
		vm.assume(items.length > 1);
		place = bound(place, 1, items.length - 1);
		items[place] = items[place - 1];
		bytes32 root = Trees.root(leaves);
		vm.expectPartialRevert(MerkleTree.WrongTreeRoot.selector);
		this.verify(root, leaves[i], i, n, items);
	}

	function testFuzz_anInnerNodeIsNoLeaf(uint256 index, uint256 count) public {
		(uint256 i, uint256 n, bytes32[] memory leaves,) = shape(index, count);
		vm.assume(n > 1);
		// The tree over the parents has the same Merkle root, and a shorter proof leads there; but it has another count.
		bytes32[] memory above = Trees.parents(leaves);
		vm.assertEq(Trees.merkleRoot(above), Trees.merkleRoot(leaves));
		bytes32[] memory items = Trees.proof(above, i / 2);
		bytes32 root = Trees.root(leaves);
		vm.expectPartialRevert(MerkleTree.WrongTreeRoot.selector);
		this.verify(root, above[i / 2], i / 2, above.length, items);
	}

	function test_anEmptyTreeAndAZeroRootProveNothing() public {
		bytes32[] memory items = new bytes32[](0);
		bytes32 leaf = keccak256("leaf");
		vm.expectRevert(MerkleTree.EmptyTree.selector);
		this.verify(0, leaf, 0, 1, items);
		vm.expectRevert(MerkleTree.EmptyTree.selector);
		this.verify(leaf, leaf, 0, 0, items);
		// A root that is not bound to its count is none.
		vm.expectPartialRevert(MerkleTree.WrongTreeRoot.selector);
		this.verify(leaf, leaf, 0, 1, items);
	}
}
