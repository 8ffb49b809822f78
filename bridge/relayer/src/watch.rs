//! The `watch` command, the fisherman: sends nothing, and raises an alert when DN do not add up or when validators
//! have signed two things about one block.

mod search;

use std::{
	collections::{BTreeMap, BTreeSet},
	time::{Duration, Instant},
};

use alloy::eips::{BlockId, BlockNumberOrTag};
use anyhow::{bail, Context as _};
use deepnode_primitives::bridge::Payload;
use deepnode_service::{stop_signal, stopped};
use futures::{stream::SelectAll, StreamExt as _};
use serde::Serialize;
use serde_json::{json, Value};
use sp_core::H256;

use self::search::Search;
use crate::{
	base::{Base, BaseError, Deployment, MessageStatus},
	books::{Books, Flight},
	chain::{Chain, ChainError, Kept},
	cli::{Ends, Watch},
	commitment::{CommitmentError, Signed},
	health::{Health, Side},
	metrics::Metrics,
	program,
};

/// For how many of the latest commitments it is remembered what was signed.
const REMEMBERED: usize = 10_000;
/// How long a block that Base knows of may be unknown to the node, which may be behind.
const LAG: Duration = Duration::from_secs(600);
/// Who tells what Base has taken.
const LIGHT_CLIENT: &str = "the light client on Base";
/// The alert about two signed roots of one block.
const CONFLICT: &str = "conflict";
/// The alerts about DN that do not add up.
const FAULTS: [&str; 2] = ["vault", "issuance"];

/// Why a look comes to nothing.
#[derive(Debug, thiserror::Error)]
enum LookError {
	#[error(transparent)]
	Chain(#[from] ChainError),
	#[error(transparent)]
	Base(#[from] BaseError),
	#[error("the latest block on Base is not known")]
	NoBlock,
}

impl LookError {
	const fn what(&self) -> &'static str {
		match self {
			Self::Chain(_) => "chain",
			Self::Base(_) | Self::NoBlock => "base",
		}
	}
}

/// Watches until a signal ends it.
pub async fn run(args: Watch) -> anyhow::Result<()> {
	let (health, metrics) = program::report(&args.service).await?;
	let mut stop = stop_signal("the relayer")?;
	tracing::info!(nodes = ?args.ends.node, deployment = %args.ends.deployment.display(), "starting");
	let Some((chains, base)) = program::connect(&args.ends, &mut stop).await? else { return Ok(()) };
	let mut told: SelectAll<_> = chains
		.iter()
		.enumerate()
		.map(|(node, chain)| chain.client.beefy_justifications().map(move |bytes| (node, bytes)).boxed())
		.collect();
	let mut fisherman = Fisherman::new(chains, base, health, metrics)?;
	tracing::info!("watching");
	let mut ticks = tokio::time::interval(args.service.pause());
	ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
	loop {
		tokio::select! {
			() = stopped(&mut stop) => break,
			Some((node, bytes)) = told.next() => {
				if let Err(error) = fisherman.hear(node, &bytes).await {
					tracing::warn!(%error, node, "a commitment cannot be checked");
				}
			},
			_ = ticks.tick() => {
				if let Err(error) = fisherman.look().await {
					fisherman.metrics.failure(error.what());
					tracing::warn!(%error, "cannot look; trying again");
				}
			},
		}
	}
	fisherman.health.stopping();
	tracing::info!("stopped");
	Ok(())
}

/// Says once where both chains are, and whether DN add up.
pub async fn status(ends: Ends) -> anyhow::Result<()> {
	let deployment = Deployment::read(&ends.deployment)?;
	let (chains, base) = program::once(&ends, deployment).await?;
	let mut fisherman = Fisherman::new(chains, base, Health::default(), Metrics::new()?)?;
	let seen = fisherman.look().await?;
	println!("{:#}", seen.json());
	let faults = fisherman.health.alerts();
	if !faults.is_empty() {
		bail!("{}", faults.join("; "));
	}
	Ok(())
}

/// What a look has found.
#[derive(Clone, Copy, Debug)]
struct Sight {
	finalized: u32,
	anchored: u32,
	set: u64,
	base_block: u64,
	books: Books,
}

impl Sight {
	fn json(&self) -> Value {
		#[derive(Serialize)]
		struct Shown {
			vault: String,
			queued: String,
			backed: String,
			issuance: String,
			in_flight: String,
		}
		let Books { vault, queued, backed, issuance, in_flight } = self.books;
		let [vault, queued, backed, issuance, in_flight] =
			[vault, queued, backed, issuance, in_flight].map(|units| units.to_string());
		json!({
			"finalized_block": self.finalized,
			"anchored_block": self.anchored,
			"validator_set": self.set,
			"base_block": self.base_block,
			"dn": Shown { vault, queued, backed, issuance, in_flight },
			"faults": self.books.faults().iter().map(ToString::to_string).collect::<Vec<_>>(),
		})
	}
}

struct Fisherman {
	/// The node whose chain is looked at.
	chain: Chain,
	/// All nodes whose commitments are compared, it among them.
	chains: Vec<Chain>,
	base: Base,
	health: Health,
	metrics: Metrics,
	signed: Roots,
	/// The messages that take nothing out of the vault any more.
	over: BTreeSet<u64>,
	search: Search,
	/// What the search has found and is still to be compared.
	taken: Vec<(u32, H256)>,
	/// What was signed about blocks that the node does not have, and since when that is known.
	unknown: BTreeMap<u32, (H256, String, Instant)>,
	conflicts: Vec<String>,
}

/// What validators have signed about each block.
#[derive(Debug, Default)]
struct Roots(BTreeMap<u32, (H256, String)>);

impl Roots {
	/// Notes a root, and returns who was told another one before.
	fn note(&mut self, block: u32, root: H256, source: &str) -> Option<(H256, String)> {
		let known = self.0.entry(block).or_insert_with(|| (root, source.into())).clone();
		while self.0.len() > REMEMBERED {
			self.0.pop_first();
		}
		(known.0 != root).then_some(known)
	}
}

impl Fisherman {
	fn new(chains: Vec<Chain>, base: Base, health: Health, metrics: Metrics) -> anyhow::Result<Self> {
		let chain = chains.first().context("watching needs a node: name one with --node")?.clone();
		let (signed, over, search, taken, unknown, conflicts) = Default::default();
		Ok(Self { chain, chains, base, health, metrics, signed, over, search, taken, unknown, conflicts })
	}

	/// Compares a commitment with what is known of its block.
	async fn hear(&mut self, node: usize, bytes: &[u8]) -> Result<(), LookError> {
		let signed = Signed::decode(bytes).map_err(ChainError::from)?;
		let Some(chain) = self.chains.get(node) else { return Ok(()) };
		// Only what a quorum has signed is anything that Base might be given.
		let validators = chain.validators(signed.set(), signed.block()).await?;
		match signed.ballot(&validators) {
			Ok(_) => {},
			Err(CommitmentError::NoQuorum { .. }) => return Ok(()),
			Err(error) => return Err(ChainError::from(error).into()),
		}
		self.metrics.signed_block.set(signed.block().into());
		let source = format!("the node at {}", chain.client.url());
		self.note(signed.block(), signed.commitment.mmr_root, &source).await
	}

	/// Notes what was signed about a block, and compares it with what else was, and with the chain.
	async fn note(&mut self, block: u32, root: H256, source: &str) -> Result<(), LookError> {
		let mut other = self.signed.note(block, root, source);
		if other.is_none() {
			let expected = match self.chain.mmr_root(block).await {
				Ok(expected) => expected,
				Err(ChainError::NoBlock(_)) => {
					self.unknown.entry(block).or_insert_with(|| (root, source.into(), Instant::now()));
					return Ok(());
				},
				Err(error) => return Err(error.into()),
			};
			self.unknown.remove(&block);
			other = (expected != root).then(|| (expected, format!("the chain of {}", self.chain.client.url())));
		}
		if let Some((expected, by)) = other {
			self.conflict(format!(
				"two roots are signed for block {block}: {root:?} according to {source}, {expected:?} according to {by}"
			));
		}
		Ok(())
	}

	/// Compares what is known of blocks that the node did not have.
	async fn catch_up(&mut self) -> Result<(), LookError> {
		for (block, (root, source, since)) in self.unknown.clone() {
			if since.elapsed() > LAG {
				self.conflict(format!(
					"{source} has the root {root:?} of block {block}, which the chain does not have"
				));
			}
			self.note(block, root, &source).await?;
		}
		Ok(())
	}

	fn conflict(&mut self, text: String) {
		if self.conflicts.contains(&text) {
			return;
		}
		tracing::error!("{text}");
		self.conflicts.push(text);
		self.metrics.alert(CONFLICT, true);
		self.health.raise(CONFLICT, self.conflicts.join("; "));
	}

	/// Looks at both chains and adds up.
	async fn look(&mut self) -> Result<Sight, LookError> {
		// Base first: what is paid out there by then was told by the chain's block that is read after it.
		let base_block = self.base.block(BlockNumberOrTag::Latest).await?.ok_or(LookError::NoBlock)?.number;
		let at = BlockId::number(base_block);
		let client = self.base.light_client(at).await?;
		let vault = self.base.vault(at).await?;
		let queued = self.base.queued(at).await?;
		self.health.answered(Side::Base);
		self.metrics.base_block.set(base_block as i64);
		self.metrics.anchored_block.set(client.latest.into());
		self.metrics.anchored_set.set(client.current.id as i64);

		let chain = &self.chain;
		let finalized = chain.client.finalized_block().await.map_err(ChainError::from)?;
		let backing = chain.client.backing(Some(finalized.hash)).await.map_err(ChainError::from)?;
		let kept = chain.kept(finalized.hash).await?;
		self.health.answered(Side::Chain);
		let in_flight = self.in_flight(kept, at).await?;
		if let Some(root) = self.base.root_at(client.latest, at).await? {
			self.note(client.latest, root, LIGHT_CLIENT).await?;
		}
		self.compare(base_block).await?;
		self.catch_up().await?;

		let books = Books { vault, queued, backed: backing.backed, issuance: backing.issuance, in_flight };
		self.publish(&books);
		Ok(Sight { finalized: finalized.number, anchored: client.latest, set: client.current.id, base_block, books })
	}

	/// What the messages still take out of the vault.
	async fn in_flight(&mut self, kept: Vec<Kept>, at: BlockId) -> Result<u128, LookError> {
		let mut owed = 0u128;
		let known: BTreeSet<u64> = kept.iter().map(|kept| kept.message.nonce).collect();
		self.over.retain(|nonce| known.contains(nonce));
		let statuses = self.base.statuses(known.difference(&self.over).copied(), at).await?;
		for Kept { message, fee, refunded } in kept {
			let Some(status) = statuses.get(&message.nonce).copied() else { continue };
			let amount = match &message.payload {
				// The chain has taken it back, and counts it as locked for its issuance again.
				_ if refunded => 0,
				Payload::Burn { amount, .. } => *amount,
				payload => payload.sent(),
			};
			let unclaimed = match (&message.payload, status) {
				(Payload::Settlement { epoch, total, .. }, MessageStatus::Done) => {
					Some(total.saturating_sub(self.base.claimed(*epoch, at).await?))
				},
				_ => None,
			};
			let flight = Flight { status, amount, fee, unclaimed };
			owed = owed.saturating_add(flight.owed());
			if status == MessageStatus::Done && flight.owed() == 0 {
				self.over.insert(message.nonce);
			}
		}
		Ok(owed)
	}

	/// Compares the commitments that Base has taken with the chain: those since the last look, and at first those before
	/// it whose roots it still keeps.
	async fn compare(&mut self, until: u64) -> Result<(), LookError> {
		self.taken.extend(self.search.new_ones(&self.base, until).await?);
		match self.search.past_ones(&self.base).await {
			Ok(taken) => self.taken.extend(taken),
			// An endpoint that does not tell of the past does not keep the rest from being watched.
			Err(error) => {
				self.metrics.failure("base");
				tracing::warn!(%error, "what Base took before this program began is not known; asking again");
			},
		}
		while let Some((block, root)) = self.taken.last().copied() {
			self.note(block, root, LIGHT_CLIENT).await?;
			self.taken.pop();
		}
		Ok(())
	}

	fn publish(&self, books: &Books) {
		let Books { vault, queued, backed, issuance, in_flight } = *books;
		for (what, units) in
			[("vault", vault), ("queued", queued), ("backed", backed), ("issuance", issuance), ("in_flight", in_flight)]
		{
			self.metrics.amount(what, units);
		}
		let faults = books.faults();
		for name in FAULTS {
			match faults.iter().find(|fault| fault.name() == name) {
				Some(fault) => {
					tracing::error!(vault, queued, backed, issuance, in_flight, "{fault}");
					self.health.raise(name, fault.to_string());
				},
				None => self.health.clear(name),
			}
			self.metrics.alert(name, faults.iter().any(|fault| fault.name() == name));
		}
		self.metrics.alert(CONFLICT, !self.conflicts.is_empty());
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_second_root_of_one_block_is_noticed() {
		let mut roots = Roots::default();
		let (first, second) = (H256::repeat_byte(1), H256::repeat_byte(2));
		assert_eq!(roots.note(7, first, "alice"), None);
		assert_eq!(roots.note(7, first, "bob"), None);
		assert_eq!(roots.note(8, second, "bob"), None);
		assert_eq!(roots.note(7, second, "bob"), Some((first, "alice".into())));
	}

	#[test]
	fn old_roots_are_forgotten_and_not_the_latest() {
		let mut roots = Roots::default();
		for block in 0..REMEMBERED as u32 + 5 {
			roots.note(block, H256::zero(), "alice");
		}
		assert_eq!(roots.0.len(), REMEMBERED);
		assert!(roots.note(REMEMBERED as u32, H256::repeat_byte(1), "bob").is_some());
	}
}
