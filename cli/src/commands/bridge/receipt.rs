//! Receipts of settled tasks, and their proofs.

use anyhow::{bail, ensure, Context as _, Result};
use deepnode_client::{AccountId, Client, TaskStatus};
use deepnode_primitives::{
	bridge::{self, Judgement},
	TaskId,
};
use deepnode_relayer::{
	base::{abi, Address, Base, BlockId, SolCall as _},
	chain::Chain,
	proof::Anchor,
};
use serde::Serialize;
use serde_json::{json, Value};

use super::chain;
use crate::{
	amount::Amount,
	cli::Receipt as Arguments,
	context::Context,
	output::{fields, hex},
};

#[derive(Serialize)]
struct Shown {
	task: TaskId,
	block: u32,
	verdict: &'static str,
	model: u32,
	items: u32,
	requester: String,
	manifest: String,
	input: String,
	output: String,
	workers: Vec<String>,
	fee: Amount,
	creator: Amount,
	per_worker: Amount,
	validators: Amount,
	treasury: Amount,
	community: Amount,
	burned: Amount,
	/// The commitment that it is proved under.
	under: u32,
	proof: Value,
	/// The contract to call, where it is known.
	#[serde(skip_serializing_if = "Option::is_none")]
	contract: Option<Address>,
	call_data: String,
	/// Whether the contract has found it true; absent where it was not asked.
	#[serde(skip_serializing_if = "Option::is_none")]
	verified: Option<bool>,
}

/// Shows a task's receipt and its proof.
pub async fn run(context: &Context, arguments: Arguments) -> Result<()> {
	let Arguments { task, block, under, check, base } = arguments;
	let client = context.client().await?;
	let chain = chain(client.clone());
	let base = base.connect(&chain).await?;
	ensure!(base.is_some() || !check, "--check asks a contract: name an endpoint of Base with --base-rpc");
	let block = match block {
		Some(block) => block,
		None => settled_at(&client, task).await?,
	};
	let anchor = anchor(&chain, base.as_ref(), under, block).await?;
	let found = chain.receipt(task, block, anchor).await?;
	let (receipt, proof) = found.with_context(|| format!("block {block} has no receipt of task {task}"))?;
	let call = abi::IReceiptVerifier::verifyReceiptCall { receipt: (&receipt).into(), proof: proof.clone() };
	let verified = match (&base, check) {
		(Some(base), true) => Some(base.verify_receipt(call.receipt.clone(), call.proof.clone()).await?),
		_ => None,
	};
	let contract = base.as_ref().map(|base| base.contracts.receipt_verifier);
	let shown = Shown::new(&receipt, block, &proof, contract, hex(call.abi_encode()), verified);
	context.output.show(&shown, text)
}

/// The block that a task was settled, or its settlement overturned, in.
async fn settled_at(client: &Client, task: TaskId) -> Result<u32> {
	match client.task(task, None).await?.map(|task| task.status) {
		Some(TaskStatus::Settled { at, .. } | TaskStatus::Overturned { at }) => Ok(at),
		Some(status) => bail!("task {task} is {} and has left no receipt", status.name()),
		None => {
			bail!("the chain does not keep task {task}: if it was settled, name the block of its receipt with --block")
		},
	}
}

/// The commitment to prove a block's receipts under: the one named, or Base's latest.
async fn anchor(chain: &Chain, base: Option<&Base>, under: Option<u32>, block: u32) -> Result<Anchor> {
	let under = match (under, base) {
		(Some(under), _) => under,
		(None, Some(base)) => base.light_client(BlockId::latest()).await?.latest,
		(None, None) => {
			bail!("under which commitment? name an endpoint of Base with --base-rpc, or its block with --under")
		},
	};
	ensure!(
		under > block,
		"Base knows of block {under}, and the receipt is of block {block}: wait until a relayer has submitted a later commitment"
	);
	let root = chain.mmr_root(under).await?;
	if let Some(base) = base {
		let known = base.root_at(under, BlockId::latest()).await?;
		let known = known.with_context(|| format!("Base has no commitment of block {under}, or no longer"))?;
		ensure!(known == root, "Base has another root for block {under} than this node: is it on another chain?");
	}
	Ok(Anchor { block: under, root })
}

impl Shown {
	fn new(
		receipt: &bridge::Receipt,
		block: u32,
		proof: &abi::InclusionProof,
		contract: Option<Address>,
		call_data: String,
		verified: Option<bool>,
	) -> Self {
		let account = |bytes: &deepnode_client::H256| AccountId::new(bytes.0).to_string();
		Self {
			task: receipt.task,
			block,
			verdict: match receipt.verdict {
				Judgement::Settled => "settled",
				Judgement::Overturned => "overturned",
			},
			model: receipt.model,
			items: receipt.items,
			requester: account(&receipt.requester),
			manifest: hex(receipt.manifest),
			input: hex(receipt.input),
			output: hex(receipt.output),
			workers: receipt.workers.iter().map(account).collect(),
			fee: Amount(receipt.fee),
			creator: Amount(receipt.creator),
			per_worker: Amount(receipt.per_worker),
			validators: Amount(receipt.validators),
			treasury: Amount(receipt.treasury),
			community: Amount(receipt.community),
			burned: Amount(receipt.burned),
			under: proof.roots.rootBlock,
			proof: shown_proof(proof),
			contract,
			call_data,
			verified,
		}
	}
}

/// A proof by the names that the contracts give its parts.
fn shown_proof(proof: &abi::InclusionProof) -> Value {
	let abi::InclusionProof { roots, index, count, items } = proof;
	let words = |words: &[deepnode_relayer::base::B256]| words.iter().map(hex).collect::<Vec<_>>();
	json!({
		"index": index,
		"count": count,
		"items": words(items),
		"roots": {
			"rootBlock": roots.rootBlock,
			"messagesRoot": hex(roots.messagesRoot),
			"settlementRoot": hex(roots.settlementRoot),
			"receiptsRoot": hex(roots.receiptsRoot),
			"mmrItems": words(&roots.mmrItems),
			"leaf": {
				"version": roots.leaf.version,
				"parentNumber": roots.leaf.parentNumber,
				"parentHash": hex(roots.leaf.parentHash),
				"nextSetId": roots.leaf.nextSetId,
				"nextSetLen": roots.leaf.nextSetLen,
				"nextSetRoot": hex(roots.leaf.nextSetRoot),
				"leafExtra": hex(roots.leaf.leafExtra),
			},
		},
	})
}

fn text(receipt: &Shown) -> String {
	let contract = receipt.contract.map_or_else(|| "the receipt verifier".into(), |contract| contract.to_string());
	let mut rows = vec![
		("task", format!("{}, {} in block {}", receipt.task, receipt.verdict, receipt.block)),
		("model", format!("{}, {} items, manifest {}", receipt.model, receipt.items, receipt.manifest)),
		("requester", receipt.requester.clone()),
		("input", receipt.input.clone()),
		("output", receipt.output.clone()),
		("workers", receipt.workers.join("\n")),
		("fee", format!("{}, of which each worker got {}", receipt.fee, receipt.per_worker)),
		("proved under", format!("the commitment of block {}", receipt.under)),
	];
	if let Some(verified) = receipt.verified {
		let found = if verified { "true" } else { "false" };
		rows.push(("on Base", format!("{contract} says {found}")));
	}
	format!("{}\n\n{contract} verifies it when called with\n{}", fields(&rows), receipt.call_data)
}
