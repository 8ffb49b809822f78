// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Message, Status } from "../src/Types.sol";
import { Fixture } from "./utils/Fixture.sol";
import { Validators } from "./utils/Validators.sol";

/// @notice The whole way of a withdrawal, over many sessions.
contract FlowTest is Fixture {
	function setUp() public {
		deployBridge(4);
	}

	function test_aWithdrawalArrivesAndItsRelayerIsPaid() public {
		Message memory m = release(holder, 10e18, 1e18);
		uint256 before = token.balanceOf(holder);
		deliver(m);
		vm.assertEq(token.balanceOf(holder) - before, 10e18);
		vm.assertEq(token.balanceOf(relayer), 1e18 + OTHER_REWARD);
		vm.assertEq(gateway.statusOf(m.nonce), Status.DONE);
		vm.assertEq(token.balanceOf(address(gateway)), VAULT - 11e18);
	}

	function test_commitmentsFollowSessionsWithChangingSets() public {
		for (uint256 i = 1; i < 20; ++i) {
			makeBlocks(i % 3);
			startSession(Validators.make(0, vm.toString(i), 1 + i % 7));
			submit(submission());
			(uint64 id,,) = client.currentSet();
			vm.assertEq(id, i);
			commit();
			vm.assertEq(client.latestBlock(), height);
		}
	}
}
