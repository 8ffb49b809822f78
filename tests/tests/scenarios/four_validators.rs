//! Four validators agree on blocks and sign MMR roots that a light client elsewhere can follow.

use std::{
	collections::{BTreeSet, HashMap},
	time::Duration,
};

use anyhow::{ensure, Context as _, Result};
use codec::Decode;
use deepnode_client::{Client, H256};
use deepnode_tests::{
	node::{within, Node},
	stage::Stage,
};
use futures::StreamExt as _;
use sp_consensus_beefy::{
	ecdsa_crypto::{AuthorityId, Signature},
	known_payloads::MMR_ROOT_ID,
	mmr::MmrLeaf,
	SignedCommitment, ValidatorSet, VersionedFinalityProof,
};
use sp_core::{ecdsa, Bytes, Pair as _};
use sp_mmr_primitives::{
	mmr_lib::{helper::leaf_index_to_pos, Merge, MerkleProof},
	utils::NodesUtils,
	LeafProof,
};
use sp_runtime::traits::{Hash as _, Keccak256};
use subxt::rpcs::client::{rpc_params, RpcClient};

const MINUTE: Duration = Duration::from_secs(60);
/// Of four validators, how many must sign: one may fail.
const QUORUM: usize = 3;

#[tokio::test]
async fn four_validators_finalise_and_sign_mmr_roots_under_which_blocks_are_proved() -> Result<()> {
	let stage = Stage::new("four_validators")?;
	let mut nodes = Node::four_validators(&stage).await?;
	let (client, rpc) = (nodes[0].client().await?, nodes[0].rpc().await?);

	let mut commitments = Commitments::subscribe(&rpc).await?;
	finalised(&client, 8, 3 * MINUTE).await?;
	let signed = commitments.next_above(1).await?;
	let number = signed.commitment.block_number;
	let blocks = BTreeSet::from([1, number.div_ceil(2), number]);
	assert_blocks_are_proved(&client, &rpc, &signed, &blocks.into_iter().collect::<Vec<_>>()).await?;

	// One of four may fail, and both kinds of finality go on.
	drop(nodes.pop());
	let finalised_before = client.finalized_block().await?.number;
	finalised(&client, finalised_before + 5, 3 * MINUTE).await?;
	let later = commitments.next_above(finalised_before).await?;
	// The old leaves are under the new root too.
	assert_blocks_are_proved(&client, &rpc, &later, &[1, number]).await?;

	stage.passed();
	Ok(())
}

/// Waits until a block is final.
async fn finalised(client: &Client, number: u32, limit: Duration) -> Result<()> {
	let mut blocks = client.finalized_blocks();
	within(limit, &format!("block {number} is final"), async {
		loop {
			if blocks.next().await.context("the finalised blocks have ended")??.number >= number {
				return Ok(());
			}
		}
	})
	.await
}

type Signed = SignedCommitment<u32, Signature>;

/// The BEEFY justifications, with their signatures checked.
struct Commitments<'a> {
	rpc: &'a RpcClient,
	source: subxt::rpcs::client::RpcSubscription<Bytes>,
}

impl<'a> Commitments<'a> {
	async fn subscribe(rpc: &'a RpcClient) -> Result<Self> {
		let (subscribe, unsubscribe) = ("beefy_subscribeJustifications", "beefy_unsubscribeJustifications");
		Ok(Self { rpc, source: rpc.subscribe(subscribe, rpc_params![], unsubscribe).await? })
	}

	/// The next one for a block above `number`.
	async fn next_above(&mut self, number: u32) -> Result<Signed> {
		within(3 * MINUTE, &format!("a BEEFY justification above block {number}"), async {
			loop {
				let bytes = self.source.next().await.context("the justifications have ended")??;
				let VersionedFinalityProof::V1(signed) = VersionedFinalityProof::decode(&mut &bytes[..])?;
				if signed.commitment.block_number > number {
					self.check(&signed).await?;
					return Ok(signed);
				}
			}
		})
		.await
	}

	/// Three of the four validators that the chain names, who are the ones that were started, have
	/// signed, each for itself.
	async fn check(&self, signed: &Signed) -> Result<()> {
		let number = signed.commitment.block_number;
		let hash: H256 = self.rpc.request("chain_getBlockHash", rpc_params![number]).await?;
		let set: Bytes = self.rpc.request("state_call", rpc_params!["BeefyApi_validator_set", "0x", hash]).await?;
		let set = Option::<ValidatorSet<AuthorityId>>::decode(&mut &set[..])?.context("there are no validators")?;
		let expected = ["//Alice", "//Bob", "//Charlie", "//Dave"].map(|seed| {
			let pair = ecdsa::Pair::from_string(seed, None).expect("the seeds of development accounts are valid");
			AuthorityId::from(pair.public())
		});
		assert_eq!(set.validators().iter().collect::<BTreeSet<_>>(), expected.iter().collect(), "block {number}");
		let signatures = signed.verify_signatures(number, &set);
		let signatures =
			signatures.map_err(|_| anyhow::anyhow!("a commitment of another set than block {number}'s"))?;
		assert_eq!(signatures.len(), signed.signature_count(), "each signature is its validator's");
		ensure!(signatures.len() >= QUORUM, "only {} signatures", signatures.len());
		Ok(())
	}
}

/// Proves each block under the signed root: to the node, and without it.
async fn assert_blocks_are_proved(client: &Client, rpc: &RpcClient, signed: &Signed, blocks: &[u32]) -> Result<()> {
	let commitment = &signed.commitment;
	let root: H256 = commitment.payload.get_decoded(&MMR_ROOT_ID).context("the commitment has no MMR root")?;
	let at: H256 = rpc.request("chain_getBlockHash", rpc_params![commitment.block_number]).await?;
	let answer: HashMap<String, serde_json::Value> =
		rpc.request("mmr_generateProof", rpc_params![blocks, Option::<u32>::None, Some(at)]).await?;
	let verified: bool = rpc.request("mmr_verifyProof", rpc_params![&answer]).await?;
	assert!(verified, "the node refuses the proof that it made itself");

	let bytes = |field: &str| -> Result<Bytes> {
		let value = answer.get(field).with_context(|| format!("the proof has no {field}"))?;
		Ok(serde_json::from_value(value.clone())?)
	};
	let leaves = Vec::<Vec<u8>>::decode(&mut &bytes("leaves")?[..])?;
	let proof = LeafProof::<H256>::decode(&mut &bytes("proof")?[..])?;
	assert!(is_under(root, &leaves, &proof)?, "the proof does not lead to the signed root");
	assert_eq!(leaves.len(), blocks.len());
	for (number, leaf) in blocks.iter().zip(&leaves) {
		let leaf = MmrLeaf::<u32, H256, H256, H256>::decode(&mut &leaf[..])?;
		let parent = number - 1;
		let hash = client.block_at(parent).await?.context("a parent is missing")?.hash;
		assert_eq!(leaf.parent_number_and_hash, (parent, hash), "block {number}'s leaf");
	}

	let mut forged = leaves.clone();
	forged[0][2] ^= 1;
	assert!(!is_under(root, &forged, &proof).unwrap_or(false), "a forged leaf passes");
	Ok(())
}

/// Whether a proof leads from the leaves to the root. This needs nothing but the three of them.
fn is_under(root: H256, leaves: &[Vec<u8>], proof: &LeafProof<H256>) -> Result<bool> {
	let size = NodesUtils::new(proof.leaf_count).size();
	let hashes = leaves.iter().map(|leaf| Keccak256::hash(leaf));
	let placed = proof.leaf_indices.iter().map(|index| leaf_index_to_pos(*index)).zip(hashes).collect();
	let proof = MerkleProof::<H256, Nodes>::new(size, proof.items.clone());
	proof.verify(root, placed).map_err(|error| anyhow::anyhow!("{error}"))
}

struct Nodes;

impl Merge for Nodes {
	type Item = H256;

	fn merge(left: &H256, right: &H256) -> sp_mmr_primitives::mmr_lib::Result<H256> {
		Ok(Keccak256::hash(&[left.0, right.0].concat()))
	}
}
