//! What the chain has to tell Base.

use deepnode_client::{MessageState, SettlementInfo};
use deepnode_primitives::{
	bridge::{Claim, Domain, Message, Receipt, Roots},
	Balance, TaskId,
};
use sp_core::H256;

use super::{Chain, ChainError, Result};
use crate::{
	base::{abi, Deployment, B256},
	proof::{Anchor, Kind},
};

/// A message that has left the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
	/// The message.
	pub message: Message,
	/// The highest fee that has left the chain with it.
	pub fee: Balance,
	/// Whether the chain has taken it back, since Base refuses it.
	pub refunded: bool,
}

/// An epoch's settlement, with all that its claims are proved with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
	/// The settlement.
	pub settlement: SettlementInfo,
	/// Its claims, in the order of its tree.
	pub claims: Vec<Claim>,
	/// Their leaves.
	pub leaves: Vec<H256>,
}

impl Claims {
	/// A claim's proof below the settlement's root.
	pub fn prove(&self, claim: &Claim) -> Result<Vec<B256>> {
		Ok(crate::proof::claim(&self.leaves, claim, &self.settlement.root)?)
	}

	/// The call with which anybody claims it.
	pub fn call(&self, claim: &Claim) -> Result<abi::ISettlement::claimCall> {
		let (total, count) = (self.settlement.total, self.settlement.count);
		Ok(abi::ISettlement::claimCall { claim: claim.into(), total, count, items: self.prove(claim)? })
	}

	/// The call that pays several of them.
	pub fn push<'a>(&self, claims: impl IntoIterator<Item = &'a Claim>) -> Result<abi::ISettlement::pushCall> {
		let mut call = abi::ISettlement::pushCall {
			claims: Vec::new(),
			total: self.settlement.total,
			count: self.settlement.count,
			items: Vec::new(),
		};
		for claim in claims {
			call.items.push(self.prove(claim)?);
			call.claims.push(claim.into());
		}
		Ok(call)
	}
}

impl Chain {
	/// Between which ends the chain's messages go.
	pub async fn domain(&self) -> Result<Domain> {
		self.client.bridge_domain(None).await?.ok_or(ChainError::NoGateway)
	}

	/// Checks that the chain sends to the gateway of this deployment.
	pub async fn expect_gateway(&self, deployment: &Deployment) -> Result<()> {
		let (expected, found) = (self.domain().await?, deployment.domain(self.client.genesis_hash()));
		if expected != found {
			let shown = |domain: Domain| format!("{:?} on chain {}", domain.gateway, domain.base);
			return Err(ChainError::OtherGateway { expected: shown(expected), found: shown(found) });
		}
		Ok(())
	}

	/// The blocks whose messages the chain keeps, in order.
	pub async fn telling_blocks(&self, at: H256) -> Result<Vec<u32>> {
		Ok(self.client.telling_blocks(Some(at)).await?)
	}

	/// The messages that a block has told, in the order of its tree.
	pub async fn told(&self, block: u32, at: H256) -> Result<Vec<Message>> {
		Ok(self.client.told_messages(block, Some(at)).await?)
	}

	/// A block's roots.
	pub async fn roots(&self, block: H256) -> Result<Roots> {
		Ok(self.client.bridge_roots(block).await?)
	}

	/// The messages that have left the chain and are kept there.
	pub async fn kept(&self, at: H256) -> Result<Vec<Kept>> {
		let messages = self.client.bridge_messages(Some(at)).await?;
		let kept = messages.into_iter().filter_map(|info| {
			let refunded = matches!(info.state, MessageState::Refused(_));
			match info.state {
				MessageState::Queued => None,
				// What is on hold for it has not left the chain yet.
				MessageState::Told(_) | MessageState::Raised(_) | MessageState::Refused(_) => {
					Some(Kept { fee: info.message.fee.saturating_sub(info.held), message: info.message, refunded })
				},
			}
		});
		Ok(kept.collect())
	}

	/// An epoch's settlement, with all that its claims are proved with.
	pub async fn settlement(&self, epoch: u64, domain: &Domain) -> Result<Claims> {
		let at = Some(self.client.best_block().await?.hash);
		let settlement = self.client.settlement(epoch, at).await?.ok_or(ChainError::NoSettlement(epoch))?;
		let claims = self.client.claims(epoch, at).await?;
		let leaves = claims.iter().map(|claim| claim.leaf(domain)).collect();
		Ok(Claims { settlement, claims, leaves })
	}

	/// A task's receipt in a block, with its proof under an anchor; `None` where the block has none of that task.
	pub async fn receipt(
		&self,
		task: TaskId,
		block: u32,
		anchor: Anchor,
	) -> Result<Option<(Receipt, abi::InclusionProof)>> {
		let hash = self.hash(block).await?;
		let receipts = self.client.receipts(hash).await?;
		let Some(index) = receipts.iter().position(|receipt| receipt.task == task) else { return Ok(None) };
		let chain = self.client.genesis_hash();
		let leaves: Vec<H256> = receipts.iter().map(|receipt| receipt.leaf(&chain)).collect();
		let proved = self.prove(block, anchor).await?;
		let roots = self.roots(hash).await?;
		let what = || format!("the receipt of task {task}");
		let proof = proved.inclusion(&roots, Kind::Receipt, &leaves, index as u32, what)?;
		Ok(receipts.into_iter().nth(index).map(|receipt| (receipt, proof)))
	}
}
