// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { MmrLeaf, Receipt } from "../../src/Types.sol";
import { Vectors } from "./Vectors.sol";

/// @notice Structs out of the columns of the files in test/vectors.
abstract contract Columns {
	using Vectors for string;

	function receiptsOf(string memory f, uint256 n) internal pure returns (Receipt[] memory receipts) {
		receipts = new Receipt[](n);
		uint256[] memory numbers = f.uints("task");
		for (uint256 i; i < n; ++i) {
			receipts[i].task = uint64(numbers[i]);
		}
		numbers = f.uints("model");
		for (uint256 i; i < n; ++i) {
			receipts[i].model = uint32(numbers[i]);
		}
		numbers = f.uints("items");
		for (uint256 i; i < n; ++i) {
			receipts[i].items = uint32(numbers[i]);
		}
		numbers = f.uints("verdict");
		for (uint256 i; i < n; ++i) {
			receipts[i].verdict = uint8(numbers[i]);
		}
		bytes32[] memory hashes = f.words("requester");
		for (uint256 i; i < n; ++i) {
			receipts[i].requester = hashes[i];
		}
		hashes = f.words("manifest");
		for (uint256 i; i < n; ++i) {
			receipts[i].manifest = hashes[i];
		}
		hashes = f.words("input");
		for (uint256 i; i < n; ++i) {
			receipts[i].input = hashes[i];
		}
		hashes = f.words("output");
		for (uint256 i; i < n; ++i) {
			receipts[i].output = hashes[i];
		}
		bytes[] memory lists = f.cells("workers");
		for (uint256 i; i < n; ++i) {
			receipts[i].workers = Vectors.list(lists[i]);
		}
		numbers = f.uints("fee");
		for (uint256 i; i < n; ++i) {
			receipts[i].fee = uint128(numbers[i]);
		}
		numbers = f.uints("creator");
		for (uint256 i; i < n; ++i) {
			receipts[i].creator = uint128(numbers[i]);
		}
		numbers = f.uints("perWorker");
		for (uint256 i; i < n; ++i) {
			receipts[i].perWorker = uint128(numbers[i]);
		}
		numbers = f.uints("validators");
		for (uint256 i; i < n; ++i) {
			receipts[i].validators = uint128(numbers[i]);
		}
		numbers = f.uints("treasury");
		for (uint256 i; i < n; ++i) {
			receipts[i].treasury = uint128(numbers[i]);
		}
		numbers = f.uints("community");
		for (uint256 i; i < n; ++i) {
			receipts[i].community = uint128(numbers[i]);
		}
		numbers = f.uints("burned");
		for (uint256 i; i < n; ++i) {
			receipts[i].burned = uint128(numbers[i]);
		}
	}

	function mmrLeavesOf(string memory f) internal pure returns (MmrLeaf[] memory leaves) {
		uint256[] memory version = f.uints("version");
		uint256[] memory parentNumber = f.uints("parentNumber");
		bytes32[] memory parentHash = f.words("parentHash");
		uint256[] memory nextSetId = f.uints("nextSetId");
		uint256[] memory nextSetLen = f.uints("nextSetLen");
		bytes32[] memory nextSetRoot = f.words("nextSetRoot");
		bytes32[] memory leafExtra = f.words("leafExtra");
		leaves = new MmrLeaf[](version.length);
		for (uint256 i; i < leaves.length; ++i) {
			leaves[i] = MmrLeaf(
				uint8(version[i]),
				uint32(parentNumber[i]),
				parentHash[i],
				uint64(nextSetId[i]),
				uint32(nextSetLen[i]),
				nextSetRoot[i],
				leafExtra[i]
			);
		}
	}
}
