// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { BeefyClient } from "../../src/BeefyClient.sol";
import { RewardPot } from "../../src/RewardPot.sol";
import { Fixture } from "../utils/Fixture.sol";

/// @notice What commitments pay, out of what.
contract RewardsTest is Fixture {
	function setUp() public {
		deployBridge(4);
	}

	function earned() private view returns (uint256) {
		return token.balanceOf(relayer);
	}

	function handOver() private {
		startSession(current);
		submit(submission());
	}

	function test_everyHandoverIsPaid() public {
		for (uint256 i = 1; i <= 5; ++i) {
			handOver();
			vm.assertEq(earned(), i * HANDOVER_REWARD);
		}
	}

	function test_otherCommitmentsArePaidOncePerInterval() public {
		commit();
		commit();
		vm.assertEq(earned(), OTHER_REWARD);
		vm.warp(block.timestamp + REWARD_INTERVAL - 1);
		commit();
		vm.assertEq(earned(), OTHER_REWARD);
		vm.warp(block.timestamp + 1);
		commit();
		vm.assertEq(earned(), 2 * OTHER_REWARD);
	}

	function test_rewardsDoNotTouchTheVault() public {
		handOver();
		commit();
		vm.assertEq(token.balanceOf(address(gateway)), VAULT);
		vm.assertEq(token.balanceOf(address(pot)), 1_000e18 - HANDOVER_REWARD - OTHER_REWARD);
	}

	function test_anEmptyPotPaysWhatItHasAndCommitmentsGoOn() public {
		vm.prank(address(timelock));
		pot.withdraw(holder, 1_000e18 - 2e18);
		handOver();
		vm.assertEq(earned(), 2e18);
		handOver();
		commit();
		vm.assertEq(earned(), 2e18);
		vm.assertEq(client.latestBlock(), height);
	}

	function test_aBrokenPotDoesNotStopCommitments() public {
		vm.startPrank(address(timelock));
		client.setRewardPot(address(new RewardPot(token, address(1), address(timelock), 1, 1, 1)));
		vm.stopPrank();
		makeBlock(Roots(0, 0, 0));
		Submission memory s = submission();
		vm.expectEmit(address(client));
		emit BeefyClient.RewardFailed(relayer, abi.encodeWithSelector(RewardPot.NotClient.selector, address(client), address(1)));
		submit(s);
		vm.prank(address(timelock));
		client.setRewardPot(address(0));
		commit();
		vm.assertEq(client.latestBlock(), height);
	}

	function test_onlyTheClientAsksAndOnlyTheTimelockSets() public {
		vm.expectRevert(abi.encodeWithSelector(RewardPot.NotClient.selector, address(this), address(client)));
		pot.reward(address(this), true);
		vm.expectRevert(abi.encodeWithSelector(RewardPot.NotTimelock.selector, address(this), address(timelock)));
		pot.setRewards(1, 1, 1);
		vm.expectRevert(abi.encodeWithSelector(RewardPot.NotTimelock.selector, address(this), address(timelock)));
		pot.withdraw(address(this), 1);
		vm.prank(address(timelock));
		pot.setRewards(3, 2, 1);
		handOver();
		vm.assertEq(earned(), 3);
	}
}
