//! Questions about many things at once. They are asked side by side, so many at a time that an endpoint bears it.

use std::collections::BTreeMap;

use alloy::{eips::BlockId, primitives::Address, sol_types::SolCall};
use deepnode_primitives::bridge::Claim;
use futures::{StreamExt as _, TryStreamExt as _};

use super::{Base, MessageStatus, Result};

/// How many questions are asked at once.
pub(super) const AT_ONCE: usize = 16;

impl Base {
	/// What has become of each of these messages.
	pub async fn statuses(
		&self,
		nonces: impl IntoIterator<Item = u64>,
		at: BlockId,
	) -> Result<BTreeMap<u64, MessageStatus>> {
		let asked = nonces.into_iter().map(|nonce| async move {
			let status = self.status_of(nonce, at).await;
			status.map(|status| (nonce, status))
		});
		futures::stream::iter(asked).buffer_unordered(AT_ONCE).try_collect().await
	}

	/// Those of the claims that have not been paid, in their order.
	pub async fn unclaimed(&self, claims: &[Claim]) -> Result<Vec<Claim>> {
		let asked = claims.iter().map(|claim| async move {
			let is_claimed = self.is_claimed(claim.epoch, claim.index).await;
			is_claimed.map(|is_claimed| (!is_claimed).then_some(*claim))
		});
		futures::stream::iter(asked).buffered(AT_ONCE).try_filter_map(futures::future::ok).try_collect().await
	}

	/// What is named by those of the calls that a contract would take now, in their order.
	pub(crate) async fn taken<T, C: SolCall>(
		&self,
		contract: Address,
		calls: impl IntoIterator<Item = (T, C)>,
		what: &'static str,
	) -> Result<Vec<T>> {
		let asked = calls.into_iter().map(|(named, call)| async move {
			match self.ask(contract, call, what, BlockId::latest()).await {
				Ok(_) => Ok(Some(named)),
				Err(error) if error.is_revert() => {
					tracing::debug!(%error, "left out");
					Ok(None)
				},
				Err(error) => Err(error),
			}
		});
		futures::stream::iter(asked).buffered(AT_ONCE).try_filter_map(futures::future::ok).try_collect().await
	}
}

#[cfg(test)]
mod tests {
	use serde_json::json;

	use super::*;
	use crate::base::{abi, mock::Mock};

	#[tokio::test]
	async fn many_messages_are_asked_about_side_by_side_and_no_more_than_an_endpoint_bears() {
		let mock = Mock::start(|question| {
			let call: abi::IGateway::statusOfCall = question.call();
			Ok(Mock::answer::<abi::IGateway::statusOfCall>(&((call.nonce % 5) as u8)))
		})
		.await;
		let statuses = mock.base.statuses(0..400, BlockId::number(7)).await.unwrap();
		assert_eq!(statuses.len(), 400);
		assert_eq!(statuses[&12], MessageStatus::Queued);
		assert!(mock.asked().iter().all(|question| question.at == json!("0x7")));
		let most = mock.most_at_once();
		assert!(most > AT_ONCE / 2 && most <= AT_ONCE, "{most}");
	}
}
