//! A model's workers, as a tree of weights to draw from.

use alloc::vec::Vec;
use codec::Encode;
use deepnode_primitives::{sum_tree, Balance, ModelId, TaskId};
use deepnode_scoring::Unit;
use frame_support::{
	traits::{Get, Randomness},
	Blake2_128, StorageHasher,
};
use frame_system::pallet_prelude::BlockNumberFor;

use crate::{
	types::{TaskOf, WorkerOf},
	Config, Pallet, PoolMembers, PoolNodes, PoolSizes, Workers,
};

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

	/// Draws workers without replacement, each with chance proportional to its weight. `None` where too few
	/// are found, or where the randomness is not younger than what it decides.
	///
	/// Passed over are those who are busy, or whose free stake is below the bound; who are barred; whose
	/// declared owner is that of one who is barred or drawn; and who have agreed on a false answer with one
	/// with whom they would serve. Who has met those lately is passed over by chance, and taken after
	/// all where too few others are found.
	///
	/// # Complexity
	/// O(`MAX_LOOKS` log n) reads.
	pub fn draw(&self, wanted: &Wanted<T>) -> Option<Vec<T::AccountId>> {
		let size = self.size();
		let (seed, known_since) = T::Randomness::random(&(b"dn-draw", wanted.task).encode());
		if known_since <= wanted.fixed_at {
			return None;
		}
		let mut crew = Crew::<T>::new(wanted);
		let mut looked_at = Vec::new();
		let mut met_lately = Vec::new();
		for look in 0..MAX_LOOKS {
			if crew.is_complete() {
				break;
			}
			let number = |subject: u8| u128::from_le_bytes(Blake2_128::hash(&(seed, look, subject).encode()));
			// Where no weight is left there are still those who were passed over.
			let Some(leaf) = sum_tree::draw(self, size, number(0), &looked_at) else { break };
			looked_at.push(leaf);
			let Some(who) = PoolMembers::<T>::get(self.0, leaf) else { continue };
			let Some(worker) = Workers::<T>::get(&who) else { continue };
			if !crew.can_take(&who, &worker) {
				continue;
			}
			if chance(number(1)) < worker.acceptance(&crew.together) {
				crew.take(who, worker);
			} else {
				met_lately.push((who, worker));
			}
		}
		for (who, worker) in met_lately {
			if !crew.is_complete() && crew.can_take(&who, &worker) {
				crew.take(who, worker);
			}
		}
		crew.is_complete().then_some(crew.drawn)
	}
}

/// A number in `[0, 1)` from a random one.
pub(crate) fn chance(random: u128) -> Unit {
	const WHOLE: u128 = 1_000_000_000;
	Unit::from_parts((random % WHOLE) as u32)
}

/// Whom a draw is to find.
pub(crate) struct Wanted<'a, T: Config> {
	/// For which task.
	pub task: TaskId,
	/// How many.
	pub count: usize,
	/// Who must not be drawn, nor anybody of one owner with them.
	pub barred: Vec<&'a T::AccountId>,
	/// With whom they would serve.
	pub with: &'a [T::AccountId],
	/// How much free stake each needs.
	pub bound: Balance,
	/// When it was fixed what the draw decides.
	pub fixed_at: BlockNumberFor<T>,
}

impl<'a, T: Config> Wanted<'a, T> {
	/// `count` more workers or, once it is settled, auditors of a task whose model is `creator`'s.
	pub fn of(id: TaskId, task: &'a TaskOf<T>, creator: &'a T::AccountId, count: usize) -> Self {
		let mut barred = task.barred();
		barred.push(creator);
		Self { task: id, count, barred, with: &task.workers, bound: task.bound, fixed_at: task.fixed_at }
	}
}

/// Those whom a draw has found so far.
struct Crew<T: Config> {
	count: usize,
	bound: Balance,
	/// Who must not be drawn any more.
	unfit: Vec<T::AccountId>,
	/// Who serves the task, with those who are drawn.
	together: Vec<T::AccountId>,
	/// Whom the former have agreed with on a false answer.
	shunned: Vec<T::AccountId>,
	drawn: Vec<T::AccountId>,
}

impl<T: Config> Crew<T> {
	fn new(wanted: &Wanted<T>) -> Self {
		let known = |who: &T::AccountId| Workers::<T>::get(who);
		let owners = wanted.barred.iter().filter_map(|who| Some(known(who)?.owner));
		let unfit = wanted.barred.iter().map(|who| (*who).clone()).chain(owners).collect();
		let shunned = wanted.with.iter().filter_map(known).flat_map(|worker| worker.shunned).collect();
		let (count, bound, together) = (wanted.count, wanted.bound, wanted.with.to_vec());
		Self { count, bound, unfit, together, shunned, drawn: Vec::new() }
	}

	fn is_complete(&self) -> bool {
		self.drawn.len() == self.count
	}

	fn can_take(&self, who: &T::AccountId, worker: &WorkerOf<T>) -> bool {
		// A tree may not know yet that a slash has left too little.
		worker.is_free(self.bound)
			&& worker.weight(T::MinStake::get()) > 0
			&& !self.unfit.contains(who)
			&& !self.unfit.contains(&worker.owner)
			&& !self.shunned.contains(who)
			&& !worker.shunned.iter().any(|accomplice| self.together.contains(accomplice))
	}

	fn take(&mut self, who: T::AccountId, worker: WorkerOf<T>) {
		self.unfit.extend([who.clone(), worker.owner]);
		self.shunned.extend(worker.shunned);
		self.together.push(who.clone());
		self.drawn.push(who);
	}
}

impl<T: Config> Pallet<T> {
	/// The workers of a model's pool and what all of them together weigh.
	pub(crate) fn pool_summary(model: ModelId) -> (u32, Balance) {
		let pool = Pool::<T>::of(model);
		(pool.size(), sum_tree::total(&pool, pool.size()))
	}
}
