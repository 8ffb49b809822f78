//! The parts of a node that subcommands need too: the chain, its database and how blocks are
//! imported.

use crate::rpc;
use deepnode_runtime::{apis::RuntimeApi, opaque::Block, Hash};
use sc_consensus_babe::{BabeBlockImport, BabeLink};
use sc_consensus_beefy::{import::BeefyBlockImport, BeefyVoterLinks};
use sc_consensus_grandpa::{FinalityProofProvider, GrandpaBlockImport, SharedVoterState};
use sc_service::{error::Error as ServiceError, Configuration, PartialComponents};
use sc_telemetry::{Telemetry, TelemetryWorker};
use sc_transaction_pool_api::OffchainTransactionPoolFactory;
use sp_consensus_babe::SlotDuration;
use sp_consensus_beefy::ecdsa_crypto::AuthorityId as BeefyId;
use sp_inherents::CreateInherentDataProviders;
use std::sync::Arc;

/// The functions that the runtime can call. There are none beyond Substrate's own, so that tools
/// which know nothing of this chain can run its runtime.
pub type HostFunctions = sp_io::SubstrateHostFunctions;

/// The chain: its blocks, its states and its runtime.
pub type FullClient = sc_service::TFullClient<Block, RuntimeApi, sc_executor::WasmExecutor<HostFunctions>>;

/// The database.
pub type FullBackend = sc_service::TFullBackend<Block>;

/// Which of several forks is the chain: the longest that does not contradict finality.
pub type FullSelectChain = sc_consensus::LongestChain<FullBackend, Block>;

/// The transactions that wait for a block.
pub type TransactionPool = sc_transaction_pool::TransactionPoolHandle<Block, FullClient>;

/// What a node adds to each block it authors, and expects of those of others: the slot and the
/// time.
pub type InherentData = Arc<
	dyn CreateInherentDataProviders<
		Block,
		(),
		InherentDataProviders = (
			sp_consensus_babe::inherents::InherentDataProvider,
			sp_timestamp::InherentDataProvider,
		),
	>,
>;

type GrandpaImport = GrandpaBlockImport<FullBackend, Block, FullClient, FullSelectChain>;
type BeefyImport = BeefyBlockImport<Block, FullBackend, FullClient, GrandpaImport, BeefyId>;

/// How a block is imported: BABE checks it, then BEEFY and GRANDPA take their justifications.
pub type BlockImport = BabeBlockImport<Block, FullClient, BeefyImport, InherentData, FullSelectChain>;

/// What connects block import with the consensus protocols once these run.
pub struct Consensus {
	/// How a block is imported.
	pub block_import: BlockImport,
	/// GRANDPA's end of the connection.
	pub grandpa_link: sc_consensus_grandpa::LinkHalf<Block, FullClient, FullSelectChain>,
	/// BABE's end of the connection.
	pub babe_link: BabeLink<Block>,
	/// BEEFY's end of the connection.
	pub beefy_links: BeefyVoterLinks<Block, BeefyId>,
}

/// A node before it is connected to a network.
pub type Partial = PartialComponents<
	FullClient,
	FullBackend,
	FullSelectChain,
	sc_consensus::DefaultImportQueue<Block>,
	TransactionPool,
	(Consensus, rpc::Deps, Option<Telemetry>),
>;

/// After how many blocks a GRANDPA justification is kept and served at the latest.
pub const GRANDPA_JUSTIFICATION_PERIOD: u32 = 512;

/// The slot and the time, now.
pub fn inherent_data(slot_duration: SlotDuration) -> InherentData {
	Arc::new(move |_parent: Hash, ()| async move {
		let timestamp = sp_timestamp::InherentDataProvider::from_system_time();
		let slot = sp_consensus_babe::inherents::InherentDataProvider::from_timestamp_and_slot_duration(
			*timestamp,
			slot_duration,
		);
		Ok((slot, timestamp))
	})
}

/// Opens the chain and prepares to import blocks.
pub fn new_partial(config: &Configuration) -> Result<Partial, ServiceError> {
	let telemetry = config
		.telemetry_endpoints
		.clone()
		.filter(|endpoints| !endpoints.is_empty())
		.map(|endpoints| -> Result<_, sc_telemetry::Error> {
			let worker = TelemetryWorker::new(16)?;
			let telemetry = worker.handle().new_telemetry(endpoints);
			Ok((worker, telemetry))
		})
		.transpose()?;

	let executor = sc_service::new_wasm_executor::<HostFunctions>(&config.executor);
	let (client, backend, keystore_container, task_manager) = sc_service::new_full_parts::<Block, RuntimeApi, _>(
		config,
		telemetry.as_ref().map(|(_, telemetry)| telemetry.handle()),
		executor,
		// Where blocks are pruned, those that prove a change of authorities are kept: nodes
		// that sync by warp proofs need them.
		vec![Arc::new(sc_consensus_grandpa::GrandpaPruningFilter)],
	)?;
	let client = Arc::new(client);
	let telemetry = telemetry.map(|(worker, telemetry)| {
		task_manager.spawn_handle().spawn("telemetry", None, worker.run());
		telemetry
	});
	let telemetry_handle = || telemetry.as_ref().map(|telemetry| telemetry.handle());

	let select_chain = sc_consensus::LongestChain::new(backend.clone());
	let transaction_pool = Arc::new(
		sc_transaction_pool::Builder::new(
			task_manager.spawn_essential_handle(),
			client.clone(),
			config.role.is_authority().into(),
		)
		.with_options(config.transaction_pool.clone())
		.with_prometheus(config.prometheus_registry())
		.build(),
	);

	let (grandpa_import, grandpa_link) = sc_consensus_grandpa::block_import(
		client.clone(),
		GRANDPA_JUSTIFICATION_PERIOD,
		&client,
		select_chain.clone(),
		telemetry_handle(),
	)?;
	let (beefy_import, beefy_links, beefy_rpc) = sc_consensus_beefy::beefy_block_import_and_links(
		grandpa_import.clone(),
		backend.clone(),
		client.clone(),
		config.prometheus_registry().cloned(),
	);
	let babe_config = sc_consensus_babe::configuration(&*client)?;
	let slot_duration = babe_config.slot_duration();
	let (block_import, babe_link) = sc_consensus_babe::block_import(
		babe_config,
		beefy_import,
		client.clone(),
		inherent_data(slot_duration),
		select_chain.clone(),
		OffchainTransactionPoolFactory::new(transaction_pool.clone()),
	)?;
	let (import_queue, babe_worker) = sc_consensus_babe::import_queue(sc_consensus_babe::ImportQueueParams {
		link: babe_link.clone(),
		block_import: block_import.clone(),
		justification_import: Some(Box::new(grandpa_import)),
		client: client.clone(),
		slot_duration,
		spawner: &task_manager.spawn_essential_handle(),
		registry: config.prometheus_registry(),
		telemetry: telemetry_handle(),
	})?;

	let authority_set = grandpa_link.shared_authority_set().clone();
	let rpc = rpc::Deps {
		client: client.clone(),
		backend: backend.clone(),
		pool: transaction_pool.clone(),
		select_chain: select_chain.clone(),
		chain_spec: config.chain_spec.cloned_box(),
		keystore: keystore_container.keystore(),
		babe: babe_worker,
		grandpa: rpc::Grandpa {
			voter_state: SharedVoterState::empty(),
			authority_set: authority_set.clone(),
			justifications: grandpa_link.justification_stream(),
			finality_proofs: FinalityProofProvider::new_for_service(backend.clone(), Some(authority_set)),
		},
		beefy: beefy_rpc,
	};

	Ok(PartialComponents {
		client,
		backend,
		task_manager,
		keystore_container,
		select_chain,
		import_queue,
		transaction_pool,
		other: (Consensus { block_import, grandpa_link, babe_link, beefy_links }, rpc, telemetry),
	})
}
