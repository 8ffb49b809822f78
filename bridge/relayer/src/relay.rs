//! The `run` command: carries what there is to carry, round after round.
//!
//! A round looks at both chains, sees to the transactions on their way, and sends what the plan says. Nothing that a
//! round decides rests on an earlier one, so it does not matter where one was broken off.

use std::{
	collections::BTreeMap,
	fs,
	future::Future,
	time::{Duration, Instant},
};

use alloy::{
	eips::{BlockId, BlockNumberOrTag},
	primitives::Bytes,
	sol_types::SolCall as _,
};
use anyhow::{ensure, Context as _};
use deepnode_primitives::{
	bridge::{Domain, Message},
	Balance,
};
use deepnode_service::{stop_signal, stopped};
use futures::StreamExt as _;
use sp_core::H256;
use tokio::sync::watch;

use crate::{
	base::{
		abi, key,
		pending::Purpose,
		sender::{Finality, SendError, Sender},
		Base, BaseError,
	},
	chain::{Chain, ChainError},
	cli::Run,
	commitment::{CommitmentError, Signed},
	health::{Health, Side},
	mailbox::{Letter, Mailbox},
	metrics::Metrics,
	plan::{self, Available, LightClient, Why},
	program,
	proof::{self, Anchor, Kind, ProofError, ProvedLeaf},
	store::{Store, StoreError},
	turn::Turns,
};

/// How many headers are read between two writes of how far they are read.
const HEADERS: u32 = 2048;
/// What one call of `drain` pays at most.
const DRAINED: u64 = 10;

/// Why a round cannot go on.
#[derive(Debug, thiserror::Error)]
enum RoundError {
	#[error(transparent)]
	Chain(#[from] ChainError),
	#[error(transparent)]
	Base(#[from] BaseError),
	#[error(transparent)]
	Send(#[from] SendError),
	#[error(transparent)]
	Store(#[from] StoreError),
	/// The light client has a root that is not this chain's.
	#[error("the light client on Base has the root {found:?} for block {block}, and the chain has {expected:?}: validators have signed two chains, or the node is on the wrong one")]
	Conflict { block: u32, found: H256, expected: H256 },
}

impl From<deepnode_client::Error> for RoundError {
	fn from(error: deepnode_client::Error) -> Self {
		Self::Chain(error.into())
	}
}

impl From<ProofError> for RoundError {
	fn from(error: ProofError) -> Self {
		Self::Chain(error.into())
	}
}

impl From<CommitmentError> for RoundError {
	fn from(error: CommitmentError) -> Self {
		Self::Chain(error.into())
	}
}

impl RoundError {
	/// What it was that failed, for the counters.
	const fn what(&self) -> &'static str {
		match self {
			Self::Chain(_) => "chain",
			Self::Base(_) => "base",
			Self::Send(_) => "send",
			Self::Store(_) => "store",
			Self::Conflict { .. } => "conflict",
		}
	}

	/// Whether it concerns one transaction alone, so that the round can go on with the next.
	const fn is_of_one(&self) -> bool {
		match self {
			Self::Chain(error) if error.is_of_pruned_state() => true,
			Self::Send(SendError::Base(error)) => error.is_revert(),
			Self::Send(SendError::TooDear(_)) | Self::Chain(ChainError::Proof(_) | ChainError::Commitment(_)) => true,
			_ => false,
		}
	}
}

type Round<T = ()> = Result<T, RoundError>;

/// Carries until a signal ends it.
pub async fn run(args: Run) -> anyhow::Result<()> {
	let rules = args.rules();
	let key = key::load(&args.key, args.password_file.as_deref())?;
	ensure!(args.ends.node.len() == 1, "carrying needs one node, and {} were named", args.ends.node.len());
	fs::create_dir_all(&args.data_dir)
		.with_context(|| format!("cannot make the directory {}", args.data_dir.display()))?;
	let (health, metrics) = program::report(&args.service).await?;
	let mut stop = stop_signal("the relayer")?;
	tracing::info!(account = %key.address(), node = ?args.ends.node, deployment = %args.ends.deployment.display(), "starting");
	let Some((mut chains, base)) = program::connect(&args.ends, &mut stop).await? else { return Ok(()) };
	let chain = chains.pop().context("no node")?;
	let genesis = chain.client.genesis_hash();
	tracing::info!(?genesis, base = base.endpoint(), gateway = %base.contracts.gateway, "connected");
	// Commitments are carried whether or not the chain knows the gateway; messages to another are not.
	match chain.expect_gateway(&base.contracts).await {
		Err(error @ ChainError::OtherGateway { .. }) => return Err(error.into()),
		Err(error) => tracing::warn!(%error, "no messages yet"),
		Ok(()) => {},
	}
	let store = Store::open(&args.data_dir, &genesis, &base.contracts.gateway, &key.address())?;
	let sender = Sender::new(base.clone(), key, rules, metrics.clone());
	let courtesy = Duration::from_secs(args.courtesy);
	let grace = Duration::from_secs(args.grace);
	let relay = Relay {
		domain: base.contracts.domain(genesis),
		turns: Turns::new(sender.account(), courtesy),
		mailbox: Mailbox::default(),
		heard: None,
		recovered: false,
		terms: Terms {
			least_fee: args.min_fee,
			heartbeat: args.heartbeat,
			in_flight: args.in_flight as usize,
			push: args.push.then_some(args.push_batch as usize),
			settled: settled(rules.finality),
		},
		pause: args.service.pause(),
		chain,
		base,
		sender,
		store,
		health,
		metrics,
	};
	relay.serve(stop, grace).await;
	tracing::info!("stopped");
	Ok(())
}

/// In which block on Base a message has to be taken to be forgotten.
const fn settled(finality: Finality) -> BlockId {
	match finality {
		Finality::Blocks(_) => BlockId::latest(),
		Finality::Safe => BlockId::safe(),
		Finality::Finalized => BlockId::finalized(),
	}
}

/// What the operator asks for.
#[derive(Clone, Copy, Debug)]
struct Terms {
	least_fee: Balance,
	heartbeat: u32,
	in_flight: usize,
	/// How many claims to pay in one transaction, where they are to be paid.
	push: Option<usize>,
	settled: BlockId,
}

struct Relay {
	chain: Chain,
	base: Base,
	domain: Domain,
	sender: Sender,
	store: Store,
	turns: Turns<Purpose>,
	mailbox: Mailbox,
	/// The latest commitment that the node has told of by itself.
	heard: Option<Signed>,
	/// Whether what the account has on its way has been compared with what the store says.
	recovered: bool,
	terms: Terms,
	pause: Duration,
	health: Health,
	metrics: Metrics,
}

impl Relay {
	async fn serve(mut self, mut stop: watch::Receiver<bool>, grace: Duration) {
		let mut justifications = self.chain.client.beefy_justifications();
		let mut backoff = program::PAUSES;
		loop {
			let Some(round) = until(self.round(), &mut stop, grace).await else { break };
			let pause = match round {
				Ok(()) => {
					backoff.succeeded();
					self.pause
				},
				Err(error) => {
					let retry_in = backoff.failed();
					self.metrics.failure(error.what());
					tracing::warn!(%error, ?retry_in, "the round is broken off");
					retry_in
				},
			};
			let wait = tokio::time::sleep(pause);
			tokio::pin!(wait);
			loop {
				tokio::select! {
					() = stopped(&mut stop) => break,
					() = &mut wait => break,
					Some(bytes) = justifications.next() => {
						self.hear(&bytes);
						// What failed is not tried again sooner because the chain goes on.
						if backoff.failures() == 0 {
							break;
						}
					},
				}
			}
			if *stop.borrow() {
				break;
			}
		}
		self.health.stopping();
	}

	fn hear(&mut self, bytes: &[u8]) {
		match Signed::decode(bytes) {
			Ok(signed) if self.heard.as_ref().is_none_or(|heard| heard.block() < signed.block()) => {
				self.heard = Some(signed);
			},
			Ok(_) => {},
			Err(error) => tracing::error!(%error, "the node tells of a commitment that cannot be read"),
		}
	}

	/// One look at both chains, and what is to be done about it.
	async fn round(&mut self) -> Round {
		let latest = self.base.block(BlockNumberOrTag::Latest).await?;
		self.health.answered(Side::Base);
		self.metrics.base_block.set(latest.map(|block| block.number as i64).unwrap_or_default());
		if !self.recovered {
			self.sender.recover(&mut self.store).await?;
			self.recovered = true;
		}
		self.sender.attend(&mut self.store).await?;
		let client = self.base.light_client(BlockId::latest()).await?;
		self.metrics.anchored_block.set(client.latest.into());
		self.metrics.anchored_set.set(client.current.id as i64);

		let signed = self.latest_signed().await?;
		self.health.answered(Side::Chain);
		let Some(signed) = signed else {
			tracing::debug!("the node has seen no BEEFY commitment since its start");
			return Ok(());
		};
		self.metrics.signed_block.set(signed.block().into());
		self.read_headers(&client, signed.block()).await?;
		let hash = self.chain.hash(signed.block()).await?;
		self.mailbox.read(&self.chain, signed.block(), hash).await?;
		let undelivered = self.mailbox.undelivered(&self.base, self.terms.settled).await?;
		let wanted = plan::wanted(undelivered.iter().map(Letter::told), self.terms.least_fee);
		self.metrics.waiting_messages.set(wanted.len() as i64);

		let prove = wanted.values().map(|told| told.block).max();
		self.commit(&client, &signed, prove).await?;
		let letters =
			undelivered.into_iter().filter(|letter| wanted.get(&letter.message.nonce) == Some(&letter.told()));
		self.deliver(&client, letters.collect(), hash).await?;
		if let Some(batch) = self.terms.push {
			self.push(batch).await?;
			self.drain().await?;
		}
		self.metrics.pending.set(self.store.progress().pending.len() as i64);
		Ok(())
	}

	/// The latest commitment: the one that the node has told of, or the one that it has, whichever is later.
	async fn latest_signed(&mut self) -> Round<Option<Signed>> {
		if let Some(signed) = self.chain.latest_signed().await? {
			if self.heard.as_ref().is_none_or(|heard| heard.block() < signed.block()) {
				self.heard = Some(signed);
			}
		}
		Ok(self.heard.clone())
	}

	/// Finds the sessions that have begun since the light client's latest block.
	async fn read_headers(&mut self, client: &LightClient, until: u32) -> Round {
		let mut read = self.store.progress().read.max(client.latest);
		while read < until {
			let last = until.min(read.saturating_add(HEADERS));
			let sessions = self.chain.sessions(read.saturating_add(1)..=last).await?;
			self.store.change(|progress| {
				progress.read = last;
				progress.sessions.extend(sessions);
				progress.sessions.retain(|set, _| *set > client.current.id);
			})?;
			read = last;
		}
		Ok(())
	}

	/// Submits the next commitment, if one is due.
	async fn commit(&mut self, client: &LightClient, signed: &Signed, prove: Option<u32>) -> Round {
		let is_waiting = |purpose| matches!(purpose, Purpose::Commitment(_));
		if self.store.progress().pending.iter().any(|pending| !pending.mined && is_waiting(pending.purpose)) {
			return Ok(());
		}
		let available = Available { block: signed.block(), set: signed.set() };
		let sessions = &self.store.progress().sessions;
		let next = plan::commitment(client, sessions, available, prove, self.terms.heartbeat);
		// The turn is that of whatever comes after the latest block on Base: which one that is changes while it is
		// waited for.
		let turn = Purpose::Commitment(client.latest);
		self.turns.keep(|what| *what == turn || !is_waiting(*what));
		let Some((block, why)) = next else { return Ok(()) };
		if !self.turns.is_due(turn, Instant::now()) {
			return Ok(());
		}
		let submitted = self.submit(client, block, why).await;
		self.of_one("commitment", submitted)
	}

	async fn submit(&mut self, client: &LightClient, block: u32, why: Why) -> Round {
		let signed = self.chain.signed(block).await?;
		let set = if why == Why::Session { client.next } else { client.current };
		let validators = self.chain.validators(set.id, block).await?;
		// The light client would find out too; here it costs nothing.
		let known = validators.summary();
		if known != set {
			return Err(ChainError::NoValidators { set: set.id, block }.into());
		}
		let ballot = signed.ballot(&validators)?;
		// Only a commitment that hands over to the next set brings the leaf that names the one after.
		let (leaf, items) = match why {
			Why::Session => {
				let anchor = Anchor { block, root: signed.commitment.mmr_root };
				let proved = self.chain.prove(block.saturating_sub(1), anchor).await?;
				((&proved.leaf).into(), proved.items())
			},
			Why::Proof | Why::Heartbeat => Default::default(),
		};
		let stored = self.base.is_list_stored(&set).await?;
		let call = abi::IBeefyClient::submitCommitmentCall {
			commitment: abi::Commitment {
				mmrRoot: proof::word(signed.commitment.mmr_root),
				blockNumber: block,
				validatorSetId: signed.set(),
			},
			bitfield: ballot.bitfield,
			signatures: ballot.signatures.into(),
			authorities: if stored { Vec::new() } else { validators.addresses },
			leaf,
			mmrItems: items,
		};
		tracing::info!(block, set = signed.set(), reason = why.name(), "submitting a commitment");
		let to = self.base.contracts.beefy_client;
		self.send(Purpose::Commitment(block), to, call.abi_encode()).await
	}

	/// Delivers what can be proved under the light client's latest root.
	/// `hash` is a block whose state has the messages.
	async fn deliver(&mut self, client: &LightClient, letters: Vec<Letter>, hash: H256) -> Round {
		let still: Vec<u64> = letters.iter().map(|letter| letter.message.nonce).collect();
		self.turns.keep(|what| !matches!(what, Purpose::Message(nonce) if !still.contains(nonce)));
		let due = letters.into_iter().filter(|letter| {
			let purpose = Purpose::Message(letter.message.nonce);
			letter.block < client.latest
				&& !self.store.progress().pending.iter().any(|pending| pending.purpose == purpose)
				&& self.turns.is_due(purpose, Instant::now())
		});
		let mut blocks = BTreeMap::<u32, Vec<Message>>::new();
		for letter in due {
			blocks.entry(letter.block).or_default().push(letter.message);
		}
		if blocks.is_empty() {
			return Ok(());
		}
		let anchor = self.anchor(client).await?;
		for (block, messages) in blocks {
			let delivered = self.deliver_block(block, messages, anchor, hash).await;
			self.of_one("message", delivered)?;
		}
		Ok(())
	}

	async fn deliver_block(&mut self, block: u32, messages: Vec<Message>, anchor: Anchor, hash: H256) -> Round {
		let proved = self.chain.prove(block, anchor).await?;
		let roots = self.mailbox.roots(&self.chain, block).await?;
		let told = self.chain.told(block, hash).await?;
		let leaves: Vec<H256> = told.iter().map(|message| message.leaf(&self.domain)).collect();
		for message in messages {
			if Sender::waiting(&self.store) >= self.terms.in_flight {
				return Ok(());
			}
			let sent = self.deliver_one(&message, &told, &leaves, &roots, &proved).await;
			self.of_one("message", sent)?;
		}
		Ok(())
	}

	async fn deliver_one(
		&mut self,
		message: &Message,
		told: &[Message],
		leaves: &[H256],
		roots: &deepnode_primitives::bridge::Roots,
		proved: &ProvedLeaf,
	) -> Round {
		let index = told.iter().position(|other| other == message).unwrap_or(told.len());
		let what = || format!("message {}", message.nonce);
		let proof = proved.inclusion(roots, Kind::Message, leaves, index as u32, what)?;
		let call = abi::IGateway::deliverMessageCall { message: message.into(), proof };
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

	/// Pays claims of epochs whose settlement has arrived.
	async fn push(&mut self, batch: usize) -> Round {
		for epoch in self.mailbox.unpaid() {
			let in_flight = |purpose| matches!(purpose, Purpose::Push { epoch: of, .. } if of == epoch);
			if self.store.progress().pending.iter().any(|pending| !pending.mined && in_flight(pending.purpose)) {
				continue;
			}
			let claims = self.chain.settlement(epoch, &self.domain).await?;
			let mut unpaid = Vec::new();
			for claim in &claims.claims {
				if !self.base.is_claimed(epoch, claim.index).await? {
					unpaid.push(*claim);
				}
			}
			let Some(first) = unpaid.first().map(|claim| claim.index) else {
				self.mailbox.paid(epoch);
				continue;
			};
			let purpose = Purpose::Push { epoch, first };
			if !self.turns.is_due(purpose, Instant::now()) {
				continue;
			}
			unpaid.truncate(batch);
			let call = claims.push(&unpaid)?;
			tracing::info!(epoch, first, claims = unpaid.len(), "paying claims");
			let pushed = self.send(purpose, self.base.contracts.settlement, call.abi_encode()).await;
			self.of_one("push", pushed)?;
		}
		Ok(())
	}

	/// Pays what the rate limit holds back, once it allows the first of it.
	async fn drain(&mut self) -> Round {
		let is_waiting = |pending: &crate::base::pending::Pending| !pending.mined && pending.purpose == Purpose::Drain;
		let due = self.base.payable_queue().await?;
		self.turns.keep(|what| due || *what != Purpose::Drain);
		if !due || self.store.progress().pending.iter().any(is_waiting) {
			return Ok(());
		}
		if !self.turns.is_due(Purpose::Drain, Instant::now()) {
			return Ok(());
		}
		let call = abi::IGateway::drainCall { most: alloy::primitives::U256::from(DRAINED) };
		tracing::info!("paying what the rate limit held back");
		let drained = self.send(Purpose::Drain, self.base.contracts.gateway, call.abi_encode()).await;
		self.of_one("drain", drained)
	}

	async fn send(&mut self, purpose: Purpose, to: alloy::primitives::Address, data: Vec<u8>) -> Round {
		self.sender.send(&mut self.store, purpose, to, Bytes::from(data)).await?;
		Ok(())
	}

	/// Says what came of one transaction. What concerns it alone does not break the round off.
	fn of_one(&self, what: &str, result: Round) -> Round {
		match result {
			Err(error) if error.is_of_one() => {
				self.metrics.failure(what);
				tracing::warn!(%error, what, "not sent; looking again in the next round");
				Ok(())
			},
			result => result,
		}
	}
}

/// What `work` comes to; `None` where a signal came and it was not done within `grace`.
async fn until<T>(work: impl Future<Output = T>, stop: &mut watch::Receiver<bool>, grace: Duration) -> Option<T> {
	tokio::pin!(work);
	tokio::select! {
		done = &mut work => return Some(done),
		() = stopped(stop) => {},
	}
	tokio::time::timeout(grace, work).await.ok()
}
