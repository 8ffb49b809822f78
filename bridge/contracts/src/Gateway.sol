// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { DeepNodeToken } from "./DeepNodeToken.sol";
import { Governed } from "./Governed.sol";
import { InclusionProof, Kind, Message, Status } from "./Types.sol";
import { IBeefyClient } from "./interfaces/IBeefyClient.sol";
import { IGateway } from "./interfaces/IGateway.sol";
import { ISettlement } from "./interfaces/ISettlement.sol";
import { Encoding } from "./lib/Encoding.sol";
import { MerkleTree } from "./lib/MerkleTree.sol";
import { Payload } from "./lib/Payload.sol";
import { PayoutQueue } from "./lib/PayoutQueue.sol";
import { Proofs } from "./lib/Proofs.sol";
import { StatusMap } from "./lib/StatusMap.sol";
import { TokenBucket } from "./lib/TokenBucket.sol";
import { TimelockController } from "@openzeppelin/contracts/governance/TimelockController.sol";
import { ReentrancyGuardTransient } from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

/// @title The vault, and messages both ways
/// @notice DN are locked and released here and never minted:
///
///     DN in the vault  >=  issuance on the chain  +  DN in flight towards Base
///
/// A message of the chain takes effect once. Whatever leaves the vault, be it a withdrawal, a claim, a fee or a burn, passes one rate
/// limit; what exceeds it waits in a queue. A guardian can pause and nothing else. While paused nothing leaves the vault and nothing is
/// locked, but messages of the governance still arrive, since only the timelock can unpause.
contract Gateway is IGateway, Governed, ReentrancyGuardTransient {
	using PayoutQueue for PayoutQueue.Queue;
	using StatusMap for StatusMap.Map;
	using TokenBucket for TokenBucket.Bucket;

	/// @custom:storage-location erc7201:deepnode.storage.Gateway
	/// @dev The first two mappings are read by storage proofs: their order is part of the protocol.
	struct GatewayStorage {
		mapping(uint64 nonce => bytes32 leaf) outbox;
		mapping(uint64 nonce => bytes32 leaf) refused;
		mapping(uint64 nonce => bytes32 leaf) failed;
		StatusMap.Map statuses;
		TokenBucket.Bucket bucket;
		PayoutQueue.Queue queue;
		address guardian;
		uint64 nextNonce;
	}

	/// @dev `erc7201("deepnode.storage.Gateway")`
	bytes32 private constant GATEWAY_STORAGE = 0x0cd83a41ca45b554846540dde92cd9e1e29f9f98d41229be234a71d8082d5300;

	/// @notice The slot of `nonce -> keccak256(message)` for messages towards the chain.
	bytes32 public constant OUTBOX_SLOT = GATEWAY_STORAGE;
	/// @notice The slot of `nonce -> keccak256(message)` for messages of the chain that can never take effect.
	bytes32 public constant REFUSED_SLOT = bytes32(uint256(GATEWAY_STORAGE) + 1);
	/// @notice The kind of the messages towards the chain that bring DN.
	uint8 public constant KIND_DEPOSIT = 0;

	/// @dev All the DN there are. What is more can never be paid; a sound chain does not ask for it.
	uint256 private constant SUPPLY = 100_000_000e18;

	/// @notice The genesis hash of the chain.
	bytes32 public immutable chain;
	/// @notice DN.
	DeepNodeToken public immutable token;
	/// @notice The light client of the chain.
	IBeefyClient public immutable client;
	/// @notice Where settlements are claimed.
	ISettlement public immutable settlement;

	/// @notice A message has arrived, and what became of it.
	event MessageDelivered(uint64 indexed nonce, uint8 indexed kind, uint8 status, address indexed relayer, uint128 fee);
	/// @notice A message whose effect had failed was tried again.
	event MessageRetried(uint64 indexed nonce, uint8 status);
	/// @notice A message can never take effect; the chain refunds it on proof of `leaf` under `REFUSED_SLOT`.
	event MessageRefused(uint64 indexed nonce, bytes32 leaf);
	/// @notice The effect of a message failed; anyone may retry it.
	event MessageFailed(uint64 indexed nonce, bytes reason);
	/// @notice DN wait for the rate limit.
	event PayoutQueued(uint64 indexed place, address indexed to, uint128 amount, uint64 nonce);
	/// @notice An entry of the queue has been paid in full.
	event PayoutFinished(uint64 indexed place, uint64 nonce);
	/// @notice DN were locked for an account on the chain.
	event SentToChain(uint64 indexed nonce, address indexed sender, bytes32 indexed account, uint128 amount, uint128 fee);
	/// @notice Nothing leaves the vault until the timelock unpauses.
	event Paused(address by);
	/// @notice The vault is open.
	event Unpaused(address by);
	/// @notice Another guardian may pause.
	event GuardianChanged(address indexed from, address indexed to);
	/// @notice The rate limit is another one.
	event LimitChanged(uint96 capacity, uint24 period);

	/// @notice Paused: only messages of the governance are taken.
	error IsPaused();
	/// @notice Not paused.
	error NotPaused();
	/// @notice Neither the guardian nor the timelock.
	error NotGuardian(address caller);
	/// @notice Only the settlement contract may do this.
	error NotSettlement(address caller, address settlement);
	/// @notice The message has been delivered.
	error AlreadyDelivered(uint64 nonce, uint8 status);
	/// @notice Only what failed can be retried.
	error NotFailed(uint64 nonce, uint8 status);
	/// @notice The message is not the one that failed under this nonce.
	error WrongMessage(bytes32 computed, bytes32 expected);
	/// @notice The gas did not suffice for the effect. Nothing has happened: send more.
	error OutOfGas();
	/// @notice DN sent there would be lost.
	error InvalidRecipient(address recipient);
	/// @notice The vault holds less than this.
	error VaultTooSmall(uint128 amount, uint256 balance);
	/// @notice There is nothing to send.
	error ZeroAmount();

	constructor(bytes32 chain_, DeepNodeToken token_, IBeefyClient client_, ISettlement settlement_) {
		chain = chain_;
		token = token_;
		client = client_;
		settlement = settlement_;
	}

	/// @notice Starts the gateway.
	/// @param timelock_ Who may change it; messages of the governance are scheduled there.
	/// @param guardian_ Who may pause it.
	/// @param capacity What may leave the vault at once.
	/// @param period In how many seconds the limit fills again.
	function initialize(address timelock_, address guardian_, uint96 capacity, uint24 period) external initializer {
		_setTimelock(timelock_);
		_setGuardian(guardian_);
		_setLimit(capacity, period);
	}

	/// @inheritdoc IGateway
	function deliverMessage(Message calldata message, InclusionProof calldata proof) external nonReentrant {
		GatewayStorage storage s = _gateway();
		_requireOpenFor(message.kind);
		uint8 status = s.statuses.get(message.nonce);
		if (status != Status.UNKNOWN) revert AlreadyDelivered(message.nonce, status);
		bytes32 leaf = Encoding.inboundLeaf(chain, address(this), message);
		Proofs.verifyRoots(client, proof.roots);
		MerkleTree.verify(proof.roots.messagesRoot, leaf, proof.index, proof.count, proof.items);

		_payFee(msg.sender, message.fee);
		status = _effect(message, leaf);
		s.statuses.set(message.nonce, status);
		if (status == Status.FAILED) s.failed[message.nonce] = leaf;
		emit MessageDelivered(message.nonce, message.kind, status, msg.sender, message.fee);
	}

	/// @inheritdoc IGateway
	function retryMessage(Message calldata message) external nonReentrant {
		GatewayStorage storage s = _gateway();
		_requireOpenFor(message.kind);
		uint8 status = s.statuses.get(message.nonce);
		if (status != Status.FAILED) revert NotFailed(message.nonce, status);
		bytes32 leaf = Encoding.inboundLeaf(chain, address(this), message);
		bytes32 expected = s.failed[message.nonce];
		if (leaf != expected) revert WrongMessage(leaf, expected);

		status = _effect(message, leaf);
		s.statuses.set(message.nonce, status);
		if (status != Status.FAILED) delete s.failed[message.nonce];
		emit MessageRetried(message.nonce, status);
	}

	/// @inheritdoc IGateway
	function drain(uint256 most) external nonReentrant {
		_requireOpen();
		GatewayStorage storage s = _gateway();
		for (uint256 i; i < most && !s.queue.isEmpty(); ++i) {
			uint64 place = s.queue.head;
			PayoutQueue.Entry memory entry = s.queue.entries[place];
			uint96 amount = s.bucket.take(entry.amount);
			// Entries are never of nothing.
			if (amount == 0) return;
			bool finished = s.queue.pay(amount);
			if (!_transfer(entry.to, amount)) revert VaultTooSmall(amount, token.balanceOf(address(this)));
			if (finished) {
				if (entry.nonce != PayoutQueue.NO_NONCE) s.statuses.set(entry.nonce, Status.DONE);
				emit PayoutFinished(place, entry.nonce);
			}
		}
	}

	/// @inheritdoc IGateway
	function payClaim(address to, uint128 amount) external nonReentrant {
		if (msg.sender != address(settlement)) revert NotSettlement(msg.sender, address(settlement));
		_requireOpen();
		if (!canReceive(to)) revert InvalidRecipient(to);
		if (_payOut(to, amount, PayoutQueue.NO_NONCE) == Status.FAILED) revert VaultTooSmall(amount, token.balanceOf(address(this)));
	}

	/// @inheritdoc IGateway
	function sendToChain(bytes32 account, uint128 amount, uint128 fee) external nonReentrant returns (uint64 nonce) {
		_requireOpen();
		if (amount == 0) revert ZeroAmount();
		if (account == 0) revert ZeroAddress();
		GatewayStorage storage s = _gateway();
		nonce = s.nextNonce++;
		s.outbox[nonce] = Encoding.messageLeaf(
			chain,
			address(this),
			Encoding.TO_CHAIN,
			nonce,
			KIND_DEPOSIT,
			bytes32(uint256(uint160(msg.sender))),
			fee,
			keccak256(abi.encode(account, amount))
		);
		emit SentToChain(nonce, msg.sender, account, amount, fee);
		// DN reverts where it does not transfer.
		token.transferFrom(msg.sender, address(this), uint256(amount) + fee);
	}

	/// @notice Stops everything but messages of the governance. The guardian's only power.
	function pause() external {
		GatewayStorage storage s = _gateway();
		if (msg.sender != s.guardian && msg.sender != timelock()) revert NotGuardian(msg.sender);
		_requireOpen();
		s.queue.paused = true;
		emit Paused(msg.sender);
	}

	/// @notice Opens the vault again.
	function unpause() external onlyTimelock {
		if (!_gateway().queue.paused) revert NotPaused();
		_gateway().queue.paused = false;
		emit Unpaused(msg.sender);
	}

	/// @notice Sets who may pause; zero for nobody but the timelock.
	function setGuardian(address to) external onlyTimelock {
		_setGuardian(to);
	}

	/// @notice Sets the rate limit: what may leave at once, and in how many seconds the limit fills again.
	function setLimit(uint96 capacity, uint24 period) external onlyTimelock {
		_setLimit(capacity, period);
	}

	/// @inheritdoc IGateway
	function statusOf(uint64 nonce) external view returns (uint8) {
		return _gateway().statuses.get(nonce);
	}

	/// @notice The hash of a message towards the chain; zero if there is none.
	function outbox(uint64 nonce) external view returns (bytes32) {
		return _gateway().outbox[nonce];
	}

	/// @notice The hash of a message that can never take effect; zero if it is not refused.
	function refused(uint64 nonce) external view returns (bytes32) {
		return _gateway().refused[nonce];
	}

	/// @notice How many messages towards the chain there are.
	function nextNonce() external view returns (uint64) {
		return _gateway().nextNonce;
	}

	/// @notice What may leave the vault now.
	function available() external view returns (uint96) {
		return _gateway().bucket.available();
	}

	/// @notice The rate limit: what may leave at once, and in how many seconds the limit fills again.
	function limit() external view returns (uint96 capacity, uint24 period) {
		TokenBucket.Bucket storage b = _gateway().bucket;
		return (b.capacity, b.period);
	}

	/// @notice The queue: the place of its first entry, the place after its last, and what they add up to.
	function queue() external view returns (uint64 head, uint64 tail, uint128 total) {
		PayoutQueue.Queue storage q = _gateway().queue;
		return (q.head, q.tail, q.total);
	}

	/// @notice An entry of the queue: who is paid (zero: burned), for which message, and what is left to pay.
	function queued(uint64 place) external view returns (address to, uint64 nonce, uint128 amount) {
		PayoutQueue.Entry storage e = _gateway().queue.entries[place];
		return (e.to, e.nonce, e.amount);
	}

	/// @notice Who may pause.
	function guardian() external view returns (address) {
		return _gateway().guardian;
	}

	/// @notice Whether nothing leaves the vault.
	function paused() external view returns (bool) {
		return _gateway().queue.paused;
	}

	/// @inheritdoc IGateway
	/// @dev DN sent to these would be lost, or would return to the vault and be counted twice.
	function canReceive(address to) public view returns (bool) {
		return to != address(0) && to != address(token) && to != address(this) && to != address(settlement);
	}

	/// @dev Carries out a proven message. Never reverts but for lack of gas, so that one message cannot hold up its fee or another message.
	function _effect(Message calldata m, bytes32 leaf) private returns (uint8 status) {
		if (m.kind == Kind.RELEASE) status = _release(m);
		else if (m.kind == Kind.SETTLEMENT) status = _settle(m);
		else if (m.kind == Kind.BURN) status = _burn(m);
		else if (m.kind == Kind.GOVERNANCE) status = _govern(m);
		else status = Status.REFUSED;

		if (status == Status.REFUSED) {
			_gateway().refused[m.nonce] = leaf;
			emit MessageRefused(m.nonce, leaf);
		}
	}

	function _release(Message calldata m) private returns (uint8) {
		(bool ok, address recipient, uint128 amount) = Payload.release(m.payload);
		if (!ok || !canReceive(recipient) || amount > SUPPLY) return Status.REFUSED;
		return _payOut(recipient, amount, m.nonce);
	}

	function _settle(Message calldata m) private returns (uint8) {
		(bool ok, uint64 epoch, bytes32 root, uint128 total, uint32 count) = Payload.settlement(m.payload);
		if (!ok || total > SUPPLY) return Status.REFUSED;
		try settlement.open(epoch, root, total, count) returns (bool opened) {
			return opened ? Status.DONE : Status.REFUSED;
		} catch (bytes memory reason) {
			return _failed(m.nonce, reason);
		}
	}

	function _burn(Message calldata m) private returns (uint8) {
		(bool ok,, uint128 amount) = Payload.burn(m.payload);
		if (!ok || amount > SUPPLY) return Status.REFUSED;
		return _payOut(address(0), amount, m.nonce);
	}

	/// @dev The timelock schedules the call, with the nonce as its salt. A call that cancels what is scheduled must not wait as long as
	/// what it is to stop, and is made at once.
	function _govern(Message calldata m) private returns (uint8) {
		(bool ok, address target, bytes calldata data) = Payload.governance(m.payload);
		if (!ok) return Status.REFUSED;
		TimelockController lock = TimelockController(payable(timelock()));
		if (target == address(lock) && data.length == 36 && bytes4(data[:4]) == TimelockController.cancel.selector) {
			try lock.cancel(bytes32(data[4:])) {
				return Status.DONE;
			} catch (bytes memory reason) {
				return _failed(m.nonce, reason);
			}
		}
		try lock.schedule(target, 0, data, 0, bytes32(uint256(m.nonce)), lock.getMinDelay()) {
			return Status.DONE;
		} catch (bytes memory reason) {
			return _failed(m.nonce, reason);
		}
	}

	/// @dev All that is called here says why it reverts. Without a reason it ran out of gas, and a caller who sends too little must not
	/// make a message fail.
	function _failed(uint64 nonce, bytes memory reason) private returns (uint8) {
		if (reason.length == 0) revert OutOfGas();
		emit MessageFailed(nonce, reason);
		return Status.FAILED;
	}

	/// @dev A fee that cannot be paid now waits; it never holds up the message. One that can never be paid is not.
	function _payFee(address to, uint128 amount) private {
		if (amount == 0 || amount > SUPPLY) return;
		if (_payOut(to, amount, PayoutQueue.NO_NONCE) == Status.FAILED) _enqueue(to, amount, PayoutQueue.NO_NONCE);
	}

	/// @dev The one way out of the vault besides `drain`. What exceeds the limit, or comes after others that wait, is queued.
	function _payOut(address to, uint128 amount, uint64 nonce) private returns (uint8) {
		GatewayStorage storage s = _gateway();
		uint96 paid;
		if (s.queue.isOpenAndEmpty()) {
			paid = s.bucket.take(amount);
			if (paid != 0 && !_transfer(to, paid)) {
				s.bucket.putBack(paid);
				return Status.FAILED;
			}
			if (paid == amount) return Status.DONE;
		}
		if (amount == 0) return Status.DONE;
		_enqueue(to, amount - paid, nonce);
		return Status.QUEUED;
	}

	function _enqueue(address to, uint128 amount, uint64 nonce) private {
		uint64 place = _gateway().queue.push(PayoutQueue.Entry({ to: to, nonce: nonce, amount: amount }));
		emit PayoutQueued(place, to, amount, nonce);
	}

	/// @dev Burns where `to` is zero. False if the vault has too little, the only reason why DN does not move.
	function _transfer(address to, uint96 amount) private returns (bool) {
		if (to == address(0)) {
			try token.burn(amount) {
				return true;
			} catch (bytes memory reason) {
				if (reason.length == 0) revert OutOfGas();
				return false;
			}
		}
		try token.transfer(to, amount) returns (bool moved) {
			return moved;
		} catch (bytes memory reason) {
			if (reason.length == 0) revert OutOfGas();
			return false;
		}
	}

	function _requireOpen() private view {
		if (_gateway().queue.paused) revert IsPaused();
	}

	function _requireOpenFor(uint8 kind) private view {
		if (kind != Kind.GOVERNANCE) _requireOpen();
	}

	function _setGuardian(address to) private {
		emit GuardianChanged(_gateway().guardian, to);
		_gateway().guardian = to;
	}

	function _setLimit(uint96 capacity, uint24 period) private {
		_gateway().bucket.configure(capacity, period);
		emit LimitChanged(capacity, period);
	}

	function _gateway() private pure returns (GatewayStorage storage s) {
		assembly {
			s.slot := GATEWAY_STORAGE
		}
	}
}
