#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![deny(missing_docs)]
#![cfg_attr(
	not(test),
	deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod closing;
mod domains;
mod epoch;
mod evaluations;
#[cfg(test)]
mod mock;
mod observer;
mod seats;
#[cfg(test)]
mod tests;
mod try_state;
pub mod types;
mod views;
mod votes;
pub mod weights;

pub use deepnode_primitives::seals;
pub use pallet::*;
pub use weights::WeightInfo;

// What FRAME's macros write here expects what it has checked itself.
#[allow(clippy::expect_used)]
#[frame_support::pallet]
pub mod pallet {
	use alloc::{string::String, vec::Vec};
	use deepnode_primitives::{
		fees::FeeTable,
		traits::{DataSets, SettledTasks},
		Balance, DataSetId, ModelId, TaskId,
	};
	use deepnode_scoring::{metric::Metric, Unit};
	use frame_support::{
		pallet_prelude::*,
		traits::{fungible, Randomness},
		PalletId,
	};
	use frame_system::pallet_prelude::*;

	use crate::{closing::ClosingEpoch, types::*, WeightInfo};

	/// Why the pallet holds somebody's DN.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// An evaluator's stake in a domain.
		EvaluatorStake,
	}

	#[pallet::config]
	pub trait Config: frame_system::Config {
		/// The DN token.
		type Currency: fungible::Mutate<Self::AccountId>
			+ fungible::hold::Mutate<Self::AccountId, Reason = Self::RuntimeHoldReason>
			+ fungible::Inspect<Self::AccountId, Balance = Balance>;
		/// The runtime's hold reason.
		type RuntimeHoldReason: From<HoldReason>;
		/// Who may set the parameters and the domains.
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// The model registry.
		type Models: ModelDomains<Self::AccountId>;
		/// The settled tasks.
		type Tasks: SettledTasks<Self::AccountId, BlockNumberFor<Self>>;
		/// The registry of data sets.
		type DataSets: DataSets<Self::AccountId>;
		/// The table that fees are divided by: what a payer loses to it bounds the emission's cap.
		type FeeTable: Get<FeeTable>;
		/// Randomness that nobody knew when the previous block was made.
		type Randomness: Randomness<Self::Hash, BlockNumberFor<Self>>;
		/// What the account of the emission's pot is derived from.
		#[pallet::constant]
		type PalletId: Get<PalletId>;
		/// The least length of an epoch, in blocks. It is longer where the last one's closing takes longer.
		#[pallet::constant]
		type EpochLength: Get<BlockNumberFor<Self>>;
		/// How many of an epoch's blocks, the last of its least length, are for revealing weights.
		#[pallet::constant]
		type RevealLength: Get<BlockNumberFor<Self>>;
		/// How long after it was opened an evaluation's tasks can be unsealed, in blocks.
		#[pallet::constant]
		type EvaluationWindow: Get<BlockNumberFor<Self>>;
		/// The least stake of an evaluator in a domain, at least the existential deposit.
		#[pallet::constant]
		type MinEvaluatorStake: Get<Balance>;
		/// How long a stake stays after its evaluator has left, in blocks: two epochs at least.
		#[pallet::constant]
		type UnbondingPeriod: Get<BlockNumberFor<Self>>;
		/// The most models on a domain's list.
		#[pallet::constant]
		type MaxModels: Get<u32>;
		/// The most of a block's weight that closing an epoch and drawing evaluations may use.
		#[pallet::constant]
		type EpochWeight: Get<Weight>;
		/// The weights of the calls and of the closing's steps.
		type WeightInfo: WeightInfo;
		/// What benchmarks need to be set up elsewhere.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: BenchmarkHelper<Self::AccountId, BlockNumberFor<Self>>;
	}

	/// The current storage version.
	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What governance has set.
	#[pallet::storage]
	pub type Parameters<T: Config> = StorageValue<_, Params, ValueQuery>;

	/// The epoch that is running.
	#[pallet::storage]
	pub type CurrentEpoch<T: Config> = StorageValue<_, Epoch<BlockNumberFor<T>>, ValueQuery>;

	/// The epoch that is being closed, and how far that is.
	#[pallet::storage]
	pub type Closing<T: Config> = StorageValue<_, ClosingEpoch>;

	/// The voters' tally of the domain that is being closed.
	#[pallet::storage]
	pub type Tally<T: Config> = StorageValue<_, BoundedVec<Voice, ConstU32<MAX_EVALUATORS>>, ValueQuery>;

	/// The number of the next domain.
	#[pallet::storage]
	pub type NextDomainId<T: Config> = StorageValue<_, DomainId, ValueQuery>;

	/// The domains' numbers.
	#[pallet::storage]
	pub type DomainIds<T: Config> = StorageMap<_, Blake2_128Concat, DomainName, DomainId>;

	/// The domains.
	#[pallet::storage]
	pub type Domains<T: Config> = StorageMap<_, Twox64Concat, DomainId, Domain>;

	/// The models on the domains' lists.
	#[pallet::storage]
	pub type Models<T: Config> = StorageMap<_, Twox64Concat, ModelId, ModelRecord>;

	/// The domains' lists.
	#[pallet::storage]
	pub type Listed<T: Config> = StorageDoubleMap<_, Twox64Concat, DomainId, Twox64Concat, u32, ModelId>;

	/// How long the domains' lists are.
	#[pallet::storage]
	pub type ListSizes<T: Config> = StorageMap<_, Twox64Concat, DomainId, u32, ValueQuery>;

	/// The domains' evaluators.
	#[pallet::storage]
	pub type Seats<T: Config> =
		StorageMap<_, Twox64Concat, DomainId, BoundedVec<Seat<T::AccountId>, ConstU32<MAX_EVALUATORS>>, ValueQuery>;

	/// Stakes of evaluators that have left.
	#[pallet::storage]
	pub type Unbonding<T: Config> =
		StorageDoubleMap<_, Twox64Concat, DomainId, Blake2_128Concat, T::AccountId, Leaving<BlockNumberFor<T>>>;

	/// Who has committed weights in an epoch and domain.
	#[pallet::storage]
	pub type Voters<T: Config> = StorageMap<
		_,
		Twox64Concat,
		(EpochIndex, DomainId),
		BoundedVec<Voter<T::AccountId>, ConstU32<MAX_EVALUATORS>>,
		ValueQuery,
	>;

	/// The voters' sealed weights.
	#[pallet::storage]
	pub type Ballots<T: Config> =
		StorageDoubleMap<_, Twox64Concat, (EpochIndex, DomainId), Blake2_128Concat, T::AccountId, Ballot>;

	/// The weights that were revealed for a model, each with its voter's place.
	#[pallet::storage]
	pub type Votes<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		(EpochIndex, DomainId),
		Twox64Concat,
		ModelId,
		BoundedVec<(u8, Unit), ConstU32<MAX_EVALUATORS>>,
		ValueQuery,
	>;

	/// What the models were used for.
	#[pallet::storage]
	pub type Usages<T: Config> =
		StorageDoubleMap<_, Twox64Concat, (EpochIndex, DomainId), Twox64Concat, ModelId, Usage, ValueQuery>;

	/// What known-answer tasks found of the models.
	#[pallet::storage]
	pub type Judgements<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		(EpochIndex, DomainId),
		Twox64Concat,
		ModelId,
		BoundedVec<Judgement<T::AccountId>, ConstU32<MAX_EVALUATORS>>,
		ValueQuery,
	>;

	/// What the workers earned with the domain's listed models.
	#[pallet::storage]
	pub type Earned<T: Config> =
		StorageDoubleMap<_, Twox64Concat, (EpochIndex, DomainId), Blake2_128Concat, T::AccountId, Balance, ValueQuery>;

	/// The domains' sums.
	#[pallet::storage]
	pub type Ledgers<T: Config> = StorageMap<_, Twox64Concat, (EpochIndex, DomainId), Ledger, ValueQuery>;

	/// What the evaluators did besides voting.
	#[pallet::storage]
	pub type Works<T: Config> =
		StorageDoubleMap<_, Twox64Concat, (EpochIndex, DomainId), Blake2_128Concat, T::AccountId, Work, ValueQuery>;

	/// The evaluators' open evaluations.
	#[pallet::storage]
	pub type Evaluations<T: Config> =
		StorageDoubleMap<_, Twox64Concat, DomainId, Blake2_128Concat, T::AccountId, Evaluation<BlockNumberFor<T>>>;

	/// The evaluations that wait for their models to be drawn.
	#[pallet::storage]
	pub type DrawQueue<T: Config> =
		StorageValue<_, BoundedVec<(DomainId, T::AccountId), ConstU32<MAX_DRAWS>>, ValueQuery>;

	/// The tasks that were rated or unsealed in an epoch: each only once, and not both. An epoch's are kept
	/// until the next has been closed, which is longer than a task is.
	#[pallet::storage]
	pub type Marks<T: Config> = StorageDoubleMap<_, Twox64Concat, EpochIndex, Twox64Concat, TaskId, ()>;

	/// The state at genesis. The pot is endowed by the balances' genesis.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// The domains: name, share of the emission in parts per million, metric (`class`, `top5` and the
		/// like, `l1` or `cosine`) and elements per item.
		pub domains: Vec<(String, u32, String, u32)>,
		#[doc(hidden)]
		#[serde(skip)]
		pub _config: PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			for (name, share, metric, row) in &self.domains {
				let metric = metric_of(metric).expect("the metric is class, top<k>, l1 or cosine");
				let name = name.as_bytes().to_vec().try_into().expect("a domain's name has at most 32 bytes");
				let share = Unit::from_parts(share.saturating_mul(1_000));
				Pallet::<T>::do_set_domain(name, share, metric, *row).expect("the domains' shares add up to 1 at most");
			}
		}
	}

	/// The metric that a genesis names.
	fn metric_of(name: &str) -> Option<Metric> {
		match name {
			"class" => Some(Metric::Class),
			"l1" => Some(Metric::L1),
			"cosine" => Some(Metric::Cosine),
			_ => name.strip_prefix("top")?.parse().ok().map(Metric::TopK),
		}
	}

	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// Later epochs are closed by other parameters.
		ParamsChanged {
			/// The parameters.
			params: Params,
		},
		/// A domain was added or changed.
		DomainSet {
			/// Its number.
			id: DomainId,
			/// What it is.
			domain: Domain,
		},
		/// A model is on its domain's list.
		ModelListed {
			/// The model.
			model: ModelId,
			/// The domain.
			domain: DomainId,
		},
		/// A model is on its domain's list no more: nobody used it, or another was used more.
		ModelDelisted {
			/// The model.
			model: ModelId,
			/// The domain.
			domain: DomainId,
		},
		/// An evaluator has joined a domain, or has added to its stake in it.
		EvaluatorJoined {
			/// The evaluator.
			evaluator: T::AccountId,
			/// The domain.
			domain: DomainId,
			/// Its stake now.
			stake: Balance,
		},
		/// An evaluator has left a domain, or one with more stake has taken its place.
		EvaluatorLeft {
			/// The evaluator.
			evaluator: T::AccountId,
			/// The domain.
			domain: DomainId,
			/// The block from which it can withdraw its stake.
			withdrawable_at: BlockNumberFor<T>,
		},
		/// An evaluator that had left has its stake back.
		StakeWithdrawn {
			/// The evaluator.
			evaluator: T::AccountId,
			/// The domain.
			domain: DomainId,
			/// What it got.
			stake: Balance,
		},
		/// An evaluator has committed its weights for an epoch.
		WeightsCommitted {
			/// The evaluator.
			evaluator: T::AccountId,
			/// The domain.
			domain: DomainId,
			/// The epoch.
			epoch: EpochIndex,
		},
		/// An evaluator has revealed a page of its weights.
		WeightsRevealed {
			/// The evaluator.
			evaluator: T::AccountId,
			/// The domain.
			domain: DomainId,
			/// The page.
			page: u8,
			/// Whether that was the last that was missing.
			complete: bool,
		},
		/// An evaluator did not reveal the weights that it had committed, and lost stake to the pot.
		EvaluatorSlashed {
			/// The evaluator.
			evaluator: T::AccountId,
			/// The domain.
			domain: DomainId,
			/// How much.
			amount: Balance,
		},
		/// An evaluation waits for its models to be drawn.
		EvaluationOpened {
			/// The evaluator.
			evaluator: T::AccountId,
			/// The domain.
			domain: DomainId,
		},
		/// An evaluation's models are drawn.
		EvaluationDrawn {
			/// The evaluator.
			evaluator: T::AccountId,
			/// The domain.
			domain: DomainId,
			/// The models, which are to be judged within `EvaluationWindow` from the opening.
			models: Vec<ModelId>,
		},
		/// A known-answer task was unsealed and scored.
		TaskUnsealed {
			/// The task.
			task: TaskId,
			/// Its model.
			model: ModelId,
			/// The evaluator.
			evaluator: T::AccountId,
			/// How well the answer meets the expected one.
			accuracy: Unit,
			/// What the evaluator got back of the fee.
			reimbursed: Balance,
		},
		/// A data set's owner was paid for an evaluation.
		DataSetPaid {
			/// The data set.
			data_set: DataSetId,
			/// Its owner.
			owner: T::AccountId,
			/// How much.
			amount: Balance,
		},
		/// A requester has rated a task.
		TaskRated {
			/// The task.
			task: TaskId,
			/// Its model.
			model: ModelId,
			/// How good it was.
			rating: Unit,
		},
		/// An epoch has ended and is being closed; the next has begun.
		EpochEnded {
			/// The epoch.
			epoch: EpochIndex,
			/// What it has to give.
			emission: Balance,
		},
		/// Somebody was paid a part of an epoch's emission.
		EmissionPaid {
			/// Who.
			who: T::AccountId,
			/// The domain.
			domain: DomainId,
			/// As what.
			role: Role,
			/// How much.
			amount: Balance,
		},
		/// An epoch is closed.
		EpochClosed {
			/// The epoch.
			epoch: EpochIndex,
			/// What it has given; the rest of its emission is still in the pot.
			paid: Balance,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// The exponents or the emission's rows do not add up, the rates are more than the whole, the cap
		/// would make washing pay, or `max_idle` is 0.
		InvalidParams,
		/// The domains' shares would be more than the whole.
		SharesTooHigh,
		/// A domain's row has at least one element, and its name at least one byte.
		InvalidDomain,
		/// There are as many domains as there can be.
		TooManyDomains,
		/// There is no such domain.
		UnknownDomain,
		/// There is no model of this number.
		UnknownModel,
		/// The model is on its domain's list already.
		AlreadyListed,
		/// Nobody has used the model in this epoch: a settled task of it comes first.
		NotUsed,
		/// The list is full: name a listed model that is used less.
		ListFull,
		/// The model to be displaced is not on the list, or is used as much.
		NotLessUsed,
		/// The last epoch is still being closed: try again in some blocks.
		EpochClosing,
		/// The stake is below `MinEvaluatorStake`.
		StakeTooLow,
		/// The domain has as many evaluators as it can, and none with less stake.
		DomainFull,
		/// The stake in this domain is still unbonding: wait for the block that `EvaluatorLeft` names, and
		/// withdraw it.
		StillUnbonding,
		/// The account is no evaluator of this domain: join first.
		NotEvaluator,
		/// The account has no stake in this domain that is unbonding.
		NotLeaving,
		/// An evaluator judges from the epoch after it joined.
		TooEarly,
		/// Weights are committed before the epoch's last `RevealLength` blocks.
		CommitClosed,
		/// Weights are revealed in the epoch's last `RevealLength` blocks.
		RevealNotOpen,
		/// The evaluator has committed its weights for this epoch already.
		AlreadyCommitted,
		/// The evaluator has not committed weights for this epoch.
		NotCommitted,
		/// These pages or weights are not what was committed.
		CommitmentMismatch,
		/// This page is revealed already.
		AlreadyRevealed,
		/// The models of a page are in ascending order, each once, and on the domain's list.
		InvalidWeights,
		/// The evaluator's last evaluation is still open.
		EvaluationOpen,
		/// As many evaluations as there can be wait for their draw: try again in the next block.
		QueueFull,
		/// The data set does not exist, or cannot be paid from what is left of the evaluator's budget.
		DataSetUnavailable,
		/// The evaluator has no open evaluation, or its models are not drawn yet.
		NoEvaluation,
		/// The evaluation's window is over.
		TooLate,
		/// There is no settled task of this number: it may be open, overturned or forgotten.
		NotSettled,
		/// The task was submitted before the evaluation's models were drawn.
		TaskTooOld,
		/// This is not what the task's seal was made of.
		SealMismatch,
		/// This is not what the evaluation expected when it was opened.
		ItemMismatch,
		/// The model was not drawn for this evaluation, or is judged already.
		NotDrawn,
		/// The task was rated or unsealed already.
		AlreadyMarked,
		/// Only who asked and paid can rate a task, and not the model's owner.
		NotRequester,
		/// The model is not on its domain's list.
		NotListed,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(now: BlockNumberFor<T>) -> Weight {
			Self::work(now)
		}

		fn integrity_test() {
			Self::check_config();
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Sets the parameters. An epoch is closed by those that were set when it ended.
		///
		/// ## Dispatch origin
		/// `AdminOrigin`.
		///
		/// ## Errors
		/// [`Error::InvalidParams`].
		///
		/// ## Complexity
		/// O(1).
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::set_params())]
		pub fn set_params(origin: OriginFor<T>, params: Params) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			ensure!(params.is_valid(&T::FeeTable::get()), Error::<T>::InvalidParams);
			Parameters::<T>::put(&params);
			Self::deposit_event(Event::ParamsChanged { params });
			Ok(())
		}

		/// Adds the domain of this name, or changes it. A domain stays for ever; one with a share of 0 earns
		/// nothing.
		///
		/// ## Dispatch origin
		/// `AdminOrigin`.
		///
		/// ## Errors
		/// [`Error::InvalidDomain`], [`Error::SharesTooHigh`], [`Error::TooManyDomains`].
		///
		/// ## Complexity
		/// O(d) in the domains, of which there are at most 32.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::set_domain())]
		pub fn set_domain(
			origin: OriginFor<T>,
			name: DomainName,
			share: Unit,
			metric: Metric,
			row: u32,
		) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_set_domain(name, share, metric, row)
		}

		/// Puts a model that was used in this epoch on its domain's list, which happens by itself where there
		/// is room; where there is none, in the place of `instead`, whose fees were less: its average in an
		/// epoch, and in this one, are both below the new one's in this epoch.
		///
		/// ## Dispatch origin
		/// Signed by anybody.
		///
		/// ## Errors
		/// [`Error::UnknownModel`], [`Error::UnknownDomain`], [`Error::AlreadyListed`], [`Error::NotUsed`],
		/// [`Error::ListFull`], [`Error::NotLessUsed`], [`Error::EpochClosing`].
		///
		/// ## Complexity
		/// O(1).
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::enlist())]
		pub fn enlist(origin: OriginFor<T>, model: ModelId, instead: Option<ModelId>) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_enlist(model, instead)
		}

		/// Becomes an evaluator of a domain with a stake on hold, or adds to that stake. Where the domain is
		/// full, the evaluator with the least stake, if that is less, loses its place.
		///
		/// ## Dispatch origin
		/// Signed by the evaluator.
		///
		/// ## Errors
		/// [`Error::UnknownDomain`], [`Error::StakeTooLow`], [`Error::StillUnbonding`],
		/// [`Error::DomainFull`], and the token's where the free balance is too low.
		///
		/// ## Complexity
		/// O(n) in the domain's evaluators, in memory.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::join())]
		pub fn join(origin: OriginFor<T>, domain: DomainId, #[pallet::compact] amount: Balance) -> DispatchResult {
			let evaluator = ensure_signed(origin)?;
			Self::do_join(evaluator, domain, amount)
		}

		/// Leaves a domain. What the evaluator has committed in this epoch still counts, and is still to be
		/// revealed. The stake can be withdrawn after `UnbondingPeriod`.
		///
		/// ## Dispatch origin
		/// Signed by the evaluator.
		///
		/// ## Errors
		/// [`Error::NotEvaluator`].
		///
		/// ## Complexity
		/// O(n) in the domain's evaluators, in memory.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::leave())]
		pub fn leave(origin: OriginFor<T>, domain: DomainId) -> DispatchResult {
			let evaluator = ensure_signed(origin)?;
			Self::do_leave(evaluator, domain)
		}

		/// Takes back the stake of an evaluator that has left.
		///
		/// ## Dispatch origin
		/// Signed by the evaluator.
		///
		/// ## Errors
		/// [`Error::NotLeaving`], [`Error::StillUnbonding`].
		///
		/// ## Complexity
		/// O(1).
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::withdraw())]
		pub fn withdraw(origin: OriginFor<T>, domain: DomainId) -> DispatchResult {
			let evaluator = ensure_signed(origin)?;
			Self::do_withdraw(evaluator, domain)
		}

		/// Commits weights for the running epoch: [`seals::ballot`](crate::seals::ballot) of the pages'
		/// hashes.
		///
		/// ## Dispatch origin
		/// Signed by the evaluator.
		///
		/// ## Errors
		/// [`Error::NotEvaluator`], [`Error::StakeTooLow`], [`Error::TooEarly`], [`Error::CommitClosed`],
		/// [`Error::AlreadyCommitted`].
		///
		/// ## Complexity
		/// O(n) in the domain's evaluators, in memory.
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::commit_weights())]
		pub fn commit_weights(origin: OriginFor<T>, domain: DomainId, commitment: [u8; 32]) -> DispatchResult {
			let evaluator = ensure_signed(origin)?;
			Self::do_commit_weights(evaluator, domain, commitment)
		}

		/// Reveals the page of this number: `pages` are all pages' hashes, and `salt` is what its own was
		/// made with. A model without a weight has the weight 0. Weights count once all pages are revealed.
		///
		/// ## Dispatch origin
		/// Signed by the evaluator.
		///
		/// ## Errors
		/// [`Error::NotCommitted`], [`Error::RevealNotOpen`], [`Error::CommitmentMismatch`],
		/// [`Error::AlreadyRevealed`], [`Error::InvalidWeights`].
		///
		/// ## Complexity
		/// O(w) in the page's weights: a read and a write of the model's votes for each.
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::reveal_weights(weights.len() as u32))]
		pub fn reveal_weights(
			origin: OriginFor<T>,
			domain: DomainId,
			pages: PageHashes,
			page: u8,
			weights: WeightsPage,
			salt: [u8; 32],
		) -> DispatchResult {
			let evaluator = ensure_signed(origin)?;
			Self::do_reveal_weights(evaluator, domain, &pages, page, &weights, &salt)
		}

		/// Opens an evaluation of one item, for which a later block draws models of the domain. `item` is
		/// [`seals::item`](crate::seals::item) of what they are expected to answer. `data_set` says where the
		/// item is from; its owner is paid with the first judgement.
		///
		/// ## Dispatch origin
		/// Signed by the evaluator.
		///
		/// ## Errors
		/// [`Error::NotEvaluator`], [`Error::StakeTooLow`], [`Error::TooEarly`], [`Error::EvaluationOpen`],
		/// [`Error::DataSetUnavailable`], [`Error::QueueFull`].
		///
		/// ## Complexity
		/// O(n) in the domain's evaluators, in memory.
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::open_evaluation())]
		pub fn open_evaluation(
			origin: OriginFor<T>,
			domain: DomainId,
			item: [u8; 32],
			data_set: Option<DataSetId>,
		) -> DispatchResult {
			let evaluator = ensure_signed(origin)?;
			Self::do_open_evaluation(evaluator, domain, item, data_set)
		}

		/// Unseals a settled known-answer task of one of the drawn models: its seal is
		/// [`seals::task`](crate::seals::task) of the evaluator, `expected` and `salt`, and the evaluation's
		/// item is that of `expected` and `item_salt`. The answer is scored, and the evaluator gets the fee
		/// back as far as its budget goes.
		///
		/// ## Dispatch origin
		/// Signed by the evaluator.
		///
		/// ## Errors
		/// [`Error::NoEvaluation`], [`Error::TooLate`], [`Error::NotSettled`], [`Error::NotDrawn`],
		/// [`Error::TaskTooOld`], [`Error::SealMismatch`], [`Error::ItemMismatch`],
		/// [`Error::AlreadyMarked`], [`Error::NotEvaluator`], [`Error::NotListed`].
		///
		/// ## Complexity
		/// O(bytes) of the expected answer, and O(n) in the domain's evaluators, in memory.
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::unseal(expected.size()))]
		pub fn unseal(
			origin: OriginFor<T>,
			domain: DomainId,
			task: TaskId,
			expected: Expected,
			salt: [u8; 32],
			item_salt: [u8; 32],
		) -> DispatchResult {
			let evaluator = ensure_signed(origin)?;
			Self::do_unseal(evaluator, domain, task, &expected, &salt, &item_salt)
		}

		/// Rates a settled task, once: 1 is best. Ratings count by the fees that they stand for.
		///
		/// ## Dispatch origin
		/// Signed by the task's requester.
		///
		/// ## Errors
		/// [`Error::NotSettled`], [`Error::NotRequester`], [`Error::NotListed`], [`Error::AlreadyMarked`].
		///
		/// ## Complexity
		/// O(1).
		#[pallet::call_index(10)]
		#[pallet::weight(T::WeightInfo::rate())]
		pub fn rate(origin: OriginFor<T>, task: TaskId, rating: Unit) -> DispatchResult {
			let requester = ensure_signed(origin)?;
			Self::do_rate(requester, task, rating)
		}
	}

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// A listed model's accuracy, relevance, utilisation and PoWR, with what they are made of.
		pub fn score(model: ModelId) -> Option<ModelRecord> {
			Models::<T>::get(model)
		}

		/// A domain's number and what it is.
		pub fn domain(name: DomainName) -> Option<(DomainId, Domain)> {
			let id = DomainIds::<T>::get(name)?;
			Domains::<T>::get(id).map(|domain| (id, domain))
		}

		/// Where the epochs stand: the running one, and how far the closing of the last is.
		pub fn epoch() -> EpochState<BlockNumberFor<T>> {
			Self::epoch_state()
		}

		/// What an evaluator has and may do in a domain.
		pub fn evaluator(domain: DomainId, who: T::AccountId) -> EvaluatorInfo<BlockNumberFor<T>> {
			Self::evaluator_info(domain, &who)
		}

		/// What the running epoch would give in all if it ended now.
		pub fn pending_emission() -> Balance {
			deepnode_scoring::emission::epoch(Self::pot_balance(), Parameters::<T>::get().emission.rate)
		}

		/// What a worker has earned in a domain in the running epoch: at most `cap` of it is what the
		/// emission adds.
		pub fn earned(domain: DomainId, worker: T::AccountId) -> Balance {
			Earned::<T>::get((CurrentEpoch::<T>::get().index, domain), worker)
		}

		/// The account that the emission is paid from.
		pub fn pot() -> T::AccountId {
			Self::pot_account()
		}
	}
}
