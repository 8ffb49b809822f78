//! How each pallet is configured, by what it is for.

pub mod bridge;
pub mod consensus;
pub mod deepnode;
pub mod leaf_extra;
pub mod payment;
pub mod staking;
pub mod system;
