// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { BeefyClient } from "../../src/BeefyClient.sol";
import { AuthoritySet, Checkpoint, Commitment, InclusionProof, Message, Status } from "../../src/Types.sol";
import { Proofs } from "../../src/lib/Proofs.sol";
import { Fixture } from "../utils/Fixture.sol";
import { Validators } from "../utils/Validators.sol";
import { TimelockController } from "@openzeppelin/contracts/governance/TimelockController.sol";

/// @notice How a client that is frozen is given something to trust again.
contract RestartTest is Fixture {
	using Validators for Validators.Group;

	function setUp() public {
		deployBridge(4);
		makeBlocks(2);
	}

	function checkpoint() private view returns (Checkpoint memory) {
		return Checkpoint(height, submission().commitment.mmrRoot, current.set(), next.set());
	}

	/// @dev Much later, with other validators.
	function freshCheckpoint() private returns (Checkpoint memory) {
		makeBlocks(10);
		current = Validators.make(7, "set 7", 5);
		next = Validators.make(8, "set 8", 6);
		return checkpoint();
	}

	function freeze() private {
		vm.warp(uint256(client.setTime()) + MAX_SILENCE + 1);
	}

	function restart(Checkpoint memory c) private {
		uint64 since = client.setTime();
		vm.prank(client.recovery());
		client.restart(c, since);
	}

	function refused(Checkpoint memory c, bytes memory why) private {
		uint64 since = client.setTime();
		vm.expectRevert(why);
		vm.prank(address(timelock));
		client.restart(c, since);
	}

	function test_timelockAndRecoveryRestartAFrozenClient() public {
		address[2] memory who = [address(timelock), client.recovery()];
		freeze();
		Checkpoint memory c = freshCheckpoint();
		uint64 since = client.setTime();
		uint256 state = vm.snapshotState();
		for (uint256 i; i < 2; ++i) {
			vm.prank(who[i]);
			client.restart(c, since);
			(uint64 id, uint32 len, bytes32 root) = client.currentSet();
			vm.assertEq(keccak256(abi.encode(id, len, root)), keccak256(abi.encode(c.current)));
			(id, len, root) = client.nextSet();
			vm.assertEq(keccak256(abi.encode(id, len, root)), keccak256(abi.encode(c.next)));
			vm.assertEq(client.latestBlock(), c.blockNumber);
			vm.assertEq(client.rootAt(c.blockNumber), c.mmrRoot);
			vm.assertEq(client.setTime(), block.timestamp);
			vm.revertToState(state);
		}
		restart(c);
		commit();
		vm.assertEq(client.latestBlock(), height);
	}

	function test_nobodyElseRestarts() public {
		freeze();
		Checkpoint memory c = freshCheckpoint();
		uint64 since = client.setTime();
		address[3] memory others = [guardian, recoveryProposer, address(this)];
		for (uint256 i; i < 3; ++i) {
			vm.expectRevert(abi.encodeWithSelector(BeefyClient.NotRecovery.selector, others[i]));
			vm.prank(others[i]);
			client.restart(c, since);
		}
	}

	function test_aClientThatHearsIsNotRestarted() public {
		refused(freshCheckpoint(), abi.encodeWithSelector(BeefyClient.NotFrozen.selector, client.setTime(), MAX_SILENCE));
	}

	function test_aQuorumThatSignsTheLastBlockThereCanBeDoesNotLockTheClientForGood() public {
		commit();
		Submission memory forged = submission();
		forged.commitment = Commitment(keccak256("forged"), type(uint32).max, current.id);
		sign(forged, current, 0, Validators.quorum(current));
		submit(forged);
		// What the chain goes on to say is in vain.
		makeBlock(Roots(0, 0, 0));
		Submission memory s = submission();
		vm.expectRevert(abi.encodeWithSelector(BeefyClient.StaleBlock.selector, height, type(uint32).max));
		submit(s);

		freeze();
		restart(checkpoint());
		vm.assertEq(client.rootAt(type(uint32).max), 0);
		vm.assertEq(client.latestBlock(), height);
		commit();
		vm.assertEq(client.latestBlock(), height);
	}

	function test_aRestartMayGoBackInBlocksAndSets() public {
		Checkpoint memory c = checkpoint();
		Validators.Group[2] memory before = [current, next];
		for (uint256 i; i < 3; ++i) {
			startSession(current);
			submit(submission());
		}
		freeze();
		restart(c);
		vm.assertEq(client.latestBlock(), 2);
		(uint64 id,,) = client.currentSet();
		vm.assertEq(id, 0);
		// And from there it follows the chain as before.
		(current, next) = (before[0], before[1]);
		makeBlock(Roots(0, 0, 0));
		startSession(current);
		submit(submission());
		vm.assertEq(client.latestBlock(), height);
	}

	function test_nothingIsProvenUnderARootFromBeforeARestart() public {
		for (uint256 i; i < 5; ++i) {
			commit();
		}
		Message memory m = release(holder, 5e18, 0);
		InclusionProof memory p = prove(m);
		uint32 first = height;
		// The ring is full, and its oldest place is not its first.
		for (uint256 i; i < 63; ++i) {
			commit();
		}
		vm.assertTrue(client.rootAt(first) != 0);
		freeze();
		// Good until then.
		uint256 state = vm.snapshotState();
		gateway.deliverMessage(m, p);
		vm.revertToState(state);

		Checkpoint memory c = checkpoint();
		(c.blockNumber, c.mmrRoot) = (1, 0);
		restart(c);
		for (uint32 i; i <= height; ++i) {
			vm.assertEq(client.rootAt(i), 0);
		}
		vm.expectRevert(abi.encodeWithSelector(Proofs.UnknownRoot.selector, p.roots.rootBlock));
		gateway.deliverMessage(m, p);
		commit();
		vm.assertTrue(client.rootAt(height) != 0);
		p.roots = rootsProof(p.roots.leaf.parentNumber, height);
		gateway.deliverMessage(m, p);
		vm.assertEq(gateway.statusOf(m.nonce), Status.DONE);
	}

	function test_theRingIsFilledAnewAfterARestart() public {
		for (uint256 i; i < 70; ++i) {
			commit();
		}
		freeze();
		makeBlock(Roots(0, 0, 0));
		uint32 first = height;
		restart(checkpoint());
		for (uint256 i; i < 63; ++i) {
			commit();
		}
		vm.assertTrue(client.rootAt(first) != 0);
		commit();
		vm.assertEq(client.rootAt(first), 0);
		vm.assertTrue(client.rootAt(first + 1) != 0);
	}

	/// @dev Whoever executes what a timelock has scheduled may be anyone, at any time.
	function test_aRestartThatWasLeftOverDoesNotServeAtALaterSilence() public {
		TimelockController lock = TimelockController(payable(deployed.recovery));
		freeze();
		bytes memory left = abi.encodeCall(BeefyClient.restart, (checkpoint(), client.setTime()));
		Checkpoint memory c = freshCheckpoint();
		bytes memory taken = abi.encodeCall(BeefyClient.restart, (c, client.setTime()));
		uint64 since = client.setTime();
		vm.startPrank(recoveryProposer);
		lock.schedule(address(client), 0, left, 0, 0, RECOVERY_DELAY);
		lock.schedule(address(client), 0, taken, 0, 0, RECOVERY_DELAY);
		vm.stopPrank();
		vm.warp(block.timestamp + RECOVERY_DELAY);
		lock.execute(address(client), 0, taken, 0, 0);
		vm.assertEq(client.latestBlock(), c.blockNumber);

		freeze();
		vm.expectRevert(abi.encodeWithSelector(BeefyClient.OtherSilence.selector, since, client.setTime()));
		lock.execute(address(client), 0, left, 0, 0);
	}

	function test_theSetsOfACheckpointFollowOneAnotherAndAreNotEmpty() public {
		freeze();
		Checkpoint memory c = freshCheckpoint();
		c.next.id = 9;
		refused(c, abi.encodeWithSelector(BeefyClient.WrongSetId.selector, 9, 8));
		c.next.id = 8;
		c.current = AuthoritySet(7, 0, keccak256("root"));
		refused(c, abi.encodeWithSelector(BeefyClient.WrongSetLength.selector, 0, 1200));
		c.current = AuthoritySet(7, 4, 0);
		refused(c, abi.encodeWithSelector(BeefyClient.ZeroSetRoot.selector, 7));
	}
}
