#![doc = include_str!("../README.md")]

pub mod anchor;
pub mod base;
pub mod bridge;
pub mod command_line;
pub mod digits;
pub mod follow;
pub mod ledger;
pub mod market;
pub mod node;
pub mod process;
pub mod stage;
pub mod superuser;
pub mod tap;
