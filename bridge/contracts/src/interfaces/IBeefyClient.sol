// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Commitment, MmrLeaf } from "../Types.sol";

/// @title The light client of the DeepNode chain
interface IBeefyClient {
	/// @notice Takes a commitment that a quorum of the current or of the next validator set has signed.
	/// @param bitfield One bit per validator: validator i is bit i % 256 of word i / 256; no bit beyond n.
	/// @param signatures 65 bytes each, `r ‖ s ‖ v` with the lower s, in the order of the set bits.
	/// @param authorities All n addresses; not looked at where the set's list is already stored.
	/// @param leaf The leaf with `parentNumber + 1 == blockNumber`; looked at only where the next set signs, which hands over.
	/// @param mmrItems The leaf's proof under the commitment's root; looked at like the leaf.
	function submitCommitment(
		Commitment calldata commitment,
		uint256[] calldata bitfield,
		bytes calldata signatures,
		address[] calldata authorities,
		MmrLeaf calldata leaf,
		bytes32[] calldata mmrItems
	) external;

	/// @notice The block of the last commitment.
	function latestBlock() external view returns (uint32);

	/// @notice The set that signs now.
	function currentSet() external view returns (uint64 id, uint32 len, bytes32 root);

	/// @notice The set whose first commitment hands over to it.
	function nextSet() external view returns (uint64 id, uint32 len, bytes32 root);

	/// @notice The MMR root that was committed to at a block; zero where it is not among the last 64.
	function rootAt(uint32 blockNumber) external view returns (bytes32);

	/// @notice Whether the addresses of the set with this root are stored.
	function isListStored(bytes32 setRoot) external view returns (bool);
}
