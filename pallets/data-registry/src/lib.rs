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

// What FRAME's macros write here expects what it has checked itself.
#[allow(clippy::expect_used)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use deepnode_primitives::{content::Uris, entry, Balance, DataSetId};
	use frame_support::{
		pallet_prelude::*,
		traits::fungible::{Mutate, MutateHold},
	};
	use frame_system::pallet_prelude::*;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// An entry with the runtime's account ids and block numbers.
	pub type DataSetOf<T> = DataSet<<T as frame_system::Config>::AccountId, BlockNumberFor<T>>;

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
		/// The bond of a registered data set.
		DataSetBond,
	}

	/// The number of the next data set.
	#[pallet::storage]
	pub type NextDataSetId<T: Config> = StorageValue<_, DataSetId, ValueQuery>;

	/// The data sets.
	#[pallet::storage]
	pub type DataSets<T: Config> = StorageMap<_, Twox64Concat, DataSetId, DataSetOf<T>>;

	/// How many stored models declare a data set.
	#[pallet::storage]
	pub type References<T: Config> = StorageMap<_, Twox64Concat, DataSetId, u32, ValueQuery>;

	/// How many times an item of a data set was used in an evaluation.
	#[pallet::storage]
	pub type Uses<T: Config> = StorageMap<_, Twox64Concat, DataSetId, u64, ValueQuery>;

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A data set was registered.
		DataSetRegistered {
			/// The data set.
			data_set: DataSetId,
			/// Who owns it.
			owner: T::AccountId,
		},
		/// One of a data set's files is to be fetched elsewhere.
		UrisChanged {
			/// The data set.
			data_set: DataSetId,
			/// Which of its files.
			file: u8,
		},
		/// A sealed data set's files are known now.
		DataSetPublished {
			/// The data set.
			data_set: DataSetId,
		},
		/// The use of an item in an evaluation has another price from now on.
		EvaluationPriceChanged {
			/// The data set.
			data_set: DataSetId,
			/// What one use of one item costs.
			price: Balance,
		},
		/// No further model may declare a data set, and no evaluator draw from it.
		DataSetRetired {
			/// The data set.
			data_set: DataSetId,
		},
		/// Nothing needs a retired data set any more: its entry is gone, and its bond was released.
		DataSetRemoved {
			/// The data set.
			data_set: DataSetId,
			/// Who owned it.
			owner: T::AccountId,
			/// The bond.
			bond: Balance,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// There is no such data set.
		UnknownDataSet,
		/// Only the data set's owner may do this.
		NotOwner,
		/// The data set is retired.
		Retired,
		/// The data set is not retired; its owner can retire it.
		NotRetired,
		/// A model declares the data set, and is not removed yet.
		StillReferenced,
		/// As many models declare the data set as can be counted.
		TooManyReferences,
		/// The data set is sealed; publish its files first.
		Sealed,
		/// The data set's files are known already.
		NotSealed,
		/// The files are not those that were sealed: their names, hashes, lengths or order differ.
		ManifestMismatch,
		/// The data set has no file with this number.
		UnknownFile,
		/// A name, the domain, the licence or a URI is not UTF-8.
		InvalidUtf8,
		/// The data set or one of its files has an empty name.
		EmptyName,
		/// The domain is empty.
		EmptyDomain,
		/// The licence is empty; it is an SPDX expression such as `CC-BY-4.0`.
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
		/// The data set has no item.
		NoItems,
		/// The royalty is more than a quarter of the creator's share.
		RoyaltyTooHigh,
		/// The evaluation price is more than all DN there will ever be.
		PriceTooHigh,
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
		/// Registers a data set, open or sealed, puts its bond on hold and gives it the next number.
		///
		/// ## Dispatch origin
		/// Signed, by who will own the data set.
		///
		/// ## Errors
		/// - One of [`Error`] for each rule that `spec` breaks; the pallet's documentation lists them.
		/// - Token errors, where the caller has not got the bond.
		///
		/// ## Complexity
		/// O(bytes): two reads, three writes.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::register(spec.manifest.files()))]
		pub fn register(origin: OriginFor<T>, spec: DataSetSpec) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::do_register(owner, spec).map(|_| ())
		}

		/// Changes where one of an open data set's files can be fetched, and the bond with the bytes. The
		/// file itself stays what its hash says. A retired one's can be changed as long as it is stored.
		///
		/// ## Dispatch origin
		/// Signed, by the data set's owner.
		///
		/// ## Errors
		/// - [`Error::UnknownDataSet`], [`Error::NotOwner`], [`Error::Sealed`].
		/// - [`Error::UnknownFile`]: files are counted from 0.
		/// - [`Error::EmptyUri`], [`Error::InvalidUtf8`].
		/// - Token errors, where the caller has not got the larger bond.
		///
		/// ## Complexity
		/// O(bytes): two reads, two writes.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::set_uris())]
		pub fn set_uris(origin: OriginFor<T>, data_set: DataSetId, file: u8, uris: Uris) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			entry::check_uris(&uris).map_err(Error::<T>::from)?;
			DataSets::<T>::try_mutate(data_set, |entry| {
				let entry = Self::owned(entry, &owner)?;
				let Manifest::Open(files) = &mut entry.spec.manifest else { return Err(Error::<T>::Sealed.into()) };
				files.get_mut(usize::from(file)).ok_or(Error::<T>::UnknownFile)?.content.uris = uris;
				Self::adjust_bond(entry)?;
				Self::deposit_event(Event::UrisChanged { data_set, file });
				Ok(())
			})
		}

		/// Shows the files of a sealed data set, and raises the bond with the bytes. It cannot be undone. A
		/// retired one's can be shown as long as it is stored.
		///
		/// ## Dispatch origin
		/// Signed, by the data set's owner.
		///
		/// ## Errors
		/// - [`Error::UnknownDataSet`], [`Error::NotOwner`], [`Error::NotSealed`].
		/// - [`Error::ManifestMismatch`]: [`manifest_digest`] of `files` must be what was registered.
		/// - [`Error::NoFiles`], [`Error::EmptyName`], [`Error::UnsafeFileName`], [`Error::DuplicateFileName`],
		///   [`Error::EmptyContent`], [`Error::EmptyUri`], [`Error::InvalidUtf8`]: files are held to the same
		///   rules as at registration. Who seals a manifest that breaks them can never publish it.
		/// - Token errors, where the caller has not got the larger bond.
		///
		/// ## Complexity
		/// O(bytes): two reads, two writes.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::publish(files.len() as u32))]
		pub fn publish(origin: OriginFor<T>, data_set: DataSetId, files: Files) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			DataSets::<T>::try_mutate(data_set, |entry| {
				let entry = Self::owned(entry, &owner)?;
				let Manifest::Sealed(digest) = &entry.spec.manifest else { return Err(Error::<T>::NotSealed.into()) };
				Self::ensure_files(&files)?;
				ensure!(manifest_digest(&files) == *digest, Error::<T>::ManifestMismatch);
				entry.spec.manifest = Manifest::Open(files);
				Self::adjust_bond(entry)?;
				Self::deposit_event(Event::DataSetPublished { data_set });
				Ok(())
			})
		}

		/// Changes what one use of one item in an evaluation costs.
		///
		/// ## Dispatch origin
		/// Signed, by the data set's owner.
		///
		/// ## Errors
		/// - [`Error::UnknownDataSet`], [`Error::NotOwner`], [`Error::Retired`].
		/// - [`Error::PriceTooHigh`]: the price must be at most the whole supply of DN.
		///
		/// ## Complexity
		/// O(1): one read, one write.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::set_evaluation_price())]
		pub fn set_evaluation_price(origin: OriginFor<T>, data_set: DataSetId, price: Balance) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			entry::check_price(price).map_err(Error::<T>::from)?;
			DataSets::<T>::try_mutate(data_set, |entry| {
				let entry = Self::owned(entry, &owner)?;
				ensure!(entry.status == Status::Active, Error::<T>::Retired);
				entry.spec.evaluation_price = price;
				Self::deposit_event(Event::EvaluationPriceChanged { data_set, price });
				Ok(())
			})
		}

		/// Retires a data set: no further model may declare it, and no evaluator draw from it. Where no model
		/// declares it, it is removed and its bond comes back at once; else `remove` does so once the last
		/// such model is gone, and until then they owe it their royalty. It cannot be undone.
		///
		/// ## Dispatch origin
		/// Signed, by the data set's owner.
		///
		/// ## Errors
		/// - [`Error::UnknownDataSet`], [`Error::NotOwner`], [`Error::Retired`].
		///
		/// ## Complexity
		/// O(1): one entry is written or removed.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::retire())]
		pub fn retire(origin: OriginFor<T>, data_set: DataSetId) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			let mut stored = DataSets::<T>::get(data_set);
			let entry = Self::owned(&mut stored, &owner)?;
			ensure!(entry.status == Status::Active, Error::<T>::Retired);
			entry.status = Status::Retired;
			Self::deposit_event(Event::DataSetRetired { data_set });
			match stored {
				Some(entry) if References::<T>::get(data_set) == 0 => Self::do_remove(data_set, entry)?,
				stored => DataSets::<T>::set(data_set, stored),
			}
			Ok(())
		}

		/// Removes a retired data set that no model declares any more. Its bond goes back to its owner,
		/// whoever calls.
		///
		/// ## Dispatch origin
		/// Signed, by anybody.
		///
		/// ## Errors
		/// - [`Error::UnknownDataSet`], [`Error::NotRetired`], [`Error::StillReferenced`].
		///
		/// ## Complexity
		/// O(1): one entry is removed.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::remove())]
		pub fn remove(origin: OriginFor<T>, data_set: DataSetId) -> DispatchResult {
			ensure_signed(origin)?;
			let entry = DataSets::<T>::get(data_set).ok_or(Error::<T>::UnknownDataSet)?;
			ensure!(entry.status == Status::Retired, Error::<T>::NotRetired);
			ensure!(References::<T>::get(data_set) == 0, Error::<T>::StillReferenced);
			Self::do_remove(data_set, entry)
		}
	}

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// The data set's entry.
		pub fn data_set(data_set: DataSetId) -> Option<DataSetOf<T>> {
			DataSets::<T>::get(data_set)
		}

		/// How many stored models declare the data set.
		pub fn references(data_set: DataSetId) -> u32 {
			References::<T>::get(data_set)
		}

		/// How many times an item of the data set was used in an evaluation.
		pub fn uses(data_set: DataSetId) -> u64 {
			Uses::<T>::get(data_set)
		}

		/// What would be put on hold for such a data set.
		pub fn bond(spec: DataSetSpec) -> Balance {
			Self::bond_of(&spec)
		}
	}
}
