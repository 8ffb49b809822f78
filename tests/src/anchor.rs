//! What the demo shows of Base: what the chain has settled is anchored there, paid out there, and proved there.

use std::time::Duration;

use anyhow::{ensure, Context as _, Result};
use deepnode_primitives::{Balance, TaskId};
use deepnode_relayer::{
	base::{Address, BlockId},
	chain::Chain,
	proof::Anchor,
};

use crate::{
	base::{address_of, Base, ACCOUNTS},
	bridge::{end_epoch, set_gateway, signed_above, Relayer},
	follow::Blocks,
	market::Market,
	node::within,
	stage::Stage,
};

/// How long the relayer may take for each step.
const STEP: Duration = Duration::from_secs(180);

/// A local Base that knows the market's chain, with a relayer between the two.
#[derive(Debug)]
pub struct Bridgehead {
	chain: Chain,
	base: Base,
	_relayer: Relayer,
}

/// What Base knows at the end.
#[derive(Clone, Debug)]
pub struct Anchored {
	/// The chain's latest block that is committed there.
	pub block: u32,
	/// What each of the workers was paid there.
	pub paid: Vec<(Address, Balance)>,
	/// The epoch that was settled; `None` where nobody earned enough to be paid out.
	pub epoch: Option<u64>,
	/// The task whose receipt was checked there.
	pub task: TaskId,
	/// The contract that found it true.
	pub verifier: Address,
}

impl Anchored {
	/// What the workers were paid there together.
	pub fn settled(&self) -> Balance {
		self.paid.iter().map(|(_, amount)| amount).sum()
	}
}

impl Bridgehead {
	/// Starts a local Base, deploys the contracts, starts a relayer, and has the workers paid out there.
	pub async fn open(stage: &Stage, market: &Market) -> Result<Self> {
		let chain = Chain { client: market.client.clone() };
		let signed = signed_above(&chain, 0).await?;
		let base = Base::start(stage, &chain, &signed).await?;
		set_gateway(&market.client, &base).await?;
		let eager = ["--courtesy", "0", "--push", "--heartbeat", "16"];
		let relayer = Relayer::start(stage, "relayer", &market.node, &base, ACCOUNTS[0], &eager).await?;
		for (worker, address) in market.workers.iter().zip(addresses()?) {
			let set = ["bridge", "payout", "set", &address.to_string()];
			market.command_line.run(Some(worker.key()), &set).await?;
		}
		Ok(Self { chain, base, _relayer: relayer })
	}

	/// Where Base answers.
	pub fn url(&self) -> &str {
		self.base.url()
	}

	/// Settles what was earned, waits until it is paid, and has a task's receipt checked.
	pub async fn close(&self, market: &Market, task: TaskId) -> Result<Anchored> {
		let (epoch, _) = market.client.settlement_epoch(None).await?;
		end_epoch(&market.client).await?;
		let epoch = self.settled(epoch).await?.then_some(epoch);
		if let Some(epoch) = epoch {
			self.paid(epoch).await?;
		}
		let settled_at = market.client.task(task, None).await?.context("the task is gone")?;
		let deepnode_client::TaskStatus::Settled { at, .. } = settled_at.status else {
			anyhow::bail!("task {task} is {} and has no receipt", settled_at.status.name());
		};
		let block = self.anchored_above(at).await?;
		let ask = self.base.ask().await?;
		let root = self.chain.mmr_root(block).await?;
		let receipt = self.chain.receipt(task, at, Anchor { block, root }).await?;
		let (receipt, proof) = receipt.with_context(|| format!("block {at} has no receipt of task {task}"))?;
		ensure!(ask.verify_receipt((&receipt).into(), proof).await?, "the receipt of task {task} is not believed");

		let mut paid = Vec::new();
		for address in addresses()?.into_iter().take(market.workers.len()) {
			paid.push((address, self.base.balance(address).await?));
		}
		Ok(Anchored { block, paid, epoch, task, verifier: self.base.contracts.receipt_verifier })
	}

	/// Waits until an epoch is over, and says whether it has anything to settle.
	async fn settled(&self, epoch: u64) -> Result<bool> {
		let client = &self.chain.client;
		within(STEP, "the epoch is settled", async {
			let mut blocks = Blocks::after_now(client).await?;
			let mut since = 0;
			// The pages of two workers are one block's work, and what they come to is told in the next.
			while since < 4 {
				let at = Some(blocks.next().await?.hash);
				if client.settlement(epoch, at).await?.is_some() {
					return Ok(true);
				}
				let (current, _) = client.settlement_epoch(at).await?;
				since += u32::from(current > epoch);
			}
			Ok(false)
		})
		.await
	}

	/// Waits until all claims of an epoch are paid.
	async fn paid(&self, epoch: u64) -> Result<()> {
		let ask = self.base.ask().await?;
		let count = self.chain.client.settlement(epoch, None).await?.context("the settlement is gone")?.count;
		within(STEP, "the claims are paid on Base", async {
			for index in 0..count {
				while !ask.is_claimed(epoch, index).await? {
					tokio::time::sleep(Duration::from_millis(500)).await;
				}
			}
			Ok(())
		})
		.await
	}

	/// Waits until Base knows of a block above this one, and returns it.
	async fn anchored_above(&self, block: u32) -> Result<u32> {
		let ask = self.base.ask().await?;
		within(STEP, &format!("Base knows of a block above {block}"), async {
			loop {
				let latest = ask.light_client(BlockId::latest()).await?.latest;
				if latest > block {
					return Ok(latest);
				}
				tokio::time::sleep(Duration::from_millis(500)).await;
			}
		})
		.await
	}
}

/// Where the workers are paid out, in their order.
fn addresses() -> Result<Vec<Address>> {
	ACCOUNTS[1..].iter().map(|key| address_of(*key)).collect()
}
