// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { VM } from "../test/utils/Vm.sol";
import { Checker } from "./Checker.sol";
import { Deployed, Files, Params } from "./Params.sol";

/// @title Checks a deployment against its file of parameters, and says what differs
/// @notice `bin/check` runs it. Nothing is sent.
contract Check {
	/// @notice Makes forge treat this as a script.
	bool public constant IS_SCRIPT = true;

	/// @notice The deployment is not what was asked for.
	error Differences(string what);

	function run() external returns (string memory) {
		Params memory p = Files.readParams(VM.envString("DEEPNODE_PARAMS"));
		Deployed memory d = Files.readDeployed(VM.envString("DEEPNODE_ADDRESSES"));
		string[] memory differences = new Checker().check(p, d);
		string memory all;
		for (uint256 i; i < differences.length; ++i) {
			all = string.concat(all, "\n  ", differences[i]);
		}
		if (differences.length != 0) revert Differences(all);
		return "the deployment is what its parameters ask for";
	}
}
