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
mod audit;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod denounce;
mod keeper;
#[cfg(test)]
mod mock;
mod money;
mod pool;
mod stake;
mod standing;
mod submit;
#[cfg(test)]
mod tests;
mod try_state;
pub mod types;
mod verdict;
mod wave;
pub mod weights;

pub use pallet::*;
pub use weights::WeightInfo;

// What FRAME's macros write here expects what it has checked itself.
#[allow(clippy::expect_used)]
#[frame_support::pallet]
pub mod pallet {
	use deepnode_primitives::{
		content::{Digest, Payload},
		fees::{Split, MILLION},
		task::Assurance,
		traits::{FeeSettlement, Models, Observer, Receipts, Rounds},
		Balance, ModelId, TaskId,
	};
	use deepnode_scoring::{assurance::AssuranceParams, fidelity::FidelityParams};
	use frame_support::{
		pallet_prelude::*,
		traits::{fungible, OnUnbalanced, Randomness},
		PalletId,
	};
	use frame_system::pallet_prelude::*;
	use sp_core::H256;
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
		/// The fee of a task that is not settled, with what is for its audit.
		TaskFee,
		/// The deposit for the storage that a task takes.
		TaskDeposit,
		/// The bond of a worker that has denounced an answer.
		Denouncement,
		/// What the audit fund has set aside for an audit.
		AuditReward,
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
		/// Who is told what becomes of tasks.
		type Observer: Observer<Self::AccountId>;
		/// Who leaves receipts of settled tasks.
		type Receipts: Receipts<Self::AccountId>;
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
		/// How long a settled task can be looked at again, in blocks: so long an audit waits for auditors,
		/// and so long once more where the first contradicts, or where the task is denounced.
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
		/// What one byte that the chain keeps or may have to keep for a task costs as a deposit.
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
		/// The part of a worker's stake that a missed reveal costs, in parts per million; at least the
		/// task's bound.
		#[pallet::constant]
		type MissedRevealSlash: Get<u32>;
		/// The part of a worker's stake that a wrong answer costs, in parts per million; at least the
		/// task's bound.
		#[pallet::constant]
		type WrongAnswerSlash: Get<u32>;
		/// The part of a worker's stake that an answer to a task without a majority costs, in parts per
		/// million.
		#[pallet::constant]
		type NoMajoritySlash: Get<u32>;
		/// The part of a worker's stake that a false agreement costs, in parts per million; at least the
		/// task's bound.
		#[pallet::constant]
		type FalseAgreementSlash: Get<u32>;
		/// The most that a requester gets besides its fee where no majority agreed, in parts of the fee per
		/// million. The workers' slashes pay it, as far as they reach.
		#[pallet::constant]
		type CompensationPart: Get<u32>;
		/// The part of what a false agreement's workers lose that the auditors who found it share, in parts
		/// per million.
		#[pallet::constant]
		type FinderPart: Get<u32>;
		/// The part of what its accomplices lose that a worker which denounced them gets, in parts per
		/// million.
		#[pallet::constant]
		type TraitorPart: Get<u32>;
		/// The least bond of a worker that denounces a task. It is at least what one run of the task earns.
		#[pallet::constant]
		type DenounceBond: Get<Balance>;
		/// How often tasks are audited, and against whom that must be enough.
		#[pallet::constant]
		type Assurances: Get<AssuranceParams>;
		/// How much verdicts move a worker's fidelity.
		#[pallet::constant]
		type Fidelity: Get<FidelityParams>;
		/// What the account of the audit fund is derived from.
		#[pallet::constant]
		type AuditFund: Get<PalletId>;
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

	/// What the workers below each node `(level, index)` of a model's pool weigh: stake by fidelity.
	#[pallet::storage]
	pub type PoolNodes<T: Config> =
		StorageDoubleMap<_, Twox64Concat, ModelId, Twox64Concat, (u8, u32), Balance, ValueQuery>;

	/// Whose weight has changed without the pools knowing yet.
	#[pallet::storage]
	pub type StaleWeights<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, ()>;

	/// The number of the next task.
	#[pallet::storage]
	pub type NextTaskId<T: Config> = StorageValue<_, TaskId, ValueQuery>;

	/// Every task until its audit window ends.
	#[pallet::storage]
	pub type Tasks<T: Config> = StorageMap<_, Twox64Concat, TaskId, Task<T::AccountId, BlockNumberFor<T>>>;

	/// The tasks' inputs, as long as the tasks.
	#[pallet::storage]
	pub type Inputs<T: Config> = StorageMap<_, Twox64Concat, TaskId, Payload>;

	/// What each worker has to do, as a task's worker or its auditor.
	#[pallet::storage]
	pub type Assignments<T: Config> = StorageDoubleMap<_, Blake2_128Concat, T::AccountId, Twox64Concat, TaskId, ()>;

	/// Which tasks to look at in which block.
	#[pallet::storage]
	pub type Agenda<T: Config> = StorageDoubleMap<_, Twox64Concat, BlockNumberFor<T>, Twox64Concat, TaskId, ()>;

	/// The first block whose agenda may have something left.
	#[pallet::storage]
	pub type AgendaCursor<T: Config> = StorageValue<_, BlockNumberFor<T>, ValueQuery>;

	/// The state at genesis.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		#[doc(hidden)]
		#[serde(skip)]
		pub _config: PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		/// Endows the audit fund's account with the existential deposit.
		fn build(&self) {
			Pallet::<T>::create_audit_fund();
		}
	}

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
			/// What is in escrow for the audit fund besides.
			audit: Balance,
		},
		/// A task's workers are drawn or, in a dispute, those who join them.
		TaskAssigned {
			/// The task.
			task: TaskId,
			/// Who is drawn.
			workers: alloc::vec::Vec<T::AccountId>,
		},
		/// A worker or auditor that did not commit is replaced.
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
		/// Everybody who was asked has committed, and may reveal.
		AnswersCommitted {
			/// The task.
			task: TaskId,
		},
		/// A task's answers have no majority so far: more workers are asked.
		TaskDisputed {
			/// The task.
			task: TaskId,
		},
		/// A majority of a task's workers agrees, and its fee is divided.
		TaskSettled {
			/// The task.
			task: TaskId,
			/// The agreed answer's digest.
			digest: Digest,
			/// The workers that were paid.
			winners: alloc::vec::Vec<T::AccountId>,
			/// The workers that were outvoted.
			losers: alloc::vec::Vec<T::AccountId>,
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
		/// A worker is paid from what others lost: its part of the fee did not reach for its run, or there is
		/// none, since its partner withheld its answer.
		WorkerCompensated {
			/// The worker.
			worker: T::AccountId,
			/// The task.
			task: TaskId,
			/// How much.
			amount: Balance,
		},
		/// A requester is paid from what workers lost: no majority agreed, or they agreed falsely.
		RequesterCompensated {
			/// The requester.
			requester: T::AccountId,
			/// The task.
			task: TaskId,
			/// How much.
			amount: Balance,
		},
		/// A task is going to be audited.
		AuditOpened {
			/// The task.
			task: TaskId,
		},
		/// Auditors are drawn.
		AuditAssigned {
			/// The task.
			task: TaskId,
			/// Who is drawn.
			auditors: alloc::vec::Vec<T::AccountId>,
		},
		/// The auditors so far neither confirm the settled answer nor overturn it: more are asked.
		AuditContradicted {
			/// The task.
			task: TaskId,
		},
		/// An auditor is paid for its run, or has its part of what it found.
		AuditorPaid {
			/// The auditor.
			auditor: T::AccountId,
			/// The task.
			task: TaskId,
			/// How much.
			amount: Balance,
		},
		/// An audit is over: the settled answer stands.
		AuditConfirmed {
			/// The task.
			task: TaskId,
			/// The auditors who agree with it, and are paid.
			auditors: alloc::vec::Vec<T::AccountId>,
			/// The auditors who were outvoted.
			losers: alloc::vec::Vec<T::AccountId>,
		},
		/// An audit is over: the auditors neither confirm the settled answer nor overturn it, so that it stands.
		AuditUndecided {
			/// The task.
			task: TaskId,
		},
		/// An audit is over: there were too few auditors, or nothing to pay them, so that the settled answer
		/// stands.
		AuditLapsed {
			/// The task.
			task: TaskId,
		},
		/// An audit is over: the settled answer was false.
		TaskOverturned {
			/// The task.
			task: TaskId,
			/// The answer that the auditors agree on; none where they agree that there is none.
			digest: Option<Digest>,
			/// The auditors who agree on it, and are paid.
			auditors: alloc::vec::Vec<T::AccountId>,
			/// Who had answered otherwise: the task's workers, and auditors who were outvoted.
			losers: alloc::vec::Vec<T::AccountId>,
		},
		/// A worker has reported that others agreed falsely, with it or against it.
		TaskDenounced {
			/// The task.
			task: TaskId,
			/// The reporter.
			reporter: T::AccountId,
			/// What its bond is.
			bond: Balance,
			/// What it says, sealed.
			evidence: H256,
		},
		/// A report was right: the reporter gets its part of what its accomplices lost.
		ReporterRewarded {
			/// The reporter.
			reporter: T::AccountId,
			/// The task.
			task: TaskId,
			/// How much.
			amount: Balance,
		},
		/// A report was wrong: the reporter has lost its bond.
		BondLost {
			/// The reporter.
			reporter: T::AccountId,
			/// The task.
			task: TaskId,
			/// How much.
			amount: Balance,
		},
		/// A worker that was outvoted by those who agreed falsely has back what it lost for it, as far as
		/// their slashes reach.
		WorkerRestored {
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
		/// The worker's stake still answers for tasks: wait until they are forgotten.
		StillLiable,
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
		/// The model answers encrypted inputs, and the worker joined as one that does not: leave, withdraw the
		/// stake, and join as one that does.
		NotPrivate,
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
		/// The most that the task pays is below its quote: its fee and what is for its audit.
		FeeBelowPrice,
		/// The fee is beyond what exists.
		FeeOverflow,
		/// The free balance does not cover what is to be put on hold.
		InsufficientFunds,
		/// The deadline leaves no time to commit and to reveal.
		DeadlineTooSoon,
		/// The deadline is more than `MaxDeadline` blocks ahead.
		DeadlineTooFar,
		/// The task does not stand where this could happen to it.
		UnexpectedStatus,
		/// There is no task of this number.
		UnknownTask,
		/// The task is not settled, or was overturned: there is nothing to denounce.
		NotSettled,
		/// Only who agreed with others on the settled answer, or was outvoted by it, can denounce it.
		NotConcerned,
		/// The task is audited or denounced already, or has been.
		AuditBegun,
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
			let windows = one.saturating_add(Self::both_windows());
			assert!(T::MaxDeadline::get() >= windows, "no task could be submitted");
			assert!(T::MinStake::get() >= <T::Currency as fungible::Inspect<T::AccountId>>::minimum_balance());
			assert!(
				T::AuditWindow::get() >= one,
				"more auditors, or those of a denounced task, are drawn in a later block"
			);
			let (reveal, wrong) = (T::MissedRevealSlash::get(), T::WrongAnswerSlash::get());
			let (agreement, undecided) = (T::FalseAgreementSlash::get(), T::NoMajoritySlash::get());
			let (compensation, failed) = (T::CompensationPart::get(), T::FailedPart::get());
			for part in [T::MissedCommitSlash::get(), reveal, wrong, agreement, undecided, compensation, failed] {
				assert!(part <= MILLION, "a part is at most the whole");
			}
			assert!(reveal > T::MissedCommitSlash::get(), "looking first must cost more than staying away");
			assert!(reveal > wrong, "withholding an answer must cost more than a wrong one");
			assert!(wrong > undecided, "who is outvoted must lose more than where nobody knows who was right");
			assert!(agreement >= reveal, "a false agreement must cost the most");
			assert!(
				T::FinderPart::get().saturating_add(T::TraitorPart::get()) <= MILLION,
				"no more can be given for finding a false agreement than it costs",
			);
			assert!(T::Assurances::get().is_valid(), "every task must be audited at times");
			assert!(T::Fidelity::get().is_valid(), "every verdict must move fidelity");
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
		/// are never drawn for one task. `private` says whether it answers encrypted inputs; to change that it
		/// leaves and joins again.
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
			private: bool,
		) -> DispatchResult {
			let worker = ensure_signed(origin)?;
			Self::do_join(worker, stake, capacity, owner, private)
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
		/// [`Error::StillServing`], [`Error::StillLiable`].
		///
		/// ## Complexity
		/// O(1).
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::withdraw())]
		pub fn withdraw(origin: OriginFor<T>) -> DispatchResult {
			let worker = ensure_signed(origin)?;
			Self::do_withdraw(worker)
		}

		/// Joins a model's pool. A model that answers encrypted inputs is served only by workers that have said
		/// that they answer them.
		///
		/// ## Dispatch origin
		/// Signed by the worker.
		///
		/// ## Errors
		/// [`Error::NotWorker`], [`Error::Leaving`], [`Error::UnknownModel`], [`Error::ModelRetired`],
		/// [`Error::NotPrivate`], [`Error::AlreadyServing`], [`Error::TooManyModels`].
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

		/// Submits a task and puts on hold its fee, what is for its audit (the view function `quote` says both),
		/// and a deposit for the storage that it may come to take.
		///
		/// An input on chain is read against the model's tensor specifications at once; one by reference
		/// is read by the workers. `max_fee` is the most to pay, for the fee and the audit together.
		/// `deadline` is the last block in which the task can settle, unless its workers disagree. `seal` is
		/// random for an ordinary task.
		///
		/// ## Dispatch origin
		/// Signed by the requester.
		///
		/// ## Errors
		/// [`Error::UnknownModel`], [`Error::ModelRetired`], [`Error::NoItems`],
		/// [`Error::TooManyItems`], [`Error::ItemsMismatch`],
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

		/// Reports that the answer or the error on which a task was decided is false, and has it audited for sure.
		///
		/// The caller puts up a bond: `DenounceBond`, or what one run of the task earns where that is more.
		/// Where the audit overturns the answer, the caller is not slashed for it, has its bond back and gets
		/// `TraitorPart` of what its accomplices lose. Where it confirms the answer, the bond is lost. `evidence`
		/// is a hash of what proves their agreement; the chain publishes it, and does not read it.
		///
		/// ## Dispatch origin
		/// Signed by one of at least two workers whose answers decided the task, or by one that they outvoted, if chance
		/// has spared the task.
		///
		/// ## Errors
		/// [`Error::UnknownTask`], [`Error::NotSettled`], [`Error::NotConcerned`], [`Error::AuditBegun`],
		/// [`Error::InsufficientFunds`].
		///
		/// ## Complexity
		/// O(1).
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::denounce())]
		pub fn denounce(origin: OriginFor<T>, task: TaskId, evidence: H256) -> DispatchResult {
			let reporter = ensure_signed(origin)?;
			Self::do_denounce(reporter, task, evidence)
		}
	}

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// How many workers serve a model, and what all of them together weigh in a draw: stake by fidelity.
		pub fn pool(model: ModelId) -> (u32, Balance) {
			Self::pool_summary(model)
		}

		/// What a task of `items` items would put on hold: its fee, and what is for its audit. The third is
		/// how much free stake a worker needs to be drawn for it. `None` for a model that does not exist, and
		/// beyond all numbers.
		pub fn quote(model: ModelId, items: u32, assurance: Assurance) -> Option<(Balance, Balance, Balance)> {
			let terms = T::Models::terms(model)?;
			let (quote, bound) = Self::price(terms.price, items, assurance)?;
			Some((quote.fee, quote.audit, bound))
		}

		/// The deposit of a task whose input, or whose input's URIs, have so many bytes.
		pub fn deposit(input_bytes: u32) -> Balance {
			Self::deposit_for(input_bytes.into())
		}

		/// The account of the audit fund.
		pub fn audit_fund() -> T::AccountId {
			Self::fund_account()
		}
	}
}
