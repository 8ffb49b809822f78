// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { BeefyClient } from "../../src/BeefyClient.sol";
import { Gateway } from "../../src/Gateway.sol";
import { Governed } from "../../src/Governed.sol";
import { Settlement } from "../../src/Settlement.sol";
import { InclusionProof, Kind, Message, Status } from "../../src/Types.sol";
import { Fixture } from "../utils/Fixture.sol";
import { TimelockController } from "@openzeppelin/contracts/governance/TimelockController.sol";
import { Initializable } from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import { UUPSUpgradeable } from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";

/// @notice Who can do what: the guardian pauses, the chain's governance does the rest, through the timelock.
contract PowersTest is Fixture {
	address private _a = account("a");

	function setUp() public {
		deployBridge(4);
	}

	function operation(Message memory m, address target, bytes memory data) private view returns (bytes32) {
		return timelock.hashOperation(target, 0, data, 0, bytes32(uint256(m.nonce)));
	}

	function schedule(address target, bytes memory data) private returns (Message memory m) {
		m = governance(target, data);
		deliver(m);
	}

	function execute(Message memory m, address target, bytes memory data) private {
		timelock.execute(target, 0, data, 0, bytes32(uint256(m.nonce)));
	}

	// --- Governance -------------------------------------------------------------------------------

	function test_governanceActsByMessageAfterTheDelay() public {
		bytes memory data = abi.encodeCall(Gateway.setLimit, (5e18, 1 hours));
		Message memory m = schedule(address(gateway), data);
		vm.assertEq(gateway.statusOf(m.nonce), Status.DONE);
		vm.assertTrue(timelock.isOperationPending(operation(m, address(gateway), data)));
		vm.warp(block.timestamp + DELAY - 1);
		vm.expectPartialRevert(TimelockController.TimelockUnexpectedOperationState.selector);
		execute(m, address(gateway), data);
		vm.warp(block.timestamp + 1);
		execute(m, address(gateway), data);
		(uint96 capacity, uint24 period) = gateway.limit();
		vm.assertEq(capacity, 5e18);
		vm.assertEq(period, 1 hours);
	}

	function test_theSameCallCanBeMadeTwice() public {
		bytes memory data = abi.encodeCall(Gateway.setLimit, (5e18, 1 hours));
		schedule(address(gateway), data);
		Message memory again = schedule(address(gateway), data);
		vm.assertEq(gateway.statusOf(again.nonce), Status.DONE);
	}

	function test_aCancellationIsMadeAtOnce() public {
		bytes memory data = abi.encodeCall(Gateway.setLimit, (5e18, 1 hours));
		Message memory m = schedule(address(gateway), data);
		bytes32 id = operation(m, address(gateway), data);
		Message memory cancel = schedule(address(timelock), abi.encodeCall(TimelockController.cancel, (id)));
		vm.assertEq(gateway.statusOf(cancel.nonce), Status.DONE);
		vm.assertFalse(timelock.isOperation(id));
		// There is nothing left to cancel.
		Message memory again = schedule(address(timelock), abi.encodeCall(TimelockController.cancel, (id)));
		vm.assertEq(gateway.statusOf(again.nonce), Status.FAILED);
	}

	function test_otherCallsOfTheTimelockToItselfWait() public {
		bytes memory data = abi.encodeCall(TimelockController.updateDelay, (1 days));
		Message memory m = schedule(address(timelock), data);
		vm.warp(block.timestamp + DELAY);
		execute(m, address(timelock), data);
		vm.assertEq(timelock.getMinDelay(), 1 days);
	}

	function test_aGovernanceMessageThatFailsCanBeRetriedByAnyone() public {
		bytes32 proposer = timelock.PROPOSER_ROLE();
		vm.prank(address(timelock));
		timelock.revokeRole(proposer, address(gateway));
		bytes memory data = abi.encodeCall(Gateway.setLimit, (5e18, 1 hours));
		Message memory m = schedule(address(gateway), data);
		vm.assertEq(gateway.statusOf(m.nonce), Status.FAILED);
		gateway.retryMessage(m);
		vm.assertEq(gateway.statusOf(m.nonce), Status.FAILED);

		vm.prank(address(timelock));
		timelock.grantRole(proposer, address(gateway));
		Message memory other = Message(m.nonce, m.kind, m.sender, m.fee, abi.encode(address(token), data));
		vm.expectRevert(abi.encodeWithSelector(Gateway.WrongMessage.selector, leafOf(other), leafOf(m)));
		gateway.retryMessage(other);
		gateway.retryMessage(m);
		vm.assertEq(gateway.statusOf(m.nonce), Status.DONE);
		vm.assertTrue(timelock.isOperationPending(operation(m, address(gateway), data)));
		vm.expectRevert(abi.encodeWithSelector(Gateway.NotFailed.selector, m.nonce, Status.DONE));
		gateway.retryMessage(m);
	}

	/// @dev Whoever sends too little gas must not be able to make a message fail.
	function test_aDeliveryWithTooLittleGasDoesNothing() public {
		Message memory m = message(Kind.SETTLEMENT, 0, abi.encode(uint64(1), bytes32("root"), uint128(5), uint32(1)));
		InclusionProof memory p = prove(m);
		uint256 state = vm.snapshotState();
		uint256 done;
		for (uint256 limit = 60_000; limit < 260_000; limit += 2_000) {
			try gateway.deliverMessage{ gas: limit }(m, p) {
				vm.assertEq(gateway.statusOf(m.nonce), Status.DONE);
				++done;
			} catch { }
			vm.revertToState(state);
		}
		vm.assertTrue(done != 0 && done < 100);
	}

	function test_aReleaseThatTheVaultCannotPayFailsAndIsRetried() public {
		vm.prank(address(timelock));
		gateway.setLimit(type(uint96).max, 1);
		vm.warp(block.timestamp + 1);
		uint256 all = token.balanceOf(address(gateway));
		vm.prank(address(gateway));
		token.transfer(holder, all);

		Message memory m = release(_a, 5e18, 1e18);
		deliver(m);
		vm.assertEq(gateway.statusOf(m.nonce), Status.QUEUED);
		(uint64 head, uint64 tail,) = gateway.queue();
		vm.assertEq(tail - head, 2);
		vm.expectRevert(abi.encodeWithSelector(Gateway.VaultTooSmall.selector, 1e18, 0));
		gateway.drain(5);
		vm.prank(holder);
		token.transfer(address(gateway), all);
		gateway.drain(5);
		vm.assertEq(token.balanceOf(_a), 5e18);
		vm.assertEq(gateway.statusOf(m.nonce), Status.DONE);
	}

	function test_aReleaseWithoutAFeeThatTheVaultCannotPayFailsAndIsRetried() public {
		uint256 all = token.balanceOf(address(gateway));
		vm.prank(address(gateway));
		token.transfer(holder, all);
		Message memory m = release(_a, 5e18, 0);
		deliver(m);
		vm.assertEq(gateway.statusOf(m.nonce), Status.FAILED);
		vm.assertEq(gateway.available(), CAPACITY);
		vm.prank(holder);
		token.transfer(address(gateway), all);
		gateway.retryMessage(m);
		vm.assertEq(gateway.statusOf(m.nonce), Status.DONE);
		vm.assertEq(token.balanceOf(_a), 5e18);
	}

	// --- The pause --------------------------------------------------------------------------------

	function test_whilePausedNothingLeavesAndNothingIsLocked() public {
		deliver(release(_a, 2 * uint128(CAPACITY), 0));
		InclusionProof memory p;
		Message memory m = release(_a, 1e18, 0);
		p = prove(m);
		vm.expectEmit(address(gateway));
		emit Gateway.Paused(guardian);
		vm.prank(guardian);
		gateway.pause();
		vm.assertTrue(gateway.paused());
		vm.warp(block.timestamp + PERIOD);

		vm.expectRevert(Gateway.IsPaused.selector);
		gateway.deliverMessage(m, p);
		vm.expectRevert(Gateway.IsPaused.selector);
		gateway.retryMessage(m);
		vm.expectRevert(Gateway.IsPaused.selector);
		gateway.drain(1);
		vm.expectRevert(Gateway.IsPaused.selector);
		gateway.sendToChain(bytes32("account"), 1, 0);
		vm.expectRevert(Gateway.IsPaused.selector);
		vm.prank(address(settlement));
		gateway.payClaim(_a, 1);
		vm.expectRevert(Gateway.IsPaused.selector);
		vm.prank(guardian);
		gateway.pause();
	}

	function test_governanceGetsThroughAPauseAndEndsIt() public {
		vm.prank(guardian);
		gateway.pause();
		bytes memory data = abi.encodeCall(Gateway.unpause, ());
		Message memory m = governance(address(gateway), data);
		m.fee = 1e18;
		uint256 vault = token.balanceOf(address(gateway));
		deliver(m);
		vm.assertEq(gateway.statusOf(m.nonce), Status.DONE);
		// Its fee waits, like everything that leaves the vault.
		vm.assertEq(token.balanceOf(address(gateway)), vault);
		vm.warp(block.timestamp + DELAY);
		execute(m, address(gateway), data);
		vm.assertFalse(gateway.paused());
		gateway.drain(1);
		vm.assertEq(vault - token.balanceOf(address(gateway)), 1e18);
	}

	function test_theTimelockPausesToo() public {
		vm.prank(address(timelock));
		gateway.pause();
		vm.assertTrue(gateway.paused());
		vm.prank(address(timelock));
		gateway.unpause();
		vm.expectRevert(Gateway.NotPaused.selector);
		vm.prank(address(timelock));
		gateway.unpause();
	}

	// --- Nobody else ------------------------------------------------------------------------------

	function test_theGuardianPausesAndNothingElse() public {
		address[2] memory others = [guardian, _a];
		bytes4 denied = Governed.NotTimelock.selector;
		for (uint256 i; i < 2; ++i) {
			bytes memory why = abi.encodeWithSelector(denied, others[i], address(timelock));
			vm.startPrank(others[i]);
			vm.expectRevert(why);
			gateway.unpause();
			vm.expectRevert(why);
			gateway.setGuardian(others[i]);
			vm.expectRevert(why);
			gateway.setLimit(1, 1);
			vm.expectRevert(why);
			gateway.setTimelock(others[i]);
			vm.expectRevert(why);
			gateway.upgradeToAndCall(others[i], "");
			vm.expectRevert(why);
			settlement.upgradeToAndCall(others[i], "");
			vm.expectRevert(why);
			client.upgradeToAndCall(others[i], "");
			vm.expectRevert(why);
			client.setMaxSilence(1);
			vm.expectRevert(why);
			client.setSessionLength(1);
			vm.expectRevert(why);
			client.setRecovery(others[i]);
			vm.expectRevert(why);
			client.setRewardPot(others[i]);
			vm.stopPrank();
		}
		vm.expectRevert(abi.encodeWithSelector(Gateway.NotGuardian.selector, _a));
		vm.prank(_a);
		gateway.pause();
		vm.expectRevert(abi.encodeWithSelector(Gateway.NotSettlement.selector, _a, address(settlement)));
		vm.prank(_a);
		gateway.payClaim(_a, 1);
		vm.expectRevert(abi.encodeWithSelector(Settlement.NotGateway.selector, _a, address(gateway)));
		vm.prank(_a);
		settlement.open(1, bytes32("root"), 1, 1);
	}

	function test_theTimelockSetsAndEveryChangeIsAnEvent() public {
		vm.startPrank(address(timelock));
		vm.expectEmit(address(gateway));
		emit Gateway.GuardianChanged(guardian, _a);
		gateway.setGuardian(_a);
		vm.expectEmit(address(gateway));
		emit Gateway.LimitChanged(7, 8);
		gateway.setLimit(7, 8);
		vm.expectEmit(address(client));
		emit BeefyClient.MaxSilenceChanged(MAX_SILENCE, 5);
		client.setMaxSilence(5);
		vm.expectEmit(address(client));
		emit BeefyClient.SessionLengthChanged(SESSION, 4);
		client.setSessionLength(4);
		vm.expectEmit(address(client));
		emit BeefyClient.RecoveryChanged(deployed.recovery, _a);
		client.setRecovery(_a);
		vm.expectEmit(address(client));
		emit BeefyClient.RewardPotChanged(address(pot), _a);
		client.setRewardPot(_a);
		vm.expectRevert(BeefyClient.ZeroSilence.selector);
		client.setMaxSilence(0);
		vm.expectRevert(BeefyClient.ZeroSession.selector);
		client.setSessionLength(0);
		vm.expectRevert(Governed.ZeroAddress.selector);
		gateway.setTimelock(address(0));
		vm.expectEmit(address(gateway));
		emit Governed.TimelockChanged(address(timelock), _a);
		gateway.setTimelock(_a);
		vm.stopPrank();
		vm.assertEq(gateway.guardian(), _a);
		vm.assertEq(gateway.timelock(), _a);
		vm.assertEq(client.maxSilence(), 5);
		vm.assertEq(client.sessionLength(), 4);
	}

	function test_nothingIsInitialisedTwice() public {
		vm.expectRevert(Initializable.InvalidInitialization.selector);
		gateway.initialize(_a, _a, 1, 1);
		vm.expectRevert(Initializable.InvalidInitialization.selector);
		settlement.initialize(_a);
		vm.expectRevert(Initializable.InvalidInitialization.selector);
		client.initialize(_a, _a, _a, 1, 1, params.checkpoint);
		// Nor is an implementation.
		vm.expectRevert(Initializable.InvalidInitialization.selector);
		Gateway(deployed.gatewayImplementation).initialize(_a, _a, 1, 1);
		vm.expectRevert(Initializable.InvalidInitialization.selector);
		Settlement(deployed.settlementImplementation).initialize(_a);
		vm.expectRevert(Initializable.InvalidInitialization.selector);
		BeefyClient(deployed.clientImplementation).initialize(_a, _a, _a, 1, 1, params.checkpoint);
	}

	function test_anUpgradeKeepsEverything() public {
		deliver(release(_a, 2 * uint128(CAPACITY), 0));
		Gateway fresh = new Gateway(CHAIN, token, client, settlement);
		vm.prank(address(timelock));
		gateway.upgradeToAndCall(address(fresh), "");
		vm.assertEq(gateway.statusOf(0), Status.QUEUED);
		vm.warp(block.timestamp + PERIOD);
		gateway.drain(1);
		vm.assertEq(token.balanceOf(_a), 2 * uint256(CAPACITY));
	}

	function test_storageIsWhereItsNamesSay() public view {
		vm.assertEq(uint256(gateway.OUTBOX_SLOT()), slotOf("deepnode.storage.Gateway"));
		vm.assertEq(uint256(gateway.REFUSED_SLOT()), slotOf("deepnode.storage.Gateway") + 1);
		bytes32 governed = bytes32(slotOf("deepnode.storage.Governed"));
		vm.assertEq(vm.load(address(gateway), governed), bytes32(uint256(uint160(address(timelock)))));
		bytes32 sets = bytes32(slotOf("deepnode.storage.BeefyClient") + 3);
		vm.assertEq(uint256(vm.load(address(client), sets)), uint256(current.id) | current.keys.length << 64);
	}

	function test_theSettlementsStorageIsWhereItsNameSays() public {
		deliver(message(Kind.SETTLEMENT, 0, abi.encode(uint64(4), bytes32("root"), uint128(5), uint32(1))));
		bytes32 slot = keccak256(abi.encode(uint64(4), slotOf("deepnode.storage.Settlement")));
		vm.assertEq(vm.load(address(settlement), slot), keccak256(abi.encode(bytes32("root"), uint128(5))));
	}

	function slotOf(string memory name) private pure returns (uint256) {
		return uint256(keccak256(abi.encode(uint256(keccak256(bytes(name))) - 1))) & ~uint256(0xff);
	}
}
