// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Initializable } from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import { UUPSUpgradeable } from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";

/// @title A contract behind a proxy that the timelock alone can change
/// @notice The chain's governance drives the timelock by message, through the gateway.
abstract contract Governed is Initializable, UUPSUpgradeable {
	/// @custom:storage-location erc7201:deepnode.storage.Governed
	struct GovernedStorage {
		address timelock;
	}

	/// @dev `erc7201("deepnode.storage.Governed")`
	bytes32 private constant GOVERNED_STORAGE = 0x2366d26624d0279cfbd4a3f1ac69befe8dcea474fb60e3f57b43b6f8b438df00;

	/// @notice The timelock is another one from now on.
	event TimelockChanged(address indexed from, address indexed to);

	/// @notice Only the timelock may do this.
	error NotTimelock(address caller, address timelock);
	/// @notice An address that has to be there is zero.
	error ZeroAddress();

	modifier onlyTimelock() {
		_onlyTimelock();
		_;
	}

	/// @dev An implementation is never used but through a proxy.
	constructor() {
		_disableInitializers();
	}

	/// @notice Who may change this contract.
	function timelock() public view returns (address) {
		return _governed().timelock;
	}

	/// @notice Hands this contract to another timelock.
	function setTimelock(address to) external onlyTimelock {
		_setTimelock(to);
	}

	function _setTimelock(address to) internal {
		if (to == address(0)) revert ZeroAddress();
		emit TimelockChanged(_governed().timelock, to);
		_governed().timelock = to;
	}

	function _authorizeUpgrade(address) internal view override onlyTimelock { }

	function _onlyTimelock() private view {
		if (msg.sender != _governed().timelock) revert NotTimelock(msg.sender, _governed().timelock);
	}

	function _governed() private pure returns (GovernedStorage storage s) {
		assembly {
			s.slot := GOVERNED_STORAGE
		}
	}
}
