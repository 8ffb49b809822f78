//! Cases in columns, and the numbers that they are made of.

use std::collections::BTreeMap;

use deepnode_primitives::bridge::{CallData, Claim, Domain, Judgement, Message, Payload, Receipt};
use sp_core::{Hasher, KeccakHasher, H160, H256};

/// Columns of equal length. A number is decimal, anything else hexadecimal.
#[derive(Default)]
pub struct Table(BTreeMap<&'static str, Vec<String>>);

impl Table {
	pub fn number(&mut self, column: &'static str, number: impl Into<u128>) {
		self.0.entry(column).or_default().push(number.into().to_string());
	}

	pub fn bytes(&mut self, column: &'static str, bytes: impl AsRef<[u8]>) {
		self.0.entry(column).or_default().push(format!("0x{}", hex::encode(bytes)));
	}

	/// Hashes in one cell, one after the other.
	pub fn hashes(&mut self, column: &'static str, hashes: &[H256]) {
		self.bytes(column, hashes.iter().flat_map(|hash| hash.0).collect::<Vec<_>>());
	}

	pub fn domain(&mut self, domain: &Domain) {
		self.number("base", domain.base);
		self.bytes("chain", domain.chain);
		self.bytes("gateway", domain.gateway);
	}

	pub fn message(&mut self, message: &Message) {
		self.number("nonce", message.nonce);
		self.number("kind", message.kind() as u8);
		self.bytes("sender", message.sender);
		self.number("fee", message.fee);
		self.bytes("payload", message.payload.to_abi());
	}

	pub fn receipt(&mut self, receipt: &Receipt) {
		self.number("task", receipt.task);
		self.number("model", receipt.model);
		self.number("items", receipt.items);
		self.number("verdict", receipt.verdict as u8);
		self.bytes("requester", receipt.requester);
		self.bytes("manifest", receipt.manifest);
		self.bytes("input", receipt.input);
		self.bytes("output", receipt.output);
		self.hashes("workers", &receipt.workers);
		self.number("fee", receipt.fee);
		self.number("creator", receipt.creator);
		self.number("perWorker", receipt.per_worker);
		self.number("validators", receipt.validators);
		self.number("treasury", receipt.treasury);
		self.number("community", receipt.community);
		self.number("burned", receipt.burned);
	}

	pub fn to_json(&self) -> String {
		let mut lengths = self.0.values().map(Vec::len);
		let first = lengths.next().expect("a table has columns");
		assert!(lengths.all(|length| length == first), "a case lacks a column");
		serde_json::to_string_pretty(&self.0).expect("strings are JSON") + "\n"
	}
}

/// The same numbers every time.
pub struct Numbers {
	seed: H256,
	drawn: u64,
}

impl Numbers {
	pub fn of(name: &str) -> Self {
		Self { seed: KeccakHasher::hash(name.as_bytes()), drawn: 0 }
	}

	pub fn hash(&mut self) -> H256 {
		self.drawn += 1;
		KeccakHasher::hash(&[&self.seed.0[..], &self.drawn.to_be_bytes()].concat())
	}

	pub fn address(&mut self) -> H160 {
		self.hash().into()
	}

	/// A number below `end`.
	pub fn below(&mut self, end: u64) -> u64 {
		self.hash().to_low_u64_be() % end
	}

	/// A number of at most so many bits: often a small one, sometimes the smallest or the largest.
	pub fn bits(&mut self, bits: u32) -> u128 {
		let most = u128::MAX >> (128 - bits);
		match self.below(8) {
			0 => 0,
			1 => most,
			_ => {
				let number = self.hash();
				let number = u128::from_be_bytes(number.0[..16].try_into().unwrap());
				(number & most) >> self.below(bits.into())
			},
		}
	}

	pub fn domain(&mut self) -> Domain {
		Domain { chain: self.hash(), base: self.bits(64) as u64, gateway: self.address() }
	}

	pub fn data(&mut self, most: u64) -> CallData {
		let length = match self.below(8) {
			0 => 0,
			1 => most,
			_ => self.below(most.min(100) + 1),
		} as usize;
		let bytes = std::iter::repeat_with(|| self.hash().0).flatten().take(length).collect::<Vec<_>>();
		bytes.try_into().unwrap()
	}

	pub fn message(&mut self) -> Message {
		let payload = match self.below(4) {
			0 => Payload::Release { recipient: self.address(), amount: self.bits(128) },
			1 => Payload::Settlement {
				epoch: self.bits(64) as u64,
				root: self.hash(),
				total: self.bits(128),
				count: self.bits(32) as u32,
			},
			2 => Payload::Burn { epoch: self.bits(64) as u64, amount: self.bits(128) },
			_ => Payload::Governance { target: self.address(), data: self.data(1024) },
		};
		let sender = if self.below(3) == 0 { H256::zero() } else { self.hash() };
		Message { nonce: self.bits(64) as u64, sender, fee: self.bits(128), payload }
	}

	pub fn claim(&mut self) -> Claim {
		Claim {
			epoch: self.bits(64) as u64,
			index: self.bits(32) as u32,
			account: self.address(),
			amount: self.bits(128),
		}
	}

	pub fn receipt(&mut self) -> Receipt {
		let workers = self.below(6);
		Receipt {
			task: self.bits(64) as u64,
			model: self.bits(32) as u32,
			items: self.bits(32) as u32,
			verdict: if self.below(4) == 0 { Judgement::Overturned } else { Judgement::Settled },
			requester: self.hash(),
			manifest: self.hash().0,
			input: self.hash().0,
			output: self.hash().0,
			workers: (0..workers).map(|_| self.hash()).collect::<Vec<_>>().try_into().unwrap(),
			fee: self.bits(128),
			creator: self.bits(128),
			per_worker: self.bits(128),
			validators: self.bits(128),
			treasury: self.bits(128),
			community: self.bits(128),
			burned: self.bits(128),
		}
	}
}
