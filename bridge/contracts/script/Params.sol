// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { AuthoritySet, Checkpoint } from "../src/Types.sol";
import { VM } from "../test/utils/Vm.sol";

/// @notice What a deployment is asked to be: the file of parameters. README.md says what each is.
struct Params {
	bytes32 chain;
	uint256 baseChainId;
	address token;
	address holder;
	uint256 vault;
	address guardian;
	uint256 timelockDelay;
	address recoveryProposer;
	uint256 recoveryDelay;
	uint96 limitCapacity;
	uint24 limitPeriod;
	uint32 maxSilence;
	uint32 sessionLength;
	Checkpoint checkpoint;
	uint256 rewardPot;
	uint96 handoverReward;
	uint96 otherReward;
	uint24 rewardInterval;
}

/// @notice What a deployment is: the file of addresses.
struct Deployed {
	address deployer;
	address token;
	address timelock;
	address recovery;
	address client;
	address clientImplementation;
	address rewardPot;
	address gateway;
	address gatewayImplementation;
	address settlement;
	address settlementImplementation;
	address receiptVerifier;
}

/// @title The two files of a deployment
library Files {
	/// @notice A number in the file of parameters is too large.
	error TooLarge(string key, uint256 value, uint256 most);
	/// @notice The file of addresses is that of another chain.
	error OtherChain(uint256 chainId, uint256 connected);

	function readParams(string memory path) internal view returns (Params memory p) {
		string memory json = VM.readFile(path);
		p.chain = VM.parseJsonBytes32(json, ".chain");
		p.baseChainId = VM.parseJsonUint(json, ".baseChainId");
		p.token = VM.parseJsonAddress(json, ".token");
		p.holder = VM.parseJsonAddress(json, ".holder");
		p.vault = VM.parseJsonUint(json, ".vault");
		p.guardian = VM.parseJsonAddress(json, ".guardian");
		p.timelockDelay = VM.parseJsonUint(json, ".timelock.delay");
		p.recoveryProposer = VM.parseJsonAddress(json, ".recovery.proposer");
		p.recoveryDelay = VM.parseJsonUint(json, ".recovery.delay");
		p.limitCapacity = uint96(_uint(json, ".limit.capacity", type(uint96).max));
		p.limitPeriod = uint24(_uint(json, ".limit.period", type(uint24).max));
		p.maxSilence = uint32(_uint(json, ".client.maxSilence", type(uint32).max));
		p.sessionLength = uint32(_uint(json, ".client.sessionLength", type(uint32).max));
		p.checkpoint.blockNumber = uint32(_uint(json, ".client.blockNumber", type(uint32).max));
		p.checkpoint.mmrRoot = VM.parseJsonBytes32(json, ".client.mmrRoot");
		p.checkpoint.current = _set(json, ".client.current");
		p.checkpoint.next = _set(json, ".client.next");
		p.rewardPot = VM.parseJsonUint(json, ".rewards.pot");
		p.handoverReward = uint96(_uint(json, ".rewards.handover", type(uint96).max));
		p.otherReward = uint96(_uint(json, ".rewards.other", type(uint96).max));
		p.rewardInterval = uint24(_uint(json, ".rewards.interval", type(uint24).max));
	}

	function writeDeployed(Deployed memory d, string memory path) internal {
		string memory o = "deployment";
		VM.serializeUint(o, "chainId", block.chainid);
		VM.serializeUint(o, "block", block.number);
		VM.serializeAddress(o, "deployer", d.deployer);
		VM.serializeAddress(o, "token", d.token);
		VM.serializeAddress(o, "timelock", d.timelock);
		VM.serializeAddress(o, "recovery", d.recovery);
		VM.serializeAddress(o, "client", d.client);
		VM.serializeAddress(o, "clientImplementation", d.clientImplementation);
		VM.serializeAddress(o, "rewardPot", d.rewardPot);
		VM.serializeAddress(o, "gateway", d.gateway);
		VM.serializeAddress(o, "gatewayImplementation", d.gatewayImplementation);
		VM.serializeAddress(o, "settlement", d.settlement);
		VM.serializeAddress(o, "settlementImplementation", d.settlementImplementation);
		VM.writeJson(VM.serializeAddress(o, "receiptVerifier", d.receiptVerifier), path);
	}

	function readDeployed(string memory path) internal view returns (Deployed memory d) {
		string memory json = VM.readFile(path);
		uint256 chainId = VM.parseJsonUint(json, ".chainId");
		if (chainId != block.chainid) revert OtherChain(chainId, block.chainid);
		d.deployer = VM.parseJsonAddress(json, ".deployer");
		d.token = VM.parseJsonAddress(json, ".token");
		d.timelock = VM.parseJsonAddress(json, ".timelock");
		d.recovery = VM.parseJsonAddress(json, ".recovery");
		d.client = VM.parseJsonAddress(json, ".client");
		d.clientImplementation = VM.parseJsonAddress(json, ".clientImplementation");
		d.rewardPot = VM.parseJsonAddress(json, ".rewardPot");
		d.gateway = VM.parseJsonAddress(json, ".gateway");
		d.gatewayImplementation = VM.parseJsonAddress(json, ".gatewayImplementation");
		d.settlement = VM.parseJsonAddress(json, ".settlement");
		d.settlementImplementation = VM.parseJsonAddress(json, ".settlementImplementation");
		d.receiptVerifier = VM.parseJsonAddress(json, ".receiptVerifier");
	}

	function _set(string memory json, string memory key) private pure returns (AuthoritySet memory) {
		return AuthoritySet({
			id: uint64(_uint(json, string.concat(key, ".id"), type(uint64).max)),
			len: uint32(_uint(json, string.concat(key, ".len"), type(uint32).max)),
			root: VM.parseJsonBytes32(json, string.concat(key, ".root"))
		});
	}

	function _uint(string memory json, string memory key, uint256 most) private pure returns (uint256 value) {
		value = VM.parseJsonUint(json, key);
		if (value > most) revert TooLarge(key, value, most);
	}
}
