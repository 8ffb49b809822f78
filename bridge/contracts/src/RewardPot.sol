// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IRewardPot } from "./interfaces/IRewardPot.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title Pays for commitments
/// @notice Its DN are apart from the vault's and back nothing. Every handover is paid; the chain decides how many there are. Other
/// commitments are paid once per `interval` at most. An empty pot pays what it has.
contract RewardPot is IRewardPot {
	/// @notice DN.
	IERC20 public immutable token;
	/// @notice The light client, which says what to pay for.
	address public immutable client;
	/// @notice Who sets the rewards.
	address public immutable timelock;

	/// @notice What a handover pays.
	uint96 public handoverReward;
	/// @notice What another commitment pays.
	uint96 public otherReward;
	/// @notice How many seconds there are at least between two other commitments that are paid.
	uint24 public interval;
	/// @notice When the last other commitment was paid.
	uint40 public lastOther;

	/// @notice A commitment was paid.
	event Rewarded(address indexed to, bool handover, uint256 amount);
	/// @notice What commitments pay from now on.
	event RewardsChanged(uint96 handoverReward, uint96 otherReward, uint24 interval);
	/// @notice The timelock took DN out.
	event Withdrawn(address indexed to, uint256 amount);

	/// @notice Only the light client asks for rewards.
	error NotClient(address caller, address client);
	/// @notice Only the timelock may do this.
	error NotTimelock(address caller, address timelock);

	modifier onlyTimelock() {
		if (msg.sender != timelock) revert NotTimelock(msg.sender, timelock);
		_;
	}

	constructor(IERC20 token_, address client_, address timelock_, uint96 handoverReward_, uint96 otherReward_, uint24 interval_) {
		token = token_;
		client = client_;
		timelock = timelock_;
		_setRewards(handoverReward_, otherReward_, interval_);
	}

	/// @inheritdoc IRewardPot
	function reward(address to, bool handover) external returns (uint256 paid) {
		if (msg.sender != client) revert NotClient(msg.sender, client);
		uint256 due = handoverReward;
		if (!handover) {
			if (block.timestamp < uint256(lastOther) + interval) return 0;
			lastOther = uint40(block.timestamp);
			due = otherReward;
		}
		uint256 balance = token.balanceOf(address(this));
		paid = due < balance ? due : balance;
		if (paid == 0) return 0;
		emit Rewarded(to, handover, paid);
		// DN reverts where it does not transfer.
		token.transfer(to, paid);
	}

	/// @notice Sets what commitments pay.
	function setRewards(uint96 handoverReward_, uint96 otherReward_, uint24 interval_) external onlyTimelock {
		_setRewards(handoverReward_, otherReward_, interval_);
	}

	/// @notice Takes DN out, to move them to another pot.
	function withdraw(address to, uint256 amount) external onlyTimelock {
		emit Withdrawn(to, amount);
		token.transfer(to, amount);
	}

	function _setRewards(uint96 handoverReward_, uint96 otherReward_, uint24 interval_) private {
		handoverReward = handoverReward_;
		otherReward = otherReward_;
		interval = interval_;
		emit RewardsChanged(handoverReward_, otherReward_, interval_);
	}
}
