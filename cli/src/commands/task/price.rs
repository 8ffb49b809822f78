//! What tasks cost, and what of that comes back.

use std::collections::BTreeMap;

use anyhow::{ensure, Context as _, Result};
use deepnode_client::{AccountId, Client, ModelInfo, Quote, H256};
use deepnode_primitives::{content::Payload, task::Assurance, Balance, ModelId};

use crate::amount::Amount;

/// What tasks for a model cost in a block. The chain is asked once for each number of items, and for each length.
pub struct Prices<'a> {
	client: &'a Client,
	model: ModelId,
	assurance: Assurance,
	at: Option<H256>,
	quotes: BTreeMap<u32, Quote>,
	deposits: BTreeMap<u32, Balance>,
}

impl<'a> Prices<'a> {
	/// The prices of a model at a level of assurance.
	pub fn new(client: &'a Client, model: &ModelInfo, assurance: Assurance, at: H256) -> Self {
		let (quotes, deposits) = Default::default();
		Self { client, model: model.id, assurance, at: Some(at), quotes, deposits }
	}

	/// The price of a task of so many items.
	pub async fn quote(&mut self, items: u32) -> Result<Quote> {
		if let Some(quote) = self.quotes.get(&items) {
			return Ok(*quote);
		}
		let quote = self.client.quote(self.model, items, self.assurance, self.at).await?;
		let quote = quote.context("the fee is more than can exist")?;
		self.quotes.insert(items, quote);
		Ok(quote)
	}

	/// The deposit of a task with this input.
	pub async fn deposit(&mut self, input: &Payload) -> Result<Balance> {
		let length = stored_bytes(input);
		if let Some(deposit) = self.deposits.get(&length) {
			return Ok(*deposit);
		}
		let deposit = self.client.task_deposit(length, self.at).await?;
		self.deposits.insert(length, deposit);
		Ok(deposit)
	}
}

/// How many bytes of an input the chain keeps.
fn stored_bytes(input: &Payload) -> u32 {
	let bytes = match input {
		Payload::Inline(bytes) => bytes.len(),
		Payload::Reference(content) => content.uris.iter().map(|uri| uri.len()).sum(),
	};
	u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// What tasks put on hold.
#[derive(Debug, Default)]
pub struct OnHold {
	/// For their answers and audits.
	prices: Balance,
	/// The deposit of each.
	pub deposits: Vec<Balance>,
}

impl OnHold {
	/// Adds a task.
	pub fn add(&mut self, price: Balance, deposit: Balance) {
		self.prices = self.prices.saturating_add(price);
		self.deposits.push(deposit);
	}

	/// Says what a free balance does not reach for, before anything is sent.
	pub fn check(&self, account: &AccountId, free: Balance) -> Result<()> {
		let deposits = self.deposits.iter().fold(0, |sum: Balance, deposit| sum.saturating_add(*deposit));
		let needed = self.prices.saturating_add(deposits);
		ensure!(
			free >= needed,
			"{account} has {} to spend, and {} go on hold: {} for fees and audits, and {} as deposits that come back",
			Amount(free),
			Amount(needed),
			Amount(self.prices),
			Amount(deposits)
		);
		Ok(())
	}
}

#[cfg(test)]
mod tests {
	use deepnode_primitives::{content::ContentRef, DN};

	use super::*;
	use crate::commands::models;

	#[test]
	fn a_balance_that_does_not_cover_the_deposits_too_is_told_with_what_goes_on_hold() {
		let account = AccountId::new([1; 32]);
		let mut on_hold = OnHold::default();
		on_hold.add(DN / 100, DN);
		on_hold.add(DN / 100, 2 * DN);
		assert!(on_hold.check(&account, 302 * DN / 100).is_ok());
		let error = on_hold.check(&account, 3 * DN).unwrap_err().to_string();
		assert!(error.contains("3.02 DN go on hold: 0.02 DN for fees and audits, and 3 DN as deposits"), "{error}");
	}

	#[test]
	fn a_deposit_is_for_what_of_an_input_the_chain_keeps() {
		assert_eq!(stored_bytes(&Payload::Inline(vec![0; 100].try_into().unwrap())), 100);
		let uris = models::to_uris(&["https://h/p".into()]).unwrap();
		assert_eq!(stored_bytes(&Payload::Reference(ContentRef { hash: [0; 32], length: 1 << 20, uris })), 11);
	}
}
