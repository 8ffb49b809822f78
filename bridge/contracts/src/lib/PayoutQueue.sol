// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What waits to leave the vault, first in, first out
library PayoutQueue {
	/// @param to Who is paid; zero for DN that are to be burned.
	/// @param nonce The message whose effect this is; `NO_NONCE` for fees and claims.
	/// @param amount What is left to pay.
	struct Entry {
		address to;
		uint64 nonce;
		uint128 amount;
	}

	/// @param paused Whether nothing is paid at all; here, because every payment asks for it together with what follows.
	/// @param head The place of the first entry.
	/// @param tail The place after the last entry.
	/// @param total What the entries add up to.
	struct Queue {
		bool paused;
		uint56 head;
		uint64 tail;
		uint128 total;
		mapping(uint64 place => Entry) entries;
	}

	/// @notice Stands for the lack of a message.
	uint64 internal constant NO_NONCE = type(uint64).max;

	/// @notice Whether something can be paid without waiting.
	function isOpenAndEmpty(Queue storage queue) internal view returns (bool) {
		return !queue.paused && queue.head == queue.tail;
	}

	/// @notice Puts an entry at the end, and returns its place.
	function push(Queue storage queue, Entry memory entry) internal returns (uint64 place) {
		place = queue.tail;
		queue.entries[place] = entry;
		queue.tail = place + 1;
		queue.total += entry.amount;
	}

	/// @notice Whether nothing waits.
	function isEmpty(Queue storage queue) internal view returns (bool) {
		return queue.head == queue.tail;
	}

	/// @notice Takes `amount` off the first entry, and the entry out once nothing is left of it.
	function pay(Queue storage queue, uint128 amount) internal returns (bool finished) {
		uint56 head = queue.head;
		uint128 left = queue.entries[head].amount - amount;
		queue.total -= amount;
		finished = left == 0;
		if (finished) {
			delete queue.entries[head];
			queue.head = head + 1;
		} else {
			queue.entries[head].amount = left;
		}
	}
}
