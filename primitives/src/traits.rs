//! Where the pallets meet. None of them reads another's storage.

use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::{bounded::BoundedVec, ConstU32, H256};
use sp_runtime::{DispatchError, DispatchResult};

use crate::{
	bridge::Judgement,
	comparison::Comparison,
	content::{Digest, Payload},
	fees::Split,
	model::Terms,
	verdict::{Audit, Verdict},
	Balance, DataSetId, ModelId, TaskId,
};

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
	/// What binds the model's files, [`manifest_digest`](crate::content::manifest_digest), also after its
	/// retirement; `None` for a model that does not exist.
	fn manifest(model: ModelId) -> Option<Digest>;
	/// Registers a model that a benchmark can use, and returns its number.
	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_model(owner: &AccountId) -> ModelId;
}

/// The terms under which a data set is used.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct DataSetTerms<AccountId> {
	/// Who owns it and earns its royalties.
	pub owner: AccountId,
	/// Its domain, in UTF-8.
	pub domain: BoundedVec<u8, ConstU32<32>>,
	/// What a model that declares it owes it of the creator's share, in parts per million. It never changes.
	pub royalty: u32,
	/// What one use of one item in an evaluation costs.
	pub evaluation_price: Balance,
	/// How many items it has.
	pub items: u32,
	/// Whether only its manifest's hash is known.
	pub sealed: bool,
	/// Whether models may still declare it and evaluators draw from it.
	pub active: bool,
}

/// The data registry.
pub trait DataSets<AccountId> {
	/// The data set's terms, also after its retirement; `None` for one that is not stored.
	fn terms(data_set: DataSetId) -> Option<DataSetTerms<AccountId>>;
	/// Counts one more entry that refers to the data set, and keeps it stored with its bond. Fails for one
	/// that is not stored or is retired.
	fn referenced(data_set: DataSetId) -> DispatchResult;
	/// Counts such an entry as gone. O(1): it removes nothing.
	fn released(data_set: DataSetId);
	/// Counts uses of items in evaluations, which the caller has paid for; nothing for a data set that is
	/// not stored.
	fn used(data_set: DataSetId, items: u32);
	/// Registers an active data set of the largest size with a royalty of a tenth, for benchmarks. Where
	/// the runtime has no data sets, the number that it returns is of none.
	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_data_set(owner: &AccountId) -> DataSetId;
}

/// A runtime without data sets.
impl<AccountId> DataSets<AccountId> for () {
	fn terms(_: DataSetId) -> Option<DataSetTerms<AccountId>> {
		None
	}

	fn referenced(_: DataSetId) -> DispatchResult {
		Err(DispatchError::Unavailable)
	}

	fn released(_: DataSetId) {}

	fn used(_: DataSetId, _: u32) {}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_data_set(_: &AccountId) -> DataSetId {
		0
	}
}

/// Who shares in the creator's part of a fee: the owners along a model's lineage, and the owners of the
/// data sets that the model itself declares. [`lineage`](crate::fees::lineage) divides the part among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lineage<AccountId> {
	/// The owners, the model's own first, then its parent's, and so on.
	pub owners: Vec<AccountId>,
	/// What each owner owes the next, in parts per million of what itself receives: one fewer than owners.
	pub royalties: Vec<u32>,
	/// What the model owes its data sets' owners, in parts per million of the whole part, as frozen when
	/// the model was registered. With the first royalty these are a million at most.
	pub data_sets: Vec<(AccountId, u32)>,
}

impl<AccountId> Lineage<AccountId> {
	/// Of a fee without a creator's part.
	pub const fn nobody() -> Self {
		Self { owners: Vec::new(), royalties: Vec::new(), data_sets: Vec::new() }
	}
}

/// Rounds of sealed answers, as the task's keeper drives them.
///
/// A task has one round from its first draw until it is forgotten. It is sealed at first: once its workers
/// have committed, an auditor may be asked to commit as well, before anybody reveals. The workers answer in one
/// wave or, where they do not come to a majority, in several; once they have, the round is settled, and more
/// auditors may answer in waves of their own. The answers stay until [`Self::close`].
pub trait Rounds<AccountId> {
	/// Opens a round: each of `workers` is expected to commit.
	fn open(task: TaskId, workers: &[AccountId], comparison: Comparison) -> DispatchResult;
	/// Lets everybody in the round reveal who has committed, now and later.
	fn unseal(task: TaskId) -> DispatchResult;
	/// Asks more: workers where the answers so far have no majority; auditors where the round is settled, or
	/// is sealed and all its workers have committed.
	/// Only they are expected to commit and reveal; then all answers are judged again. Everybody who was
	/// asked before has revealed, or lost its seat, unless the round is sealed. With nobody in `more`, the answers
	/// that are there are judged at once: what a keeper does that finds nobody to ask in a vacated seat's place.
	fn extend(task: TaskId, more: &[AccountId]) -> DispatchResult;
	/// Gives the seat of a worker or auditor that has not committed to another.
	fn replace(task: TaskId, absent: &AccountId, replacement: &AccountId) -> DispatchResult;
	/// Takes away the seat of a worker or auditor that has not revealed. Where everybody else has, the
	/// others are not judged by that: the keeper asks more, or closes the round. Nor is the keeper told
	/// where everybody else has committed: [`Self::seats`] says so, and the others may reveal.
	fn vacate(task: TaskId, absent: &AccountId) -> DispatchResult;
	/// What each worker of the round, with an auditor who was asked before it was unsealed, has done so far;
	/// once the round is settled, what each auditor has. Empty where no round is open.
	fn seats(task: TaskId) -> Vec<Seat<AccountId>>;
	/// Begins the comparison of answers that are too long for the chain and differ, in a block after
	/// the one in which [`Tasks::disputed`] was told of them: whoever has them opens the chunks of them
	/// that `seed` chooses, which nobody may have known in that block. When all are opened the answers
	/// are judged. When the keeper's window is over [`Self::extend`] with nobody judges them as they
	/// are: an answer that is not opened agrees with none but its equal.
	fn challenge(task: TaskId, seed: H256) -> DispatchResult;
	/// The answer with this digest that somebody has revealed in the task's round.
	fn answer(task: TaskId, digest: &Digest) -> Option<Payload>;
	/// Ends the round and forgets it, with its answers.
	fn close(task: TaskId);
}

/// One worker's or auditor's place in a round.
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
	/// Everybody who was asked has committed. In a sealed round nobody reveals until [`Rounds::unseal`].
	fn all_committed(task: TaskId) -> DispatchResult;
	/// Everybody who was asked has revealed, and answers differ that are too long for the chain: returns
	/// whether the keeper will call [`Rounds::challenge`]. Where it will not, the answers are judged at
	/// once, and long ones agree only where their digests are equal.
	fn disputed(_task: TaskId) -> Result<bool, DispatchError> {
		Ok(false)
	}
	/// Every worker of the round has revealed, and this is what their answers come to. With a majority the
	/// round is settled on it; without one it waits for [`Rounds::extend`] or [`Rounds::close`].
	fn judged(task: TaskId, verdict: Verdict<AccountId>) -> DispatchResult;
	/// Every auditor of a settled round has revealed, and this is what their answers come to.
	fn audited(task: TaskId, audit: Audit<AccountId>) -> DispatchResult;
	/// Sets up a task for a benchmark whose round is open with [`MAX_SEATS`](crate::task::MAX_SEATS)
	/// workers, asked at once, none of whom has committed, and returns it with them.
	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_task(comparison: Comparison) -> (TaskId, Vec<AccountId>);
	/// Begins the audit of such a task once it is settled, as after a contradiction: returns
	/// [`MAX_AUDITORS`](crate::task::MAX_AUDITORS) auditors whom its round has been extended by at once.
	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_audit(task: TaskId) -> Vec<AccountId>;
}

/// A settled task, for those who keep count of use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement<'a, AccountId> {
	/// The task.
	pub task: TaskId,
	/// Its model.
	pub model: ModelId,
	/// Who asked and paid.
	pub requester: &'a AccountId,
	/// How many items it had.
	pub items: u32,
	/// The fee that was divided.
	pub fee: Balance,
	/// How it was divided.
	pub split: &'a Split,
	/// The workers who answered truly.
	pub winners: &'a [AccountId],
}

/// Who is told what becomes of tasks.
pub trait Observer<AccountId> {
	/// A task was settled and its fee divided.
	fn settled(settlement: Settlement<AccountId>);
	/// A settled task turned out to be settled falsely: what it counted for counts no more.
	fn overturned(task: TaskId, model: ModelId, fee: Balance);
	/// No majority of a task's workers agreed.
	fn undecided(task: TaskId, model: ModelId);
}

impl<AccountId> Observer<AccountId> for () {
	fn settled(_: Settlement<AccountId>) {}
	fn overturned(_: TaskId, _: ModelId, _: Balance) {}
	fn undecided(_: TaskId, _: ModelId) {}
}

/// A settled task, of which a receipt is to be left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued<'a, AccountId> {
	/// The task.
	pub task: TaskId,
	/// Its model.
	pub model: ModelId,
	/// How many items it had.
	pub items: u32,
	/// Whether it is settled now, or its settlement was overturned.
	pub verdict: Judgement,
	/// Who asked.
	pub requester: &'a AccountId,
	/// The model's manifest hash.
	pub manifest: Digest,
	/// The input's digest.
	pub input: Digest,
	/// The settled answer's digest.
	pub output: Digest,
	/// The workers whose answers agree on it.
	pub workers: &'a [AccountId],
	/// The fee that is divided now.
	pub fee: Balance,
	/// How it is divided.
	pub split: &'a Split,
}

/// Who leaves receipts of settled tasks, for those on other chains who act on them.
pub trait Receipts<AccountId> {
	/// Leaves a receipt in this block.
	fn issue(issued: Issued<'_, AccountId>);
}

/// A runtime without receipts.
impl<AccountId> Receipts<AccountId> for () {
	fn issue(_: Issued<'_, AccountId>) {}
}

/// Who pays accounts out elsewhere.
pub trait Payouts<AccountId> {
	/// An account was paid so much just now. Where it is paid out elsewhere, it can use that here no more.
	fn earned(who: &AccountId, amount: Balance);
}

/// A runtime in which everybody is paid here.
impl<AccountId> Payouts<AccountId> for () {
	fn earned(_: &AccountId, _: Balance) {}
}

/// What others may know of a settled task until its audit window ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled<AccountId, BlockNumber> {
	/// Who asked.
	pub requester: AccountId,
	/// Its model.
	pub model: ModelId,
	/// How many items it has.
	pub items: u32,
	/// What was paid for it.
	pub fee: Balance,
	/// Its seal.
	pub seal: [u8; 32],
	/// When it was submitted.
	pub submitted_at: BlockNumber,
	/// When it was settled.
	pub settled_at: BlockNumber,
	/// The settled answer's digest.
	pub digest: Digest,
}

/// Settled tasks, as others read them.
pub trait SettledTasks<AccountId, BlockNumber> {
	/// A settled task; `None` where it is not settled, was overturned, or is forgotten.
	fn settled(task: TaskId) -> Option<Settled<AccountId, BlockNumber>>;
	/// Its settled answer.
	fn output(task: TaskId) -> Option<Payload>;
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
	/// The workers' row of the fee table, in parts per million.
	fn workers_row() -> u32;
}
