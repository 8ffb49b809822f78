#![doc = include_str!("../README.md")]

pub mod base;
pub mod books;
pub mod chain;
pub mod cli;
pub mod commitment;
pub mod health;
pub mod mailbox;
pub mod metrics;
pub mod pick;
pub mod plan;
pub mod program;
pub mod proof;
pub mod relay;
pub mod store;
pub mod turn;
pub mod watch;
