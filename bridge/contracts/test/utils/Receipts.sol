// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Receipt } from "../../src/Types.sol";

/// @title Receipts, and their hash written out as bridge/README.md defines it
library Receipts {
	function example() internal pure returns (Receipt memory r) {
		r.task = 41;
		r.model = 3;
		r.items = 8;
		r.requester = keccak256("requester");
		r.manifest = keccak256("manifest");
		r.input = keccak256("input");
		r.output = keccak256("output");
		r.workers = new bytes32[](2);
		r.workers[0] = keccak256("alice");
		r.workers[1] = keccak256("bob");
		r.fee = 100e18;
		r.creator = 30e18;
		r.perWorker = 25e18;
		r.validators = 8e18;
		r.treasury = 6e18;
		r.community = 5e18;
		r.burned = 1e18;
	}

	function leafOf(bytes32 chain, Receipt memory r) internal pure returns (bytes32) {
		bytes memory workers;
		for (uint256 i; i < r.workers.length; ++i) {
			workers = bytes.concat(workers, r.workers[i]);
		}
		bytes memory b = bytes.concat(keccak256("deepnode.bridge.receipt.v1"), chain);
		b = bytes.concat(b, word(r.task), word(r.model), word(r.items), word(r.verdict));
		b = bytes.concat(b, r.requester, r.manifest, r.input, r.output, keccak256(workers));
		b = bytes.concat(b, word(r.fee), word(r.creator), word(r.perWorker), word(r.validators));
		return keccak256(bytes.concat(b, word(r.treasury), word(r.community), word(r.burned)));
	}

	function word(uint256 x) internal pure returns (bytes32) {
		return bytes32(x);
	}
}
