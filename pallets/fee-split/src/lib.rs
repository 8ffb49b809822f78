#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![warn(missing_docs)]
#![cfg_attr(
	not(test),
	deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(test)]
mod mock;
mod settle;
#[cfg(test)]
mod tests;
mod types;
pub mod weights;

pub use pallet::*;
pub use settle::{ToTreasury, TransactionFees};
pub use types::{Delivered, FeeTotals, Pots};
pub use weights::WeightInfo;

// What FRAME's macros write here expects what it has checked itself.
#[allow(clippy::expect_used)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use deepnode_primitives::{
		fees::{FeeTable, Split},
		traits::Payouts,
		Balance, TaskId,
	};
	use frame_support::{
		pallet_prelude::*,
		traits::fungible::{Balanced, Mutate},
		PalletId,
	};
	use frame_system::pallet_prelude::*;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What the pallet needs of its runtime.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// The token that fees are paid in.
		type Currency: Balanced<Self::AccountId, Balance = Balance> + Mutate<Self::AccountId>;
		/// Who pays accounts out elsewhere.
		type Payouts: Payouts<Self::AccountId>;
		/// Who may change the table.
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// What the pots' accounts are derived from.
		#[pallet::constant]
		type PalletId: Get<PalletId>;
		/// What the calls weigh.
		type WeightInfo: WeightInfo;
	}

	/// How fees are divided. It always adds up to a million parts.
	#[pallet::storage]
	pub type Table<T: Config> = StorageValue<_, FeeTable, ValueQuery>;

	/// What has been delivered of all fees so far, those of tasks and of transactions apart.
	#[pallet::storage]
	pub type Totals<T: Config> = StorageValue<_, FeeTotals, ValueQuery>;

	/// The state at genesis.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// How fees are divided; it must add up to a million parts.
		pub table: FeeTable,
		#[doc(hidden)]
		#[serde(skip)]
		pub _config: PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			assert!(self.table.is_valid(), "the fee table must add up to a million parts: {:?}", self.table);
			Table::<T>::put(self.table);
			Pallet::<T>::create_pots();
		}
	}

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A settled task's fee was divided.
		FeeSplit {
			/// The task.
			task: TaskId,
			/// What the table gives to whom.
			split: Split,
		},
		/// An account could not receive its part, which went to the treasury instead.
		PartRedirected {
			/// Whose part it was.
			who: T::AccountId,
			/// How much it was.
			amount: Balance,
		},
		/// The treasury could not receive its part, which was burned instead.
		PartBurned {
			/// How much it was.
			amount: Balance,
		},
		/// Fees are divided by another table from now on.
		TableChanged {
			/// The table.
			table: FeeTable,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// The shares of the table do not add up to a million parts.
		TableDoesNotAddUp,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			assert!(Self::pots().are_distinct(), "account ids are too short to tell the pots apart");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Divides every later fee by `table`: creator, workers, validators, treasury, community and
		/// burned, in parts per million.
		///
		/// ## Dispatch origin
		/// `AdminOrigin`.
		///
		/// ## Errors
		/// - [`Error::TableDoesNotAddUp`]: the shares must add up to exactly 1,000,000.
		///
		/// ## Complexity
		/// O(1): one write.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::set_table())]
		pub fn set_table(origin: OriginFor<T>, table: FeeTable) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			ensure!(table.is_valid(), Error::<T>::TableDoesNotAddUp);
			Table::<T>::put(table);
			Self::deposit_event(Event::TableChanged { table });
			Ok(())
		}
	}

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// The accounts that collect for the validators, the treasury and the community.
		pub fn pots() -> Pots<T::AccountId> {
			Pots::of(&T::PalletId::get())
		}

		/// How fees are divided, in parts per million.
		pub fn table() -> FeeTable {
			Table::<T>::get()
		}

		/// What has been delivered of all fees so far.
		pub fn totals() -> FeeTotals {
			Totals::<T>::get()
		}
	}
}
