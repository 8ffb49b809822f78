//! Where the pallets meet. None of them reads another's storage.

use alloc::vec::Vec;
use sp_runtime::DispatchResult;

use crate::{comparison::Comparison, fees::Split, model::Terms, task::Verdict, Balance, ModelId, TaskId};

/// The model registry, as others see it.
pub trait Models<AccountId> {
	/// The model's terms, also after its retirement; `None` for a model that does not exist.
	fn terms(model: ModelId) -> Option<Terms<AccountId>>;
	/// Counts a task that the model now serves: its bond stays until the last is closed.
	fn task_opened(model: ModelId) -> DispatchResult;
	/// Counts such a task as closed.
	fn task_closed(model: ModelId);
	/// Who shares in the creator's part: the owner first, then each ancestor's owner with what its
	/// child owes it, in parts per million. The first royalty is the owner's debt to its parent.
	fn lineage(model: ModelId) -> Lineage<AccountId>;
	/// Registers a model that a benchmark can use, and returns its number.
	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_model(owner: &AccountId) -> ModelId;
}

/// The owners along a model's lineage, the model's own first, and what each owes the next, in parts
/// per million: one royalty fewer than owners.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lineage<AccountId> {
	/// The owners.
	pub owners: Vec<AccountId>,
	/// The royalties between them.
	pub royalties: Vec<u32>,
}

/// Rounds of sealed answers, as the task's keeper drives them.
pub trait Rounds<AccountId> {
	/// Opens a round: each of `workers` is expected to commit.
	fn open(task: TaskId, workers: &[AccountId], comparison: Comparison) -> DispatchResult;
	/// Gives the seat of a worker that has not committed to another.
	fn replace(task: TaskId, absent: &AccountId, replacement: &AccountId) -> DispatchResult;
	/// What each worker has done so far; empty where no round is open.
	fn seats(task: TaskId) -> Vec<Seat<AccountId>>;
	/// Ends the round and forgets it.
	fn close(task: TaskId);
}

/// One worker's place in a round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat<AccountId> {
	/// Whose it is.
	pub worker: AccountId,
	/// Whether it has committed.
	pub committed: bool,
	/// Whether it has revealed.
	pub revealed: bool,
}

/// The tasks' keeper, as the rounds report to it.
pub trait Tasks<AccountId> {
	/// Every worker of the round has committed: the reveal window opens.
	fn all_committed(task: TaskId) -> DispatchResult;
	/// Every worker of the round has revealed, and this is what their answers come to. The round is
	/// over; the keeper pays or refunds.
	fn judged(task: TaskId, verdict: Verdict) -> DispatchResult;
	/// Sets up a task for a benchmark that the returned number of workers, at least two, serve, and
	/// returns it.
	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_task(comparison: Comparison) -> (TaskId, Vec<AccountId>);
}

/// Divides fees. `Credit` is an imbalance: whatever is not handed to somebody is burned, so nothing
/// can be paid twice.
pub trait FeeSettlement<AccountId, Credit> {
	/// Divides a settled task's fee by the fee table among the lineage's owners, the winners and the
	/// network.
	fn settle(task: TaskId, fee: Credit, lineage: Lineage<AccountId>, winners: &[AccountId]) -> Split;
	/// What each of `workers` would earn of `fee`: what a worker is owed whose partner made an
	/// agreement impossible.
	fn worker_reward(fee: Balance, workers: u32) -> Balance;
}
