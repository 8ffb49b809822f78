//! The `run` command: carries what there is to carry, round after round.
//!
//! A round looks at both chains, sees to the transactions on their way, and sends what the plan says. What it sends
//! rests on what both chains say in this round, so it does not matter where one was broken off. What the chain has told
//! for good is remembered. Of what Base says, and of what was tried, three things rest on earlier rounds, and each is
//! about when something is looked at and not about what is sent: which of many messages and claims have their turn, for
//! how long another relayer may be first, and for how long a part that has failed is left alone.
//!
//! The light client comes first. Without the first commitment of each session it stops for ever, and anyone can bring
//! about messages: so commitments are seen to before any message is looked at, and messages and payments have bounds,
//! time limits and pauses of their own.

mod commitments;
mod messages;
mod part;
mod payments;
mod unpaid;

use std::{
	fs,
	future::Future,
	time::{Duration, Instant},
};

use alloy::{
	eips::{BlockId, BlockNumberOrTag},
	primitives::{Address, Bytes},
};
use anyhow::{ensure, Context as _};
use deepnode_primitives::bridge::Domain;
use deepnode_service::{stop_signal, stopped};
use futures::StreamExt as _;
use sp_core::H256;
use tokio::{sync::watch, time::timeout};

use self::{commitments::is_behind, part::Part, unpaid::Unpaid};
use crate::{
	base::{
		key,
		pending::Purpose,
		sender::{SendError, Sender},
		Base, BaseError, Finality,
	},
	chain::{Chain, ChainError},
	cli::Run,
	commitment::{CommitmentError, Signed},
	health::{Health, Side},
	mailbox::Mailbox,
	metrics::Metrics,
	plan::LightClient,
	program,
	proof::ProofError,
	store::{Store, StoreError},
	turn::Turns,
};

/// The pause between two rounds while the light client is handed over to a session: about a block of Base.
const HURRY: Duration = Duration::from_secs(2);

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
			Self::Chain(error) => error.is_of_one(),
			Self::Send(SendError::Base(error)) => error.is_of_one(),
			Self::Send(SendError::TooDear(_)) => true,
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
	if args.min_fee == 0 {
		tracing::warn!("messages that pay nothing are delivered too, at this account's expense: --min-fee says what they have to pay");
	}
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
		mailbox: Mailbox::new(args.min_fee),
		unpaid: Unpaid::default(),
		messages: Part::new("messages"),
		payments: Part::new("payments"),
		heard: None,
		recovered: false,
		terms: Terms {
			heartbeat: args.heartbeat,
			in_flight: args.in_flight as usize,
			push: args.push.then_some(args.push_batch as usize),
			finality: rules.finality,
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

/// What the operator asks for.
#[derive(Clone, Copy, Debug)]
struct Terms {
	heartbeat: u32,
	in_flight: usize,
	/// How many claims to pay in one transaction, where they are to be paid.
	push: Option<usize>,
	/// When what has happened on Base counts as unchangeable.
	finality: Finality,
}

struct Relay {
	chain: Chain,
	base: Base,
	domain: Domain,
	sender: Sender,
	store: Store,
	turns: Turns<Purpose>,
	mailbox: Mailbox,
	unpaid: Unpaid,
	messages: Part,
	payments: Part,
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
				Ok(pause) => {
					backoff.succeeded();
					pause
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

	/// One look at both chains, and what is to be done about it. Returns the pause before the next.
	async fn round(&mut self) -> Round<Duration> {
		let latest = self.base.block(BlockNumberOrTag::Latest).await?.map(|block| block.number).unwrap_or_default();
		self.health.answered(Side::Base);
		self.metrics.base_block.set(latest as i64);
		if !self.recovered {
			self.sender.recover(&mut self.store).await?;
			self.recovered = true;
		}
		let attended = self.sender.attend(&mut self.store).await.map_err(Into::into);
		self.of_one("send", attended)?;
		let client = self.base.light_client(BlockId::latest()).await?;
		self.metrics.anchored_block.set(client.latest.into());
		self.metrics.anchored_set.set(client.current.id as i64);

		let signed = self.latest_signed().await?;
		self.health.answered(Side::Chain);
		let Some(signed) = signed else {
			tracing::debug!("the node has seen no BEEFY commitment since its start");
			return Ok(self.pause);
		};
		self.metrics.signed_block.set(signed.block().into());
		let read = self.read_headers(&client, &signed).await;
		self.of_one("commitment", read)?;
		self.commit(&client, &signed, Vec::new()).await?;
		// What is sent after a handover gets into a block after it, and the next handover is due before.
		let is_handing_over = is_behind(&client, &signed) && self.is_committing();
		if !is_handing_over {
			self.carry(&client, &signed, self.terms.finality.settled(latest)).await;
		}
		self.metrics.pending.set(self.store.progress().pending.len() as i64);
		Ok(if is_handing_over { self.pause.min(HURRY) } else { self.pause })
	}

	/// Sees to messages and payments. Whatever becomes of them, the round is good.
	async fn carry(&mut self, client: &LightClient, signed: &Signed, settled: BlockId) {
		if self.messages.is_due(Instant::now()) {
			let done = timeout(part::LIMIT, self.deliver_messages(client, signed, settled)).await;
			self.messages.ended(done, Instant::now(), &self.metrics);
		}
		let Some(batch) = self.terms.push else { return };
		if self.payments.is_due(Instant::now()) {
			let done = timeout(part::LIMIT, self.pay(batch, settled)).await;
			self.payments.ended(done, Instant::now(), &self.metrics);
		}
	}

	async fn send(&mut self, purpose: Purpose, to: Address, data: Vec<u8>) -> Round {
		self.sender.send(&mut self.store, purpose, to, Bytes::from(data)).await?;
		Ok(())
	}

	/// What came of one transaction, or of what is to be known for it; `None` where it failed. What concerns it alone
	/// does not break the round off.
	fn of_one<T>(&self, what: &str, result: Round<T>) -> Round<Option<T>> {
		match result {
			Err(error) if error.is_of_one() => {
				self.metrics.failure(what);
				tracing::warn!(%error, what, "not sent; looking again in the next round");
				Ok(None)
			},
			result => result.map(Some),
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
	timeout(grace, work).await.ok()
}
