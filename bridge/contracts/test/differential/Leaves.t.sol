// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Claim, Commitment, Message, MmrLeaf, Receipt } from "../../src/Types.sol";
import { Authorities } from "../../src/lib/Authorities.sol";
import { Encoding } from "../../src/lib/Encoding.sol";
import { MerkleTree } from "../../src/lib/MerkleTree.sol";
import { MmrVerifier } from "../../src/lib/MmrVerifier.sol";
import { Columns } from "../utils/Columns.sol";
import { Test } from "../utils/Test.sol";
import { Vectors } from "../utils/Vectors.sol";

/// @notice What the Rust side says of every encoding, case by case.
contract LeavesTest is Test, Columns {
	using Vectors for string;

	// --- What is tested, with its arguments in calldata ---------------------------------------------

	function messageLeaf(bytes32 chain, address gateway, Message calldata m) external view returns (bytes32) {
		return Encoding.inboundLeaf(chain, gateway, m);
	}

	function claimLeaf(bytes32 chain, address gateway, Claim calldata c) external view returns (bytes32) {
		return Encoding.claimLeaf(chain, gateway, c);
	}

	function receiptLeaf(bytes32 chain, Receipt calldata r) external pure returns (bytes32) {
		return Encoding.receiptLeaf(chain, r);
	}

	function mmrLeafHash(MmrLeaf calldata l) external pure returns (bytes32) {
		return Encoding.mmrLeafHash(l);
	}

	function commitmentHash(Commitment calldata c) external pure returns (bytes32) {
		return Encoding.commitmentHash(c);
	}

	function verifyTree(bytes32 root, bytes32 leaf, uint256 index, uint256 count, bytes32[] calldata items) external pure {
		MerkleTree.verify(root, leaf, index, count, items);
	}

	function verifyMmr(bytes32 root, bytes32 leaf, uint256 index, uint256 count, bytes32[] calldata items) external pure {
		MmrVerifier.verify(root, leaf, index, count, items);
	}

	// --- Leaves -----------------------------------------------------------------------------------

	function test_messages() public {
		string memory f = Vectors.file("messages");
		uint256[] memory base = f.uints("base");
		bytes32[] memory chain = f.words("chain");
		address[] memory gateway = f.addresses("gateway");
		uint256[] memory nonce = f.uints("nonce");
		uint256[] memory kind = f.uints("kind");
		bytes32[] memory sender = f.words("sender");
		uint256[] memory fee = f.uints("fee");
		bytes[] memory payload = f.cells("payload");
		bytes32[] memory leaf = f.words("leaf");
		vm.assertGe(leaf.length, 500, "cases");
		for (uint256 i; i < leaf.length; ++i) {
			vm.chainId(base[i]);
			Message memory m = Message(uint64(nonce[i]), uint8(kind[i]), sender[i], uint128(fee[i]), payload[i]);
			vm.assertEq(this.messageLeaf(chain[i], gateway[i], m), leaf[i], vm.toString(i));
		}
	}

	function test_claims() public {
		string memory f = Vectors.file("claims");
		uint256[] memory base = f.uints("base");
		bytes32[] memory chain = f.words("chain");
		address[] memory gateway = f.addresses("gateway");
		uint256[] memory epoch = f.uints("epoch");
		uint256[] memory index = f.uints("index");
		address[] memory to = f.addresses("account");
		uint256[] memory amount = f.uints("amount");
		bytes32[] memory leaf = f.words("leaf");
		vm.assertGe(leaf.length, 500, "cases");
		for (uint256 i; i < leaf.length; ++i) {
			vm.chainId(base[i]);
			Claim memory c = Claim(uint64(epoch[i]), uint32(index[i]), to[i], uint128(amount[i]));
			vm.assertEq(this.claimLeaf(chain[i], gateway[i], c), leaf[i], vm.toString(i));
		}
	}

	function test_receipts() public view {
		string memory f = Vectors.file("receipts");
		bytes32[] memory chain = f.words("chain");
		bytes32[] memory leaf = f.words("leaf");
		Receipt[] memory receipts = receiptsOf(f, leaf.length);
		vm.assertGe(leaf.length, 500, "cases");
		for (uint256 i; i < leaf.length; ++i) {
			vm.assertEq(this.receiptLeaf(chain[i], receipts[i]), leaf[i], vm.toString(i));
		}
	}

	function test_leafExtras() public view {
		string memory f = Vectors.file("leaf_extras");
		bytes32[] memory messages = f.words("messagesRoot");
		bytes32[] memory settlements = f.words("settlementRoot");
		bytes32[] memory receipts = f.words("receiptsRoot");
		bytes32[] memory extra = f.words("leafExtra");
		vm.assertGe(extra.length, 100, "cases");
		for (uint256 i; i < extra.length; ++i) {
			vm.assertEq(Encoding.leafExtra(messages[i], settlements[i], receipts[i]), extra[i], vm.toString(i));
		}
	}

	function test_mmrLeaves() public view {
		string memory f = Vectors.file("mmr_leaves");
		MmrLeaf[] memory leaves = mmrLeavesOf(f);
		bytes32[] memory hash = f.words("hash");
		bytes[] memory encoded = f.cells("encoded");
		vm.assertGe(hash.length, 500, "cases");
		for (uint256 i; i < hash.length; ++i) {
			vm.assertEq(encoded[i].length, 113);
			vm.assertEq(keccak256(encoded[i]), hash[i]);
			vm.assertEq(this.mmrLeafHash(leaves[i]), hash[i], vm.toString(i));
		}
	}

	// --- Trees ------------------------------------------------------------------------------------

	function test_treeProofs() public view {
		string memory f = Vectors.file("tree_proofs");
		uint256[] memory count = f.uints("count");
		uint256[] memory index = f.uints("index");
		bytes[] memory items = f.cells("items");
		bytes32[] memory leaf = f.words("leaf");
		bytes32[] memory root = f.words("root");
		vm.assertGe(count.length, 300, "cases");
		for (uint256 i; i < count.length; ++i) {
			this.verifyTree(root[i], leaf[i], index[i], count[i], Vectors.list(items[i]));
		}
	}

	function test_mmrProofs() public view {
		string memory f = Vectors.file("mmr_proofs");
		uint256[] memory count = f.uints("count");
		uint256[] memory index = f.uints("index");
		bytes[] memory items = f.cells("items");
		bytes32[] memory leaf = f.words("leaf");
		bytes32[] memory root = f.words("root");
		vm.assertGe(count.length, 300, "cases");
		for (uint256 i; i < count.length; ++i) {
			this.verifyMmr(root[i], leaf[i], index[i], count[i], Vectors.list(items[i]));
		}
	}

	function test_authoritySetsOfOneToAThousand() public view {
		bytes32[] memory root = Vectors.file("authority_sets").words("root");
		vm.assertEq(root.length, 1000);
		bytes memory all = new bytes(1000 * 20);
		for (uint256 i; i < 1000; ++i) {
			uint256 authority = uint256(keccak256(abi.encode(i))) << 96;
			assembly {
				// The last one overlaps what lies behind the list by nothing: its word begins 20 bytes before the end, and the end of
				// the allocation is a whole word away.
				let at_ := add(add(all, 0x20), mul(i, 20))
				mstore(at_, or(authority, and(mload(at_), sub(shl(96, 1), 1))))
			}
		}
		for (uint256 n = 1; n <= 1000; ++n) {
			// A list of the first n, in place.
			assembly {
				mstore(all, mul(n, 20))
			}
			vm.assertEq(Authorities.root(all), root[n - 1], vm.toString(n));
		}
	}

	function test_commitmentHashes() public view {
		string memory f = Vectors.file("commitments");
		bytes32[] memory root = f.words("mmrRoot");
		uint256[] memory blockNumber = f.uints("blockNumber");
		uint256[] memory set = f.uints("validatorSetId");
		bytes[] memory encoded = f.cells("encoded");
		bytes32[] memory hash = f.words("hash");
		for (uint256 i; i < root.length; ++i) {
			vm.assertEq(encoded[i].length, 48);
			vm.assertEq(keccak256(encoded[i]), hash[i]);
			Commitment memory c = Commitment(root[i], uint32(blockNumber[i]), uint64(set[i]));
			vm.assertEq(this.commitmentHash(c), hash[i], vm.toString(i));
		}
	}
}
