//! What the contracts on Base are given and asked, as `bridge/README.md` defines it.
//!
//! A test compares this with what the compiler says of the contracts.
#![allow(missing_docs)] // The page that defines these names says what they mean.

use alloy::{sol, sol_types::SolInterface as _};

sol! {
	#[derive(Debug, Default, PartialEq, Eq)]
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
		event CommitmentAccepted(
			uint32 indexed blockNumber, uint64 indexed setId, bytes32 mmrRoot, address indexed submitter
		);
		event Initialized(uint64 version);
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
		function available() external view returns (uint96);
		function limit() external view returns (uint96 capacity, uint24 period);
		function queue() external view returns (uint64 head, uint64 tail, uint128 total);
		function queued(uint64 place) external view returns (address to, uint64 nonce, uint128 amount);
	}

	interface ISettlement {
		function claim(Claim calldata claim, uint128 total, uint32 count, bytes32[] calldata items) external;
		function push(Claim[] calldata claims, uint128 total, uint32 count, bytes32[][] calldata items) external;
		function isClaimed(uint64 epoch, uint32 index) external view returns (bool);
		function paid(uint64 epoch) external view returns (uint256);
	}

	interface IReceiptVerifier {
		function verifyReceipt(Receipt calldata receipt, InclusionProof calldata proof) external view returns (bool);
	}

	interface IToken {
		function balanceOf(address account) external view returns (uint256);
	}

	/// Why the contracts refuse what a relayer sends.
	#[derive(Debug, PartialEq, Eq)]
	interface Refusals {
		error AlreadyClaimed(uint64 epoch, uint32 index);
		error AlreadyDelivered(uint64 nonce, uint8 status);
		error EmptyRange();
		error EmptyTree();
		error Frozen(uint64 setTime, uint32 maxSilence);
		error HighS(uint256 validator, uint256 s);
		error InvalidRecipient(address recipient);
		error IsPaused();
		error LeafIndexOutOfRange(uint256 index, uint256 count);
		error MmrIndexOutOfRange(uint256 index, uint256 count);
		error NoQuorum(uint256 signers, uint256 needed);
		error NotFailed(uint64 nonce, uint8 status);
		error PaddingBitSet(uint256 lastWord);
		error StaleBlock(uint32 blockNumber, uint32 latestBlock);
		error TotalExceeded(uint64 epoch, uint256 claimed, uint128 total);
		error UnknownEpoch(uint64 epoch);
		error UnknownRoot(uint32 blockNumber);
		error UnknownSet(uint64 id, uint64 current, uint64 next);
		error UnsupportedLeafVersion(uint8 version);
		error VaultTooSmall(uint128 amount, uint256 balance);
		error WrongBitfieldLength(uint256 words, uint256 needed);
		error WrongLeafBlock(uint32 parentNumber, uint32 blockNumber);
		error WrongLeafExtra(bytes32 computed, bytes32 expected);
		error WrongListLength(uint256 given, uint256 needed);
		error WrongListRoot(bytes32 computed, bytes32 expected);
		error WrongMessage(bytes32 computed, bytes32 expected);
		error WrongMmrProofLength(uint256 given, uint256 needed);
		error WrongMmrRoot(bytes32 computed, bytes32 expected);
		error WrongProofLength(uint256 given, uint256 needed);
		error WrongSetId(uint64 id, uint64 needed);
		error WrongSettlement(uint64 epoch, bytes32 computed, bytes32 expected);
		error WrongSignaturesLength(uint256 given, uint256 needed);
		error WrongSigner(uint256 validator, address recovered, address expected);
		error WrongTreeRoot(bytes32 computed, bytes32 expected);
		error ZeroAuthority(uint256 validator);
		error ZeroRoot();
		error Error(string reason);
		error Panic(uint256 code);
	}
}

/// What a contract says about its refusal: the error's name with its values.
pub fn reason(data: &[u8]) -> String {
	let Ok(refusal) = Refusals::RefusalsErrors::abi_decode(data) else {
		return format!("an error that this program does not know, 0x{}", hex::encode(data));
	};
	// The enumeration and its variant have one name each, so that the name stands there twice.
	let text = format!("{refusal:?}");
	match text.split_once('(') {
		Some((name, inner)) if inner.starts_with(name) => inner.strip_suffix(')').unwrap_or(inner).to_owned(),
		_ => text,
	}
}

#[cfg(test)]
mod tests {
	use alloy::sol_types::SolError as _;

	use super::*;

	#[test]
	fn a_refusal_is_told_by_its_name_and_values() {
		let error = Refusals::AlreadyDelivered { nonce: 3, status: 1 };
		assert_eq!(reason(&error.abi_encode()), "AlreadyDelivered { nonce: 3, status: 1 }");
		assert_eq!(reason(&Refusals::IsPaused {}.abi_encode()), "IsPaused");
		assert_eq!(reason(&[1, 2, 3, 4]), "an error that this program does not know, 0x01020304");
	}
}
