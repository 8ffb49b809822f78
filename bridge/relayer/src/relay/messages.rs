//! Messages: what the chain has told is delivered.

use std::{
	collections::{btree_map::Entry, BTreeMap},
	time::Instant,
};

use alloy::{eips::BlockId, sol_types::SolCall as _};
use deepnode_primitives::bridge::{Message, Roots};
use sp_core::H256;

use super::{commitments::is_behind, Relay, Round, RoundError};
use crate::{
	base::{abi, pending::Purpose, sender::Sender},
	commitment::Signed,
	mailbox::{Asked, Letter},
	plan::LightClient,
	proof::{Anchor, Kind, ProvedLeaf},
};

/// How many messages that cannot be delivered are tried in one round, of those that matter most and of the others each.
const FAILURES: usize = 16;

/// A block whose messages are proved.
struct Opened {
	proved: ProvedLeaf,
	roots: Roots,
	told: Vec<Message>,
	leaves: Vec<H256>,
}

/// What a round proves messages with.
struct Proving {
	/// A block whose state has the messages.
	hash: H256,
	/// The light client's latest root, once it is needed.
	anchor: Option<Anchor>,
	/// The blocks that were tried, and those that cannot be proved as `None`.
	opened: BTreeMap<u32, Option<Opened>>,
}

impl Relay {
	/// Looks what waits for its delivery, and delivers what can be proved.
	pub(super) async fn deliver_messages(&mut self, client: &LightClient, signed: &Signed, settled: BlockId) -> Round {
		let hash = self.chain.hash(signed.block()).await?;
		if let Err(error) = self.mailbox.read(&self.chain, signed.block(), hash).await {
			self.metrics.failure("chain");
			tracing::warn!(%error, "some messages are not read; reading them in the next round");
		}
		let Asked { best, others, settled } = self.mailbox.ask(&self.base, settled).await?;
		self.metrics.waiting_messages.set(self.mailbox.waiting() as i64);
		settled.into_iter().for_each(|epoch| self.unpaid.arrived(epoch));
		// Handovers have been seen to before.
		if !is_behind(client, signed) {
			let prove = best.iter().chain(&others).map(|letter| letter.block).collect();
			self.commit(client, signed, prove).await?;
		}
		let mailbox = &self.mailbox;
		self.turns.keep(|what| !matches!(what, Purpose::Message(nonce) if !mailbox.knows(*nonce)));
		let mut proving = Proving { hash, anchor: None, opened: BTreeMap::new() };
		for letters in [best, others] {
			self.deliver(client, letters, &mut proving).await?;
		}
		Ok(())
	}

	/// Delivers what can be proved under the light client's latest root, in this order.
	async fn deliver(&mut self, client: &LightClient, letters: Vec<Letter>, proving: &mut Proving) -> Round {
		let mut failures = 0;
		for Letter { message, block } in letters {
			if Sender::waiting(&self.store) >= self.terms.in_flight || failures >= FAILURES {
				break;
			}
			let purpose = Purpose::Message(message.nonce);
			let is_on_its_way = self.store.progress().pending.iter().any(|pending| pending.purpose == purpose);
			if block >= client.latest || is_on_its_way || !self.turns.is_due(purpose, Instant::now()) {
				continue;
			}
			if let Entry::Vacant(place) = proving.opened.entry(block) {
				let anchor = match proving.anchor {
					Some(anchor) => anchor,
					None => *proving.anchor.insert(self.anchor(client).await?),
				};
				let tried = self.open(block, anchor, proving.hash).await;
				let tried = self.of_one("message", tried)?;
				failures += usize::from(tried.is_none());
				place.insert(tried);
			}
			let Some(Some(of_block)) = proving.opened.get(&block) else { continue };
			let Some(index) = of_block.told.iter().position(|other| *other == message) else {
				tracing::warn!(nonce = message.nonce, block, "the chain does not keep the message any more");
				self.mailbox.forget(message.nonce);
				continue;
			};
			let sent = self.deliver_one(message, index as u32, of_block).await;
			failures += usize::from(self.of_one("message", sent)?.is_none());
		}
		Ok(())
	}

	/// What the messages of a block are proved with.
	async fn open(&self, block: u32, anchor: Anchor, hash: H256) -> Round<Opened> {
		let proved = self.chain.prove(block, anchor).await?;
		let roots = self.mailbox.roots(&self.chain, block).await?;
		let told = self.chain.told(block, hash).await?;
		let leaves = told.iter().map(|message| message.leaf(&self.domain)).collect();
		Ok(Opened { proved, roots, told, leaves })
	}

	async fn deliver_one(&mut self, message: Message, index: u32, of_block: &Opened) -> Round {
		let Opened { proved, roots, leaves, .. } = of_block;
		let what = || format!("message {}", message.nonce);
		let proof = proved.inclusion(roots, Kind::Message, leaves, index, what)?;
		let call = abi::IGateway::deliverMessageCall { message: (&message).into(), proof };
		let (nonce, kind) = (message.nonce, message.kind());
		tracing::info!(nonce, %kind, fee = message.fee, under = proved.anchor.block, "delivering a message");
		self.send(Purpose::Message(nonce), self.base.contracts.gateway, call.abi_encode()).await
	}

	/// The light client's latest root, checked against the chain's.
	async fn anchor(&self, client: &LightClient) -> Round<Anchor> {
		let block = client.latest;
		let expected = self.chain.mmr_root(block).await?;
		match self.base.root_at(block, BlockId::latest()).await? {
			Some(found) if found != expected => Err(RoundError::Conflict { block, found, expected }),
			_ => Ok(Anchor { block, root: expected }),
		}
	}
}
