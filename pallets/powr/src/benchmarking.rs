//! What the calls cost, and each step of a closing, in their worst cases: domains full of evaluators who
//! have all voted for and judged every model.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use alloc::{vec, vec::Vec};
use deepnode_primitives::{
	canonical::{Answer, Output},
	content::{Inline, Payload},
	fees::FeeTable,
	traits::{DataSets, Observer, Settled, Settlement},
	Balance, ModelId, TaskId, DN, MAX_SUPPLY,
};
use deepnode_scoring::{metric::Metric, Unit};
use frame_benchmarking::{account, v2::*, whitelisted_caller};
use frame_support::{
	traits::{
		fungible::{Inspect, Mutate},
		EnsureOrigin, Get,
	},
	weights::WeightMeter,
	BoundedVec,
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use sp_runtime::{traits::One, Saturating};

use crate::{
	closing::{ClosingEpoch, Page, Stage},
	types::*,
	*,
};

/// A task's fee.
const FEE: Balance = 100 * DN;

fn domain_name() -> DomainName {
	b"benchmark".to_vec().try_into().unwrap()
}

/// A domain of which nothing is there yet, and the metric that costs most.
fn domain<T: Config>() -> DomainId {
	Domains::<T>::iter_keys()
		.for_each(|id| Domains::<T>::mutate_extant(id, |domain| domain.share = Unit::from_parts(0)));
	let pot = Pallet::<T>::pot_account();
	T::Currency::mint_into(&pot, MAX_SUPPLY / 100).unwrap();
	Pallet::<T>::do_set_domain(domain_name(), Unit::one(), Metric::Cosine, 1).unwrap();
	DomainIds::<T>::get(domain_name()).unwrap()
}

fn funded<T: Config>(name: &'static str, index: u32) -> T::AccountId {
	let who = account(name, index, 0);
	T::Currency::mint_into(&who, T::MinEvaluatorStake::get() * 4 + T::Currency::minimum_balance()).unwrap();
	who
}

fn now<T: Config>() -> BlockNumberFor<T> {
	frame_system::Pallet::<T>::block_number()
}

/// So many evaluators of a domain, the caller the last, in an epoch in which all of them may judge.
fn seats<T: Config>(domain: DomainId, count: u32) -> Vec<T::AccountId> {
	let caller = whitelisted_caller();
	T::Currency::mint_into(&caller, T::MinEvaluatorStake::get() * 4 + T::Currency::minimum_balance()).unwrap();
	let others = (1..count).map(|index| funded::<T>("evaluator", index));
	let who: Vec<T::AccountId> = others.chain([caller]).collect();
	who.iter().for_each(|who| Pallet::<T>::do_join(who.clone(), domain, T::MinEvaluatorStake::get()).unwrap());
	CurrentEpoch::<T>::put(Epoch { index: 1, started_at: now::<T>(), budget: MAX_SUPPLY / 1_000 });
	who
}

/// Models of a domain, on its list.
fn models<T: Config>(domain: DomainId, count: u32) -> Vec<ModelId> {
	let creator = funded::<T>("creator", 0);
	let model = |_| {
		let model = T::BenchmarkHelper::model(&domain_name(), &creator);
		assert!(Pallet::<T>::list(model, domain));
		model
	};
	(0..count).map(model).collect()
}

/// Somebody else has voted for and judged a model in every other place.
fn crowd<T: Config>(key: (EpochIndex, DomainId), model: ModelId, who: &[T::AccountId]) {
	let stake = T::MinEvaluatorStake::get();
	let votes = (0..who.len()).map(|voter| (voter as u8, Unit::from_percent(voter as u32 % 100)));
	Votes::<T>::insert(key, model, BoundedVec::truncate_from(votes.collect::<Vec<_>>()));
	let judged = who.iter().map(|who| Judgement { who: who.clone(), stake, sum: 900_000_000, count: 1 });
	Judgements::<T>::insert(key, model, BoundedVec::truncate_from(judged.collect::<Vec<_>>()));
	Usages::<T>::insert(key, model, Usage { gross: FEE, net: FEE, rated: FEE, praise: FEE });
}

/// The epoch 1 at this stage of its closing, with `voters` that have all revealed.
fn closing<T: Config>(domain: DomainId, stage: Stage, cursor: u32, who: &[T::AccountId]) -> Page<T> {
	let stake = T::MinEvaluatorStake::get();
	let voters = who.iter().map(|who| Voter { who: who.clone(), stake }).collect::<Vec<_>>();
	let voice = Voice { stake, diligence: Unit::one(), agreed: 1, of: 1 };
	Tally::<T>::put(BoundedVec::truncate_from(vec![voice; who.len()]));
	Voters::<T>::insert((1, domain), BoundedVec::truncate_from(voters));
	Closing::<T>::put(ClosingEpoch {
		domain,
		given: FEE,
		models: u32::MAX,
		earned: FEE,
		stage,
		cursor,
		scores: 1_000_000_000,
		stakes: stake * who.len() as Balance,
		..ClosingEpoch::new(1, Params { max_idle: 1, ..Default::default() }, FEE)
	});
	CurrentEpoch::<T>::mutate(|epoch| epoch.index = 2);
	Page::load(now::<T>()).unwrap()
}

fn step<T: Config>(page: &mut Page<T>) {
	page.step(&mut WeightMeter::new());
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn set_params() -> Result<(), BenchmarkError> {
		let origin = T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, Params::default());

		assert!(Parameters::<T>::exists());
		Ok(())
	}

	#[benchmark]
	fn set_domain() -> Result<(), BenchmarkError> {
		let origin = T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		while NextDomainId::<T>::get() < MAX_DOMAINS - 1 {
			let name = alloc::format!("{}", NextDomainId::<T>::get()).into_bytes().try_into().unwrap();
			Pallet::<T>::do_set_domain(name, Unit::from_parts(0), Metric::Class, 1).unwrap();
		}

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, domain_name(), Unit::from_parts(0), Metric::Class, 1);

		assert!(DomainIds::<T>::contains_key(domain_name()));
		Ok(())
	}

	#[benchmark]
	fn enlist() {
		let domain = domain::<T>();
		let old = models::<T>(domain, 1)[0];
		ListSizes::<T>::insert(domain, T::MaxModels::get());
		let new = T::BenchmarkHelper::model(&domain_name(), &funded::<T>("creator", 1));
		let key = (CurrentEpoch::<T>::get().index, domain);
		Usages::<T>::insert(key, new, Usage { gross: FEE, net: FEE, ..Default::default() });

		#[extrinsic_call]
		_(RawOrigin::Signed(whitelisted_caller()), new, Some(old));

		assert!(Models::<T>::contains_key(new));
	}

	#[benchmark]
	fn join() {
		let domain = domain::<T>();
		seats::<T>(domain, MAX_EVALUATORS);
		let who = funded::<T>("new", 0);

		#[extrinsic_call]
		_(RawOrigin::Signed(who), domain, T::MinEvaluatorStake::get() * 2);

		assert_eq!(Unbonding::<T>::iter().count(), 1);
	}

	#[benchmark]
	fn leave() {
		let domain = domain::<T>();
		let who = seats::<T>(domain, MAX_EVALUATORS).pop().unwrap();

		#[extrinsic_call]
		_(RawOrigin::Signed(who), domain);

		assert_eq!(Unbonding::<T>::iter().count(), 1);
	}

	#[benchmark]
	fn withdraw() {
		let domain = domain::<T>();
		let who = seats::<T>(domain, 1).pop().unwrap();
		Pallet::<T>::do_leave(who.clone(), domain).unwrap();
		frame_system::Pallet::<T>::set_block_number(now::<T>() + T::UnbondingPeriod::get());

		#[extrinsic_call]
		_(RawOrigin::Signed(who), domain);

		assert_eq!(Unbonding::<T>::iter().count(), 0);
	}

	#[benchmark]
	fn commit_weights() {
		let domain = domain::<T>();
		let mut who = seats::<T>(domain, MAX_EVALUATORS);
		let caller = who.pop().unwrap();
		who.into_iter().for_each(|who| Pallet::<T>::do_commit_weights(who, domain, [0; 32]).unwrap());

		#[extrinsic_call]
		_(RawOrigin::Signed(caller), domain, [0; 32]);

		assert_eq!(Voters::<T>::decode_len((1, domain)), Some(MAX_EVALUATORS as usize));
	}

	#[benchmark]
	fn reveal_weights(w: Linear<0, MAX_WEIGHTS>) {
		let domain = domain::<T>();
		let mut others = seats::<T>(domain, MAX_EVALUATORS);
		let who = others.pop().unwrap();
		others.iter().for_each(|who| Pallet::<T>::do_commit_weights(who.clone(), domain, [0; 32]).unwrap());
		let mut weights = Vec::new();
		for model in models::<T>(domain, w) {
			crowd::<T>((1, domain), model, &others);
			weights.push((model, Unit::from_percent(50)));
		}
		let weights = WeightsPage::truncate_from(weights);
		let mut pages = vec![[0; 32]; MAX_PAGES as usize];
		pages[0] = seals::page(&weights, &[7; 32]);
		Pallet::<T>::do_commit_weights(who.clone(), domain, seals::ballot(1, domain, &who, &pages)).unwrap();
		frame_system::Pallet::<T>::set_block_number(Pallet::<T>::reveal_from());

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), domain, PageHashes::truncate_from(pages), 0, weights, [7; 32]);

		assert_eq!(Ballots::<T>::get((1, domain), who).unwrap().revealed, 1);
	}

	#[benchmark]
	fn open_evaluation() {
		let domain = domain::<T>();
		let who = seats::<T>(domain, MAX_EVALUATORS).pop().unwrap();
		Pallet::<T>::do_open_evaluation(who.clone(), domain, [0; 32], None).unwrap();
		DrawQueue::<T>::kill();
		let over = T::EvaluationWindow::get().saturating_add(One::one());
		frame_system::Pallet::<T>::set_block_number(now::<T>().saturating_add(over));

		#[extrinsic_call]
		_(RawOrigin::Signed(who), domain, [1; 32], None);

		assert_eq!(DrawQueue::<T>::get().len(), 1);
	}

	#[benchmark]
	fn unseal(b: Linear<0, MAX_EXPECTED_LEN>) {
		let domain = domain::<T>();
		let mut others = seats::<T>(domain, MAX_EVALUATORS);
		let who = others.pop().unwrap();
		let model = models::<T>(domain, 1)[0];
		crowd::<T>((1, domain), model, &others);
		let elements = (b / 4).saturating_sub(3).max(1);
		let output = Output { dims: vec![elements], data: vec![i32::MAX; elements as usize] };
		let output = Answer::Outputs(vec![output]).to_bytes();
		let expected = Expected::Answer(BoundedVec::truncate_from(output.clone()));
		let evaluation = Evaluation {
			item: seals::item(&who, &expected, &[1; 32]),
			opened_at: now::<T>(),
			drawn_at: Some(now::<T>()),
			models: BoundedVec::truncate_from(vec![(model, false); 1]),
			data_set: Some(T::DataSets::benchmark_data_set(&funded::<T>("owner", 0))),
		};
		Evaluations::<T>::insert(domain, &who, evaluation);
		let output = Payload::Inline(Inline::truncate_from(output));
		let terms = Settled {
			requester: funded::<T>("requester", 0),
			model,
			items: 1,
			fee: FEE,
			seal: seals::task(&who, &expected, &[2; 32]),
			submitted_at: now::<T>(),
			settled_at: now::<T>(),
			digest: output.digest(),
		};
		let task = T::BenchmarkHelper::settled(terms, output);

		#[extrinsic_call]
		_(RawOrigin::Signed(who), domain, task, expected, [2; 32], [1; 32]);

		assert_eq!(Marks::<T>::iter().count(), 1);
	}

	#[benchmark]
	fn rate() {
		let domain = domain::<T>();
		let model = models::<T>(domain, 1)[0];
		let requester: T::AccountId = whitelisted_caller();
		let output = Payload::Inline(Inline::truncate_from(vec![1, 0]));
		let (submitted_at, settled_at) = (now::<T>(), now::<T>());
		let (seal, digest) = ([0; 32], output.digest());
		let terms =
			Settled { requester: requester.clone(), model, items: 1, fee: FEE, seal, submitted_at, settled_at, digest };
		let task: TaskId = T::BenchmarkHelper::settled(terms, output);

		#[extrinsic_call]
		_(RawOrigin::Signed(requester), task, Unit::from_percent(80));

		assert_eq!(Marks::<T>::iter().count(), 1);
	}

	#[benchmark]
	fn settled() {
		domain::<T>();
		let model = T::BenchmarkHelper::model(&domain_name(), &funded::<T>("creator", 1));
		let winners: Vec<T::AccountId> = (0..5).map(|index| funded::<T>("worker", index)).collect();
		let requester = funded::<T>("requester", 0);
		let split = FeeTable::default().split(FEE, 5);
		let settlement =
			Settlement { task: 0, model, requester: &requester, items: 1, fee: FEE, split: &split, winners: &winners };

		#[block]
		{
			<Pallet<T> as Observer<T::AccountId>>::settled(settlement);
		}

		assert_eq!(Earned::<T>::iter().count(), 5);
	}

	#[benchmark]
	fn overturned() {
		let domain = domain::<T>();
		let model = models::<T>(domain, 1)[0];
		let key = (CurrentEpoch::<T>::get().index, domain);
		Usages::<T>::insert(key, model, Usage { gross: FEE * 2, net: FEE, ..Default::default() });

		#[block]
		{
			<Pallet<T> as Observer<T::AccountId>>::overturned(0, model, FEE);
		}

		assert_eq!(Usages::<T>::get(key, model).gross, FEE);
	}

	#[benchmark]
	fn undecided() {
		let domain = domain::<T>();
		let model = models::<T>(domain, 1)[0];

		#[block]
		{
			<Pallet<T> as Observer<T::AccountId>>::undecided(0, model);
		}

		assert!(Models::<T>::get(model).unwrap().accuracy < Unit::from_percent(50));
	}

	#[benchmark]
	fn idle() {
		let block = now::<T>();

		#[block]
		{
			Pallet::<T>::work(block);
		}

		assert!(!Closing::<T>::exists());
	}

	#[benchmark]
	fn draw() {
		let domain = domain::<T>();
		let who = seats::<T>(domain, 1).pop().unwrap();
		models::<T>(domain, 64.min(T::MaxModels::get()));
		Pallet::<T>::do_open_evaluation(who.clone(), domain, [0; 32], None).unwrap();
		frame_system::Pallet::<T>::set_block_number(now::<T>().saturating_add(One::one()));

		#[block]
		{
			Pallet::<T>::draw_evaluations(now::<T>(), &mut WeightMeter::new());
		}

		assert!(Evaluations::<T>::get(domain, who).unwrap().drawn_at.is_some());
	}

	#[benchmark]
	fn turn() {
		domain::<T>();
		let end = now::<T>().saturating_add(T::EpochLength::get());

		#[block]
		{
			Pallet::<T>::turn(end);
		}

		assert!(Closing::<T>::exists());
	}

	#[benchmark]
	fn close_page() {
		let domain = domain::<T>();
		let who = seats::<T>(domain, MAX_EVALUATORS);
		closing::<T>(domain, Stage::Models, 0, &who);

		#[block]
		{
			Page::<T>::load(now::<T>()).unwrap().save();
		}

		assert!(Closing::<T>::exists());
	}

	#[benchmark]
	fn close_open() {
		let domain = domain::<T>();
		let who = seats::<T>(domain, MAX_EVALUATORS);
		let mut page = closing::<T>(domain, Stage::Open, 0, &who);

		#[block]
		{
			step(&mut page);
		}

		page.save();
		assert_eq!(Closing::<T>::get().unwrap().stage, Stage::Voters);
	}

	#[benchmark]
	fn close_voter() {
		let domain = domain::<T>();
		let who = seats::<T>(domain, MAX_EVALUATORS);
		let last = who.last().unwrap().clone();
		let ballot = Ballot { voter: 255, commitment: [0; 32], revealed: 0, complete: false };
		Ballots::<T>::insert((1, domain), &last, ballot);
		Works::<T>::insert((1, domain), &last, Work { drawn: 1, judged: 1, spent: 1 });
		Pallet::<T>::do_open_evaluation(last.clone(), domain, [0; 32], None).unwrap();
		let over = T::EvaluationWindow::get().saturating_add(One::one());
		frame_system::Pallet::<T>::set_block_number(now::<T>().saturating_add(over));
		let mut page = closing::<T>(domain, Stage::Voters, MAX_EVALUATORS - 1, &who);

		#[block]
		{
			step(&mut page);
		}

		assert!(!Ballots::<T>::contains_key((1, domain), &last) && !Evaluations::<T>::contains_key(domain, &last));
	}

	#[benchmark]
	fn close_model(v: Linear<1, MAX_EVALUATORS>) {
		let domain = domain::<T>();
		let who = seats::<T>(domain, v);
		let model = models::<T>(domain, 1)[0];
		crowd::<T>((1, domain), model, &who);
		let mut page = closing::<T>(domain, Stage::Models, 0, &who);

		#[block]
		{
			step(&mut page);
		}

		assert_eq!(Models::<T>::get(model).unwrap().earned, FEE);
	}

	#[benchmark]
	fn close_score() {
		let domain = domain::<T>();
		let model = models::<T>(domain, 1)[0];
		Models::<T>::mutate_extant(model, |record| {
			record.fees = FEE;
			record.relevance = Unit::from_percent(30);
		});
		let mut page = closing::<T>(domain, Stage::Scores, 0, &[]);

		#[block]
		{
			step(&mut page);
		}

		assert!(Models::<T>::get(model).unwrap().score > Unit::from_parts(0));
	}

	#[benchmark]
	fn pay_creator() {
		let domain = domain::<T>();
		let model = models::<T>(domain, 2)[0];
		Models::<T>::mutate_extant(model, |record| {
			record.score = Unit::from_percent(30);
			record.earned = FEE;
			record.idle = 1;
		});
		let mut page = closing::<T>(domain, Stage::Creators, 1, &[]);

		#[block]
		{
			step(&mut page);
		}

		assert!(!Models::<T>::contains_key(model));
	}

	#[benchmark]
	fn pay_worker() {
		let domain = domain::<T>();
		let worker: T::AccountId = account("worker", 0, 0);
		Earned::<T>::insert((1, domain), &worker, FEE);
		let mut page = closing::<T>(domain, Stage::Workers, 0, &[]);

		#[block]
		{
			step(&mut page);
		}

		assert!(!T::Currency::balance(&worker).eq(&0));
	}

	#[benchmark]
	fn pay_evaluator() {
		let domain = domain::<T>();
		let who = seats::<T>(domain, 1);
		let before = T::Currency::balance(&who[0]);
		let mut page = closing::<T>(domain, Stage::Evaluators, 0, &who);

		#[block]
		{
			step(&mut page);
		}

		assert!(T::Currency::balance(&who[0]) > before);
	}

	#[benchmark]
	fn sweep() {
		let domain = domain::<T>();
		let who = seats::<T>(domain, 1);
		Works::<T>::insert((1, domain), &who[0], Work::default());
		let mut page = closing::<T>(domain, Stage::Sweep, 0, &who);

		#[block]
		{
			step(&mut page);
		}

		assert_eq!(Works::<T>::iter().count(), 0);
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
