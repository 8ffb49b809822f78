// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { BeefyClient } from "../../src/BeefyClient.sol";
import { RootsProof } from "../../src/Types.sol";
import { MmrVerifier } from "../../src/lib/MmrVerifier.sol";
import { Fixture } from "../utils/Fixture.sol";
import { Validators } from "../utils/Validators.sol";

/// @notice How one validator set follows another.
contract SessionsTest is Fixture {
	using Validators for Validators.Group;

	function setUp() public {
		deployBridge(4);
		makeBlocks(2);
	}

	function refused(Submission memory s, bytes memory why) private {
		vm.expectRevert(why);
		submit(s);
	}

	function assertSets(uint64 id) private view {
		(uint64 a, uint32 aLen, bytes32 aRoot) = client.currentSet();
		(uint64 b, uint32 bLen, bytes32 bRoot) = client.nextSet();
		vm.assertEq(a, id);
		vm.assertEq(b, id + 1);
		vm.assertEq(aRoot, current.root);
		vm.assertEq(bRoot, next.root);
		vm.assertEq(aLen, current.keys.length);
		vm.assertEq(bLen, next.keys.length);
	}

	function test_theNextSetHandsOver() public {
		startSession(Validators.make(0, "set 2", 7));
		Submission memory s = submission();
		vm.expectEmit(address(client));
		emit BeefyClient.SetsChanged(current.set(), next.set());
		submit(s);
		assertSets(1);
	}

	function test_anyBlockOfASessionCanHandOver() public {
		startSession(Validators.make(0, "set 2", 7));
		makeBlocks(3);
		submit(submission());
		assertSets(1);
	}

	function test_theCurrentSetChangesNoSet() public {
		commit();
		assertSets(0);
		// Not even where it signs a root below which other validators are announced: it has announced its successors already.
		next = Validators.make(1, "others", 4);
		makeBlock(Roots(0, 0, 0));
		submit(submission());
		(,, bytes32 root) = client.nextSet();
		vm.assertEq(root, Validators.make(1, "set 1", 4).root);
	}

	function test_theSetBeforeIsUnknownAfterAHandover() public {
		Validators.Group memory before = current;
		startSession(Validators.make(0, "set 2", 4));
		submit(submission());
		makeBlock(Roots(0, 0, 0));
		Submission memory s = submission();
		s.commitment.validatorSetId = 0;
		s.authorities = before.addresses;
		sign(s, before, 0, 3);
		refused(s, abi.encodeWithSelector(BeefyClient.UnknownSet.selector, 0, 1, 2));
	}

	function test_skippedSessionsAreCaughtUpInOrder() public {
		Submission[] memory firsts = new Submission[](5);
		for (uint256 i; i < 5; ++i) {
			startSession(Validators.make(0, vm.toString(i), 4));
			firsts[i] = submission();
			makeBlocks(3);
		}
		for (uint64 i = 1; i < 5; ++i) {
			refused(firsts[i], abi.encodeWithSelector(BeefyClient.UnknownSet.selector, i + 1, 0, 1));
		}
		for (uint256 i; i < 5; ++i) {
			submit(firsts[i]);
		}
		assertSets(5);
	}

	function test_aHandoverNeedsTheLeafOfItsOwnBlock() public {
		startSession(Validators.make(0, "set 2", 4));
		makeBlocks(2);
		Submission memory s = submission();
		RootsProof memory older = rootsProof(1, height);
		(s.leaf, s.mmrItems) = (older.leaf, older.mmrItems);
		refused(s, abi.encodeWithSelector(BeefyClient.WrongLeafBlock.selector, 1, height));
	}

	function test_anOldLeafUnderANewCommitmentIsRefused() public {
		Submission memory s = submission();
		startSession(Validators.make(0, "set 2", 4));
		Submission memory handover = submission();
		// The old leaf claims the new place.
		uint32 parent = handover.leaf.parentNumber;
		handover.leaf = s.leaf;
		handover.leaf.parentNumber = parent;
		vm.expectPartialRevert(MmrVerifier.WrongMmrRoot.selector);
		submit(handover);
	}

	function test_aHandoverAnnouncesTheSetAfterTheNext() public {
		startSession(Validators.make(0, "set 2", 4));
		// The first block of the session repeats the announcement of the session before.
		next.id = 1;
		makeBlock(Roots(0, 0, 0));
		Submission memory s = submission();
		refused(s, abi.encodeWithSelector(BeefyClient.WrongSetId.selector, 1, 2));
		next.id = 3;
		makeBlock(Roots(0, 0, 0));
		s = submission();
		refused(s, abi.encodeWithSelector(BeefyClient.WrongSetId.selector, 3, 2));
	}

	function test_noSetIsEmptyOrTooLargeOrWithoutARoot() public {
		startSession(Validators.make(0, "set 2", 4));
		uint256[] memory keys = next.keys;
		next.keys = new uint256[](0);
		makeBlock(Roots(0, 0, 0));
		Submission memory s = submission();
		refused(s, abi.encodeWithSelector(BeefyClient.WrongSetLength.selector, 0, 1200));
		next.keys = new uint256[](1201);
		makeBlock(Roots(0, 0, 0));
		s = submission();
		refused(s, abi.encodeWithSelector(BeefyClient.WrongSetLength.selector, 1201, 1200));
		next.keys = keys;
		next.root = 0;
		makeBlock(Roots(0, 0, 0));
		s = submission();
		refused(s, abi.encodeWithSelector(BeefyClient.ZeroSetRoot.selector, 2));
	}

	function test_aLeafOfAnIncompatibleVersionIsRefused() public {
		startSession(Validators.make(0, "set 2", 4));
		Submission memory s = submission();
		s.leaf.version = 1 << 5;
		refused(s, abi.encodeWithSelector(MmrVerifier.UnsupportedLeafVersion.selector, 32));
	}

	function testFuzz_everyFieldOfAHandoversLeafCounts(uint256 field, bytes32 by) public {
		startSession(Validators.make(0, "set 2", 4));
		Submission memory s = submission();
		field = bound(field, 0, 5);
		vm.assume(uint32(uint256(by)) != 0);
		if (field == 0) s.leaf.parentNumber ^= uint32(uint256(by));
		if (field == 1) s.leaf.parentHash ^= by;
		if (field == 2) s.leaf.nextSetId ^= uint64(uint256(by));
		if (field == 3) s.leaf.nextSetLen ^= uint32(uint256(by));
		if (field == 4) s.leaf.nextSetRoot ^= by;
		if (field == 5) s.leaf.leafExtra ^= by;
		vm.expectRevert();
		submit(s);
	}

	function test_aRootIsKeptWhileSixtyThreeFollow() public {
		commit();
		uint32 first = client.latestBlock();
		bytes32 root = client.rootAt(first);
		for (uint256 i; i < 63; ++i) {
			commit();
		}
		vm.assertEq(client.rootAt(first), root);
		commit();
		vm.assertEq(client.rootAt(first), 0);
		for (uint32 i = 1; i <= 64; ++i) {
			vm.assertTrue(client.rootAt(first + i) != 0);
		}
	}
}
