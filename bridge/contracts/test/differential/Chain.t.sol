// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Deployment } from "../../script/Deployment.sol";
import { Deployed, Params } from "../../script/Params.sol";
import { BeefyClient } from "../../src/BeefyClient.sol";
import { DeepNodeToken } from "../../src/DeepNodeToken.sol";
import { Gateway } from "../../src/Gateway.sol";
import { ReceiptVerifier } from "../../src/ReceiptVerifier.sol";
import { AuthoritySet, Commitment, InclusionProof, Message, MmrLeaf, Receipt, Status } from "../../src/Types.sol";
import { ISettlement } from "../../src/interfaces/ISettlement.sol";
import { Columns } from "../utils/Columns.sol";
import { Test } from "../utils/Test.sol";
import { Vectors } from "../utils/Vectors.sol";

/// @notice A chain that the Rust side has made: its commitments are taken by a real light client, and its messages and receipts are
/// proven under them at a real gateway and verifier.
contract ChainTest is Test, Columns {
	using Vectors for string;

	bytes32 private constant CHAIN = 0xdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdc;
	address private constant GATEWAY = 0xBAbAbabAbabaBABaBAbABabaBAbAbaBaBAbABaBa;

	BeefyClient private _client;
	Deployed private _deployed;

	function setUp() public {
		vm.chainId(8453);
		vm.warp(1_800_000_000);
		string memory f = Vectors.file("commitments");
		MmrLeaf[] memory leaves = mmrLeavesOf(f);
		bytes32[] memory setRoot = f.words("setRoot");
		uint256[] memory setLen = f.uints("setLen");
		Params memory p;
		p.chain = CHAIN;
		p.baseChainId = 8453;
		p.holder = address(this);
		p.vault = 60_000_000e18;
		(p.limitCapacity, p.limitPeriod) = (1_000_000e18, 1 days);
		(p.maxSilence, p.sessionLength) = (3 days, 2 minutes);
		p.checkpoint.current = AuthoritySet(0, uint32(setLen[0]), setRoot[0]);
		p.checkpoint.next = AuthoritySet(leaves[0].nextSetId, leaves[0].nextSetLen, leaves[0].nextSetRoot);
		_deployed = Deployment.run(p, address(this));
		_client = BeefyClient(_deployed.client);
		submitAll(f, leaves);
	}

	function submitAll(string memory f, MmrLeaf[] memory leaves) private {
		bytes32[] memory root = f.words("mmrRoot");
		uint256[] memory blockNumber = f.uints("blockNumber");
		uint256[] memory set = f.uints("validatorSetId");
		bytes[] memory bitfield = f.cells("bitfield");
		bytes[] memory signatures = f.cells("signatures");
		bytes[] memory authorities = f.cells("authorities");
		bytes[] memory items = f.cells("mmrItems");
		vm.assertGe(root.length, 20, "commitments");
		for (uint256 i; i < root.length; ++i) {
			_client.submitCommitment(
				Commitment(root[i], uint32(blockNumber[i]), uint64(set[i])),
				wordsOf(bitfield[i]),
				signatures[i],
				Vectors.addressList(authorities[i]),
				leaves[i],
				Vectors.list(items[i])
			);
		}
	}

	function wordsOf(bytes memory cell) private pure returns (uint256[] memory words) {
		bytes32[] memory list = Vectors.list(cell);
		assembly {
			words := list
		}
	}

	function test_theClientFollowedAllSessions() public view {
		string memory f = Vectors.file("commitments");
		uint256[] memory setLen = f.uints("setLen");
		uint256 last = setLen.length - 1;
		(uint64 id, uint32 len, bytes32 root) = _client.currentSet();
		vm.assertEq(id, last);
		vm.assertEq(len, setLen[last]);
		vm.assertEq(root, f.words("setRoot")[last]);
		vm.assertEq(_client.latestBlock(), f.uints("blockNumber")[last]);
	}

	function inclusions(string memory f) private pure returns (InclusionProof[] memory proofs) {
		MmrLeaf[] memory leaves = mmrLeavesOf(f);
		uint256 n = leaves.length;
		proofs = new InclusionProof[](n);
		uint256[] memory numbers = f.uints("rootBlock");
		for (uint256 i; i < n; ++i) {
			(proofs[i].roots.rootBlock, proofs[i].roots.leaf) = (uint32(numbers[i]), leaves[i]);
		}
		bytes32[] memory hashes = f.words("messagesRoot");
		for (uint256 i; i < n; ++i) {
			proofs[i].roots.messagesRoot = hashes[i];
		}
		hashes = f.words("settlementRoot");
		for (uint256 i; i < n; ++i) {
			proofs[i].roots.settlementRoot = hashes[i];
		}
		hashes = f.words("receiptsRoot");
		for (uint256 i; i < n; ++i) {
			proofs[i].roots.receiptsRoot = hashes[i];
		}
		bytes[] memory lists = f.cells("mmrItems");
		for (uint256 i; i < n; ++i) {
			proofs[i].roots.mmrItems = Vectors.list(lists[i]);
		}
		lists = f.cells("proofItems");
		for (uint256 i; i < n; ++i) {
			proofs[i].items = Vectors.list(lists[i]);
		}
		numbers = f.uints("index");
		for (uint256 i; i < n; ++i) {
			proofs[i].index = uint32(numbers[i]);
		}
		numbers = f.uints("count");
		for (uint256 i; i < n; ++i) {
			proofs[i].count = uint32(numbers[i]);
		}
	}

	function test_everyReceiptIsProvenAndNoneBesideIt() public {
		string memory f = Vectors.file("receipt_proofs");
		InclusionProof[] memory proofs = inclusions(f);
		Receipt[] memory receipts = receiptsOf(f, proofs.length);
		ReceiptVerifier verifier = ReceiptVerifier(_deployed.receiptVerifier);
		vm.assertGe(proofs.length, 100, "cases");
		for (uint256 i; i < proofs.length; ++i) {
			vm.assertTrue(verifier.verifyReceipt(receipts[i], proofs[i]));
			receipts[i].output ^= bytes32(uint256(1) << (i % 256));
			vm.expectRevert();
			verifier.verifyReceipt(receipts[i], proofs[i]);
		}
	}

	/// @dev The vectors name the gateway, so its code is put there, and it is initialised like any other.
	function gatewayOfTheVectors() private returns (Gateway gateway) {
		DeepNodeToken token = DeepNodeToken(_deployed.token);
		vm.etch(GATEWAY, address(new Gateway(CHAIN, token, _client, ISettlement(_deployed.settlement))).code);
		gateway = Gateway(GATEWAY);
		gateway.initialize(_deployed.timelock, address(0), 1_000_000e18, 1 days);
		token.transfer(GATEWAY, 1_000_000e18);
	}

	function test_everyMessageIsDeliveredOnce() public {
		string memory f = Vectors.file("message_proofs");
		InclusionProof[] memory proofs = inclusions(f);
		uint256[] memory nonce = f.uints("nonce");
		uint256[] memory kind = f.uints("kind");
		bytes32[] memory sender = f.words("sender");
		uint256[] memory fee = f.uints("fee");
		bytes[] memory payload = f.cells("payload");
		Gateway gateway = gatewayOfTheVectors();
		vm.assertGe(proofs.length, 100, "cases");
		for (uint256 i; i < proofs.length; ++i) {
			Message memory m = Message(uint64(nonce[i]), uint8(kind[i]), sender[i], uint128(fee[i]), payload[i]);
			// Of one nonce only one telling takes effect.
			uint8 status = gateway.statusOf(m.nonce);
			if (status != Status.UNKNOWN) {
				vm.expectRevert(abi.encodeWithSelector(Gateway.AlreadyDelivered.selector, m.nonce, status));
			}
			gateway.deliverMessage(m, proofs[i]);
			vm.assertTrue(gateway.statusOf(m.nonce) != Status.UNKNOWN);
		}
	}
}
