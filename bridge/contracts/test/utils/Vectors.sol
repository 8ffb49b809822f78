// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { VM } from "./Vm.sol";

/// @title Columns of the files in test/vectors
/// @notice Every cell of a file is a string; one position in all its columns is one case. See vectors/README.md.
library Vectors {
	function file(string memory name) internal view returns (string memory) {
		return VM.readFile(string.concat("test/vectors/", name, ".json"));
	}

	function uints(string memory json, string memory column) internal pure returns (uint256[] memory) {
		return VM.parseJsonUintArray(json, string.concat(".", column));
	}

	function words(string memory json, string memory column) internal pure returns (bytes32[] memory) {
		return VM.parseJsonBytes32Array(json, string.concat(".", column));
	}

	function addresses(string memory json, string memory column) internal pure returns (address[] memory) {
		return VM.parseJsonAddressArray(json, string.concat(".", column));
	}

	function cells(string memory json, string memory column) internal pure returns (bytes[] memory) {
		return VM.parseJsonBytesArray(json, string.concat(".", column));
	}

	/// @notice A cell with hashes one after the other.
	function list(bytes memory cell) internal pure returns (bytes32[] memory items) {
		require(cell.length % 32 == 0, "a cell of whole words");
		items = new bytes32[](cell.length / 32);
		for (uint256 i; i < items.length; ++i) {
			bytes32 item;
			assembly {
				item := mload(add(add(cell, 0x20), mul(i, 0x20)))
			}
			items[i] = item;
		}
	}

	/// @notice A cell with addresses one after the other.
	function addressList(bytes memory cell) internal pure returns (address[] memory items) {
		require(cell.length % 20 == 0, "a cell of whole addresses");
		items = new address[](cell.length / 20);
		for (uint256 i; i < items.length; ++i) {
			address item;
			assembly {
				item := shr(96, mload(add(add(cell, 0x20), mul(i, 20))))
			}
			items[i] = item;
		}
	}
}
