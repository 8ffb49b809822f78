// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Claim } from "../Types.sol";

/// @title What accounts with a payout address earned in each epoch
interface ISettlement {
	/// @notice Pays a claim. Anyone may call.
	/// @param claim What is claimed.
	/// @param total The epoch's total.
	/// @param count The number of claims of the epoch.
	/// @param items The claim's proof under the epoch's root.
	function claim(Claim calldata claim, uint128 total, uint32 count, bytes32[] calldata items) external;

	/// @notice Pays many claims of one epoch; those that are paid already and those whose account cannot be paid are passed over. Anyone
	/// may call.
	function push(Claim[] calldata claims, uint128 total, uint32 count, bytes32[][] calldata items) external;

	/// @notice Whether a claim has been paid.
	function isClaimed(uint64 epoch, uint32 index) external view returns (bool);

	/// @notice Whether an epoch can be claimed.
	function isOpen(uint64 epoch) external view returns (bool);

	/// @notice How much of an epoch has been claimed.
	function paid(uint64 epoch) external view returns (uint256);

	/// @notice Opens an epoch for claims; the gateway alone may call.
	/// @return opened False if that epoch can never be opened: it is open already, or there is nothing in it.
	function open(uint64 epoch, bytes32 root, uint128 total, uint32 count) external returns (bool opened);
}
