//! The RPC methods that this chain's pallets and consensus add to those of every Substrate node.

use crate::service::{FullBackend, FullClient, FullSelectChain, TransactionPool};
use deepnode_runtime::{opaque::Block, Hash};
use jsonrpsee::RpcModule;
use sc_client_api::Backend;
use sc_consensus_babe::BabeWorkerHandle;
use sc_consensus_beefy::BeefyRPCLinks;
use sc_consensus_grandpa::{FinalityProofProvider, GrandpaJustificationStream, SharedAuthoritySet, SharedVoterState};
use sc_rpc::SubscriptionTaskExecutor;
use sc_service::ChainSpec;
use sp_blockchain::{Error, Result};
use sp_consensus_beefy::ecdsa_crypto::AuthorityId as BeefyId;
use sp_keystore::KeystorePtr;
use std::sync::Arc;

/// What the GRANDPA methods need.
pub struct Grandpa {
	/// The state of the running vote.
	pub voter_state: SharedVoterState,
	/// The current authorities.
	pub authority_set: SharedAuthoritySet<Hash, u32>,
	/// Justifications, as they come.
	pub justifications: GrandpaJustificationStream<Block>,
	/// Proofs of finality.
	pub finality_proofs: Arc<FinalityProofProvider<FullBackend, Block>>,
}

/// What the methods need.
pub struct Deps {
	/// The chain.
	pub client: Arc<FullClient>,
	/// The database.
	pub backend: Arc<FullBackend>,
	/// The transactions that wait for a block.
	pub pool: Arc<TransactionPool>,
	/// Which of several forks is the chain.
	pub select_chain: FullSelectChain,
	/// The chain's specification.
	pub chain_spec: Box<dyn ChainSpec>,
	/// The node's keys.
	pub keystore: KeystorePtr,
	/// What BABE knows of epochs.
	pub babe: BabeWorkerHandle<Block>,
	/// What the GRANDPA methods need.
	pub grandpa: Grandpa,
	/// What BEEFY has finalised, as it comes.
	pub beefy: BeefyRPCLinks<Block, BeefyId>,
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> Error {
	Error::Application(Box::new(error))
}

/// All of the chain's own methods.
pub fn create(deps: &Deps, executor: SubscriptionTaskExecutor) -> Result<RpcModule<()>> {
	use mmr_rpc::{Mmr, MmrApiServer};
	use pallet_transaction_payment_rpc::{TransactionPayment, TransactionPaymentApiServer};
	use sc_consensus_babe_rpc::{Babe, BabeApiServer};
	use sc_consensus_beefy_rpc::{Beefy, BeefyApiServer};
	use sc_consensus_grandpa_rpc::{Grandpa, GrandpaApiServer};
	use sc_sync_state_rpc::{SyncState, SyncStateApiServer};
	use substrate_frame_rpc_system::{System, SystemApiServer};

	let Deps { client, backend, pool, select_chain, chain_spec, keystore, babe, grandpa, beefy } = deps;
	let mut module = RpcModule::new(());

	module.merge(System::new(client.clone(), pool.clone()).into_rpc()).map_err(failed)?;
	module.merge(TransactionPayment::new(client.clone()).into_rpc()).map_err(failed)?;
	module
		.merge(Babe::new(client.clone(), babe.clone(), keystore.clone(), select_chain.clone()).into_rpc())
		.map_err(failed)?;
	module
		.merge(
			Grandpa::new(
				executor.clone(),
				grandpa.authority_set.clone(),
				grandpa.voter_state.clone(),
				grandpa.justifications.clone(),
				grandpa.finality_proofs.clone(),
			)
			.into_rpc(),
		)
		.map_err(failed)?;
	module
		.merge(
			SyncState::new(chain_spec.cloned_box(), client.clone(), grandpa.authority_set.clone(), babe.clone())
				.map_err(failed)?
				.into_rpc(),
		)
		.map_err(failed)?;
	module
		.merge(
			Beefy::<Block, BeefyId>::new(
				beefy.from_voter_justif_stream.clone(),
				beefy.from_voter_best_beefy_stream.clone(),
				executor,
			)
			.map_err(failed)?
			.into_rpc(),
		)
		.map_err(failed)?;
	let offchain_storage = backend
		.offchain_storage()
		.ok_or_else(|| Error::Backend("the database has no offchain storage, where MMR leaves are kept".into()))?;
	module.merge(Mmr::new(client.clone(), offchain_storage).into_rpc()).map_err(failed)?;

	Ok(module)
}
