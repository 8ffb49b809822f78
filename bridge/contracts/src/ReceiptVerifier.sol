// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { InclusionProof, Receipt } from "./Types.sol";
import { IBeefyClient } from "./interfaces/IBeefyClient.sol";
import { IReceiptVerifier } from "./interfaces/IReceiptVerifier.sol";
import { Encoding } from "./lib/Encoding.sol";
import { MerkleTree } from "./lib/MerkleTree.sol";
import { Proofs } from "./lib/Proofs.sol";

/// @title Proves any settled inference with a single call
/// @notice It keeps nothing and can change nothing; a contract that acts on a receipt has to remember by itself which ones it has used.
contract ReceiptVerifier is IReceiptVerifier {
	/// @notice The genesis hash of the chain.
	bytes32 public immutable chain;
	/// @notice The light client of the chain.
	IBeefyClient public immutable client;

	constructor(bytes32 chain_, IBeefyClient client_) {
		chain = chain_;
		client = client_;
	}

	/// @inheritdoc IReceiptVerifier
	function verifyReceipt(Receipt calldata receipt, InclusionProof calldata proof) external view returns (bool) {
		Proofs.verifyRoots(client, proof.roots);
		bytes32 leaf = Encoding.receiptLeaf(chain, receipt);
		MerkleTree.verify(proof.roots.receiptsRoot, leaf, proof.index, proof.count, proof.items);
		return true;
	}
}
