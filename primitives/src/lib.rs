#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![warn(missing_docs)]
#![cfg_attr(
	not(test),
	deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]

extern crate alloc;

pub mod bridge;
pub mod canonical;
pub mod chunks;
pub mod commitment;
pub mod comparison;
pub mod content;
pub mod entry;
pub mod ethereum;
pub mod fees;
pub mod model;
pub mod private;
#[cfg(feature = "std")]
pub mod quantise;
pub mod seals;
pub mod sum_tree;
pub mod task;
pub mod tensor;
pub mod traits;
pub mod verdict;

/// DN in its smallest unit: 1 DN is [`DN`] of them.
pub type Balance = u128;

/// One DN, with its 18 decimals.
pub const DN: Balance = 1_000_000_000_000_000_000;

/// No more DN than this ever exist, on both chains together.
pub const MAX_SUPPLY: Balance = 100_000_000 * DN;

/// A model's number in the registry; the first is 0.
pub type ModelId = u32;

/// A data set's number in the registry; the first is 0.
pub type DataSetId = u32;

/// A task's number; the first is 0.
pub type TaskId = u64;
