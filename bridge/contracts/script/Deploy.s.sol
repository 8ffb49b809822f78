// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { VM } from "../test/utils/Vm.sol";
import { Deployment } from "./Deployment.sol";
import { Deployed, Files, Params } from "./Params.sol";

/// @title Deploys everything by a file of parameters, and writes a file of addresses
/// @notice `bin/deploy` runs it. Without `--broadcast` nothing is sent.
contract Deploy {
	/// @notice Makes forge treat this as a script.
	bool public constant IS_SCRIPT = true;

	function run() external {
		Params memory p = Files.readParams(VM.envString("DEEPNODE_PARAMS"));
		uint256 key = VM.envOr("DEEPNODE_DEPLOYER_KEY", uint256(0));
		address deployer = key == 0 ? msg.sender : VM.addr(key);
		if (key == 0) VM.startBroadcast();
		else VM.startBroadcast(key);
		Deployed memory d = Deployment.run(p, deployer);
		VM.stopBroadcast();
		Files.writeDeployed(d, VM.envString("DEEPNODE_ADDRESSES"));
	}
}
