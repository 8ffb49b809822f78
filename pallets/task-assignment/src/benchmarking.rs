//! What the calls and the agenda cost, in their worst cases: pools of [`POOL`] workers, workers that
//! serve as many models as one can, draws that need all their looks.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use alloc::{vec, vec::Vec};
use deepnode_primitives::{
	comparison::Comparison,
	content::{ContentRef, Inline, Payload, Uri, MAX_INLINE_LEN, MAX_URIS, MAX_URI_LEN},
	task::Assurance,
	tensor::{push_tensor, ElementType},
	traits::{Models, Rounds},
	Balance, ModelId, TaskId,
};
use frame_benchmarking::{account, v2::*, whitelisted_caller};
use frame_support::{
	traits::{
		fungible::{Inspect, Mutate},
		Get,
	},
	weights::{Weight, WeightMeter},
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use sp_runtime::traits::{One, Saturating};

use crate::{
	pool::{Pool, MAX_LOOKS},
	types::{TaskStatus, MAX_MODELS_PER_WORKER},
	Agenda, AgendaCursor, Call, Config, NextTaskId, Outputs, Pallet, PoolMembers, PoolSizes, Tasks, Workers,
};

/// How many workers a pool has.
const POOL: u32 = 1 << 16;

/// A new worker that serves no model yet, with so many times the least stake.
fn joined<T: Config>(name: &'static str, index: u32, stakes: Balance) -> T::AccountId {
	let who: T::AccountId = account(name, index, 0);
	let stake = T::MinStake::get() * stakes;
	T::Currency::mint_into(&who, (stake + T::Currency::minimum_balance()) * 2).unwrap();
	Pallet::<T>::do_join(who.clone(), stake, 10, None).unwrap();
	who
}

/// Puts a worker at a leaf of a model's pool, which has [`POOL`] leaves, most of them without weight.
fn put<T: Config>(who: &T::AccountId, model: ModelId, leaf: u32) {
	PoolSizes::<T>::insert(model, POOL);
	let mut worker = Workers::<T>::get(who).unwrap();
	Pool::<T>::of(model).set_weight(leaf, worker.stake);
	worker.models.try_push((model, leaf)).unwrap();
	PoolMembers::<T>::insert(model, leaf, who);
	Workers::<T>::insert(who, worker);
}

/// Puts a worker into as many pools as it may be in, besides those where it is.
fn put_everywhere<T: Config>(who: &T::AccountId, leaf: u32) {
	let served = Workers::<T>::get(who).unwrap().models.len() as u32;
	(1_000..1_000 + MAX_MODELS_PER_WORKER - served).for_each(|model| put::<T>(who, model, leaf));
}

/// A model's pool in which a draw looks at [`MAX_LOOKS`] workers, far from each other in the tree,
/// until it has found the two light ones: the heavy ones, of whom `heavy` says which are there
/// already, have no capacity left.
fn crowd<T: Config>(model: ModelId, heavy: &[T::AccountId]) {
	for index in 0..MAX_LOOKS {
		let leaf = index * (POOL / MAX_LOOKS);
		let light = index >= MAX_LOOKS - 2;
		let who = match heavy.get(index as usize) {
			Some(who) => who.clone(),
			None => joined::<T>("crowd", index, if light { 1 } else { 100_000 }),
		};
		put::<T>(&who, model, leaf);
		if !light {
			Workers::<T>::mutate_extant(&who, |worker| worker.capacity = worker.active);
		}
	}
}

/// An inline input of about `bytes` bytes, and its number of items.
fn input<T: Config>(bytes: u32) -> (Payload, u32) {
	let items = (bytes.min(MAX_INLINE_LEN - 16) / 16).clamp(1, T::MaxItems::get());
	let mut bundle = Vec::new();
	push_tensor(&mut bundle, ElementType::F32, &[items, 4], &vec![0; items as usize * 16]);
	(Payload::Inline(Inline::try_from(bundle).unwrap()), items)
}

/// A requester that can pay for anything.
fn requester<T: Config>() -> T::AccountId {
	let who = whitelisted_caller();
	T::Currency::mint_into(&who, Balance::MAX / 1_000_000).unwrap();
	who
}

fn model<T: Config>() -> ModelId {
	T::Models::benchmark_model(&account("creator", 0, 0))
}

fn now<T: Config>() -> BlockNumberFor<T> {
	frame_system::Pallet::<T>::block_number()
}

fn latest<T: Config>() -> BlockNumberFor<T> {
	now::<T>().saturating_add(T::MaxDeadline::get())
}

/// A task that waits for its workers.
fn submitted<T: Config>(model: ModelId) -> TaskId {
	let id = NextTaskId::<T>::get();
	let (input, items) = input::<T>(MAX_INLINE_LEN);
	let (who, assurance) = (requester::<T>(), Assurance::Pair);
	Pallet::<T>::do_submit(who, model, input, items, assurance, latest::<T>(), Balance::MAX, [0; 32]).unwrap();
	id
}

/// A task that two workers serve who serve as many models as they can. They are in its pool, and it
/// has no other.
fn assigned<T: Config>() -> (TaskId, ModelId, Vec<T::AccountId>) {
	let model = model::<T>();
	let id = submitted::<T>(model);
	let workers: Vec<_> = (0..2).map(|index| joined::<T>("worker", index, 100_000)).collect();
	for (index, who) in workers.iter().enumerate() {
		put::<T>(who, model, index as u32 * (POOL / MAX_LOOKS));
	}
	wake::<T>(id);
	assert_eq!(Tasks::<T>::get(id).unwrap().status, TaskStatus::Assigned);
	for (index, who) in workers.iter().enumerate() {
		put_everywhere::<T>(who, index as u32 * (POOL / 2));
	}
	(id, model, workers)
}

/// What the agenda does with one entry, in the next block: a draw needs randomness that is younger
/// than the task.
fn wake<T: Config>(id: TaskId) {
	frame_system::Pallet::<T>::set_block_number(now::<T>().saturating_add(One::one()));
	let task = Tasks::<T>::get(id).unwrap();
	Agenda::<T>::remove(task.wake, id);
	Pallet::<T>::wake(id, task, now::<T>());
}

/// A task that two workers serve and whose answers are compared in this way.
pub(crate) fn open_task<T: Config>(comparison: Comparison) -> (TaskId, Vec<T::AccountId>) {
	let model = model::<T>();
	for index in 0..2 {
		let who = joined::<T>("worker", index, 1);
		Pallet::<T>::do_serve(who, model).unwrap();
	}
	let id = submitted::<T>(model);
	wake::<T>(id);
	let workers = Tasks::<T>::get(id).unwrap().workers.into_inner();
	assert_eq!(workers.len(), 2, "both are free, and looked at");
	T::Rounds::close(id);
	T::Rounds::open(id, &workers, comparison).unwrap();
	(id, workers)
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn join() {
		let who = requester::<T>();

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), T::MinStake::get(), 1, Some(account("owner", 0, 0)));

		assert!(Workers::<T>::contains_key(who));
	}

	#[benchmark]
	fn leave() {
		let who = joined::<T>("worker", 0, 1);
		put_everywhere::<T>(&who, 0);
		// In each pool another worker takes its place.
		for (index, (model, _)) in Workers::<T>::get(&who).unwrap().models.into_iter().enumerate() {
			put::<T>(&joined::<T>("last", index as u32, 1), model, POOL - 1);
		}

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()));

		assert!(Workers::<T>::get(who).unwrap().models.is_empty());
	}

	#[benchmark]
	fn withdraw() {
		let who = joined::<T>("worker", 0, 1);
		Pallet::<T>::do_leave(who.clone()).unwrap();
		frame_system::Pallet::<T>::set_block_number(now::<T>() + T::UnbondingPeriod::get());

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()));

		assert!(!Workers::<T>::contains_key(who));
	}

	#[benchmark]
	fn serve() {
		let model = model::<T>();
		let who = joined::<T>("worker", 0, 1);
		// The tree grows by a level.
		put::<T>(&joined::<T>("last", 0, 1), model, POOL - 1);

		#[extrinsic_call]
		_(RawOrigin::Signed(who), model);

		assert_eq!(PoolSizes::<T>::get(model), POOL + 1);
	}

	#[benchmark]
	fn stop_serving() {
		let who = joined::<T>("worker", 0, 1);
		put::<T>(&who, 0, 0);
		put::<T>(&joined::<T>("last", 0, 1), 0, POOL - 1);

		#[extrinsic_call]
		_(RawOrigin::Signed(who), 0);

		assert_eq!(PoolMembers::<T>::get(0, 0), Some(account("last", 0, 0)));
	}

	#[benchmark]
	fn add_stake() {
		let who = joined::<T>("worker", 0, 1);
		put_everywhere::<T>(&who, POOL / 3);

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), T::MinStake::get());

		assert_eq!(Workers::<T>::get(who).unwrap().stake, T::MinStake::get() * 2);
	}

	/// The component is the input's bytes; few of them stand for an input elsewhere, with its URIs.
	#[benchmark]
	fn submit(n: Linear<0, MAX_INLINE_LEN>) {
		let who = requester::<T>();
		let model = model::<T>();
		let (input, items) = if n < 1_100 {
			let uri: Uri = vec![b'u'; MAX_URI_LEN as usize].try_into().unwrap();
			let uris = vec![uri; MAX_URIS as usize].try_into().unwrap();
			(Payload::Reference(ContentRef { hash: [0; 32], length: 1 << 30, uris }), 1)
		} else {
			input::<T>(n)
		};

		#[extrinsic_call]
		_(RawOrigin::Signed(who), model, input, items, Assurance::Pair, latest::<T>(), Balance::MAX, [0; 32]);

		assert_eq!(Tasks::<T>::iter().count(), 1);
	}

	#[benchmark]
	fn wake_draw() {
		let model = model::<T>();
		let id = submitted::<T>(model);
		crowd::<T>(model, &[]);

		#[block]
		{
			wake::<T>(id);
		}

		assert_eq!(Tasks::<T>::get(id).unwrap().status, TaskStatus::Assigned);
	}

	/// Both workers are absent, are slashed in all their pools, and are replaced after all looks.
	#[benchmark]
	fn wake_replace() {
		let (id, model, workers) = assigned::<T>();
		for who in &workers {
			Workers::<T>::mutate_extant(who, |worker| worker.models.retain(|(served, _)| *served != model));
		}
		crowd::<T>(model, &workers);

		#[block]
		{
			wake::<T>(id);
		}

		let task = Tasks::<T>::get(id).unwrap();
		assert_eq!(task.status, TaskStatus::Assigned);
		assert!(task.workers.iter().all(|worker| !workers.contains(worker)));
	}

	/// Neither reveals. Where one does it is paid, but only one is slashed in all its pools.
	#[benchmark]
	fn wake_withheld() {
		let (id, _, workers) = assigned::<T>();
		Tasks::<T>::mutate_extant(id, |task| task.status = TaskStatus::Committed);

		#[block]
		{
			wake::<T>(id);
		}

		assert_eq!(Tasks::<T>::get(id).unwrap().status, TaskStatus::Submitted);
		assert!(workers.iter().all(|who| Workers::<T>::get(who).unwrap().active == 0));
	}

	#[benchmark]
	fn wake_forget() {
		let (id, _) = open_task::<T>(Comparison::Exact);
		let output = vec![0; MAX_INLINE_LEN as usize].try_into().unwrap();
		Outputs::<T>::insert(id, Payload::Inline(output));
		let settled = TaskStatus::Settled { at: now::<T>(), digest: [0; 32] };
		Tasks::<T>::mutate_extant(id, |task| task.status = settled);

		#[block]
		{
			wake::<T>(id);
		}

		assert!(!Tasks::<T>::contains_key(id));
	}

	/// A block's cursor, and an entry that does not fit into it any more.
	#[benchmark]
	fn agenda_block() {
		let id = submitted::<T>(model::<T>());
		let block = Tasks::<T>::get(id).unwrap().wake;

		#[block]
		{
			let cursor = AgendaCursor::<T>::get();
			let mut nothing = WeightMeter::with_limit(Weight::zero());
			assert!(!Pallet::<T>::work_agenda_block(block, block, &mut nothing));
			AgendaCursor::<T>::put(cursor.saturating_add(One::one()));
		}

		assert!(Agenda::<T>::contains_key(block, id));
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
