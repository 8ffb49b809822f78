// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { InclusionProof, Message } from "../Types.sol";

/// @title The vault, and messages both ways
interface IGateway {
	/// @notice Carries out a message of the chain, once, and pays its fee to the caller. Anyone may call.
	function deliverMessage(Message calldata message, InclusionProof calldata proof) external;

	/// @notice Tries again a delivered message whose effect failed. Anyone may call.
	function retryMessage(Message calldata message) external;

	/// @notice Pays what the rate limit has queued, as far as the limit allows by now. Anyone may call.
	/// @param most The most entries to pay in this call.
	function drain(uint256 most) external;

	/// @notice What became of a message: 0 unknown, 1 done, 2 queued, 3 failed, 4 refused.
	function statusOf(uint64 nonce) external view returns (uint8);

	/// @notice Locks DN here for an account on the chain.
	/// @param account Who gets them there.
	/// @param amount How much it gets.
	/// @param fee What is locked on top for whoever proves the message there.
	/// @return nonce The number of the message.
	function sendToChain(bytes32 account, uint128 amount, uint128 fee) external returns (uint64 nonce);

	/// @notice Pays a claim on a settlement; the settlement contract alone may call.
	function payClaim(address to, uint128 amount) external;

	/// @notice Whether DN may be sent there: not to zero, the token, the gateway or the settlement contract, where they would be lost.
	function canReceive(address to) external view returns (bool);
}
