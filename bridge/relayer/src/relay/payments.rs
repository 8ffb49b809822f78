//! Payments: what accounts have earned, and what the rate limit has held back.

use std::time::Instant;

use alloy::{eips::BlockId, primitives::U256, sol_types::SolCall as _};

use super::{Relay, Round, RoundError};
use crate::{
	base::{
		abi,
		pending::{Pending, Purpose},
		sender::Sender,
	},
	chain::ChainError,
};

/// What one call of `drain` pays at most.
const DRAINED: u64 = 10;
/// How many epochs are looked at in one round.
const EPOCHS: usize = 2;

impl Relay {
	/// Pays what the rate limit held back, and claims whose settlement has arrived, `batch` in one transaction.
	pub(super) async fn pay(&mut self, batch: usize, settled: BlockId) -> Round {
		let drained = self.drain().await;
		self.of_one("drain", drained)?;
		let unpaid = &self.unpaid;
		self.turns.keep(|what| !matches!(what, Purpose::Push { epoch, .. } if !unpaid.has(*epoch)));
		for epoch in self.unpaid.next(EPOCHS) {
			match self.push(epoch, batch, settled).await {
				Err(RoundError::Chain(ChainError::NoSettlement(_))) => {
					tracing::info!(epoch, "the chain has forgotten the claims of an epoch");
					self.unpaid.over(epoch);
				},
				pushed => {
					self.of_one("push", pushed)?;
				},
			}
		}
		Ok(())
	}

	/// Pays claims of an epoch.
	async fn push(&mut self, epoch: u64, batch: usize, settled: BlockId) -> Round {
		let is_on_its_way = |purpose| matches!(purpose, Purpose::Push { epoch: of, .. } if of == epoch);
		let mut waiting = self.store.progress().pending.iter().filter(|pending| !pending.mined);
		if waiting.any(|pending| is_on_its_way(pending.purpose)) || Sender::waiting(&self.store) >= self.terms.in_flight
		{
			return Ok(());
		}
		let claims = self.chain.settlement(epoch, &self.domain).await?;
		let due = self.unpaid.due(&self.base, epoch, &claims, batch, settled).await?;
		let Some(first) = due.first().map(|claim| claim.index) else { return Ok(()) };
		// The turn is the epoch's: which claim is the first changes while it is waited for.
		let turn = Purpose::Push { epoch, first: 0 };
		if !self.turns.is_due(turn, Instant::now()) {
			return Ok(());
		}
		let call = claims.push(&due)?;
		tracing::info!(epoch, first, claims = due.len(), "paying claims");
		self.send(Purpose::Push { epoch, first }, self.base.contracts.settlement, call.abi_encode()).await?;
		self.turns.keep(|what| *what != turn);
		Ok(())
	}

	/// Pays what the rate limit holds back, once it allows the first of it.
	async fn drain(&mut self) -> Round {
		let is_waiting = |pending: &Pending| !pending.mined && pending.purpose == Purpose::Drain;
		let due = self.base.payable_queue().await?;
		self.turns.keep(|what| due || *what != Purpose::Drain);
		if !due || self.store.progress().pending.iter().any(is_waiting) {
			return Ok(());
		}
		if !self.turns.is_due(Purpose::Drain, Instant::now()) {
			return Ok(());
		}
		let call = abi::IGateway::drainCall { most: U256::from(DRAINED) };
		tracing::info!("paying what the rate limit held back");
		self.send(Purpose::Drain, self.base.contracts.gateway, call.abi_encode()).await
	}
}
