// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ReceiptVerifier } from "../../src/ReceiptVerifier.sol";
import { InclusionProof, Receipt } from "../../src/Types.sol";
import { IBeefyClient } from "../../src/interfaces/IBeefyClient.sol";
import { MerkleTree } from "../../src/lib/MerkleTree.sol";
import { Proofs } from "../../src/lib/Proofs.sol";
import { Fixture } from "../utils/Fixture.sol";
import { Receipts } from "../utils/Receipts.sol";
import { Trees } from "../utils/Trees.sol";

/// @notice A receipt is proven with one call, and none but the one that was told.
contract ReceiptsTest is Fixture {
	bytes32[] private _leaves;
	uint32 private _toldIn;

	function setUp() public {
		deployBridge(4);
		makeBlocks(5);
		for (uint64 task; task < 5; ++task) {
			Receipt memory r = Receipts.example();
			r.task = task;
			_leaves.push(Receipts.leafOf(CHAIN, r));
		}
		_toldIn = makeBlock(Roots(keccak256("messages"), keccak256("settlement"), Trees.root(_leaves)));
		commit();
	}

	function told_() private view returns (Receipt memory r, InclusionProof memory p) {
		r = Receipts.example();
		r.task = 2;
		p = inclusionProof(_toldIn, height, _leaves, 2);
	}

	function test_aReceiptIsProven() public view {
		(Receipt memory r, InclusionProof memory p) = told_();
		vm.assertTrue(verifier.verifyReceipt(r, p));
	}

	function testFuzz_everyFieldCounts(uint256 field, bytes32 by) public {
		(Receipt memory r, InclusionProof memory p) = told_();
		vm.assume(uint8(uint256(by)) != 0);
		uint256 x = uint256(by);
		field = bound(field, 0, 16);
		if (field == 0) r.task ^= uint64(x);
		if (field == 1) r.model ^= uint32(x);
		if (field == 2) r.items ^= uint32(x);
		if (field == 3) r.verdict ^= uint8(x);
		if (field == 4) r.requester ^= by;
		if (field == 5) r.manifest ^= by;
		if (field == 6) r.input ^= by;
		if (field == 7) r.output ^= by;
		if (field == 8) r.workers[0] ^= by;
		if (field == 9) r.workers[1] ^= by;
		if (field == 10) r.fee ^= uint128(x);
		if (field == 11) r.creator ^= uint128(x);
		if (field == 12) r.perWorker ^= uint128(x);
		if (field == 13) r.validators ^= uint128(x);
		if (field == 14) r.treasury ^= uint128(x);
		if (field == 15) r.community ^= uint128(x);
		if (field == 16) r.burned ^= uint128(x);
		vm.expectPartialRevert(MerkleTree.WrongTreeRoot.selector);
		verifier.verifyReceipt(r, p);
	}

	function test_neitherMoreNorFewerWorkers() public {
		(Receipt memory r, InclusionProof memory p) = told_();
		bytes32[] memory workers = r.workers;
		for (uint256 n; n < 4; ++n) {
			if (n == 2) continue;
			r.workers = new bytes32[](n);
			for (uint256 i; i < n && i < 2; ++i) {
				r.workers[i] = workers[i];
			}
			vm.expectPartialRevert(MerkleTree.WrongTreeRoot.selector);
			verifier.verifyReceipt(r, p);
		}
	}

	function test_theReceiptOfAnotherChainIsRefused() public {
		(Receipt memory r, InclusionProof memory p) = told_();
		ReceiptVerifier other = new ReceiptVerifier(keccak256("other"), IBeefyClient(address(client)));
		vm.expectPartialRevert(MerkleTree.WrongTreeRoot.selector);
		other.verifyReceipt(r, p);
	}

	function test_aReceiptIsProvenUnderTheReceiptsRootAlone() public {
		(Receipt memory r, InclusionProof memory p) = told_();
		(p.roots.messagesRoot, p.roots.receiptsRoot) = (p.roots.receiptsRoot, p.roots.messagesRoot);
		vm.expectPartialRevert(Proofs.WrongLeafExtra.selector);
		verifier.verifyReceipt(r, p);
	}

	function test_aBlockWithoutReceiptsProvesNone() public {
		(Receipt memory r, InclusionProof memory p) = told_();
		p.roots = rootsProof(_toldIn - 1, height);
		vm.expectRevert(MerkleTree.EmptyTree.selector);
		verifier.verifyReceipt(r, p);
	}

	function test_theProofNeedsARootThatTheClientKnows() public {
		(Receipt memory r, InclusionProof memory p) = told_();
		p.roots.rootBlock = height - 1;
		vm.expectRevert(abi.encodeWithSelector(Proofs.UnknownRoot.selector, height - 1));
		verifier.verifyReceipt(r, p);
	}

	function testFuzz_everyPartOfTheRootsProofCounts(uint256 field, uint256 place, bytes32 by) public {
		(Receipt memory r, InclusionProof memory p) = told_();
		vm.assume(uint8(uint256(by)) & 0x1f != 0);
		field = bound(field, 0, 10);
		if (field == 0) p.roots.leaf.version ^= uint8(uint256(by)) & 0x1f;
		if (field == 1) p.roots.leaf.parentNumber ^= uint32(uint256(by));
		if (field == 2) p.roots.leaf.parentHash ^= by;
		if (field == 3) p.roots.leaf.nextSetId ^= uint64(uint256(by));
		if (field == 4) p.roots.leaf.nextSetLen ^= uint32(uint256(by));
		if (field == 5) p.roots.leaf.nextSetRoot ^= by;
		if (field == 6) p.roots.leaf.leafExtra ^= by;
		if (field == 7) p.roots.messagesRoot ^= by;
		if (field == 8) p.roots.settlementRoot ^= by;
		if (field == 9) p.roots.receiptsRoot ^= by;
		if (field == 10) p.roots.mmrItems[bound(place, 0, p.roots.mmrItems.length - 1)] ^= by;
		vm.expectRevert();
		verifier.verifyReceipt(r, p);
	}

	function test_aProofUnderOneRootStaysGoodWhileTenFollow() public {
		(Receipt memory r, InclusionProof memory p) = told_();
		for (uint256 i; i < 10; ++i) {
			commit();
		}
		vm.assertTrue(verifier.verifyReceipt(r, p));
		// And one can be made under any later root.
		vm.assertTrue(verifier.verifyReceipt(r, inclusionProof(_toldIn, height, _leaves, 2)));
	}
}
