// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Governed } from "./Governed.sol";
import { Claim } from "./Types.sol";
import { IGateway } from "./interfaces/IGateway.sol";
import { ISettlement } from "./interfaces/ISettlement.sol";
import { Encoding } from "./lib/Encoding.sol";
import { MerkleTree } from "./lib/MerkleTree.sol";

/// @title Pays what was earned on the chain
/// @notice One message per epoch brings a root and a total, whatever the number of accounts. Each account claims against the root, or
/// anyone pushes claims in batches. The DN stay in the gateway's vault until then and leave it under its rate limit; of an epoch never
/// more than its total is paid, whatever its root holds.
contract Settlement is ISettlement, Governed {
	struct Epoch {
		bytes32 root;
		uint128 total;
		uint128 paid;
	}

	/// @custom:storage-location erc7201:deepnode.storage.Settlement
	struct SettlementStorage {
		mapping(uint64 epoch => Epoch) epochs;
		mapping(uint64 epoch => mapping(uint256 word => uint256)) claimed;
	}

	/// @dev `erc7201("deepnode.storage.Settlement")`
	bytes32 private constant SETTLEMENT_STORAGE = 0xa460279dec5c43edac12792724d8fe566b0bafba66a94fbeb765a00d3c5d4700;

	/// @notice The genesis hash of the chain.
	bytes32 public immutable chain;
	/// @notice The gateway, which opens epochs and pays.
	IGateway public immutable gateway;

	/// @notice An epoch can be claimed.
	event SettlementOpened(uint64 indexed epoch, bytes32 root, uint128 total, uint32 count);
	/// @notice A claim was paid, or waits in the gateway's queue.
	event Claimed(uint64 indexed epoch, uint32 indexed index, address indexed account, uint128 amount);

	/// @notice Only the gateway opens epochs.
	error NotGateway(address caller, address gateway);
	/// @notice The settlement of this epoch has not arrived.
	error UnknownEpoch(uint64 epoch);
	/// @notice This claim has been paid.
	error AlreadyClaimed(uint64 epoch, uint32 index);
	/// @notice The claims under the root are more than the total of the epoch.
	error TotalExceeded(uint64 epoch, uint256 claimed, uint128 total);
	/// @notice There has to be one proof for each claim.
	error LengthsDiffer(uint256 claims, uint256 proofs);

	constructor(bytes32 chain_, IGateway gateway_) {
		chain = chain_;
		gateway = gateway_;
	}

	/// @notice Starts the contract.
	function initialize(address timelock_) external initializer {
		_setTimelock(timelock_);
	}

	/// @inheritdoc ISettlement
	function claim(Claim calldata c, uint32 count, bytes32[] calldata items) external {
		if (isClaimed(c.epoch, c.index)) revert AlreadyClaimed(c.epoch, c.index);
		_claim(c, count, items);
	}

	/// @inheritdoc ISettlement
	function push(Claim[] calldata claims, uint32 count, bytes32[][] calldata items) external {
		if (claims.length != items.length) revert LengthsDiffer(claims.length, items.length);
		for (uint256 i; i < claims.length; ++i) {
			if (!isClaimed(claims[i].epoch, claims[i].index)) _claim(claims[i], count, items[i]);
		}
	}

	/// @inheritdoc ISettlement
	function open(uint64 epoch, bytes32 root, uint128 total, uint32 count) external returns (bool opened) {
		if (msg.sender != address(gateway)) revert NotGateway(msg.sender, address(gateway));
		Epoch storage e = _settlement().epochs[epoch];
		if (e.root != 0 || root == 0 || total == 0 || count == 0) return false;
		e.root = root;
		e.total = total;
		emit SettlementOpened(epoch, root, total, count);
		return true;
	}

	/// @notice An epoch's root, its total, and how much of it has been claimed.
	function epochOf(uint64 epoch) external view returns (bytes32 root, uint128 total, uint128 paid) {
		Epoch storage e = _settlement().epochs[epoch];
		return (e.root, e.total, e.paid);
	}

	/// @inheritdoc ISettlement
	function isClaimed(uint64 epoch, uint32 index) public view returns (bool) {
		return _settlement().claimed[epoch][index >> 8] >> (index & 255) & 1 == 1;
	}

	function _claim(Claim calldata c, uint32 count, bytes32[] calldata items) private {
		SettlementStorage storage s = _settlement();
		Epoch storage e = s.epochs[c.epoch];
		bytes32 root = e.root;
		if (root == 0) revert UnknownEpoch(c.epoch);
		MerkleTree.verify(root, Encoding.claimLeaf(chain, address(gateway), c), c.index, count, items);
		uint256 paid = uint256(e.paid) + c.amount;
		if (paid > e.total) revert TotalExceeded(c.epoch, paid, e.total);

		s.claimed[c.epoch][c.index >> 8] |= uint256(1) << (c.index & 255);
		e.paid = uint128(paid);
		emit Claimed(c.epoch, c.index, c.account, c.amount);
		gateway.payClaim(c.account, c.amount);
	}

	function _settlement() private pure returns (SettlementStorage storage s) {
		assembly {
			s.slot := SETTLEMENT_STORAGE
		}
	}
}
