//! The closing of an epoch: domain by domain and step by step, as many steps in a block as its weight
//! allows, while the next epoch runs.
//!
//! | stage | a step is | what it does |
//! |---|---|---|
//! | `Open` | a domain | its part of the emission |
//! | `Voters` | a voter | who has revealed, and who is slashed |
//! | `Models` | a model | consensus, accuracy, fees; each voter's agreement |
//! | `Scores` | a model | utilisation against the median, PoWR |
//! | `Creators` | a model | pays its creator; idle models leave the list |
//! | `Workers` | a worker | pays it |
//! | `Evaluators` | a voter | pays it |
//! | `Sweep` | an entry | removes what models off the list have left |
//! | `Marks` | an entry | once, after the last domain: removes the marks of the epoch before |

use alloc::{vec, vec::Vec};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use deepnode_primitives::Balance;
use deepnode_scoring::{
	average::{keep, moving, moving_balance},
	consensus::{agreement, consensus, median, Vote},
	emission::{capped, share},
	histogram::Histogram,
	powr, Unit,
};
use frame_support::{traits::ConstU32, weights::WeightMeter, BoundedVec};
use frame_system::pallet_prelude::BlockNumberFor;
use scale_info::TypeInfo;
use sp_runtime::{traits::Zero, Saturating};

use crate::{
	types::{DomainId, EpochIndex, ModelDomains, Params, Role, Voice, Voter, MAX_EVALUATORS},
	Ballots, Closing, Config, Domains, Earned, Evaluations, Event, Judgements, Ledgers, ListSizes, Listed, Marks,
	Models, NextDomainId, Pallet, Tally, Usages, Voters, Votes, WeightInfo, Works,
};

/// What a step of a closing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Stage {
	/// A domain's beginning.
	Open,
	/// A voter that has revealed, or has not.
	Voters,
	/// A model's averages.
	Models,
	/// A model's score.
	Scores,
	/// A model's creator.
	Creators,
	/// A worker.
	Workers,
	/// An evaluator.
	Evaluators,
	/// An entry that nobody needs any more.
	Sweep,
	/// A mark that nobody needs any more.
	Marks,
}

/// An epoch that is being closed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct ClosingEpoch {
	/// The epoch.
	pub epoch: EpochIndex,
	/// The parameters when it ended.
	pub params: Params,
	/// What it has to give.
	pub emission: Balance,
	/// What it has given.
	pub paid: Balance,
	/// The domain that is worked on.
	pub domain: DomainId,
	/// What that is to be given.
	pub given: Balance,
	/// How many models it has.
	pub models: u32,
	/// What its workers earned.
	pub earned: Balance,
	/// What is done with it.
	pub stage: Stage,
	/// How much of that is done, or with creators is left.
	pub cursor: u32,
	/// The averages of the fees of its models that have any.
	pub fees: Histogram,
	/// The sum of its models' scores, in parts per billion.
	pub scores: u64,
	/// The sum of its evaluators' stakes, each times its agreement.
	pub stakes: Balance,
}

impl ClosingEpoch {
	/// Nothing of it is done.
	pub fn new(epoch: EpochIndex, params: Params, emission: Balance) -> Self {
		Self {
			epoch,
			params,
			emission,
			paid: 0,
			domain: 0,
			given: 0,
			models: 0,
			earned: 0,
			stage: Stage::Open,
			cursor: 0,
			fees: Histogram::default(),
			scores: 0,
			stakes: 0,
		}
	}
}

/// A block's part of a closing.
pub(crate) struct Page<T: Config> {
	closing: ClosingEpoch,
	voters: Vec<Voter<T::AccountId>>,
	tally: BoundedVec<Voice, ConstU32<MAX_EVALUATORS>>,
	now: BlockNumberFor<T>,
	done: bool,
}

impl<T: Config> Page<T> {
	/// Goes on where the last page ended; `None` where no epoch is being closed.
	pub(crate) fn load(now: BlockNumberFor<T>) -> Option<Self> {
		let closing = Closing::<T>::get()?;
		let voters = Voters::<T>::get((closing.epoch, closing.domain)).into_inner();
		Some(Self { closing, voters, tally: Tally::<T>::get(), now, done: false })
	}

	/// Keeps what the next page needs.
	pub(crate) fn save(self) {
		if self.done {
			Closing::<T>::kill();
			Tally::<T>::kill();
			let ClosingEpoch { epoch, paid, .. } = self.closing;
			Pallet::<T>::deposit_event(Event::EpochClosed { epoch, paid });
		} else {
			Closing::<T>::put(self.closing);
			Tally::<T>::put(self.tally);
		}
	}

	/// Takes a step where the weight allows it. Returns whether there may be another.
	pub(crate) fn step(&mut self, meter: &mut WeightMeter) -> bool {
		let cost = match self.closing.stage {
			Stage::Open => T::WeightInfo::close_open(),
			Stage::Voters => T::WeightInfo::close_voter(),
			Stage::Models => T::WeightInfo::close_model(self.voters.len() as u32),
			Stage::Scores => T::WeightInfo::close_score(),
			Stage::Creators => T::WeightInfo::pay_creator(),
			Stage::Workers => T::WeightInfo::pay_worker(),
			Stage::Evaluators => T::WeightInfo::pay_evaluator(),
			Stage::Sweep | Stage::Marks => T::WeightInfo::sweep(),
		};
		if self.done || meter.try_consume(cost).is_err() {
			return false;
		}
		match self.closing.stage {
			Stage::Open => self.open(),
			Stage::Voters => self.voter(),
			Stage::Models => self.model(),
			Stage::Scores => self.score(),
			Stage::Creators => self.creator(),
			Stage::Workers => self.worker(),
			Stage::Evaluators => self.evaluator(),
			Stage::Sweep => self.sweep(),
			Stage::Marks => self.marks(),
		}
		true
	}

	fn key(&self) -> (EpochIndex, DomainId) {
		(self.closing.epoch, self.closing.domain)
	}

	fn go_on_with(&mut self, stage: Stage, cursor: u32) {
		self.closing.stage = stage;
		self.closing.cursor = cursor;
	}

	/// Where the stage's cursor is, which then moves on.
	fn next(&mut self) -> u32 {
		let at = self.closing.cursor;
		self.closing.cursor = at.saturating_add(1);
		at
	}

	fn pay(&mut self, payee: &T::AccountId, role: Role, amount: Balance) {
		let amount = Pallet::<T>::pay(payee, amount);
		self.closing.paid = self.closing.paid.saturating_add(amount);
		if !amount.is_zero() {
			let domain = self.closing.domain;
			Pallet::<T>::deposit_event(Event::EmissionPaid { who: payee.clone(), domain, role, amount });
		}
	}

	fn open(&mut self) {
		let id = self.closing.domain;
		if id >= NextDomainId::<T>::get() {
			return self.go_on_with(Stage::Marks, 0);
		}
		let part = Domains::<T>::get(id).map_or(Unit::zero(), |domain| domain.share);
		self.voters = Voters::<T>::get(self.key()).into_inner();
		self.tally = BoundedVec::new();
		let fresh = ClosingEpoch {
			paid: self.closing.paid,
			domain: id,
			given: part.mul_floor(self.closing.emission),
			models: ListSizes::<T>::get(id),
			earned: Ledgers::<T>::get(self.key()).earned,
			stage: Stage::Voters,
			..ClosingEpoch::new(self.closing.epoch, self.closing.params.clone(), self.closing.emission)
		};
		self.closing = fresh;
	}

	fn voter(&mut self) {
		let at = self.next();
		let Some(voter) = self.voters.get(at as usize).cloned() else { return self.go_on_with(Stage::Models, 0) };
		let (key, domain) = (self.key(), self.closing.domain);
		let mut work = Works::<T>::take(key, &voter.who);
		if let Some(evaluation) = Evaluations::<T>::get(domain, &voter.who) {
			if Pallet::<T>::is_over(&evaluation, self.now) {
				work.add(&evaluation);
				Evaluations::<T>::remove(domain, &voter.who);
			}
		}
		let complete = Ballots::<T>::take(key, &voter.who).is_some_and(|ballot| ballot.complete);
		if !complete {
			Pallet::<T>::slash(&voter.who, domain, self.closing.params.silence.mul_ceil(voter.stake));
		}
		let stake = if complete { voter.stake } else { 0 };
		// There are as many voices as voters, of whom there are not more.
		let _ = self.tally.try_push(Voice { stake, diligence: work.diligence(), agreed: 0, of: 0 });
	}

	fn model(&mut self) {
		let at = self.next();
		if at >= self.closing.models {
			return self.go_on_with(Stage::Scores, 0);
		}
		let Some(model) = Listed::<T>::get(self.closing.domain, at) else { return };
		let Some(mut record) = Models::<T>::get(model) else { return };
		let key = self.key();
		let usage = Usages::<T>::take(key, model);
		let params = &self.closing.params;
		let kept = keep(params.half_life, 1);

		let mut weights = vec![Unit::zero(); self.voters.len()];
		for (voter, weight) in Votes::<T>::take(key, model) {
			if let Some(slot) = weights.get_mut(usize::from(voter)) {
				*slot = weight;
			}
		}
		let votes = self.tally.iter().zip(&weights).map(|(voice, weight)| Vote { stake: voice.stake, weight: *weight });
		let mut votes: Vec<_> = votes.collect();
		if let (Some(median), Some(weight)) = (median(&mut votes), consensus(&mut votes, params.weight_band)) {
			for (voice, weight) in self.tally.iter_mut().zip(weights).filter(|(voice, _)| voice.stake > 0) {
				let larger = weight.max(median).deconstruct();
				voice.agreed = voice.agreed.saturating_add(agreement(weight, median).mul_floor(larger).into());
				voice.of = voice.of.saturating_add(larger.into());
			}
			let rating = (usage.rated > 0).then(|| Unit::from_rational(usage.praise, usage.rated));
			let voice = params.voice.saturating_mul(Unit::from_rational(usage.rated, usage.gross.max(1)));
			record.relevance = moving(record.relevance, powr::relevance(weight, rating, voice), kept);
		}

		let found = Judgements::<T>::take(key, model).into_iter().map(|judgement| Vote {
			stake: judgement.stake,
			weight: Unit::from_parts(judgement.sum.checked_div(judgement.count.into()).unwrap_or(0) as u32),
		});
		let mut found: Vec<_> = found.collect();
		if let Some(accuracy) = consensus(&mut found, params.accuracy_band) {
			record.accuracy = moving(record.accuracy, accuracy, kept);
		}

		record.fees = moving_balance(record.fees, usage.net, kept);
		record.earned = usage.net;
		record.idle = if usage.gross.is_zero() { record.idle.saturating_add(1) } else { 0 };
		if record.fees > 0 {
			self.closing.fees.add(record.fees);
		}
		Models::<T>::insert(model, record);
	}

	fn score(&mut self) {
		let at = self.next();
		if at >= self.closing.models {
			return self.go_on_with(Stage::Creators, self.closing.models);
		}
		let Some(model) = Listed::<T>::get(self.closing.domain, at) else { return };
		let median = self.closing.fees.median();
		let exponents = &self.closing.params.exponents;
		let scored = Models::<T>::mutate_extant(model, |record| {
			record.utilisation = powr::utilisation(record.fees, median);
			record.score = powr::score(record.accuracy, record.relevance, record.utilisation, exponents);
			record.score
		});
		self.closing.scores = self.closing.scores.saturating_add(scored.deconstruct().into());
	}

	/// From the last model to the first: one that leaves the list is replaced by one that is done.
	fn creator(&mut self) {
		let Some(at) = self.closing.cursor.checked_sub(1) else { return self.go_on_with(Stage::Workers, 0) };
		self.closing.cursor = at;
		let Some(model) = Listed::<T>::get(self.closing.domain, at) else { return };
		let Some(record) = Models::<T>::get(model) else { return };
		let emission = &self.closing.params.emission;
		let all = emission.table.creators.mul_floor(self.closing.given);
		let part = share(all, record.score.deconstruct().into(), self.closing.scores.into());
		let amount = capped(part, record.earned, emission.cap);
		if record.idle >= self.closing.params.max_idle {
			Pallet::<T>::delist(model, &record);
		}
		if let Some(creator) = T::Models::creator(model).filter(|_| amount > 0) {
			self.pay(&creator, Role::Creator, amount);
		}
	}

	fn worker(&mut self) {
		let key = self.key();
		let Some((worker, earned)) = Earned::<T>::drain_prefix(key).next() else {
			// A voter's stake counts as far as it agreed, and did what it had begun.
			self.closing.stakes = self.tally.iter().fold(0, |sum, voice| sum.saturating_add(voice.counts()));
			return self.go_on_with(Stage::Evaluators, 0);
		};
		let emission = &self.closing.params.emission;
		let all = emission.table.workers.mul_floor(self.closing.given);
		let amount = capped(share(all, earned, self.closing.earned), earned, emission.cap);
		self.pay(&worker, Role::Worker, amount);
	}

	fn evaluator(&mut self) {
		let at = self.next() as usize;
		let (Some(voter), Some(voice)) = (self.voters.get(at).cloned(), self.tally.get(at)) else {
			return self.go_on_with(Stage::Sweep, 0);
		};
		let all = self.closing.params.emission.table.evaluators.mul_floor(self.closing.given);
		let amount = share(all, voice.counts(), self.closing.stakes);
		self.pay(&voter.who, Role::Evaluator, amount);
	}

	fn sweep(&mut self) {
		let key = self.key();
		let swept = remove_first(Usages::<T>::iter_key_prefix(key), |model| Usages::<T>::remove(key, model))
			|| remove_first(Votes::<T>::iter_key_prefix(key), |model| Votes::<T>::remove(key, model))
			|| remove_first(Judgements::<T>::iter_key_prefix(key), |model| Judgements::<T>::remove(key, model))
			|| remove_first(Works::<T>::iter_key_prefix(key), |who| Works::<T>::remove(key, who));
		if !swept {
			Voters::<T>::remove(key);
			Ledgers::<T>::remove(key);
			self.closing.domain = self.closing.domain.saturating_add(1);
			self.go_on_with(Stage::Open, 0);
		}
	}

	fn marks(&mut self) {
		let swept = self.closing.epoch.checked_sub(1).is_some_and(|epoch| {
			remove_first(Marks::<T>::iter_key_prefix(epoch), |task| Marks::<T>::remove(epoch, task))
		});
		self.done = !swept;
	}
}

fn remove_first<Key>(mut keys: impl Iterator<Item = Key>, remove: impl FnOnce(Key)) -> bool {
	keys.next().map(remove).is_some()
}

impl Voice {
	/// The stake, as far as the weights agreed with the medians and the evaluations were unsealed in time.
	///
	/// The agreement is the mean of each model's, weighted by the larger of weight and median. So a model
	/// counts as much as somebody, or most, think of it, one that nobody weighs is nothing to agree on, and
	/// a voter that weighs everything except what counts agrees in nothing.
	pub(crate) fn counts(&self) -> Balance {
		if self.of.is_zero() {
			return 0;
		}
		Unit::from_rational(self.agreed, self.of).saturating_mul(self.diligence).mul_floor(self.stake)
	}
}
