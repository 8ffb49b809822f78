//! The bridge to Base: the calls of those who use it, and what whoever carries its messages asks.

use deepnode_primitives::{
	bridge::{Claim, Domain, Message, Receipt, Roots},
	content::Digest,
	Balance, ModelId,
};
use sp_core::H160;

use crate::{
	client::Client,
	convert::{self, bridge::to_address, to_account},
	error::Result,
	events::Event,
	keys::Keypair,
	runtime,
	tx::TxInBlock,
	types::{Backing, BridgeCall, BridgeMessage, PayoutInfo, SettlementInfo},
	view, AccountId, H256,
};

impl Client {
	/// Sends DN to an address on Base. `fee` is what whoever delivers the message there is paid besides. The
	/// message's number is in [`Event::WithdrawalQueued`].
	pub async fn withdraw_to_base(
		&self,
		signer: &Keypair,
		nonce: Option<u64>,
		recipient: H160,
		amount: Balance,
		fee: Balance,
	) -> Result<TxInBlock> {
		let call = runtime::tx().base_bridge().withdraw(to_address(recipient), amount, fee);
		self.send(signer, nonce, &call).await
	}

	/// Raises the fee of the message of this number to `fee`.
	pub async fn raise_fee(
		&self,
		signer: &Keypair,
		nonce: Option<u64>,
		message: u64,
		fee: Balance,
	) -> Result<TxInBlock> {
		self.send(signer, nonce, &runtime::tx().base_bridge().raise_fee(message, fee)).await
	}

	/// Has what the signer earns paid out at an address on Base, or here again where it is `None`.
	pub async fn set_payout_address(
		&self,
		signer: &Keypair,
		nonce: Option<u64>,
		address: Option<H160>,
	) -> Result<TxInBlock> {
		let call = runtime::tx().base_bridge().set_payout_address(address.map(to_address));
		self.send(signer, nonce, &call).await
	}

	/// Gives an account back what it cannot claim on Base, since the epoch's settlement was refused.
	pub async fn reclaim(&self, signer: &Keypair, nonce: Option<u64>, epoch: u64, index: u32) -> Result<TxInBlock> {
		self.send(signer, nonce, &runtime::tx().base_bridge().reclaim(epoch, index)).await
	}

	/// Does what only governance may, as root of a development chain.
	pub async fn bridge_as_root(&self, signer: &Keypair, nonce: Option<u64>, call: BridgeCall) -> Result<TxInBlock> {
		let call = runtime::tx().sudo().sudo(convert::bridge::to_call(call));
		self.send(signer, nonce, &call).await
	}

	/// Between which ends messages go; `None` until the gateway is known.
	pub async fn bridge_domain(&self, at: Option<H256>) -> Result<Option<Domain>> {
		let at = self.at(at).await?;
		Ok(view::call(&at, &runtime::view_functions().base_bridge().domain()).await?.map(|domain| domain.0))
	}

	/// The message of this number and what has become of it; `None` where there is none, or it is forgotten.
	pub async fn bridge_message(&self, message: u64, at: Option<H256>) -> Result<Option<BridgeMessage>> {
		let at = self.at(at).await?;
		let found = view::call(&at, &runtime::view_functions().base_bridge().message(message)).await?;
		Ok(found.map(convert::bridge::message))
	}

	/// The number that the next message gets: how many there have been.
	pub async fn next_bridge_message(&self, at: Option<H256>) -> Result<u64> {
		let next = runtime::storage().base_bridge().next_nonce();
		Ok(self.fetch(at, next, ()).await?.unwrap_or_default())
	}

	/// How many messages wait to be told.
	pub async fn queued_messages(&self, at: Option<H256>) -> Result<u64> {
		let at = self.at(at).await?;
		view::call(&at, &runtime::view_functions().base_bridge().queued()).await
	}

	/// The messages that a block has told, as it told them, in the order of its tree. `at` is that block or one
	/// after it.
	pub async fn told_messages(&self, block: u32, at: Option<H256>) -> Result<Vec<Message>> {
		let at = self.at(at).await?;
		let told = view::call(&at, &runtime::view_functions().base_bridge().told(block)).await?;
		Ok(told.into_iter().map(|message| message.0).collect())
	}

	/// The blocks whose messages are kept, in order.
	pub async fn telling_blocks(&self, at: Option<H256>) -> Result<Vec<u32>> {
		let told = self.entries(at, runtime::storage().base_bridge().told(), ()).await?;
		let mut blocks: Vec<u32> = told.into_iter().map(|((block,), _)| block).collect();
		blocks.sort_unstable();
		Ok(blocks)
	}

	/// All messages that are kept, in the order of their numbers.
	pub async fn bridge_messages(&self, at: Option<H256>) -> Result<Vec<BridgeMessage>> {
		let messages = self.entries(at, runtime::storage().base_bridge().messages(), ()).await?;
		let mut messages: Vec<_> = messages.into_iter().map(|(_, message)| convert::bridge::message(message)).collect();
		messages.sort_unstable_by_key(|message| message.message.nonce);
		Ok(messages)
	}

	/// The receipts that a block has issued, in the order of its tree.
	pub async fn receipts(&self, block: H256) -> Result<Vec<Receipt>> {
		let receipts = self.events(block).await?.into_iter().filter_map(|event| match event {
			Event::ReceiptIssued { receipt, .. } => Some(receipt),
			_ => None,
		});
		Ok(receipts.collect())
	}

	/// The roots of a block, which the leaf that the next one appends commits to.
	pub async fn bridge_roots(&self, block: H256) -> Result<Roots> {
		let at = self.at(Some(block)).await?;
		Ok(view::call(&at, &runtime::view_functions().base_bridge().roots()).await?.0)
	}

	/// The running epoch of settlements, and the block in which the next begins.
	pub async fn settlement_epoch(&self, at: Option<H256>) -> Result<(u64, u32)> {
		let at = self.at(at).await?;
		view::call(&at, &runtime::view_functions().base_bridge().epoch()).await
	}

	/// An epoch's settlement, while its claims are kept.
	pub async fn settlement(&self, epoch: u64, at: Option<H256>) -> Result<Option<SettlementInfo>> {
		let at = self.at(at).await?;
		let found = view::call(&at, &runtime::view_functions().base_bridge().settlement(epoch)).await?;
		Ok(found.map(convert::bridge::settlement))
	}

	/// The claims of an epoch's settlement, in the order of its tree.
	pub async fn claims(&self, epoch: u64, at: Option<H256>) -> Result<Vec<Claim>> {
		let at = self.at(at).await?;
		let claims = view::call(&at, &runtime::view_functions().base_bridge().claims(epoch)).await?;
		Ok(claims.into_iter().map(|claim| claim.0).collect())
	}

	/// Where an account is paid out on Base; `None` where it is paid here.
	pub async fn payout(&self, account: &AccountId, at: Option<H256>) -> Result<Option<PayoutInfo>> {
		let at = self.at(at).await?;
		let found = view::call(&at, &runtime::view_functions().base_bridge().payout(to_account(account))).await?;
		Ok(found.map(convert::bridge::payout))
	}

	/// What Base has locked for this chain, and what is issued.
	pub async fn backing(&self, at: Option<H256>) -> Result<Backing> {
		let at = self.at(at).await?;
		Ok(convert::bridge::backing(view::call(&at, &runtime::view_functions().base_bridge().backing()).await?))
	}

	/// A model's manifest hash, which receipts of its tasks name.
	pub async fn manifest(&self, model: ModelId, at: Option<H256>) -> Result<Option<Digest>> {
		let at = self.at(at).await?;
		view::call(&at, &runtime::view_functions().model_registry().manifest(model)).await
	}
}
