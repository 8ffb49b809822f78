// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Data kept as the code of an account
/// @notice To write, a word of code costs less than a third of a storage slot; to read, next to nothing. The code begins with STOP, so that
/// nothing can be run there.
library CodeStorage {
	/// @notice Code may have 24,576 bytes (EIP-170), the STOP among them.
	error DataTooLong(uint256 length, uint256 most);
	/// @notice The account could not be created.
	error CodeNotStored(uint256 length);

	uint256 internal constant MOST = 24_575;

	/// @notice Creates an account whose code is STOP followed by `data`.
	function write(bytes memory data) internal returns (address pointer) {
		if (data.length > MOST) revert DataTooLong(data.length, MOST);
		// PUSH2 size, DUP1, PUSH1 10, PUSH0, CODECOPY, PUSH0, RETURN: ten bytes that return what follows them.
		bytes memory code = abi.encodePacked(hex"61", uint16(data.length + 1), hex"80600a5f395ff3", hex"00", data);
		assembly ("memory-safe") {
			pointer := create(0, add(code, 0x20), mload(code))
		}
		if (pointer == address(0)) revert CodeNotStored(data.length);
	}

	/// @notice The data that `write` stored at `pointer`.
	function read(address pointer) internal view returns (bytes memory data) {
		assembly ("memory-safe") {
			let size := sub(extcodesize(pointer), 1)
			data := mload(0x40)
			mstore(0x40, add(data, and(add(size, 0x3f), not(0x1f))))
			mstore(data, size)
			extcodecopy(pointer, add(data, 0x20), 1, size)
		}
	}
}
