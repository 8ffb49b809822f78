//! Old messages and claims are forgotten, a bounded number in each block.

use frame_support::{traits::Get, weights::Weight};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::traits::Saturating;

use crate::{
	types::Telling, Claims, Closing, Config, CurrentEpoch, FirstKeptBlock, FirstKeptEpoch, Messages, Pallet,
	Settlements, Told, WeightInfo,
};

/// How many blocks' messages one block forgets at most: more than one, so that it catches up.
const BLOCKS: u32 = 2;

impl<T: Config> Pallet<T> {
	/// Forgets the messages that were told last more than `KeepMessages` blocks ago.
	pub(crate) fn prune_messages(now: BlockNumberFor<T>) -> Weight {
		let first = FirstKeptBlock::<T>::get();
		let (mut block, mut seen) = (first, 0u32);
		for _ in 0..BLOCKS {
			if block.saturating_add(T::KeepMessages::get()) >= now {
				break;
			}
			for Telling { nonce, .. } in Told::<T>::take(block) {
				seen = seen.saturating_add(1);
				Messages::<T>::mutate_exists(nonce, |record| {
					// It is kept where it was told again later, or is going to be.
					let over = record.as_ref().and_then(|record| record.state.over());
					if over.is_some_and(|place| place.at == block) {
						*record = None;
					}
				});
			}
			block.saturating_inc();
		}
		if block != first {
			FirstKeptBlock::<T>::put(block);
		}
		T::WeightInfo::prune_messages(seen)
	}

	/// Forgets a page of the claims of a settlement whose message is forgotten. Those of a refused one are kept
	/// until they are taken back.
	pub(crate) fn prune_claims() -> Weight {
		let epoch = FirstKeptEpoch::<T>::get();
		let is_closing = Closing::<T>::get().is_some_and(|closing| closing.epoch == epoch);
		if epoch >= CurrentEpoch::<T>::get() || is_closing {
			return T::WeightInfo::prune_claims(0);
		}
		let mut page = 0;
		if let Some(settlement) = Settlements::<T>::get(epoch).filter(|settlement| !settlement.refused) {
			if Messages::<T>::contains_key(settlement.nonce) {
				return T::WeightInfo::prune_claims(0);
			}
			page = T::ClaimsPerBlock::get();
			if Claims::<T>::clear_prefix(epoch, page, None).maybe_cursor.is_some() {
				return T::WeightInfo::prune_claims(page);
			}
			Settlements::<T>::remove(epoch);
		}
		FirstKeptEpoch::<T>::put(epoch.saturating_add(1));
		T::WeightInfo::prune_claims(page)
	}
}
