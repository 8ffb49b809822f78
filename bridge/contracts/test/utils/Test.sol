// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { VM, Vm } from "./Vm.sol";

/// @notice What every test has at hand.
abstract contract Test {
	Vm internal constant vm = VM;

	/// @notice A labelled address that nobody has a key for.
	function account(string memory name) internal returns (address a) {
		a = address(uint160(uint256(keccak256(bytes(name)))));
		vm.label(a, name);
	}

	/// @notice `x` brought into `[low, high]`.
	function bound(uint256 x, uint256 low, uint256 high) internal pure returns (uint256) {
		return low + x % (high - low + 1);
	}

	/// @notice The calls that an invariant test makes: all of `handler`'s functions.
	function targetContracts() public view virtual returns (address[] memory) { }
}
