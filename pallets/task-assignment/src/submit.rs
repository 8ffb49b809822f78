//! What a task costs, and its submission.

use codec::MaxEncodedLen;
use deepnode_primitives::{
	content::{Payload, MAX_INLINE_LEN},
	task::{Assurance, MAX_AUDITORS, MAX_SEATS},
	tensor::{read_bundle, BundleError, TensorSpecs},
	traits::{FeeSettlement, Models},
	Balance, ModelId,
};
use deepnode_scoring::assurance::{bound, quote, run_reward, Quote};
use frame_support::{
	ensure,
	traits::{fungible::hold::Mutate as _, Get},
};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::{
	traits::{One, Saturating, Zero},
	DispatchResult,
};

use crate::{
	types::{Task, TaskOf, TaskStatus},
	Config, Error, Event, HoldReason, Inputs, NextTaskId, Pallet,
};

/// The most different answers that the chain keeps for one task: each of its workers' and auditors'.
const MAX_ANSWERS: u32 = MAX_SEATS.saturating_add(MAX_AUDITORS);

/// The most bytes that the chain keeps of one answer: all of it, or where it is and its chunks while they are
/// compared; with its keys.
const MAX_ANSWER: u32 = MAX_INLINE_LEN.saturating_add(2_048);

/// What else the chain keeps for a task, besides its own entry: the round's seats, up to 100 bytes each, and
/// its entries in the agenda and among assignments; each with its key.
const MAX_RECORDS: u32 = 3_072;

/// How many bytes of an input the chain keeps.
fn stored_bytes(input: &Payload) -> Balance {
	let lengths = match input {
		Payload::Inline(bytes) => bytes.len(),
		Payload::Reference(content) => content.uris.iter().map(|uri| uri.len()).fold(0, usize::saturating_add),
	};
	lengths as Balance
}

impl<T: Config> Pallet<T> {
	/// What a task costs, and how much of the stake of each who serves it answers for it; `None` beyond all
	/// numbers.
	pub(crate) fn price(price: Balance, items: u32, assurance: Assurance) -> Option<(Quote, Balance)> {
		let (row, params) = (T::Fees::workers_row(), T::Assurances::get());
		let quote = quote(price, items, assurance, row, &params)?;
		let bound = bound(run_reward(quote.fee, assurance, row), assurance, &params);
		Some((quote, bound))
	}

	/// The deposit of a task with so many bytes of input. It covers all that the chain may come to keep for
	/// it: a different answer of the longest kind from everybody whom a dispute and an audit ask.
	pub(crate) fn deposit_for(input_bytes: Balance) -> Balance {
		let answers = Balance::from(MAX_ANSWERS).saturating_mul(MAX_ANSWER.into());
		let entries = (TaskOf::<T>::max_encoded_len() as Balance).saturating_add(MAX_RECORDS.into());
		let bytes = input_bytes.saturating_add(answers).saturating_add(entries);
		T::DepositPerByte::get().saturating_mul(bytes).saturating_add(T::DepositBase::get())
	}

	#[allow(clippy::too_many_arguments)]
	pub(crate) fn do_submit(
		requester: T::AccountId,
		model: ModelId,
		input: Payload,
		items: u32,
		assurance: Assurance,
		deadline: BlockNumberFor<T>,
		max_fee: Balance,
		seal: [u8; 32],
	) -> DispatchResult {
		let now = frame_system::Pallet::<T>::block_number();
		let terms = T::Models::terms(model).ok_or(Error::<T>::UnknownModel)?;
		ensure!(terms.active, Error::<T>::ModelRetired);
		ensure!(items > 0, Error::<T>::NoItems);
		ensure!(items <= T::MaxItems::get(), Error::<T>::TooManyItems);
		Self::check_input(&terms.inputs, &input, items)?;
		let (quote, bound) = Self::price(terms.price, items, assurance).ok_or(Error::<T>::FeeOverflow)?;
		ensure!(max_fee >= quote.total(), Error::<T>::FeeBelowPrice);
		let drawn_at = now.saturating_add(One::one());
		ensure!(Self::fits_before(drawn_at, deadline), Error::<T>::DeadlineTooSoon);
		ensure!(deadline <= now.saturating_add(T::MaxDeadline::get()), Error::<T>::DeadlineTooFar);
		let deposit = Self::deposit_for(stored_bytes(&input));
		T::Currency::hold(&HoldReason::TaskFee.into(), &requester, quote.total())
			.map_err(|_| Error::<T>::InsufficientFunds)?;
		T::Currency::hold(&HoldReason::TaskDeposit.into(), &requester, deposit)
			.map_err(|_| Error::<T>::InsufficientFunds)?;
		T::Models::task_opened(model)?;

		let id = NextTaskId::<T>::mutate(|next| {
			let id = *next;
			*next = next.saturating_add(1);
			id
		});
		let Quote { fee, audit } = quote;
		let task = Task {
			requester: requester.clone(),
			model,
			items,
			assurance,
			fee,
			audit_fee: audit,
			bound,
			deposit,
			deadline,
			seal,
			submitted_at: now,
			fixed_at: now,
			status: TaskStatus::Submitted,
			workers: Default::default(),
			judged: 0,
			long_answers: Default::default(),
			losers: Default::default(),
			excluded: Default::default(),
			audit: Default::default(),
			failed_draws: 0,
			wake: Zero::zero(),
		};
		Inputs::<T>::insert(id, input);
		Self::schedule(id, task, drawn_at);
		Self::deposit_event(Event::TaskSubmitted { task: id, requester, model, items, fee, audit });
		Ok(())
	}

	/// An input on chain must be what the model declares; one by reference must be worth fetching.
	fn check_input(specs: &TensorSpecs, input: &Payload, items: u32) -> Result<(), Error<T>> {
		match input {
			Payload::Inline(bytes) => match read_bundle(specs, bytes) {
				Ok((_, found)) if found == items => Ok(()),
				Ok(_) => Err(Error::ItemsMismatch),
				Err(BundleError::Truncated { .. } | BundleError::Trailing { .. }) => Err(Error::InputLength),
				Err(BundleError::ElementType { .. }) => Err(Error::InputType),
				Err(BundleError::Shape { .. } | BundleError::Batch { .. }) => Err(Error::InputShape),
			},
			Payload::Reference(content) => {
				let worthwhile = content.length > MAX_INLINE_LEN.into() && !content.uris.is_empty();
				worthwhile.then_some(()).ok_or(Error::InvalidReference)
			},
		}
	}
}
