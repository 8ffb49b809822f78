// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A leaf of the chain's Merkle mountain range. What happened in block N is in the leaf with `parentNumber` N.
struct MmrLeaf {
	uint8 version;
	uint32 parentNumber;
	bytes32 parentHash;
	uint64 nextSetId;
	uint32 nextSetLen;
	bytes32 nextSetRoot;
	bytes32 leafExtra;
}

/// @notice What validators sign: the root of the mountain range after `blockNumber` leaves.
struct Commitment {
	bytes32 mmrRoot;
	uint32 blockNumber;
	uint64 validatorSetId;
}

/// @notice A validator set: its number, its size, and the Merkle root of its members' addresses.
struct AuthoritySet {
	uint64 id;
	uint32 len;
	bytes32 root;
}

/// @notice Where a light client starts. `mmrRoot` is zero if no root is trusted yet.
struct Checkpoint {
	uint32 blockNumber;
	bytes32 mmrRoot;
	AuthoritySet current;
	AuthoritySet next;
}

/// @notice A block's three roots under a commitment: `leaf.leafExtra` is recomputed from them.
struct RootsProof {
	uint32 rootBlock;
	MmrLeaf leaf;
	bytes32 messagesRoot;
	bytes32 settlementRoot;
	bytes32 receiptsRoot;
	bytes32[] mmrItems;
}

/// @notice One leaf of one of a block's roots.
struct InclusionProof {
	RootsProof roots;
	uint32 index;
	uint32 count;
	bytes32[] items;
}

/// @notice What the chain tells Base.
struct Message {
	uint64 nonce;
	uint8 kind;
	bytes32 sender;
	uint128 fee;
	bytes payload;
}

/// @notice What an account earned in an epoch.
struct Claim {
	uint64 epoch;
	uint32 index;
	address account;
	uint128 amount;
}

/// @notice What is left of a settled inference.
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

/// @notice Kinds of messages towards Base.
library Kind {
	uint8 internal constant RELEASE = 0;
	uint8 internal constant SETTLEMENT = 1;
	uint8 internal constant BURN = 2;
	uint8 internal constant GOVERNANCE = 3;
}

/// @notice What became of a message towards Base.
library Status {
	uint8 internal constant UNKNOWN = 0;
	uint8 internal constant DONE = 1;
	uint8 internal constant QUEUED = 2;
	uint8 internal constant FAILED = 3;
	uint8 internal constant REFUSED = 4;
}
