//! The node: what it consists of, and how its parts are started.

mod consensus;
mod partial;

pub use partial::{new_partial, FullBackend, FullClient, FullSelectChain, Partial, TransactionPool};

use deepnode_runtime::{opaque::Block, Hash};
use futures::{future, FutureExt, StreamExt};
use partial::Consensus;
use sc_client_api::{Backend, BlockBackend};
use sc_network::{Event, NetworkBackend, NetworkEventStream};
use sc_service::{
	error::Error as ServiceError, BuildNetworkParams, Configuration, SpawnTasksParams, TaskManager, WarpSyncConfig,
};
use sc_transaction_pool_api::OffchainTransactionPoolFactory;
use std::sync::Arc;

/// Starts a node with the network backend that its configuration names.
pub fn new_full(config: Configuration) -> Result<TaskManager, ServiceError> {
	use sc_network::{config::NetworkBackendType, Litep2pNetworkBackend, NetworkWorker};
	match config.network.network_backend {
		NetworkBackendType::Litep2p => start::<Litep2pNetworkBackend>(config),
		NetworkBackendType::Libp2p => start::<NetworkWorker<Block, Hash>>(config),
	}
}

/// Starts a node.
fn start<N: NetworkBackend<Block, Hash>>(config: Configuration) -> Result<TaskManager, ServiceError> {
	let Partial {
		client,
		backend,
		mut task_manager,
		import_queue,
		keystore_container,
		select_chain,
		transaction_pool,
		other: (consensus, rpc, mut telemetry),
	} = new_partial(&config)?;

	let genesis_hash =
		client.block_hash(0)?.ok_or_else(|| ServiceError::Other("the database has no genesis block".into()))?;
	let registry = config.prometheus_registry().cloned();
	let metrics = N::register_notification_metrics(config.prometheus_registry());

	let mut net_config =
		sc_network::config::FullNetworkConfiguration::<Block, Hash, N>::new(&config.network, registry.clone());
	let grandpa_network = consensus::GrandpaNetwork::add(&mut net_config, &config, &genesis_hash, metrics.clone());
	let beefy_network =
		consensus::BeefyNetwork::add(&mut net_config, &config, &genesis_hash, client.clone(), metrics.clone());

	let warp_sync = Arc::new(sc_consensus_grandpa::warp_proof::NetworkProvider::new(
		backend.clone(),
		consensus.grandpa_link.shared_authority_set().clone(),
		Vec::new(),
	));
	let (network, system_rpc_tx, tx_handler_controller, sync, _bitswap) =
		sc_service::build_network(BuildNetworkParams {
			config: &config,
			net_config,
			client: client.clone(),
			transaction_pool: transaction_pool.clone(),
			spawn_handle: task_manager.spawn_handle(),
			spawn_essential_handle: task_manager.spawn_essential_handle(),
			import_queue,
			block_announce_validator_builder: None,
			warp_sync_config: Some(WarpSyncConfig::WithProvider(warp_sync)),
			block_relay: None,
			metrics,
			gap_sync_body_policy: None,
		})?;

	if config.offchain_worker.enabled {
		let offchain_workers = sc_offchain::OffchainWorkers::new(sc_offchain::OffchainWorkerOptions {
			runtime_api_provider: client.clone(),
			keystore: Some(keystore_container.keystore()),
			offchain_db: backend.offchain_storage(),
			transaction_pool: Some(OffchainTransactionPoolFactory::new(transaction_pool.clone())),
			network_provider: Arc::new(network.clone()),
			is_validator: config.role.is_authority(),
			enable_http_requests: true,
			custom_extensions: |_| Vec::new(),
		})?;
		task_manager.spawn_handle().spawn(
			"offchain-workers-runner",
			"offchain-worker",
			offchain_workers.run(client.clone(), task_manager.spawn_handle()).boxed(),
		);
	}

	let node = consensus::Node {
		client: client.clone(),
		backend: backend.clone(),
		keystore: keystore_container.keystore(),
		select_chain,
		pool: transaction_pool.clone(),
		network: network.clone(),
		sync: sync.clone(),
		role: config.role,
		name: config.network.node_name.clone(),
		force_authoring: config.force_authoring,
		registry: registry.clone(),
		telemetry: telemetry.as_ref().map(|telemetry| telemetry.handle()),
	};
	let indexing_enabled = config.offchain_worker.indexing_enabled;
	let grandpa_enabled = !config.disable_grandpa;
	let discovery_config = sc_authority_discovery::WorkerConfig {
		publish_non_global_ips: config.network.allow_non_globals_in_dht,
		public_addresses: config.network.public_addresses.clone(),
		persisted_cache_directory: config.network.net_config_path.clone(),
		..Default::default()
	};

	let rpc_voter_state = rpc.grandpa.voter_state.clone();
	sc_service::spawn_tasks(SpawnTasksParams {
		config,
		client: client.clone(),
		backend: backend.clone(),
		task_manager: &mut task_manager,
		keystore: keystore_container.keystore(),
		transaction_pool,
		rpc_builder: Box::new(move |executor| crate::rpc::create(&rpc, executor).map_err(Into::into)),
		network: network.clone(),
		system_rpc_tx,
		tx_handler_controller,
		sync_service: sync,
		telemetry: telemetry.as_mut(),
		tracing_execute_block: None,
	})?;

	let Consensus { block_import, grandpa_link, babe_link, beefy_links } = consensus;
	if node.role.is_authority() {
		node.start_babe(&task_manager, block_import, babe_link)?;
		start_authority_discovery(&node, &task_manager, discovery_config);
	}
	node.start_beefy(&task_manager, beefy_network, beefy_links);
	if indexing_enabled {
		task_manager.spawn_essential_handle().spawn_blocking(
			"mmr-gadget",
			None,
			mmr_gadget::MmrGadget::start(client, backend, sp_mmr_primitives::INDEXING_PREFIX.to_vec()),
		);
	} else {
		tracing::warn!(
			"offchain indexing is off: this node cannot prove MMR leaves of the blocks that it \
			 imports now. Leave out `--enable-offchain-indexing false`, and sync again from the \
			 first block, to have them"
		);
	}
	if grandpa_enabled {
		node.start_grandpa(&task_manager, grandpa_network, grandpa_link, rpc_voter_state)?;
	}

	Ok(task_manager)
}

/// Publishes this validator's addresses and finds those of the others.
fn start_authority_discovery(
	node: &consensus::Node,
	task_manager: &TaskManager,
	config: sc_authority_discovery::WorkerConfig,
) {
	let dht_events = node.network.event_stream("authority-discovery").filter_map(|event| {
		future::ready(match event {
			Event::Dht(event) => Some(event),
			_ => None,
		})
	});
	let (worker, _service) = sc_authority_discovery::new_worker_and_service_with_config(
		config,
		node.client.clone(),
		Arc::new(node.network.clone()),
		Box::pin(dht_events),
		sc_authority_discovery::Role::PublishAndDiscover(node.keystore.clone()),
		node.registry.clone(),
		task_manager.spawn_handle(),
	);
	task_manager.spawn_handle().spawn("authority-discovery-worker", Some("networking"), worker.run());
}
