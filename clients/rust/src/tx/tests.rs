//! What becomes of transactions on a node that says what it is told to.

mod node;

use std::time::Instant;

use codec::{Compact, Decode as _};
use subxt_signer::sr25519::{self, dev};

use self::node::{Answer, FakeNode};
use super::*;
use crate::{keys, runtime};

const BAD_SIGNATURE: &str = "Transaction has a bad signature";
/// `System::ExtrinsicFailed` of a block's first transaction, with `BadOrigin`.
const FAILED: &[u8] = &[4, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0];

fn alice() -> Keypair {
	keys::parse("//Alice").unwrap()
}

fn bob() -> AccountId {
	keys::parse("//Bob").unwrap().account()
}

fn transfer() -> impl Payload + Sync {
	runtime::tx().balances().transfer_keep_alive(crate::convert::to_account(&bob()).into(), 5)
}

/// Whether the transaction that the node was sent as the `index`th is signed by Alice, has this nonce, and is anchored
/// to this block.
async fn is_anchored(node: &FakeNode, index: usize, nonce: u64, block: Block) -> bool {
	let at = node.client().await.at(None).await.unwrap();
	let call = transfer();
	let params = DefaultExtrinsicParamsBuilder::<ChainConfig>::new()
		.nonce(nonce)
		.mortal_from_unchecked(64, block.number.into(), block.hash)
		.build();
	let payload = at.tx().create_signable_offline(&call, params).unwrap().signer_payload().unwrap();
	let sent = node.chain().sent[index].clone();
	let mut rest = &sent[..];
	Compact::<u32>::decode(&mut rest).unwrap();
	// After the version, and the address and the signature with their kinds.
	let signature = rest[1 + 33 + 1..][..64].try_into().unwrap();
	sr25519::verify(&sr25519::Signature(signature), payload, &dev::alice().public_key())
}

#[tokio::test]
async fn a_transaction_is_anchored_to_a_recent_block_however_far_finality_lags() {
	let node = FakeNode::new(300, 10);
	let anchor = node.chain().block(284);
	let sent = node.client().await.transfer(&alice(), None, &bob(), 5).await.unwrap();
	assert!(is_anchored(&node, 0, 0, anchor).await);
	assert_eq!((sent.block.number, sent.until), (301, 284 + 63));
}

#[tokio::test]
async fn the_first_block_is_the_anchor_of_a_young_chain() {
	let node = FakeNode::new(3, 0);
	let first = node.chain().block(0);
	let sent = node.client().await.transfer(&alice(), None, &bob(), 5).await.unwrap();
	assert!(is_anchored(&node, 0, 0, first).await);
	assert_eq!(sent.until, 63);
}

#[tokio::test]
async fn a_batch_goes_on_with_a_later_anchor_as_blocks_pass() {
	let node = FakeNode::new(100, 90);
	let client = node.client().await;
	let (key, call) = (alice(), transfer());
	let mut sender = Sender { client: &client, signer: &key, guard: None, nonce: None, anchor: None };
	sender.enter(&call).await.unwrap();
	node.chain().grow(5, 0);
	sender.enter(&call).await.unwrap();
	let early = node.chain().block(84);
	let late = node.chain().block(91);
	assert!(is_anchored(&node, 1, 1, early).await, "the chain is not asked again for each transaction");
	// As if that had been a while ago.
	sender.anchor.as_mut().unwrap().found = Instant::now().checked_sub(Duration::from_secs(15)).unwrap();
	sender.enter(&call).await.unwrap();
	assert!(is_anchored(&node, 2, 2, late).await);
}

#[tokio::test]
async fn a_transaction_whose_anchor_a_fork_has_replaced_is_signed_anew_with_its_nonce() {
	let node = FakeNode::new(100, 0);
	node.chain().answers.extend([Answer::Fork(BAD_SIGNATURE), Answer::Include]);
	let before = node.chain().block(84);
	node.client().await.transfer(&alice(), Some(7), &bob(), 5).await.unwrap();
	let after = node.chain().block(84);
	assert_ne!(before, after);
	assert!(is_anchored(&node, 0, 7, before).await && is_anchored(&node, 1, 7, after).await);
	assert_eq!(node.chain().sent.len(), 2);
}

#[tokio::test]
async fn what_the_pool_refuses_at_once_is_refused() {
	let node = FakeNode::new(100, 98);
	node.chain().answers.push_back(Answer::Refuse("Inability to pay some fees (e.g. account balance too low)"));
	let error = node.client().await.transfer(&alice(), None, &bob(), 5).await.unwrap_err();
	assert!(matches!(&error, Error::Refused { .. }) && error.to_string().contains("send DN"), "{error}");
	assert_eq!(node.chain().sent.len(), 1);
}

#[tokio::test]
async fn what_the_pool_had_taken_before_it_dropped_it_may_still_come() {
	let node = FakeNode::new(100, 98);
	node.chain().answers.push_back(Answer::Drop);
	let error = node.client().await.transfer(&alice(), None, &bob(), 5).await.unwrap_err();
	assert!(matches!(&error, Error::Lost { until: 147, .. }), "{error}");
	assert!(error.to_string().contains("up to 147: look at the chain"), "{error}");
	assert_eq!(node.chain().sent.len(), 1, "it is not sent again");
}

#[tokio::test]
async fn a_transaction_of_a_block_that_cannot_be_read_may_have_been_done() {
	let node = FakeNode::new(100, 98);
	node.chain().answers.push_back(Answer::Hide);
	let error = node.client().await.transfer(&alice(), None, &bob(), 5).await.unwrap_err();
	assert!(matches!(&error, Error::Lost { until: 147, .. }), "{error}");
	assert!(error.to_string().contains("it is in block 0x"), "{error}");
}

#[tokio::test]
async fn a_batch_asks_for_its_nonce_again_after_a_transaction_that_may_not_have_arrived() {
	let node = FakeNode::new(100, 98);
	node.chain().answers.extend([Answer::Include, Answer::Break, Answer::Include]);
	let client = node.client().await;
	let (key, call) = (alice(), transfer());
	let mut sender = Sender { client: &client, signer: &key, guard: None, nonce: None, anchor: None };
	sender.enter(&call).await.unwrap();
	assert!(matches!(sender.enter(&call).await, Err(Error::Lost { .. })));
	node.chain().nonce = 9;
	sender.enter(&call).await.unwrap();
	let anchor = node.chain().block(84);
	assert!(is_anchored(&node, 1, 1, anchor).await && is_anchored(&node, 2, 9, anchor).await);
}

/// A transaction that was in block 20 of a branch and can be in the blocks 6 to 68.
fn in_block_20(transaction: &[u8]) -> TxInBlock {
	use subxt::config::{substrate::BlakeTwo256, Hasher as _};
	let block = Block { number: 20, hash: H256::repeat_byte(0xee) };
	TxInBlock { block, extrinsic_hash: BlakeTwo256.hash(transaction), events: Vec::new(), until: 68 }
}

#[tokio::test]
async fn a_transaction_is_finalized_with_its_block() {
	let node = FakeNode::new(30, 10);
	let block = node.chain().block(20);
	let sent = TxInBlock { block, ..in_block_20(b"t") };
	assert_eq!(node.client().await.finalized(&sent).await.unwrap(), Some(sent));
}

#[tokio::test]
async fn a_transaction_of_a_block_that_was_replaced_is_found_in_another() {
	for number in [6, 19, 21, 68] {
		let node = FakeNode::new(100, 10);
		let block = node.chain().block(number);
		node.chain().fill(block.hash, b"t", &[0]);
		let found = node.client().await.finalized(&in_block_20(b"t")).await.unwrap();
		assert_eq!(found, Some(TxInBlock { block, ..in_block_20(b"t") }));
	}
}

#[tokio::test]
async fn a_transaction_that_failed_in_the_block_that_was_finalized_has_failed() {
	let node = FakeNode::new(100, 10);
	let block = node.chain().block(33).hash;
	node.chain().fill(block, b"t", FAILED);
	let error = node.client().await.finalized(&in_block_20(b"t")).await.unwrap_err();
	assert!(error.is_dispatch("Runtime", "BadOrigin"), "{error}");
}

#[tokio::test]
async fn a_transaction_is_missing_for_certain_only_when_its_life_is_over() {
	let sent = in_block_20(b"t");
	assert_eq!(FakeNode::new(68, 10).client().await.finalized(&sent).await.unwrap(), None);
	let client = FakeNode::new(67, 10).client().await;
	let waiting = tokio::time::timeout(Duration::from_millis(500), client.finalized(&sent)).await;
	assert!(waiting.is_err(), "it can still come into block 68");
}
