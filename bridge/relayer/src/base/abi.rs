//! What the contracts on Base are given and asked, as `bridge/README.md` defines it.
//!
//! A test compares this with what the compiler says of the contracts.
#![allow(missing_docs)] // The page that defines these names says what they mean.

use alloy::sol;

sol! {
	#[derive(Debug, PartialEq, Eq)]
	struct MmrLeaf {
		uint8 version;
		uint32 parentNumber;
		bytes32 parentHash;
		uint64 nextSetId;
		uint32 nextSetLen;
		bytes32 nextSetRoot;
		bytes32 leafExtra;
	}

	#[derive(Debug, PartialEq, Eq)]
	struct Commitment {
		bytes32 mmrRoot;
		uint32 blockNumber;
		uint64 validatorSetId;
	}

	#[derive(Debug, PartialEq, Eq)]
	struct RootsProof {
		uint32 rootBlock;
		MmrLeaf leaf;
		bytes32 messagesRoot;
		bytes32 settlementRoot;
		bytes32 receiptsRoot;
		bytes32[] mmrItems;
	}

	#[derive(Debug, PartialEq, Eq)]
	struct InclusionProof {
		RootsProof roots;
		uint32 index;
		uint32 count;
		bytes32[] items;
	}

	#[derive(Debug, PartialEq, Eq)]
	struct Message {
		uint64 nonce;
		uint8 kind;
		bytes32 sender;
		uint128 fee;
		bytes payload;
	}

	#[derive(Debug, PartialEq, Eq)]
	struct Claim {
		uint64 epoch;
		uint32 index;
		address account;
		uint128 amount;
	}

	#[derive(Debug, PartialEq, Eq)]
	struct Receipt {
		uint64 task;
		uint32 model;
		uint32 items;
		uint8 verdict;
		bytes32 requester;
		bytes32 manifest;
		bytes32 input;
		bytes32 output;
		bytes32[] workers;
		uint128 fee;
		uint128 creator;
		uint128 perWorker;
		uint128 validators;
		uint128 treasury;
		uint128 community;
		uint128 burned;
	}

	interface IBeefyClient {
		function submitCommitment(
			Commitment calldata commitment,
			uint256[] calldata bitfield,
			bytes calldata signatures,
			address[] calldata authorities,
			MmrLeaf calldata leaf,
			bytes32[] calldata mmrItems
		) external;
		function latestBlock() external view returns (uint32);
		function currentSet() external view returns (uint64 id, uint32 len, bytes32 root);
		function nextSet() external view returns (uint64 id, uint32 len, bytes32 root);
		function rootAt(uint32 blockNumber) external view returns (bytes32);
		function isListStored(bytes32 setRoot) external view returns (bool);
	}

	interface IGateway {
		function deliverMessage(Message calldata message, InclusionProof calldata proof) external;
		function retryMessage(Message calldata message) external;
		function drain(uint256 most) external;
		function statusOf(uint64 nonce) external view returns (uint8);
	}

	interface ISettlement {
		function claim(Claim calldata claim, uint32 count, bytes32[] calldata items) external;
		function push(Claim[] calldata claims, uint32 count, bytes32[][] calldata items) external;
		function isClaimed(uint64 epoch, uint32 index) external view returns (bool);
	}

	interface IReceiptVerifier {
		function verifyReceipt(Receipt calldata receipt, InclusionProof calldata proof) external view returns (bool);
	}

	interface IToken {
		function balanceOf(address account) external view returns (uint256);
	}
}
