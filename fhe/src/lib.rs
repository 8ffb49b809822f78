#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod bootstrap;
pub mod circuit;
pub mod convert;
pub mod error;
pub mod evaluate;
pub mod keys;
pub mod noise;
pub mod onnx;
pub mod params;
pub mod wire;
pub mod workers;

/// Whether two evaluations of the same bytes give the same bytes: what nodes that compare ciphertexts must have.
pub const DETERMINISTIC: bool = cfg!(feature = "forced-fft-plan");

/// A SHA-256 hash.
pub type Digest = [u8; 32];

/// The SHA-256 hash of `bytes`.
pub fn sha256(bytes: &[u8]) -> Digest {
	use sha2::Digest as _;
	sha2::Sha256::digest(bytes).into()
}
