//! Withdrawals: sending them, raising their fees, and following them.

use anyhow::{ensure, Context as _, Result};
use deepnode_client::{AccountId, BridgeMessage, Client, Event, MessageState, TxInBlock, H256};
use deepnode_primitives::bridge::Payload;
use deepnode_relayer::base::{Address, Base, BlockId, MessageStatus};
use serde::Serialize;

use super::{chain, following::Sent};
use crate::{
	amount::Amount,
	cli::{BaseEnd, Withdraw},
	commands::Receipt,
	context::Context,
	output::{fields, hex},
};

#[derive(Serialize)]
struct Withdrawn {
	nonce: u64,
	to: Address,
	amount: Amount,
	fee: Amount,
	#[serde(flatten)]
	receipt: Receipt,
	#[serde(skip_serializing_if = "Option::is_none")]
	message: Option<Shown>,
}

/// A message, and what has become of it.
#[derive(Debug, Serialize)]
pub struct Shown {
	nonce: u64,
	kind: String,
	/// The account that has sent it.
	pub sender: String,
	fee: Amount,
	#[serde(flatten)]
	what: What,
	state: &'static str,
	#[serde(skip_serializing_if = "Option::is_none")]
	told_at: Option<u32>,
	#[serde(skip_serializing_if = "Option::is_none")]
	on_base: Option<&'static str>,
}

/// What a message says.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum What {
	Release { to: String, amount: Amount },
	Settlement { epoch: u64, root: String, total: Amount, count: u32 },
	Burn { epoch: u64, amount: Amount },
	Governance { target: String, data: String },
}

impl From<&Payload> for What {
	fn from(payload: &Payload) -> Self {
		match payload {
			Payload::Release { recipient, amount } => Self::Release { to: hex(recipient), amount: Amount(*amount) },
			Payload::Settlement { epoch, root, total, count } => {
				Self::Settlement { epoch: *epoch, root: hex(root), total: Amount(*total), count: *count }
			},
			Payload::Burn { epoch, amount } => Self::Burn { epoch: *epoch, amount: Amount(*amount) },
			Payload::Governance { target, data } => Self::Governance { target: hex(target), data: hex(data) },
		}
	}
}

impl What {
	fn text(&self) -> String {
		match self {
			Self::Release { to, amount } => format!("{amount} to {to}"),
			Self::Settlement { epoch, total, count, .. } => format!("{total} in {count} claims of epoch {epoch}"),
			Self::Burn { epoch, amount } => format!("{amount} burned up to the end of epoch {epoch}"),
			Self::Governance { target, data } => format!("call {target} with {data}"),
		}
	}
}

impl Shown {
	/// Whether it is told or, where Base is asked, has arrived there.
	pub fn has_arrived(&self, is_asking_base: bool) -> bool {
		match is_asking_base {
			true => self.on_base.is_some_and(|status| status != MessageStatus::Unknown.name()),
			false => self.told_at.is_some(),
		}
	}
}

/// Sends DN to Base.
pub async fn run(context: &Context, arguments: Withdraw) -> Result<()> {
	let Withdraw { amount, to, fee, wait, base } = arguments;
	let key = context.key()?;
	let client = context.client().await?;
	let base = base.connect(&chain(client.clone())).await?;
	let transaction = client.withdraw_to_base(&key, None, to.0 .0.into(), amount.0, fee.0).await;
	let transaction = transaction.with_context(|| format!("cannot send {amount} to {to}"))?;
	let mut sent = Sent { nonce: nonce(&transaction)?, transaction, sender: key.account(), amount, to };
	let message = match wait {
		true => Some(sent.follow(context, &client, base.as_ref()).await?),
		false => None,
	};
	let Sent { nonce, transaction, .. } = sent;
	let receipt = Receipt::from(&transaction);
	let withdrawn = Withdrawn { nonce, to, amount, fee, receipt, message };
	context.output.show(&withdrawn, |withdrawn| match &withdrawn.message {
		Some(message) => text(message),
		None => format!(
			"{amount} are on their way to {to} as message {nonce} (block {}); follow it with `deepnode bridge status {nonce}`",
			withdrawn.receipt.block
		),
	})
}

/// The number of a withdrawal's message.
pub fn nonce(transaction: &TxInBlock) -> Result<u64> {
	let nonce = transaction.events.iter().find_map(|event| match event {
		Event::WithdrawalQueued { nonce, .. } => Some(*nonce),
		_ => None,
	});
	nonce.context("the chain took the withdrawal without saying its number")
}

/// Raises a message's fee.
pub async fn raise(context: &Context, nonce: u64, fee: Amount) -> Result<()> {
	let key = context.key()?;
	let client = context.client().await?;
	let message = client.bridge_message(nonce, None).await?.with_context(|| unknown(nonce))?;
	let now = Amount(message.message.fee);
	ensure!(fee > now, "message {nonce} pays {now} already: name more than that");
	let transaction = client.raise_fee(&key, None, nonce, fee.0).await?;
	context.done(&transaction, format!("message {nonce} pays {fee} now"))
}

/// Shows what has become of a message.
pub async fn status(context: &Context, nonce: u64, base: &BaseEnd) -> Result<()> {
	let client = context.client().await?;
	let base = base.connect(&chain(client.clone())).await?;
	let shown = look(&client, base.as_ref(), nonce, None).await?.with_context(|| unknown(nonce))?;
	context.output.show(&shown, text)
}

/// What to say of a message that the chain does not have.
fn unknown(nonce: u64) -> String {
	format!(
		"the chain has no message {nonce}: it was never sent, or it was told so long ago that it is forgotten; \
		 `deepnode bridge status` says how many there are"
	)
}

/// A message and what has become of it; `None` where the chain does not have it in this block.
pub async fn look(client: &Client, base: Option<&Base>, nonce: u64, at: Option<H256>) -> Result<Option<Shown>> {
	let Some(BridgeMessage { message, state, .. }) = client.bridge_message(nonce, at).await? else { return Ok(None) };
	let on_base = match base {
		Some(base) => Some(base.status_of(nonce, BlockId::latest()).await?.name()),
		None => None,
	};
	let (state, told_at) = match state {
		MessageState::Queued => ("queued", None),
		MessageState::Told(place) => ("told", Some(place.block)),
		MessageState::Raised(place) => ("raised", Some(place.block)),
		MessageState::Refused(place) => ("refused", Some(place.block)),
	};
	let sender = match message.sender.is_zero() {
		true => "the chain".into(),
		false => AccountId::new(message.sender.0).to_string(),
	};
	Ok(Some(Shown {
		nonce,
		kind: message.kind().to_string(),
		sender,
		fee: Amount(message.fee),
		what: What::from(&message.payload),
		state,
		told_at,
		on_base,
	}))
}

fn text(message: &Shown) -> String {
	let state = match (message.state, message.told_at) {
		("told", Some(block)) => format!("told to Base in block {block}"),
		("raised", Some(block)) => format!("told to Base in block {block}, and to be told again with its higher fee"),
		("refused", _) => "refused by Base, and taken back".into(),
		_ => "waits to be told to Base".into(),
	};
	let mut rows = vec![
		("message", format!("{} ({}) of {}", message.nonce, message.kind, message.sender)),
		("says", message.what.text()),
		("pays", format!("{} for its delivery", message.fee)),
		("on the chain", state),
	];
	if let Some(status) = message.on_base {
		rows.push(("on Base", status.into()));
	}
	fields(&rows)
}

#[cfg(test)]
pub mod tests {
	use deepnode_primitives::DN;

	use super::*;

	pub fn shown(state: &'static str, told_at: Option<u32>) -> Shown {
		let payload = Payload::Release { recipient: [1; 20].into(), amount: 3 * DN };
		Shown {
			nonce: 7,
			kind: "release".into(),
			sender: "5F".into(),
			fee: Amount(DN / 2),
			what: What::from(&payload),
			state,
			told_at,
			on_base: Some("done"),
		}
	}

	#[test]
	fn a_message_says_what_it_is_and_where_it_stands() {
		let told = text(&shown("told", Some(9)));
		for words in ["7 (release) of 5F", "3 DN to 0x0101", "0.5 DN for its delivery", "in block 9", "done"] {
			assert!(told.contains(words), "{words}: {told}");
		}
		assert!(text(&shown("queued", None)).contains("waits to be told"));
		assert!(text(&shown("raised", Some(9))).contains("told again"));
	}

	#[test]
	fn what_is_waited_for_depends_on_whether_base_is_asked() {
		let at = |on_base| Shown { on_base, ..shown("told", Some(9)) };
		assert!(at(Some("done")).has_arrived(true) && at(Some("failed")).has_arrived(true));
		assert!(!at(Some(MessageStatus::Unknown.name())).has_arrived(true));
		assert!(at(None).has_arrived(false) && !shown("queued", None).has_arrived(false));
	}

	#[test]
	fn in_json_amounts_are_of_the_smallest_unit_and_what_is_not_known_is_left_out() {
		let json = serde_json::to_value(shown("queued", None)).unwrap();
		assert_eq!(json["amount"], (3 * DN).to_string());
		assert!(json.get("told_at").is_none());
	}
}
