// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Gateway } from "../src/Gateway.sol";
import { Settlement } from "../src/Settlement.sol";
import { Claim, Kind } from "../src/Types.sol";
import { MerkleTree } from "../src/lib/MerkleTree.sol";
import { Fixture } from "./utils/Fixture.sol";
import { Trees } from "./utils/Trees.sol";

/// @notice What was earned on the chain is paid once to each, and never more than the total.
contract SettlementTest is Fixture {
	uint64 private constant EPOCH = 9;
	uint32 private constant COUNT = 300;
	uint128 private constant EACH = 1e18;
	uint128 private constant TOTAL = EACH * COUNT;
	bytes32[] private _leaves;

	function setUp() public {
		deployBridge(4);
		for (uint32 i; i < COUNT; ++i) {
			_leaves.push(leafOf(claimOf(i)));
		}
		open(EPOCH, Trees.root(_leaves), TOTAL, COUNT);
	}

	function claimOf(uint32 i) private returns (Claim memory) {
		return Claim(EPOCH, i, account(vm.toString(i)), EACH);
	}

	function open(uint64 epoch, bytes32 root, uint128 total, uint32 count) private {
		deliver(message(Kind.SETTLEMENT, 0, abi.encode(epoch, root, total, count)));
	}

	function claim(Claim memory c) private {
		settlement.claim(c, TOTAL, COUNT, Trees.proof(_leaves, c.index));
	}

	function test_aClaimIsPaidOnce() public {
		Claim memory c = claimOf(271);
		vm.assertFalse(settlement.isClaimed(EPOCH, 271));
		vm.expectEmit(address(settlement));
		emit Settlement.Claimed(EPOCH, 271, c.account, EACH);
		claim(c);
		vm.assertTrue(settlement.isClaimed(EPOCH, 271));
		vm.assertFalse(settlement.isClaimed(EPOCH, 270));
		vm.assertFalse(settlement.isClaimed(EPOCH, 15));
		vm.assertEq(token.balanceOf(c.account), EACH);
		vm.assertEq(settlement.paid(EPOCH), EACH);
		bytes32[] memory items = Trees.proof(_leaves, 271);
		vm.expectRevert(abi.encodeWithSelector(Settlement.AlreadyClaimed.selector, EPOCH, 271));
		settlement.claim(c, TOTAL, COUNT, items);
	}

	function batch(uint32 from, uint32 to) private returns (Claim[] memory claims, bytes32[][] memory items) {
		claims = new Claim[](to - from);
		items = new bytes32[][](to - from);
		for (uint32 i = from; i < to; ++i) {
			claims[i - from] = claimOf(i);
			items[i - from] = Trees.proof(_leaves, i);
		}
	}

	function test_batchesPassOverWhatIsPaid() public {
		claim(claimOf(3));
		for (uint32 from; from < COUNT; from += 60) {
			(Claim[] memory claims, bytes32[][] memory items) = batch(from, from + 60);
			settlement.push(claims, TOTAL, COUNT, items);
			settlement.push(claims, TOTAL, COUNT, items);
		}
		vm.assertEq(settlement.paid(EPOCH), TOTAL);
		for (uint32 i; i < COUNT; ++i) {
			vm.assertEq(token.balanceOf(claimOf(i).account), EACH);
		}
	}

	function test_aBatchHasAProofForEachClaim() public {
		(Claim[] memory claims, bytes32[][] memory items) = batch(0, 3);
		bytes32[][] memory two = new bytes32[][](2);
		(two[0], two[1]) = (items[0], items[1]);
		vm.expectRevert(abi.encodeWithSelector(Settlement.LengthsDiffer.selector, 3, 2));
		settlement.push(claims, TOTAL, COUNT, two);
	}

	function test_claimsPassTheRateLimit() public {
		deliver(release(holder, CAPACITY - 2 * EACH, 0));
		claim(claimOf(0));
		claim(claimOf(1));
		claim(claimOf(2));
		vm.assertEq(token.balanceOf(claimOf(1).account), EACH);
		vm.assertEq(token.balanceOf(claimOf(2).account), 0);
		vm.assertTrue(settlement.isClaimed(EPOCH, 2));
		vm.warp(block.timestamp + PERIOD);
		gateway.drain(1);
		vm.assertEq(token.balanceOf(claimOf(2).account), EACH);
	}

	function test_anEpochThatIsNotOpenPaysNothing() public {
		Claim memory c = claimOf(0);
		c.epoch = 8;
		bytes32[] memory items = Trees.proof(_leaves, 0);
		vm.assertFalse(settlement.isOpen(8));
		vm.expectRevert(abi.encodeWithSelector(Settlement.UnknownEpoch.selector, 8));
		settlement.claim(c, TOTAL, COUNT, items);
	}

	function testFuzz_everyFieldCounts(uint256 field, uint32 index, bytes32 by) public {
		Claim memory c = claimOf(index % COUNT);
		bytes32[] memory items = Trees.proof(_leaves, c.index);
		vm.assume(uint128(uint256(by)) != 0);
		(uint128 total, uint32 count) = (TOTAL, COUNT);
		field = bound(field, 0, 5);
		if (field == 0) c.index = uint32(bound(uint256(by), 0, COUNT - 1));
		if (field == 1) c.account = address(uint160(c.account) ^ uint160(uint128(uint256(by))));
		if (field == 2) c.amount ^= uint128(uint256(by));
		if (field == 3) items[uint256(by) % items.length] ^= by;
		if (field == 4) total ^= uint128(uint256(by));
		if (field == 5) count = uint32(bound(uint256(by), 0, 10_000));
		vm.assume(field != 0 || c.index != index % COUNT);
		vm.assume(field != 5 || count != COUNT);
		vm.expectRevert();
		settlement.claim(c, total, count, items);
	}

	function test_aClaimIsForOneChainOneBaseOneGateway() public {
		Claim memory c = Claim(10, 0, holder, EACH);
		bytes32[3] memory leaves = [
			leafOf(c, keccak256("other"), block.chainid, address(gateway)),
			leafOf(c, CHAIN, 10, address(gateway)),
			leafOf(c, CHAIN, block.chainid, address(settlement))
		];
		for (uint64 i; i < 3; ++i) {
			bytes32[] memory one = new bytes32[](1);
			one[0] = leaves[i];
			c.epoch = 10 + i;
			open(c.epoch, Trees.root(one), EACH, 1);
			vm.expectPartialRevert(Settlement.WrongSettlement.selector);
			settlement.claim(c, EACH, 1, new bytes32[](0));
		}
	}

	function test_anEpochPaysNoMoreThanItsTotal() public {
		bytes32[] memory leaves = new bytes32[](3);
		for (uint32 i; i < 3; ++i) {
			leaves[i] = leafOf(Claim(11, i, holder, EACH));
		}
		open(11, Trees.root(leaves), 2 * EACH, 3);
		settlement.claim(Claim(11, 0, holder, EACH), 2 * EACH, 3, Trees.proof(leaves, 0));
		settlement.claim(Claim(11, 1, holder, EACH), 2 * EACH, 3, Trees.proof(leaves, 1));
		bytes32[] memory items = Trees.proof(leaves, 2);
		vm.expectRevert(abi.encodeWithSelector(Settlement.TotalExceeded.selector, 11, 3 * EACH, 2 * EACH));
		settlement.claim(Claim(11, 2, holder, EACH), 2 * EACH, 3, items);
	}

	/// @dev An epoch of six claims: four of accounts that cannot receive, one before them and one after them.
	function openWithLost() private returns (Claim[] memory claims, bytes32[][] memory items) {
		address[6] memory accounts = [holder, address(0), address(token), address(gateway), address(settlement), relayer];
		bytes32[] memory leaves = new bytes32[](6);
		(claims, items) = (new Claim[](6), new bytes32[][](6));
		for (uint32 i; i < 6; ++i) {
			claims[i] = Claim(12, i, accounts[i], EACH);
			leaves[i] = leafOf(claims[i]);
		}
		for (uint256 i; i < 6; ++i) {
			items[i] = Trees.proof(leaves, i);
		}
		open(12, Trees.root(leaves), 6 * EACH, 6);
	}

	function test_aClaimOfAnAccountThatCannotReceiveStaysInTheVault() public {
		(Claim[] memory claims, bytes32[][] memory items) = openWithLost();
		for (uint256 i = 1; i < 5; ++i) {
			vm.assertFalse(gateway.canReceive(claims[i].account));
			vm.expectRevert(abi.encodeWithSelector(Gateway.InvalidRecipient.selector, claims[i].account));
			settlement.claim(claims[i], 6 * EACH, 6, items[i]);
		}
	}

	function test_aBatchPassesOverAccountsThatCannotReceiveAndPaysTheirNeighbours() public {
		(Claim[] memory claims, bytes32[][] memory items) = openWithLost();
		uint256[3] memory before = [token.balanceOf(holder), token.balanceOf(relayer), token.balanceOf(address(gateway))];
		for (uint32 i = 1; i < 5; ++i) {
			vm.expectEmit(address(settlement));
			emit Settlement.ClaimPassedOver(12, i, claims[i].account);
		}
		settlement.push(claims, 6 * EACH, 6, items);
		vm.assertEq(token.balanceOf(holder) - before[0], EACH);
		vm.assertEq(token.balanceOf(relayer) - before[1], EACH);
		vm.assertEq(before[2] - token.balanceOf(address(gateway)), 2 * EACH);
		vm.assertEq(settlement.paid(12), 2 * EACH);
		for (uint32 i; i < 6; ++i) {
			vm.assertEq(settlement.isClaimed(12, i), i == 0 || i == 5);
		}
		// Another time there is nothing left to pay.
		settlement.push(claims, 6 * EACH, 6, items);
		vm.assertEq(settlement.paid(12), 2 * EACH);
	}

	function test_aClaimIsPassedOverOnlyIfItIsOneOfTheEpochs() public {
		(Claim[] memory claims, bytes32[][] memory items) = openWithLost();
		claims[2].amount += 1;
		vm.expectPartialRevert(Settlement.WrongSettlement.selector);
		settlement.push(claims, 6 * EACH, 6, items);
	}

	/// @dev Whoever sends too little gas must not be able to have a claim passed over that can be paid.
	function test_aBatchWithTooLittleGasDoesNothing() public {
		(Claim[] memory claims, bytes32[][] memory items) = openWithLost();
		uint256 state = vm.snapshotState();
		uint256 done;
		for (uint256 limit = 40_000; limit < 440_000; limit += 4_000) {
			try settlement.push{ gas: limit }(claims, 6 * EACH, 6, items) {
				vm.assertEq(settlement.paid(12), 2 * EACH);
				++done;
			} catch { }
			vm.revertToState(state);
		}
		vm.assertTrue(done != 0 && done < 100);
	}

	function test_malformedProofsAreRefused() public {
		Claim memory c = claimOf(7);
		bytes32[] memory items = Trees.proof(_leaves, 7);
		vm.expectRevert(MerkleTree.EmptyTree.selector);
		settlement.claim(c, TOTAL, 0, items);
		vm.expectRevert(abi.encodeWithSelector(MerkleTree.LeafIndexOutOfRange.selector, 7, 7));
		settlement.claim(c, TOTAL, 7, items);
		vm.expectRevert(abi.encodeWithSelector(MerkleTree.WrongProofLength.selector, 0, items.length));
		settlement.claim(c, TOTAL, COUNT, new bytes32[](0));
	}
}
