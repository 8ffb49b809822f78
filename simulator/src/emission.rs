//! Models, their scores, and what an epoch pays.

use deepnode_primitives::Balance;
use deepnode_scoring::{
	average::{keep, moving, moving_balance},
	emission::{capped, epoch, share},
	histogram::Histogram,
	powr, Unit,
};

use crate::{strategy::Strategy, world::World};

/// A model of the domain.
pub struct Model {
	/// What its creator was paid.
	pub creator: i128,
	/// How right its true answers are.
	pub quality: Unit,
	/// How useful it is, which moves from epoch to epoch.
	pub usefulness: Unit,
	/// The moving average of the evaluators' consensus on that.
	pub relevance: Unit,
	/// The moving average of how right its settled answers were.
	pub accuracy: Unit,
	/// The moving average of the fees that its tasks paid.
	pub fees: Balance,
	/// The fees of this epoch, net of the creator's part.
	pub net: Balance,
	/// The tasks settled in this epoch.
	pub settled: u32,
	/// How many of them with a false answer, or overturned.
	pub wrong: u32,
	/// The evaluators' consensus of the last epoch.
	pub consensus: Unit,
}

impl Model {
	/// A new model.
	pub fn new(quality: Unit, usefulness: Unit) -> Self {
		Self {
			creator: 0,
			quality,
			usefulness,
			relevance: usefulness,
			accuracy: quality,
			fees: 0,
			net: 0,
			settled: 0,
			wrong: 0,
			consensus: usefulness,
		}
	}

	/// What known-answer tasks find in an epoch: true answers as right as the model is, and false ones
	/// worth nothing. On chain they look like any other task, so they meet the same workers.
	fn observed(&self) -> Option<Unit> {
		let right = self.settled.saturating_sub(self.wrong);
		(self.settled > 0).then(|| self.quality * Unit::from_rational(right, self.settled))
	}
}

impl World {
	/// Ends an epoch: scores the models, pays the emission, and starts the next.
	pub fn end_epoch(&mut self) {
		let keep = keep(self.rules.half_life, 1);
		self.judge_models();
		let mut amounts = Histogram::default();
		for model in &mut self.models {
			model.relevance = moving(model.relevance, powr::relevance(model.consensus, None, Unit::zero()), keep);
			model.fees = moving_balance(model.fees, model.net, keep);
			if let Some(observed) = model.observed() {
				model.accuracy = moving(model.accuracy, observed, keep);
			}
			amounts.add(model.fees);
		}
		let median = amounts.median();
		let budget = epoch(self.pots.emission, self.rules.emission.rate);
		let table = self.rules.emission.table;
		let creators = table.creators.mul_floor(budget);
		let workers = table.workers.mul_floor(budget);
		let evaluators = table.evaluators.mul_floor(budget);
		self.pay_creators(creators, median);
		self.pay_workers(workers);
		self.pay_evaluators(evaluators);
		for model in &mut self.models {
			(model.net, model.settled, model.wrong) = (0, 0, 0);
			model.usefulness = self.rng.around(model.usefulness, self.setup.drift).max(Unit::from_percent(20));
		}
		self.epoch += 1;
	}

	/// Pays out of the pot; `own` says whether the actor gets it.
	pub fn emit(&mut self, amount: Balance, own: bool) {
		self.pots.emission -= amount;
		self.counts.emission.0 += amount;
		self.counts.emission.1 += if own { amount } else { 0 };
	}

	fn pay_creators(&mut self, total: Balance, median: Balance) {
		let scores: Vec<_> = self
			.models
			.iter()
			.map(|model| {
				let used = powr::utilisation(model.fees, median);
				let score = powr::score(model.accuracy, model.relevance, used, &self.rules.exponents);
				u128::from(score.deconstruct())
			})
			.collect();
		let whole = scores.iter().sum();
		for (at, score) in scores.into_iter().enumerate() {
			let amount = capped(share(total, score, whole), self.models[at].net, self.rules.emission.cap);
			self.models[at].creator += amount as i128;
			self.emit(amount, at == 0 && self.owns_model());
		}
	}

	/// Whether the actor owns model 0.
	pub fn owns_model(&self) -> bool {
		matches!(self.strategy, Strategy::Wash | Strategy::CreatorLies | Strategy::UnderWeight)
	}

	fn pay_workers(&mut self, total: Balance) {
		let whole = self.workers.iter().map(|worker| worker.earned).sum();
		for who in 0..self.workers.len() {
			let worker = &mut self.workers[who];
			let earned = std::mem::take(&mut worker.earned);
			let member = worker.member;
			let amount = capped(share(total, earned, whole), earned, self.rules.emission.cap);
			self.pay(who, amount);
			self.emit(amount, member);
		}
	}
}
