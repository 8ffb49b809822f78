//! A client of one chain, through one node.

use std::{
	collections::VecDeque,
	fmt,
	sync::{Arc, Mutex, PoisonError},
};

use subxt::{
	backend::LegacyBackend,
	config::{substrate::BlakeTwo256, Hasher as _, RpcConfigFor},
	rpcs::{client::RpcClient, methods::legacy::LegacyRpcMethods},
	OnlineClient, OnlineClientAtBlock,
};

use crate::{
	blocks::Block,
	chain_config::ChainConfig,
	connection::{self, Options},
	error::{Error, Result},
	H256,
};

/// The chain at one block.
pub(crate) type At = OnlineClientAtBlock<ChainConfig>;

/// How many blocks' handles are kept, since one block is usually asked about several times.
const KEPT_BLOCKS: usize = 8;

/// How many entries of a map are fetched at once.
const PAGE: u32 = 512;

/// A client of the chain. Clones share one connection, which opens itself again after it broke.
///
/// Every query takes the hash of the block to ask about; `None` is the best block.
#[derive(Clone)]
pub struct Client {
	inner: Arc<Inner>,
}

struct Inner {
	url: String,
	api: OnlineClient<ChainConfig>,
	rpc: RpcClient,
	methods: LegacyRpcMethods<RpcConfigFor<ChainConfig>>,
	kept: Mutex<VecDeque<(H256, At)>>,
	/// Held while a nonce is chosen and its transaction enters the pool, so that no two get the same.
	nonces: tokio::sync::Mutex<()>,
}

impl fmt::Debug for Client {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.debug_struct("Client").field("url", &self.inner.url).finish_non_exhaustive()
	}
}

impl Client {
	/// Connects to the node at a `ws://` or `wss://` URL. A connection that breaks later is opened
	/// again, with pauses of up to ten seconds, for ever.
	pub async fn connect(url: &str) -> Result<Self> {
		Self::connect_with(url, Options::default()).await
	}

	/// Connects to the node at a URL.
	pub async fn connect_with(url: &str, options: Options) -> Result<Self> {
		Self::over(url, connection::open(url, options).await?).await
	}

	/// A client over an open connection.
	pub(crate) async fn over(url: &str, rpc: RpcClient) -> Result<Self> {
		let methods = LegacyRpcMethods::new(rpc.clone());
		// Not subxt's default, which asks through `chainHead_v1` first: in 0.51 that waits for ever where the
		// runtime fails a call, since it does not look at the operation's error.
		let backend: LegacyBackend<ChainConfig> = LegacyBackend::builder().storage_page_size(PAGE).build(rpc.clone());
		let api = OnlineClient::from_backend(Arc::new(backend)).await?;
		let inner = Inner { url: url.into(), api, rpc, methods, kept: Mutex::default(), nonces: Default::default() };
		Ok(Self { inner: Arc::new(inner) })
	}

	/// The node's URL.
	pub fn url(&self) -> &str {
		&self.inner.url
	}

	/// The hash of the chain's first block.
	pub fn genesis_hash(&self) -> H256 {
		self.inner.api.genesis_hash()
	}

	/// The best block now.
	pub async fn best_block(&self) -> Result<Block> {
		let header = self.inner.methods.chain_get_header(None).await?;
		let header = header.ok_or_else(|| Error::UnknownBlock("at its head".into()))?;
		Ok(Block { hash: BlakeTwo256.hash(&codec::Encode::encode(&header)), number: number(header.number) })
	}

	/// The latest finalized block now.
	pub async fn finalized_block(&self) -> Result<Block> {
		let at = self.inner.api.at_current_block().await?;
		Ok(Block { hash: at.block_hash(), number: number(at.block_number()) })
	}

	/// The block of this number on the best chain; `None` where there is none yet.
	pub async fn block_at(&self, number: u32) -> Result<Option<Block>> {
		let hash = self.inner.methods.chain_get_block_hash(Some(number.into())).await?;
		Ok(hash.map(|hash| Block { number, hash }))
	}

	/// What the node calls itself and its chain.
	pub async fn node_info(&self) -> Result<NodeInfo> {
		let methods = &self.inner.methods;
		let (chain, name, version, health) = futures::try_join!(
			methods.system_chain(),
			methods.system_name(),
			methods.system_version(),
			methods.system_health()
		)?;
		let spec_version = self.at(None).await?.spec_version();
		Ok(NodeInfo {
			chain,
			node: format!("{name} {version}"),
			spec_version,
			peers: health.peers as u32,
			syncing: health.is_syncing,
		})
	}

	pub(crate) fn api(&self) -> &OnlineClient<ChainConfig> {
		&self.inner.api
	}

	pub(crate) fn rpc(&self) -> &RpcClient {
		&self.inner.rpc
	}

	pub(crate) fn methods(&self) -> &LegacyRpcMethods<RpcConfigFor<ChainConfig>> {
		&self.inner.methods
	}

	pub(crate) async fn lock_nonces(&self) -> tokio::sync::MutexGuard<'_, ()> {
		self.inner.nonces.lock().await
	}

	/// The chain at a block, the best one where it is `None`.
	pub(crate) async fn at(&self, hash: Option<H256>) -> Result<At> {
		match hash {
			Some(hash) => match self.kept(&hash) {
				Some(at) => Ok(at),
				None => self.keep(self.inner.api.at_block(hash).await?),
			},
			None => self.at_best(self.best_block().await?).await,
		}
	}

	/// The chain at a block that [`Self::best_block`] gave.
	pub(crate) async fn at_best(&self, best: Block) -> Result<At> {
		match self.kept(&best.hash) {
			Some(at) => Ok(at),
			None => self.keep(self.inner.api.at_block_hash_and_number(best.hash, best.number.into()).await?),
		}
	}

	fn kept(&self, hash: &H256) -> Option<At> {
		let kept = self.inner.kept.lock().unwrap_or_else(PoisonError::into_inner);
		kept.iter().find(|(kept, _)| kept == hash).map(|(_, at)| at.clone())
	}

	fn keep(&self, at: At) -> Result<At> {
		let mut kept = self.inner.kept.lock().unwrap_or_else(PoisonError::into_inner);
		kept.truncate(KEPT_BLOCKS - 1);
		kept.push_front((at.block_hash(), at.clone()));
		Ok(at)
	}
}

/// What a node calls itself and its chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeInfo {
	/// The chain's name.
	pub chain: String,
	/// The node's name and version.
	pub node: String,
	/// The runtime's version.
	pub spec_version: u32,
	/// How many other nodes it is connected to.
	pub peers: u32,
	/// Whether it is still catching up with the others.
	pub syncing: bool,
}

/// A block number as the runtime counts it: its type there is `u32`.
pub(crate) fn number(number: u64) -> u32 {
	u32::try_from(number).unwrap_or(u32::MAX)
}
