// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { BeefyClient } from "../../src/BeefyClient.sol";
import { Fixture } from "../utils/Fixture.sol";

/// @notice How far the client's sets may be behind the chain's before it trusts them no longer.
contract SilenceTest is Fixture {
	/// @dev What one handover is worth.
	uint256 private constant WORTH = uint256(SESSION) + SESSION / 20;

	function setUp() public {
		deployBridge(4);
		makeBlocks(2);
	}

	function handOver() private {
		startSession(current);
		submit(submission());
	}

	function behind() private view returns (uint256) {
		return block.timestamp - client.setTime();
	}

	function refusedAsFrozen(Submission memory s) private {
		vm.assertTrue(client.frozen());
		vm.expectRevert(abi.encodeWithSelector(BeefyClient.Frozen.selector, client.setTime(), MAX_SILENCE));
		submit(s);
	}

	function test_silenceFreezes() public {
		vm.warp(block.timestamp + MAX_SILENCE);
		commit();
		vm.assertFalse(client.frozen());
		vm.warp(block.timestamp + 1);
		makeBlock(Roots(0, 0, 0));
		refusedAsFrozen(submission());
	}

	function test_onlyAHandoverBreaksTheSilence() public {
		uint256 start = block.timestamp;
		vm.warp(start + MAX_SILENCE);
		commit();
		vm.assertEq(client.setTime(), start);
		handOver();
		vm.assertEq(client.setTime(), start + WORTH);
		vm.warp(start + WORTH + MAX_SILENCE);
		commit();
		vm.warp(block.timestamp + 1);
		vm.assertTrue(client.frozen());
	}

	function test_handoversDoNotRunAheadOfTime() public {
		for (uint256 i; i < 5; ++i) {
			handOver();
			vm.assertEq(client.setTime(), block.timestamp);
		}
		vm.warp(block.timestamp + WORTH - 1);
		handOver();
		vm.assertEq(client.setTime(), block.timestamp);
	}

	function test_aHandoverOfLongAgoNowAndThenDoesNotHoldOffTheFreeze() public {
		// The chain has gone on, and nobody but one brings anything: as little and as late as they may.
		Submission[] memory old = new Submission[](3);
		for (uint256 i; i < 3; ++i) {
			startSession(current);
			old[i] = submission();
		}
		vm.warp(block.timestamp + MAX_SILENCE - 1 hours);
		submit(old[0]);
		vm.warp(block.timestamp + 1 hours);
		submit(old[1]);
		vm.warp(block.timestamp + MAX_SILENCE - 1 hours);
		refusedAsFrozen(old[2]);
	}

	function test_aRelayerThatWasAwayCatchesUp() public {
		uint256 sessions = MAX_SILENCE / SESSION - 1;
		vm.warp(block.timestamp + sessions * SESSION);
		vm.assertEq(behind(), sessions * SESSION);
		for (uint256 i; i < sessions; ++i) {
			handOver();
		}
		vm.assertEq(behind(), 0);
	}

	function test_aStandstillOfTheChainIsMadeUpFor() public {
		vm.warp(block.timestamp + 2 days);
		for (uint256 i; i < 40; ++i) {
			vm.warp(block.timestamp + SESSION);
			handOver();
		}
		vm.assertEq(behind(), 2 days - 40 * SESSION / 20);
		// So it can stand still again.
		vm.warp(block.timestamp + 1 days);
		handOver();
		vm.assertFalse(client.frozen());
	}

	function test_aSessionOfAnotherLengthCounts() public {
		vm.prank(address(timelock));
		client.setSessionLength(2 * SESSION);
		uint256 start = block.timestamp;
		vm.warp(start + MAX_SILENCE);
		handOver();
		vm.assertEq(client.setTime(), start + 2 * WORTH);
	}

	/// @dev Sessions begin on time, and of the handovers that there are somebody brings as many as they like, whenever they like.
	/// forge-config: default.fuzz.runs = 64
	function testFuzz_setsAreNeverFurtherBehindThanTheSilenceAndATwentiethOfTheirTime(bytes32 seed) public {
		uint256 start = block.timestamp;
		uint256 brought;
		for (uint256 i; i < 24; ++i) {
			seed = keccak256(abi.encode(seed));
			vm.warp(block.timestamp + uint256(seed) % 1 days);
			for (uint256 n = uint256(seed >> 128) % 4; n != 0 && !client.frozen(); --n) {
				if (start + (brought + 1) * SESSION > block.timestamp) break;
				handOver();
				++brought;
			}
			if (client.frozen()) return;
			uint256 age = block.timestamp - (start + brought * SESSION);
			vm.assertLe(age, MAX_SILENCE + brought * SESSION / 20, "how old the current set is");
		}
	}
}
