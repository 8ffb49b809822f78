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
import { ISettlement } from "../src/interfaces/ISettlement.sol";
import { VM } from "../test/utils/Vm.sol";
import { Deployed, Params } from "./Params.sol";
import { TimelockController } from "@openzeppelin/contracts/governance/TimelockController.sol";
import { ERC1967Proxy } from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";

/// @title How the contracts are put together
/// @notice The contracts name each other, so their addresses are computed before they exist. Every proxy is initialised by the
/// transaction that creates it, and the deployer is left with no role anywhere. Tests deploy by the same code.
library Deployment {
	/// @notice The parameters are for another chain.
	error WrongChainId(uint256 connected, uint256 expected);
	/// @notice The genesis hash of the chain is zero: the parameters are still the example's.
	error ZeroChain();
	/// @notice A contract has another address than was computed: the deployer's account is in use by something else.
	error UnexpectedAddress(string what, address actual, address expected);

	/// @notice Deploys everything. `deployer` is the account whose transactions these are.
	function run(Params memory p, address deployer) internal returns (Deployed memory d) {
		if (block.chainid != p.baseChainId) revert WrongChainId(block.chainid, p.baseChainId);
		if (p.chain == 0) revert ZeroChain();
		Deployed memory planned = plan(p, deployer);
		d.deployer = deployer;
		d.token = p.token != address(0) ? p.token : address(new DeepNodeToken(deployer));
		d.timelock = _timelock(p.timelockDelay, planned.gateway);
		if (p.recoveryProposer != address(0)) d.recovery = _timelock(p.recoveryDelay, p.recoveryProposer);

		d.clientImplementation = address(new BeefyClient());
		d.client = _proxy(
			d.clientImplementation,
			abi.encodeCall(BeefyClient.initialize, (d.timelock, d.recovery, planned.rewardPot, p.maxSilence, p.sessionLength, p.checkpoint))
		);
		d.rewardPot =
			address(new RewardPot(DeepNodeToken(d.token), d.client, d.timelock, p.handoverReward, p.otherReward, p.rewardInterval));
		d.gatewayImplementation = address(gatewayImplementation(p, d, planned.settlement));
		d.gateway =
			_proxy(d.gatewayImplementation, abi.encodeCall(Gateway.initialize, (d.timelock, p.guardian, p.limitCapacity, p.limitPeriod)));
		d.settlementImplementation = address(new Settlement(p.chain, IGateway(d.gateway)));
		d.settlement = _proxy(d.settlementImplementation, abi.encodeCall(Settlement.initialize, (d.timelock)));
		d.receiptVerifier = address(new ReceiptVerifier(p.chain, IBeefyClient(d.client)));

		_requireSame("rewardPot", d.rewardPot, planned.rewardPot);
		_requireSame("gateway", d.gateway, planned.gateway);
		_requireSame("settlement", d.settlement, planned.settlement);
		_fund(p, d);
	}

	/// @notice The implementation of the gateway that the parameters ask for.
	function gatewayImplementation(Params memory p, Deployed memory d, address settlement) internal returns (Gateway) {
		return new Gateway(p.chain, DeepNodeToken(d.token), IBeefyClient(d.client), ISettlement(settlement));
	}

	/// @notice The addresses that are needed before they exist, by the order of creation in `run`.
	function plan(Params memory p, address deployer) internal view returns (Deployed memory d) {
		uint256 nonce = VM.getNonce(deployer);
		if (p.token == address(0)) ++nonce;
		// The timelock, the client's implementation and proxy come before the pot.
		nonce += p.recoveryProposer == address(0) ? 3 : 4;
		d.rewardPot = VM.computeCreateAddress(deployer, nonce);
		d.gateway = VM.computeCreateAddress(deployer, nonce + 2);
		d.settlement = VM.computeCreateAddress(deployer, nonce + 4);
	}

	/// @dev The vault's share backs what the chain issues at genesis. With a new token the holder gets what is left.
	function _fund(Params memory p, Deployed memory d) private {
		DeepNodeToken token = DeepNodeToken(d.token);
		if (p.vault != 0) token.transfer(d.gateway, p.vault);
		if (p.rewardPot != 0) token.transfer(d.rewardPot, p.rewardPot);
		uint256 rest = token.SUPPLY() - p.vault - p.rewardPot;
		if (p.token == address(0) && rest != 0 && p.holder != d.deployer) token.transfer(p.holder, rest);
	}

	/// @dev Only the proposer proposes and cancels, anyone executes, nobody but the timelock itself administers it.
	function _timelock(uint256 delay, address proposer) private returns (address) {
		address[] memory proposers = new address[](1);
		proposers[0] = proposer;
		return address(new TimelockController(delay, proposers, new address[](1), address(0)));
	}

	function _proxy(address implementation, bytes memory initialisation) private returns (address) {
		return address(new ERC1967Proxy(implementation, initialisation));
	}

	function _requireSame(string memory what, address actual, address expected) private pure {
		if (actual != expected) revert UnexpectedAddress(what, actual, expected);
	}
}
