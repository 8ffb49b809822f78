// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Authorities } from "../src/lib/Authorities.sol";
import { CodeStorage } from "../src/lib/CodeStorage.sol";
import { Encoding } from "../src/lib/Encoding.sol";
import { Payload } from "../src/lib/Payload.sol";
import { StatusMap } from "../src/lib/StatusMap.sol";
import { Test } from "./utils/Test.sol";
import { Validators } from "./utils/Validators.sol";

/// @notice Bytes in, bytes out.
contract EncodingTest is Test {
	using StatusMap for StatusMap.Map;

	StatusMap.Map private _map;

	function test_integersAreTurnedAround() public pure {
		vm.assertEq(Encoding.le32(0x01020304), 0x04030201);
		vm.assertEq(Encoding.le64(0x0102030405060708), 0x0807060504030201);
	}

	function payload(uint8 kind, bytes calldata p) external pure returns (bytes memory) {
		if (kind == 0) {
			(bool ok, address a, uint128 b) = Payload.release(p);
			return ok ? abi.encode(a, b) : bytes("");
		}
		if (kind == 1) {
			(bool ok, uint64 a, bytes32 b, uint128 c, uint32 d) = Payload.settlement(p);
			return ok ? abi.encode(a, b, c, d) : bytes("");
		}
		if (kind == 2) {
			(bool ok, uint64 a, uint128 b) = Payload.burn(p);
			return ok ? abi.encode(a, b) : bytes("");
		}
		(bool fine, address target, bytes calldata data) = Payload.governance(p);
		return fine ? abi.encode(target, data) : bytes("");
	}

	function testFuzz_payloadsAreRead(address a, uint64 b, uint128 c, uint32 d, bytes calldata data) public view {
		bytes memory p = abi.encode(a, c);
		vm.assertEq(this.payload(0, p), p);
		p = abi.encode(b, keccak256(data), c, d);
		vm.assertEq(this.payload(1, p), p);
		p = abi.encode(b, c);
		vm.assertEq(this.payload(2, p), p);
		p = abi.encode(a, data);
		vm.assertEq(this.payload(3, p), p);
	}

	/// @dev Whatever is read is what `abi.encode` gives for it, up to the padding of `data`.
	function testFuzz_anythingElseIsMalformed(uint8 kind, uint256 length, bytes calldata data) public view {
		bytes memory p = data[:length % (data.length + 1)];
		kind %= 4;
		bytes memory again = this.payload(kind, p);
		if (again.length == 0) return;
		vm.assertEq(again.length, p.length);
		if (kind != 3) vm.assertEq(again, p);
	}

	function test_everyWordOfAPayloadIsBounded() public view {
		bytes32 high = bytes32(uint256(1) << 255);
		vm.assertEq(this.payload(0, abi.encode(high, uint256(1))), "");
		vm.assertEq(this.payload(0, abi.encode(address(1), high)), "");
		vm.assertEq(this.payload(0, abi.encode(address(1), uint256(1), uint256(1))), "");
		vm.assertEq(this.payload(1, abi.encode(high, high, uint256(1), uint256(1))), "");
		vm.assertEq(this.payload(1, abi.encode(uint256(1), high, high, uint256(1))), "");
		vm.assertEq(this.payload(1, abi.encode(uint256(1), high, uint256(1), high)), "");
		vm.assertEq(this.payload(2, abi.encode(high, uint256(1))), "");
		vm.assertEq(this.payload(2, abi.encode(uint256(1), high)), "");
		vm.assertEq(this.payload(3, abi.encode(high, uint256(64), uint256(0))), "");
		vm.assertEq(this.payload(3, abi.encode(address(1), uint256(32), uint256(0))), "");
		vm.assertEq(this.payload(3, abi.encode(address(1), uint256(64), high)), "");
		vm.assertEq(this.payload(3, abi.encode(address(1), uint256(64), type(uint256).max)), "");
		vm.assertEq(this.payload(3, abi.encode(address(1), uint256(64), uint256(33), uint256(0))), "");
		vm.assertEq(this.payload(3, abi.encode(address(1), uint256(64), uint256(0), uint256(0))), "");
	}

	function pack(address[] calldata addresses) external pure returns (bytes memory) {
		return Authorities.pack(addresses);
	}

	function testFuzz_aListIsTwentyBytesForEach(uint256 n, bytes32 seed) public view {
		address[] memory addresses = new address[](bound(n, 1, 60));
		bytes memory expected;
		for (uint256 i; i < addresses.length; ++i) {
			addresses[i] = address(uint160(uint256(keccak256(abi.encode(seed, i)))));
			expected = bytes.concat(expected, bytes20(addresses[i]));
		}
		vm.assertEq(this.pack(addresses), expected);
		vm.assertEq(Authorities.root(expected), Validators.rootOf(addresses));
	}

	function testFuzz_codeKeepsData(bytes calldata data) public {
		vm.assertEq(CodeStorage.read(CodeStorage.write(data)), data);
	}

	function test_aListOfTheLargestSetFitsIntoCode() public {
		bytes memory list = new bytes(1200 * 20);
		list[0] = 0x01;
		list[list.length - 1] = 0xff;
		address pointer = CodeStorage.write(list);
		vm.assertEq(CodeStorage.read(pointer), list);
		(bool ok, bytes memory result) = pointer.call("");
		vm.assertTrue(ok);
		vm.assertEq(result.length, 0);
	}

	function write(bytes calldata data) external {
		CodeStorage.write(data);
	}

	function test_whatDoesNotFitIntoCodeIsRefused() public {
		vm.expectRevert(abi.encodeWithSelector(CodeStorage.DataTooLong.selector, 24576, 24575));
		this.write(new bytes(24576));
	}

	function testFuzz_aStatusTouchesNoOther(uint64 a, uint64 b, uint8 x, uint8 y) public {
		vm.assume(a != b);
		(x, y) = (x % 16, y % 16);
		_map.set(a, x);
		_map.set(b, y);
		vm.assertEq(_map.get(a), x);
		vm.assertEq(_map.get(b), y);
		_map.set(a, 0);
		vm.assertEq(_map.get(a), 0);
		vm.assertEq(_map.get(b), y);
	}
}
