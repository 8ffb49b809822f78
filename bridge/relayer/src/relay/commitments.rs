//! Commitments: the light client on Base follows the chain.

use std::time::Instant;

use alloy::sol_types::SolCall as _;

use super::{Relay, Round};
use crate::{
	base::{abi, pending::Purpose},
	chain::ChainError,
	commitment::Signed,
	plan::{self, Available, Handover, LightClient, Why},
	proof::{self, Anchor},
};

/// How many headers are read between two writes of how far they are read.
const HEADERS: u32 = 2048;

const fn is_commitment(purpose: Purpose) -> bool {
	matches!(purpose, Purpose::Commitment(_))
}

const fn available(signed: &Signed) -> Available {
	Available { block: signed.block(), set: signed.set() }
}

/// Whether the light client is to be handed over to another session.
pub(super) const fn is_behind(client: &LightClient, signed: &Signed) -> bool {
	signed.set() > client.current.id
}

impl Relay {
	/// The latest commitment: the one that the node has told of, or the one that it has, whichever is later.
	pub(super) async fn latest_signed(&mut self) -> Round<Option<Signed>> {
		if let Some(signed) = self.chain.latest_signed().await? {
			if self.heard.as_ref().is_none_or(|heard| heard.block() < signed.block()) {
				self.heard = Some(signed);
			}
		}
		Ok(self.heard.clone())
	}

	/// Finds the sessions that have begun since the light client's latest block, among them the one that it is to be
	/// handed over to.
	pub(super) async fn read_headers(&mut self, client: &LightClient, signed: &Signed) -> Round {
		let (until, progress) = (signed.block(), self.store.progress());
		let mut read = plan::known(client, &progress.sessions, progress.read, available(signed));
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
		match plan::handover(client, &self.store.progress().sessions, available(signed)) {
			Handover::Unknown => {
				let (set, after) = (client.current.id.saturating_add(1), client.latest);
				Err(ChainError::NoSession { set, after }.into())
			},
			Handover::NotDue | Handover::To(_) => Ok(()),
		}
	}

	/// Whether a commitment of this relayer waits for a block.
	pub(super) fn is_committing(&self) -> bool {
		let mut waiting = self.store.progress().pending.iter().filter(|pending| !pending.mined);
		waiting.any(|pending| is_commitment(pending.purpose))
	}

	/// Submits the next commitment, if one is due. `prove` are the blocks of which something is to be proved.
	pub(super) async fn commit(&mut self, client: &LightClient, signed: &Signed, prove: Vec<u32>) -> Round {
		if self.is_committing() {
			return Ok(());
		}
		let sessions = &self.store.progress().sessions;
		let next = plan::commitment(client, sessions, available(signed), prove, self.terms.heartbeat);
		// The turn is that of whatever comes after the latest block on Base: which one that is changes while it is
		// waited for.
		let turn = Purpose::Commitment(client.latest);
		self.turns.keep(|what| *what == turn || !is_commitment(*what));
		let Some((block, why)) = next else { return Ok(()) };
		if !self.turns.is_due(turn, Instant::now()) {
			return Ok(());
		}
		let submitted = self.submit(client, block, why).await;
		self.of_one("commitment", submitted)?;
		Ok(())
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
}
