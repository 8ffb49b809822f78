#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![deny(missing_docs)]
#![cfg_attr(
	not(test),
	deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]

extern crate alloc;
#[cfg(test)]
extern crate self as pallet_task_assignment;

mod agenda;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(test)]
mod mock;
mod pool;
mod stake;
mod task;
#[cfg(test)]
mod tests;
mod try_state;
pub mod types;
pub mod weights;

pub use pallet::*;
pub use weights::WeightInfo;

// What FRAME's macros write here expects what it has checked itself.
#[allow(clippy::expect_used)]
#[frame_support::pallet]
pub mod pallet {
	use deepnode_primitives::{
		content::{Digest, Payload},
		fees::Split,
		task::Assurance,
		traits::{FeeSettlement, Models, Rounds},
		Balance, ModelId, TaskId,
	};
	use frame_support::{
		pallet_prelude::*,
		traits::{fungible, OnUnbalanced, Randomness},
	};
	use frame_system::pallet_prelude::*;
	use sp_runtime::traits::{One, Saturating};

	use crate::{
		types::{CreditOf, Offence, RefundReason, Task, Worker},
		WeightInfo,
	};

	/// Why the pallet holds somebody's DN.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// A worker's stake.
		WorkerStake,
		/// The fee of a task that is not settled.
		TaskFee,
		/// The deposit for the storage that a task takes.
		TaskDeposit,
	}

	#[pallet::config]
	pub trait Config: frame_system::Config {
		/// The DN token.
		type Currency: fungible::Mutate<Self::AccountId>
			+ fungible::hold::Mutate<Self::AccountId, Reason = Self::RuntimeHoldReason>
			+ fungible::hold::Balanced<Self::AccountId>
			+ fungible::Inspect<Self::AccountId, Balance = Balance>;
		/// The runtime's hold reason.
		type RuntimeHoldReason: From<HoldReason>;
		/// The model registry.
		type Models: Models<Self::AccountId>;
		/// The rounds of sealed answers.
		type Rounds: Rounds<Self::AccountId>;
		/// The fee table.
		type Fees: FeeSettlement<Self::AccountId, CreditOf<Self>>;
		/// Where slashed stake goes that compensates nobody.
		type Slashed: OnUnbalanced<CreditOf<Self>>;
		/// Randomness that nobody knew when the previous block was made.
		type Randomness: Randomness<Self::Hash, BlockNumberFor<Self>>;
		/// The least stake of a worker, at least the existential deposit.
		#[pallet::constant]
		type MinStake: Get<Balance>;
		/// How long a worker has to commit, in blocks.
		#[pallet::constant]
		type CommitWindow: Get<BlockNumberFor<Self>>;
		/// How long a worker has to reveal once all have committed, in blocks.
		#[pallet::constant]
		type RevealWindow: Get<BlockNumberFor<Self>>;
		/// How long a settled task can be looked at again, in blocks.
		#[pallet::constant]
		type AuditWindow: Get<BlockNumberFor<Self>>;
		/// How long a stake stays after its worker has left, in blocks: longer than the longest task
		/// and its audit window together.
		#[pallet::constant]
		type UnbondingPeriod: Get<BlockNumberFor<Self>>;
		/// How far ahead a deadline may lie, in blocks.
		#[pallet::constant]
		type MaxDeadline: Get<BlockNumberFor<Self>>;
		/// The most items of one task.
		#[pallet::constant]
		type MaxItems: Get<u32>;
		/// What one byte of an input on chain, or of the URIs of another, costs as a deposit.
		#[pallet::constant]
		type DepositPerByte: Get<Balance>;
		/// What every task costs as a deposit besides.
		#[pallet::constant]
		type DepositBase: Get<Balance>;
		/// The part of a fee that is spent where the workers agree that there is no answer, in parts
		/// per million.
		#[pallet::constant]
		type FailedPart: Get<u32>;
		/// The part of a worker's stake that a missed commit costs, in parts per million.
		#[pallet::constant]
		type MissedCommitSlash: Get<u32>;
		/// The part of a worker's stake that a missed reveal costs, in parts per million.
		#[pallet::constant]
		type MissedRevealSlash: Get<u32>;
		/// How much of a block's weight the agenda may use.
		#[pallet::constant]
		type AgendaWeight: Get<Weight>;
		/// The weights of the calls and of the agenda.
		type WeightInfo: WeightInfo;
	}

	/// The current storage version.
	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// Every worker.
	#[pallet::storage]
	pub type Workers<T: Config> =
		StorageMap<_, Blake2_128Concat, T::AccountId, Worker<T::AccountId, BlockNumberFor<T>>>;

	/// How many workers serve a model.
	#[pallet::storage]
	pub type PoolSizes<T: Config> = StorageMap<_, Twox64Concat, ModelId, u32, ValueQuery>;

	/// Which worker a leaf of a model's pool stands for.
	#[pallet::storage]
	pub type PoolMembers<T: Config> = StorageDoubleMap<_, Twox64Concat, ModelId, Twox64Concat, u32, T::AccountId>;

	/// The stake below each node `(level, index)` of a model's pool.
	#[pallet::storage]
	pub type PoolNodes<T: Config> =
		StorageDoubleMap<_, Twox64Concat, ModelId, Twox64Concat, (u8, u32), Balance, ValueQuery>;

	/// The number of the next task.
	#[pallet::storage]
	pub type NextTaskId<T: Config> = StorageValue<_, TaskId, ValueQuery>;

	/// Every task until its audit window ends.
	#[pallet::storage]
	pub type Tasks<T: Config> = StorageMap<_, Twox64Concat, TaskId, Task<T::AccountId, BlockNumberFor<T>>>;

	/// The tasks' inputs, as long as the tasks.
	#[pallet::storage]
	pub type Inputs<T: Config> = StorageMap<_, Twox64Concat, TaskId, Payload>;

	/// The settled tasks' outputs, as long as the tasks.
	#[pallet::storage]
	pub type Outputs<T: Config> = StorageMap<_, Twox64Concat, TaskId, Payload>;

	/// What each worker has to do.
	#[pallet::storage]
	pub type Assignments<T: Config> = StorageDoubleMap<_, Blake2_128Concat, T::AccountId, Twox64Concat, TaskId, ()>;

	/// Which tasks to look at in which block.
	#[pallet::storage]
	pub type Agenda<T: Config> = StorageDoubleMap<_, Twox64Concat, BlockNumberFor<T>, Twox64Concat, TaskId, ()>;

	/// The first block whose agenda may have something left.
	#[pallet::storage]
	pub type AgendaCursor<T: Config> = StorageValue<_, BlockNumberFor<T>, ValueQuery>;

	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A worker has put up its stake.
		WorkerJoined {
			/// The worker.
			worker: T::AccountId,
			/// Its stake.
			stake: Balance,
		},
		/// A worker has added to its stake.
		StakeAdded {
			/// The worker.
			worker: T::AccountId,
			/// Its stake now.
			stake: Balance,
		},
		/// A worker takes no more tasks.
		WorkerLeft {
			/// The worker.
			worker: T::AccountId,
			/// The block from which it can withdraw its stake.
			withdrawable_at: BlockNumberFor<T>,
		},
		/// A worker that had left has its stake back.
		StakeWithdrawn {
			/// The worker.
			worker: T::AccountId,
			/// What it got.
			stake: Balance,
		},
		/// A worker serves a model.
		ModelServed {
			/// The worker.
			worker: T::AccountId,
			/// The model.
			model: ModelId,
		},
		/// A worker serves a model no more.
		ModelDropped {
			/// The worker.
			worker: T::AccountId,
			/// The model.
			model: ModelId,
		},
		/// A task waits for its workers.
		TaskSubmitted {
			/// The task.
			task: TaskId,
			/// Who asked.
			requester: T::AccountId,
			/// The model.
			model: ModelId,
			/// How many items it has.
			items: u32,
			/// What is in escrow for it.
			fee: Balance,
		},
		/// A task's workers are drawn.
		TaskAssigned {
			/// The task.
			task: TaskId,
			/// Its workers.
			workers: alloc::vec::Vec<T::AccountId>,
		},
		/// A worker that did not commit is replaced.
		WorkerReplaced {
			/// The task.
			task: TaskId,
			/// Who did not commit.
			absent: T::AccountId,
			/// Who has its seat now.
			replacement: T::AccountId,
		},
		/// A task waits for its workers again.
		TaskRequeued {
			/// The task.
			task: TaskId,
		},
		/// All workers of a task have committed.
		AnswersCommitted {
			/// The task.
			task: TaskId,
		},
		/// A task's answers agree and its fee is divided.
		TaskSettled {
			/// The task.
			task: TaskId,
			/// The agreed answer's digest.
			digest: Digest,
			/// The workers that were paid.
			winners: alloc::vec::Vec<T::AccountId>,
			/// Where the fee went.
			split: Split,
		},
		/// A requester has its money back.
		TaskRefunded {
			/// The task.
			task: TaskId,
			/// How much of the fee.
			amount: Balance,
			/// Why.
			reason: RefundReason,
		},
		/// A worker lost stake.
		WorkerSlashed {
			/// The worker.
			worker: T::AccountId,
			/// The task.
			task: TaskId,
			/// How much.
			amount: Balance,
			/// What for.
			offence: Offence,
		},
		/// A worker whose partner did not reveal is paid from the partner's slash.
		WorkerCompensated {
			/// The worker.
			worker: T::AccountId,
			/// The task.
			task: TaskId,
			/// How much.
			amount: Balance,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// This account is a worker already: add to its stake, or wait until it has withdrawn.
		AlreadyWorker,
		/// This account is no worker: join first.
		NotWorker,
		/// The stake is below `MinStake`.
		StakeTooLow,
		/// The capacity is zero.
		NoCapacity,
		/// The worker has left: withdraw its stake, then join again.
		Leaving,
		/// The worker has not left: leave first.
		NotLeaving,
		/// The stake is still unbonding: the `WorkerLeft` event names the block to wait for.
		StillUnbonding,
		/// The worker still serves tasks: wait until they are settled.
		StillServing,
		/// The worker serves this model already.
		AlreadyServing,
		/// The worker does not serve this model.
		NotServing,
		/// The worker serves as many models as one can.
		TooManyModels,
		/// There is no model of this number.
		UnknownModel,
		/// The model is retired: choose another.
		ModelRetired,
		/// This assurance level is not offered; `Pair` is.
		UnsupportedAssurance,
		/// The task has no items.
		NoItems,
		/// The task has more than `MaxItems` items.
		TooManyItems,
		/// The input has another number of items than the task declares.
		ItemsMismatch,
		/// The input ends too early, or goes on after its last tensor.
		InputLength,
		/// An input tensor has another element type than the model declares.
		InputType,
		/// An input tensor has another shape than the model declares.
		InputShape,
		/// The input by reference has no content or no URI, or is small enough to be on chain.
		InvalidReference,
		/// The most that the task pays is below its price: the model's price times the items.
		FeeBelowPrice,
		/// The fee is beyond what exists.
		FeeOverflow,
		/// The requester's free balance does not cover the fee and the deposit.
		InsufficientFunds,
		/// The deadline leaves no time to commit and to reveal.
		DeadlineTooSoon,
		/// The deadline is more than `MaxDeadline` blocks ahead.
		DeadlineTooFar,
		/// The task does not stand where this could happen to it.
		UnexpectedStatus,
		/// There is no task of this number.
		UnknownTask,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(now: BlockNumberFor<T>) -> Weight {
			Self::work_agenda(now)
		}

		fn integrity_test() {
			assert!(
				T::UnbondingPeriod::get() > T::MaxDeadline::get().saturating_add(T::AuditWindow::get()),
				"stake must outlast the audit window of every task that its worker may still serve",
			);
			assert!(
				T::AgendaWeight::get().all_gte(Self::least_agenda_weight()),
				"the agenda must be able to look at any one task in a block",
			);
			let one = BlockNumberFor::<T>::one();
			assert!(T::CommitWindow::get() >= one && T::RevealWindow::get() >= one, "workers need time");
			let windows = one.saturating_add(T::CommitWindow::get()).saturating_add(T::RevealWindow::get());
			assert!(T::MaxDeadline::get() >= windows, "no task could be submitted");
			assert!(T::MinStake::get() >= <T::Currency as fungible::Inspect<T::AccountId>>::minimum_balance());
			for part in [T::FailedPart::get(), T::MissedCommitSlash::get(), T::MissedRevealSlash::get()] {
				assert!(part <= deepnode_primitives::fees::MILLION, "a part is at most the whole");
			}
			assert!(T::MissedRevealSlash::get() > T::MissedCommitSlash::get(), "withholding costs more");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Becomes a worker with a stake on hold, able to serve `capacity` tasks at once.
		///
		/// `owner` declares who runs it, the worker itself where it is `None`: two workers of one owner
		/// are never drawn for one task.
		///
		/// ## Dispatch origin
		/// Signed by the worker.
		///
		/// ## Errors
		/// [`Error::AlreadyWorker`], [`Error::StakeTooLow`], [`Error::NoCapacity`],
		/// [`Error::InsufficientFunds`].
		///
		/// ## Complexity
		/// O(1).
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::join())]
		pub fn join(
			origin: OriginFor<T>,
			#[pallet::compact] stake: Balance,
			capacity: u16,
			owner: Option<T::AccountId>,
		) -> DispatchResult {
			let worker = ensure_signed(origin)?;
			Self::do_join(worker, stake, capacity, owner)
		}

		/// Takes no more tasks. The stake can be withdrawn after `UnbondingPeriod`.
		///
		/// ## Dispatch origin
		/// Signed by the worker.
		///
		/// ## Errors
		/// [`Error::NotWorker`], [`Error::Leaving`].
		///
		/// ## Complexity
		/// O(m log n) in the models that it serves and their pools.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::leave())]
		pub fn leave(origin: OriginFor<T>) -> DispatchResult {
			let worker = ensure_signed(origin)?;
			Self::do_leave(worker)
		}

		/// Takes back the stake of a worker that has left.
		///
		/// ## Dispatch origin
		/// Signed by the worker.
		///
		/// ## Errors
		/// [`Error::NotWorker`], [`Error::NotLeaving`], [`Error::StillUnbonding`],
		/// [`Error::StillServing`].
		///
		/// ## Complexity
		/// O(1).
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::withdraw())]
		pub fn withdraw(origin: OriginFor<T>) -> DispatchResult {
			let worker = ensure_signed(origin)?;
			Self::do_withdraw(worker)
		}

		/// Joins a model's pool.
		///
		/// ## Dispatch origin
		/// Signed by the worker.
		///
		/// ## Errors
		/// [`Error::NotWorker`], [`Error::Leaving`], [`Error::UnknownModel`], [`Error::ModelRetired`],
		/// [`Error::AlreadyServing`], [`Error::TooManyModels`].
		///
		/// ## Complexity
		/// O(log n) in the pool.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::serve())]
		pub fn serve(origin: OriginFor<T>, model: ModelId) -> DispatchResult {
			let worker = ensure_signed(origin)?;
			Self::do_serve(worker, model)
		}

		/// Leaves a model's pool. Tasks that it was drawn for stay its own.
		///
		/// ## Dispatch origin
		/// Signed by the worker.
		///
		/// ## Errors
		/// [`Error::NotWorker`], [`Error::NotServing`].
		///
		/// ## Complexity
		/// O(log n) in the pool.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::stop_serving())]
		pub fn stop_serving(origin: OriginFor<T>, model: ModelId) -> DispatchResult {
			let worker = ensure_signed(origin)?;
			Self::do_stop_serving(worker, model)
		}

		/// Adds to a worker's stake.
		///
		/// ## Dispatch origin
		/// Signed by the worker.
		///
		/// ## Errors
		/// [`Error::NotWorker`], [`Error::Leaving`], [`Error::InsufficientFunds`].
		///
		/// ## Complexity
		/// O(m log n) in the models that it serves and their pools.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::add_stake())]
		pub fn add_stake(origin: OriginFor<T>, #[pallet::compact] amount: Balance) -> DispatchResult {
			let worker = ensure_signed(origin)?;
			Self::do_add_stake(worker, amount)
		}

		/// Submits a task and puts its fee, the model's price times `items`, on hold.
		///
		/// An input on chain is read against the model's tensor specifications at once; one by reference
		/// is read by the workers. `deadline` is the last block in which the task can settle. `seal` is
		/// random for an ordinary task.
		///
		/// ## Dispatch origin
		/// Signed by the requester.
		///
		/// ## Errors
		/// [`Error::UnknownModel`], [`Error::ModelRetired`], [`Error::UnsupportedAssurance`],
		/// [`Error::NoItems`], [`Error::TooManyItems`], [`Error::ItemsMismatch`],
		/// [`Error::InputLength`], [`Error::InputType`], [`Error::InputShape`],
		/// [`Error::InvalidReference`], [`Error::FeeBelowPrice`], [`Error::FeeOverflow`],
		/// [`Error::InsufficientFunds`], [`Error::DeadlineTooSoon`], [`Error::DeadlineTooFar`].
		///
		/// ## Complexity
		/// O(bytes) of the input.
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::submit(input.inline().map_or(0, |bytes| bytes.len() as u32)))]
		#[allow(clippy::too_many_arguments)]
		pub fn submit(
			origin: OriginFor<T>,
			model: ModelId,
			input: Payload,
			items: u32,
			assurance: Assurance,
			deadline: BlockNumberFor<T>,
			#[pallet::compact] max_fee: Balance,
			seal: [u8; 32],
		) -> DispatchResult {
			let requester = ensure_signed(origin)?;
			Self::do_submit(requester, model, input, items, assurance, deadline, max_fee, seal)
		}
	}

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// How many workers serve a model, and the stake of all of them together.
		pub fn pool(model: ModelId) -> (u32, Balance) {
			Self::pool_summary(model)
		}
	}
}
