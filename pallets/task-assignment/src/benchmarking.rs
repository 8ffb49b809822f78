//! What the calls and the agenda cost, in their worst cases: pools of [`POOL`] workers, workers that
//! serve as many models as one can, draws that need all their looks.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use alloc::{vec, vec::Vec};
use deepnode_primitives::{
	comparison::Comparison,
	content::{ContentRef, Inline, Payload, Uri, MAX_INLINE_LEN, MAX_URIS, MAX_URI_LEN},
	task::{Assurance, MAX_AUDITORS, MAX_SEATS},
	tensor::{push_tensor, ElementType},
	traits::{Models, Rounds, Tasks as TaskKeeper},
	verdict::{Audit, Outcome},
	Balance, ModelId, TaskId,
};
use deepnode_scoring::Unit;
use frame_benchmarking::{account, v2::*, whitelisted_caller};
use frame_support::{
	traits::{
		fungible::{hold::Mutate as _, Inspect, Mutate},
		Get,
	},
	weights::{Weight, WeightMeter},
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use sp_runtime::traits::{One, Saturating};

use crate::{
	pool::{Pool, MAX_LOOKS},
	types::{AuditPhase, RefundReason, Report, TaskOf, TaskStatus, MAX_MODELS_PER_WORKER},
	Agenda, AgendaCursor, Call, Config, HoldReason, NextTaskId, Pallet, PoolMembers, PoolSizes, StaleWeights, Tasks,
	Workers,
};

/// How many workers a pool has.
const POOL: u32 = 1 << 16;

/// A new worker that serves no model yet, with so many times the least stake.
fn joined<T: Config>(name: &'static str, index: u32, stakes: Balance) -> T::AccountId {
	let who: T::AccountId = account(name, index, 0);
	let stake = T::MinStake::get() * stakes;
	T::Currency::mint_into(&who, (stake + T::Currency::minimum_balance()) * 2).unwrap();
	Pallet::<T>::do_join(who.clone(), stake, 10, None, true).unwrap();
	// Whatever a task says of it, its fidelity moves to another band.
	Workers::<T>::mutate_extant(&who, |worker| worker.fidelity = Unit::from_rational(1u32, 16));
	who
}

/// Puts a worker at a leaf of a model's pool, which has [`POOL`] leaves, most of them without weight.
fn put<T: Config>(who: &T::AccountId, model: ModelId, leaf: u32) {
	PoolSizes::<T>::insert(model, POOL);
	let mut worker = Workers::<T>::get(who).unwrap();
	Pool::<T>::of(model).set_weight(leaf, worker.weight(T::MinStake::get()));
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
/// until it has found the `count` light ones: the heavy ones have no capacity left.
fn crowd<T: Config>(model: ModelId, count: u32) {
	for index in 0..MAX_LOOKS {
		let leaf = index * (POOL / MAX_LOOKS);
		let light = index >= MAX_LOOKS - count;
		let who = joined::<T>("crowd", index, if light { 1_000 } else { 100_000_000 });
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
fn submitted<T: Config>(model: ModelId, assurance: Assurance) -> TaskId {
	let id = NextTaskId::<T>::get();
	let (input, items) = input::<T>(MAX_INLINE_LEN);
	let who = requester::<T>();
	Pallet::<T>::do_submit(who, model, input, items, assurance, latest::<T>(), Balance::MAX, [0; 32]).unwrap();
	id
}

/// So many workers that serve as many models as they can, each with its own place in the trees.
fn crew<T: Config>(name: &'static str, count: u32) -> Vec<T::AccountId> {
	(0..count)
		.map(|index| {
			let who = joined::<T>(name, index, 1_000);
			put_everywhere::<T>(&who, index * (POOL / 8));
			who
		})
		.collect()
}

/// A panel's task that so many workers of such a crew serve, whose round they have seats in.
fn served<T: Config>(count: u32, comparison: Comparison) -> (TaskId, ModelId, Vec<T::AccountId>) {
	let model = model::<T>();
	let id = submitted::<T>(model, Assurance::Panel);
	let workers = crew::<T>("worker", count);
	T::Rounds::open(id, &workers, comparison).unwrap();
	let mut task = Tasks::<T>::get(id).unwrap();
	assert!(task.seat(&workers));
	workers.iter().for_each(|who| Pallet::<T>::occupy(id, &task, who));
	Pallet::<T>::introduce(&[], &workers);
	Pallet::<T>::start_wave(id, task, now::<T>());
	(id, model, workers)
}

/// The same, where `change` has been done to the task and the round has no seats, so that more can be asked.
fn answered<T: Config>(count: u32, change: impl FnOnce(&mut TaskOf<T>)) -> (TaskId, ModelId, Vec<T::AccountId>) {
	let (id, model, workers) = served::<T>(count, Comparison::Exact);
	T::Rounds::close(id);
	T::Rounds::open(id, &[], Comparison::Exact).unwrap();
	Tasks::<T>::mutate_extant(id, change);
	(id, model, workers)
}

/// A task that three workers have settled, in this phase of its audit.
fn settled<T: Config>(phase: AuditPhase) -> (TaskId, ModelId, Vec<T::AccountId>) {
	let (id, model, workers) = answered::<T>(3, |_| ());
	let task = Tasks::<T>::get(id).unwrap();
	let outcome = Outcome::Outputs([0; 32]);
	Pallet::<T>::decide(id, task, outcome, workers.clone(), Vec::new());
	Tasks::<T>::mutate_extant(id, |task| task.audit.phase = phase);
	(id, model, workers)
}

/// The audit fund has enough for anything.
fn endow_audit_fund<T: Config>() {
	Pallet::<T>::create_audit_fund();
	T::Currency::mint_into(&Pallet::<T>::fund_account(), Balance::MAX / 1_000_000).unwrap();
}

/// The audit fund has set aside a reward for a task whose auditor has committed.
fn reserve<T: Config>(task: &mut TaskOf<T>) {
	task.audit.phase = AuditPhase::Committed;
	task.audit.reserved = Pallet::<T>::run_reward(task);
	assert!(Pallet::<T>::reserve_reward(task.audit.reserved));
}

/// The last of a task's workers is its auditor instead.
fn answered_with_auditor<T: Config>(task: &mut TaskOf<T>) {
	let auditor = task.workers.pop().unwrap();
	task.audit.auditors.try_push(auditor).unwrap();
	reserve::<T>(task);
}

/// A settled task is being audited by as many as can be, of whom one is paid for by the audit fund.
fn audited<T: Config>(id: TaskId) -> Vec<T::AccountId> {
	endow_audit_fund::<T>();
	let auditors = crew::<T>("auditor", MAX_AUDITORS);
	T::Rounds::extend(id, &auditors).unwrap();
	let mut task = Tasks::<T>::get(id).unwrap();
	task.audit.phase = AuditPhase::Waiting;
	task.audit.judged = 1;
	task.audit.reserved = Pallet::<T>::run_reward(&task);
	assert!(Pallet::<T>::reserve_reward(task.audit.reserved));
	assert!(task.seat(&auditors));
	auditors.iter().for_each(|who| Pallet::<T>::occupy(id, &task, who));
	Pallet::<T>::start_wave(id, task, now::<T>());
	auditors
}

/// What the agenda does with one entry, in the next block: a draw needs randomness that is younger
/// than the task.
fn wake<T: Config>(id: TaskId) {
	frame_system::Pallet::<T>::set_block_number(now::<T>().saturating_add(One::one()));
	let task = Tasks::<T>::get(id).unwrap();
	Agenda::<T>::remove(task.wake, id);
	Pallet::<T>::wake(id, task, now::<T>());
}

/// A task that as many workers serve as can, all of whom were asked at once.
pub(crate) fn open_task<T: Config>(comparison: Comparison) -> (TaskId, Vec<T::AccountId>) {
	let (id, _, workers) = served::<T>(MAX_SEATS, comparison);
	(id, workers)
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn join() {
		let who = requester::<T>();

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), T::MinStake::get(), 1, Some(account("owner", 0, 0)), true);

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
	fn denounce() {
		let (task, _, workers) = settled::<T>(AuditPhase::Spared);
		T::Currency::mint_into(&workers[0], Balance::MAX / 1_000_000).unwrap();

		#[extrinsic_call]
		_(RawOrigin::Signed(workers[0].clone()), task, Default::default());

		assert_eq!(Tasks::<T>::get(task).unwrap().audit.phase, AuditPhase::Waiting);
	}

	/// A panel is drawn after all looks.
	#[benchmark]
	fn wake_draw() {
		let model = model::<T>();
		let id = submitted::<T>(model, Assurance::Panel);
		crowd::<T>(model, 3);

		#[block]
		{
			wake::<T>(id);
		}

		assert_eq!(Tasks::<T>::get(id).unwrap().status, TaskStatus::Assigned);
	}

	/// Two more are drawn after all looks.
	#[benchmark]
	fn wake_dispute() {
		let (id, model, _) = answered::<T>(3, |task| {
			task.status = TaskStatus::Disputed;
			task.judged = 3;
		});
		crowd::<T>(model, 2);

		#[block]
		{
			wake::<T>(id);
		}

		assert_eq!(Tasks::<T>::get(id).unwrap().workers.len(), MAX_SEATS as usize);
	}

	#[benchmark]
	fn wake_lottery() {
		let (id, ..) = answered::<T>(3, |task| {
			task.status = TaskStatus::Committed;
			task.audit.phase = AuditPhase::Lottery;
		});

		#[block]
		{
			wake::<T>(id);
		}

		assert_ne!(Tasks::<T>::get(id).unwrap().audit.phase, AuditPhase::Lottery);
	}

	/// The fund sets aside a reward, and an auditor is drawn after all looks.
	#[benchmark]
	fn wake_audit() {
		let (id, model, _) = settled::<T>(AuditPhase::Waiting);
		endow_audit_fund::<T>();
		crowd::<T>(model, 1);

		#[block]
		{
			wake::<T>(id);
		}

		let audit = Tasks::<T>::get(id).unwrap().audit;
		assert_eq!((audit.phase, audit.auditors.len()), (AuditPhase::Assigned, 1));
		assert!(audit.reserved > 0);
	}

	/// All of a panel are absent, are slashed, and are replaced after all looks.
	#[benchmark]
	fn wake_replace() {
		let (id, model, workers) = served::<T>(3, Comparison::Exact);
		crowd::<T>(model, 3);

		#[block]
		{
			wake::<T>(id);
		}

		let task = Tasks::<T>::get(id).unwrap();
		assert_eq!((task.status, task.workers.len()), (TaskStatus::Assigned, 3));
		assert!(task.workers.iter().all(|worker| !workers.contains(worker)));
	}

	/// Nobody of a panel reveals, nor does its auditor. Where some do they are paid, but fewer are slashed.
	#[benchmark]
	fn wake_withheld() {
		let (id, _, workers) = served::<T>(4, Comparison::Exact);
		endow_audit_fund::<T>();
		Tasks::<T>::mutate_extant(id, |task| {
			task.status = TaskStatus::Committed;
			answered_with_auditor::<T>(task);
		});

		#[block]
		{
			wake::<T>(id);
		}

		assert_eq!(Tasks::<T>::get(id).unwrap().status, TaskStatus::Submitted);
		assert!(workers.iter().all(|who| Workers::<T>::get(who).unwrap().active == 0));
	}

	/// As many answer for the task as can. What it takes to remove their answers, and a retired model, is the
	/// rounds' and the registry's to say.
	#[benchmark]
	fn wake_forget() {
		let (id, ..) = answered::<T>(MAX_SEATS, |_| ());
		let task = Tasks::<T>::get(id).unwrap();
		let workers = task.workers.to_vec();
		Pallet::<T>::decide(id, task, Outcome::Outputs([0; 32]), workers, Vec::new());
		let auditors = audited::<T>(id);
		let task = Tasks::<T>::get(id).unwrap();
		Pallet::<T>::confirm(id, task, auditors.clone(), Vec::new());

		#[block]
		{
			wake::<T>(id);
		}

		assert!(!Tasks::<T>::contains_key(id));
		assert_eq!(Workers::<T>::get(&auditors[0]).unwrap().liable, 0);
	}

	/// A worker that serves as many models as one can.
	#[benchmark]
	fn refresh_weight() {
		let who = crew::<T>("worker", 1).remove(0);
		Workers::<T>::mutate_extant(&who, |worker| worker.fidelity = Unit::one());
		StaleWeights::<T>::insert(&who, ());

		#[block]
		{
			Pallet::<T>::refresh_weights(&mut WeightMeter::new());
		}

		assert!(!StaleWeights::<T>::contains_key(&who));
	}

	/// Two of five are outvoted and top up the pay of the others, and the auditor that has answered with them
	/// confirms.
	#[benchmark]
	fn decide() {
		let (id, _, workers) = answered::<T>(MAX_SEATS, |_| ());
		let (winners, losers) = workers.split_at(3);
		endow_audit_fund::<T>();
		let auditors = crew::<T>("auditor", 1);
		Tasks::<T>::mutate_extant(id, |task| {
			task.status = TaskStatus::Committed;
			task.audit.auditors.try_push(auditors[0].clone()).unwrap();
			Pallet::<T>::occupy(id, task, &auditors[0]);
			reserve::<T>(task);
		});

		#[block]
		{
			let task = Tasks::<T>::get(id).unwrap();
			Pallet::<T>::decide(id, task, Outcome::Outputs([0; 32]), winners.to_vec(), losers.to_vec());
			let audit = Audit::Confirmed { auditors, losers: Vec::new() };
			<Pallet<T> as TaskKeeper<_>>::audited(id, audit).unwrap();
		}

		assert_eq!(Tasks::<T>::get(id).unwrap().audit.phase, AuditPhase::Confirmed);
		assert_eq!(StaleWeights::<T>::iter().count() as u32, MAX_SEATS + 1);
	}

	/// Five answers without a majority.
	#[benchmark]
	fn give_up() {
		let (id, ..) = answered::<T>(MAX_SEATS, |_| ());

		#[block]
		{
			Pallet::<T>::dispute(id, Tasks::<T>::get(id).unwrap());
		}

		let status = Tasks::<T>::get(id).unwrap().status;
		assert!(matches!(status, TaskStatus::Refunded { reason: RefundReason::Disagreed, .. }));
	}

	/// Five auditors find that five workers agreed falsely, one of whom has reported the others.
	#[benchmark]
	fn overturn() {
		let (id, _, workers) = answered::<T>(MAX_SEATS, |_| ());
		let task = Tasks::<T>::get(id).unwrap();
		Pallet::<T>::decide(id, task, Outcome::Outputs([0; 32]), workers.clone(), Vec::new());
		let auditors = audited::<T>(id);
		let (reporter, bond) = (workers[0].clone(), T::DenounceBond::get());
		T::Currency::mint_into(&reporter, bond).unwrap();
		T::Currency::hold(&HoldReason::Denouncement.into(), &reporter, bond).unwrap();
		Tasks::<T>::mutate_extant(id, |task| task.audit.report = Some(Report { reporter, bond }));

		#[block]
		{
			let task = Tasks::<T>::get(id).unwrap();
			Pallet::<T>::overturn(id, task, Outcome::Outputs([1; 32]), auditors, workers);
		}

		assert!(matches!(Tasks::<T>::get(id).unwrap().status, TaskStatus::Overturned { .. }));
	}

	/// A block's cursor, and an entry that does not fit into it any more.
	#[benchmark]
	fn agenda_block() {
		let id = submitted::<T>(model::<T>(), Assurance::Pair);
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
