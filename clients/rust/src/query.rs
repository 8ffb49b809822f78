//! Questions to the chain's state.

use std::collections::HashMap;

use deepnode_primitives::{content::Payload, fees::FeeTable, task::Assurance, Balance, ModelId, TaskId};
use futures::{StreamExt as _, TryStreamExt as _};
use subxt::{
	storage::{Address, PrefixOf},
	utils::Static,
};

use crate::{
	client::Client,
	convert::{self, to_account},
	error::{Error, Result},
	runtime,
	types::{
		AccountInfo, ChallengeInfo, FeeTotals, ModelInfo, Pot, Pots, Quote, SeatInfo, TaskInfo, TaskStatus, WorkerInfo,
	},
	view, AccountId, H256,
};

/// How many questions are on their way at once.
const AT_ONCE: usize = 32;

impl Client {
	/// A worker; `None` where the account is none.
	pub async fn worker(&self, account: &AccountId, at: Option<H256>) -> Result<Option<WorkerInfo>> {
		let workers = runtime::storage().task_assignment().workers();
		let worker = self.fetch(at, workers, (to_account(account),)).await?;
		Ok(worker.map(convert::worker))
	}

	/// Every worker.
	pub async fn workers(&self, at: Option<H256>) -> Result<Vec<(AccountId, WorkerInfo)>> {
		let workers = self.entries(at, runtime::storage().task_assignment().workers(), ()).await?;
		Ok(workers
			.into_iter()
			.map(|((account,), worker)| (convert::account(account), convert::worker(worker)))
			.collect())
	}

	/// The tasks that a worker has to serve, oldest first.
	pub async fn assignments(&self, worker: &AccountId, at: Option<H256>) -> Result<Vec<TaskId>> {
		let assignments = runtime::storage().task_assignment().assignments();
		let found = self.entries(at, assignments, (to_account(worker),)).await?;
		let mut tasks: Vec<_> = found.into_iter().map(|((_, task), ())| task).collect();
		tasks.sort_unstable();
		Ok(tasks)
	}

	/// A task; `None` where there never was one of this number or its audit window has ended.
	pub async fn task(&self, task: TaskId, at: Option<H256>) -> Result<Option<TaskInfo>> {
		let tasks = runtime::storage().task_assignment().tasks();
		let found = self.fetch(at, tasks, (task,)).await?;
		Ok(found.map(|found| convert::task(task, found)))
	}

	/// Every task that is kept, in the order of submission.
	pub async fn tasks(&self, at: Option<H256>) -> Result<Vec<TaskInfo>> {
		let found = self.entries(at, runtime::storage().task_assignment().tasks(), ()).await?;
		let mut tasks: Vec<_> = found.into_iter().map(|((id,), task)| convert::task(id, task)).collect();
		tasks.sort_unstable_by_key(|task| task.id);
		Ok(tasks)
	}

	/// A task's input, as long as the task is kept.
	pub async fn task_input(&self, task: TaskId, at: Option<H256>) -> Result<Option<Payload>> {
		let input = self.fetch(at, runtime::storage().task_assignment().inputs(), (task,)).await?;
		Ok(input.map(|input| input.0))
	}

	/// A settled task's agreed answer, as long as the task is kept.
	pub async fn task_output(&self, task: TaskId, at: Option<H256>) -> Result<Option<Payload>> {
		let at = Some(self.at(at).await?.block_hash());
		let Some(TaskStatus::Settled { digest, .. }) = self.task(task, at).await?.map(|task| task.status) else {
			return Ok(None);
		};
		let output = self.fetch(at, runtime::storage().attestation().answers(), (task, digest)).await?;
		Ok(output.map(|output| output.0))
	}

	/// The number that the next task gets: how many there have been.
	pub async fn next_task(&self, at: Option<H256>) -> Result<TaskId> {
		let next = runtime::storage().task_assignment().next_task_id();
		Ok(self.fetch(at, next, ()).await?.unwrap_or_default())
	}

	/// What a worker has done for a task; `None` where the task has no seat for it.
	pub async fn seat(&self, task: TaskId, worker: &AccountId, at: Option<H256>) -> Result<Option<SeatInfo>> {
		let round = self.fetch(at, runtime::storage().attestation().rounds(), (task,)).await?;
		Ok(round.and_then(|round| convert::seat(round, worker)))
	}

	/// Which of these tasks wait for chunks of an answer that this worker has revealed.
	pub async fn awaiting_chunks(&self, tasks: &[TaskId], worker: &AccountId, at: Option<H256>) -> Result<Vec<TaskId>> {
		let at = Some(self.at(at).await?.block_hash());
		futures::stream::iter(tasks.to_vec())
			.map(|task| async move {
				let opening = self.seat(task, worker, at).await?.and_then(|seat| seat.opening);
				Ok(opening.map(|_| task))
			})
			.buffer_unordered(AT_ONCE)
			.try_filter_map(futures::future::ok)
			.try_collect()
			.await
	}

	/// The long answers of a task whose chosen chunks are to be opened; `None` where there are none.
	pub async fn challenge(&self, task: TaskId, at: Option<H256>) -> Result<Option<ChallengeInfo>> {
		let round = self.fetch(at, runtime::storage().attestation().rounds(), (task,)).await?;
		Ok(round.and_then(convert::challenge))
	}

	/// How many of a task's workers have committed, and how many have revealed.
	pub async fn round_progress(&self, task: TaskId, at: Option<H256>) -> Result<Option<(u32, u32)>> {
		let round = self.fetch(at, runtime::storage().attestation().rounds(), (task,)).await?;
		Ok(round.map(convert::round_progress))
	}

	/// A model; `None` where there is none of this number.
	pub async fn model(&self, model: ModelId, at: Option<H256>) -> Result<Option<ModelInfo>> {
		let at = Some(self.at(at).await?.block_hash());
		let registry = runtime::storage().model_registry();
		let Some(found) = self.fetch(at, registry.models(), (model,)).await? else { return Ok(None) };
		let open_tasks = self.fetch(at, registry.open_tasks(), (model,)).await?.unwrap_or_default();
		Ok(Some(convert::model(model, found, open_tasks)))
	}

	/// Every model, in the order of registration.
	pub async fn models(&self, at: Option<H256>) -> Result<Vec<ModelInfo>> {
		let at = Some(self.at(at).await?.block_hash());
		let registry = runtime::storage().model_registry();
		let found = self.entries(at, registry.models(), ()).await?;
		let open: HashMap<_, _> =
			self.entries(at, registry.open_tasks(), ()).await?.into_iter().map(|((id,), count)| (id, count)).collect();
		let open = |id| open.get(&id).copied().unwrap_or_default();
		let mut models: Vec<_> = found.into_iter().map(|((id,), model)| convert::model(id, model, open(id))).collect();
		models.sort_unstable_by_key(|model| model.id);
		Ok(models)
	}

	/// How many workers serve a model, and the stake of all of them together.
	pub async fn pool(&self, model: ModelId, at: Option<H256>) -> Result<(u32, Balance)> {
		let at = self.at(at).await?;
		view::call(&at, &runtime::view_functions().task_assignment().pool(model)).await
	}

	/// What a task of `items` items would cost; `None` for a model that does not exist.
	pub async fn quote(
		&self,
		model: ModelId,
		items: u32,
		assurance: Assurance,
		at: Option<H256>,
	) -> Result<Option<Quote>> {
		let at = self.at(at).await?;
		let quote = runtime::view_functions().task_assignment().quote(model, items, Static(assurance));
		let found = view::call(&at, &quote).await?;
		Ok(found.map(|(fee, audit, bound)| Quote { fee, audit, bound }))
	}

	/// The deposit of a task whose input, or whose input's URIs, have so many bytes.
	pub async fn task_deposit(&self, input_bytes: u32, at: Option<H256>) -> Result<Balance> {
		let at = self.at(at).await?;
		view::call(&at, &runtime::view_functions().task_assignment().deposit(input_bytes)).await
	}

	/// An account's DN, of all accounts that never had any: nothing.
	pub async fn account(&self, account: &AccountId, at: Option<H256>) -> Result<AccountInfo> {
		let at = Some(self.at(at).await?.block_hash());
		let id = to_account(account);
		let info = self.fetch(at, runtime::storage().system().account(), (id,)).await?;
		let holds = self.fetch(at, runtime::storage().balances().holds(), (id,)).await?;
		let Some(info) = info else { return Ok(AccountInfo::default()) };
		Ok(AccountInfo {
			nonce: info.nonce,
			free: info.data.free,
			held: holds.map(convert::holds).unwrap_or_default(),
			frozen: info.data.frozen,
			total: info.data.free.saturating_add(info.data.reserved),
		})
	}

	/// All the DN that exist on the chain.
	pub async fn total_issuance(&self, at: Option<H256>) -> Result<Balance> {
		let issuance = self.fetch(at, runtime::storage().balances().total_issuance(), ()).await?;
		Ok(issuance.unwrap_or_default())
	}

	/// Where fees have gone since the first block.
	pub async fn fee_totals(&self, at: Option<H256>) -> Result<FeeTotals> {
		let totals = self.fetch(at, runtime::storage().fee_split().totals(), ()).await?;
		Ok(totals.map(convert::fee_totals).unwrap_or_default())
	}

	/// How fees are divided.
	pub async fn fee_table(&self, at: Option<H256>) -> Result<FeeTable> {
		let table = self.fetch(at, runtime::storage().fee_split().table(), ()).await?;
		Ok(table.map(|table| table.0).unwrap_or_default())
	}

	/// The accounts that collect the network's parts of the fees, and what they hold.
	pub async fn pots(&self, at: Option<H256>) -> Result<Pots> {
		let at = self.at(at).await?;
		let pots = view::call(&at, &runtime::view_functions().fee_split().pots()).await?;
		let hash = Some(at.block_hash());
		let pot = |id| async move {
			let account = convert::account(id);
			let balance = self.account(&account, hash).await?.total;
			Ok::<_, Error>(Pot { account, balance })
		};
		Ok(Pots {
			validators: pot(pots.validators).await?,
			treasury: pot(pots.treasury).await?,
			community: pot(pots.community).await?,
		})
	}

	/// The audit fund's account, and what it holds.
	pub async fn audit_fund(&self, at: Option<H256>) -> Result<Pot> {
		let at = self.at(at).await?;
		let fund = view::call(&at, &runtime::view_functions().task_assignment().audit_fund()).await?;
		let account = convert::account(fund);
		let balance = self.account(&account, Some(at.block_hash())).await?.total;
		Ok(Pot { account, balance })
	}

	/// The bounds and periods that the runtime sets.
	pub async fn limits(&self, at: Option<H256>) -> Result<crate::types::Limits> {
		let at = self.at(at).await?;
		let (constants, tasks) = (at.constants(), runtime::constants().task_assignment());
		Ok(crate::types::Limits {
			min_stake: constants.entry(tasks.min_stake())?,
			commit_window: constants.entry(tasks.commit_window())?,
			reveal_window: constants.entry(tasks.reveal_window())?,
			audit_window: constants.entry(tasks.audit_window())?,
			unbonding_period: constants.entry(tasks.unbonding_period())?,
			max_deadline: constants.entry(tasks.max_deadline())?,
			max_items: constants.entry(tasks.max_items())?,
			deposit_base: constants.entry(tasks.deposit_base())?,
			deposit_per_byte: constants.entry(tasks.deposit_per_byte())?,
		})
	}

	/// The value at an address; a value's default where it has one and is not set.
	pub(crate) async fn fetch<A>(&self, at: Option<H256>, address: A, keys: A::KeyParts) -> Result<Option<A::Value>>
	where
		A: Address + Send + Sync,
		A::KeyParts: Send,
	{
		let at = self.at(at).await?;
		let value = at.storage().try_fetch(address, keys).await?;
		Ok(value.map(|value| value.decode()).transpose()?)
	}

	/// All entries of a map below a prefix of its keys.
	pub(crate) async fn entries<A, P>(
		&self,
		at: Option<H256>,
		address: A,
		prefix: P,
	) -> Result<Vec<(A::KeyParts, A::Value)>>
	where
		A: Address + Send + Sync,
		A::KeyParts: Send,
		A::Value: Send,
		P: PrefixOf<A::KeyParts> + Send,
	{
		let at = self.at(at).await?;
		let entries = at.storage().iter(address, prefix).await?;
		entries
			.map(|entry| {
				let entry = entry?;
				Ok((entry.key()?.decode()?, entry.value().decode()?))
			})
			.try_collect()
			.await
	}
}
