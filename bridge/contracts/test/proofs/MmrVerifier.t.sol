// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { MmrVerifier } from "../../src/lib/MmrVerifier.sol";
import { Test } from "../utils/Test.sol";
import { Trees } from "../utils/Trees.sol";

/// @notice Proofs in a mountain range of every shape, and what must not pass for one.
contract MmrVerifierTest is Test {
	using Trees for Trees.Range;

	uint256 private constant MOST = 300;
	Trees.Range private _range;

	function setUp() public {
		for (uint256 i; i < MOST; ++i) {
			_range.append(leaf(i));
		}
	}

	function leaf(uint256 i) private pure returns (bytes32) {
		return keccak256(abi.encode("leaf", i));
	}

	function verify(bytes32 root, bytes32 leafHash, uint256 index, uint256 count, bytes32[] calldata items) external pure {
		MmrVerifier.verify(root, leafHash, index, count, items);
	}

	function shape(uint256 index, uint256 count) private pure returns (uint256 i, uint256 n) {
		n = bound(count, 1, MOST);
		i = bound(index, 0, n - 1);
	}

	function test_everyLeafOfEverySmallRange() public view {
		for (uint256 n = 1; n <= 40; ++n) {
			bytes32 root = _range.rangeRoot(n);
			for (uint256 i; i < n; ++i) {
				this.verify(root, leaf(i), i, n, _range.rangeProof(i, n));
			}
		}
	}

	function testFuzz_anyLeaf(uint256 index, uint256 count) public view {
		(uint256 i, uint256 n) = shape(index, count);
		this.verify(_range.rangeRoot(n), leaf(i), i, n, _range.rangeProof(i, n));
	}

	function testFuzz_noOtherIndexPasses(uint256 index, uint256 count, uint256 other) public {
		(uint256 i, uint256 n) = shape(index, count);
		vm.assume(other != i);
		bytes32 root = _range.rangeRoot(n);
		bytes32[] memory items = _range.rangeProof(i, n);
		vm.expectRevert();
		this.verify(root, leaf(i), other, n, items);
		vm.assume(n > 1);
		other = bound(other, 0, n - 1);
		vm.assume(other != i);
		vm.expectRevert();
		this.verify(root, leaf(i), other, n, items);
	}

	function testFuzz_anIndexBeyondTheLastLeafIsRefused(uint256 index, uint256 count, uint256 beyond) public {
		(uint256 i, uint256 n) = shape(index, count);
		beyond = bound(beyond, n, type(uint256).max - 1);
		bytes32 root = _range.rangeRoot(n);
		bytes32[] memory items = _range.rangeProof(i, n);
		vm.expectRevert(abi.encodeWithSelector(MmrVerifier.MmrIndexOutOfRange.selector, beyond, n));
		this.verify(root, leaf(i), beyond, n, items);
	}

	/// @dev Another count of the same shape can lead to the same root; the index then means the same leaf only if the bits agree. So the
	/// contracts take the count from the commitment, and here only counts that ask for another proof are tried.
	function testFuzz_aCountOfAnotherShapeIsRefused(uint256 index, uint256 count, uint256 other) public {
		(uint256 i, uint256 n) = shape(index, count);
		other = bound(other, i + 1, MOST + 1);
		bytes32[] memory items = _range.rangeProof(i, n);
		bytes32 root = _range.rangeRoot(n);
		(uint256 height, uint256 left, bool right) = MmrVerifier.locate(i, other);
		vm.assume(height + left + (right ? 1 : 0) != items.length);
		vm.expectRevert(abi.encodeWithSelector(MmrVerifier.WrongMmrProofLength.selector, items.length, height + left + (right ? 1 : 0)));
		this.verify(root, leaf(i), i, other, items);
	}

	function testFuzz_anyChangedItemIsRefused(uint256 index, uint256 count, uint256 place, bytes32 by) public {
		(uint256 i, uint256 n) = shape(index, count);
		vm.assume(n > 1 && by != 0);
		bytes32 root = _range.rangeRoot(n);
		bytes32[] memory items = _range.rangeProof(i, n);
		items[bound(place, 0, items.length - 1)] ^= by;
		vm.expectPartialRevert(MmrVerifier.WrongMmrRoot.selector);
		this.verify(root, leaf(i), i, n, items);
	}

	function testFuzz_itemsInAnotherOrderAreRefused(uint256 index, uint256 count, uint256 a, uint256 b) public {
		(uint256 i, uint256 n) = shape(index, count);
		bytes32 root = _range.rangeRoot(n);
		bytes32[] memory items = _range.rangeProof(i, n);
		vm.assume(items.length > 1);
		a = bound(a, 0, items.length - 1);
		b = bound(b, 0, items.length - 1);
		vm.assume(a != b);
		(items[a], items[b]) = (items[b], items[a]);
		vm.expectPartialRevert(MmrVerifier.WrongMmrRoot.selector);
		this.verify(root, leaf(i), i, n, items);
	}

	function testFuzz_aShortProofIsRefused(uint256 index, uint256 count, uint256 length) public {
		(uint256 i, uint256 n) = shape(index, count);
		vm.assume(n > 1);
		bytes32 root = _range.rangeRoot(n);
		bytes32[] memory items = _range.rangeProof(i, n);
		uint256 needed = items.length;
		length = bound(length, 0, needed - 1);
		assembly {
			mstore(items, length)
		}
		vm.expectRevert(abi.encodeWithSelector(MmrVerifier.WrongMmrProofLength.selector, length, needed));
		this.verify(root, leaf(i), i, n, items);
	}

	function testFuzz_anExtraItemIsRefused(uint256 index, uint256 count, bytes32 extra, bool atTheEnd) public {
		(uint256 i, uint256 n) = shape(index, count);
		bytes32 root = _range.rangeRoot(n);
		bytes32[] memory items = _range.rangeProof(i, n);
		bytes32[] memory more = new bytes32[](items.length + 1);
		for (uint256 k; k < items.length; ++k) {
			more[atTheEnd ? k : k + 1] = items[k];
		}
		more[atTheEnd ? items.length : 0] = extra;
		vm.expectRevert(abi.encodeWithSelector(MmrVerifier.WrongMmrProofLength.selector, items.length + 1, items.length));
		this.verify(root, leaf(i), i, n, more);
	}

	function testFuzz_anInnerNodeIsNoLeaf(uint256 index, uint256 count) public {
		(uint256 i, uint256 n) = shape(index, count);
		bytes32 root = _range.rangeRoot(n);
		bytes32[] memory items = _range.rangeProof(i, n);
		(uint256 height,,) = MmrVerifier.locate(i, n);
		vm.assume(height > 0);
		bytes32 parent = i % 2 == 0 ? Trees.inner(leaf(i), items[0]) : Trees.inner(items[0], leaf(i));
		bytes32[] memory rest = new bytes32[](items.length - 1);
		for (uint256 k; k < rest.length; ++k) {
			rest[k] = items[k + 1];
		}
		// The proof of the node is one item too short for any leaf under the same peak.
		vm.expectRevert(abi.encodeWithSelector(MmrVerifier.WrongMmrProofLength.selector, rest.length, items.length));
		this.verify(root, parent, i, n, rest);
	}

	function test_anEmptyRangeAndAZeroRootProveNothing() public {
		bytes32[] memory items = new bytes32[](0);
		vm.expectRevert(MmrVerifier.EmptyRange.selector);
		this.verify(leaf(0), leaf(0), 0, 0, items);
		vm.expectRevert(MmrVerifier.EmptyRange.selector);
		this.verify(0, 0, 0, 1, items);
		this.verify(leaf(0), leaf(0), 0, 1, items);
	}
}
