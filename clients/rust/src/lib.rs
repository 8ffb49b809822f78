#![doc = include_str!("../README.md")]

mod blocks;
mod bridge;
mod calls;
mod chain_config;
mod client;
mod connection;
mod convert;
mod data_sets;
mod error;
mod evaluators;
mod events;
mod finality;
pub mod keys;
mod query;
mod remedy;
#[allow(missing_docs, clippy::all)]
mod runtime;
pub mod seals;
mod tx;
mod types;
mod view;

pub use blocks::Block;
pub use client::{Client, NodeInfo};
pub use connection::Options;
pub use error::{Dispatch, Error, Result};
pub use events::Event;
pub use finality::MmrProof;
pub use keys::Keypair;
pub use sp_core::{H160, H256};
pub use tx::TxInBlock;
pub use types::*;

/// An account: a public key or the hash of one.
pub type AccountId = sp_runtime::AccountId32;
