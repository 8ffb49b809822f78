#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![warn(missing_docs)]
#![cfg_attr(
	not(test),
	deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]

pub mod assurance;
pub mod average;
pub mod consensus;
pub mod emission;
pub mod fidelity;
pub mod histogram;
pub mod math;
pub mod metric;
pub mod pairs;
pub mod powr;

/// A number in `[0, 1]`, in parts per billion.
pub use sp_arithmetic::Perbill as Unit;
