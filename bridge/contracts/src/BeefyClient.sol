// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Governed } from "./Governed.sol";
import { AuthoritySet, Checkpoint, Commitment, MmrLeaf } from "./Types.sol";
import { IBeefyClient } from "./interfaces/IBeefyClient.sol";
import { IRewardPot } from "./interfaces/IRewardPot.sol";
import { Authorities } from "./lib/Authorities.sol";
import { CodeStorage } from "./lib/CodeStorage.sol";
import { Encoding } from "./lib/Encoding.sol";
import { MmrVerifier } from "./lib/MmrVerifier.sol";

/// @title Light client of the DeepNode chain's BEEFY finality
/// @notice One transaction brings a commitment with the signatures of n - (n-1)/3 validators or more. Nothing is sampled: every signature
/// is checked, against the whole list of the set, whose Merkle root the chain has committed to.
///
/// The sets move on in one way only: a commitment by the next set, whose root holds the leaf of its own block, in which the set after it
/// is announced. A commitment by the current set changes no set: its successor was announced under a signature of the set before, and
/// every block of a session repeats the same announcement.
///
/// Validators answer for what they sign only as long as their stake is bonded. So the client freezes when its sets may be `maxSilence`
/// behind the chain's, which is less than the unbonding time: from then on only a new checkpoint from governance starts it again. How far
/// behind they are is reckoned in sessions, since a handover says that one more session has begun and not when: whatever the time of its
/// arrival, it moves `setTime` on by a session and a twentieth, and never past the present.
contract BeefyClient is IBeefyClient, Governed {
	/// @custom:storage-location erc7201:deepnode.storage.BeefyClient
	struct ClientStorage {
		uint32 latestBlock;
		uint64 setTime;
		uint32 maxSilence;
		uint32 commitments;
		uint32 sessionLength;
		address recovery;
		address rewardPot;
		AuthoritySet current;
		AuthoritySet next;
		mapping(uint32 blockNumber => bytes32) roots;
		mapping(bytes32 setRoot => address) lists;
		uint32[64] ring;
	}

	/// @dev `erc7201("deepnode.storage.BeefyClient")`
	bytes32 private constant CLIENT_STORAGE = 0xa92f1edced355135c22145cce7d18e52c13fc05a4fbf5ba1b6a3b54db6df7100;

	/// @notice How many roots are kept, so that a proof made under one stays good while newer ones arrive.
	uint32 public constant ROOTS = 64;
	/// @notice The largest set: its list has to fit into the code of one account.
	uint32 public constant MAX_SET = 1200;
	/// @notice A handover is worth a session and this part of one more. A chain that stood still has begun too few sessions for ever, and
	/// makes up for a day of it in twenty. Whoever keeps the client behind on purpose gains as little: a day beyond `maxSilence` costs
	/// them twenty days of handovers in which nobody brings the rest.
	uint32 public constant TOLERANCE = 20;

	/// @notice A commitment was taken.
	event CommitmentAccepted(uint32 indexed blockNumber, uint64 indexed setId, bytes32 mmrRoot, address indexed submitter);
	/// @notice `current` signs from now on, and `next` after it.
	event SetsChanged(AuthoritySet current, AuthoritySet next);
	/// @notice The addresses of a set were stored.
	event ListStored(bytes32 indexed setRoot, uint32 len, address pointer);
	/// @notice The client starts, or starts again, from a checkpoint.
	event CheckpointSet(uint32 blockNumber, bytes32 mmrRoot, address by);
	/// @notice How far behind the sets may be, in seconds.
	event MaxSilenceChanged(uint32 from, uint32 to);
	/// @notice How long a session of the chain lasts, in seconds.
	event SessionLengthChanged(uint32 from, uint32 to);
	/// @notice Who, beside the timelock, can give a frozen client a checkpoint.
	event RecoveryChanged(address indexed from, address indexed to);
	/// @notice What pays for commitments.
	event RewardPotChanged(address indexed from, address indexed to);
	/// @notice The reward could not be paid; the commitment counts all the same.
	event RewardFailed(address indexed submitter, bytes reason);

	/// @notice The sets are too far behind.
	error Frozen(uint64 setTime, uint32 maxSilence);
	/// @notice A checkpoint is for a client that is frozen.
	error NotFrozen(uint64 setTime, uint32 maxSilence);
	/// @notice The checkpoint is for another silence than this one.
	error OtherSilence(uint64 since, uint64 setTime);
	/// @notice Neither the timelock nor the recovery.
	error NotRecovery(address caller);
	/// @notice The client knows this block or a later one.
	error StaleBlock(uint32 blockNumber, uint32 latestBlock);
	/// @notice The root in a commitment is zero.
	error ZeroRoot();
	/// @notice Neither the current nor the next set. After a silence bring the first commitment of each session, in order.
	error UnknownSet(uint64 id, uint64 current, uint64 next);
	/// @notice The leaf is not that of the commitment's own block.
	error WrongLeafBlock(uint32 parentNumber, uint32 blockNumber);
	/// @notice A set's number has to be one more than that of the set before it.
	error WrongSetId(uint64 id, uint64 needed);
	/// @notice A set is empty or too large.
	error WrongSetLength(uint32 len, uint32 max);
	/// @notice A set's root is zero.
	error ZeroSetRoot(uint64 id);
	/// @notice The silence is zero.
	error ZeroSilence();
	/// @notice The length of a session is zero.
	error ZeroSession();

	/// @notice Starts the client.
	/// @param timelock_ Who may change it.
	/// @param recovery_ Who, beside the timelock, can start it again once it is frozen, when no message comes through; zero for nobody.
	/// @param rewardPot_ What pays for commitments; zero for nothing.
	/// @param maxSilence_ How many seconds its sets may be behind before it freezes.
	/// @param sessionLength_ How many seconds a session of the chain lasts.
	/// @param checkpoint What is trusted at the start. Its age comes on top of `maxSilence`.
	function initialize(
		address timelock_,
		address recovery_,
		address rewardPot_,
		uint32 maxSilence_,
		uint32 sessionLength_,
		Checkpoint calldata checkpoint
	) external initializer {
		_setTimelock(timelock_);
		_setMaxSilence(maxSilence_);
		_setSessionLength(sessionLength_);
		_setRecovery(recovery_);
		_setRewardPot(rewardPot_);
		_start(checkpoint);
	}

	/// @inheritdoc IBeefyClient
	function submitCommitment(
		Commitment calldata commitment,
		uint256[] calldata bitfield,
		bytes calldata signatures,
		address[] calldata authorities,
		MmrLeaf calldata leaf,
		bytes32[] calldata mmrItems
	) external {
		bool handover = _admit(commitment);
		bytes memory list = _list(handover ? _client().next : _client().current, authorities);
		Authorities.verifyQuorum(Encoding.commitmentHash(commitment), list, bitfield, signatures);
		if (handover) _handOver(commitment, leaf, mmrItems);
		_keepRoot(commitment.blockNumber, commitment.mmrRoot);
		emit CommitmentAccepted(commitment.blockNumber, commitment.validatorSetId, commitment.mmrRoot, msg.sender);
		_reward(handover);
	}

	/// @notice Gives a frozen client something to trust again, in place of all that it knows. Block and sets may be earlier than those it
	/// has, which a dishonest quorum can have carried to any number; and no proof holds any longer under the roots that it took.
	/// @dev Whoever calls chooses the sets, so numbers that have to grow would keep out little but the truth. What they would keep out is
	/// a restart of an earlier silence, which ended otherwise: the callers are timelocks, and what those have scheduled anyone can have
	/// carried out, once, at any later time. Therefore a restart names its silence.
	/// @param checkpoint What is trusted from now on. Its age, which is at least the timelock's delay, comes on top of `maxSilence`.
	/// @param since The `setTime` at which the client has stopped.
	function restart(Checkpoint calldata checkpoint, uint64 since) external {
		ClientStorage storage s = _client();
		if (msg.sender != timelock() && msg.sender != s.recovery) revert NotRecovery(msg.sender);
		if (!frozen()) revert NotFrozen(s.setTime, s.maxSilence);
		if (since != s.setTime) revert OtherSilence(since, s.setTime);
		_forgetRoots();
		_start(checkpoint);
	}

	/// @notice Sets how far behind the sets may be, in seconds: less than the unbonding time.
	function setMaxSilence(uint32 to) external onlyTimelock {
		_setMaxSilence(to);
	}

	/// @notice Sets how long a session of the chain lasts, in seconds.
	function setSessionLength(uint32 to) external onlyTimelock {
		_setSessionLength(to);
	}

	/// @notice Sets who, beside the timelock, can start a frozen client again.
	function setRecovery(address to) external onlyTimelock {
		_setRecovery(to);
	}

	/// @notice Sets what pays for commitments.
	function setRewardPot(address to) external onlyTimelock {
		_setRewardPot(to);
	}

	/// @inheritdoc IBeefyClient
	function latestBlock() external view returns (uint32) {
		return _client().latestBlock;
	}

	/// @inheritdoc IBeefyClient
	function currentSet() external view returns (uint64 id, uint32 len, bytes32 root) {
		AuthoritySet storage set = _client().current;
		return (set.id, set.len, set.root);
	}

	/// @inheritdoc IBeefyClient
	function nextSet() external view returns (uint64 id, uint32 len, bytes32 root) {
		AuthoritySet storage set = _client().next;
		return (set.id, set.len, set.root);
	}

	/// @inheritdoc IBeefyClient
	function rootAt(uint32 blockNumber) external view returns (bytes32) {
		return _client().roots[blockNumber];
	}

	/// @inheritdoc IBeefyClient
	function isListStored(bytes32 setRoot) external view returns (bool) {
		return _client().lists[setRoot] != address(0);
	}

	/// @notice Up to when the sets have moved on, in seconds since 1970: the present where they have kept up with the chain.
	function setTime() external view returns (uint64) {
		return _client().setTime;
	}

	/// @notice How far behind the sets may be, in seconds.
	function maxSilence() external view returns (uint32) {
		return _client().maxSilence;
	}

	/// @notice How long a session of the chain lasts, in seconds.
	function sessionLength() external view returns (uint32) {
		return _client().sessionLength;
	}

	/// @notice Who, beside the timelock, can start a frozen client again.
	function recovery() external view returns (address) {
		return _client().recovery;
	}

	/// @notice What pays for commitments.
	function rewardPot() external view returns (address) {
		return _client().rewardPot;
	}

	/// @notice Whether the sets are too far behind. Roots that were taken before stay good until a restart: who signed them was bonded.
	function frozen() public view returns (bool) {
		ClientStorage storage s = _client();
		return block.timestamp > uint256(s.setTime) + s.maxSilence;
	}

	/// @dev Refuses what cannot be news, and says whether it would hand over to the next set.
	///
	/// How far the block number jumps is not bounded. From the last arrival nothing follows, since a relayer that was away brings the
	/// sessions it has missed one after the other; from the first block only that a slot has one block at most, a bound that slots
	/// without a block make looser for ever. Nor would it help: a quorum that signs a false number can as well hand over to sets of its
	/// own. A client that is stuck behind such a number freezes, and `restart` mends it.
	function _admit(Commitment calldata commitment) private view returns (bool handover) {
		ClientStorage storage s = _client();
		if (frozen()) revert Frozen(s.setTime, s.maxSilence);
		if (commitment.blockNumber <= s.latestBlock) revert StaleBlock(commitment.blockNumber, s.latestBlock);
		if (commitment.mmrRoot == 0) revert ZeroRoot();
		uint64 setId = commitment.validatorSetId;
		handover = setId == s.next.id;
		if (!handover && setId != s.current.id) revert UnknownSet(setId, s.current.id, s.next.id);
	}

	/// @dev The list of a set: the stored one, or the one given, which is stored if it is the set's.
	function _list(AuthoritySet storage set, address[] calldata given) private returns (bytes memory list) {
		(uint32 len, bytes32 setRoot) = (set.len, set.root);
		address pointer = _client().lists[setRoot];
		if (pointer != address(0)) {
			list = CodeStorage.read(pointer);
			// The root fixes the list; the length that was announced beside it has to be the list's.
			if (list.length != uint256(len) * 20) revert Authorities.WrongListLength(list.length / 20, len);
			return list;
		}
		if (given.length != len) revert Authorities.WrongListLength(given.length, len);
		list = Authorities.pack(given);
		bytes32 computed = Authorities.root(list);
		if (computed != setRoot) revert Authorities.WrongListRoot(computed, setRoot);
		pointer = CodeStorage.write(list);
		_client().lists[setRoot] = pointer;
		emit ListStored(setRoot, len, pointer);
	}

	function _handOver(Commitment calldata commitment, MmrLeaf calldata leaf, bytes32[] calldata mmrItems) private {
		ClientStorage storage s = _client();
		if (uint256(leaf.parentNumber) + 1 != commitment.blockNumber) revert WrongLeafBlock(leaf.parentNumber, commitment.blockNumber);
		MmrVerifier.verifyLeaf(commitment.mmrRoot, commitment.blockNumber, leaf, mmrItems);
		_setSets(s.next, AuthoritySet(leaf.nextSetId, leaf.nextSetLen, leaf.nextSetRoot));
		uint256 session = s.sessionLength;
		uint256 reached = s.setTime + session + session / TOLERANCE;
		s.setTime = uint64(reached < block.timestamp ? reached : block.timestamp);
	}

	function _start(Checkpoint calldata checkpoint) private {
		ClientStorage storage s = _client();
		_checkSet(checkpoint.current);
		_setSets(checkpoint.current, checkpoint.next);
		s.setTime = uint64(block.timestamp);
		if (checkpoint.mmrRoot == 0) s.latestBlock = checkpoint.blockNumber;
		else _keepRoot(checkpoint.blockNumber, checkpoint.mmrRoot);
		emit CheckpointSet(checkpoint.blockNumber, checkpoint.mmrRoot, msg.sender);
	}

	function _setSets(AuthoritySet memory current, AuthoritySet memory next) private {
		if (uint256(next.id) != uint256(current.id) + 1) revert WrongSetId(next.id, current.id + 1);
		_checkSet(next);
		_client().current = current;
		_client().next = next;
		emit SetsChanged(current, next);
	}

	function _checkSet(AuthoritySet memory set) private pure {
		if (set.len == 0 || set.len > MAX_SET) revert WrongSetLength(set.len, MAX_SET);
		if (set.root == 0) revert ZeroSetRoot(set.id);
	}

	/// @dev Keeps a root in the place of the oldest one.
	function _keepRoot(uint32 blockNumber, bytes32 mmrRoot) private {
		ClientStorage storage s = _client();
		uint32 place = s.commitments % ROOTS;
		uint32 oldest = s.ring[place];
		if (oldest != 0) delete s.roots[oldest];
		s.ring[place] = blockNumber;
		s.roots[blockNumber] = mmrRoot;
		s.latestBlock = blockNumber;
		unchecked {
			++s.commitments;
		}
	}

	/// @dev What was proven under a root has had its effect; what was not is proven anew under a root that the restarted client takes.
	function _forgetRoots() private {
		ClientStorage storage s = _client();
		for (uint256 place; place < ROOTS; ++place) {
			delete s.roots[s.ring[place]];
		}
		delete s.ring;
	}

	/// @dev A commitment is worth more than its reward: it counts even if the pot fails.
	function _reward(bool handover) private {
		address pot = _client().rewardPot;
		if (pot == address(0)) return;
		try IRewardPot(pot).reward(msg.sender, handover) { }
		catch (bytes memory reason) {
			emit RewardFailed(msg.sender, reason);
		}
	}

	function _setMaxSilence(uint32 to) private {
		if (to == 0) revert ZeroSilence();
		emit MaxSilenceChanged(_client().maxSilence, to);
		_client().maxSilence = to;
	}

	function _setSessionLength(uint32 to) private {
		if (to == 0) revert ZeroSession();
		emit SessionLengthChanged(_client().sessionLength, to);
		_client().sessionLength = to;
	}

	function _setRecovery(address to) private {
		emit RecoveryChanged(_client().recovery, to);
		_client().recovery = to;
	}

	function _setRewardPot(address to) private {
		emit RewardPotChanged(_client().rewardPot, to);
		_client().rewardPot = to;
	}

	function _client() private pure returns (ClientStorage storage s) {
		assembly {
			s.slot := CLIENT_STORAGE
		}
	}
}
