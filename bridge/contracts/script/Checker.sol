// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { BeefyClient } from "../src/BeefyClient.sol";
import { DeepNodeToken } from "../src/DeepNodeToken.sol";
import { Gateway } from "../src/Gateway.sol";
import { ReceiptVerifier } from "../src/ReceiptVerifier.sol";
import { RewardPot } from "../src/RewardPot.sol";
import { Settlement } from "../src/Settlement.sol";
import { IBeefyClient } from "../src/interfaces/IBeefyClient.sol";
import { IGateway } from "../src/interfaces/IGateway.sol";
import { VM } from "../test/utils/Vm.sol";
import { Deployment } from "./Deployment.sol";
import { Deployed, Params } from "./Params.sol";
import { TimelockController } from "@openzeppelin/contracts/governance/TimelockController.sol";

/// @title Compares a deployment with what its parameters ask for
/// @notice Code is compared with what this tree compiles to, proxies with their implementations, and every setting with its parameter. What
/// changes in use (the queue, the sets once sessions have passed) is compared only as far as it may not have changed.
contract Checker {
	/// @dev `erc1967.proxy.implementation`
	bytes32 private constant IMPLEMENTATION = 0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc;

	string[] private _differences;

	/// @notice What differs, one line each; empty if nothing does.
	function check(Params memory p, Deployed memory d) external returns (string[] memory) {
		delete _differences;
		_same("chain id", block.chainid, p.baseChainId);
		if (!_allThere(d)) return _differences;
		_checkCode(p, d);
		_checkTimelocks(p, d);
		_checkClient(p, d);
		_checkGateway(p, d);
		_checkRest(p, d);
		return _differences;
	}

	function _allThere(Deployed memory d) private returns (bool) {
		_there("token", d.token);
		_there("timelock", d.timelock);
		if (d.recovery != address(0)) _there("recovery", d.recovery);
		_there("client", d.client);
		_there("clientImplementation", d.clientImplementation);
		_there("rewardPot", d.rewardPot);
		_there("gateway", d.gateway);
		_there("gatewayImplementation", d.gatewayImplementation);
		_there("settlement", d.settlement);
		_there("settlementImplementation", d.settlementImplementation);
		_there("receiptVerifier", d.receiptVerifier);
		return _differences.length == 0;
	}

	function _checkCode(Params memory p, Deployed memory d) private {
		_same("implementation of client", _implementation(d.client), d.clientImplementation);
		_same("implementation of gateway", _implementation(d.gateway), d.gatewayImplementation);
		_same("implementation of settlement", _implementation(d.settlement), d.settlementImplementation);
		_sameCode("client", d.clientImplementation, address(new BeefyClient()));
		_sameCode("gateway", d.gatewayImplementation, address(Deployment.gatewayImplementation(p, d, d.settlement)));
		_sameCode("settlement", d.settlementImplementation, address(new Settlement(p.chain, IGateway(d.gateway))));
		_sameCode("receiptVerifier", d.receiptVerifier, address(new ReceiptVerifier(p.chain, IBeefyClient(d.client))));
		_sameCode("rewardPot", d.rewardPot, address(new RewardPot(DeepNodeToken(d.token), d.client, d.timelock, 0, 0, 0)));
	}

	function _checkTimelocks(Params memory p, Deployed memory d) private {
		_checkTimelock("timelock", d.timelock, p.timelockDelay, d.gateway, d.deployer);
		if (p.recoveryProposer == address(0)) _same("recovery", d.recovery, address(0));
		else _checkTimelock("recovery", d.recovery, p.recoveryDelay, p.recoveryProposer, d.deployer);
	}

	function _checkTimelock(string memory name, address at_, uint256 delay, address proposer, address deployer) private {
		TimelockController lock = TimelockController(payable(at_));
		_same(string.concat("delay of ", name), lock.getMinDelay(), delay);
		_true(string.concat(name, ": the proposer cannot propose"), lock.hasRole(lock.PROPOSER_ROLE(), proposer));
		_true(string.concat(name, ": the proposer cannot cancel"), lock.hasRole(lock.CANCELLER_ROLE(), proposer));
		_true(string.concat(name, ": not everyone can execute"), lock.hasRole(lock.EXECUTOR_ROLE(), address(0)));
		_true(string.concat(name, ": it does not administer itself"), lock.hasRole(lock.DEFAULT_ADMIN_ROLE(), at_));
		_true(string.concat(name, ": the deployer administers it"), !lock.hasRole(lock.DEFAULT_ADMIN_ROLE(), deployer));
		if (deployer == proposer) return;
		_true(string.concat(name, ": the deployer can propose"), !lock.hasRole(lock.PROPOSER_ROLE(), deployer));
	}

	function _checkClient(Params memory p, Deployed memory d) private {
		BeefyClient client = BeefyClient(d.client);
		_same("client.timelock", client.timelock(), d.timelock);
		_same("client.recovery", client.recovery(), d.recovery);
		_same("client.rewardPot", client.rewardPot(), d.rewardPot);
		_same("client.maxSilence", client.maxSilence(), p.maxSilence);
		_same("client.sessionLength", client.sessionLength(), p.sessionLength);
		_true("client: it is frozen", !client.frozen());
		(uint64 id, uint32 len, bytes32 root) = client.currentSet();
		_true("client.currentSet is older than the checkpoint's", id >= p.checkpoint.current.id);
		_true("client.latestBlock is older than the checkpoint's", client.latestBlock() >= p.checkpoint.blockNumber);
		if (id != p.checkpoint.current.id) return;
		_same("client.currentSet.len", len, p.checkpoint.current.len);
		_same("client.currentSet.root", uint256(root), uint256(p.checkpoint.current.root));
		(id, len, root) = client.nextSet();
		_same("client.nextSet.id", id, p.checkpoint.next.id);
		_same("client.nextSet.len", len, p.checkpoint.next.len);
		_same("client.nextSet.root", uint256(root), uint256(p.checkpoint.next.root));
	}

	function _checkGateway(Params memory p, Deployed memory d) private {
		Gateway gateway = Gateway(d.gateway);
		_same("gateway.timelock", gateway.timelock(), d.timelock);
		_same("gateway.guardian", gateway.guardian(), p.guardian);
		(uint96 capacity, uint24 period) = gateway.limit();
		_same("gateway.limit.capacity", capacity, p.limitCapacity);
		_same("gateway.limit.period", period, p.limitPeriod);
		_true("gateway: it is paused", !gateway.paused());
	}

	function _checkRest(Params memory p, Deployed memory d) private {
		DeepNodeToken token = DeepNodeToken(d.token);
		_true("token: there are more than 100,000,000 DN", token.totalSupply() <= 100_000_000e18);
		if (p.token != address(0)) _same("token", d.token, p.token);
		_same("settlement.timelock", Settlement(d.settlement).timelock(), d.timelock);
		RewardPot pot = RewardPot(d.rewardPot);
		_same("rewardPot.handoverReward", pot.handoverReward(), p.handoverReward);
		_same("rewardPot.otherReward", pot.otherReward(), p.otherReward);
		_same("rewardPot.interval", pot.interval(), p.rewardInterval);
	}

	// --- Comparisons ------------------------------------------------------------------------------

	function _there(string memory what, address at_) private {
		_true(string.concat(what, ": there is no contract at ", VM.toString(at_)), at_.code.length != 0);
	}

	function _true(string memory difference, bool holds) private {
		if (!holds) _differences.push(difference);
	}

	function _same(string memory what, uint256 is_, uint256 expected) private {
		_true(string.concat(what, ": is ", VM.toString(is_), ", expected ", VM.toString(expected)), is_ == expected);
	}

	function _same(string memory what, address is_, address expected) private {
		_true(string.concat(what, ": is ", VM.toString(is_), ", expected ", VM.toString(expected)), is_ == expected);
	}

	/// @dev An implementation's code has its own address inside.
	function _sameCode(string memory what, address is_, address expected) private {
		bytes memory a = is_.code;
		bytes memory b = expected.code;
		bool same = a.length == b.length;
		for (uint256 i; same && i < a.length; ++i) {
			if (a[i] == b[i]) continue;
			same = _addressAt(a, i) == is_ && _addressAt(b, i) == expected;
			i += 19;
		}
		_true(string.concat(what, ": its code is not what this tree compiles to"), same);
	}

	function _addressAt(bytes memory code, uint256 i) private pure returns (address found) {
		if (i + 20 > code.length) return address(0);
		assembly ("memory-safe") {
			found := shr(96, mload(add(add(code, 0x20), i)))
		}
	}

	function _implementation(address proxy) private view returns (address) {
		return address(uint160(uint256(VM.load(proxy, IMPLEMENTATION))));
	}
}
