// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { InclusionProof, Receipt } from "../Types.sol";

/// @title Proof of a verified inference
interface IReceiptVerifier {
	/// @notice Whether the chain has settled this inference.
	/// @return True, or reverts and says why.
	function verifyReceipt(Receipt calldata receipt, InclusionProof calldata proof) external view returns (bool);
}
