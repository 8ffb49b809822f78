// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Gateway } from "../../src/Gateway.sol";
import { Kind, Message, Status } from "../../src/Types.sol";
import { TokenBucket } from "../../src/lib/TokenBucket.sol";
import { Fixture } from "../utils/Fixture.sol";

/// @notice What leaves the vault in a time is bounded, whatever the messages say.
contract RateLimitTest is Fixture {
	address private _a = account("a");
	address private _b = account("b");

	function setUp() public {
		deployBridge(4);
	}

	function paid(address to) private view returns (uint256) {
		return token.balanceOf(to);
	}

	function left() private view returns (uint256) {
		return VAULT - token.balanceOf(address(gateway));
	}

	function waiting() private view returns (uint256 n, uint128 total) {
		(uint64 head, uint64 tail, uint128 sum) = gateway.queue();
		return (tail - head, sum);
	}

	function test_whatExceedsTheLimitWaitsAndIsPaidInTime() public {
		Message memory m = release(_a, CAPACITY + 600e18, 0);
		deliver(m);
		vm.assertEq(gateway.statusOf(m.nonce), Status.QUEUED);
		vm.assertEq(paid(_a), CAPACITY);
		(uint256 n, uint128 total) = waiting();
		vm.assertEq(n, 1);
		vm.assertEq(total, 600e18);

		gateway.drain(10);
		vm.assertEq(paid(_a), CAPACITY);
		vm.warp(block.timestamp + PERIOD / 2);
		gateway.drain(10);
		vm.assertEq(paid(_a), CAPACITY + CAPACITY / 2);
		vm.assertEq(gateway.statusOf(m.nonce), Status.QUEUED);
		vm.warp(block.timestamp + PERIOD / 10);
		vm.expectEmit(address(gateway));
		emit Gateway.PayoutFinished(0, m.nonce);
		gateway.drain(10);
		vm.assertEq(paid(_a), CAPACITY + 600e18);
		vm.assertEq(gateway.statusOf(m.nonce), Status.DONE);
		(n, total) = waiting();
		vm.assertEq(n, 0);
		vm.assertEq(total, 0);
	}

	function test_nobodyOvertakesTheQueue() public {
		deliver(release(_a, CAPACITY + 1e18, 0));
		vm.warp(block.timestamp + PERIOD);
		Message memory m = release(_b, 1, 0);
		deliver(m);
		vm.assertEq(paid(_b), 0);
		vm.assertEq(gateway.statusOf(m.nonce), Status.QUEUED);
		gateway.drain(1);
		vm.assertEq(paid(_a), CAPACITY + 1e18);
		vm.assertEq(paid(_b), 0);
		gateway.drain(1);
		vm.assertEq(paid(_b), 1);
		vm.assertEq(gateway.statusOf(m.nonce), Status.DONE);
	}

	function testFuzz_splittingDoesNotEvadeTheLimit(uint256 parts, uint256 pause) public {
		parts = bound(parts, 1, 12);
		pause = bound(pause, 0, PERIOD);
		uint256 start = block.timestamp;
		uint128 each = uint128(3 * uint256(CAPACITY) / parts);
		for (uint256 i; i < parts; ++i) {
			deliver(release(_a, each, 0));
			gateway.drain(100);
			vm.warp(block.timestamp + pause / parts);
			vm.assertLe(paid(_a), CAPACITY + (block.timestamp - start) * CAPACITY / PERIOD, "the bucket's bound");
		}
		vm.warp(block.timestamp + 3 * uint256(PERIOD));
		for (uint256 i; i < 4; ++i) {
			gateway.drain(100);
			vm.warp(block.timestamp + PERIOD);
		}
		vm.assertEq(paid(_a), each * parts);
	}

	function test_feesAndBurnsPassTheLimitToo() public {
		uint256 supply = token.totalSupply();
		uint256 before = paid(relayer);
		Message memory m = message(Kind.BURN, 900e18, abi.encode(uint64(0), uint128(900e18)));
		deliver(m);
		vm.assertEq(paid(relayer) - before - OTHER_REWARD, 900e18);
		vm.assertEq(supply - token.totalSupply(), 100e18);
		vm.assertEq(gateway.statusOf(m.nonce), Status.QUEUED);
		vm.assertEq(left(), CAPACITY);
		// The next fee waits behind the burn.
		deliver(release(_a, 1e18, 5e18));
		vm.assertEq(left(), CAPACITY);
		vm.warp(block.timestamp + PERIOD);
		gateway.drain(10);
		vm.assertEq(supply - token.totalSupply(), 900e18);
		vm.assertEq(paid(relayer) - before - OTHER_REWARD, 905e18);
		vm.assertEq(paid(_a), 1e18);
	}

	function test_withAForgedRootTheLossStaysWithinTheBucketUntilThePause() public {
		// Whoever can sign whatever they like takes all they can, in every way, for an hour.
		uint256 start = block.timestamp;
		for (uint256 i; i < 12; ++i) {
			deliver(release(_a, uint128(VAULT), uint128(VAULT)));
			deliver(message(Kind.BURN, 0, abi.encode(uint64(i), uint128(VAULT))));
			gateway.drain(100);
			vm.warp(block.timestamp + 5 minutes);
		}
		vm.prank(guardian);
		gateway.pause();
		uint256 lost = left();
		vm.assertLe(lost, CAPACITY + (block.timestamp - start) * CAPACITY / PERIOD, "the bucket's bound");
		vm.warp(block.timestamp + 30 days);
		vm.expectRevert(Gateway.IsPaused.selector);
		gateway.drain(100);
		vm.assertEq(left(), lost);
	}

	function test_drainPaysAtMostSoMany() public {
		deliver(release(_a, CAPACITY, 0));
		for (uint256 i; i < 5; ++i) {
			deliver(release(_b, 1e18, 0));
		}
		vm.warp(block.timestamp + PERIOD);
		gateway.drain(0);
		vm.assertEq(paid(_b), 0);
		gateway.drain(2);
		vm.assertEq(paid(_b), 2e18);
		gateway.drain(100);
		vm.assertEq(paid(_b), 5e18);
		gateway.drain(100);
	}

	function test_aReleaseOfNothingIsDoneEvenWhileOthersWait() public {
		deliver(release(_a, 2 * uint128(CAPACITY), 0));
		Message memory m = release(_b, 0, 0);
		deliver(m);
		vm.assertEq(gateway.statusOf(m.nonce), Status.DONE);
	}

	function test_anotherLimitGivesNothingBackThatWasTaken() public {
		deliver(release(_a, CAPACITY, 0));
		vm.startPrank(address(timelock));
		gateway.setLimit(2 * CAPACITY, PERIOD);
		vm.assertEq(gateway.available(), 0);
		vm.warp(block.timestamp + PERIOD / 2);
		vm.assertEq(gateway.available(), CAPACITY);
		gateway.setLimit(CAPACITY / 4, PERIOD);
		vm.assertEq(gateway.available(), CAPACITY / 4);
		vm.expectRevert(abi.encodeWithSelector(TokenBucket.EmptyBucket.selector, 0, PERIOD));
		gateway.setLimit(0, PERIOD);
		vm.expectRevert(abi.encodeWithSelector(TokenBucket.EmptyBucket.selector, CAPACITY, 0));
		gateway.setLimit(CAPACITY, 0);
		vm.stopPrank();
	}

	function testFuzz_theBucketNeverHoldsMoreThanItsCapacity(uint40 wait) public {
		deliver(release(_a, CAPACITY / 3, 0));
		vm.warp(block.timestamp + wait % (2 ** 38));
		vm.assertLe(gateway.available(), CAPACITY, "capacity");
	}
}
