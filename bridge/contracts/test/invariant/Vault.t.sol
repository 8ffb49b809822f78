// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Test } from "../utils/Test.sol";
import { Handler } from "./Handler.sol";

/// @notice The token's invariant, over 100,000 calls in any order.
contract VaultTest is Test {
	struct FuzzSelector {
		address addr;
		bytes4[] selectors;
	}

	Handler private _handler;

	function setUp() public {
		_handler = new Handler();
	}

	function targetContracts() public view override returns (address[] memory targets) {
		targets = new address[](1);
		targets[0] = address(_handler);
	}

	/// @dev What must happen often for the rest to happen at all is named more than once.
	function targetSelectors() public view returns (FuzzSelector[] memory targets) {
		bytes4[22] memory calls = [
			Handler.tellRelease.selector,
			Handler.tellRelease.selector,
			Handler.tellBurn.selector,
			Handler.tellNonsense.selector,
			Handler.tellGovernance.selector,
			Handler.tellSettlement.selector,
			Handler.raiseFee.selector,
			Handler.refund.selector,
			Handler.credit.selector,
			Handler.commitToBlock.selector,
			Handler.handOver.selector,
			Handler.deliverAny.selector,
			Handler.deliverAny.selector,
			Handler.deliverAny.selector,
			Handler.retryAny.selector,
			Handler.breakTimelock.selector,
			Handler.pauseOrUnpause.selector,
			Handler.pauseOrUnpause.selector,
			Handler.drain.selector,
			Handler.claimAny.selector,
			Handler.deposit.selector,
			Handler.wait.selector
		];
		targets = new FuzzSelector[](1);
		targets[0].addr = address(_handler);
		targets[0].selectors = new bytes4[](calls.length);
		for (uint256 i; i < calls.length; ++i) {
			targets[0].selectors[i] = calls[i];
		}
	}

	function invariant_theVaultHoldsWhatIsIssuedAndInFlight() public view {
		_handler.checkBooks();
	}

	function afterInvariant() public {
		_handler.settleUp();
		_handler.checkBooks();
		bytes32[5] memory what = [bytes32("tell"), "deliver", "commit", "handover", "deposit"];
		for (uint256 i; i < what.length; ++i) {
			vm.assertTrue(_handler.done(what[i]) != 0, "the run has done something");
		}
	}
}
