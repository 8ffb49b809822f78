//! The fisherman notices a unit that is missing in the vault, and a root that the chain does not have. Relayers carry on with what the
//! chain has.

use alloy::{
	primitives::{Address, Bytes, U256},
	sol,
	sol_types::SolCall as _,
};
use anyhow::{Context as _, Result};
use deepnode_primitives::{bridge::Commitment, DN};
use deepnode_relayer::{
	base::{abi, BlockId},
	chain::Chain,
	commitment::Signed,
	proof::Anchor,
};
use deepnode_tests::{
	base::{Base, ACCOUNTS, NOBODY},
	bridge::{set_gateway, signed_above, Relayer},
	command_line::CommandLine,
	node::Node,
	stage::Stage,
};
use sp_core::{ecdsa, Pair as _, H256};

sol! {
	function transfer(address to, uint256 value) external returns (bool);
}

#[tokio::test]
async fn a_missing_unit_and_a_root_of_no_block_raise_an_alert() -> Result<()> {
	let stage = Stage::new("bridge_fisherman")?;
	let node = Node::dev(&stage).await?;
	let chain = Chain { client: node.client().await? };
	let signed = signed_above(&chain, 0).await?;
	let base = Base::start(&stage, &chain, &signed).await?;
	set_gateway(&chain.client, &base).await?;
	let fisherman = Relayer::watch(&stage, "fisherman", &node, &base).await?;
	fisherman.becomes(None).await?;

	// One unit of sixty million DN is gone.
	let (gateway, token) = (base.contracts.gateway, base.contracts.token);
	let one_to = |to: Address| Bytes::from(transferCall { to, value: U256::ONE }.abi_encode());
	base.send_as(gateway, token, one_to(NOBODY)).await?;
	fisherman.becomes(Some("0.000000000000000001 DN less than the chain counts on")).await?;
	fisherman.counts("deepnode_relayer_alert{what=\"vault\"}", 1.0).await?;
	base.send_as(NOBODY, token, one_to(gateway)).await?;
	fisherman.becomes(None).await?;

	// The chain's only validator signs a root that the chain does not have, and Base believes it.
	let latest = base.ask().await?.light_client(BlockId::latest()).await?.latest;
	let block = signed_above(&chain, latest + 1).await?.block() - 1;
	forge(&chain, &base, block).await?;
	fisherman.becomes(Some(&format!("two roots are signed for block {block}"))).await?;
	fisherman.counts("deepnode_relayer_alert{what=\"conflict\"}", 1.0).await?;

	// A relayer carries on under the next true root, and nobody forgets the false one.
	let _relayer = Relayer::start(&stage, "relayer", &node, &base, ACCOUNTS[0], &["--courtesy", "0"]).await?;
	let deployment = base.deployment().to_str().context("the path is not UTF-8")?;
	let ends = ["--base-rpc", base.url(), "--deployment", deployment];
	let withdraw = ["bridge", "withdraw", "1DN", "--to", &NOBODY.to_string(), "--wait"];
	CommandLine::new(node.url()).run(Some("//Ferdie"), &[&withdraw[..], &ends].concat()).await?;
	assert_eq!(base.balance(NOBODY).await?, DN);
	fisherman.becomes(Some("two roots are signed")).await?;
	stage.passed();
	Ok(())
}

/// Gives the light client a commitment of the validator to a root of nothing.
async fn forge(chain: &Chain, base: &Base, block: u32) -> Result<()> {
	let set = base.ask().await?.light_client(BlockId::latest()).await?.current.id;
	let commitment = Commitment { mmr_root: H256::repeat_byte(0xbd), block_number: block, validator_set_id: set };
	let alice = ecdsa::Pair::from_string("//Alice", None).context("a development account has a key")?;
	let signature = alice.sign_prehashed(commitment.hash().as_fixed_bytes());
	let validators = chain.validators(set, block).await?;
	let signed = Signed { commitment, signatures: vec![Some(signature.0)] };
	let ballot = signed.ballot(&validators)?;
	let anchor = Anchor { block, root: chain.mmr_root(block).await? };
	let leaf = chain.prove(0, anchor).await?;
	let call = abi::IBeefyClient::submitCommitmentCall {
		commitment: abi::Commitment { mmrRoot: commitment.mmr_root.0.into(), blockNumber: block, validatorSetId: set },
		bitfield: ballot.bitfield,
		signatures: ballot.signatures.into(),
		authorities: validators.addresses,
		// Only a change of sets looks at it.
		leaf: (&leaf.leaf).into(),
		mmrItems: Vec::new(),
	};
	base.send(ACCOUNTS[1], base.contracts.beefy_client, call.abi_encode().into()).await?;
	Ok(())
}
