// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Gateway } from "../../src/Gateway.sol";
import { Claim, InclusionProof, Kind, Message, Status } from "../../src/Types.sol";
import { Fixture } from "../utils/Fixture.sol";
import { Trees } from "../utils/Trees.sol";

/// @title Everything that can happen to the bridge, in any order
/// @notice Beside the contracts it keeps the chain's books: what is issued there, and what is in flight in either direction. What has arrived
/// is counted where it arrives, not where it left.
contract Handler is Fixture {
	/// @notice One telling of a message: a message whose fee was raised has several.
	struct Telling {
		Message message;
		uint32 toldIn;
	}

	struct Epoch {
		Claim[] claims;
		uint128 total;
		bytes32 root;
	}

	uint256 private constant RECIPIENTS = 6;
	uint256 private constant CLAIMS = 3;
	uint256 private constant LOST = 1;

	Telling[] private _tellings;
	Epoch[] private _epochs;
	mapping(uint64 nonce => uint128) private _held;
	mapping(uint64 nonce => uint128) private _fee;
	mapping(uint64 nonce => bool) private _refunded;
	mapping(uint64 nonce => uint8) private _seen;
	address[] private _recipients;
	uint256 private _uncredited;
	uint256 private _start;

	/// @notice DN on the chain.
	uint256 public issuance;
	/// @notice DN that the chain has let go of for Base: for messages, fees and claims.
	uint256 public sentToBase;
	/// @notice Fees that were raised for a telling that was not the one delivered. They stay in the vault.
	uint256 public stranded;
	/// @notice DN locked on Base for the chain and not issued there yet.
	uint256 public towardsChain;
	/// @notice How often each thing was done, so that a run that does nothing is seen.
	mapping(bytes32 what => uint256) public done;

	constructor() {
		// One validator: who signs is tested elsewhere.
		deployBridge(1);
		issuance = VAULT;
		_start = block.timestamp;
		for (uint256 i; i < RECIPIENTS; ++i) {
			_recipients.push(account(string.concat("recipient ", vm.toString(i))));
		}
		vm.prank(holder);
		token.approve(address(gateway), type(uint256).max);
	}

	// --- The chain --------------------------------------------------------------------------------

	function tellRelease(uint256 to, uint256 amount, uint256 fee) external {
		amount = bound(amount, 0, 400e18);
		fee = bound(fee, 0, 5e18);
		address[4] memory lost = [address(0), address(token), address(gateway), address(settlement)];
		to = bound(to, 0, RECIPIENTS + 3);
		address recipient = to < RECIPIENTS ? _recipients[to] : lost[to - RECIPIENTS];
		_tell(release(recipient, uint128(amount), uint128(fee)), uint128(amount));
	}

	function tellBurn(uint256 amount) external {
		amount = bound(amount, 0, 200e18);
		_tell(message(Kind.BURN, 0, abi.encode(told, uint128(amount))), uint128(amount));
	}

	function tellNonsense(uint8 kind, uint256 fee, bytes calldata payload) external {
		if (kind == Kind.GOVERNANCE) kind = 77;
		_tell(message(kind, uint128(bound(fee, 0, 1e18)), payload), 0);
	}

	function tellGovernance(uint256 fee) external {
		Message memory m = governance(address(gateway), abi.encodeCall(Gateway.setGuardian, (guardian)));
		m.fee = uint128(bound(fee, 0, 1e18));
		_tell(m, 0);
	}

	/// @notice What an epoch has earned is told. Now and then there is an account among the others that cannot receive.
	function tellSettlement(uint256 each, bool withLost) external {
		Epoch storage e = _epochs.push();
		bytes32[] memory leaves = new bytes32[](CLAIMS);
		for (uint32 i; i < CLAIMS; ++i) {
			address to = withLost && i == LOST ? address(gateway) : _recipients[i];
			Claim memory c = Claim(uint64(_epochs.length), i, to, uint128(bound(each, 1, 50e18)) + i);
			e.claims.push(c);
			e.total += c.amount;
			leaves[i] = leafOf(c);
		}
		e.root = Trees.root(leaves);
		_tell(message(Kind.SETTLEMENT, 0, abi.encode(uint64(_epochs.length), e.root, e.total, uint32(CLAIMS))), e.total);
	}

	/// @notice The chain tells a message again with a higher fee, under the same nonce.
	function raiseFee(uint256 which, uint256 by) external {
		if (_tellings.length == 0) return;
		Message memory m = _tellings[which % _tellings.length].message;
		// The chain does not know what has been delivered by then; it asks the sender for the difference.
		uint128 more = uint128(bound(by, 1, 1e18));
		if (gateway.statusOf(m.nonce) != Status.UNKNOWN || _fee[m.nonce] != m.fee) return;
		m.fee += more;
		_fee[m.nonce] = m.fee;
		(issuance, sentToBase) = (issuance - more, sentToBase + more);
		_tellings.push(Telling(m, _toldAlone(m)));
		++done["raise"];
	}

	function _tell(Message memory m, uint128 amount) private {
		_held[m.nonce] = amount;
		_fee[m.nonce] = m.fee;
		issuance -= uint256(amount) + m.fee;
		sentToBase += uint256(amount) + m.fee;
		_tellings.push(Telling(m, _toldAlone(m)));
		++done["tell"];
	}

	function _toldAlone(Message memory m) private returns (uint32) {
		bytes32[] memory leaves = new bytes32[](1);
		leaves[0] = leafOf(m);
		return makeBlock(Roots(Trees.root(leaves), 0, 0));
	}

	/// @notice The chain refunds what Base has refused.
	function refund(uint256 which) external {
		if (_tellings.length == 0) return;
		Message memory m = _tellings[which % _tellings.length].message;
		bytes32 leaf = gateway.refused(m.nonce);
		// What is refunded is the message that was refused, whatever its fee was.
		if (leaf == 0 || _refunded[m.nonce]) return;
		_refunded[m.nonce] = true;
		issuance += _held[m.nonce];
		sentToBase -= _held[m.nonce];
		++done["refund"];
	}

	/// @notice The chain issues what was locked for it.
	function credit(uint256 amount) external {
		amount = bound(amount, 0, towardsChain);
		towardsChain -= amount;
		issuance += amount;
	}

	function commitToBlock() external {
		commit();
		++done["commit"];
	}

	function handOver() external {
		startSession(current);
		submit(submission());
		++done["handover"];
	}

	// --- Base -------------------------------------------------------------------------------------

	function deliverAny(uint256 which) external {
		if (_tellings.length == 0) return;
		which %= _tellings.length;
		Message memory m = _tellings[which].message;
		uint32 toldIn = _tellings[which].toldIn;
		if (client.latestBlock() <= toldIn) commit();
		InclusionProof memory p;
		{
			bytes32[] memory leaves = new bytes32[](1);
			leaves[0] = leafOf(m);
			p = inclusionProof(toldIn, client.latestBlock(), leaves, 0);
		}
		uint8 before = gateway.statusOf(m.nonce);
		bool open = m.kind == Kind.GOVERNANCE || !gateway.paused();
		vm.prank(relayer);
		try gateway.deliverMessage(m, p) {
			vm.assertTrue(before == Status.UNKNOWN && open, "delivered twice, or while paused");
			stranded += _fee[m.nonce] - m.fee;
			++done["deliver"];
		} catch {
			vm.assertTrue(before != Status.UNKNOWN || !open, "a good proof was refused");
			++done["replay"];
		}
	}

	function retryAny(uint256 which) external {
		if (_tellings.length == 0) return;
		Message memory m = _tellings[which % _tellings.length].message;
		uint8 before = gateway.statusOf(m.nonce);
		try gateway.retryMessage(m) {
			vm.assertTrue(before == Status.FAILED, "only what failed is retried");
			++done["retry"];
		} catch { }
	}

	/// @notice Messages of the governance fail while the gateway has no say at the timelock.
	function breakTimelock(bool broken) external {
		bytes32 role = timelock.PROPOSER_ROLE();
		vm.prank(address(timelock));
		if (broken) timelock.revokeRole(role, address(gateway));
		else timelock.grantRole(role, address(gateway));
	}

	function pauseOrUnpause(uint256 dice) external {
		if (!gateway.paused()) {
			// Seldom, so that something happens in between.
			if (dice % 4 != 0) return;
			vm.prank(guardian);
			gateway.pause();
			++done["pause"];
		} else {
			vm.prank(address(timelock));
			gateway.unpause();
		}
	}

	function drain(uint256 most) external {
		if (gateway.paused()) return;
		gateway.drain(bound(most, 0, 20));
		++done["drain"];
	}

	function claimAny(uint256 which, uint256 index, bool all) external {
		if (_epochs.length == 0) return;
		Epoch storage e = _epochs[which % _epochs.length];
		bytes32[] memory leaves = new bytes32[](CLAIMS);
		Claim[] memory claims = e.claims;
		bytes32[][] memory items = new bytes32[][](CLAIMS);
		for (uint256 i; i < CLAIMS; ++i) {
			leaves[i] = leafOf(claims[i]);
		}
		for (uint256 i; i < CLAIMS; ++i) {
			items[i] = Trees.proof(leaves, i);
		}
		index %= CLAIMS;
		bool good = settlement.isOpen(claims[0].epoch) && !gateway.paused();
		if (all) {
			try settlement.push(claims, e.total, uint32(CLAIMS), items) {
				++done["push"];
				for (uint32 i; i < CLAIMS; ++i) {
					vm.assertEq(settlement.isClaimed(claims[i].epoch, i), claims[i].account != address(gateway));
				}
			} catch {
				vm.assertFalse(good);
			}
		} else {
			good = good && !settlement.isClaimed(claims[index].epoch, uint32(index)) && claims[index].account != address(gateway);
			try settlement.claim(claims[index], e.total, uint32(CLAIMS), items[index]) {
				vm.assertTrue(good, "claimed twice, unopened or while paused");
				++done["claim"];
			} catch {
				vm.assertFalse(good);
			}
		}
		vm.assertLe(settlement.paid(claims[0].epoch), e.total, "an epoch's total");
	}

	function deposit(uint256 amount, uint256 fee) external {
		if (gateway.paused()) return;
		(amount, fee) = (bound(amount, 1, 1000e18), bound(fee, 0, 1e18));
		vm.prank(holder);
		gateway.sendToChain(keccak256("account"), uint128(amount), uint128(fee));
		towardsChain += amount + fee;
		++done["deposit"];
	}

	function wait(uint256 time) external {
		vm.warp(block.timestamp + bound(time, 1, 4 hours));
		// Sessions begin meanwhile. A client that does not follow them freezes, and the run with it.
		while (block.timestamp > uint256(client.setTime()) + SESSION) {
			startSession(current);
			submit(submission());
		}
	}

	// --- What must hold ---------------------------------------------------------------------------

	/// @notice What came out of the vault, counted where it went.
	function arrived() public view returns (uint256 sum) {
		for (uint256 i; i < RECIPIENTS; ++i) {
			sum += token.balanceOf(_recipients[i]);
		}
		uint256 rewards = 1_000e18 - token.balanceOf(address(pot));
		sum += token.balanceOf(relayer) - rewards;
		sum += token.SUPPLY() - token.totalSupply();
	}

	function checkBooks() external view {
		uint256 vault = token.balanceOf(address(gateway));
		uint256 inFlight = sentToBase - arrived();
		vm.assertGe(vault, issuance + inFlight, "locked >= issued + in flight");
		vm.assertEq(vault, issuance + inFlight + towardsChain, "every DN is accounted for");
		uint256 bucket = CAPACITY + (block.timestamp - _start) * CAPACITY / PERIOD;
		vm.assertLe(arrived(), bucket, "no more than the rate limit lets out");
		(uint64 head, uint64 tail, uint128 waiting) = gateway.queue();
		vm.assertLe(waiting, inFlight - stranded, "what waits is in flight");
		vm.assertEq(waiting == 0, head == tail);
	}

	/// @notice Drains everything: what was delivered and not refused has arrived, to the last unit.
	function settleUp() external {
		if (gateway.paused()) {
			vm.prank(address(timelock));
			gateway.unpause();
		}
		for (uint256 i; i < 200; ++i) {
			(uint64 head, uint64 tail,) = gateway.queue();
			if (head == tail) break;
			vm.warp(block.timestamp + PERIOD);
			gateway.drain(1000);
		}
		uint256 due = stranded;
		for (uint256 i; i < _tellings.length; ++i) {
			Message storage m = _tellings[i].message;
			uint8 status = gateway.statusOf(m.nonce);
			vm.assertTrue(status != Status.QUEUED, "what waited was paid");
			if (_seen[m.nonce] != 0) continue;
			_seen[m.nonce] = 1;
			if (status == Status.UNKNOWN) due += _held[m.nonce] + _fee[m.nonce];
			else if (status == Status.REFUSED && !_refunded[m.nonce]) due += _held[m.nonce];
		}
		for (uint256 i; i < _epochs.length; ++i) {
			uint64 epoch = uint64(i + 1);
			if (settlement.isOpen(epoch)) due += _epochs[i].total - settlement.paid(epoch);
		}
		vm.assertEq(sentToBase - arrived(), due, "what has not arrived is what was not delivered or claimed");
	}
}
