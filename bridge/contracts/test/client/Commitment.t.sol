// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { BeefyClient } from "../../src/BeefyClient.sol";
import { Authorities } from "../../src/lib/Authorities.sol";
import { Fixture } from "../utils/Fixture.sol";
import { Validators } from "../utils/Validators.sol";

/// @notice Which signatures make a commitment count.
contract CommitmentTest is Fixture {
	uint256 private constant N = 10;
	uint256 private constant QUORUM = 7;
	uint256 private constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

	function setUp() public {
		deployBridge(N);
		makeBlocks(3);
	}

	function refused(Submission memory s, bytes memory why) private {
		vm.expectRevert(why);
		submit(s);
	}

	function test_aQuorumPasses() public {
		Submission memory s = submission();
		vm.expectEmit(address(client));
		emit BeefyClient.CommitmentAccepted(3, 0, s.commitment.mmrRoot, relayer);
		submit(s);
		vm.assertEq(client.latestBlock(), 3);
		vm.assertEq(client.rootAt(3), s.commitment.mmrRoot);
		vm.assertTrue(client.isListStored(current.root));
	}

	function test_anyQuorumAndAllTogetherPass() public {
		for (uint256 first; first <= N - QUORUM; ++first) {
			Submission memory s = submission();
			sign(s, current, first, N - first);
			submit(s);
			makeBlock(Roots(0, 0, 0));
		}
	}

	function test_oneLessThanAQuorumIsRefused() public {
		Submission memory s = submission();
		sign(s, current, 1, QUORUM - 1);
		refused(s, abi.encodeWithSelector(Authorities.NoQuorum.selector, QUORUM - 1, QUORUM));
	}

	function test_theSameSignatureTwiceIsNotTwoSigners() public {
		Submission memory s = submission();
		sign(s, current, 0, QUORUM - 1);
		bytes memory first = Validators.signOne(current.keys[0], hashOf(s.commitment));
		s.signatures = bytes.concat(first, s.signatures);
		refused(s, abi.encodeWithSelector(Authorities.NoQuorum.selector, QUORUM - 1, QUORUM));
		// With a bit for it, it is somebody else's.
		s.bitfield[0] |= 1 << (QUORUM - 1);
		refused(s, abi.encodeWithSelector(Authorities.WrongSigner.selector, 1, current.addresses[0], current.addresses[1]));
	}

	function test_aPaddingBitIsRefused() public {
		Submission memory s = submission();
		s.bitfield[0] |= 1 << N;
		refused(s, abi.encodeWithSelector(Authorities.PaddingBitSet.selector, s.bitfield[0]));
	}

	function test_aBitfieldOfAnotherLengthIsRefused() public {
		Submission memory s = submission();
		uint256 word = s.bitfield[0];
		s.bitfield = new uint256[](2);
		s.bitfield[0] = word;
		refused(s, abi.encodeWithSelector(Authorities.WrongBitfieldLength.selector, 2, 1));
		s.bitfield = new uint256[](0);
		refused(s, abi.encodeWithSelector(Authorities.WrongBitfieldLength.selector, 0, 1));
	}

	function test_asManySignaturesAsBits() public {
		Submission memory s = submission();
		bytes memory whole = s.signatures;
		s.signatures = bytes.concat(whole, hex"00");
		refused(s, abi.encodeWithSelector(Authorities.WrongSignaturesLength.selector, QUORUM * 65 + 1, QUORUM * 65));
		s.signatures = bytes.concat(whole, Validators.signOne(current.keys[9], hashOf(s.commitment)));
		refused(s, abi.encodeWithSelector(Authorities.WrongSignaturesLength.selector, QUORUM * 65 + 65, QUORUM * 65));
		s.signatures = "";
		refused(s, abi.encodeWithSelector(Authorities.WrongSignaturesLength.selector, 0, QUORUM * 65));
	}

	function test_aHighSIsRefused() public {
		Submission memory s = submission();
		(uint8 v, bytes32 r, bytes32 low) = vm.sign(current.keys[0], hashOf(s.commitment));
		uint256 high = ORDER - uint256(low);
		bytes memory rest = slice(s.signatures, 65);
		s.signatures = bytes.concat(abi.encodePacked(r, high, v == 27 ? uint8(28) : uint8(27)), rest);
		refused(s, abi.encodeWithSelector(Authorities.HighS.selector, 0, high));
	}

	function test_theRecoveryIdMayBeZeroOrOne() public {
		Submission memory s = submission();
		for (uint256 i; i < QUORUM; ++i) {
			s.signatures[i * 65 + 64] = bytes1(uint8(s.signatures[i * 65 + 64]) - 27);
		}
		submit(s);
		vm.assertEq(client.latestBlock(), 3);
	}

	function test_aValidatorWithoutAnAddressCannotSign() public {
		current.addresses[0] = address(0);
		current.root = Validators.rootOf(current.addresses);
		restartWithCurrent(1);

		Submission memory s = submission();
		// An s of zero recovers nothing, which is the zero address too.
		s.signatures = bytes.concat(new bytes(65), slice(s.signatures, 65));
		refused(s, abi.encodeWithSelector(Authorities.ZeroAuthority.selector, 0));
		sign(s, current, 1, QUORUM);
		submit(s);
	}

	function test_aSignatureThatRecoversNothingIsRefused() public {
		Submission memory s = submission();
		s.signatures = bytes.concat(new bytes(65), slice(s.signatures, 65));
		refused(s, abi.encodeWithSelector(Authorities.WrongSigner.selector, 0, address(0), current.addresses[0]));
	}

	function test_aSetThatIsNeitherCurrentNorNextIsRefused() public {
		Submission memory s = submission();
		s.commitment.validatorSetId = 2;
		sign(s, current, 0, QUORUM);
		refused(s, abi.encodeWithSelector(BeefyClient.UnknownSet.selector, 2, 0, 1));
	}

	function test_theSignaturesOfAnotherSetAreRefused() public {
		Submission memory s = submission();
		sign(s, next, 0, QUORUM);
		refused(s, abi.encodeWithSelector(Authorities.WrongSigner.selector, 0, next.addresses[0], current.addresses[0]));
	}

	function test_theListOfAnotherSetIsRefused() public {
		Submission memory s = submission();
		s.authorities = next.addresses;
		sign(s, next, 0, QUORUM);
		refused(s, abi.encodeWithSelector(Authorities.WrongListRoot.selector, next.root, current.root));
	}

	function test_aListWithoutOneOfItsMembersIsRefused() public {
		Submission memory s = submission();
		s.authorities = new address[](N - 1);
		refused(s, abi.encodeWithSelector(Authorities.WrongListLength.selector, N - 1, N));
		s.authorities = new address[](0);
		refused(s, abi.encodeWithSelector(Authorities.WrongListLength.selector, 0, N));
	}

	function test_aStoredListIsNotNeededAgain() public {
		submit(submission());
		makeBlock(Roots(0, 0, 0));
		Submission memory s = submission();
		s.authorities = new address[](0);
		submit(s);
		vm.assertEq(client.latestBlock(), 4);
	}

	function test_blocksGrow() public {
		makeBlock(Roots(0, 0, 0));
		submit(submission());
		refused(submissionAt(4), abi.encodeWithSelector(BeefyClient.StaleBlock.selector, 4, 4));
		refused(submissionAt(3), abi.encodeWithSelector(BeefyClient.StaleBlock.selector, 3, 4));
	}

	function test_aZeroRootIsRefused() public {
		Submission memory s = submission();
		s.commitment.mmrRoot = 0;
		sign(s, current, 0, QUORUM);
		refused(s, abi.encodeWithSelector(BeefyClient.ZeroRoot.selector));
	}

	function testFuzz_anyBitOfACommitmentIsSigned(uint256 bit) public {
		Submission memory s = submission();
		bit = bound(bit, 0, 287);
		if (bit < 256) s.commitment.mmrRoot ^= bytes32(1 << bit);
		else s.commitment.blockNumber ^= uint32(1 << (bit - 256));
		vm.expectRevert();
		submit(s);
	}

	function testFuzz_anyBitOfASignatureCounts(uint256 bit) public {
		Submission memory s = submission();
		bit = bound(bit, 0, QUORUM * 65 * 8 - 1);
		s.signatures[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
		vm.expectRevert();
		submit(s);
	}

	function testFuzz_aQuorumOfAnySize(uint256 n, uint256 first) public {
		n = bound(n, 1, 40);
		current = Validators.make(0, "other", n);
		restartWithCurrent(2);

		uint256 quorum = Validators.quorum(current);
		vm.assertGe(3 * quorum, 2 * n, "two thirds");
		first = bound(first, 0, n - quorum);
		Submission memory s = submission();
		if (quorum > 1) {
			sign(s, current, first, quorum - 1);
			refused(s, abi.encodeWithSelector(Authorities.NoQuorum.selector, quorum - 1, quorum));
		}
		sign(s, current, first, quorum);
		submit(s);
		vm.assertEq(client.latestBlock(), 3);
	}

	function restartWithCurrent(uint32 blockNumber) private {
		params.checkpoint.current = Validators.set(current);
		params.checkpoint.blockNumber = blockNumber;
		uint64 since = client.setTime();
		vm.warp(block.timestamp + MAX_SILENCE + 1);
		vm.prank(address(timelock));
		client.restart(params.checkpoint, since);
	}

	function slice(bytes memory b, uint256 from) private pure returns (bytes memory rest) {
		rest = new bytes(b.length - from);
		for (uint256 i; i < rest.length; ++i) {
			rest[i] = b[from + i];
		}
	}
}
