// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Checker } from "../script/Checker.sol";
import { Deployment } from "../script/Deployment.sol";
import { Deployed, Files, Params } from "../script/Params.sol";
import { BeefyClient } from "../src/BeefyClient.sol";
import { Gateway } from "../src/Gateway.sol";
import { Fixture } from "./utils/Fixture.sol";

/// @notice A deployment is what its parameters ask for, and the check finds what is not.
contract DeploymentTest is Fixture {
	/// @dev A session of the chain: `EPOCH_DURATION_IN_SLOTS` times `SLOT_DURATION` in runtime/src/constants.rs.
	uint256 private constant CHAIN_SESSION = 40 * 3 seconds;
	/// @dev For how long stake stays bonded after it was asked back: `BondingDuration` (runtime/src/configs/staking.rs) eras of
	/// `SESSIONS_PER_ERA` (runtime/src/constants.rs) sessions.
	uint256 private constant UNBONDING = 28 * 180 * CHAIN_SESSION;

	Checker private _checker;

	function setUp() public {
		deployBridge(4);
		_checker = new Checker();
	}

	function deploy(Params memory p) external returns (Deployed memory) {
		return Deployment.run(p, address(this));
	}

	function finds(string memory difference) private {
		string[] memory differences = _checker.check(params, deployed);
		vm.assertEq(differences.length, 1);
		vm.assertEq(differences[0], difference);
	}

	function test_aFreshDeploymentIsWhatWasAskedFor() public {
		vm.assertEq(_checker.check(params, deployed).length, 0);
		vm.assertEq(token.balanceOf(address(gateway)), VAULT);
		vm.assertEq(token.balanceOf(address(pot)), 1_000e18);
		vm.assertEq(token.balanceOf(holder), token.SUPPLY() - VAULT - 1_000e18);
		vm.assertEq(token.balanceOf(address(this)), 0);
		vm.assertEq(client.latestBlock(), 0);
		vm.assertEq(client.rootAt(0), 0);
	}

	function test_aDeploymentInUseStillIs() public {
		commit();
		startSession(current);
		submit(submission());
		deliver(release(holder, 1e18, 1e16));
		vm.assertEq(_checker.check(params, deployed).length, 0);
	}

	function test_everyDifferenceIsFound() public {
		uint256 state = vm.snapshotState();
		vm.startPrank(address(timelock));
		gateway.setGuardian(holder);
		vm.stopPrank();
		finds(string.concat("gateway.guardian: is ", vm.toString(holder), ", expected ", vm.toString(guardian)));
		vm.revertToState(state);

		vm.prank(guardian);
		gateway.pause();
		finds("gateway: it is paused");
		vm.revertToState(state);

		bytes32 proposer = timelock.PROPOSER_ROLE();
		vm.prank(address(timelock));
		timelock.grantRole(proposer, address(this));
		finds("timelock: the deployer can propose");
		vm.revertToState(state);

		Gateway other = new Gateway(keccak256("other chain"), token, client, settlement);
		vm.prank(address(timelock));
		gateway.upgradeToAndCall(address(other), "");
		finds(
			string.concat(
				"implementation of gateway: is ", vm.toString(address(other)), ", expected ", vm.toString(deployed.gatewayImplementation)
			)
		);
		deployed.gatewayImplementation = address(other);
		finds("gateway: its code is not what this tree compiles to");
		vm.revertToState(state);

		vm.warp(block.timestamp + MAX_SILENCE + 1);
		finds("client: it is frozen");
		vm.revertToState(state);

		params.sessionLength = 1;
		finds("client.sessionLength: is 3600, expected 1");
		params.sessionLength = SESSION;
		params.timelockDelay = 1;
		finds("delay of timelock: is 172800, expected 1");
	}

	function test_aMissingContractIsFound() public {
		deployed.gateway = account("nothing here");
		string memory at_ = vm.toString(deployed.gateway);
		finds(string.concat("gateway: there is no contract at ", at_));
	}

	function test_anExistingTokenIsUsed() public {
		params.token = address(token);
		(params.vault, params.rewardPot) = (5e18, 1e18);
		vm.prank(holder);
		token.transfer(address(this), 6e18);
		Deployed memory again = this.deploy(params);
		vm.assertEq(again.token, address(token));
		vm.assertEq(token.balanceOf(again.gateway), 5e18);
		vm.assertEq(token.balanceOf(again.rewardPot), 1e18);
		vm.assertEq(_checker.check(params, again).length, 0);
	}

	function test_withoutARecoveryThereIsNone() public {
		params.recoveryProposer = address(0);
		Deployed memory again = this.deploy(params);
		vm.assertEq(again.recovery, address(0));
		vm.assertEq(BeefyClient(again.client).recovery(), address(0));
		vm.assertEq(_checker.check(params, again).length, 0);
	}

	function test_theExampleMustBeFilledIn() public {
		params.baseChainId = 8453;
		vm.expectRevert(abi.encodeWithSelector(Deployment.WrongChainId.selector, block.chainid, 8453));
		this.deploy(params);
		params.baseChainId = block.chainid;
		params.chain = 0;
		vm.expectRevert(Deployment.ZeroChain.selector);
		this.deploy(params);
	}

	function test_theExamplesAreRead() public view {
		Params memory p = Files.readParams("deploy/anvil.json");
		vm.assertEq(p.baseChainId, 31337);
		vm.assertEq(p.limitPeriod, 86400);
		p = Files.readParams("deploy/base.json");
		vm.assertEq(p.baseChainId, 8453);
	}

	/// @dev Half of the unbonding time is left to see what an old set has signed, and to report it while it can still be slashed.
	function test_theExamplesFreezeLongBeforeStakeIsFree() public view {
		vm.assertEq(UNBONDING, 7 days);
		string[2] memory files = ["deploy/anvil.json", "deploy/base.json"];
		for (uint256 i; i < 2; ++i) {
			Params memory p = Files.readParams(files[i]);
			vm.assertEq(p.sessionLength, CHAIN_SESSION);
			vm.assertLe(2 * uint256(p.maxSilence), UNBONDING, "the silence is at most half of the unbonding time");
			// A checkpoint is as old as the recovery's delay when it takes effect.
			vm.assertLe(p.recoveryDelay + p.maxSilence, UNBONDING - 1 days, "what a recovery trusts is still bonded");
		}
	}

	function test_theExamplesPotPaysEveryHandoverForYears() public view {
		Params memory p = Files.readParams("deploy/base.json");
		uint256 handovers = 1 days / CHAIN_SESSION * p.handoverReward;
		uint256 others = 1 days / uint256(p.rewardInterval) * p.otherReward;
		vm.assertGe(p.rewardPot / (handovers + others), 3 * 365, "days");
		vm.assertTrue(handovers != 0 && others != 0);
	}
}
