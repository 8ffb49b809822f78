//! Commitments that follow each other as they do on a chain, and what can be proven under them.

use alloy::signers::local::PrivateKeySigner;
use deepnode_primitives::{
	bridge::{
		mmr::Proof,
		quorum,
		tree::{committed_root, Inclusion},
		AuthoritySet, Claim, Commitment, Domain, Message, MmrLeaf, Payload, Receipt, Roots,
	},
	DN,
};
use sp_core::{ecdsa, Hasher, KeccakHasher, Pair, H160, H256};

use super::{
	leaves::mmr_leaf,
	proofs::Range,
	table::{Numbers, Table},
};

/// Base's main chain, and a gateway there.
const DOMAIN: Domain = Domain { chain: H256([0xdc; 32]), base: 8453, gateway: H160([0xba; 20]) };

/// The root of the set of `n` addresses for each `n` from 1 on: address `i` is the last 20 bytes of
/// `keccak256(abi.encode(i))`.
pub fn authority_sets() -> Table {
	let addresses: Vec<H160> =
		(0u128..1000).map(|at| KeccakHasher::hash(&[[0; 16], at.to_be_bytes()].concat()).into()).collect();
	let mut table = Table::default();
	for count in 1..=addresses.len() {
		table.bytes("root", AuthoritySet::of(0, &addresses[..count]).root);
	}
	table
}

/// A validator set with its keys.
struct Validators {
	keys: Vec<ecdsa::Pair>,
	addresses: Vec<H160>,
}

impl Validators {
	fn new(set: u64, count: u32) -> Self {
		let mut numbers = Numbers::of(&format!("validators of set {set}"));
		let (keys, addresses) = (0..count)
			.map(|_| {
				let seed = numbers.hash().0;
				let address = PrivateKeySigner::from_bytes(&seed.into()).expect("a hash is below the order").address();
				(ecdsa::Pair::from_seed(&seed), H160(address.into_array()))
			})
			.unzip();
		Self { keys, addresses }
	}

	/// The signatures of a quorum of them, and which of them these are.
	fn sign(&self, hash: &H256, numbers: &mut Numbers) -> (Vec<u8>, Vec<H256>) {
		let count = self.keys.len();
		let mut absent = vec![false; count];
		let mut spare = count - quorum(count as u32) as usize;
		while spare > 0 {
			let at = numbers.below(count as u64) as usize;
			spare -= usize::from(!absent[at]);
			absent[at] = true;
		}
		let (mut signatures, mut bitfield) = (Vec::new(), vec![H256::zero(); count.div_ceil(256)]);
		for at in (0..count).filter(|at| !absent[*at]) {
			let mut signature = self.keys[at].sign_prehashed(&hash.0).0;
			signature[64] += 27;
			signatures.extend(signature);
			bitfield[at / 256].0[31 - at % 256 / 8] |= 1 << (at % 8);
		}
		(signatures, bitfield)
	}
}

/// What a block of the chain told and issued.
struct Told {
	messages: Vec<Message>,
	claims: Vec<Claim>,
	receipts: Vec<Receipt>,
}

impl Told {
	fn new(next_nonce: &mut u64, numbers: &mut Numbers) -> Self {
		let messages = (0..numbers.below(4)).map(|_| release(next_nonce, numbers)).collect();
		let claims = (0..numbers.below(3)).map(|index| Claim { index: index as u32, ..numbers.claim() }).collect();
		let receipts = (0..numbers.below(6)).map(|_| numbers.receipt()).collect();
		Self { messages, claims, receipts }
	}

	fn message_leaves(&self) -> Vec<H256> {
		self.messages.iter().map(|message| message.leaf(&DOMAIN)).collect()
	}

	fn receipt_leaves(&self) -> Vec<H256> {
		self.receipts.iter().map(|receipt| receipt.leaf(&DOMAIN.chain)).collect()
	}

	fn roots(&self) -> Roots {
		Roots {
			messages: committed_root(&self.message_leaves()),
			settlement: committed_root(&self.claims.iter().map(|claim| claim.leaf(&DOMAIN)).collect::<Vec<_>>()),
			receipts: committed_root(&self.receipt_leaves()),
		}
	}
}

/// A withdrawal of up to 1,000 DN, with a fee of up to one.
fn release(next_nonce: &mut u64, numbers: &mut Numbers) -> Message {
	let nonce = *next_nonce;
	*next_nonce += 1;
	let amount = 1 + u128::from(numbers.below(1000)) * DN;
	let payload = Payload::Release { recipient: numbers.address(), amount };
	Message { nonce, sender: numbers.hash(), fee: numbers.below(DN as u64).into(), payload }
}

/// How many validators each set has.
fn sizes() -> Vec<u32> {
	(1..=20).chain([100, 333, 1000]).collect()
}

/// A block's leaf under a commitment, and a leaf of the block below one of its roots.
fn inclusion(
	table: &mut Table,
	commitment: &Commitment,
	leaf: &MmrLeaf,
	roots: &Roots,
	path: &Proof,
	proof: &Inclusion,
) {
	table.number("rootBlock", commitment.block_number);
	table.bytes("mmrRoot", commitment.mmr_root);
	mmr_leaf(table, leaf);
	table.bytes("messagesRoot", roots.messages);
	table.bytes("settlementRoot", roots.settlement);
	table.bytes("receiptsRoot", roots.receipts);
	table.hashes("mmrItems", &path.items);
	table.number("index", proof.index);
	table.number("count", proof.count);
	table.hashes("proofItems", &proof.items);
}

/// A commitment, and what its validators signed it with.
fn commitment(table: &mut Table, commitment: &Commitment, set: &Validators, leaf: &MmrLeaf, path: &Proof) {
	let hash = commitment.hash();
	let mut numbers = Numbers::of(&format!("absent from {hash:?}"));
	let (signatures, bitfield) = set.sign(&hash, &mut numbers);
	let authorities = AuthoritySet::of(commitment.validator_set_id, &set.addresses);
	table.bytes("mmrRoot", commitment.mmr_root);
	table.number("blockNumber", commitment.block_number);
	table.number("validatorSetId", commitment.validator_set_id);
	table.bytes("encoded", commitment.to_bytes());
	table.bytes("hash", hash);
	table.number("setLen", authorities.len);
	table.bytes("setRoot", authorities.root);
	table.bytes("authorities", set.addresses.iter().flat_map(|address| address.0).collect::<Vec<_>>());
	table.hashes("bitfield", &bitfield);
	table.bytes("signatures", signatures);
	mmr_leaf(table, leaf);
	table.hashes("mmrItems", &path.items);
}

/// One commitment of each set, to the tenth block of its session, whose leaf names the next set; and proofs of
/// messages and receipts of these blocks, each under the first commitment after it.
pub fn chain() -> [Table; 3] {
	let sets: Vec<_> = (0..).zip(sizes()).map(|(id, count)| Validators::new(id, count)).collect();
	let [mut commitments, mut messages, mut receipts] = <[Table; 3]>::default();
	let (mut range, mut count, mut nonce) = (Range::new(), 0u32, 0);
	for (id, set) in (0u64..).zip(&sets) {
		let mut numbers = Numbers::of(&format!("session {id}"));
		// The last set stays.
		let next = sets.get(id as usize + 1).unwrap_or(set);
		let next_set = AuthoritySet::of(id + 1, &next.addresses);
		let mut session = Vec::new();
		for _ in 0..10 {
			let told = Told::new(&mut nonce, &mut numbers);
			let (parent_hash, leaf_extra) = (numbers.hash(), told.roots().leaf_extra());
			let leaf = MmrLeaf { version: 0, parent_number: count, parent_hash, next_set, leaf_extra };
			range.push(leaf.hash());
			count += 1;
			session.push((told, leaf));
		}
		let signed = Commitment { mmr_root: range.root(count.into()), block_number: count, validator_set_id: id };
		for (told, leaf) in &session {
			let path = range.prove(leaf.parent_number.into(), count.into());
			if leaf.parent_number + 1 == count {
				commitment(&mut commitments, &signed, set, leaf, &path);
			}
			for (index, message) in (0..).zip(&told.messages) {
				let proof = Inclusion::prove(&told.message_leaves(), index).unwrap();
				inclusion(&mut messages, &signed, leaf, &told.roots(), &path, &proof);
				messages.domain(&DOMAIN);
				messages.message(message);
			}
			for (index, receipt) in (0..).zip(&told.receipts).step_by(2) {
				let proof = Inclusion::prove(&told.receipt_leaves(), index).unwrap();
				inclusion(&mut receipts, &signed, leaf, &told.roots(), &path, &proof);
				receipts.bytes("chain", DOMAIN.chain);
				receipts.receipt(receipt);
			}
		}
	}
	[commitments, messages, receipts]
}
