// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ERC20 } from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import { ERC20Burnable } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";
import { ERC20Permit } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title DN
/// @notice All 100,000,000 there will ever be are minted here, once. Nobody can mint, pause or upgrade.
contract DeepNodeToken is ERC20, ERC20Permit, ERC20Burnable {
	/// @notice 100,000,000 DN with 18 decimals.
	uint256 public constant SUPPLY = 100_000_000e18;

	/// @param holder Who gets all of it.
	constructor(address holder) ERC20("DeepNode", "DN") ERC20Permit("DeepNode") {
		_mint(holder, SUPPLY);
	}
}
