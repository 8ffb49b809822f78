#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![deny(missing_docs)]
#![cfg_attr(
	not(test),
	deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]

extern crate alloc;
#[cfg(test)]
extern crate self as pallet_attestation;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod judge;
#[cfg(test)]
#[path = "../../task-assignment/src/mock.rs"]
mod mock;
#[cfg(test)]
mod tests;
pub mod types;
pub mod weights;

pub use pallet::*;
pub use weights::WeightInfo;

use alloc::vec::Vec;
use deepnode_primitives::{
	canonical::View,
	commitment::commitment,
	comparison::Comparison,
	content::{Digest, Payload, MAX_INLINE_LEN},
	traits::{self, Tasks},
	TaskId,
};
use frame_support::ensure;
use sp_core::H256;
use sp_runtime::{traits::Zero, AccountId32, DispatchResult};
use types::{Round, Seat};

// What FRAME's macros write here expects what it has checked itself.
#[allow(clippy::expect_used)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;

	#[pallet::config]
	pub trait Config: frame_system::Config<AccountId = AccountId32, Hash = H256> {
		/// The keeper of the tasks.
		type Tasks: Tasks<AccountId32>;
		/// The weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// The current storage version.
	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// The round of each task that is being answered.
	#[pallet::storage]
	pub type Rounds<T: Config> = StorageMap<_, Twox64Concat, TaskId, Round<AccountId32>>;

	/// The answers revealed in a round, until it is over.
	#[pallet::storage]
	pub type Answers<T: Config> = StorageDoubleMap<_, Twox64Concat, TaskId, Blake2_128Concat, AccountId32, Payload>;

	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A worker has sealed its answer.
		Committed {
			/// The task.
			task: TaskId,
			/// The worker.
			worker: AccountId32,
		},
		/// A worker has opened its answer.
		Revealed {
			/// The task.
			task: TaskId,
			/// The worker.
			worker: AccountId32,
			/// The answer's digest.
			digest: Digest,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// The task does not wait for an answer of this worker: it was never drawn for it, or its
		/// window is over.
		NotAssigned,
		/// This worker has committed already, and a commitment is final.
		AlreadyCommitted,
		/// This worker has not committed: commit before revealing.
		NotCommitted,
		/// Another worker of the task has not committed yet: wait for `AnswersCommitted`.
		RevealTooEarly,
		/// This worker has revealed already.
		AlreadyRevealed,
		/// The salt and digest are not those of the commitment.
		CommitmentMismatch,
		/// The output is not what the digest names.
		DigestMismatch,
		/// The output is no canonical answer.
		MalformedAnswer,
		/// The output by reference has no URI, or is small enough to be on chain.
		InvalidReference,
		/// The task has more workers than a round has seats.
		TooManySeats,
		/// The worker to replace has committed, or has no seat.
		NotReplaceable,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Seals an answer: `commitment` is what
		/// [`deepnode_primitives::commitment::commitment`] makes of the task, the worker, a secret salt
		/// and the answer's digest. It costs nothing where it is valid.
		///
		/// ## Dispatch origin
		/// Signed by a worker that the task was given to.
		///
		/// ## Errors
		/// [`Error::NotAssigned`], [`Error::AlreadyCommitted`].
		///
		/// ## Complexity
		/// O(1).
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::commit())]
		pub fn commit(origin: OriginFor<T>, task: TaskId, commitment: H256) -> DispatchResultWithPostInfo {
			let worker = ensure_signed(origin)?;
			Self::do_commit(task, worker, commitment)?;
			Ok(Pays::No.into())
		}

		/// Opens a sealed answer. When the last worker of the round has done so the answers are judged
		/// and the task is settled or refunded. It costs nothing where it is valid.
		///
		/// `output` carries the canonical answer; where that is longer than an extrinsic may carry, it
		/// says where it is.
		///
		/// ## Dispatch origin
		/// Signed by a worker that has committed.
		///
		/// ## Errors
		/// [`Error::NotAssigned`], [`Error::NotCommitted`], [`Error::RevealTooEarly`],
		/// [`Error::AlreadyRevealed`], [`Error::CommitmentMismatch`], [`Error::DigestMismatch`],
		/// [`Error::MalformedAnswer`], [`Error::InvalidReference`].
		///
		/// ## Complexity
		/// O(bytes) of the output.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::reveal(output.inline().map_or(0, |bytes| bytes.len() as u32)))]
		pub fn reveal(
			origin: OriginFor<T>,
			task: TaskId,
			salt: [u8; 32],
			digest: Digest,
			output: Payload,
		) -> DispatchResultWithPostInfo {
			let worker = ensure_signed(origin)?;
			Self::do_reveal(task, worker, salt, digest, output)?;
			Ok(Pays::No.into())
		}
	}
}

impl<T: Config> Pallet<T> {
	fn do_commit(task: TaskId, worker: AccountId32, commitment: H256) -> DispatchResult {
		let mut round = Rounds::<T>::get(task).ok_or(Error::<T>::NotAssigned)?;
		let seat = round.seat_mut(&worker).ok_or(Error::<T>::NotAssigned)?;
		ensure!(seat.commitment.is_none(), Error::<T>::AlreadyCommitted);
		seat.commitment = Some(commitment);
		let last = round.all_committed();
		Rounds::<T>::insert(task, round);
		Self::deposit_event(Event::Committed { task, worker });
		if last {
			T::Tasks::all_committed(task)?;
		}
		Ok(())
	}

	fn do_reveal(task: TaskId, worker: AccountId32, salt: [u8; 32], digest: Digest, output: Payload) -> DispatchResult {
		let mut round = Rounds::<T>::get(task).ok_or(Error::<T>::NotAssigned)?;
		let everybody_committed = round.all_committed();
		let seat = round.seat_mut(&worker).ok_or(Error::<T>::NotAssigned)?;
		let sealed = seat.commitment.ok_or(Error::<T>::NotCommitted)?;
		ensure!(everybody_committed, Error::<T>::RevealTooEarly);
		ensure!(seat.revealed.is_none(), Error::<T>::AlreadyRevealed);
		let opened = commitment(&Self::genesis_hash(), task, &worker, &salt, &digest);
		ensure!(opened == sealed, Error::<T>::CommitmentMismatch);
		ensure!(output.digest() == digest, Error::<T>::DigestMismatch);
		match &output {
			Payload::Inline(bytes) => {
				View::parse(bytes).map_err(|_| Error::<T>::MalformedAnswer)?;
			},
			Payload::Reference(content) => ensure!(
				content.length > MAX_INLINE_LEN.into() && !content.uris.is_empty(),
				Error::<T>::InvalidReference
			),
		}
		seat.revealed = Some(digest);
		let last = round.all_revealed();
		Answers::<T>::insert(task, &worker, output);
		Self::deposit_event(Event::Revealed { task, worker, digest });
		if last {
			Self::conclude(task, round)
		} else {
			Rounds::<T>::insert(task, round);
			Ok(())
		}
	}

	/// Everybody has revealed: ends the round and reports what it came to.
	fn conclude(task: TaskId, round: Round<AccountId32>) -> DispatchResult {
		let answers: Vec<_> = round
			.seats
			.iter()
			.filter_map(|seat| Some((seat.revealed?, Answers::<T>::take(task, &seat.worker)?)))
			.collect();
		Rounds::<T>::remove(task);
		T::Tasks::judged(task, judge::judge(&round.comparison, &answers))
	}

	fn genesis_hash() -> H256 {
		frame_system::Pallet::<T>::block_hash(frame_system::pallet_prelude::BlockNumberFor::<T>::zero())
	}

	/// Checks that every answer belongs to a round, to a seat that has revealed, and is what the
	/// seat's digest names.
	pub fn do_try_state() -> Result<(), sp_runtime::TryRuntimeError> {
		let mut revealed = 0usize;
		for (task, round) in Rounds::<T>::iter() {
			ensure!(!round.seats.is_empty(), "a round has seats");
			ensure!(!round.all_revealed(), "a round that is over is gone");
			for seat in &round.seats {
				let answer = Answers::<T>::get(task, &seat.worker).map(|output| output.digest());
				ensure!(answer == seat.revealed, "a seat's digest is its answer's");
				ensure!(answer.is_none() || round.all_committed(), "nobody reveals before all have committed");
				revealed = revealed.saturating_add(usize::from(answer.is_some()));
			}
		}
		ensure!(Answers::<T>::iter_keys().count() == revealed, "no answer without its seat");
		Ok(())
	}
}

impl<T: Config> traits::Rounds<AccountId32> for Pallet<T> {
	fn open(task: TaskId, workers: &[AccountId32], comparison: Comparison) -> DispatchResult {
		let seats: Vec<_> = workers.iter().cloned().map(Seat::empty).collect();
		let seats = seats.try_into().map_err(|_| Error::<T>::TooManySeats)?;
		Rounds::<T>::insert(task, Round { comparison, seats });
		Ok(())
	}

	fn replace(task: TaskId, absent: &AccountId32, replacement: &AccountId32) -> DispatchResult {
		Rounds::<T>::try_mutate(task, |round| {
			let seat = round.as_mut().and_then(|round| round.seat_mut(absent));
			let seat = seat.filter(|seat| seat.commitment.is_none()).ok_or(Error::<T>::NotReplaceable)?;
			seat.worker = replacement.clone();
			Ok(())
		})
	}

	fn seats(task: TaskId) -> Vec<traits::Seat<AccountId32>> {
		let seats = Rounds::<T>::get(task).map(|round| round.seats).unwrap_or_default();
		seats
			.into_iter()
			.map(|seat| traits::Seat {
				committed: seat.commitment.is_some(),
				revealed: seat.revealed.is_some(),
				worker: seat.worker,
			})
			.collect()
	}

	fn close(task: TaskId) {
		let Some(round) = Rounds::<T>::take(task) else { return };
		for seat in round.seats {
			Answers::<T>::remove(task, seat.worker);
		}
	}
}
