//! What others read.

use alloc::vec::Vec;
use deepnode_primitives::bridge::{Claim, Domain, Message};
use frame_support::{traits::Get, weights::Weight};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_core::H256;

use crate::{
	types::{Earned, Gateway, Telling},
	BaseGateway, Claims, Config, Messages, Pallet, Settlements, Told, WeightInfo,
};

impl<T: Config> Pallet<T> {
	/// The hash of the chain's first block, which is never forgotten.
	pub(crate) fn chain() -> H256 {
		frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::default())
	}

	pub(crate) fn current_domain() -> Option<Domain> {
		let Gateway { base, address } = BaseGateway::<T>::get()?;
		Some(Domain { chain: Self::chain(), base, gateway: address })
	}

	pub(crate) fn is_valid(gateway: &Gateway) -> bool {
		gateway.base != 0 && !gateway.address.is_zero()
	}

	/// What `on_finalize` may need.
	pub(crate) fn reserved() -> Weight {
		T::WeightInfo::tell(T::MessagesPerBlock::get())
			.saturating_add(T::WeightInfo::receipts_root(T::ReceiptsPerBlock::get()))
	}

	pub(crate) fn messages_of(block: BlockNumberFor<T>) -> Vec<Message> {
		let told = Told::<T>::get(block).into_iter();
		told.filter_map(|Telling { nonce, fee }| Some(Message { fee, ..Messages::<T>::get(nonce)?.message })).collect()
	}

	pub(crate) fn claims_of(epoch: u64) -> Vec<Claim> {
		let count = Settlements::<T>::get(epoch).map_or(0, |settlement| settlement.count);
		let claim = |index| {
			let Earned { address: account, amount, .. } = Claims::<T>::get(epoch, index)?;
			Some(Claim { epoch, index, account, amount })
		};
		(0..count).filter_map(claim).collect()
	}
}
