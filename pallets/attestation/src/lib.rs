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
mod judge;
#[cfg(test)]
mod mock;
mod rounds;
#[cfg(test)]
mod tests;
mod try_state;
pub mod types;
pub mod weights;

pub use pallet::*;
pub use weights::WeightInfo;

use deepnode_primitives::{
	canonical::{Answer, View},
	chunks::{Opened, Opening},
	commitment::commitment,
	content::{Digest, Payload, MAX_INLINE_LEN},
	traits::Tasks,
	TaskId,
};
use frame_support::{ensure, weights::Weight};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_core::H256;
use sp_runtime::{traits::Zero, AccountId32, DispatchError, DispatchResult};
use types::Round;

// What FRAME's macros write here expects what it has checked itself.
#[allow(clippy::expect_used)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::{dispatch::PostDispatchInfo, pallet_prelude::*};
	use frame_system::pallet_prelude::{ensure_signed, OriginFor};

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

	/// The round of each task, from its first draw until it is forgotten.
	#[pallet::storage]
	pub type Rounds<T: Config> = StorageMap<_, Twox64Concat, TaskId, Round<AccountId32>>;

	/// The answers revealed in a task's round by their digests, as long as the round. Equal ones are
	/// kept once.
	#[pallet::storage]
	pub type Answers<T: Config> = StorageDoubleMap<_, Twox64Concat, TaskId, Blake2_128Concat, Digest, Payload>;

	/// The chunks of long answers that are opened, by the answers' digests, until they are judged.
	#[pallet::storage]
	pub type Openings<T: Config> = StorageDoubleMap<_, Twox64Concat, TaskId, Blake2_128Concat, Digest, Opened>;

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
		/// Long answers differ: whoever has them can open the chunks that are chosen.
		Challenged {
			/// The task.
			task: TaskId,
			/// What chooses the chunks.
			seed: H256,
			/// The answers' digests.
			digests: alloc::vec::Vec<Digest>,
		},
		/// The chosen chunks of a long answer are opened.
		ChunksOpened {
			/// The task.
			task: TaskId,
			/// The answer's digest.
			digest: Digest,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// The task does not wait for an answer of this account: it was never asked, or its window is
		/// over.
		NotAssigned,
		/// This worker has committed already, and a commitment is final.
		AlreadyCommitted,
		/// This worker has not committed: commit before revealing.
		NotCommitted,
		/// Somebody who was asked has not committed yet, or it is not decided yet whether an auditor is to commit
		/// as well: wait for `AnswersCommitted`.
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
		/// More are asked than a round has seats.
		TooManySeats,
		/// The worker to replace has committed, or has no seat.
		NotReplaceable,
		/// The worker whose seat is to be vacated has revealed, or has no seat.
		NotVacatable,
		/// The task has no round.
		NoRound,
		/// The task has a round already: close it first.
		RoundOpen,
		/// An account to be asked has a seat in the round already.
		AlreadySeated,
		/// Somebody who was asked has not revealed yet: nobody else is asked until then.
		StillAnswering,
		/// The long answers of the task do not differ, or are being compared already.
		NotDisputed,
		/// The task does not wait for chunks of this answer: it is not compared, or they are opened.
		NotChallenged,
		/// These are not the header and the chunks that the challenge's seed chooses, or a proof does not
		/// lead to the answer's digest.
		InvalidOpening,
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
		/// Signed by a worker or auditor of the task who was asked.
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

		/// Opens a sealed answer. When the last who was asked has done so the answers are judged, and the
		/// keeper of the tasks does what follows: it pays, slashes, asks more, or refunds. It costs
		/// nothing where it is valid.
		///
		/// `output` carries the canonical answer; where that is longer than an extrinsic may carry, it
		/// says where it is.
		///
		/// ## Dispatch origin
		/// Signed by a worker or auditor that has committed.
		///
		/// ## Errors
		/// [`Error::NotAssigned`], [`Error::NotCommitted`], [`Error::RevealTooEarly`],
		/// [`Error::AlreadyRevealed`], [`Error::CommitmentMismatch`], [`Error::DigestMismatch`],
		/// [`Error::MalformedAnswer`], [`Error::InvalidReference`].
		///
		/// ## Complexity
		/// O(bytes) of the output; for the last who was asked, O(n^2) comparisons of answers besides, with
		/// n at most 5, and what the keeper of the tasks does.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::reveal(inline_len(output)).saturating_add(Pallet::<T>::verdict_weight()))]
		pub fn reveal(
			origin: OriginFor<T>,
			task: TaskId,
			salt: [u8; 32],
			digest: Digest,
			output: Payload,
		) -> DispatchResultWithPostInfo {
			let worker = ensure_signed(origin)?;
			let weight = T::WeightInfo::reveal(inline_len(&output));
			let verdict = Self::do_reveal(task, worker, salt, digest, output)?;
			Ok(PostDispatchInfo { actual_weight: Some(weight.saturating_add(verdict)), pays_fee: Pays::No })
		}

		/// Opens the chunks of a long answer that a challenge's seed chooses
		/// ([`deepnode_primitives::chunks`]), so that it can agree with others than its equals. When all
		/// are opened that differ the answers are judged. It costs nothing where it is valid.
		///
		/// ## Dispatch origin
		/// Signed, by whoever has the answer.
		///
		/// ## Errors
		/// [`Error::NotChallenged`], [`Error::InvalidOpening`].
		///
		/// ## Complexity
		/// O(bytes) of the chunks; for the last answer, O(n^2) comparisons of them besides, with n at most
		/// 5.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::open_chunks().saturating_add(Pallet::<T>::verdict_weight()))]
		pub fn open_chunks(
			origin: OriginFor<T>,
			task: TaskId,
			digest: Digest,
			opening: alloc::boxed::Box<Opening>,
		) -> DispatchResultWithPostInfo {
			ensure_signed(origin)?;
			let last = Self::do_open_chunks(task, digest, *opening)?;
			let actual_weight = (!last).then(T::WeightInfo::open_chunks);
			Ok(PostDispatchInfo { actual_weight, pays_fee: Pays::No })
		}
	}
}

fn inline_len(output: &Payload) -> u32 {
	output.inline().map_or(0, |bytes| bytes.len() as u32)
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

	/// Returns what the verdict weighs, if it was the last that was awaited.
	fn do_reveal(
		task: TaskId,
		worker: AccountId32,
		salt: [u8; 32],
		digest: Digest,
		output: Payload,
	) -> Result<Weight, DispatchError> {
		let mut round = Rounds::<T>::get(task).ok_or(Error::<T>::NotAssigned)?;
		let may_reveal = !round.sealed && round.all_committed();
		let seat = round.seat_mut(&worker).ok_or(Error::<T>::NotAssigned)?;
		let sealed = seat.commitment.ok_or(Error::<T>::NotCommitted)?;
		ensure!(seat.revealed.is_none(), Error::<T>::AlreadyRevealed);
		ensure!(may_reveal, Error::<T>::RevealTooEarly);
		let opened = commitment(&Self::genesis_hash(), task, &worker, &salt, &digest);
		ensure!(opened == sealed, Error::<T>::CommitmentMismatch);
		ensure!(output.digest() == digest, Error::<T>::DigestMismatch);
		match &output {
			Payload::Inline(bytes) => {
				View::parse(bytes).map_err(|_| Error::<T>::MalformedAnswer)?;
			},
			// An error elsewhere would be judged, and paid for, like an output.
			Payload::Reference(content) => ensure!(
				content.length > MAX_INLINE_LEN.into() && !content.uris.is_empty() && !Answer::is_error_digest(&digest),
				Error::<T>::InvalidReference
			),
		}
		seat.revealed = Some(digest);
		let last = round.all_revealed();
		Self::keep(task, digest, output);
		Rounds::<T>::insert(task, &round);
		Self::deposit_event(Event::Revealed { task, worker, digest });
		if last {
			Self::conclude(task, round)
		} else {
			Ok(Weight::zero())
		}
	}

	/// Returns whether it was the last, so that the answers were judged.
	fn do_open_chunks(task: TaskId, digest: Digest, opening: Opening) -> Result<bool, DispatchError> {
		let mut round = Rounds::<T>::get(task).ok_or(Error::<T>::NotChallenged)?;
		let challenge = round.challenge.as_mut().ok_or(Error::<T>::NotChallenged)?;
		let seed = challenge.seed.ok_or(Error::<T>::NotChallenged)?;
		ensure!(challenge.awaited.contains(&digest), Error::<T>::NotChallenged);
		let opened = opening.check(&digest, &seed.0).map_err(|_| Error::<T>::InvalidOpening)?;
		challenge.awaited.retain(|awaited| *awaited != digest);
		let last = challenge.awaited.is_empty();
		Openings::<T>::insert(task, digest, opened);
		Rounds::<T>::insert(task, &round);
		Self::deposit_event(Event::ChunksOpened { task, digest });
		if last {
			Self::judge_opened(task, round)?;
		}
		Ok(last)
	}

	/// Keeps a revealed answer. Where somebody has revealed one of its digest before, that stays, but
	/// bytes are better than a reference, and of each reference at least the first place to look is kept.
	fn keep(task: TaskId, digest: Digest, output: Payload) {
		let kept = match (Answers::<T>::get(task, digest), output) {
			(Some(Payload::Reference(mut kept)), Payload::Reference(new)) => {
				// The digest binds the true length; a longer one only lets others fetch more before they see.
				kept.length = kept.length.max(new.length);
				if let Some(uri) = new.uris.into_iter().next().filter(|uri| !kept.uris.contains(uri)) {
					// The others move up, and the last falls off where there are too many: never fails.
					let _ = kept.uris.force_insert_keep_left(0, uri);
				}
				Payload::Reference(kept)
			},
			(Some(kept @ Payload::Inline(_)), _) => kept,
			(_, output) => output,
		};
		Answers::<T>::insert(task, digest, kept);
	}

	fn genesis_hash() -> H256 {
		frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero())
	}
}
