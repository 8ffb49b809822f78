// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { BeefyClient } from "../src/BeefyClient.sol";
import { Claim, Commitment, InclusionProof, Kind, Message, Receipt, RootsProof } from "../src/Types.sol";
import { IBeefyClient } from "../src/interfaces/IBeefyClient.sol";
import { IGateway } from "../src/interfaces/IGateway.sol";
import { IReceiptVerifier } from "../src/interfaces/IReceiptVerifier.sol";
import { ISettlement } from "../src/interfaces/ISettlement.sol";
import { Fixture } from "./utils/Fixture.sol";
import { Receipts } from "./utils/Receipts.sol";
import { Trees } from "./utils/Trees.sol";
import { Validators } from "./utils/Validators.sol";

/// @notice What a call costs whoever sends it; `.gas-snapshot` records it.
/// @dev Only the call is metered, and as a transaction of its own (`isolate`): everything is cold, and the 21,000 that each transaction
/// costs and the price of its bytes are inside. About 4,000 are the test's. Signatures are real. What Base charges for publishing
/// the bytes on Ethereum comes on top and depends on Ethereum.
abstract contract GasFixture is Fixture {
	/// @dev A range of 2^23 leaves, 0.8 years of blocks every three seconds: a proof in it has 23 items, about as many as any will have.
	uint32 internal constant ROOT_BLOCK = 1 << 23;
	uint32 internal constant TOLD_IN = ROOT_BLOCK - 3;

	address private _target;
	bytes private _data;

	modifier metered(uint256 most) {
		vm.pauseGasMetering();
		_;
		(address target, bytes memory data) = (_target, _data);
		vm.resumeGasMetering();
		uint256 before = gasleft();
		(bool ok, bytes memory result) = target.call(data);
		uint256 used = before - gasleft();
		vm.pauseGasMetering();
		if (!ok) {
			assembly {
				revert(add(result, 0x20), mload(result))
			}
		}
		vm.assertLe(used, most, "gas of the transaction");
		vm.resumeGasMetering();
	}

	function prepare(address target, bytes memory data) internal {
		(_target, _data) = (target, data);
	}

	function prepareCommitment(Submission memory s) internal {
		bytes memory data =
			abi.encodeCall(IBeefyClient.submitCommitment, (s.commitment, s.bitfield, s.signatures, s.authorities, s.leaf, s.mmrItems));
		prepare(address(client), data);
	}

	/// @notice Commits to a range of `ROOT_BLOCK` leaves in which the leaf of block `TOLD_IN` tells these roots, and proves it.
	function deepProof(Roots memory r) internal returns (RootsProof memory p) {
		p.rootBlock = ROOT_BLOCK;
		p.leaf.parentNumber = TOLD_IN;
		p.leaf.parentHash = keccak256("parent");
		(p.leaf.nextSetId, p.leaf.nextSetLen, p.leaf.nextSetRoot) = (next.id, uint32(next.keys.length), next.root);
		p.leaf.leafExtra = extraOf(r);
		(p.messagesRoot, p.settlementRoot, p.receiptsRoot) = (r.messages, r.settlement, r.receipts);
		p.mmrItems = new bytes32[](23);
		bytes32 node = hashOf(p.leaf);
		for (uint256 i; i < 23; ++i) {
			p.mmrItems[i] = keccak256(abi.encode("item", i));
			bool isRight = TOLD_IN / 2 ** i % 2 == 1;
			node = isRight ? Trees.inner(p.mmrItems[i], node) : Trees.inner(node, p.mmrItems[i]);
		}
		Submission memory s;
		s.commitment = Commitment(node, ROOT_BLOCK, current.id);
		s.authorities = current.addresses;
		sign(s, current, 0, Validators.quorum(current));
		submit(s);
	}

	/// @notice One leaf among 16.
	function deepInclusion(bytes32 leaf, bool receipt) internal returns (InclusionProof memory p) {
		bytes32[] memory leaves = new bytes32[](16);
		for (uint256 i; i < 16; ++i) {
			leaves[i] = keccak256(abi.encode("leaf", i));
		}
		leaves[5] = leaf;
		bytes32 root = Trees.root(leaves);
		p.roots = deepProof(receipt ? Roots(0, 0, root) : Roots(root, 0, 0));
		(p.index, p.count, p.items) = (5, 16, Trees.proof(leaves, 5));
	}
}

abstract contract CommitmentGas is GasFixture {
	function validators() internal pure virtual returns (uint256);

	function setUp() public {
		deployBridge(validators());
		// Whoever submits has DN.
		vm.prank(holder);
		token.transfer(address(this), 1e18);
	}

	function steady() internal {
		commit();
		// The second reward goes to somebody who has DN, and is due.
		vm.warp(block.timestamp + REWARD_INTERVAL);
		makeBlock(Roots(0, 0, 0));
		Submission memory s = submission();
		s.authorities = new address[](0);
		prepareCommitment(s);
	}

	function first() internal {
		makeBlock(Roots(0, 0, 0));
		prepareCommitment(submission());
	}

	/// @dev Validators stay the same from session to session as a rule, and their list with them.
	function handover() internal {
		startSession(next);
		submit(submission());
		startSession(next);
		Submission memory s = submission();
		s.authorities = new address[](0);
		prepareCommitment(s);
	}
}

/// forge-config: default.isolate = true
contract Commitment100GasTest is CommitmentGas {
	function validators() internal pure override returns (uint256) {
		return 100;
	}

	function test_gas_commitment_100() public metered(500_000) {
		steady();
	}

	function test_gas_handover_commitment_100() public metered(500_000) {
		handover();
	}

	function test_gas_restart_forgets64Roots() public metered(400_000) {
		for (uint256 i; i < 64; ++i) {
			commit();
		}
		vm.prank(address(timelock));
		client.setRecovery(address(this));
		vm.warp(block.timestamp + MAX_SILENCE + 1);
		prepare(address(client), abi.encodeCall(BeefyClient.restart, (params.checkpoint, client.setTime())));
	}

	function test_gas_firstOfSet_storesList_100() public metered(1_500_000) {
		first();
	}
}

/// forge-config: default.isolate = true
contract Commitment1000GasTest is CommitmentGas {
	function validators() internal pure override returns (uint256) {
		return 1000;
	}

	function test_gas_commitment_1000() public metered(4_000_000) {
		steady();
	}

	function test_gas_firstOfSet_storesList_1000() public metered(9_000_000) {
		first();
	}
}

/// forge-config: default.isolate = true
contract CallGasTest is GasFixture {
	function setUp() public {
		deployBridge(4);
		// Another message came before: the word of its nonces is in use, and this contract, as the relayer, has DN.
		deliver(release(address(this), 1e18, 1e18));
		vm.warp(block.timestamp + PERIOD);
	}

	function test_gas_deliverMessage_release() public metered(150_000) {
		Message memory m = release(account("recipient"), 10e18, 1e17);
		prepare(address(gateway), abi.encodeCall(IGateway.deliverMessage, (m, deepInclusion(leafOf(m), false))));
	}

	function test_gas_deliverMessage_settlement() public metered(150_000) {
		Message memory m = message(Kind.SETTLEMENT, 1e17, abi.encode(uint64(7), keccak256("root"), uint128(1e20), uint32(1000)));
		prepare(address(gateway), abi.encodeCall(IGateway.deliverMessage, (m, deepInclusion(leafOf(m), false))));
	}

	function test_gas_deliverMessage_burn() public metered(150_000) {
		Message memory m = message(Kind.BURN, 1e17, abi.encode(uint64(7), uint128(1e18)));
		prepare(address(gateway), abi.encodeCall(IGateway.deliverMessage, (m, deepInclusion(leafOf(m), false))));
	}

	function test_gas_verifyReceipt() public metered(150_000) {
		Receipt memory r = Receipts.example();
		prepare(address(verifier), abi.encodeCall(IReceiptVerifier.verifyReceipt, (r, deepInclusion(Receipts.leafOf(CHAIN, r), true))));
	}

	function test_gas_claim() public metered(150_000) {
		(Claim[] memory claims, bytes32[][] memory items) = _settlement(1000, 1);
		prepare(address(settlement), abi.encodeCall(ISettlement.claim, (claims[0], 1000e15, 1000, items[0])));
	}

	function test_gas_push_20Claims() public metered(1_400_000) {
		(Claim[] memory claims, bytes32[][] memory items) = _settlement(1000, 20);
		prepare(address(settlement), abi.encodeCall(ISettlement.push, (claims, 1000e15, 1000, items)));
	}

	function test_gas_sendToChain() public metered(120_000) {
		vm.prank(holder);
		token.transfer(address(this), 10e18);
		token.approve(address(gateway), 10e18);
		prepare(address(gateway), abi.encodeCall(IGateway.sendToChain, (keccak256("account"), 9e18, 1e18)));
	}

	function _settlement(uint32 count, uint256 some) private returns (Claim[] memory claims, bytes32[][] memory items) {
		bytes32[] memory leaves = new bytes32[](count);
		claims = new Claim[](some);
		items = new bytes32[][](some);
		for (uint32 i; i < count; ++i) {
			Claim memory c = Claim(7, i, account(vm.toString(i)), 1e15);
			leaves[i] = leafOf(c);
			if (i < some) claims[i] = c;
		}
		for (uint256 i; i < some; ++i) {
			items[i] = Trees.proof(leaves, i);
		}
		deliver(message(Kind.SETTLEMENT, 0, abi.encode(uint64(7), Trees.root(leaves), uint128(1e15) * count, count)));
	}
}
