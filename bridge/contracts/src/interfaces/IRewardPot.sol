// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What pays for commitments
interface IRewardPot {
	/// @notice Pays whoever brought a commitment, as far as the pot reaches.
	/// @param to Who brought it.
	/// @param handover Whether it handed over to the next validator set.
	/// @return paid What was paid.
	function reward(address to, bool handover) external returns (uint256 paid);
}
