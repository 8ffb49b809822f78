//! What can go wrong between a program and the chain.

use std::fmt;

use crate::{remedy, H256};

/// A result whose error is this crate's.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong between a program and the chain.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
	/// No node answers at the URL.
	#[error("cannot reach the node at {url}: {reason}")]
	Unreachable {
		/// The URL.
		url: String,
		/// What the attempt came to.
		reason: String,
	},
	/// The connection broke during a request. The client reconnects by itself; the request is lost.
	#[error("the connection to the node was lost")]
	Disconnected,
	/// The connection broke, and did not come back within [`crate::Options::give_up_after`].
	#[error("the connection to the node was lost and did not come back")]
	GaveUp,
	/// The node does not have a block, or no longer has its state.
	#[error("the node does not have block {0}: it is on another fork, or pruned (ask an archive node)")]
	UnknownBlock(String),
	/// The chain's interface is not the one that this crate was built for.
	#[error(
		"the node's runtime does not have the interface that this program was built for ({0}): \
		 use the version of this program that belongs to the runtime"
	)]
	Incompatible(String),
	/// The transaction is in a block and failed there.
	#[error(transparent)]
	Dispatch(#[from] Dispatch),
	/// The transaction is in no block and comes into none, because the node's pool refused it at once.
	#[error("the node refused the transaction: {reason}{}", remedy::after(reason))]
	Refused {
		/// What the node said.
		reason: String,
	},
	/// The transaction was sent, and then the node said no more of it, or that it has dropped it. Other nodes may have it.
	#[error(
		"nobody knows what became of transaction {extrinsic_hash:?}: {reason}; it can come into a block up to {until}: \
		 look at the chain before sending it again"
	)]
	Lost {
		/// The transaction.
		extrinsic_hash: H256,
		/// The last block that it can be in.
		until: u32,
		/// What happened instead of an answer.
		reason: String,
	},
	/// A key cannot be used.
	#[error(transparent)]
	Key(#[from] crate::keys::KeyError),
	/// A value is longer than the chain takes.
	#[error("{what} is {length} long, and the chain takes at most {limit}")]
	TooLong {
		/// What the value is.
		what: &'static str,
		/// How long it is.
		length: usize,
		/// How long it may be.
		limit: usize,
	},
	/// Any other failure of a request.
	#[error(transparent)]
	Request(Box<subxt::Error>),
}

impl Error {
	/// Whether the same call can succeed later without anybody changing anything.
	pub fn is_retryable(&self) -> bool {
		match self {
			Self::Unreachable { .. } | Self::Disconnected | Self::Lost { .. } => true,
			Self::Refused { reason } => remedy::passes_by_itself(reason),
			Self::Request(error) => error.is_disconnected_will_reconnect() || error.is_rpc_limit_reached(),
			_ => false,
		}
	}

	/// Whether the node refused a transaction because another has its nonce, and so never took it.
	pub(crate) fn is_nonce_taken(&self) -> bool {
		matches!(self, Self::Refused { reason } if remedy::is_nonce_taken(reason))
	}

	/// Whether the node refused a transaction because its chain does not have the block that it is anchored to, and so
	/// never took it.
	pub(crate) fn is_anchor_unknown(&self) -> bool {
		matches!(self, Self::Refused { reason } if remedy::is_anchor_unknown(reason))
	}

	/// Whether the chain refused a call with this error of this pallet.
	pub fn is_dispatch(&self, pallet: &str, name: &str) -> bool {
		matches!(self, Self::Dispatch(error) if error.pallet == pallet && error.name == name)
	}

	/// An error for a value that is too long for the chain.
	pub(crate) fn too_long(what: &'static str, length: usize, limit: u32) -> Self {
		Self::TooLong { what, length, limit: limit as usize }
	}
}

impl<E> From<E> for Error
where
	subxt::Error: From<E>,
{
	fn from(error: E) -> Self {
		let error = subxt::Error::from(error);
		let text = error.to_string();
		if error.is_disconnected_will_reconnect() {
			Self::Disconnected
		} else if text.contains(DROPPED) {
			Self::GaveUp
		} else if is_incompatible(&error) {
			Self::Incompatible(text)
		} else if let Some(block) = unknown_block(&error, &text) {
			Self::UnknownBlock(block)
		} else {
			Self::Request(Box::new(error))
		}
	}
}

/// What subxt's reconnecting client says, in an error without a type, when it tries no more.
const DROPPED: &str = "The client was dropped";

fn is_incompatible(error: &subxt::Error) -> bool {
	use subxt::error::{ConstantError, ExtrinsicError, StorageError, ViewFunctionError};
	match error {
		subxt::Error::StorageError(error) => matches!(
			error,
			StorageError::IncompatibleCodegen
				| StorageError::PalletNameNotFound(_)
				| StorageError::StorageEntryNotFound { .. }
		),
		subxt::Error::ExtrinsicError(error) => matches!(
			error,
			ExtrinsicError::IncompatibleCodegen
				| ExtrinsicError::PalletNameNotFound(_)
				| ExtrinsicError::CallNameNotFound { .. }
		),
		subxt::Error::ViewFunctionError(error) => matches!(
			error,
			ViewFunctionError::IncompatibleCodegen
				| ViewFunctionError::PalletNotFound(_)
				| ViewFunctionError::ViewFunctionNotFound { .. }
		),
		subxt::Error::ConstantError(error) => matches!(
			error,
			ConstantError::IncompatibleCodegen
				| ConstantError::PalletNameNotFound(_)
				| ConstantError::ConstantNameNotFound { .. }
		),
		_ => false,
	}
}

/// The block that an error says the node does not have.
fn unknown_block(error: &subxt::Error, text: &str) -> Option<String> {
	use subxt::error::OnlineClientAtBlockError as At;
	match error {
		subxt::Error::OnlineClientAtBlockError(At::BlockHeaderNotFound { block_hash }) => Some(block_hash.to_string()),
		subxt::Error::OnlineClientAtBlockError(At::BlockNotFound { block_number }) => Some(block_number.to_string()),
		_ if text.contains("State already discarded") || text.contains("UnknownBlock") => {
			let hash = text.split_whitespace().find(|word| word.starts_with("0x"));
			Some(hash.unwrap_or("of this hash").trim_end_matches([':', ',', '"']).to_owned())
		},
		_ => None,
	}
}

/// An error of the runtime, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispatch {
	/// The pallet, or the kind of error where no pallet is to blame: `Token`, `Arithmetic`, `Runtime`.
	pub pallet: String,
	/// The error's name.
	pub name: String,
	/// What the runtime's documentation says about it.
	pub docs: String,
}

impl Dispatch {
	/// What to do about it, where that is known.
	pub fn remedy(&self) -> Option<&'static str> {
		remedy::of_dispatch(&self.pallet, &self.name)
	}
}

impl fmt::Display for Dispatch {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(f, "the chain refused the call: {}::{}", self.pallet, self.name)?;
		if !self.docs.is_empty() {
			write!(f, ": {}", self.docs.trim_end_matches('.'))?;
		}
		self.remedy().map_or(Ok(()), |remedy| write!(f, "; {remedy}"))
	}
}

impl std::error::Error for Dispatch {}

impl From<subxt::error::DispatchError> for Dispatch {
	fn from(error: subxt::error::DispatchError) -> Self {
		use subxt::error::DispatchError as D;
		let named = |pallet: &str, name: String, docs: String| Self { pallet: pallet.into(), name, docs };
		match &error {
			D::Module(module) => match module.details() {
				Ok(details) => {
					let docs = details.variant.docs.join(" ").trim().to_owned();
					named(details.pallet.name(), details.variant.name.clone(), docs)
				},
				Err(_) => named("Runtime", format!("{:?}", module.bytes()), "an error without a name".into()),
			},
			D::Token(token) => named("Token", format!("{token:?}"), token.to_string()),
			D::Arithmetic(arithmetic) => named("Arithmetic", format!("{arithmetic:?}"), arithmetic.to_string()),
			other => named("Runtime", format!("{other:?}"), other.to_string()),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_dispatch_error_says_name_documentation_and_remedy() {
		let error =
			Dispatch { pallet: "Token".into(), name: "FundsUnavailable".into(), docs: "Funds are unavailable.".into() };
		let text = Error::from(error).to_string();
		assert!(
			text.starts_with("the chain refused the call: Token::FundsUnavailable: Funds are unavailable; "),
			"{text}"
		);
	}

	#[test]
	fn a_bad_signature_is_not_blamed_on_the_node_alone() {
		let refused = |reason: &str| Error::Refused { reason: reason.into() };
		let signature = refused("Invalid Transaction: Transaction has a bad signature");
		let text = signature.to_string();
		assert!(text.contains("a fork") && text.contains("send it again") && text.contains("another chain"), "{text}");
		assert!(signature.is_anchor_unknown() && signature.is_retryable());
		assert!(refused("Invalid Transaction: Transaction has an ancient birth block").is_anchor_unknown());
		assert!(!refused("Invalid Transaction: Transaction is outdated").is_anchor_unknown());
	}

	#[test]
	fn only_what_passes_by_itself_is_retried() {
		let refused = |reason: &str| Error::Refused { reason: reason.into() };
		assert!(refused("Invalid transaction: Transaction is outdated").is_retryable());
		assert!(!refused("Invalid Transaction: Inability to pay some fees").is_retryable());
		assert!(Error::Disconnected.is_retryable());
		assert!(!Error::Disconnected.is_nonce_taken());
		assert!(refused("Invalid Transaction: Transaction is outdated").is_nonce_taken());
		assert!(refused("Priority is too low: (1 vs 1)").is_nonce_taken());
		assert!(!refused("Transaction will be valid in the future").is_nonce_taken());
		let dispatch = Dispatch { pallet: "A".into(), name: "B".into(), docs: String::new() };
		assert!(!Error::from(dispatch.clone()).is_retryable());
		assert!(Error::from(dispatch).is_dispatch("A", "B"));
	}
}
