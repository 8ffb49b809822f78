// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title How much may leave at a time
/// @notice A bucket that holds `capacity` and fills from empty in `period` seconds. All of it is one storage slot; no amount of DN needs
/// more than 96 bits.
library TokenBucket {
	struct Bucket {
		uint96 capacity;
		uint96 level;
		uint24 period;
		uint40 updated;
	}

	/// @notice A bucket that holds nothing, or never fills, would lock the vault.
	error EmptyBucket(uint96 capacity, uint24 period);

	/// @notice Sets the bounds. What has been taken stays taken.
	function configure(Bucket storage bucket, uint96 capacity, uint24 period) internal {
		if (capacity == 0 || period == 0) revert EmptyBucket(capacity, period);
		uint96 level = bucket.period == 0 ? capacity : available(bucket);
		bucket.capacity = capacity;
		bucket.level = level < capacity ? level : capacity;
		bucket.period = period;
		bucket.updated = uint40(block.timestamp);
	}

	/// @notice What may leave now.
	function available(Bucket storage bucket) internal view returns (uint96) {
		Bucket memory b = bucket;
		uint256 level = b.level + (block.timestamp - b.updated) * uint256(b.capacity) / b.period;
		return level < b.capacity ? uint96(level) : b.capacity;
	}

	/// @notice Takes `most` out, or as much as there is.
	function take(Bucket storage bucket, uint128 most) internal returns (uint96 taken) {
		uint96 level = available(bucket);
		taken = most < level ? uint96(most) : level;
		unchecked {
			bucket.level = level - taken;
		}
		bucket.updated = uint40(block.timestamp);
	}

	/// @notice Puts back what was taken in this block and did not leave.
	function putBack(Bucket storage bucket, uint96 amount) internal {
		bucket.level += amount;
	}
}
