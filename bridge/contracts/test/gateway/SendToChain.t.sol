// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Gateway } from "../../src/Gateway.sol";
import { Governed } from "../../src/Governed.sol";
import { Message } from "../../src/Types.sol";
import { Fixture } from "../utils/Fixture.sol";
import { IERC20Errors } from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

/// @notice DN are locked here for an account on the chain, and a storage proof can show it.
contract SendToChainTest is Fixture {
	bytes32 private constant ACCOUNT = keccak256("account");

	function setUp() public {
		deployBridge(4);
		vm.prank(holder);
		token.approve(address(gateway), 100e18);
	}

	function test_dnAreLockedAndTheMessageIsKept() public {
		vm.expectEmit(address(gateway));
		emit Gateway.SentToChain(0, holder, ACCOUNT, 10e18, 1e18);
		vm.prank(holder);
		uint64 nonce = gateway.sendToChain(ACCOUNT, 10e18, 1e18);
		vm.assertEq(nonce, 0);
		vm.assertEq(token.balanceOf(address(gateway)), VAULT + 11e18);

		Message memory m = Message(0, 0, bytes32(uint256(uint160(holder))), 1e18, abi.encode(ACCOUNT, uint128(10e18)));
		bytes32 leaf = leafOf(m, CHAIN, block.chainid, address(gateway), 1);
		vm.assertEq(gateway.outbox(0), leaf);
		vm.assertEq(vm.load(address(gateway), keccak256(abi.encode(uint64(0), gateway.OUTBOX_SLOT()))), leaf);
	}

	function test_noncesCount() public {
		vm.startPrank(holder);
		for (uint64 i; i < 5; ++i) {
			vm.assertEq(gateway.sendToChain(ACCOUNT, 1, 0), i);
		}
		vm.stopPrank();
		vm.assertEq(gateway.nextNonce(), 5);
		vm.assertEq(gateway.outbox(5), 0);
	}

	function test_nothingForNobodyOrWithoutMoney() public {
		vm.startPrank(holder);
		vm.expectRevert(Gateway.ZeroAmount.selector);
		gateway.sendToChain(ACCOUNT, 0, 1);
		vm.expectRevert(Governed.ZeroAddress.selector);
		gateway.sendToChain(0, 1, 1);
		vm.expectPartialRevert(IERC20Errors.ERC20InsufficientAllowance.selector);
		gateway.sendToChain(ACCOUNT, 100e18, 1);
		vm.expectPartialRevert(IERC20Errors.ERC20InsufficientAllowance.selector);
		gateway.sendToChain(ACCOUNT, type(uint128).max, type(uint128).max);
		vm.stopPrank();
	}
}
