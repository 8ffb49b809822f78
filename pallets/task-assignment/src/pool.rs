//! A model's workers, as a tree of stakes to draw from.

use alloc::vec::Vec;
use codec::Encode;
use deepnode_primitives::{sum_tree, Balance, ModelId, TaskId};
use frame_support::{traits::Randomness, Blake2_128, StorageHasher};
use frame_system::pallet_prelude::BlockNumberFor;

use crate::{Config, Pallet, PoolMembers, PoolNodes, PoolSizes, Workers};

/// How many leaves one draw looks at before it gives up until a later block.
pub(crate) const MAX_LOOKS: u32 = 16;

/// One model's tree in storage.
pub(crate) struct Pool<T>(ModelId, core::marker::PhantomData<T>);

impl<T: Config> sum_tree::Nodes for Pool<T> {
	fn get(&self, level: u8, index: u32) -> u128 {
		PoolNodes::<T>::get(self.0, (level, index))
	}

	fn set(&mut self, level: u8, index: u32, weight: u128) {
		if weight == 0 {
			PoolNodes::<T>::remove(self.0, (level, index));
		} else {
			PoolNodes::<T>::insert(self.0, (level, index), weight);
		}
	}
}

impl<T: Config> Pool<T> {
	pub fn of(model: ModelId) -> Self {
		Self(model, core::marker::PhantomData)
	}

	pub fn size(&self) -> u32 {
		PoolSizes::<T>::get(self.0)
	}

	/// Adds a worker and returns its leaf.
	pub fn push(&mut self, worker: &T::AccountId, weight: Balance) -> u32 {
		let size = self.size();
		let leaf = sum_tree::push(self, size, weight);
		PoolMembers::<T>::insert(self.0, leaf, worker);
		PoolSizes::<T>::insert(self.0, size.saturating_add(1));
		leaf
	}

	/// Changes a worker's weight.
	pub fn set_weight(&mut self, leaf: u32, weight: Balance) {
		let size = self.size();
		sum_tree::set(self, size, leaf, weight);
	}

	/// Removes the worker at `leaf`; the last one moves into its place and is told so.
	pub fn remove(&mut self, leaf: u32) {
		let size = self.size();
		let Some(last) = size.checked_sub(1) else { return };
		let weight = sum_tree::Nodes::get(self, 0, last);
		sum_tree::pop(self, size);
		let moved = PoolMembers::<T>::take(self.0, last);
		if last == 0 {
			PoolSizes::<T>::remove(self.0);
		} else {
			PoolSizes::<T>::insert(self.0, last);
		}
		let Some(moved) = moved.filter(|_| leaf != last) else { return };
		sum_tree::set(self, last, leaf, weight);
		PoolMembers::<T>::insert(self.0, leaf, &moved);
		Workers::<T>::mutate_extant(&moved, |worker| {
			if let Some((_, at)) = worker.models.iter_mut().find(|(model, _)| *model == self.0) {
				*at = leaf;
			}
		});
	}

	/// Draws `count` workers without replacement, each with chance proportional to its stake, and
	/// passes over those who are busy, who are among `barred`, or whose declared owner is that of one
	/// of them or of another that is drawn. `None` where too few are found, or where the randomness is
	/// not younger than `fixed_at`.
	///
	/// # Complexity
	/// O(`MAX_LOOKS` log n) reads.
	pub fn draw(
		&self,
		task: TaskId,
		count: usize,
		barred: &[&T::AccountId],
		fixed_at: BlockNumberFor<T>,
	) -> Option<Vec<T::AccountId>> {
		let size = self.size();
		let (seed, known_since) = T::Randomness::random(&(b"dn-draw", task).encode());
		if known_since <= fixed_at {
			return None;
		}
		let owners = barred.iter().filter_map(|who| Some(Workers::<T>::get(who)?.owner));
		let mut unfit: Vec<_> = barred.iter().map(|who| (*who).clone()).chain(owners).collect();
		let mut looked_at = Vec::new();
		let mut drawn = Vec::new();
		for look in 0..MAX_LOOKS {
			if drawn.len() == count {
				break;
			}
			let number = u128::from_le_bytes(Blake2_128::hash(&(seed, look).encode()));
			let leaf = sum_tree::draw(self, size, number, &looked_at)?;
			looked_at.push(leaf);
			let Some(who) = PoolMembers::<T>::get(self.0, leaf) else { continue };
			let Some(worker) = Workers::<T>::get(&who) else { continue };
			if worker.is_free() && !unfit.contains(&who) && !unfit.contains(&worker.owner) {
				unfit.extend([who.clone(), worker.owner]);
				drawn.push(who);
			}
		}
		(drawn.len() == count).then_some(drawn)
	}
}

impl<T: Config> Pallet<T> {
	/// The workers of a model's pool and the stake of all of them together.
	pub(crate) fn pool_summary(model: ModelId) -> (u32, Balance) {
		let pool = Pool::<T>::of(model);
		(pool.size(), sum_tree::total(&pool, pool.size()))
	}
}
