// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Claim, Commitment, Message, MmrLeaf, Receipt } from "../Types.sol";

/// @title The bytes that chain and contracts agree on
/// @notice Each function is one row of bridge/README.md. Every preimage of a leaf is longer than 64 bytes, every inner node's is exactly 64.
library Encoding {
	bytes32 internal constant MESSAGE_TAG = keccak256("deepnode.bridge.message.v1");
	bytes32 internal constant CLAIM_TAG = keccak256("deepnode.bridge.claim.v1");
	bytes32 internal constant RECEIPT_TAG = keccak256("deepnode.bridge.receipt.v1");
	bytes32 internal constant TREE_TAG = keccak256("deepnode.bridge.tree.v1");
	bytes32 internal constant EXTRA_TAG = keccak256("deepnode.bridge.extra.v1");

	/// @notice Direction of a message: told by the chain, carried out on Base.
	uint8 internal constant TO_BASE = 0;
	/// @notice Direction of a message: told on Base, carried out on the chain.
	uint8 internal constant TO_CHAIN = 1;

	/// @notice What validators sign: the hash of the SCALE encoding of a commitment whose payload is the MMR root alone.
	function commitmentHash(Commitment calldata c) internal pure returns (bytes32) {
		return keccak256(abi.encodePacked(hex"04", "mh", hex"80", c.mmrRoot, le32(c.blockNumber), le64(c.validatorSetId)));
	}

	/// @notice The hash of the SCALE encoding of an MMR leaf.
	function mmrLeafHash(MmrLeaf calldata l) internal pure returns (bytes32) {
		return keccak256(
			abi.encodePacked(
				l.version, le32(l.parentNumber), l.parentHash, le64(l.nextSetId), le32(l.nextSetLen), l.nextSetRoot, l.leafExtra
			)
		);
	}

	/// @notice What a block tells, in one word.
	function leafExtra(bytes32 messagesRoot, bytes32 settlementRoot, bytes32 receiptsRoot) internal pure returns (bytes32) {
		return keccak256(abi.encode(EXTRA_TAG, messagesRoot, settlementRoot, receiptsRoot));
	}

	/// @notice Binds a tree's Merkle root to the number of its leaves.
	function committedRoot(uint256 count, bytes32 merkleRoot) internal pure returns (bytes32) {
		return keccak256(abi.encode(TREE_TAG, count, merkleRoot));
	}

	/// @notice A message in either direction, bound to both chains and the gateway.
	function messageLeaf(
		bytes32 chain,
		address gateway,
		uint8 direction,
		uint64 nonce,
		uint8 kind,
		bytes32 sender,
		uint128 fee,
		bytes32 payloadHash
	) internal view returns (bytes32) {
		return keccak256(abi.encode(MESSAGE_TAG, chain, block.chainid, gateway, direction, nonce, kind, sender, fee, payloadHash));
	}

	/// @notice A message that the chain tells `gateway` on this chain.
	function inboundLeaf(bytes32 chain, address gateway, Message calldata m) internal view returns (bytes32) {
		return messageLeaf(chain, gateway, TO_BASE, m.nonce, m.kind, m.sender, m.fee, keccak256(m.payload));
	}

	/// @notice A claim on an epoch's settlement.
	function claimLeaf(bytes32 chain, address gateway, Claim calldata c) internal view returns (bytes32) {
		return keccak256(abi.encode(CLAIM_TAG, chain, block.chainid, gateway, c.epoch, c.index, c.account, c.amount));
	}

	/// @notice A settled inference.
	function receiptLeaf(bytes32 chain, Receipt calldata r) internal pure returns (bytes32) {
		bytes memory what = abi.encode(RECEIPT_TAG, chain, r.task, r.model, r.items, r.verdict, r.requester, r.manifest, r.input, r.output);
		bytes memory split = abi.encode(
			keccak256(abi.encodePacked(r.workers)), r.fee, r.creator, r.perWorker, r.validators, r.treasury, r.community, r.burned
		);
		return keccak256(bytes.concat(what, split));
	}

	/// @notice `x` with its bytes reversed, as SCALE writes integers.
	function le32(uint32 x) internal pure returns (uint32) {
		x = ((x & 0xff00ff00) >> 8) | ((x & 0x00ff00ff) << 8);
		return (x >> 16) | (x << 16);
	}

	/// @notice `x` with its bytes reversed, as SCALE writes integers.
	function le64(uint64 x) internal pure returns (uint64) {
		return (uint64(le32(uint32(x))) << 32) | le32(uint32(x >> 32));
	}
}
