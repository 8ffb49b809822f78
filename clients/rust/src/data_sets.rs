//! Data sets: the calls about them, and what the registry has of them.

use std::collections::HashMap;

use deepnode_primitives::{content::Uris, Balance, DataSetId};

use crate::{
	client::Client,
	convert,
	error::Result,
	keys::Keypair,
	runtime,
	tx::TxInBlock,
	types::{DataFile, DataSetInfo, DataSetSpec},
	H256,
};

impl Client {
	/// Registers a data set; its number is in [`crate::Event::DataSetRegistered`].
	pub async fn register_data_set(
		&self,
		signer: &Keypair,
		nonce: Option<u64>,
		spec: &DataSetSpec,
	) -> Result<TxInBlock> {
		let call = runtime::tx().data_registry().register(convert::data_sets::to_data_set(spec)?);
		self.send(signer, nonce, &call).await
	}

	/// Sets where to fetch one of a data set's files.
	pub async fn set_data_set_uris(
		&self,
		signer: &Keypair,
		nonce: Option<u64>,
		data_set: DataSetId,
		file: u8,
		uris: Uris,
	) -> Result<TxInBlock> {
		let call = runtime::tx().data_registry().set_uris(data_set, file, convert::to_uris(uris));
		self.send(signer, nonce, &call).await
	}

	/// Shows the files of a sealed data set.
	pub async fn publish_data_set(
		&self,
		signer: &Keypair,
		nonce: Option<u64>,
		data_set: DataSetId,
		files: &[DataFile],
	) -> Result<TxInBlock> {
		let call = runtime::tx().data_registry().publish(data_set, convert::data_sets::to_files(files)?);
		self.send(signer, nonce, &call).await
	}

	/// Sets what one use of one item in an evaluation costs.
	pub async fn set_evaluation_price(
		&self,
		signer: &Keypair,
		nonce: Option<u64>,
		data_set: DataSetId,
		price: Balance,
	) -> Result<TxInBlock> {
		self.send(signer, nonce, &runtime::tx().data_registry().set_evaluation_price(data_set, price)).await
	}

	/// Retires a data set: it takes no new uses, and is removed at once where no model declares it.
	pub async fn retire_data_set(
		&self,
		signer: &Keypair,
		nonce: Option<u64>,
		data_set: DataSetId,
	) -> Result<TxInBlock> {
		self.send(signer, nonce, &runtime::tx().data_registry().retire(data_set)).await
	}

	/// Removes a retired data set that no model declares any more. Its bond goes back to its owner.
	pub async fn remove_data_set(
		&self,
		signer: &Keypair,
		nonce: Option<u64>,
		data_set: DataSetId,
	) -> Result<TxInBlock> {
		self.send(signer, nonce, &runtime::tx().data_registry().remove(data_set)).await
	}

	/// A data set; `None` where there is none of this number.
	pub async fn data_set(&self, data_set: DataSetId, at: Option<H256>) -> Result<Option<DataSetInfo>> {
		let at = Some(self.at(at).await?.block_hash());
		let registry = runtime::storage().data_registry();
		let Some(found) = self.fetch(at, registry.data_sets(), (data_set,)).await? else { return Ok(None) };
		let references = self.fetch(at, registry.references(), (data_set,)).await?.unwrap_or_default();
		let uses = self.fetch(at, registry.uses(), (data_set,)).await?.unwrap_or_default();
		Ok(Some(convert::data_sets::data_set(data_set, found, references, uses)))
	}

	/// Every data set, in the order of registration.
	pub async fn data_sets(&self, at: Option<H256>) -> Result<Vec<DataSetInfo>> {
		let at = Some(self.at(at).await?.block_hash());
		let registry = runtime::storage().data_registry();
		let found = self.entries(at, registry.data_sets(), ()).await?;
		let references = self.entries(at, registry.references(), ()).await?;
		let references: HashMap<_, _> = references.into_iter().map(|((id,), count)| (id, count)).collect();
		let uses = self.entries(at, registry.uses(), ()).await?;
		let uses: HashMap<_, _> = uses.into_iter().map(|((id,), count)| (id, count)).collect();
		let info = |((id,), found)| {
			let references = references.get(&id).copied().unwrap_or_default();
			convert::data_sets::data_set(id, found, references, uses.get(&id).copied().unwrap_or_default())
		};
		let mut data_sets: Vec<_> = found.into_iter().map(info).collect();
		data_sets.sort_unstable_by_key(|data_set| data_set.id);
		Ok(data_sets)
	}
}
