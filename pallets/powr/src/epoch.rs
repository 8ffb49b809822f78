//! What happens in every block: draws, the turn of the epoch, a page of the last epoch's closing. And the
//! pot that all is paid from.

use deepnode_primitives::Balance;
use deepnode_scoring::{emission, Unit};
use frame_support::{
	traits::{
		fungible::{Inspect, Mutate},
		tokens::{Fortitude, Preservation},
		Get,
	},
	weights::{Weight, WeightMeter},
};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::{
	traits::{AccountIdConversion, One, Zero},
	Saturating,
};

use crate::{
	closing::{ClosingEpoch, Page},
	types::{Epoch, MAX_DRAWS, MAX_EVALUATORS, MAX_PAGES, MAX_WEIGHTS},
	Closing, Config, CurrentEpoch, Event, Pallet, Parameters, WeightInfo,
};

impl<T: Config> Pallet<T> {
	/// A block's work, within `EpochWeight`.
	pub(crate) fn work(now: BlockNumberFor<T>) -> Weight {
		let mut meter = WeightMeter::with_limit(T::EpochWeight::get());
		meter.consume(T::WeightInfo::idle());
		Self::draw_evaluations(now, &mut meter);
		if Closing::<T>::exists() {
			Self::close_page(now, &mut meter);
		} else if meter.can_consume(T::WeightInfo::turn()) && Self::turn(now) {
			meter.consume(T::WeightInfo::turn());
		}
		meter.consumed()
	}

	/// Ends the running epoch where it has lasted long enough, and begins the next. Returns whether it did.
	pub(crate) fn turn(now: BlockNumberFor<T>) -> bool {
		let epoch = CurrentEpoch::<T>::get();
		if now < epoch.started_at.saturating_add(T::EpochLength::get()) {
			return false;
		}
		let mut params = Parameters::<T>::get();
		// A fee table that was set after the parameters may have made the cap unsound; no cap is sound then.
		if !params.emission.is_sound(&T::FeeTable::get()) {
			params.emission.cap = Unit::zero();
		}
		let pot = Self::pot_balance();
		let emission = emission::epoch(pot, params.emission.rate);
		let budget = emission::epoch(pot, params.evaluation);
		CurrentEpoch::<T>::put(Epoch { index: epoch.index.saturating_add(1), started_at: now, budget });
		Closing::<T>::put(ClosingEpoch::new(epoch.index, params, emission));
		Self::deposit_event(Event::EpochEnded { epoch: epoch.index, emission });
		true
	}

	/// Goes on with the closing of the last epoch as far as the weight allows.
	fn close_page(now: BlockNumberFor<T>, meter: &mut WeightMeter) {
		if meter.try_consume(T::WeightInfo::close_page()).is_err() {
			return;
		}
		let Some(mut page) = Page::<T>::load(now) else { return };
		while page.step(meter) {}
		page.save();
	}

	/// The account of the emission's pot.
	pub(crate) fn pot_account() -> T::AccountId {
		T::PalletId::get().into_account_truncating()
	}

	/// What the pot can pay.
	pub(crate) fn pot_balance() -> Balance {
		T::Currency::reducible_balance(&Self::pot_account(), Preservation::Preserve, Fortitude::Polite)
	}

	/// Pays from the pot. Returns what was paid: nothing where it cannot be delivered.
	pub(crate) fn pay(payee: &T::AccountId, amount: Balance) -> Balance {
		if amount.is_zero() {
			return amount;
		}
		T::Currency::transfer(&Self::pot_account(), payee, amount, Preservation::Preserve).unwrap_or(0)
	}

	/// What a closing's dearest step costs.
	pub(crate) fn dearest_step() -> Weight {
		[
			T::WeightInfo::close_open(),
			T::WeightInfo::close_voter(),
			T::WeightInfo::close_model(MAX_EVALUATORS),
			T::WeightInfo::close_score(),
			T::WeightInfo::pay_creator(),
			T::WeightInfo::pay_worker(),
			T::WeightInfo::pay_evaluator(),
			T::WeightInfo::sweep(),
		]
		.into_iter()
		.fold(Weight::zero(), |dearest, step| dearest.max(step))
	}

	pub(crate) fn check_config() {
		let (epoch, reveal) = (T::EpochLength::get(), T::RevealLength::get());
		assert!(reveal >= One::one() && reveal < epoch, "weights are committed, then revealed");
		assert!(
			T::UnbondingPeriod::get() >= epoch.saturating_add(epoch),
			"a stake must outlast the epoch in which its evaluator has committed, and its closing",
		);
		assert!(T::EvaluationWindow::get() < epoch, "an evaluation is over before the next epoch is");
		assert!(T::MaxModels::get() <= MAX_WEIGHTS.saturating_mul(MAX_PAGES), "every model can be weighed");
		assert!(T::MinEvaluatorStake::get() >= T::Currency::minimum_balance());
		let page = T::WeightInfo::idle()
			.saturating_add(T::WeightInfo::close_page())
			.saturating_add(Self::dearest_step())
			.saturating_add(T::WeightInfo::draw().saturating_mul(MAX_DRAWS.into()));
		assert!(
			T::EpochWeight::get().all_gte(page),
			"a block must be able to draw its evaluations and take any step of a closing",
		);
		assert!(Parameters::<T>::get().is_valid(&T::FeeTable::get()), "the default parameters are valid");
	}
}
