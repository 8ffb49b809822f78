// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { DeepNodeToken } from "../../src/DeepNodeToken.sol";
import { Gateway } from "../../src/Gateway.sol";
import { InclusionProof, Kind, Message, Status } from "../../src/Types.sol";
import { IBeefyClient } from "../../src/interfaces/IBeefyClient.sol";
import { ISettlement } from "../../src/interfaces/ISettlement.sol";
import { MerkleTree } from "../../src/lib/MerkleTree.sol";
import { Proofs } from "../../src/lib/Proofs.sol";
import { Fixture } from "../utils/Fixture.sol";
import { Trees } from "../utils/Trees.sol";
import { ERC1967Proxy } from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";

/// @notice A message of the chain takes effect once, as it was told, here alone.
contract MessagesTest is Fixture {
	address private _recipient = account("recipient");

	function setUp() public {
		deployBridge(4);
	}

	function deliverProven(Message memory m, InclusionProof memory p) private {
		vm.prank(relayer);
		gateway.deliverMessage(m, p);
	}

	function test_aReleasePaysRecipientAndRelayer() public {
		Message memory m = release(_recipient, 5e18, 2e17);
		InclusionProof memory p = prove(m);
		uint256 before = token.balanceOf(relayer);
		vm.expectEmit(address(gateway));
		emit Gateway.MessageDelivered(m.nonce, Kind.RELEASE, Status.DONE, relayer, 2e17);
		deliverProven(m, p);
		vm.assertEq(token.balanceOf(_recipient), 5e18);
		vm.assertEq(token.balanceOf(relayer) - before, 2e17);
		vm.assertEq(token.balanceOf(address(gateway)), VAULT - 5.2e18);
	}

	function test_aMessageTakesEffectOnce() public {
		Message memory m = release(_recipient, 5e18, 0);
		InclusionProof memory p = prove(m);
		deliverProven(m, p);
		vm.expectRevert(abi.encodeWithSelector(Gateway.AlreadyDelivered.selector, m.nonce, Status.DONE));
		deliverProven(m, p);
		vm.assertEq(token.balanceOf(_recipient), 5e18);
	}

	function test_ofTheTellingsOfOneNonceOneTakesEffect() public {
		Message memory m = release(_recipient, 5e18, 1e16);
		InclusionProof memory p = prove(m);
		// The sender raised the fee, and the chain told it again.
		Message memory raised = m;
		raised = Message(m.nonce, m.kind, m.sender, 9e16, m.payload);
		InclusionProof memory q = prove(raised);
		deliverProven(raised, q);
		vm.expectRevert(abi.encodeWithSelector(Gateway.AlreadyDelivered.selector, m.nonce, Status.DONE));
		deliverProven(m, p);
	}

	function test_deliveryIsInAnyOrder() public {
		Message[] memory m = new Message[](70);
		bytes32[] memory leaves = new bytes32[](70);
		for (uint256 i; i < 70; ++i) {
			m[i] = release(_recipient, 1e15, 0);
			leaves[i] = leafOf(m[i]);
		}
		uint32 toldIn = makeBlock(Roots(Trees.root(leaves), 0, 0));
		commit();
		for (uint256 k; k < 70; ++k) {
			uint32 i = uint32(k * 37 % 70);
			vm.assertEq(gateway.statusOf(i), Status.UNKNOWN);
			deliverProven(m[i], inclusionProof(toldIn, height, leaves, i));
			vm.assertEq(gateway.statusOf(i), Status.DONE);
		}
		vm.assertEq(token.balanceOf(_recipient), 70e15);
	}

	function test_aBurnDestroysWhatTheChainBurned() public {
		uint256 supply = token.totalSupply();
		Message memory m = message(Kind.BURN, 0, abi.encode(uint64(3), uint128(7e18)));
		deliver(m);
		vm.assertEq(gateway.statusOf(m.nonce), Status.DONE);
		vm.assertEq(supply - token.totalSupply(), 7e18);
		vm.assertEq(token.balanceOf(address(gateway)), VAULT - 7e18);
	}

	// --- What is refused --------------------------------------------------------------------------

	function assertRefused(Message memory m) private {
		uint256 vault = token.balanceOf(address(gateway));
		InclusionProof memory p = prove(m);
		vm.expectEmit(address(gateway));
		emit Gateway.MessageRefused(m.nonce, leafOf(m));
		deliverProven(m, p);
		vm.assertEq(gateway.statusOf(m.nonce), Status.REFUSED);
		vm.assertEq(vault - token.balanceOf(address(gateway)), m.fee);
		vm.assertEq(gateway.refused(m.nonce), leafOf(m));
		// What a storage proof reads.
		bytes32 slot = keccak256(abi.encode(m.nonce, gateway.REFUSED_SLOT()));
		vm.assertEq(vm.load(address(gateway), slot), leafOf(m));
		vm.expectRevert(abi.encodeWithSelector(Gateway.AlreadyDelivered.selector, m.nonce, Status.REFUSED));
		deliverProven(m, p);
		vm.expectRevert(abi.encodeWithSelector(Gateway.NotFailed.selector, m.nonce, Status.REFUSED));
		gateway.retryMessage(m);
	}

	function test_aReleaseToWhereItWouldBeLostIsRefused() public {
		address[4] memory lost = [address(0), address(token), address(gateway), address(settlement)];
		for (uint256 i; i < 4; ++i) {
			assertRefused(release(lost[i], 5e18, 1e15));
		}
	}

	function test_aMalformedPayloadIsRefused() public {
		assertRefused(message(Kind.RELEASE, 1e15, abi.encode(_recipient)));
		assertRefused(message(Kind.RELEASE, 1e15, ""));
		assertRefused(message(Kind.SETTLEMENT, 1e15, abi.encode(uint64(1))));
		assertRefused(message(Kind.BURN, 1e15, abi.encode(uint64(1))));
		assertRefused(message(Kind.GOVERNANCE, 1e15, abi.encode(_recipient)));
	}

	function test_moreThanThereIsIsRefused() public {
		uint128 more = uint128(token.SUPPLY()) + 1;
		assertRefused(release(_recipient, more, 1e15));
		assertRefused(message(Kind.BURN, 1e15, abi.encode(uint64(1), more)));
		assertRefused(message(Kind.SETTLEMENT, 1e15, abi.encode(uint64(1), bytes32("root"), more, uint32(1))));
		// A fee of that kind is not paid; the message counts.
		Message memory m = release(_recipient, 1e18, more);
		deliver(m);
		vm.assertEq(gateway.statusOf(m.nonce), Status.DONE);
		vm.assertEq(token.balanceOf(_recipient), 1e18);
		(uint64 head, uint64 tail,) = gateway.queue();
		vm.assertEq(head, tail);
	}

	function test_anUnknownKindIsRefused() public {
		assertRefused(message(4, 1e15, abi.encode(_recipient, uint128(1))));
		assertRefused(message(255, 1e15, ""));
	}

	function test_anEmptyOrRepeatedSettlementIsRefused() public {
		assertRefused(message(Kind.SETTLEMENT, 0, abi.encode(uint64(1), bytes32(0), uint128(1), uint32(1))));
		assertRefused(message(Kind.SETTLEMENT, 0, abi.encode(uint64(1), bytes32("root"), uint128(0), uint32(1))));
		assertRefused(message(Kind.SETTLEMENT, 0, abi.encode(uint64(1), bytes32("root"), uint128(1), uint32(0))));
		deliver(message(Kind.SETTLEMENT, 0, abi.encode(uint64(1), bytes32("root"), uint128(1), uint32(1))));
		assertRefused(message(Kind.SETTLEMENT, 0, abi.encode(uint64(1), bytes32("other"), uint128(1), uint32(1))));
	}

	// --- What is not the message that was told ----------------------------------------------------

	function testFuzz_everyFieldCounts(uint256 field, bytes32 by) public {
		Message memory m = release(_recipient, 5e18, 1e15);
		InclusionProof memory p = prove(m);
		vm.assume(uint8(uint256(by)) != 0);
		field = bound(field, 0, 5);
		if (field == 0) m.nonce ^= uint64(uint256(by));
		if (field == 1) m.kind ^= uint8(uint256(by));
		if (field == 2) m.sender ^= by;
		if (field == 3) m.fee ^= uint128(uint256(by));
		if (field == 4) m.payload[uint256(by) % 64] ^= bytes1(uint8(uint256(by)));
		if (field == 5) m.payload = bytes.concat(m.payload, by);
		vm.expectPartialRevert(MerkleTree.WrongTreeRoot.selector);
		deliverProven(m, p);
	}

	function refusesLeaf(Message memory m, bytes32 leaf) private {
		bytes32[] memory leaves = new bytes32[](1);
		leaves[0] = leaf;
		uint32 toldIn = makeBlock(Roots(Trees.root(leaves), 0, 0));
		commit();
		InclusionProof memory p = inclusionProof(toldIn, height, leaves, 0);
		vm.expectPartialRevert(MerkleTree.WrongTreeRoot.selector);
		deliverProven(m, p);
	}

	function test_aMessageIsForOneChainOneGatewayOneDirection() public {
		Message memory m = release(_recipient, 5e18, 0);
		refusesLeaf(m, leafOf(m, keccak256("other chain"), block.chainid, address(gateway), 0));
		refusesLeaf(m, leafOf(m, CHAIN, block.chainid + 1, address(gateway), 0));
		refusesLeaf(m, leafOf(m, CHAIN, block.chainid, address(settlement), 0));
		refusesLeaf(m, leafOf(m, CHAIN, block.chainid, address(gateway), 1));
		deliver(m);
	}

	function test_theSameProofDoesNothingOnAnotherBase() public {
		Message memory m = release(_recipient, 5e18, 0);
		InclusionProof memory p = prove(m);
		vm.chainId(10);
		vm.expectPartialRevert(MerkleTree.WrongTreeRoot.selector);
		deliverProven(m, p);
	}

	function test_theSameProofDoesNothingAtAnotherGateway() public {
		Message memory m = release(_recipient, 5e18, 0);
		InclusionProof memory p = prove(m);
		Gateway other = Gateway(
			address(
				new ERC1967Proxy(
					address(new Gateway(CHAIN, token, IBeefyClient(address(client)), ISettlement(address(settlement)))),
					abi.encodeCall(Gateway.initialize, (address(timelock), guardian, CAPACITY, PERIOD))
				)
			)
		);
		vm.expectPartialRevert(MerkleTree.WrongTreeRoot.selector);
		other.deliverMessage(m, p);
	}

	function test_aMessageTowardsTheChainIsNoMessageFromIt() public {
		vm.prank(holder);
		token.approve(address(gateway), 100e18);
		vm.prank(holder);
		uint64 nonce = gateway.sendToChain(bytes32(uint256(uint160(_recipient))), 50e18, 0);
		Message memory m =
			Message(nonce, 0, bytes32(uint256(uint160(holder))), 0, abi.encode(bytes32(uint256(uint160(_recipient))), uint128(50e18)));
		refusesLeaf(m, gateway.outbox(nonce));
	}

	function test_aMessageIsProvenUnderTheMessagesRootAlone() public {
		Message memory m = release(_recipient, 5e18, 0);
		bytes32[] memory leaves = new bytes32[](1);
		leaves[0] = leafOf(m);
		uint32 toldIn = makeBlock(Roots(0, Trees.root(leaves), Trees.root(leaves)));
		commit();
		InclusionProof memory p = inclusionProof(toldIn, height, leaves, 0);
		vm.expectRevert(MerkleTree.EmptyTree.selector);
		deliverProven(m, p);
		p.roots.messagesRoot = p.roots.receiptsRoot;
		vm.expectPartialRevert(Proofs.WrongLeafExtra.selector);
		deliverProven(m, p);
	}

	function test_aProofStaysGoodWhileTenRootsFollow() public {
		Message memory m = release(_recipient, 5e18, 0);
		InclusionProof memory p = prove(m);
		for (uint256 i; i < 10; ++i) {
			commit();
		}
		deliverProven(m, p);
		vm.assertEq(token.balanceOf(_recipient), 5e18);
	}

	function test_aProofUnderARootThatIsGoneCanBeMadeAnew() public {
		Message memory m = release(_recipient, 5e18, 0);
		bytes32[] memory leaves = new bytes32[](1);
		leaves[0] = leafOf(m);
		uint32 toldIn = makeBlock(Roots(Trees.root(leaves), 0, 0));
		commit();
		InclusionProof memory p = inclusionProof(toldIn, height, leaves, 0);
		for (uint256 i; i < 64; ++i) {
			commit();
		}
		vm.expectRevert(abi.encodeWithSelector(Proofs.UnknownRoot.selector, p.roots.rootBlock));
		deliverProven(m, p);
		deliverProven(m, inclusionProof(toldIn, height, leaves, 0));
		vm.assertEq(token.balanceOf(_recipient), 5e18);
	}
}
