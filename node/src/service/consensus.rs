//! The three protocols that make a chain of blocks: BABE, GRANDPA and BEEFY. Each is an essential
//! task: if one fails, the node stops, so that it is noticed.

use super::partial::{
	inherent_data, BlockImport, FullBackend, FullClient, FullSelectChain, TransactionPool, GRANDPA_JUSTIFICATION_PERIOD,
};
use deepnode_runtime::{opaque::Block, Hash};
use sc_consensus_babe::{BabeLink, BabeParams, SlotProportion};
use sc_consensus_beefy::{
	communication::{beefy_peers_set_config, request_response::BeefyJustifsRequestHandler},
	gossip_protocol_name, BeefyNetworkParams, BeefyParams, BeefyVoterLinks,
};
use sc_consensus_grandpa::{GrandpaParams, LinkHalf, SharedVoterState, VotingRulesBuilder};
use sc_network::{
	config::FullNetworkConfiguration,
	service::{traits::NetworkService, NotificationMetrics},
	NetworkBackend, NotificationService, ProtocolName,
};
use sc_service::{error::Error as ServiceError, Configuration, Role, TaskManager};
use sc_telemetry::TelemetryHandle;
use sc_transaction_pool_api::OffchainTransactionPoolFactory;
use sp_consensus_beefy::ecdsa_crypto::AuthorityId as BeefyId;
use sp_keystore::KeystorePtr;
use std::{marker::PhantomData, sync::Arc, time::Duration};
use substrate_prometheus_endpoint::Registry;

/// How many blocks BEEFY lets pass, at least, between two commitments within a session: 12
/// seconds' worth. A message to another chain waits for the next commitment, and each costs every
/// validator a signature and its gossip.
const BEEFY_MIN_BLOCK_DELTA: u32 = 4;

/// How long a GRANDPA message takes to reach everyone.
const GRANDPA_GOSSIP_DURATION: Duration = Duration::from_millis(333);

/// The syncing service.
type Sync = Arc<sc_network_sync::SyncingService<Block>>;

/// What the protocols need of the node they run in.
pub struct Node {
	/// The chain.
	pub client: Arc<FullClient>,
	/// The database.
	pub backend: Arc<FullBackend>,
	/// The node's keys.
	pub keystore: KeystorePtr,
	/// Which of several forks is the chain.
	pub select_chain: FullSelectChain,
	/// The transactions that wait for a block.
	pub pool: Arc<TransactionPool>,
	/// The network.
	pub network: Arc<dyn NetworkService>,
	/// What is known of the peers' blocks.
	pub sync: Sync,
	/// Whether the node is a validator.
	pub role: Role,
	/// The node's name.
	pub name: String,
	/// Whether to author blocks without peers too.
	pub force_authoring: bool,
	/// Where metrics are registered.
	pub registry: Option<Registry>,
	/// Where telemetry goes.
	pub telemetry: Option<TelemetryHandle>,
}

/// GRANDPA's end of the network.
pub struct GrandpaNetwork {
	protocol_name: ProtocolName,
	notifications: Box<dyn NotificationService>,
}

impl GrandpaNetwork {
	/// Adds GRANDPA's protocol to the network's configuration.
	pub fn add<N: NetworkBackend<Block, Hash>>(
		net_config: &mut FullNetworkConfiguration<Block, Hash, N>,
		config: &Configuration,
		genesis_hash: &Hash,
		metrics: NotificationMetrics,
	) -> Self {
		let protocol_name = sc_consensus_grandpa::protocol_standard_name(genesis_hash, &config.chain_spec);
		let (protocol, notifications) = sc_consensus_grandpa::grandpa_peers_set_config::<_, N>(
			protocol_name.clone(),
			metrics,
			net_config.peer_store_handle(),
		);
		net_config.add_notification_protocol(protocol);
		Self { protocol_name, notifications }
	}
}

/// BEEFY's end of the network.
pub struct BeefyNetwork {
	gossip_protocol_name: ProtocolName,
	notifications: Box<dyn NotificationService>,
	justifications: BeefyJustifsRequestHandler<Block, FullClient>,
}

impl BeefyNetwork {
	/// Adds BEEFY's two protocols, gossip and justifications on request, to the network's
	/// configuration.
	pub fn add<N: NetworkBackend<Block, Hash>>(
		net_config: &mut FullNetworkConfiguration<Block, Hash, N>,
		config: &Configuration,
		genesis_hash: &Hash,
		client: Arc<FullClient>,
		metrics: NotificationMetrics,
	) -> Self {
		let fork_id = config.chain_spec.fork_id();
		let gossip_protocol_name = gossip_protocol_name(genesis_hash, fork_id);
		let (justifications, request_protocol) = BeefyJustifsRequestHandler::new::<_, N>(
			genesis_hash,
			fork_id,
			client,
			config.prometheus_registry().cloned(),
		);
		let (gossip_protocol, notifications) =
			beefy_peers_set_config::<_, N>(gossip_protocol_name.clone(), metrics, net_config.peer_store_handle());
		net_config.add_notification_protocol(gossip_protocol);
		net_config.add_request_response_protocol(request_protocol);
		Self { gossip_protocol_name, notifications, justifications }
	}
}

impl Node {
	/// The keys to sign votes with: none unless the node is a validator.
	fn voting_keys(&self) -> Option<KeystorePtr> {
		self.role.is_authority().then(|| self.keystore.clone())
	}

	/// Starts to author blocks.
	pub fn start_babe(
		&self,
		task_manager: &TaskManager,
		block_import: BlockImport,
		babe_link: BabeLink<Block>,
	) -> Result<(), ServiceError> {
		let proposer = sc_basic_authorship::ProposerFactory::new(
			task_manager.spawn_handle(),
			self.client.clone(),
			self.pool.clone(),
			self.registry.as_ref(),
			self.telemetry.clone(),
		);
		let babe = sc_consensus_babe::start_babe(BabeParams {
			keystore: self.keystore.clone(),
			client: self.client.clone(),
			select_chain: self.select_chain.clone(),
			env: proposer,
			block_import,
			sync_oracle: self.sync.clone(),
			justification_sync_link: self.sync.clone(),
			create_inherent_data_providers: inherent_data(babe_link.config().slot_duration()),
			force_authoring: self.force_authoring,
			// When finality lags, blocks come more slowly, so that it can catch up.
			backoff_authoring_blocks: Some(sc_consensus_slots::BackoffAuthoringOnFinalizedHeadLagging::default()),
			babe_link,
			block_proposal_slot_portion: SlotProportion::new(0.5),
			max_block_proposal_slot_portion: None,
			telemetry: self.telemetry.clone(),
		})?;
		task_manager.spawn_essential_handle().spawn_blocking("babe-proposer", Some("block-authoring"), babe);
		Ok(())
	}

	/// Starts to vote on finality, or to follow the votes.
	pub fn start_grandpa(
		&self,
		task_manager: &TaskManager,
		network: GrandpaNetwork,
		link: LinkHalf<Block, FullClient, FullSelectChain>,
		shared_voter_state: SharedVoterState,
	) -> Result<(), ServiceError> {
		let config = sc_consensus_grandpa::Config {
			gossip_duration: GRANDPA_GOSSIP_DURATION,
			justification_generation_period: GRANDPA_JUSTIFICATION_PERIOD,
			observer_enabled: false,
			local_role: self.role,
			name: Some(self.name.clone()),
			keystore: self.voting_keys(),
			telemetry: self.telemetry.clone(),
			protocol_name: network.protocol_name,
		};
		let voter = sc_consensus_grandpa::run_grandpa_voter(GrandpaParams {
			config,
			link,
			network: self.network.clone(),
			sync: self.sync.clone(),
			notification_service: network.notifications,
			voting_rule: VotingRulesBuilder::default().build(),
			prometheus_registry: self.registry.clone(),
			shared_voter_state,
			telemetry: self.telemetry.clone(),
			offchain_tx_pool_factory: OffchainTransactionPoolFactory::new(self.pool.clone()),
		})?;
		task_manager.spawn_essential_handle().spawn_blocking("grandpa-voter", None, voter);
		Ok(())
	}

	/// Starts to sign commitments for light clients, or to follow those of others.
	pub fn start_beefy(
		&self,
		task_manager: &TaskManager,
		network: BeefyNetwork,
		links: BeefyVoterLinks<Block, BeefyId>,
	) {
		let gadget = sc_consensus_beefy::start_beefy_gadget(BeefyParams {
			client: self.client.clone(),
			backend: self.backend.clone(),
			payload_provider: sp_consensus_beefy::mmr::MmrRootProvider::new(self.client.clone()),
			runtime: self.client.clone(),
			key_store: self.voting_keys(),
			network_params: BeefyNetworkParams {
				network: Arc::new(self.network.clone()),
				sync: self.sync.clone(),
				notification_service: network.notifications,
				gossip_protocol_name: network.gossip_protocol_name,
				justifications_protocol_name: network.justifications.protocol_name(),
				_phantom: PhantomData::<Block>,
			},
			min_block_delta: BEEFY_MIN_BLOCK_DELTA,
			prometheus_registry: self.registry.clone(),
			links,
			on_demand_justifications_handler: network.justifications,
			is_authority: self.role.is_authority(),
		});
		task_manager.spawn_essential_handle().spawn_blocking("beefy-gadget", None, gadget);
	}
}
