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
///
/// Of an epoch one word is kept, over root and total, so that its message is cheap to deliver; who claims gives the total again.
contract Settlement is ISettlement, Governed {
	/// @custom:storage-location erc7201:deepnode.storage.Settlement
	struct SettlementStorage {
		mapping(uint64 epoch => bytes32) epochs;
		mapping(uint64 epoch => uint256) paid;
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
	/// @notice A pushed claim is one of the epoch's, and its account cannot be paid.
	event ClaimPassedOver(uint64 indexed epoch, uint32 indexed index, address indexed account);

	/// @notice Only the gateway opens epochs.
	error NotGateway(address caller, address gateway);
	/// @notice The settlement of this epoch has not arrived.
	error UnknownEpoch(uint64 epoch);
	/// @notice The claim is not one of this epoch's, or its proof, the count or the total are not right.
	error WrongSettlement(uint64 epoch, bytes32 computed, bytes32 expected);
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
	function claim(Claim calldata c, uint128 total, uint32 count, bytes32[] calldata items) external {
		if (isClaimed(c.epoch, c.index)) revert AlreadyClaimed(c.epoch, c.index);
		_prove(c, total, count, items);
		_pay(c, total);
	}

	/// @inheritdoc ISettlement
	function push(Claim[] calldata claims, uint128 total, uint32 count, bytes32[][] calldata items) external {
		if (claims.length != items.length) revert LengthsDiffer(claims.length, items.length);
		for (uint256 i; i < claims.length; ++i) {
			Claim calldata c = claims[i];
			if (isClaimed(c.epoch, c.index)) continue;
			_prove(c, total, count, items[i]);
			// Whoever earns chooses the account, and could hold up everybody in the same batch. The gateway is asked before anything
			// changes, not made to fail: a failure could as well be for lack of gas.
			if (gateway.canReceive(c.account)) _pay(c, total);
			else emit ClaimPassedOver(c.epoch, c.index, c.account);
		}
	}

	/// @inheritdoc ISettlement
	function open(uint64 epoch, bytes32 root, uint128 total, uint32 count) external returns (bool opened) {
		if (msg.sender != address(gateway)) revert NotGateway(msg.sender, address(gateway));
		SettlementStorage storage s = _settlement();
		if (s.epochs[epoch] != 0 || root == 0 || total == 0 || count == 0) return false;
		s.epochs[epoch] = _bind(root, total);
		emit SettlementOpened(epoch, root, total, count);
		return true;
	}

	/// @inheritdoc ISettlement
	function isOpen(uint64 epoch) external view returns (bool) {
		return _settlement().epochs[epoch] != 0;
	}

	/// @inheritdoc ISettlement
	function paid(uint64 epoch) external view returns (uint256) {
		return _settlement().paid[epoch];
	}

	/// @inheritdoc ISettlement
	function isClaimed(uint64 epoch, uint32 index) public view returns (bool) {
		return _settlement().claimed[epoch][index >> 8] >> (index & 255) & 1 == 1;
	}

	/// @dev Reverts unless the claim is one of its epoch's.
	function _prove(Claim calldata c, uint128 total, uint32 count, bytes32[] calldata items) private view {
		bytes32 expected = _settlement().epochs[c.epoch];
		if (expected == 0) revert UnknownEpoch(c.epoch);
		bytes32 leaf = Encoding.claimLeaf(chain, address(gateway), c);
		bytes32 computed = _bind(MerkleTree.rootFrom(leaf, c.index, count, items), total);
		if (computed != expected) revert WrongSettlement(c.epoch, computed, expected);
	}

	function _pay(Claim calldata c, uint128 total) private {
		SettlementStorage storage s = _settlement();
		uint256 paid_ = s.paid[c.epoch] + c.amount;
		if (paid_ > total) revert TotalExceeded(c.epoch, paid_, total);

		s.claimed[c.epoch][c.index >> 8] |= uint256(1) << (c.index & 255);
		s.paid[c.epoch] = paid_;
		emit Claimed(c.epoch, c.index, c.account, c.amount);
		gateway.payClaim(c.account, c.amount);
	}

	function _bind(bytes32 root, uint128 total) private pure returns (bytes32) {
		return keccak256(abi.encode(root, total));
	}

	function _settlement() private pure returns (SettlementStorage storage s) {
		assembly {
			s.slot := SETTLEMENT_STORAGE
		}
	}
}
