#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![warn(missing_docs)]
#![cfg_attr(
	not(test),
	deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod lifecycle;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;
mod try_state;
mod types;
mod validate;
pub mod weights;

pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

// What FRAME's macros write here expects what it has checked itself. A call that registers a model is
// larger than the others, as it should be; FRAME's limit for a call is 1 kB.
#[allow(clippy::expect_used, clippy::large_enum_variant)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use deepnode_primitives::{content::Uris, entry, Balance, ModelId};
	use frame_support::{
		pallet_prelude::*,
		traits::fungible::{Mutate, MutateHold},
	};
	use frame_system::pallet_prelude::*;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// An entry with the runtime's account ids and block numbers.
	pub type ModelOf<T> = Model<<T as frame_system::Config>::AccountId, BlockNumberFor<T>>;

	/// The pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What the pallet needs of its runtime.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// The token that bonds are held in.
		type Currency: Mutate<Self::AccountId, Balance = Balance>
			+ MutateHold<Self::AccountId, Reason = Self::RuntimeHoldReason>;
		/// The runtime's reasons for holds.
		type RuntimeHoldReason: From<HoldReason>;
		/// The data sets that models declare; `()` where there are none.
		type DataSets: deepnode_primitives::traits::DataSets<Self::AccountId>;
		/// The bond of every entry, whatever its size. At least the existential deposit.
		#[pallet::constant]
		type BaseBond: Get<Balance>;
		/// The bond for each encoded byte of an entry.
		#[pallet::constant]
		type ByteBond: Get<Balance>;
		/// What the calls weigh.
		type WeightInfo: WeightInfo;
	}

	/// Why tokens are on hold.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// The bond of a registered model.
		ModelBond,
	}

	/// The number of the next model.
	#[pallet::storage]
	pub type NextModelId<T: Config> = StorageValue<_, ModelId, ValueQuery>;

	/// The models.
	#[pallet::storage]
	pub type Models<T: Config> = StorageMap<_, Twox64Concat, ModelId, ModelOf<T>>;

	/// The models' domains: all that some need to know of an entry, which may be large.
	#[pallet::storage]
	pub type Domains<T: Config> = StorageMap<_, Twox64Concat, ModelId, Domain>;

	/// How many stored models name this one as their parent.
	#[pallet::storage]
	pub type Children<T: Config> = StorageMap<_, Twox64Concat, ModelId, u32, ValueQuery>;

	/// How many tasks a model has that are not closed.
	#[pallet::storage]
	pub type OpenTasks<T: Config> = StorageMap<_, Twox64Concat, ModelId, u32, ValueQuery>;

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A model was registered.
		ModelRegistered {
			/// The model.
			model: ModelId,
			/// Who owns it.
			owner: T::AccountId,
		},
		/// A model has another price from now on.
		PriceChanged {
			/// The model.
			model: ModelId,
			/// What one item costs.
			price: Balance,
		},
		/// One of a model's files is to be fetched elsewhere.
		UrisChanged {
			/// The model.
			model: ModelId,
			/// Which of its files.
			file: u8,
		},
		/// A model takes no new tasks.
		ModelRetired {
			/// The model.
			model: ModelId,
		},
		/// A retired model's last task was closed, and its bond was released.
		BondReturned {
			/// The model.
			model: ModelId,
			/// Who owns it.
			owner: T::AccountId,
			/// How much it was.
			amount: Balance,
		},
		/// Nothing needs a retired model any more, and its entry is gone.
		ModelRemoved {
			/// The model.
			model: ModelId,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// There is no such model.
		UnknownModel,
		/// Only the model's owner may do this.
		NotOwner,
		/// The model is retired.
		Retired,
		/// The model has as many open tasks as can be counted.
		TooManyOpenTasks,
		/// The model has no file with this number.
		UnknownFile,
		/// A name, the domain, the licence or a URI is not UTF-8.
		InvalidUtf8,
		/// The model or one of its files has an empty name.
		EmptyName,
		/// The domain is empty.
		EmptyDomain,
		/// The licence is empty; it is an SPDX expression such as `Apache-2.0`.
		EmptyLicence,
		/// There is no file.
		NoFiles,
		/// Two files have the same name.
		DuplicateFileName,
		/// A file's name is a path, or has control characters in it.
		UnsafeFileName,
		/// A file is empty.
		EmptyContent,
		/// A URI is empty.
		EmptyUri,
		/// There is no operator set 0.
		InvalidOpset,
		/// The model has no input.
		NoInputs,
		/// The model has no output.
		NoOutputs,
		/// A tensor has no name, an empty or misplaced dimension, or items beyond 4 GiB.
		InvalidTensors,
		/// Two inputs, or two outputs, have the same name.
		DuplicateTensorName,
		/// The price is zero.
		ZeroPrice,
		/// The price is more than all DN there will ever be.
		PriceTooHigh,
		/// The comparison cannot tell this model's outputs apart, or its parameters are out of bounds.
		ComparisonUnfit,
		/// The FHE parameters are unknown, or the tensors and the comparison are not those of encrypted inputs.
		FheUnsupported,
		/// The parent does not exist.
		UnknownParent,
		/// The parent is retired.
		ParentRetired,
		/// The royalty is more than everything.
		RoyaltyTooHigh,
		/// The parent has as many ancestors as a model may have.
		LineageTooDeep,
		/// The model declares a data set twice.
		DuplicateDataSet,
		/// A data set does not exist.
		UnknownDataSet,
		/// A data set is retired.
		DataSetRetired,
		/// The royalties of the parent and the data sets together are more than everything.
		RoyaltiesTooHigh,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			use frame_support::traits::fungible::Inspect;
			assert!(
				T::BaseBond::get() >= T::Currency::minimum_balance(),
				"a bond below the existential deposit could not be released"
			);
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Registers a model, puts its bond on hold and gives it the next number.
		///
		/// ## Dispatch origin
		/// Signed, by who will own the model.
		///
		/// ## Errors
		/// - One of [`Error`] for each rule that `spec` breaks; the pallet's documentation lists them.
		/// - Token errors, where the caller has not got the bond.
		///
		/// ## Complexity
		/// O(bytes + ancestors + data sets): at most 4 ancestors and 4 data sets are read.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::register(spec.files.len() as u32, spec.data_sets.len() as u32))]
		pub fn register(origin: OriginFor<T>, spec: ModelSpec) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::do_register(owner, spec).map(|_| ())
		}

		/// Changes what one item costs. Tasks that are already submitted keep their fee.
		///
		/// ## Dispatch origin
		/// Signed, by the model's owner.
		///
		/// ## Errors
		/// - [`Error::UnknownModel`], [`Error::NotOwner`], [`Error::Retired`].
		/// - [`Error::ZeroPrice`], [`Error::PriceTooHigh`]: the price must be above 0 and at most the
		///   whole supply of DN.
		///
		/// ## Complexity
		/// O(1): one read, one write.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::set_price())]
		pub fn set_price(origin: OriginFor<T>, model: ModelId, price: Balance) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::ensure_price(price)?;
			Models::<T>::try_mutate(model, |entry| {
				let entry = Self::owned(entry, &owner)?;
				ensure!(entry.status == Status::Active, Error::<T>::Retired);
				entry.spec.price = price;
				Self::deposit_event(Event::PriceChanged { model, price });
				Ok(())
			})
		}

		/// Changes where one of a model's files can be fetched, and the bond with the bytes. The file
		/// itself stays what its hash says. A retired model's can be changed as long as it has open tasks.
		///
		/// ## Dispatch origin
		/// Signed, by the model's owner.
		///
		/// ## Errors
		/// - [`Error::UnknownModel`], [`Error::NotOwner`].
		/// - [`Error::Retired`]: the bond is back already, and nobody fetches the model any more.
		/// - [`Error::UnknownFile`]: files are counted from 0.
		/// - [`Error::EmptyUri`], [`Error::InvalidUtf8`].
		/// - Token errors, where the caller has not got the larger bond.
		///
		/// ## Complexity
		/// O(bytes): two reads, two writes.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::set_uris())]
		pub fn set_uris(origin: OriginFor<T>, model: ModelId, file: u8, uris: Uris) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			entry::check_uris(&uris).map_err(Error::<T>::from)?;
			Models::<T>::try_mutate(model, |entry| {
				let entry = Self::owned(entry, &owner)?;
				ensure!(entry.bond > 0, Error::<T>::Retired);
				let known = entry.spec.files.get_mut(usize::from(file)).ok_or(Error::<T>::UnknownFile)?;
				known.content.uris = uris;
				Self::adjust_bond(entry)?;
				Self::deposit_event(Event::UrisChanged { model, file });
				Ok(())
			})
		}

		/// Retires a model: it takes no new task and no child. Its bond comes back when its last open task
		/// is closed, at once where there is none. It cannot be undone.
		///
		/// ## Dispatch origin
		/// Signed, by the model's owner.
		///
		/// ## Errors
		/// - [`Error::UnknownModel`], [`Error::NotOwner`], [`Error::Retired`].
		///
		/// ## Complexity
		/// O(ancestors): at most 5 entries are removed, with the references to at most 4 data sets each.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::retire())]
		pub fn retire(origin: OriginFor<T>, model: ModelId) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			let mut stored = Models::<T>::get(model);
			let entry = Self::owned(&mut stored, &owner)?;
			ensure!(entry.status == Status::Active, Error::<T>::Retired);
			entry.status = Status::Retired;
			Self::deposit_event(Event::ModelRetired { model });
			if let Some(entry) = stored {
				Self::store_or_remove(model, entry);
			}
			Ok(())
		}
	}

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// The model's entry.
		pub fn model(model: ModelId) -> Option<ModelOf<T>> {
			Models::<T>::get(model)
		}

		/// How many tasks the model has that are not closed.
		pub fn open_tasks(model: ModelId) -> u32 {
			OpenTasks::<T>::get(model)
		}

		/// The model's own number, its parent's, and so on.
		pub fn ancestry(model: ModelId) -> alloc::vec::Vec<ModelId> {
			Self::line(model).map(|(model, _)| model).collect()
		}

		/// The model's manifest hash, which receipts of its tasks name.
		pub fn manifest(model: ModelId) -> Option<deepnode_primitives::content::Digest> {
			Models::<T>::get(model).map(|entry| entry.spec.manifest())
		}

		/// What would be put on hold for such a model.
		pub fn bond(spec: ModelSpec) -> Balance {
			Self::bond_of(&spec)
		}
	}
}
