//! Receipts of settled tasks.

use deepnode_primitives::{
	bridge::{tree::committed_root, Receipt},
	traits::{Issued, Receipts},
};
use frame_support::BoundedVec;
use sp_core::H256;
use sp_runtime::AccountId32;

use crate::{Config, Event, Pallet, ReceiptLeaves};

impl<T: Config> Pallet<T> {
	/// The root over this block's receipts, which are the next block's no more.
	pub(crate) fn receipts_root() -> H256 {
		committed_root(&ReceiptLeaves::<T>::take())
	}
}

impl<T: Config> Receipts<AccountId32> for Pallet<T> {
	/// ## Complexity
	/// O(1): one hash, and an append to the block's leaves.
	fn issue(issued: Issued<'_, AccountId32>) {
		let Issued { task, model, items, verdict, requester, manifest, input, output, workers, fee, split } = issued;
		let bytes = |account: &AccountId32| H256(account.clone().into());
		let receipt = Receipt {
			task,
			model,
			items,
			verdict,
			requester: bytes(requester),
			manifest,
			input,
			output,
			// A task has no more workers than seats.
			workers: BoundedVec::truncate_from(workers.iter().map(bytes).collect()),
			fee,
			creator: split.creator,
			per_worker: split.per_worker,
			validators: split.validators,
			treasury: split.treasury,
			community: split.community,
			burned: split.burned,
		};
		let index = ReceiptLeaves::<T>::decode_len().unwrap_or(0) as u32;
		match ReceiptLeaves::<T>::try_append(receipt.leaf(&Self::chain())) {
			Ok(()) => Self::deposit_event(Event::ReceiptIssued { index, receipt }),
			Err(()) => Self::deposit_event(Event::ReceiptOmitted { task }),
		}
	}
}
