//! A node that says what it is told to.

use std::{
	collections::{HashMap, VecDeque},
	sync::{Arc, Mutex, MutexGuard},
};

use codec::Encode as _;
use futures::{stream, StreamExt as _};
use subxt::{
	config::{
		substrate::{BlakeTwo256, SubstrateHeader},
		Hasher as _,
	},
	rpcs::{
		client::{RawRpcFuture, RawRpcSubscription, RawValue, RpcClient, RpcClientT},
		Error, UserError,
	},
};

use crate::{blocks::Block, client::Client, H256};

/// What the node does with a transaction.
#[derive(Clone, Copy)]
pub enum Answer {
	/// Refuses it at once, for this reason.
	Refuse(&'static str),
	/// As [`Self::Refuse`], since a fork has replaced all blocks but the first.
	Fork(&'static str),
	/// Takes it into the pool, and then finds it invalid.
	Drop,
	/// Takes it into the next block.
	Include,
	/// As [`Self::Include`], and says nothing of blocks from then on.
	Hide,
	/// Breaks the connection.
	Break,
}

/// What the node knows.
pub struct Chain {
	headers: Vec<SubstrateHeader<H256>>,
	/// The number of the latest finalized block, where somebody asks. Who follows them hears of all up to the best.
	pub finalized: usize,
	/// What it does with the next transactions; it takes those after them into blocks.
	pub answers: VecDeque<Answer>,
	/// The next nonce of every account.
	pub nonce: u64,
	/// The transactions that it was sent.
	pub sent: Vec<Vec<u8>>,
	is_mute: bool,
	bodies: HashMap<H256, Vec<Vec<u8>>>,
	events: HashMap<H256, Vec<u8>>,
}

impl Chain {
	/// Puts so many blocks upon the best one, of the branch with this number.
	pub fn grow(&mut self, blocks: usize, branch: u8) {
		for _ in 0..blocks {
			let parent_hash = self.headers.last().map(hash).unwrap_or_default();
			let number = self.headers.len() as u64;
			let (state_root, extrinsics_root) = (H256::repeat_byte(branch), H256::zero());
			self.headers.push(SubstrateHeader {
				parent_hash,
				number,
				state_root,
				extrinsics_root,
				digest: Default::default(),
			});
		}
	}

	/// Replaces all blocks but the first by a branch with this number.
	fn fork(&mut self, branch: u8) {
		let length = self.headers.len();
		self.headers.truncate(1);
		self.grow(length - 1, branch);
	}

	/// The block of this number.
	pub fn block(&self, number: usize) -> Block {
		Block { number: number as u32, hash: hash(&self.headers[number]) }
	}

	/// The best block.
	pub fn best(&self) -> Block {
		self.block(self.headers.len() - 1)
	}

	/// Fills a block with one transaction, and its encoded events.
	pub fn fill(&mut self, block: H256, transaction: &[u8], events: &[u8]) {
		self.bodies.insert(block, vec![transaction.to_vec()]);
		self.events.insert(block, events.to_vec());
	}

	/// The JSON of the header with the hash in these parameters; the best one's where there is none.
	fn header(&self, parameters: &str) -> Option<String> {
		match parameters.contains("0x") {
			true => self.headers.iter().find(|header| parameters.contains(&format!("{:?}", hash(header)))).map(json),
			false => self.headers.last().map(json),
		}
	}

	fn answer(&self, method: &str, parameters: &str) -> Result<String, Error> {
		let null = || "null".to_owned();
		Ok(match method {
			"chain_getBlockHash" => {
				let number: usize = parameters.trim_matches(['[', ']']).parse().expect("a number");
				self.headers.get(number).map_or_else(null, |header| format!("\"{:?}\"", hash(header)))
			},
			"chain_getFinalizedHead" => format!("\"{:?}\"", hash(&self.headers[self.finalized])),
			"chain_getHeader" => self.header(parameters).unwrap_or_else(null),
			"chain_getBlock" if self.is_mute => return Err(Error::Client("it says nothing".into())),
			"chain_getBlock" => self.header(parameters).map_or_else(null, |header| {
				let body = of_block(&self.bodies, parameters).into_iter().flatten();
				let body: Vec<_> = body.map(|extrinsic| bytes(extrinsic)).collect();
				let block = format!(r#"{{"header":{header},"extrinsics":[{}]}}"#, body.join(","));
				format!(r#"{{"block":{block},"justifications":null}}"#)
			}),
			"state_getStorage" => bytes(of_block(&self.events, parameters).map_or(&[0][..], |events| events)),
			"system_accountNextIndex" => self.nonce.to_string(),
			"state_call" if parameters.contains("Core_version") => {
				let apis: Vec<([u8; 8], u32)> = Vec::new();
				bytes(&("deepnode", "deepnode", 1u32, 1u32, 1u32, apis, 1u32).encode())
			},
			"state_call" if parameters.contains("\"Metadata_metadata\"") => {
				bytes(&include_bytes!("../../../metadata.scale").to_vec().encode())
			},
			_ => return Err(UserError::method_not_found().into()),
		})
	}

	fn submit(&mut self, parameters: &str) -> Result<Vec<String>, Error> {
		let digits = parameters.trim_matches(['[', ']', '"']).trim_start_matches("0x");
		let transaction = hex::decode(digits).expect("hexadecimal digits");
		self.sent.push(transaction.clone());
		let refuse = |reason| {
			let data = RawValue::from_string(format!("\"{reason}\"")).ok();
			Err(UserError { code: 1010, message: "Invalid Transaction".into(), data }.into())
		};
		let ready = "\"ready\"".to_owned();
		match self.answers.pop_front().unwrap_or(Answer::Include) {
			Answer::Refuse(reason) => refuse(reason),
			Answer::Fork(reason) => {
				self.fork(0xf0);
				refuse(reason)
			},
			Answer::Drop => Ok(vec![ready, "\"invalid\"".into()]),
			Answer::Include => {
				self.grow(1, 0);
				let block = self.best().hash;
				self.fill(block, &transaction, &[0]);
				Ok(vec![ready, format!(r#"{{"inBlock":"{block:?}"}}"#)])
			},
			Answer::Break => Err(Error::DisconnectedWillReconnect("it was told to".into())),
			Answer::Hide => {
				self.grow(1, 0);
				self.is_mute = true;
				Ok(vec![ready, format!(r#"{{"inBlock":"{:?}"}}"#, self.best().hash)])
			},
		}
	}
}

/// What is kept of the block with the hash in these parameters.
fn of_block<'a, T>(kept: &'a HashMap<H256, T>, parameters: &str) -> Option<&'a T> {
	kept.iter().find(|(block, _)| parameters.contains(&format!("{block:?}"))).map(|(_, kept)| kept)
}

fn hash(header: &SubstrateHeader<H256>) -> H256 {
	BlakeTwo256.hash(&header.encode())
}

fn json(header: &SubstrateHeader<H256>) -> String {
	let SubstrateHeader { parent_hash, number, state_root, extrinsics_root, .. } = header;
	format!(
		r#"{{"parentHash":"{parent_hash:?}","number":"{number:#x}","stateRoot":"{state_root:?}","extrinsicsRoot":"{extrinsics_root:?}","digest":{{"logs":[]}}}}"#
	)
}

fn bytes(bytes: &[u8]) -> String {
	format!("\"0x{}\"", hex::encode(bytes))
}

fn raw(json: String) -> Box<RawValue> {
	RawValue::from_string(json).expect("JSON")
}

/// The node. Clones are one.
#[derive(Clone)]
pub struct FakeNode(Arc<Mutex<Chain>>);

impl FakeNode {
	/// A node with a chain of so many blocks after the first, of which so many are finalized.
	pub fn new(blocks: usize, finalized: usize) -> Self {
		let mut chain = Chain {
			headers: Vec::new(),
			finalized,
			answers: VecDeque::new(),
			nonce: 0,
			is_mute: false,
			sent: Vec::new(),
			bodies: HashMap::new(),
			events: HashMap::new(),
		};
		chain.grow(blocks + 1, 0);
		Self(Arc::new(Mutex::new(chain)))
	}

	/// What it knows.
	pub fn chain(&self) -> MutexGuard<'_, Chain> {
		self.0.lock().unwrap()
	}

	/// A client of it.
	pub async fn client(&self) -> Client {
		Client::over("fake", RpcClient::new(self.clone())).await.unwrap()
	}
}

impl RpcClientT for FakeNode {
	fn request_raw<'a>(
		&'a self,
		method: &'a str,
		parameters: Option<Box<RawValue>>,
	) -> RawRpcFuture<'a, Box<RawValue>> {
		let answer = self.chain().answer(method, parameters.as_ref().map_or("[]", |parameters| parameters.get()));
		Box::pin(async move { answer.map(raw) })
	}

	fn subscribe_raw<'a>(
		&'a self,
		method: &'a str,
		parameters: Option<Box<RawValue>>,
		_: &'a str,
	) -> RawRpcFuture<'a, RawRpcSubscription> {
		let mut chain = self.chain();
		let items = match method {
			"author_submitAndWatchExtrinsic" => {
				chain.submit(parameters.as_ref().map_or("[]", |parameters| parameters.get()))
			},
			"chain_subscribeFinalizedHeads" => Ok(chain.headers.iter().skip(chain.finalized + 1).map(json).collect()),
			_ => Err(UserError::method_not_found().into()),
		};
		let subscription = items.map(|items| {
			let items = stream::iter(items.into_iter().map(|item| Ok(raw(item)))).chain(stream::pending());
			RawRpcSubscription { stream: items.boxed(), id: None }
		});
		Box::pin(async move { subscription })
	}
}
