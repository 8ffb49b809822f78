//! Leaves, each with what it is the hash of.

use codec::Encode;
use deepnode_primitives::bridge::{AuthoritySet, MmrLeaf, Roots};
use sp_core::H256;

use super::table::{Numbers, Table};

pub fn messages() -> Table {
	let (mut numbers, mut table) = (Numbers::of("messages"), Table::default());
	for _ in 0..800 {
		let (domain, message) = (numbers.domain(), numbers.message());
		table.domain(&domain);
		table.message(&message);
		table.bytes("leaf", message.leaf(&domain));
	}
	table
}

pub fn claims() -> Table {
	let (mut numbers, mut table) = (Numbers::of("claims"), Table::default());
	for _ in 0..1000 {
		let (domain, claim) = (numbers.domain(), numbers.claim());
		table.domain(&domain);
		table.number("epoch", claim.epoch);
		table.number("index", claim.index);
		table.bytes("account", claim.account);
		table.number("amount", claim.amount);
		table.bytes("leaf", claim.leaf(&domain));
	}
	table
}

pub fn receipts() -> Table {
	let (mut numbers, mut table) = (Numbers::of("receipts"), Table::default());
	for _ in 0..600 {
		let (chain, receipt) = (numbers.hash(), numbers.receipt());
		table.bytes("chain", chain);
		table.receipt(&receipt);
		table.bytes("leaf", receipt.leaf(&chain));
	}
	table
}

pub fn leaf_extras() -> Table {
	let (mut numbers, mut table) = (Numbers::of("leaf extras"), Table::default());
	let mut root = |case: u32, bit: u32| if case >> bit & 1 == 1 { numbers.hash() } else { H256::zero() };
	for case in 0..200 {
		let roots = Roots { messages: root(case, 0), settlement: root(case, 1), receipts: root(case, 2) };
		table.bytes("messagesRoot", roots.messages);
		table.bytes("settlementRoot", roots.settlement);
		table.bytes("receiptsRoot", roots.receipts);
		table.bytes("leafExtra", roots.leaf_extra());
	}
	table
}

pub fn mmr_leaves() -> Table {
	let (mut numbers, mut table) = (Numbers::of("mmr leaves"), Table::default());
	for _ in 0..500 {
		let next_set = AuthoritySet { id: numbers.bits(64) as u64, len: numbers.bits(32) as u32, root: numbers.hash() };
		let leaf = MmrLeaf {
			version: numbers.bits(8) as u8,
			parent_number: numbers.bits(32) as u32,
			parent_hash: numbers.hash(),
			next_set,
			leaf_extra: numbers.hash(),
		};
		mmr_leaf(&mut table, &leaf);
		table.bytes("encoded", leaf.encode());
		table.bytes("hash", leaf.hash());
	}
	table
}

/// The columns of a leaf's fields.
pub fn mmr_leaf(table: &mut Table, leaf: &MmrLeaf) {
	table.number("version", leaf.version);
	table.number("parentNumber", leaf.parent_number);
	table.bytes("parentHash", leaf.parent_hash);
	table.number("nextSetId", leaf.next_set.id);
	table.number("nextSetLen", leaf.next_set.len);
	table.bytes("nextSetRoot", leaf.next_set.root);
	table.bytes("leafExtra", leaf.leaf_extra);
}
