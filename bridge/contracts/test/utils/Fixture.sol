// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Deployment } from "../../script/Deployment.sol";
import { Deployed, Params } from "../../script/Params.sol";
import { BeefyClient } from "../../src/BeefyClient.sol";
import { DeepNodeToken } from "../../src/DeepNodeToken.sol";
import { Gateway } from "../../src/Gateway.sol";
import { ReceiptVerifier } from "../../src/ReceiptVerifier.sol";
import { RewardPot } from "../../src/RewardPot.sol";
import { Settlement } from "../../src/Settlement.sol";
import { Claim, Commitment, InclusionProof, Kind, Message, MmrLeaf, RootsProof } from "../../src/Types.sol";
import { Test } from "./Test.sol";
import { Trees } from "./Trees.sol";
import { Validators } from "./Validators.sol";
import { TimelockController } from "@openzeppelin/contracts/governance/TimelockController.sol";

/// @title A small DeepNode chain, and the contracts deployed for it
/// @notice Blocks append leaves to a mountain range, sessions change the validators, and commitments are signed with their keys.
/// Hashes are written out here as bridge/README.md defines them, apart from `src/lib/Encoding.sol`.
abstract contract Fixture is Test {
	using Trees for Trees.Range;
	using Validators for Validators.Group;

	struct Roots {
		bytes32 messages;
		bytes32 settlement;
		bytes32 receipts;
	}

	struct Submission {
		Commitment commitment;
		uint256[] bitfield;
		bytes signatures;
		address[] authorities;
		MmrLeaf leaf;
		bytes32[] mmrItems;
	}

	bytes32 internal constant CHAIN = keccak256("genesis");
	uint96 internal constant CAPACITY = 1_000e18;
	uint24 internal constant PERIOD = 1 days;
	uint32 internal constant MAX_SILENCE = 3 days;
	/// @dev Longer than the chain's, so that few handovers make a day.
	uint32 internal constant SESSION = 1 hours;
	uint256 internal constant VAULT = 60_000_000e18;
	uint96 internal constant HANDOVER_REWARD = 5e18;
	uint96 internal constant OTHER_REWARD = 1e18;
	uint24 internal constant REWARD_INTERVAL = 1 hours;
	uint256 internal constant DELAY = 2 days;
	uint256 internal constant RECOVERY_DELAY = 1 days;

	Trees.Range private _range;
	mapping(uint32 index => MmrLeaf) private _leaves;
	mapping(uint32 blockNumber => Roots) private _roots;
	uint32 internal height;
	Validators.Group internal current;
	Validators.Group internal next;
	uint64 internal told;

	address internal guardian = account("guardian");
	address internal recoveryProposer = account("recovery proposer");
	address internal relayer = account("relayer");
	address internal holder = account("holder");
	Params internal params;
	Deployed internal deployed;
	DeepNodeToken internal token;
	TimelockController internal timelock;
	BeefyClient internal client;
	RewardPot internal pot;
	Gateway internal gateway;
	Settlement internal settlement;
	ReceiptVerifier internal verifier;

	// --- Deployment -------------------------------------------------------------------------------

	function deployBridge(uint256 validators) internal {
		vm.warp(1_800_000_000);
		current = Validators.make(0, "set 0", validators);
		next = Validators.make(1, "set 1", validators);
		params = defaultParams();
		deployed = Deployment.run(params, address(this));
		token = DeepNodeToken(deployed.token);
		timelock = TimelockController(payable(deployed.timelock));
		client = BeefyClient(deployed.client);
		pot = RewardPot(deployed.rewardPot);
		gateway = Gateway(deployed.gateway);
		settlement = Settlement(deployed.settlement);
		verifier = ReceiptVerifier(deployed.receiptVerifier);
	}

	function defaultParams() internal view returns (Params memory p) {
		p.chain = CHAIN;
		p.baseChainId = block.chainid;
		p.holder = holder;
		p.vault = VAULT;
		p.guardian = guardian;
		p.timelockDelay = DELAY;
		p.recoveryProposer = recoveryProposer;
		p.recoveryDelay = RECOVERY_DELAY;
		p.limitCapacity = CAPACITY;
		p.limitPeriod = PERIOD;
		p.maxSilence = MAX_SILENCE;
		p.sessionLength = SESSION;
		p.checkpoint.current = current.set();
		p.checkpoint.next = next.set();
		p.rewardPot = 1_000e18;
		p.handoverReward = HANDOVER_REWARD;
		p.otherReward = OTHER_REWARD;
		p.rewardInterval = REWARD_INTERVAL;
	}

	// --- The chain --------------------------------------------------------------------------------

	/// @notice A block in which the given roots are told. Its leaf is appended by the block after it.
	function makeBlock(Roots memory told_) internal returns (uint32) {
		MmrLeaf memory leaf = MmrLeaf({
			version: 0,
			parentNumber: height,
			parentHash: keccak256(abi.encode("block", height)),
			nextSetId: next.id,
			nextSetLen: uint32(next.keys.length),
			nextSetRoot: next.root,
			leafExtra: extraOf(_roots[height])
		});
		_leaves[height] = leaf;
		_range.append(hashOf(leaf));
		++height;
		_roots[height] = told_;
		return height;
	}

	function makeBlocks(uint256 n) internal {
		for (uint256 i; i < n; ++i) {
			makeBlock(Roots(0, 0, 0));
		}
	}

	/// @notice The first block of a session: the next validators take over and `after_` are announced.
	function startSession(Validators.Group memory after_) internal {
		after_.id = next.id + 1;
		current = next;
		next = after_;
		makeBlock(Roots(0, 0, 0));
	}

	/// @notice What a relayer would submit for the latest block.
	function submission() internal view returns (Submission memory s) {
		return submissionAt(height);
	}

	function submissionAt(uint32 blockNumber) internal view returns (Submission memory s) {
		s.commitment = Commitment(_range.rangeRoot(blockNumber), blockNumber, current.id);
		s.authorities = current.addresses;
		s.leaf = _leaves[blockNumber - 1];
		s.mmrItems = _range.rangeProof(blockNumber - 1, blockNumber);
		sign(s, current, 0, Validators.quorum(current));
	}

	function sign(Submission memory s, Validators.Group memory group, uint256 first, uint256 signers) internal pure {
		(s.bitfield, s.signatures) = group.sign(hashOf(s.commitment), first, signers);
	}

	function submit(Submission memory s) internal {
		vm.prank(relayer);
		client.submitCommitment(s.commitment, s.bitfield, s.signatures, s.authorities, s.leaf, s.mmrItems);
	}

	/// @notice Makes a block and brings its commitment. Every proof of what was told before can be made under it.
	function commit() internal {
		makeBlock(Roots(0, 0, 0));
		submit(submission());
	}

	// --- Proofs -----------------------------------------------------------------------------------

	/// @notice The three roots of `blockNumber`, under the commitment of `rootBlock`.
	function rootsProof(uint32 blockNumber, uint32 rootBlock) internal view returns (RootsProof memory p) {
		Roots memory r = _roots[blockNumber];
		p.rootBlock = rootBlock;
		p.leaf = _leaves[blockNumber];
		(p.messagesRoot, p.settlementRoot, p.receiptsRoot) = (r.messages, r.settlement, r.receipts);
		p.mmrItems = _range.rangeProof(blockNumber, rootBlock);
	}

	/// @notice Leaf `index` of a list whose root was told in `blockNumber`.
	function inclusionProof(uint32 blockNumber, uint32 rootBlock, bytes32[] memory leaves, uint32 index)
		internal
		view
		returns (InclusionProof memory p)
	{
		p.roots = rootsProof(blockNumber, rootBlock);
		p.index = index;
		p.count = uint32(leaves.length);
		p.items = Trees.proof(leaves, index);
	}

	/// @notice Tells one message alone in a block, commits to it, and proves it.
	function prove(Message memory m) internal returns (InclusionProof memory) {
		bytes32[] memory leaves = new bytes32[](1);
		leaves[0] = leafOf(m);
		uint32 blockNumber = makeBlock(Roots(Trees.root(leaves), 0, 0));
		commit();
		return inclusionProof(blockNumber, height, leaves, 0);
	}

	function deliver(Message memory m) internal {
		InclusionProof memory p = prove(m);
		vm.prank(relayer);
		gateway.deliverMessage(m, p);
	}

	// --- Messages ---------------------------------------------------------------------------------

	function message(uint8 kind, uint128 fee, bytes memory payload) internal returns (Message memory) {
		return Message({ nonce: told++, kind: kind, sender: keccak256("sender"), fee: fee, payload: payload });
	}

	function release(address to, uint128 amount, uint128 fee) internal returns (Message memory) {
		return message(Kind.RELEASE, fee, abi.encode(to, amount));
	}

	function governance(address target, bytes memory data) internal returns (Message memory m) {
		m = message(Kind.GOVERNANCE, 0, abi.encode(target, data));
		m.sender = 0;
	}

	// --- Hashes -----------------------------------------------------------------------------------

	function hashOf(Commitment memory c) internal pure returns (bytes32) {
		return keccak256(bytes.concat(hex"046d6880", c.mmrRoot, little(c.blockNumber, 4), little(c.validatorSetId, 8)));
	}

	function hashOf(MmrLeaf memory l) internal pure returns (bytes32) {
		return keccak256(
			bytes.concat(
				bytes1(l.version),
				little(l.parentNumber, 4),
				l.parentHash,
				little(l.nextSetId, 8),
				little(l.nextSetLen, 4),
				l.nextSetRoot,
				l.leafExtra
			)
		);
	}

	function extraOf(Roots memory r) internal pure returns (bytes32) {
		return keccak256(abi.encode(keccak256("deepnode.bridge.extra.v1"), r.messages, r.settlement, r.receipts));
	}

	function leafOf(Message memory m) internal view returns (bytes32) {
		return leafOf(m, CHAIN, block.chainid, address(gateway), 0);
	}

	function leafOf(Message memory m, bytes32 chain, uint256 base, address gateway_, uint8 direction) internal pure returns (bytes32) {
		bytes32 tag = keccak256("deepnode.bridge.message.v1");
		return keccak256(abi.encode(tag, chain, base, gateway_, direction, m.nonce, m.kind, m.sender, m.fee, keccak256(m.payload)));
	}

	function leafOf(Claim memory c) internal view returns (bytes32) {
		return leafOf(c, CHAIN, block.chainid, address(gateway));
	}

	function leafOf(Claim memory c, bytes32 chain, uint256 base, address gateway_) internal pure returns (bytes32) {
		bytes32 tag = keccak256("deepnode.bridge.claim.v1");
		return keccak256(abi.encode(tag, chain, base, gateway_, c.epoch, c.index, c.account, c.amount));
	}

	function little(uint256 x, uint256 length) internal pure returns (bytes memory b) {
		b = new bytes(length);
		for (uint256 i; i < length; ++i) {
			b[i] = bytes1(uint8(x >> (8 * i)));
		}
	}
}
