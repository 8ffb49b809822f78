//! Waiting for a withdrawal, through what can pass: forks, and endpoints that do not answer for a while.

use anyhow::{anyhow, bail, Context as _, Result};
use deepnode_client::{AccountId, Client, TxInBlock};
use deepnode_relayer::base::{Address, Base, BaseError};
use futures::StreamExt as _;

use super::withdraw::{look, nonce, Shown};
use crate::{amount::Amount, context::Context, progress};

/// For so many blocks in a row a message may be missing, or Base not answer, before whoever waits hears of it: the
/// best block can be on a fork without the message, and Base's endpoints refuse who asks too often.
const PATIENCE: u32 = 20;

/// A withdrawal that is on the chain.
pub struct Sent {
	/// Its message's number.
	pub nonce: u64,
	/// Where it is.
	pub transaction: TxInBlock,
	/// Who sends.
	pub sender: AccountId,
	/// How much arrives.
	pub amount: Amount,
	/// Who gets it.
	pub to: Address,
}

impl Sent {
	/// Waits until the message is told or, with Base, has arrived.
	pub async fn follow(&mut self, context: &Context, client: &Client, base: Option<&Base>) -> Result<Shown> {
		let what = if base.is_some() { "on its way to Base" } else { "waiting to be told to Base" };
		let spinner = progress::waiting(&context.output, what);
		let mut patience = Patience::default();
		let mut blocks = client.best_blocks();
		while let Some(block) = blocks.next().await {
			let at = block.with_context(|| self.told())?.hash;
			// A fork may have given the number to another's message.
			let looked = look(client, base, self.nonce, Some(at)).await;
			let looked = looked.map(|shown| shown.filter(|shown| shown.sender == self.sender.to_string()));
			match patience.judge(looked) {
				Next::Show(shown) if shown.has_arrived(base.is_some()) => {
					spinner.finish_and_clear();
					return Ok(*shown);
				},
				Next::Show(_) | Next::Wait => {},
				Next::Find => self.find(client).await?,
				Next::Fail(error) => return Err(error.context(self.told())),
			}
		}
		bail!("the node gives no more blocks; {}", self.told())
	}

	/// Finds out what has become of a withdrawal whose message is missing on the best chain.
	async fn find(&mut self, client: &Client) -> Result<()> {
		match client.finalized(&self.transaction).await {
			Ok(Some(transaction)) => {
				(self.nonce, self.transaction) = (nonce(&transaction)?, transaction);
				Ok(())
			},
			Ok(None) => bail!("{}, and it comes into no other: send it again", self.replaced()),
			Err(error @ deepnode_client::Error::Dispatch(_)) => Err(error).with_context(|| self.replaced()),
			Err(error) => Err(error).with_context(|| self.told()),
		}
	}

	/// What to say where it cannot be followed further.
	fn told(&self) -> String {
		let Self { nonce, amount, to, transaction, .. } = self;
		format!(
			"{amount} are on their way to {to} as message {nonce} (block {}), and need not be sent again; `deepnode \
			 bridge status {nonce}` says what has become of them",
			transaction.block.number
		)
	}

	/// What to say where another block was finalized in place of its own.
	fn replaced(&self) -> String {
		let Self { amount, to, transaction, .. } = self;
		format!(
			"{amount} were not sent to {to}: another block was finalized in place of block {}, which the withdrawal was in",
			transaction.block.number
		)
	}
}

/// How long troubles that can pass have lasted.
#[derive(Default)]
struct Patience {
	missing: u32,
	failed: u32,
	/// Whether it was found out what has become of a message that was missing.
	is_found: bool,
}

/// What to do next for who waits for a message.
#[derive(Debug)]
enum Next {
	/// The message is there.
	Show(Box<Shown>),
	/// Look again in the next block.
	Wait,
	/// The message has been missing for too long.
	Find,
	/// Something is wrong that does not pass, or has not.
	Fail(anyhow::Error),
}

impl Patience {
	/// What to do after a look at a block.
	fn judge(&mut self, looked: Result<Option<Shown>>) -> Next {
		match looked {
			Ok(Some(shown)) => {
				*self = Self::default();
				Next::Show(Box::new(shown))
			},
			Ok(None) => {
				(self.missing, self.failed) = (self.missing + 1, 0);
				if self.missing < PATIENCE {
					return Next::Wait;
				}
				self.missing = 0;
				match std::mem::replace(&mut self.is_found, true) {
					false => Next::Find,
					true => Next::Fail(anyhow!("the chain no longer keeps the message")),
				}
			},
			Err(error) => {
				self.failed += 1;
				match can_pass(&error) && self.failed < PATIENCE {
					true => Next::Wait,
					false => Next::Fail(error),
				}
			},
		}
	}
}

/// Whether another look can succeed without anybody changing anything.
fn can_pass(error: &anyhow::Error) -> bool {
	if let Some(error) = error.downcast_ref::<deepnode_client::Error>() {
		return error.is_retryable() || matches!(error, deepnode_client::Error::UnknownBlock(_));
	}
	matches!(error.downcast_ref(), Some(BaseError::Unreachable { .. } | BaseError::Refused { .. }))
}

#[cfg(test)]
mod tests {
	use deepnode_client::{Block, H256};
	use deepnode_primitives::DN;

	use super::{super::withdraw::tests::shown, *};

	fn sent() -> Sent {
		let block = Block { number: 20, hash: H256::zero() };
		let transaction = TxInBlock { block, extrinsic_hash: H256::zero(), events: vec![], until: 68 };
		Sent { nonce: 7, transaction, sender: AccountId::new([1; 32]), amount: Amount(3 * DN), to: Address::ZERO }
	}

	fn busy() -> anyhow::Error {
		BaseError::Refused { endpoint: "http://base".into(), what: "statusOf", reason: "(code 429)".into() }.into()
	}

	#[test]
	fn a_base_that_refuses_for_a_while_does_not_end_the_waiting() {
		let mut patience = Patience::default();
		for _ in 0..3 {
			assert_eq!((0..30).take_while(|_| matches!(patience.judge(Err(busy())), Next::Wait)).count(), 19);
			assert!(matches!(patience.judge(Ok(Some(shown("queued", None)))), Next::Show(_)));
		}
		let disconnected = deepnode_client::Error::Disconnected;
		assert!(matches!(patience.judge(Err(disconnected.into())), Next::Wait));
		let other = BaseError::NoContract { contract: Address::ZERO, what: "statusOf" };
		assert!(matches!(patience.judge(Err(other.into())), Next::Fail(_)), "that does not pass");
	}

	#[test]
	fn a_message_that_a_fork_does_not_have_is_looked_for_before_anything_is_said_of_it() {
		let mut patience = Patience::default();
		let is_over = |next: &Next| !matches!(next, Next::Wait);
		let (after, next) =
			(0..30).map(|_| patience.judge(Ok(None))).enumerate().find(|(_, next)| is_over(next)).unwrap();
		assert!(after == 19 && matches!(next, Next::Find), "{after} {next:?}");
		let (after, next) =
			(0..30).map(|_| patience.judge(Ok(None))).enumerate().find(|(_, next)| is_over(next)).unwrap();
		assert!(after == 19 && matches!(next, Next::Fail(_)), "{after} {next:?}");
	}

	#[test]
	fn who_waits_in_vain_hears_what_was_sent() {
		let error = format!("{:#}", busy().context(sent().told()));
		for words in ["3 DN are on their way", "message 7 (block 20)", "need not be sent again", "status 7`", "429"] {
			assert!(error.contains(words), "{words}: {error}");
		}
		assert!(!error.contains("never sent"), "{error}");
		assert!(sent().replaced().contains("3 DN were not sent"), "{}", sent().replaced());
	}
}
