//! What can go wrong with Base.

use alloy::primitives::Address;

/// What can go wrong between this program and Base.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BaseError {
	/// The endpoint does not answer, or not as one of Base.
	#[error("the Base endpoint {endpoint} does not answer {what}: {reason}; look whether it runs, or name another with --base-rpc")]
	Unreachable {
		/// The endpoint, without what may be a secret in its path.
		endpoint: String,
		/// What was asked.
		what: &'static str,
		/// What the attempt came to.
		reason: String,
	},
	/// The endpoint refuses a request.
	#[error("the Base endpoint {endpoint} refuses {what}: {reason}")]
	Refused {
		/// The endpoint.
		endpoint: String,
		/// What was asked.
		what: &'static str,
		/// What it says.
		reason: String,
	},
	/// A contract refuses a call.
	#[error("the contract at {contract} refuses {what}: {reason}")]
	Reverted {
		/// The contract.
		contract: Address,
		/// The call.
		what: &'static str,
		/// Why.
		reason: String,
	},
	/// There is no such contract.
	#[error("what is at {contract} does not answer {what} as this program knows it: is that the address of this deployment, on this chain?")]
	NoContract {
		/// The address.
		contract: Address,
		/// The call.
		what: &'static str,
	},
	/// The endpoint is of another chain than the deployment.
	#[error("the Base endpoint {endpoint} is of chain {found}, and the contracts are on chain {expected}: name an endpoint of that chain with --base-rpc")]
	OtherChain {
		/// The endpoint.
		endpoint: String,
		/// Its chain.
		found: u64,
		/// The contracts' chain.
		expected: u64,
	},
}

impl BaseError {
	/// Whether a contract has refused a call, so that trying again is of no use before something has changed.
	pub const fn is_revert(&self) -> bool {
		matches!(self, Self::Reverted { .. })
	}

	/// Whether it concerns what was asked for alone: the endpoint answers.
	pub const fn is_of_one(&self) -> bool {
		matches!(self, Self::Reverted { .. } | Self::Refused { .. })
	}
}

/// A result whose error is [`BaseError`].
pub type Result<T, E = BaseError> = std::result::Result<T, E>;
