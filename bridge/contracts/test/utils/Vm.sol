// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice The cheat codes of Foundry that tests and scripts use.
interface Vm {
	struct Log {
		bytes32[] topics;
		bytes data;
		address emitter;
	}

	function addr(uint256 key) external pure returns (address);
	function sign(uint256 key, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
	function prank(address sender) external;
	function startPrank(address sender) external;
	function stopPrank() external;
	function warp(uint256 time) external;
	function chainId(uint256 id) external;
	function load(address account, bytes32 slot) external view returns (bytes32);
	function store(address account, bytes32 slot, bytes32 value) external;
	function etch(address account, bytes calldata code) external;
	function label(address account, string calldata name) external;
	function expectRevert() external;
	function expectRevert(bytes calldata reason) external;
	function expectRevert(bytes4 selector) external;
	function expectPartialRevert(bytes4 selector) external;
	function expectEmit() external;
	function expectEmit(address emitter) external;
	function recordLogs() external;
	function getRecordedLogs() external returns (Log[] memory);
	function assume(bool condition) external pure;
	function snapshotState() external returns (uint256);
	function revertToState(uint256 id) external returns (bool);
	function pauseGasMetering() external;
	function resumeGasMetering() external;
	function getNonce(address account) external view returns (uint64);
	function computeCreateAddress(address deployer, uint256 nonce) external pure returns (address);
	function toString(uint256 value) external pure returns (string memory);
	function toString(bytes32 value) external pure returns (string memory);
	function toString(address value) external pure returns (string memory);

	function assertTrue(bool condition) external pure;
	function assertTrue(bool condition, string calldata why) external pure;
	function assertFalse(bool condition) external pure;
	function assertEq(uint256 a, uint256 b) external pure;
	function assertEq(uint256 a, uint256 b, string calldata why) external pure;
	function assertEq(address a, address b) external pure;
	function assertEq(bytes32 a, bytes32 b) external pure;
	function assertEq(bytes32 a, bytes32 b, string calldata why) external pure;
	function assertEq(bool a, bool b) external pure;
	function assertEq(string calldata a, string calldata b) external pure;
	function assertEq(bytes calldata a, bytes calldata b) external pure;
	function assertLe(uint256 a, uint256 b, string calldata why) external pure;
	function assertGe(uint256 a, uint256 b, string calldata why) external pure;

	function envString(string calldata name) external view returns (string memory);
	function envOr(string calldata name, uint256 otherwise) external view returns (uint256);
	function readFile(string calldata path) external view returns (string memory);
	function writeFile(string calldata path, string calldata data) external;
	function exists(string calldata path) external view returns (bool);
	function keyExistsJson(string calldata json, string calldata key) external view returns (bool);
	function parseJson(string calldata json, string calldata key) external pure returns (bytes memory);
	function parseJsonUint(string calldata json, string calldata key) external pure returns (uint256);
	function parseJsonUintArray(string calldata json, string calldata key) external pure returns (uint256[] memory);
	function parseJsonBytes32(string calldata json, string calldata key) external pure returns (bytes32);
	function parseJsonBytes32Array(string calldata json, string calldata key) external pure returns (bytes32[] memory);
	function parseJsonAddress(string calldata json, string calldata key) external pure returns (address);
	function parseJsonAddressArray(string calldata json, string calldata key) external pure returns (address[] memory);
	function parseJsonBytes(string calldata json, string calldata key) external pure returns (bytes memory);
	function parseJsonBytesArray(string calldata json, string calldata key) external pure returns (bytes[] memory);
	function serializeAddress(string calldata object, string calldata key, address value) external returns (string memory);
	function serializeUint(string calldata object, string calldata key, uint256 value) external returns (string memory);
	function serializeBytes32(string calldata object, string calldata key, bytes32 value) external returns (string memory);
	function writeJson(string calldata json, string calldata path) external;
	function startBroadcast() external;
	function startBroadcast(uint256 key) external;
	function stopBroadcast() external;
}

// Where Foundry answers them.
Vm constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
